//! How the engine's memory grows.
//!
//! Each growth makes the host's views stale, and V8 counts each new buffer in full towards its next collection: filling a store with a
//! million entries 64 KiB at a time was measured at 281 full collections. So the engine grows by an eighth at once, and its reserve with it.

use std::cell::Cell;

use wasm_bindgen::prelude::wasm_bindgen;

use super::allocator;

const PAGE: usize = 1 << 16;

thread_local! {
    static PAGES: Cell<usize> = const { Cell::new(0) };
}

#[inline]
fn pages() -> usize {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size(0);
    #[cfg(not(target_arch = "wasm32"))]
    return 0;
}

/// After a call that may have grown the memory: when it has, grows it further, which the allocator then hands out bit by bit.
#[inline]
pub(super) fn grow_ahead() {
    if pages() != PAGES.get() {
        grow_by_an_eighth();
    }
}

#[cold]
fn grow_by_an_eighth() {
    allocator::grow_reserve(pages() * PAGE);
    // Memory that is freed stays the allocator's; where there is none to be had, growing bit by bit goes on.
    allocator::has_room((pages() * PAGE / 8) as u64);
    PAGES.set(pages());
}

/// Whether there is memory for a call that may need so many bytes.
#[wasm_bindgen(js_name = hasRoom)]
pub fn has_room(bytes: f64) -> bool {
    allocator::has_room(bytes as u64)
}
