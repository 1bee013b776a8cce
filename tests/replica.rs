//! What a replica promises, one file a promise; the simulator in `tests/simulator` checks all of it on random histories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod replica {
    mod confirmed;
    mod conflicts;
    mod damage;
    mod exactly_once;
    mod expiry;
    mod limits;
    mod listening;
    mod merging;
    mod reloading;
    mod scopes;
    mod shown;
    mod support;
}
