//! The tag index: ordered pairs of tag and row, rows in the order of their keys, so that all entries with a tag are one range.
//!
//! Invariant: it holds exactly the tags of the live rows.

use std::ops::Range;
use std::sync::Arc;

use super::leaves::{Leaves, Position};
use super::table::RowId;

#[derive(Debug, Clone)]
struct Tagged {
    tag: Arc<str>,
    row: RowId,
}

#[derive(Debug, Clone)]
pub(crate) struct Tags {
    pairs: Leaves<Tagged>,
}

impl Tags {
    pub(crate) fn new() -> Self {
        Self { pairs: Leaves::new() }
    }

    pub(crate) fn insert<'k>(&mut self, tag: &Arc<str>, row: RowId, key_of: impl Fn(RowId) -> &'k [u8]) {
        let at = self.place(tag, key_of(row), &key_of);
        self.pairs.insert(at, Tagged { tag: tag.clone(), row });
    }

    pub(crate) fn remove<'k>(&mut self, tag: &str, row: RowId, key_of: impl Fn(RowId) -> &'k [u8]) {
        let at = self.place(tag, key_of(row), &key_of);
        if self.pairs.get(at).is_some_and(|pair| pair.row == row && *pair.tag == *tag) {
            self.pairs.remove(at);
        }
    }

    /// The places of the entries with this tag whose keys are in `keys` (from, and before where there is an end).
    pub(crate) fn range<'k>(&self, tag: &str, from: &[u8], end: Option<&[u8]>, key_of: impl Fn(RowId) -> &'k [u8]) -> Range<Position> {
        let start = self.place(tag, from, &key_of);
        let end = match end {
            Some(end) => self.place(tag, end, &key_of),
            None => self.pairs.partition(|pair| *pair.tag <= *tag),
        };
        start..end
    }

    /// How many entries a range holds; costs by its blocks.
    pub(crate) fn count(&self, range: &Range<Position>) -> usize {
        self.pairs.distance(range.start, range.end)
    }

    pub(crate) fn rows(&self, range: Range<Position>) -> impl Iterator<Item = RowId> {
        let mut at = range.start;
        std::iter::from_fn(move || {
            let pair = (at < range.end).then(|| self.pairs.get(at)).flatten()?;
            at = self.pairs.after(at);
            Some(pair.row)
        })
    }

    fn place<'k>(&self, tag: &str, key: &[u8], key_of: impl Fn(RowId) -> &'k [u8]) -> Position {
        self.pairs.partition(|pair| (*pair.tag).cmp(tag).then_with(|| key_of(pair.row).cmp(key)).is_lt())
    }

    #[cfg(test)]
    pub(crate) fn pairs(&self) -> Vec<(String, RowId)> {
        let leaves = (0..self.pairs.leaf_count()).flat_map(|leaf| self.pairs.leaf(leaf));
        leaves.map(|pair| (pair.tag.to_string(), pair.row)).collect()
    }

    /// Panics where a block of pairs is empty or too large.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        self.pairs.check(|a, b| a.tag <= b.tag);
    }
}
