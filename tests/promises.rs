//! The promises of the engine, one test each, in words. The model test (`model.rs`) holds them all together; these say what they are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod promises {
    mod bounds;
    mod changes;
    mod clones;
    mod commits;
    mod listings;
    mod metadata;
    mod support;
    mod time;
    mod transactions;
}
