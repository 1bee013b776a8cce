//! A trap on demand, for the tests of what comes of one: built with the feature `trap` alone, which nothing published has.

use wasm_bindgen::prelude::wasm_bindgen;

use super::store::RawStore;

#[wasm_bindgen]
impl RawStore {
    /// Traps while the store is borrowed for a change.
    pub fn trap(&mut self) {
        #[cfg(target_arch = "wasm32")]
        core::arch::wasm32::unreachable()
    }
}
