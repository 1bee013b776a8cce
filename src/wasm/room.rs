//! How much memory a call may need at most. It is asked for before the call changes anything, so that where it is not there, nothing has changed.
//!
//! What is estimated here is what grows with the call: what it brings, what it tells, what it copies of pages that others share. All else is
//! small, and the reserve of the [`allocator`](super::allocator) is for that. Too much costs nothing but address space, and a refusal that
//! comes somewhat early; too little, near the end of memory, would be a trap.

use super::allocator::{has_room, has_room_to_free};
use crate::batch::Batch;
use crate::commit::Operation;
use crate::entry::Entry;
use crate::error::Error;
use crate::listing::Range;
use crate::query::Query;
use crate::store::Store;

/// What an entry takes beside its bytes: its row, its places in the indexes, its operation, its row in the outbox.
const ENTRY: u64 = 512;

/// A key among those that are compared or told: in lists that grow, and as a record.
const KEY: u64 = 160;

/// The rows of a page.
const ROWS: u64 = 64;

/// What is copied with a page: its own rows, and blocks of the indexes.
const BLOCKS: u64 = 1 << 13;

/// Longer values lie outside of pages.
const INLINE: u64 = 2048;

/// Fewer entries are found, sorted and listed within the reserve.
const FEW: u64 = 4096;

/// Both parts of the reserve are for this in any case.
const SMALL: u64 = 1 << 16;

/// Entries and their bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

impl Weight {
    /// What a store holds under a prefix. Costs a listing, unless it is all.
    ///
    /// # Errors
    /// `OUT_OF_MEMORY`: it cannot be listed.
    pub(super) fn of(store: &mut Store, prefix: &str, now: u64) -> Result<Self, Error> {
        if prefix.is_empty() {
            let stats = store.stats();
            return Ok(Self { entries: stats.entries as u64, bytes: stats.bytes });
        }
        ask(listing(store))?;
        let mut weight = Self::default();
        let mut entries = store.list(Range { prefix, ..Range::default() }, now);
        while let Some(entry) = entries.next() {
            weight.add(&entry);
        }
        Ok(weight)
    }

    pub(super) fn add(&mut self, entry: &Entry<'_>) {
        self.entries += 1;
        self.bytes += entry.bytes();
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self { entries: self.entries + other.entries, bytes: self.bytes + other.bytes }
    }

    /// Their keys alone, in lists.
    pub(super) fn keys(self) -> u64 {
        self.entries * KEY + 4 * self.bytes.min(self.entries * 256)
    }
}

/// Asks for room.
///
/// # Errors
/// `OUT_OF_MEMORY` when there is none.
pub(super) fn ask(bytes: u64) -> Result<(), Error> {
    if has_room(bytes) { Ok(()) } else { Err(Error::OutOfMemory) }
}

/// Asks for room; what frees memory may take the last part of the reserve, where it needs little.
///
/// # Errors
/// `OUT_OF_MEMORY` when there is none.
pub(super) fn ask_to(frees: bool, bytes: u64) -> Result<(), Error> {
    if frees && bytes <= SMALL && has_room_to_free() { Ok(()) } else { ask(bytes) }
}

/// For a commit that brings something, and takes or replaces something.
pub(super) fn writing(store: &Store, new: Weight, old: Weight, is_shared: bool) -> u64 {
    let told = if store.is_told() { 6 * (new.bytes + old.bytes) + (new.entries + old.entries) * ENTRY } else { 0 };
    let copied =
        if is_shared || store.is_bounded() && new.entries + old.entries > 1 { copying(store, new.entries + old.entries) } else { 0 };
    new.entries * ENTRY + 3 * new.bytes + old.entries * KEY + told + copied
}

/// For what makes room where something comes under a key: it is told, and the pages that it leaves are copied where they are shared.
#[inline(never)]
pub(super) fn evicting(store: &Store, key: &str, new: Weight, is_shared: bool) -> u64 {
    store.bound_of(key).map_or(0, |bound| leaving(store, bound, new, is_shared))
}

fn leaving(store: &Store, bound: usize, new: Weight, is_shared: bool) -> u64 {
    let [entries, bytes] = store.making_way(bound, [new.entries, new.bytes]);
    let told = if store.is_told() { 5 * bytes + entries * ENTRY } else { 0 };
    entries * KEY + told + if is_shared { copying(store, entries) } else { 0 }
}

/// For a commit of a batch.
///
/// # Errors
/// `OUT_OF_MEMORY`: what it deletes cannot be listed.
pub(super) fn committing(store: &mut Store, batch: &Batch, is_shared: bool, now: u64) -> Result<u64, Error> {
    let new = Weight { entries: batch.len() as u64, bytes: batch.bytes() };
    // For the list of the operations.
    ask_to(batch.only_deletes(), new.entries * KEY)?;
    let mut old = Weight::default();
    let (mut bound, mut evicting) = (None, 0);
    for operation in batch.operations() {
        let next = store.bound_of(operation.key());
        if bound != next {
            evicting += next.map_or(0, |next| leaving(store, next, new, is_shared));
            bound = next;
        }
        match operation {
            // All of it is given up at once.
            Operation::DeletePrefix { prefix: "" } if !store.is_told() => {}
            Operation::DeletePrefix { prefix } => old = old.and(Weight::of(store, prefix, now)?),
            // What is there is copied where somebody hears of it, or its metadata changes.
            Operation::Annotate { .. } | Operation::Put { metadata: Some(_), .. } => old = old.and(present(store, operation.key(), now)),
            _ if store.is_told() => old = old.and(present(store, operation.key(), now)),
            _ => {}
        }
    }
    // Metadata is copied even where nobody hears of it.
    Ok(evicting + writing(store, new, old, is_shared) + if batch.bytes() > 0 { old.bytes.min(new.entries * old.bytes) } else { 0 })
}

/// What stands under a key.
pub(super) fn present(store: &Store, key: &str, now: u64) -> Weight {
    let mut weight = Weight::default();
    if let Some(entry) = store.peek(key, now) {
        weight.add(&entry);
    }
    weight
}

/// For letting expire what is due.
pub(super) fn expiring(store: &Store, is_shared: bool, now: u64) -> u64 {
    let state = store.state();
    if !state.may_be_due(store.time(now)) {
        return 0;
    }
    let all = Weight { entries: state.len() as u64, bytes: state.bytes() };
    let of = |due: Weight, kept: Weight| {
        let told = if store.is_expiry_told() { 5 * due.bytes + due.entries * ENTRY } else { 0 };
        due.entries * KEY + told + 2 * kept.bytes + kept.entries * ENTRY + if is_shared { copying(store, due.entries) } else { 0 }
    };
    // Of all first, since counting what is due costs a part of letting it expire.
    let most = of(all, all);
    if most <= SMALL {
        return most;
    }
    let (entries, bytes) = state.due(store.time(now));
    let due = Weight { entries: entries as u64, bytes };
    let rest = Weight { entries: all.entries - due.entries, bytes: all.bytes - due.bytes };
    // Where more goes than stays, what stays is copied.
    of(due, if due.entries > rest.entries { rest } else { Weight::default() })
}

/// For a listing: what was inserted since the last one is sorted and merged.
pub(super) fn listing(store: &Store) -> u64 {
    let state = store.state();
    let queued = state.queued() as u64;
    queued * 48 + (queued * 4096).min(state.len() as u64 * 16)
}

/// For a query: the rows that it finds are sorted.
pub(super) fn querying(store: &Store, query: &Query<'_>) -> u64 {
    let entries = store.state().len() as u64;
    let found = if entries <= FEW { entries } else { query.most(store.state()) as u64 };
    found * 48 + if query.needs_order() { listing(store) } else { 0 }
}

/// What copying the pages of so many rows takes at most: all of them may stand in pages of their own, and no more than all pages are copied.
fn copying(store: &Store, rows: u64) -> u64 {
    let state = store.state();
    let entries = state.len() as u64 + 1;
    let page = ROWS * (state.bytes() / entries + 96).min(INLINE) * 2 + BLOCKS;
    (rows * page).min(state.bytes() + state.bytes() / 2 + entries * ENTRY)
}
