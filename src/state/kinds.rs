//! Which encodings may stand in a page or a mid, a bit each, so that a search by kind passes over those that hold none.
//!
//! A write only adds its bit, which is one instruction beside an overwrite. What an overwrite or a delete leaves too much is taken away by the
//! next search that comes by: it looks at every row there anyway. It does so through a shared reference, hence the atomic, which on wasm is
//! a plain number; a mask that others read meanwhile is right before and after.
//!
//! Invariant: the bit of the encoding of each live row is set.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The bit of an encoding; those beyond 31 share bits, so a row that is found is asked again.
#[inline(always)]
pub(crate) fn bit_of(encoding: u8) -> u32 {
    1_u32.wrapping_shl(encoding.into())
}

#[derive(Debug, Default)]
pub(crate) struct Kinds(AtomicU32);

impl Clone for Kinds {
    fn clone(&self) -> Self {
        Self(AtomicU32::new(self.bits()))
    }
}

impl Kinds {
    #[inline(always)]
    pub(crate) fn add(&mut self, bits: u32) {
        *self.0.get_mut() |= bits;
    }

    #[inline(always)]
    pub(crate) fn bits(&self) -> u32 {
        self.0.load(Relaxed)
    }

    /// Keeps the bits that a search has found to be all.
    pub(crate) fn correct(&self, bits: u32) {
        self.0.store(bits, Relaxed);
    }
}
