//! Sorted leaves: an ordered sequence in counted blocks of up to 512 items, which clones share and a write copies one of.
//!
//! The order is the caller's: positions are found by predicates that hold for a first part of the items and for none after it.
//! Invariants: no leaf is empty or holds more than [`LARGEST`] items.

use std::sync::Arc;

const LARGEST: usize = 512;

/// A place between items: before item `index` of leaf `leaf`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    leaf: usize,
    index: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Leaves<T> {
    leaves: Vec<Arc<Vec<T>>>,
}

impl<T: Clone> Leaves<T> {
    pub(crate) fn new() -> Self {
        Self { leaves: Vec::new() }
    }

    pub(crate) fn leaf_count(&self) -> usize {
        self.leaves.len()
    }

    pub(crate) fn end(&self) -> Position {
        Position { leaf: self.leaves.len(), index: 0 }
    }

    /// The place after the items for which `is_before` holds.
    pub(crate) fn partition(&self, is_before: impl Fn(&T) -> bool) -> Position {
        let leaf = self.leaves.partition_point(|leaf| leaf.last().is_some_and(&is_before));
        let index = self.leaves.get(leaf).map_or(0, |items| items.partition_point(is_before));
        Position { leaf, index }
    }

    #[inline]
    pub(crate) fn get(&self, at: Position) -> Option<&T> {
        self.leaves.get(at.leaf)?.get(at.index)
    }

    #[inline]
    pub(crate) fn after(&self, at: Position) -> Position {
        if at.index + 1 < self.leaves[at.leaf].len() {
            Position { index: at.index + 1, ..at }
        } else {
            Position { leaf: at.leaf + 1, index: 0 }
        }
    }

    #[inline]
    pub(crate) fn before(&self, at: Position) -> Position {
        match at.index.checked_sub(1) {
            Some(index) => Position { index, ..at },
            None => Position { leaf: at.leaf - 1, index: self.leaves[at.leaf - 1].len() - 1 },
        }
    }

    /// How many items lie between two places.
    pub(crate) fn distance(&self, from: Position, to: Position) -> usize {
        if from >= to {
            return 0;
        }
        let whole: usize = self.leaves[from.leaf..to.leaf].iter().map(|leaf| leaf.len()).sum();
        whole + to.index - from.index
    }

    pub(crate) fn insert(&mut self, at: Position, item: T) {
        let Position { leaf, index } = if at.leaf == self.leaves.len() && at.leaf > 0 {
            Position { leaf: at.leaf - 1, index: self.leaves[at.leaf - 1].len() }
        } else {
            at
        };
        let Some(items) = self.leaves.get_mut(leaf) else {
            self.leaves.push(Arc::new(vec![item]));
            return;
        };
        let items = Arc::make_mut(items);
        items.insert(index, item);
        if items.len() > LARGEST {
            let right = items.split_off(LARGEST / 2);
            self.leaves.insert(leaf + 1, Arc::new(right));
        }
    }

    pub(crate) fn remove(&mut self, at: Position) {
        let items = Arc::make_mut(&mut self.leaves[at.leaf]);
        items.remove(at.index);
        if items.is_empty() {
            self.leaves.remove(at.leaf);
        }
    }

    /// Merges in items that are sorted by the same order, whole runs at a time: `precedes(a, b)` says that `a` comes before `b`.
    pub(crate) fn merge(&mut self, items: &[T], precedes: impl Fn(&T, &T) -> bool) {
        let mut merged = Vec::with_capacity(self.leaves.len() + items.len() / LARGEST + 1);
        let mut rest = items;
        let count = self.leaves.len();
        for (at, leaf) in std::mem::take(&mut self.leaves).into_iter().enumerate() {
            // The last leaf takes all that is left.
            let run =
                if at + 1 == count { rest.len() } else { leaf.last().map_or(0, |last| rest.partition_point(|item| precedes(item, last))) };
            let (incoming, tail) = rest.split_at(run);
            rest = tail;
            if incoming.is_empty() {
                merged.push(leaf);
            } else {
                push_leaves(&mut merged, &merge_sorted(&leaf, incoming, &precedes));
            }
        }
        push_leaves(&mut merged, rest);
        self.leaves = merged;
    }

    /// Keeps of one leaf the items that `is_kept`, and joins it with the next where both are small.
    pub(crate) fn retain_in_leaf(&mut self, leaf: usize, is_kept: impl Fn(&T) -> bool) {
        if self.leaves[leaf].iter().any(|item| !is_kept(item)) {
            Arc::make_mut(&mut self.leaves[leaf]).retain(is_kept);
        }
        if self.leaves[leaf].is_empty() {
            self.leaves.remove(leaf);
        } else if let Some(next) = self.leaves.get(leaf + 1)
            && self.leaves[leaf].len() + next.len() <= LARGEST / 2
        {
            let next = self.leaves.remove(leaf + 1);
            Arc::make_mut(&mut self.leaves[leaf]).extend(next.iter().cloned());
        }
    }

    pub(crate) fn leaf(&self, leaf: usize) -> &[T] {
        &self.leaves[leaf]
    }

    #[cfg(test)]
    pub(crate) fn check(&self, precedes: impl Fn(&T, &T) -> bool) {
        assert!(self.leaves.iter().all(|leaf| (1..=LARGEST).contains(&leaf.len())), "no leaf is empty or too large");
        let items: Vec<&T> = self.leaves.iter().flat_map(|leaf| leaf.iter()).collect();
        assert!(items.windows(2).all(|pair| precedes(pair[0], pair[1])), "items are in order");
    }
}

fn merge_sorted<T: Clone>(left: &[T], right: &[T], precedes: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut left = left.iter().peekable();
    for item in right {
        while let Some(other) = left.next_if(|other| precedes(other, item)) {
            merged.push(other.clone());
        }
        merged.push(item.clone());
    }
    merged.extend(left.cloned());
    merged
}

/// Cuts items into leaves of equal length, three quarters full where there are many.
fn push_leaves<T: Clone>(leaves: &mut Vec<Arc<Vec<T>>>, items: &[T]) {
    let count = if items.len() <= LARGEST { 1 } else { items.len().div_ceil(LARGEST * 3 / 4) };
    if !items.is_empty() {
        leaves.extend(items.chunks(items.len().div_ceil(count)).map(|chunk| Arc::new(chunk.to_vec())));
    }
}
