//! What a replica promises, one file a promise; the simulator in `tests/simulator` checks all of it on random histories.

mod replica {
    mod shown;
    mod support;
}
