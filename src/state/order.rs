//! The key order: sorted leaves of rows, and behind them the rows that were inserted since somebody last listed.
//!
//! An insert only queues its row, and a delete leaves its dead row where it is (the same key revives it), so a store that nobody lists pays
//! next to nothing for order. A listing first sorts the queue and merges it in. Dead rows are swept out one block at a time.
//!
//! Invariants: every occupied row stands here exactly once, in the leaves or in the queue; the leaves are in the order of keys.

use std::sync::Arc;

use super::leaves::{Leaves, Position};
use super::table::RowId;
use crate::sort::{rank, sort_ranked};

/// Rows of a block of the queue.
const BLOCK: usize = 2048;

#[derive(Debug, Clone)]
pub(crate) struct Order {
    sorted: Leaves<RowId>,
    queue: Vec<Arc<Vec<RowId>>>,
    /// Which block the next sweep looks at: leaves first, then the queue.
    sweep: usize,
}

impl Order {
    pub(crate) fn new() -> Self {
        Self { sorted: Leaves::new(), queue: Vec::new(), sweep: 0 }
    }

    /// Queues a new row.
    pub(crate) fn insert(&mut self, row: RowId) {
        match self.queue.last_mut() {
            Some(block) if block.len() < BLOCK => Arc::make_mut(block).push(row),
            _ => {
                let mut block = Vec::with_capacity(if self.queue.is_empty() { 4 } else { BLOCK });
                block.push(row);
                self.queue.push(Arc::new(block));
            }
        }
    }

    /// Whether a listing needs [`merge`](Self::merge) first.
    pub(crate) fn is_merged(&self) -> bool {
        self.queue.is_empty()
    }

    /// How many rows are in the queue.
    #[cfg(feature = "wasm")]
    pub(crate) fn queued(&self) -> usize {
        self.queue.iter().map(|block| block.len()).sum()
    }

    /// Sorts the queue and merges it into the leaves. Cost: sorting the queue, and copying the leaves that it touches.
    pub(crate) fn merge<'k>(&mut self, key_of: impl Fn(RowId) -> &'k [u8]) {
        let mut queued: Vec<(u64, u32)> =
            self.queue.drain(..).flat_map(|block| block.as_ref().clone()).map(|row| (rank(key_of(row)), row.number())).collect();
        sort_ranked(&mut queued, &|a, b| key_of(RowId::from_number(a)).cmp(key_of(RowId::from_number(b))));
        let queued: Vec<RowId> = queued.into_iter().map(|(_, row)| RowId::from_number(row)).collect();
        self.sorted.merge(&queued, |a, b| key_of(*a) < key_of(*b));
    }

    /// Takes the dead rows out of one block, the next in turn, and returns them.
    pub(crate) fn sweep(&mut self, is_live: impl Fn(RowId) -> bool) -> Vec<RowId> {
        let leaves = self.sorted.leaf_count();
        if self.sweep >= leaves + self.queue.len() {
            self.sweep = 0;
        }
        let at = self.sweep;
        let block = if at < leaves { self.sorted.leaf(at) } else { self.queue.get(at - leaves).map_or(&[][..], |block| block) };
        let dead: Vec<RowId> = block.iter().copied().filter(|row| !is_live(*row)).collect();
        let whole = dead.len() == block.len();
        if at < leaves {
            self.sorted.retain_in_leaf(at, |row| is_live(*row));
        } else if whole && !dead.is_empty() {
            self.queue.remove(at - leaves);
        } else if !dead.is_empty() {
            Arc::make_mut(&mut self.queue[at - leaves]).retain(|row| is_live(*row));
        }
        // Where a block went, the next one stands in its place now.
        self.sweep += usize::from(!whole);
        dead
    }

    /// The rows of a merged order, by place.
    pub(crate) fn sorted(&self) -> &Leaves<RowId> {
        &self.sorted
    }

    /// Where the keys that are not before `bound` begin.
    pub(crate) fn lower_bound<'k>(&self, bound: &[u8], key_of: impl Fn(RowId) -> &'k [u8]) -> Position {
        self.sorted.partition(|row| key_of(*row) < bound)
    }

    #[cfg(test)]
    pub(crate) fn rows(&self) -> Vec<RowId> {
        let leaves = (0..self.sorted.leaf_count()).flat_map(|leaf| self.sorted.leaf(leaf).to_vec());
        leaves.chain(self.queue.iter().flat_map(|block| block.as_ref().clone())).collect()
    }
}
