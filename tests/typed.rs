//! The promises of typed views and JSON lines, in words.
#![cfg(all(feature = "serde", not(target_arch = "wasm32")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod typed {
    mod encodings;
    mod lines;
    mod precision;
    mod support;
    mod views;
}
