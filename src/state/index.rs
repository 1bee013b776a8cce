//! The key index: a hash table that grows by splitting one small shard at a time (linear hashing), so that no insert is a long stall and
//! a write beside a clone copies one shard. A slot holds 32 bits of the hash and the row, so growth reads no key.
//!
//! Invariants: every row stands in the shard that the low bits of its hash name; within a shard it is reached from its home slot without
//! passing an empty one (linear probing, holes closed on removal).

use std::sync::Arc;

use super::table::RowId;

/// How many rows a shard holds on average before the next one is split.
const SHARE: usize = 320;
const LEAST_SLOTS: usize = 16;
const EMPTY: u64 = 0;

fn slot_of(hash: u32, row: RowId) -> u64 {
    u64::from(hash) << 32 | (u64::from(row.number()) + 1)
}

fn hash_of(slot: u64) -> u32 {
    (slot >> 32) as u32
}

fn row_of(slot: u64) -> RowId {
    RowId::from_number(slot as u32 - 1)
}

#[derive(Debug, Clone)]
struct Shard {
    /// A power of two of them.
    slots: Arc<[u64]>,
    used: usize,
}

impl Shard {
    fn with_slots(slots: usize) -> Self {
        Self { slots: vec![EMPTY; slots].into(), used: 0 }
    }

    #[inline(always)]
    fn home(&self, hash: u32) -> usize {
        // The high bits: the low ones chose the shard.
        hash as usize >> (32 - self.slots.len().trailing_zeros())
    }

    #[inline(always)]
    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    /// Where a row stands.
    fn position(&self, hash: u32, row: RowId) -> Option<usize> {
        let mut at = self.home(hash);
        while self.slots[at] != EMPTY {
            if self.slots[at] == slot_of(hash, row) {
                return Some(at);
            }
            at = self.next(at);
        }
        None
    }

    fn insert(&mut self, slot: u64) {
        if (self.used + 1) * 5 > self.slots.len() * 4 {
            let grown = Self::with_slots(self.slots.len() * 2);
            let full = std::mem::replace(self, grown);
            full.slots.iter().filter(|slot| **slot != EMPTY).for_each(|slot| self.insert(*slot));
        }
        let mut at = self.home(hash_of(slot));
        while self.slots[at] != EMPTY {
            at = self.next(at);
        }
        Arc::make_mut(&mut self.slots)[at] = slot;
        self.used += 1;
    }

    fn remove(&mut self, mut hole: usize) {
        self.used -= 1;
        let mask = self.slots.len() - 1;
        let mut at = self.next(hole);
        while self.slots[at] != EMPTY {
            let from = self.home(hash_of(self.slots[at]));
            // What lies at `at` may move into the hole unless its home is beyond the hole.
            if at.wrapping_sub(from) & mask >= at.wrapping_sub(hole) & mask {
                Arc::make_mut(&mut self.slots)[hole] = self.slots[at];
                hole = at;
            }
            at = self.next(at);
        }
        Arc::make_mut(&mut self.slots)[hole] = EMPTY;
    }
}

/// The rows that may be meant by a hash.
pub(crate) struct Candidates<'a> {
    shard: &'a Shard,
    hash: u32,
    at: usize,
}

impl Iterator for Candidates<'_> {
    type Item = RowId;

    #[inline(always)]
    fn next(&mut self) -> Option<RowId> {
        loop {
            let slot = self.shard.slots[self.at];
            if slot == EMPTY {
                return None;
            }
            self.at = self.shard.next(self.at);
            if hash_of(slot) == self.hash {
                return Some(row_of(slot));
            }
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Index {
    shards: Vec<Shard>,
    len: usize,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self { shards: vec![Shard::with_slots(LEAST_SLOTS)], len: 0 }
    }

    /// Nothing yet, and places for so many rows, which growth would move about three times each. The shards share one block of empty slots until something
    /// comes into them, so places that are never taken cost next to nothing.
    pub(crate) fn with_room(rows: usize) -> Self {
        let shards = rows.div_ceil(SHARE).max(1);
        let slots = (rows.div_ceil(shards) * 3 / 2).next_power_of_two().max(LEAST_SLOTS);
        Self { shards: vec![Shard::with_slots(slots); shards], len: 0 }
    }

    /// The rows with this hash, which are one as a rule. An iterator, and not a question asked of each, so that the loop is the caller's own.
    #[inline(always)]
    pub(crate) fn candidates(&self, hash: u32) -> Candidates<'_> {
        let shard = &self.shards[self.shard_of(hash)];
        Candidates { shard, hash, at: shard.home(hash) }
    }

    /// Adds a row that is not there.
    pub(crate) fn insert(&mut self, hash: u32, row: RowId) {
        self.len += 1;
        if self.len > self.shards.len() * SHARE {
            self.split();
        }
        let shard = self.shard_of(hash);
        self.shards[shard].insert(slot_of(hash, row));
    }

    /// Removes a row that is there.
    pub(crate) fn remove(&mut self, hash: u32, row: RowId) {
        let shard = self.shard_of(hash);
        if let Some(at) = self.shards[shard].position(hash, row) {
            self.len -= 1;
            self.shards[shard].remove(at);
        }
    }

    #[inline(always)]
    fn shard_of(&self, hash: u32) -> usize {
        let wide = self.shards.len().next_power_of_two();
        let shard = hash as usize & (wide - 1);
        if shard < self.shards.len() { shard } else { shard & (wide / 2 - 1) }
    }

    /// Splits the next shard in turn into itself and a new one.
    fn split(&mut self) {
        let count = self.shards.len();
        let at = count & !(count.next_power_of_two() >> usize::from(!count.is_power_of_two()));
        self.shards.push(Shard::with_slots(LEAST_SLOTS));
        let old = std::mem::replace(&mut self.shards[at], Shard::with_slots(LEAST_SLOTS));
        let (mut stays, mut goes): (Vec<u64>, Vec<u64>) =
            old.slots.iter().copied().filter(|slot| *slot != EMPTY).partition(|slot| self.shard_of(hash_of(*slot)) == at);
        for (shard, slots) in [(at, &mut stays), (count, &mut goes)] {
            let mut fresh = Shard::with_slots((slots.len() * 3 / 2).next_power_of_two().max(LEAST_SLOTS));
            slots.drain(..).for_each(|slot| fresh.insert(slot));
            self.shards[shard] = fresh;
        }
    }

    /// Panics where an invariant of this module does not hold.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        let mut len = 0;
        for (at, shard) in self.shards.iter().enumerate() {
            let slots = || shard.slots.iter().copied().filter(|slot| *slot != EMPTY);
            assert_eq!(slots().count(), shard.used, "a shard knows how much it holds");
            len += shard.used;
            for slot in slots() {
                assert_eq!(self.shard_of(hash_of(slot)), at, "a row stands in its shard");
                assert!(shard.position(hash_of(slot), row_of(slot)).is_some(), "a row is reached from its home");
            }
        }
        assert_eq!(len, self.len, "the index knows how much it holds");
    }
}
