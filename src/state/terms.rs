//! The term index: ordered pairs of term and row, rows in the order of their keys, so that all entries with a term are one range.
//!
//! A term is what metadata is found by, as bytes. A tag: 0, its text. A property: 1, its name, a byte that no text holds (so that no name
//! is the beginning of another), the encoding, the first [`CLIPPED`] bytes of the value. So the entries that have a property at all are one range
//! as well, in the order of its values. What lies beyond the clipped bytes is for who asks to compare.
//!
//! Invariants: it holds exactly the terms of the live rows, each pair once. Neighbours share the bytes of equal terms.

use std::ops::Range;
use std::sync::Arc;

use super::leaves::{Leaves, Position};
use super::table::{RowId, Table};
use crate::entry::{Metadata, Value};
use crate::key::end_of_prefix;

/// How much of a property's value is in its term.
const CLIPPED: usize = 64;

const TAG: u8 = 0;
const PROPERTY: u8 = 1;

/// Ends the name of a property: no byte of UTF-8, and not the last one.
const END_OF_NAME: u8 = 0xFE;

/// A term, or the beginning of the terms of one property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Term {
    bytes: Vec<u8>,
    is_whole: bool,
}

impl Term {
    pub(crate) fn tag(tag: &str) -> Self {
        Self { bytes: [&[TAG], tag.as_bytes()].concat(), is_whole: true }
    }

    /// A property with this value, or with any.
    pub(crate) fn property(name: &str, value: Option<Value<'_>>) -> Self {
        let mut bytes = [&[PROPERTY], name.as_bytes(), &[END_OF_NAME]].concat();
        if let Some(value) = value {
            bytes.push(value.encoding);
            bytes.extend_from_slice(&value.bytes[..value.bytes.len().min(CLIPPED)]);
        }
        Self { bytes, is_whole: value.is_some() }
    }

    /// The terms of `metadata` that `other` has not.
    pub(crate) fn beyond(metadata: Option<&Metadata>, other: Option<&Metadata>) -> Vec<Self> {
        let Some(metadata) = metadata else {
            return Vec::new();
        };
        let mut terms = Vec::new();
        for tag in &metadata.tags {
            if other.is_none_or(|other| !other.has_tag(tag)) {
                terms.push(Self::tag(tag));
            }
        }
        for (name, value) in &metadata.properties {
            if other.is_none_or(|other| other.properties.get(name) != Some(value)) {
                terms.push(Self::property(name, Some(value.as_value())));
            }
        }
        terms
    }
}

#[derive(Debug, Clone)]
struct Pair {
    term: Arc<[u8]>,
    row: RowId,
}

#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pairs: Leaves<Pair>,
}

impl Terms {
    pub(crate) fn new() -> Self {
        Self { pairs: Leaves::new() }
    }

    pub(crate) fn insert(&mut self, term: &Term, row: RowId, table: &Table) {
        let at = self.place(&term.bytes, table.key(row), table);
        let shared = |at| self.pairs.get(at).map(|pair| &pair.term).filter(|shared| ***shared == *term.bytes).cloned();
        let before = || if at > Position::default() { shared(self.pairs.before(at)) } else { None };
        let term = shared(at).or_else(before).unwrap_or_else(|| term.bytes.as_slice().into());
        self.pairs.insert(at, Pair { term, row });
    }

    pub(crate) fn remove(&mut self, term: &Term, row: RowId, table: &Table) {
        let at = self.place(&term.bytes, table.key(row), table);
        if self.pairs.get(at).is_some_and(|pair| pair.row == row && *pair.term == *term.bytes) {
            self.pairs.remove(at);
        }
    }

    /// The places of the entries with a term, of a whole one only those whose keys begin with `prefix`.
    pub(crate) fn range(&self, term: &Term, prefix: &str, table: &Table) -> Range<Position> {
        let bytes = &term.bytes;
        // The next bytes in order: behind a whole term the same and a zero, behind the beginning of others the raised one.
        let next = || if term.is_whole { Some([bytes, &[0][..]].concat()) } else { end_of_prefix(bytes) };
        let within = if term.is_whole { prefix.as_bytes() } else { &[] };
        let end = end_of_prefix(within);
        let end = match &end {
            Some(end) => self.place(bytes, end, table),
            None => self.place(&next().unwrap_or_default(), &[], table),
        };
        self.place(bytes, within, table)..end
    }

    /// How many pairs a range holds; costs by its blocks.
    pub(crate) fn count(&self, range: &Range<Position>) -> usize {
        self.pairs.distance(range.start, range.end)
    }

    /// Appends the rows of a range.
    pub(crate) fn collect(&self, range: &Range<Position>, rows: &mut Vec<RowId>) {
        let mut at = range.start;
        while at < range.end
            && let Some(pair) = self.pairs.get(at)
        {
            rows.push(pair.row);
            at = self.pairs.after(at);
        }
    }

    fn place(&self, term: &[u8], key: &[u8], table: &Table) -> Position {
        self.pairs.partition(|pair| (*pair.term).cmp(term).then_with(|| table.key(pair.row).cmp(key)).is_lt())
    }

    #[cfg(test)]
    pub(crate) fn pairs(&self) -> Vec<(Vec<u8>, RowId)> {
        let leaves = (0..self.pairs.leaf_count()).flat_map(|leaf| self.pairs.leaf(leaf));
        leaves.map(|pair| (pair.term.to_vec(), pair.row)).collect()
    }

    /// Panics where a block of pairs is empty, too large or out of order, or neighbours hold equal terms twice.
    #[cfg(test)]
    pub(crate) fn check(&self, table: &Table) {
        self.pairs.check(|a, b| (&a.term, table.key(a.row)) < (&b.term, table.key(b.row)));
        self.pairs.check(|a, b| a.term != b.term || Arc::ptr_eq(&a.term, &b.term));
    }
}
