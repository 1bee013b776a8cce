//! The boundary for JavaScript: the only place that names `wasm_bindgen`.
//!
//! Strings, bytes and numbers cross, never a callback. The hot calls (`set`, `get`, `remove`) take a key, and a value, that the host has
//! written into the [`exchange`] area, and answer a number: the row that was touched, or one of the negative answers below. What needs more
//! words crosses as records in the exchange area ([`records`]).
//!
//! No serde here: reading options by serde-wasm-bindgen was measured at 30 kB of gzipped wasm, more than the engine's commits.
// What the macros of wasm-bindgen expand to; a public item here is an export of the module.
// wasm-bindgen takes lists by value.
#![allow(unsafe_code, unreachable_pub, clippy::needless_pass_by_value)]

mod allocator;
#[cfg(not(feature = "replica"))]
mod alone;
mod asking;
mod exchange;
mod listing;
mod memory;
mod moving;
mod questions;
mod records;
#[cfg(feature = "replica")]
mod replica;
mod room;
mod staging;
mod store;
#[cfg(feature = "trap")]
mod trap;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Error;

/// There is nothing under that key.
const MISSING: i32 = -1;
/// Done, and there is more to tell than one row: the host calls `drain`.
const TOLD: i32 = -2;
/// Refused: the host calls `takeFault`.
const FAILED: i32 = -3;

/// A span of time from text such as `1h30m`, in milliseconds; -1 when it is none.
#[wasm_bindgen(js_name = parseTtl)]
pub fn parse_ttl(text: &str) -> f64 {
    crate::parse_ttl(text).map_or(-1.0, |span| span as f64)
}

/// The prefix of a named scope; `undefined` when the name is refused.
#[wasm_bindgen(js_name = scopePrefix)]
pub fn scope_prefix(name: &str) -> Option<String> {
    crate::scope_prefix(name).ok()
}

/// The prefix of an isolated scope; `undefined` when the id is refused.
#[wasm_bindgen(js_name = isolatePrefix)]
pub fn isolate_prefix(id: &str) -> Option<String> {
    crate::isolate_prefix(id).ok()
}

/// Keeps what was refused for the host to ask for.
fn fail(error: &Error) -> i32 {
    if *error == Error::OutOfMemory {
        // Told by saying nothing, since saying it takes memory.
        exchange::clear_fault();
        return FAILED;
    }
    let mut fault = format!("{} {error}", error.code());
    if let Error::KeyTooLong { key, .. } | Error::Conflict { key, .. } | Error::Collision { key } = error {
        fault.push('\n');
        fault.push_str(key);
    }
    exchange::set_fault(fault);
    FAILED
}
