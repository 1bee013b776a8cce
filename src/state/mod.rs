//! The state of a store: its entries, shared structurally by clones and copied on write.
//!
//! Rows of fixed size stand in [`page`]s, pages in a [`table`]; an [`index`] finds a row by key, an [`order`] lists rows by key, [`terms`] by tag and property,
//! [`kinds`] tell where an encoding may stand. An
//! overwrite touches the page only; index and order change on insert alone, a delete leaves a dead row behind whose key they still
//! know, and sweeps give those back in small steps. ARCHITECTURE.md tells what was measured.
//!
//! This module keeps the state consistent; what a commit means is the store's business. It alone may index and slice: its invariants are
//! stated in each file and checked after every step of the model test.
#![allow(clippy::indexing_slicing)]
// What a look-up and an overwrite call is inlined by order: a tenth of either, measured, for 2 kB of wasm.
#![allow(clippy::inline_always)]
// The checks of invariants are called by the model test alone, which is not built for wasm32.
#![cfg_attr(all(test, target_arch = "wasm32"), allow(dead_code))]

mod index;
mod kinds;
mod leaves;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod model_test;
mod order;
mod page;
mod table;
mod terms;

use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::FixedState;
use std::hash::{BuildHasher, Hasher};

use crate::entry::{Entry, Metadata, Value};
use crate::expiry::Millis;
use crate::key::end_of_prefix;
use crate::sort::{rank, sort_ranked};
use index::Index;
use kinds::bit_of;
pub(crate) use leaves::Position;
use order::Order;
use page::Page;
pub(crate) use page::Stamp;
pub use table::RowId;
use table::Table;
pub(crate) use terms::Term;
use terms::Terms;

/// Dead rows that are always tolerated; beyond them and a quarter of the live ones, deletes sweep.
const TOLERATED_DEAD: usize = 64;

#[derive(Debug, Clone)]
pub(crate) struct State {
    table: Table,
    // Counted once more, so that an overwrite beside a clone copies none of their blocks' counts.
    index: Arc<Index>,
    order: Arc<Order>,
    terms: Arc<Terms>,
    hasher: FixedState,
    live: usize,
    dead: usize,
    bytes: u64,
}

impl State {
    /// An empty state. The seed keeps hostile keys from colliding.
    pub(crate) fn new(seed: u64) -> Self {
        Self::with_hasher(FixedState::with_seed(seed))
    }

    /// An empty state with the same seed.
    pub(crate) fn emptied(&self) -> Self {
        Self::with_hasher(self.hasher.clone())
    }

    fn with_hasher(hasher: FixedState) -> Self {
        let (index, order, terms) = (Arc::new(Index::new()), Arc::new(Order::new()), Arc::new(Terms::new()));
        Self { table: Table::new(), index, order, terms, hasher, live: 0, dead: 0, bytes: 0 }
    }

    /// Whether nothing has ever been put into it: it holds no page, not even one that is empty again.
    pub(crate) fn is_blank(&self) -> bool {
        self.table.is_blank()
    }

    /// Makes the index of a blank state as large as so many entries, which come next, will need.
    pub(crate) fn reserve(&mut self, entries: usize) {
        self.index = Arc::new(Index::with_room(entries));
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// The bytes of all entries: keys, values and metadata.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A lower bound of all deadlines.
    pub(crate) fn earliest(&self) -> Millis {
        self.table.earliest()
    }

    /// The row of an entry.
    pub(crate) fn find(&self, key: &str) -> Option<RowId> {
        self.find_hashed(self.hash(key), key).filter(|row| self.table.is_live(*row))
    }

    /// The value of an entry and when it expires.
    pub(crate) fn value(&self, row: RowId) -> (Value<'_>, Millis) {
        let page = self.table.page(row);
        (page.value(row.slot()), page.deadline(row.slot()))
    }

    /// Whether a key is known to have expired at `now`.
    pub(crate) fn has_expired(&self, key: &str, now: Millis) -> bool {
        self.find_hashed(self.hash(key), key).is_some_and(|row| self.deadline(row) <= now)
    }

    /// The key of a row.
    #[inline(always)]
    pub(crate) fn key(&self, row: RowId) -> &[u8] {
        self.table.key(row)
    }

    /// What stands in a row.
    pub(crate) fn entry(&self, row: RowId) -> Entry<'_> {
        self.table.page(row).entry(row.slot())
    }

    /// Sets the value cell of a key; an entry that is there keeps its metadata.
    pub(crate) fn put(&mut self, key: &str, value: Value<'_>, stamp: Stamp) -> RowId {
        let hash = self.hash(key);
        let size = value.bytes.len() as u64;
        if let Some(row) = self.find_hashed(hash, key) {
            let mut replaced = None;
            self.table.change(row, stamp.deadline, bit_of(value.encoding), |page, slot| {
                if page.is_live(slot) {
                    replaced = Some(page.value(slot).bytes.len() as u64);
                    page.overwrite(slot, value, stamp);
                } else {
                    page.revive(slot, value, stamp);
                }
            });
            self.bytes += size;
            if let Some(bytes) = replaced {
                self.bytes -= bytes;
            } else {
                self.bytes += key.len() as u64;
                self.live += 1;
                self.dead -= 1;
            }
            return row;
        }
        let row = self.table.insert(stamp.deadline, bit_of(value.encoding), |page| page.insert(key.as_bytes(), value, stamp));
        Arc::make_mut(&mut self.index).insert(hash, row);
        Arc::make_mut(&mut self.order).insert(row);
        self.live += 1;
        self.bytes += key.len() as u64 + size;
        row
    }

    /// Whether a row holds an entry.
    pub(crate) fn is_live(&self, row: RowId) -> bool {
        self.table.is_live(row)
    }

    /// When an entry expires.
    #[inline]
    pub(crate) fn deadline(&self, row: RowId) -> Millis {
        self.table.page(row).deadline(row.slot())
    }

    /// Copies an entry of another state, under another key: value, metadata, deadline, times and numbers.
    pub(crate) fn copy(&mut self, key: &str, entry: &Entry<'_>) -> RowId {
        let stamp = Stamp { version: entry.value_version, now: entry.created_at, deadline: entry.deadline };
        let row = self.put(key, entry.value, stamp);
        self.stamp(row, Stamp { now: entry.updated_at, ..stamp });
        if let Some(metadata) = entry.metadata {
            self.set_metadata(row, metadata.clone(), entry.updated_at);
        }
        row
    }

    #[cfg(feature = "replica")]
    /// Gives an entry the numbers, times and deadline of another that has the same content.
    pub(crate) fn renumber(&mut self, row: RowId, entry: &Entry<'_>) {
        self.stamp(row, Stamp { version: entry.value_version, now: entry.updated_at, deadline: entry.deadline });
        self.table.change(row, Millis::MAX, 0, |page, slot| page.set_created_at(slot, entry.created_at));
        if let Some(metadata) = entry.metadata {
            self.set_metadata(row, metadata.clone(), entry.updated_at);
        }
    }

    /// Sets deadline, version and time of an entry's value cell.
    pub(crate) fn stamp(&mut self, row: RowId, stamp: Stamp) {
        self.table.change(row, stamp.deadline, 0, |page, slot| page.stamp(slot, stamp));
    }

    /// Replaces the metadata cell of an entry.
    pub(crate) fn set_metadata(&mut self, row: RowId, metadata: Arc<Metadata>, now: Millis) {
        let before = self.table.page(row).metadata(row.slot()).cloned();
        self.index_terms(row, before.as_deref(), Some(&metadata));
        self.bytes += metadata.bytes();
        self.bytes -= before.map_or(0, |before| before.bytes());
        self.table.change(row, Millis::MAX, 0, |page, slot| page.set_metadata(slot, metadata, now));
    }

    /// Removes an entry. Its row stays as a dead one until a sweep comes by.
    pub(crate) fn remove(&mut self, row: RowId) {
        self.table.change(row, Millis::MAX, 0, Page::forget_deadline);
        self.expire(row);
    }

    /// As [`remove`](Self::remove), and as long as the dead row is there it is known to have expired.
    pub(crate) fn expire(&mut self, row: RowId) {
        let entry = self.table.page(row).entry(row.slot());
        self.bytes -= entry.bytes();
        let metadata = entry.metadata.cloned();
        self.index_terms(row, metadata.as_deref(), None);
        self.table.change(row, Millis::MAX, 0, Page::bury);
        self.live -= 1;
        self.dead += 1;
        // Two blocks for each delete: a full sweep would be a stall, and this ends a round before as many more have died.
        for _ in 0..2 {
            if self.dead > TOLERATED_DEAD + self.live / 4 {
                self.sweep();
            }
        }
    }

    /// The entries that have expired at `now`, in no order; the caller removes them.
    pub(crate) fn take_due(&mut self, now: Millis) -> Vec<RowId> {
        self.table.take_due(now)
    }

    /// How many entries have expired at `now`, and their bytes.
    #[cfg(feature = "wasm")]
    pub(crate) fn due(&self, now: Millis) -> (usize, u64) {
        self.table.due(now)
    }

    /// How many rows wait to be merged into the order.
    #[cfg(feature = "wasm")]
    pub(crate) fn queued(&self) -> usize {
        self.order.queued()
    }

    /// Sorts rows by their keys.
    pub(crate) fn sort_by_key(&self, rows: &mut [RowId]) {
        let mut ranked: Vec<(u64, u32)> = rows.iter().map(|row| (rank(self.table.key(*row)), row.number())).collect();
        sort_ranked(&mut ranked, &|a, b| self.table.key(RowId::from_number(a)).cmp(self.table.key(RowId::from_number(b))));
        rows.iter_mut().zip(ranked).for_each(|(row, (_, sorted))| *row = RowId::from_number(sorted));
    }

    /// Whether this state and another share pages.
    pub(crate) fn shares_with(&self, other: &Self) -> bool {
        self.table.shares_with(&other.table)
    }

    /// The live rows of either state that do not stand in a page which both share.
    pub(crate) fn rows_apart(&self, other: &Self) -> (Vec<RowId>, Vec<RowId>) {
        self.table.rows_apart(&other.table)
    }

    /// Whether something may have expired at `now`.
    pub(crate) fn may_be_due(&self, now: Millis) -> bool {
        self.table.earliest() <= now
    }

    /// Whether listings may read the order as it is.
    pub(crate) fn is_ordered(&self) -> bool {
        self.order.is_merged()
    }

    /// Merges what was inserted since the last listing into the order.
    pub(crate) fn make_ordered(&mut self) {
        let table = &self.table;
        Arc::make_mut(&mut self.order).merge(|row| table.key(row));
    }

    /// The places of the keys that begin with `prefix`, in a state that is ordered.
    pub(crate) fn places(&self, prefix: &str) -> Range<Position> {
        let start = self.place(prefix.as_bytes());
        let end = end_of_prefix(prefix.as_bytes()).map_or_else(|| self.order.sorted().end(), |end| self.place(&end));
        start..end
    }

    /// The place of the first key that is not before `bound`.
    pub(crate) fn place(&self, bound: &[u8]) -> Position {
        self.order.lower_bound(bound, |row| self.table.key(row))
    }

    /// Takes up to `most` rows off a range, from its front or its back, dead ones too.
    pub(crate) fn take_rows(&self, range: &mut Range<Position>, from_back: bool, most: usize) -> Vec<RowId> {
        let sorted = self.order.sorted();
        let mut rows = Vec::new();
        while range.start < range.end && rows.len() < most {
            let at = if from_back { sorted.before(range.end) } else { range.start };
            if from_back {
                range.end = at;
            } else {
                range.start = sorted.after(at);
            }
            rows.extend(sorted.get(at));
        }
        rows
    }

    /// Keeps those rows that hold an entry which has not expired at `now`. In a large store each is a cache miss or two: what is done for one is so
    /// little, and without a branch, that the processor waits for many of them at once.
    pub(crate) fn retain_live(&self, rows: &mut Vec<RowId>, now: Millis) {
        let mut kept = 0;
        for at in 0..rows.len() {
            let row = rows[at];
            rows[kept] = row;
            let page = self.table.page(row);
            kept += usize::from(page.is_live(row.slot()) & (now < page.deadline(row.slot())));
        }
        rows.truncate(kept);
    }

    /// How many rows a range of places has, dead ones too.
    pub(crate) fn distance(&self, range: &Range<Position>) -> usize {
        self.order.sorted().distance(range.start, range.end)
    }

    /// Where the entries with a term stand in the term index, and how many they are; of whole terms only those whose keys begin with `prefix`.
    pub(crate) fn termed(&self, term: &Term, prefix: &str) -> (usize, Range<Position>) {
        let range = self.terms.range(term, prefix, &self.table);
        (self.terms.count(&range), range)
    }

    /// Appends the rows in a range that [`termed`](Self::termed) gave.
    pub(crate) fn collect_termed(&self, range: &Range<Position>, rows: &mut Vec<RowId>) {
        self.terms.collect(range, rows);
    }

    /// How many rows a search by kind has to look at, at most.
    pub(crate) fn near_kinds(&self, encodings: u32) -> usize {
        self.table.near_kinds(encodings)
    }

    /// The rows of the entries whose encoding has a bit in `encodings`, in no order; `None` when they are more than `most`.
    /// Visits pages that may hold one, and no others.
    pub(crate) fn of_kinds(&self, encodings: u32, most: usize) -> Option<Vec<RowId>> {
        self.table.of_kinds(encodings, most)
    }

    /// Makes the term index follow a change of an entry's metadata.
    fn index_terms(&mut self, row: RowId, before: Option<&Metadata>, after: Option<&Metadata>) {
        for term in Term::beyond(before, after) {
            Arc::make_mut(&mut self.terms).remove(&term, row, &self.table);
        }
        for term in Term::beyond(after, before) {
            Arc::make_mut(&mut self.terms).insert(&term, row, &self.table);
        }
    }

    #[inline(always)]
    fn hash(&self, key: &str) -> u32 {
        self.hash_bytes(key.as_bytes())
    }

    #[inline(always)]
    fn hash_bytes(&self, key: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key);
        hasher.finish() as u32
    }

    // A closure to find it by would be a call for each candidate: closures are not inlined by order.
    #[allow(clippy::manual_find)]
    #[inline(always)]
    fn find_hashed(&self, hash: u32, key: &str) -> Option<RowId> {
        for row in self.index.candidates(hash) {
            if self.table.key(row) == key.as_bytes() {
                return Some(row);
            }
        }
        None
    }

    /// Sweeps one block of the order.
    fn sweep(&mut self) {
        let table = &self.table;
        let swept = Arc::make_mut(&mut self.order).sweep(|row| table.is_live(row));
        for row in &swept {
            let hash = self.hash_bytes(self.table.key(*row));
            Arc::make_mut(&mut self.index).remove(hash, *row);
            self.table.free(*row);
        }
        self.dead -= swept.len();
    }
}
