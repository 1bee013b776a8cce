//! What a replica promises, one file a promise; the simulator in `tests/simulator` checks all of it on random histories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod replica {
    mod shown;
    mod support;
}
