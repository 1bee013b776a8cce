//! The allocator of the wasm: the system's, with a reserve.
//!
//! Where memory runs out in the middle of a call, the engine would trap, and all stores of the instance with it. So some memory is held back:
//! it is given up when the system has no more, and the call ends as it should. Calls that allocate ask [`has_room`] before they change anything,
//! which takes the reserve back or tells that there is none; one that may need more than the reserve asks for that much, and it is there then.
//!
//! The reserve is in two parts. The second is for calls that free memory: they ask [`has_room_to_free`], so that a full store can be emptied.
// What hands out memory cannot be written without.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

/// The least size of the reserve: what one small call may need, with copying what clones share and making lists longer.
const LEAST: usize = 1 << 20;

/// The reserve is so many times smaller than all memory: the lists of blocks that a large store makes longer are larger.
const PART: usize = 32;

/// What calls that free memory may need.
const LAST: usize = 1 << 19;

struct Held {
    at: AtomicPtr<u8>,
    size: AtomicUsize,
}

static RESERVE: Held = Held::nothing();
static LAST_RESERVE: Held = Held::nothing();

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size, 8).ok().filter(|layout| layout.size() > 0)
}

/// Memory from the system alone; null where it has none.
fn take(size: usize) -> *mut u8 {
    // SAFETY: the layout is not empty.
    layout(size).map_or(ptr::null_mut(), |layout| unsafe { System.alloc(layout) })
}

/// Gives back what [`take`] gave.
fn give_back(at: *mut u8, size: usize) {
    if let Some(layout) = layout(size).filter(|_| !at.is_null()) {
        // SAFETY: `take` gave it by the same layout, and each caller forgets it here.
        unsafe { System.dealloc(at, layout) }
    }
}

impl Held {
    const fn nothing() -> Self {
        Self { at: AtomicPtr::new(ptr::null_mut()), size: AtomicUsize::new(0) }
    }

    fn size(&self) -> usize {
        self.size.load(Relaxed)
    }

    /// Holds so much, or more; `false` where there is no memory for it, and what was held stays.
    fn hold(&self, size: usize) -> bool {
        if self.size() >= size {
            return true;
        }
        let at = take(size);
        if at.is_null() {
            return false;
        }
        self.give_up();
        self.at.store(at, Relaxed);
        self.size.store(size, Relaxed);
        true
    }

    /// Holds nothing any more; whether there was something.
    fn give_up(&self) -> bool {
        let size = self.size.swap(0, Relaxed);
        give_back(self.at.swap(ptr::null_mut(), Relaxed), size);
        size > 0
    }
}

/// Whether a call may need so many bytes: they are there, and where they are not many, the reserve beside them.
#[inline]
pub(super) fn has_room(bytes: u64) -> bool {
    bytes <= (RESERVE.size() / 4) as u64 && RESERVE.size() > 0 || find_room(bytes)
}

#[cold]
fn find_room(bytes: u64) -> bool {
    if !(has_room_to_free() && RESERVE.hold(LEAST)) {
        return false;
    }
    if bytes <= (LEAST / 4) as u64 {
        return true;
    }
    // An eighth more, since the parts of it do not fit without gaps.
    let Ok(size) = usize::try_from(bytes + bytes / 8) else {
        return false;
    };
    let at = take(size);
    give_back(at, size);
    !at.is_null()
}

/// Whether a call may happen that frees more than it needs.
pub(super) fn has_room_to_free() -> bool {
    LAST_RESERVE.hold(LAST)
}

/// Grows the reserve with all memory, which has so many bytes, where there is room for that.
pub(super) fn grow_reserve(memory: usize) {
    let size = (memory / PART).next_multiple_of(LEAST);
    // In large steps, or each growth would move it.
    if size >= RESERVE.size() * 2 {
        RESERVE.hold(size);
    }
}

/// The system's allocator, and the reserve behind it.
#[derive(Debug)]
pub(super) struct Allocator;

impl Allocator {
    fn or_reserve(allocate: impl Fn() -> *mut u8) -> *mut u8 {
        let mut at = allocate();
        while at.is_null() && (RESERVE.give_up() || LAST_RESERVE.give_up()) {
            at = allocate();
        }
        at
    }
}

// SAFETY: all is the system's own; giving up the reserve frees what nobody else has been given.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::or_reserve(|| unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::or_reserve(|| unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::or_reserve(|| unsafe { System.realloc(at, layout, size) })
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;
