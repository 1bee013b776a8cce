//! A page: up to 64 rows of fixed size and one arena that holds their keys and values side by side.
//!
//! A page is the unit of copying: a write into a page that a clone shares copies it, which is one `memcpy` of the rows and one of the
//! arena. So whatever is large lives outside: values beyond [`INLINE`] bytes, and metadata, are counted cells of their own.
//!
//! Invariants: bit `i` of `occupied` says that row `i` holds a key; bit `i` of `live` (a subset) that it is an entry, otherwise it is a dead
//! row, whose key the indexes still refer to. The spans of occupied rows do not overlap and lie within the arena; `waste` is the length
//! of the arena outside of them. `earliest` is at most the least deadline of a live row; `kinds` has the bit of each live row's encoding.

use std::sync::Arc;

use super::kinds::{Kinds, bit_of};
use crate::entry::{Entry, Metadata, Value};
use crate::expiry::{Millis, NEVER};
use crate::short::copy;

/// Rows of a page: as many as a word has bits.
pub(crate) const ROWS: usize = 64;

/// Values up to this many bytes lie in the arena.
const INLINE: usize = 1024;

/// What a commit stamps on the cells that it writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) version: u64,
    pub(crate) now: Millis,
    pub(crate) deadline: Millis,
}

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    version: u64,
    deadline: Millis,
    created_at: Millis,
    updated_at: Millis,
    /// Where the key begins in the arena; the value follows it.
    offset: u32,
    /// What the row owns of the arena from there on, a multiple of 8.
    span: u32,
    value_len: u32,
    key_len: u16,
    encoding: u8,
}

impl Row {
    fn is_inline(&self) -> bool {
        self.value_len as usize <= INLINE
    }

    fn used(&self) -> usize {
        self.key_len as usize + if self.is_inline() { self.value_len as usize } else { 0 }
    }
}

/// A cell per row for what few rows have; costs one word while no row has any.
type Cells<T> = Option<Box<[Option<Arc<T>>; ROWS]>>;

fn set_cell<T: ?Sized>(cells: &mut Cells<T>, slot: usize, cell: Option<Arc<T>>) {
    match (cells, cell) {
        (Some(cells), cell) => cells[slot] = cell,
        (None, None) => {}
        (cells @ None, cell) => cells.insert(Box::new([const { None }; ROWS]))[slot] = cell,
    }
}

fn cell<T: ?Sized>(cells: Option<&[Option<Arc<T>>; ROWS]>, slot: usize) -> Option<&Arc<T>> {
    cells?[slot].as_ref()
}

#[derive(Debug)]
pub(crate) struct Page {
    occupied: u64,
    live: u64,
    earliest: Millis,
    waste: usize,
    kinds: Kinds,
    arena: Vec<u8>,
    large: Cells<[u8]>,
    metadata: Cells<Metadata>,
    /// Within the page and not behind a pointer: each pointer on the way to an entry is a cache miss in a large store.
    rows: [Row; ROWS],
}

impl Clone for Page {
    /// Keeps the capacity of the arena, so that the write which caused the copy does not grow it at once.
    fn clone(&self) -> Self {
        let mut arena = Vec::with_capacity(self.arena.capacity());
        arena.extend_from_slice(&self.arena);
        Self { arena, large: self.large.clone(), metadata: self.metadata.clone(), kinds: self.kinds.clone(), ..*self }
    }
}

impl Page {
    pub(crate) fn new() -> Self {
        let rows = [Row::default(); ROWS];
        let (large, metadata) = (None, None);
        Self { occupied: 0, live: 0, earliest: NEVER, waste: 0, kinds: Kinds::default(), arena: Vec::new(), large, metadata, rows }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.occupied != u64::MAX
    }

    #[inline(always)]
    pub(crate) fn is_live(&self, slot: usize) -> bool {
        self.live >> slot & 1 == 1
    }

    /// A lower bound of the deadlines of live rows.
    pub(crate) fn earliest(&self) -> Millis {
        self.earliest
    }

    /// The bits of the encodings that may stand here.
    pub(crate) fn kinds(&self) -> u32 {
        self.kinds.bits()
    }

    /// Calls `found` for each live row whose encoding has a bit in `mask`, and makes `kinds` exact.
    pub(crate) fn of_kinds(&self, mask: u32, mut found: impl FnMut(usize)) {
        let mut bits = 0;
        for slot in (0..ROWS).filter(|&slot| self.live >> slot & 1 == 1) {
            let bit = bit_of(self.rows[slot].encoding);
            bits |= bit;
            if bit & mask != 0 {
                found(slot);
            }
        }
        self.kinds.correct(bits);
    }

    #[inline(always)]
    pub(crate) fn key(&self, slot: usize) -> &[u8] {
        let row = &self.rows[slot];
        &self.arena[row.offset as usize..][..row.key_len as usize]
    }

    pub(crate) fn value(&self, slot: usize) -> Value<'_> {
        let row = &self.rows[slot];
        let inline = || &self.arena[row.offset as usize + row.key_len as usize..][..row.value_len as usize];
        Value { encoding: row.encoding, bytes: cell(self.large.as_deref(), slot).map_or_else(inline, |large| &**large) }
    }

    pub(crate) fn metadata(&self, slot: usize) -> Option<&Arc<Metadata>> {
        cell(self.metadata.as_deref(), slot)
    }

    #[inline(always)]
    pub(crate) fn deadline(&self, slot: usize) -> Millis {
        self.rows[slot].deadline
    }

    pub(crate) fn entry(&self, slot: usize) -> Entry<'_> {
        let row = &self.rows[slot];
        Entry {
            // Keys come in as text, and no operation splits one.
            key: std::str::from_utf8(self.key(slot)).unwrap_or_default(),
            value: self.value(slot),
            value_version: row.version,
            deadline: row.deadline,
            created_at: row.created_at,
            updated_at: row.updated_at,
            metadata: self.metadata(slot),
        }
    }

    /// Takes a free row for a new key; the caller has asked [`has_room`](Self::has_room).
    pub(crate) fn insert(&mut self, key: &[u8], value: Value<'_>, stamp: Stamp) -> usize {
        let slot = self.occupied.trailing_ones() as usize;
        self.rows[slot] = Row::default();
        self.occupied |= 1 << slot;
        self.place(slot, key, value);
        self.revive_cells(slot, stamp);
        slot
    }

    /// Makes a dead row an entry again, with the key that it has.
    pub(crate) fn revive(&mut self, slot: usize, value: Value<'_>, stamp: Stamp) {
        self.write_value(slot, value);
        self.revive_cells(slot, stamp);
    }

    /// Overwrites the value cell of a live row.
    #[inline(always)]
    pub(crate) fn overwrite(&mut self, slot: usize, value: Value<'_>, stamp: Stamp) {
        self.write_value(slot, value);
        self.stamp(slot, stamp);
    }

    /// Stamps the value cell of a live row: version, deadline, time.
    #[inline(always)]
    pub(crate) fn stamp(&mut self, slot: usize, stamp: Stamp) {
        let row = &mut self.rows[slot];
        row.version = stamp.version;
        row.updated_at = stamp.now;
        row.deadline = stamp.deadline;
        self.earliest = self.earliest.min(stamp.deadline);
    }

    pub(crate) fn set_metadata(&mut self, slot: usize, metadata: Arc<Metadata>, now: Millis) {
        self.rows[slot].updated_at = now;
        set_cell(&mut self.metadata, slot, Some(metadata));
    }

    #[cfg(feature = "replica")]
    pub(crate) fn set_created_at(&mut self, slot: usize, created_at: Millis) {
        self.rows[slot].created_at = created_at;
    }

    pub(crate) fn forget_deadline(&mut self, slot: usize) {
        self.rows[slot].deadline = NEVER;
    }

    /// Makes an entry a dead row; its key and deadline stay.
    pub(crate) fn bury(&mut self, slot: usize) {
        self.live &= !(1 << slot);
        self.rows[slot].value_len = 0;
        set_cell(&mut self.large, slot, None);
        set_cell(&mut self.metadata, slot, None);
    }

    /// Gives a dead row back, key and all.
    pub(crate) fn free(&mut self, slot: usize) {
        self.occupied &= !(1 << slot);
        self.waste += self.rows[slot].span as usize;
    }

    /// Appends the slots of the live rows that have expired at `now`, and makes `earliest` exact for the others.
    pub(crate) fn take_due(&mut self, now: Millis, due: &mut Vec<usize>) {
        self.earliest = NEVER;
        for slot in (0..ROWS).filter(|&slot| self.live >> slot & 1 == 1) {
            let deadline = self.rows[slot].deadline;
            if deadline != NEVER && deadline <= now {
                due.push(slot);
            } else {
                self.earliest = self.earliest.min(deadline);
            }
        }
    }

    /// How many live rows have expired at `now`, and their bytes.
    #[cfg(feature = "wasm")]
    pub(crate) fn due(&self, now: Millis) -> (usize, u64) {
        let is_due = |slot: &usize| self.live >> slot & 1 == 1 && self.rows[*slot].deadline <= now;
        (0..ROWS).filter(is_due).fold((0, 0), |(count, bytes), slot| (count + 1, bytes + self.entry(slot).bytes()))
    }

    fn revive_cells(&mut self, slot: usize, stamp: Stamp) {
        self.live |= 1 << slot;
        self.rows[slot].created_at = stamp.now;
        self.stamp(slot, stamp);
    }

    #[inline(always)]
    fn write_value(&mut self, slot: usize, value: Value<'_>) {
        let row = &self.rows[slot];
        let (start, key_len) = (row.offset as usize, row.key_len as usize);
        let inline = if value.bytes.len() <= INLINE { value.bytes } else { &[] };
        if key_len + inline.len() > row.span as usize {
            return self.move_to_tail(slot, value);
        }
        copy(&mut self.arena[start + key_len..][..inline.len()], inline);
        self.describe_value(slot, value);
    }

    /// Gives a row another span, for a value that does not fit into the one it has.
    #[cold]
    fn move_to_tail(&mut self, slot: usize, value: Value<'_>) {
        let key = self.key(slot).to_vec();
        self.waste += self.rows[slot].span as usize;
        self.rows[slot].span = 0;
        self.place(slot, &key, value);
    }

    #[inline(always)]
    fn describe_value(&mut self, slot: usize, value: Value<'_>) {
        let row = &mut self.rows[slot];
        row.value_len = value.bytes.len() as u32;
        row.encoding = value.encoding;
        self.kinds.add(bit_of(value.encoding));
        if !self.rows[slot].is_inline() {
            set_cell(&mut self.large, slot, Some(value.bytes.into()));
        } else if self.large.is_some() {
            set_cell(&mut self.large, slot, None);
        }
    }

    /// Puts key and value of a row without a span at the tail of the arena.
    fn place(&mut self, slot: usize, key: &[u8], value: Value<'_>) {
        let inline = if value.bytes.len() <= INLINE { value.bytes } else { &[] };
        let span = (key.len() + inline.len()).next_multiple_of(8);
        self.make_room(span);
        let offset = self.arena.len();
        self.arena.resize(offset + span, 0);
        let (key_place, behind) = self.arena[offset..].split_at_mut(key.len());
        // Most keys are short; how long values are, one cannot know.
        copy(key_place, key);
        behind[..inline.len()].copy_from_slice(inline);
        let row = &mut self.rows[slot];
        row.offset = offset as u32;
        row.span = span as u32;
        row.key_len = key.len() as u16;
        self.describe_value(slot, value);
    }

    /// Makes room at the tail for `span` bytes: by compacting when an eighth is waste, else by growing to the next class of sizes; in a page that fills
    /// up, to what the rows to come will take if they are like those that are there, up to as much again.
    fn make_room(&mut self, span: usize) {
        if self.arena.capacity() - self.arena.len() >= span {
            return;
        }
        if self.waste * 8 > self.arena.len() {
            self.compact(span);
        } else {
            let needed = self.arena.len() + span;
            let expected = needed * ROWS / self.occupied.count_ones() as usize;
            self.arena.reserve_exact(size_class(expected.min(needed * 2)) - self.arena.len());
        }
    }

    fn compact(&mut self, room: usize) {
        let rows = &mut self.rows;
        let occupied = self.occupied;
        let kept = |slot: usize, row: &Row| occupied >> slot & 1 == 1 && row.span > 0;
        let length: usize =
            rows.iter().enumerate().filter(|(slot, row)| kept(*slot, row)).map(|(_, row)| row.used().next_multiple_of(8)).sum();
        let mut arena = Vec::with_capacity(size_class(length + room));
        for (slot, row) in rows.iter_mut().enumerate() {
            if kept(slot, row) {
                let (from, used) = (row.offset as usize, row.used());
                row.offset = arena.len() as u32;
                row.span = used.next_multiple_of(8) as u32;
                arena.extend_from_slice(&self.arena[from..from + used]);
                arena.resize(row.offset as usize + row.span as usize, 0);
            } else {
                // An empty key with an empty value owns nothing, and must not point beyond an arena that shrank.
                row.offset = 0;
            }
        }
        self.arena = arena;
        self.waste = 0;
    }

    /// The slots that hold a key.
    #[cfg(test)]
    pub(crate) fn occupied(&self) -> impl Iterator<Item = usize> {
        (0..ROWS).filter(|slot| self.occupied >> slot & 1 == 1)
    }

    /// Panics where an invariant of this module does not hold.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        assert_eq!(self.live & !self.occupied, 0, "a live row is occupied");
        let occupied = || (0..ROWS).filter(|slot| self.occupied >> slot & 1 == 1);
        let mut spans: Vec<_> = occupied().map(|slot| &self.rows[slot]).map(|row| (row.offset, row.offset + row.span)).collect();
        spans.sort_unstable();
        assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "spans do not overlap");
        assert!(spans.last().is_none_or(|span| span.1 as usize <= self.arena.len()), "spans lie within the arena");
        let used: usize = spans.iter().map(|(from, to)| (to - from) as usize).sum();
        assert_eq!(used + self.waste, self.arena.len(), "what is not used is waste");
        for slot in occupied() {
            assert!(self.rows[slot].used() <= self.rows[slot].span as usize, "a row fits into its span");
            assert!(!self.is_live(slot) || self.earliest <= self.rows[slot].deadline, "earliest is a lower bound");
            assert!(self.is_live(slot) || self.metadata(slot).is_none(), "a dead row has no cells");
            assert!(!self.is_live(slot) || self.kinds() & bit_of(self.rows[slot].encoding) != 0, "kinds has the bit of each live row");
        }
    }
}

/// The least size of an arena that holds `bytes`: four sizes for each doubling, so that at most a fifth is slack and freed arenas fit
/// others.
fn size_class(bytes: usize) -> usize {
    let step = (bytes.max(64).next_power_of_two() / 8).max(16);
    bytes.next_multiple_of(step)
}
