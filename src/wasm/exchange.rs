//! The exchange area: fixed places in memory through which keys, values and results cross without a copy on the JavaScript side.
//!
//! The host writes a key into the key area, right behind its scope's prefix, and a value into the value area; the engine leaves answers in
//! the result block (numbers) and records in the out buffer. Only the value area and the out buffer move, when they grow.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use super::allocator::has_room;

/// Room for a prefix and, behind it, the longest key in any text.
const KEY_ROOM: usize = 8192;

/// Room for a value that is there from the beginning.
const LEAST_VALUE: usize = 1 << 16;

/// What the out buffer keeps between calls.
const LARGE_OUT: usize = 1 << 20;

/// Numbers of the result block.
pub(super) const POINTER: usize = 0;
pub(super) const LENGTH: usize = 1;
pub(super) const ENCODING: usize = 2;
pub(super) const DEADLINE: usize = 3;

pub(super) struct Exchange {
    key: Box<[u8]>,
    value: Vec<u8>,
    pub(super) out: Vec<u8>,
    rows: Vec<u32>,
    result: Box<[f64; 4]>,
    fault: Option<String>,
}

thread_local! {
    static EXCHANGE: RefCell<Exchange> = RefCell::new(Exchange {
        key: vec![0; KEY_ROOM].into(),
        value: vec![0; LEAST_VALUE],
        out: Vec::new(),
        rows: Vec::new(),
        result: Box::new([0.0; 4]),
        fault: None,
    });
}

impl Exchange {
    /// The key that the host wrote between two places.
    pub(super) fn key(&self, from: u32, to: u32) -> &str {
        let bytes = self.key.get(from as usize..to as usize).unwrap_or_default();
        debug_assert!(std::str::from_utf8(bytes).is_ok());
        // SAFETY: `ts/store/exchange.ts` alone writes here, ASCII by a loop and all else by `TextEncoder`, which gives well-formed UTF-8 only.
        // Checking it again was measured at a third of a write.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    }

    /// The value that the host wrote.
    pub(super) fn value(&self, length: u32) -> &[u8] {
        self.value.get(..length as usize).unwrap_or_default()
    }

    /// Leaves a number for the host.
    pub(super) fn answer(&mut self, at: usize, number: f64) {
        if let Some(cell) = self.result.get_mut(at) {
            *cell = number;
        }
    }

    /// Leaves the place of bytes for the host, to be read before the next call.
    pub(super) fn answer_bytes(&mut self, pointer: *const u8, length: usize) {
        self.answer(POINTER, pointer as usize as f64);
        self.answer(LENGTH, length as f64);
    }

    /// Empties the out buffer, and gives it back when it was large.
    pub(super) fn clear_out(&mut self) {
        self.out.clear();
        self.out.shrink_to(LARGE_OUT);
    }

    /// Leaves the numbers of rows for the host, as `u32`.
    pub(super) fn answer_rows(&mut self, rows: impl Iterator<Item = u32>) {
        self.rows.clear();
        self.rows.extend(rows);
        self.answer_bytes(self.rows.as_ptr().cast(), self.rows.len());
    }

    /// Leaves the place of the out buffer for the host.
    pub(super) fn answer_out(&mut self) {
        self.answer_bytes(self.out.as_ptr(), self.out.len());
    }
}

pub(super) fn with<R>(use_it: impl FnOnce(&mut Exchange) -> R) -> R {
    EXCHANGE.with_borrow_mut(use_it)
}

pub(super) fn set_fault(fault: String) {
    with(|exchange| exchange.fault = Some(fault));
}

pub(super) fn clear_fault() {
    with(|exchange| exchange.fault = None);
}

/// Where the key area begins.
#[wasm_bindgen(js_name = keyArea)]
pub fn key_area() -> u32 {
    with(|exchange| exchange.key.as_ptr() as u32)
}

/// How long the key area is.
#[wasm_bindgen(js_name = keyRoom)]
pub fn key_room() -> u32 {
    KEY_ROOM as u32
}

/// Where the value area begins, with room for so many bytes; 0 when there is no memory for them.
#[wasm_bindgen(js_name = valueArea)]
pub fn value_area(room: u32) -> u32 {
    with(|exchange| {
        let room = exchange.value.len().max(room as usize);
        if room > exchange.value.len() {
            // Made anew and not copied: what stood there has been read.
            if !has_room(room as u64) {
                return 0;
            }
            exchange.value = vec![0; room];
        }
        exchange.value.as_ptr() as u32
    })
}

/// Gives a large value area back.
#[wasm_bindgen(js_name = shrinkValueArea)]
pub fn shrink_value_area() {
    with(|exchange| {
        exchange.value = Vec::new();
        exchange.value = vec![0; LEAST_VALUE];
    });
}

/// How long the value area is.
#[wasm_bindgen(js_name = valueRoom)]
pub fn value_room() -> u32 {
    with(|exchange| exchange.value.len() as u32)
}

/// Where the result block begins: pointer, length, encoding and deadline of what was found, as `f64`.
#[wasm_bindgen(js_name = resultBlock)]
pub fn result_block() -> u32 {
    with(|exchange| exchange.result.as_ptr() as u32)
}

/// Why the last call was refused: a code, a space, a message, and where it names a key, a line break and the full key. Nothing: for want of memory.
#[wasm_bindgen(js_name = takeFault)]
pub fn take_fault() -> Option<String> {
    with(|exchange| exchange.fault.take())
}
