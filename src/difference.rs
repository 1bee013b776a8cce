//! Differences: the keys at which two contents are not the same, found without looking at what they share.

use std::borrow::Cow;
use std::sync::Arc;

use crate::entry::Entry;
use crate::expiry::Millis;
use crate::listing::{Listing, Range};
use crate::sort::{rank, sort_ranked};
use crate::state::{RowId, State};

/// The live entries of a state under a prefix, by their short keys.
#[derive(Debug, Clone)]
pub(crate) struct Contents<'a> {
    pub(crate) state: Arc<State>,
    pub(crate) prefix: &'a str,
    pub(crate) now: Millis,
}

/// A short key, and what stands under it on either side.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) key: Box<str>,
    pub(crate) left: Option<RowId>,
    pub(crate) right: Option<RowId>,
}

impl Contents<'_> {
    /// The live entry of a short key.
    pub(crate) fn find(&self, key: &str) -> Option<RowId> {
        let full = if self.prefix.is_empty() { Cow::Borrowed(key) } else { Cow::Owned([self.prefix, key].concat()) };
        self.state.find(&full).filter(|row| self.now < self.state.deadline(*row))
    }

    /// What stands in a row that is one of these.
    pub(crate) fn entry(&self, row: RowId) -> Entry<'_> {
        self.state.entry(row)
    }

    /// All rows, in key order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = RowId> + use<> {
        let mut state = self.state.clone();
        if !state.is_ordered() {
            Arc::make_mut(&mut state).make_ordered();
        }
        Listing::of_range(state, Range { prefix: self.prefix, ..Range::default() }, self.now).rows()
    }

    /// The short key of a row that is one of these.
    pub(crate) fn key_bytes(&self, row: RowId) -> &[u8] {
        self.state.key(row).get(self.prefix.len()..).unwrap_or_default()
    }

    /// What is left of a full key without the prefix.
    pub(crate) fn shortened<'k>(&self, key: &'k str) -> &'k str {
        key.get(self.prefix.len()..).unwrap_or_default()
    }

    /// The short key of a row, when it is one of these.
    pub(crate) fn key(&self, row: RowId) -> Option<&str> {
        let entry = self.state.entry(row);
        if entry.is_expired(self.now) { None } else { entry.key.strip_prefix(self.prefix) }
    }
}

/// The keys at which two contents are not the same, in key order. Of contents that were cloned from each other, only the pages that differ are
/// looked at; of others, all entries.
pub(crate) fn differences(left: &Contents<'_>, right: &Contents<'_>, is_same: fn(&Entry<'_>, &Entry<'_>) -> bool) -> Vec<Pair> {
    let (left_rows, right_rows) = if left.prefix == right.prefix && (left.prefix.is_empty() || left.state.shares_with(&right.state)) {
        left.state.rows_apart(&right.state)
    } else {
        (left.rows().collect(), right.rows().collect())
    };
    let mut pairs = Vec::new();
    for row in left_rows {
        if let Some(key) = left.key(row) {
            let other = right.find(key);
            if other.is_none_or(|other| !is_same(&left.entry(row), &right.entry(other))) {
                pairs.push(Pair { key: key.into(), left: Some(row), right: other });
            }
        }
    }
    for row in right_rows {
        if let Some(key) = right.key(row)
            && left.find(key).is_none()
        {
            pairs.push(Pair { key: key.into(), left: None, right: Some(row) });
        }
    }
    in_key_order(pairs)
}

fn in_key_order(pairs: Vec<Pair>) -> Vec<Pair> {
    let key_at = |at: u32| pairs.get(at as usize).map(|pair| &*pair.key);
    let mut order: Vec<(u64, u32)> = (0..pairs.len() as u32).map(|at| (rank(key_at(at).unwrap_or_default().as_bytes()), at)).collect();
    sort_ranked(&mut order, &|a, b| key_at(a).cmp(&key_at(b)));
    let mut pairs: Vec<Option<Pair>> = pairs.into_iter().map(Some).collect();
    order.into_iter().filter_map(|(_, at)| pairs.get_mut(at as usize)?.take()).collect()
}

/// Whether two entries have the same value, deadline and metadata.
pub(crate) fn same_content(one: &Entry<'_>, other: &Entry<'_>) -> bool {
    one.same_content(other)
}

/// How the contents of one store differ from those of another; keys relative to the prefixes compared, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Only the other has these.
    pub added: Vec<Box<str>>,
    /// The other has them not.
    pub removed: Vec<Box<str>>,
    /// Value, metadata or deadline differ.
    pub changed: Vec<Box<str>>,
}

/// What of `other` is not the same here.
pub(crate) fn difference(here: &Contents<'_>, other: &Contents<'_>) -> Difference {
    let mut difference = Difference::default();
    for pair in differences(here, other, same_content) {
        match pair {
            Pair { left: None, key, .. } => difference.added.push(key),
            Pair { right: None, key, .. } => difference.removed.push(key),
            Pair { key, .. } => difference.changed.push(key),
        }
    }
    difference
}
