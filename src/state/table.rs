//! The table: pages in groups of 32 ("mids"), each level counted, so that a write copies one path of what a clone shares.
//!
//! Invariants: bit `i` of a mid's `vacant` says that page `i` has a free row (pages not made yet count as vacant). `earliest` of a mid and of
//! the table is at most that of every page below, `kinds` of a mid has every bit that a page below has. Mids before `hint` have no vacancy.

use std::sync::Arc;

use super::kinds::Kinds;
use super::page::{Page, ROWS};
use crate::expiry::{Millis, NEVER};

/// Pages of a mid: as many as a `u32` has bits. A copy of a mid counts up each of its pages, which is a cache miss each.
const PAGES: usize = 32;

/// Which row an entry stands in: mid, page and slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(u32);

impl RowId {
    fn new(mid: usize, page: usize, slot: usize) -> Self {
        Self(((mid * PAGES + page) * ROWS + slot) as u32)
    }

    /// The row as a number: small, and given again once the entry is gone.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The row of a number that [`number`](Self::number) gave.
    pub fn from_number(number: u32) -> Self {
        Self(number)
    }

    fn mid(self) -> usize {
        self.0 as usize / (PAGES * ROWS)
    }

    #[inline(always)]
    fn page(self) -> usize {
        self.0 as usize / ROWS % PAGES
    }

    pub(crate) fn slot(self) -> usize {
        self.0 as usize % ROWS
    }
}

#[derive(Debug, Clone)]
struct Mid {
    pages: Vec<Arc<Page>>,
    vacant: u32,
    earliest: Millis,
    kinds: Kinds,
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    mids: Vec<Arc<Mid>>,
    hint: usize,
    earliest: Millis,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { mids: Vec::new(), hint: 0, earliest: NEVER }
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.mids.is_empty()
    }

    #[inline(always)]
    pub(crate) fn page(&self, row: RowId) -> &Page {
        &self.mids[row.mid()].pages[row.page()]
    }

    #[inline(always)]
    pub(crate) fn key(&self, row: RowId) -> &[u8] {
        self.page(row).key(row.slot())
    }

    /// Whether a row, which may be any number, holds an entry.
    #[inline(always)]
    pub(crate) fn is_live(&self, row: RowId) -> bool {
        let page = self.mids.get(row.mid()).and_then(|mid| mid.pages.get(row.page()));
        page.is_some_and(|page| page.is_live(row.slot()))
    }

    /// A lower bound of all deadlines; [`NEVER`] when there is none.
    pub(crate) fn earliest(&self) -> Millis {
        self.earliest
    }

    /// Changes a page through its slot number; copies the path where a clone shares it. `deadline` is what
    /// the change brings in, as are the bits of `kinds`.
    #[inline(always)]
    pub(crate) fn change(&mut self, row: RowId, deadline: Millis, kinds: u32, change: impl FnOnce(&mut Page, usize)) {
        self.earliest = self.earliest.min(deadline);
        let mid = Arc::make_mut(&mut self.mids[row.mid()]);
        mid.earliest = mid.earliest.min(deadline);
        mid.kinds.add(kinds);
        change(Arc::make_mut(&mut mid.pages[row.page()]), row.slot());
    }

    /// Takes a free row and fills it by `insert`, which gives the slot that it took.
    pub(crate) fn insert(&mut self, deadline: Millis, kinds: u32, insert: impl FnOnce(&mut Page) -> usize) -> RowId {
        while self.mids.get(self.hint).is_some_and(|mid| mid.vacant == 0) {
            self.hint += 1;
        }
        if self.hint == self.mids.len() {
            self.mids.push(Arc::new(Mid { pages: Vec::new(), vacant: u32::MAX, earliest: NEVER, kinds: Kinds::default() }));
        }
        self.earliest = self.earliest.min(deadline);
        let mid = Arc::make_mut(&mut self.mids[self.hint]);
        mid.earliest = mid.earliest.min(deadline);
        mid.kinds.add(kinds);
        let at = mid.vacant.trailing_zeros() as usize;
        if at == mid.pages.len() {
            mid.pages.push(Arc::new(Page::new()));
        }
        let page = Arc::make_mut(&mut mid.pages[at]);
        let slot = insert(page);
        if !page.has_room() {
            mid.vacant &= !(1 << at);
        }
        RowId::new(self.hint, at, slot)
    }

    /// Gives a dead row back.
    pub(crate) fn free(&mut self, row: RowId) {
        self.change(row, NEVER, 0, Page::free);
        Arc::make_mut(&mut self.mids[row.mid()]).vacant |= 1 << row.page();
        self.hint = self.hint.min(row.mid());
    }

    /// The rows that have expired at `now`, in no order; makes the bounds of what it visits exact. Visits only what may hold one.
    pub(crate) fn take_due(&mut self, now: Millis) -> Vec<RowId> {
        let mut rows = Vec::new();
        if self.earliest > now {
            return rows;
        }
        let mut slots = Vec::new();
        for (m, mid) in self.mids.iter_mut().enumerate().filter(|(_, mid)| mid.earliest <= now) {
            let mid = Arc::make_mut(mid);
            for (p, page) in mid.pages.iter_mut().enumerate().filter(|(_, page)| page.earliest() <= now) {
                Arc::make_mut(page).take_due(now, &mut slots);
                rows.extend(slots.drain(..).map(|slot| RowId::new(m, p, slot)));
            }
            mid.earliest = mid.pages.iter().map(|page| page.earliest()).min().unwrap_or(NEVER);
        }
        self.earliest = self.mids.iter().map(|mid| mid.earliest).min().unwrap_or(NEVER);
        rows
    }

    /// How many entries have expired at `now`, and their bytes. Visits only what may hold one.
    #[cfg(feature = "wasm")]
    pub(crate) fn due(&self, now: Millis) -> (usize, u64) {
        let pages = self.mids.iter().filter(|mid| mid.earliest <= now).flat_map(|mid| &mid.pages);
        let due = pages.filter(|page| page.earliest() <= now).map(|page| page.due(now));
        due.fold((0, 0), |(entries, bytes), (more, their_bytes)| (entries + more, bytes + their_bytes))
    }

    /// Whether a page is shared with another table: one was cloned from the other, and not all has changed since.
    pub(crate) fn shares_with(&self, other: &Self) -> bool {
        self.mids
            .iter()
            .zip(&other.mids)
            .any(|(one, other)| Arc::ptr_eq(one, other) || one.pages.iter().zip(&other.pages).any(|(a, b)| Arc::ptr_eq(a, b)))
    }

    /// The live rows of either table that do not stand in a page which both share.
    pub(crate) fn rows_apart(&self, other: &Self) -> (Vec<RowId>, Vec<RowId>) {
        (self.rows_not_in(other), other.rows_not_in(self))
    }

    fn rows_not_in(&self, other: &Self) -> Vec<RowId> {
        let mut rows = Vec::new();
        for (m, mid) in self.mids.iter().enumerate() {
            let shared = other.mids.get(m);
            if shared.is_some_and(|shared| Arc::ptr_eq(mid, shared)) {
                continue;
            }
            for (p, page) in mid.pages.iter().enumerate() {
                if !shared.and_then(|shared| shared.pages.get(p)).is_some_and(|shared| Arc::ptr_eq(page, shared)) {
                    rows.extend((0..ROWS).filter(|slot| page.is_live(*slot)).map(|slot| RowId::new(m, p, slot)));
                }
            }
        }
        rows
    }

    /// How many rows there may be in the mids that may hold an encoding of `mask`.
    pub(crate) fn near_kinds(&self, mask: u32) -> usize {
        self.mids.iter().filter(|mid| mid.kinds.bits() & mask != 0).map(|mid| mid.pages.len() * ROWS).sum()
    }

    /// The rows whose encodings have a bit in `mask`, in no order; makes the bits of what it visits exact. Visits only what may hold one, and gives
    /// up at the end of the mid where they are more than `most`.
    pub(crate) fn of_kinds(&self, mask: u32, most: usize) -> Option<Vec<RowId>> {
        let mut rows = Vec::new();
        for (m, mid) in self.mids.iter().enumerate().filter(|(_, mid)| mid.kinds.bits() & mask != 0) {
            let mut bits = 0;
            for (p, page) in mid.pages.iter().enumerate() {
                if page.kinds() & mask != 0 {
                    page.of_kinds(mask, |slot| rows.push(RowId::new(m, p, slot)));
                }
                bits |= page.kinds();
            }
            mid.kinds.correct(bits);
            if rows.len() > most {
                return None;
            }
        }
        Some(rows)
    }

    /// The rows that hold a key, dead ones too, in the order of their numbers.
    #[cfg(test)]
    pub(crate) fn occupied(&self) -> Vec<RowId> {
        let pages = self.mids.iter().enumerate().flat_map(|(m, mid)| mid.pages.iter().enumerate().map(move |(p, page)| (m, p, page)));
        pages.flat_map(|(m, p, page)| page.occupied().map(move |slot| RowId::new(m, p, slot))).collect()
    }

    /// Panics where an invariant of this module or of a page does not hold.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        for (m, mid) in self.mids.iter().enumerate() {
            assert!(self.earliest <= mid.earliest, "earliest of the table is a lower bound");
            assert!(m >= self.hint || mid.vacant == 0, "there is no vacancy before the hint");
            for (p, page) in mid.pages.iter().enumerate() {
                page.check();
                assert!(mid.earliest <= page.earliest(), "earliest of a mid is a lower bound");
                assert_eq!(page.kinds() & !mid.kinds.bits(), 0, "kinds of a mid has every bit of its pages");
                assert_eq!(mid.vacant >> p & 1 == 1, page.has_room(), "vacancy is known");
            }
        }
    }
}
