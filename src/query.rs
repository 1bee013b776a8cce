//! Queries: conditions on entries, and the shortest way to those that meet them.
//!
//! Three ways lead to entries: the terms of an index (tags and properties), the pages that may hold an encoding, the order of keys. A query takes
//! the one that promises fewest rows, and asks each row there for all of its conditions.

use std::ops::Range;

use crate::entry::{Entry, Value};
use crate::state::{Position, RowId, State, Term};

/// Looking at rows where they stand is about so many times faster than following the order of keys from page to page.
const SCANS_FASTER: usize = 8;

/// A property that an entry must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertyCondition<'a> {
    /// The property's name.
    pub name: &'a str,
    /// The value that it has, encoding and bytes; `None` for any.
    pub value: Option<Value<'a>>,
}

/// Which entries to find; all conditions hold together.
///
/// ```
/// use holdall::{MetadataPatch, Operation, Options, Query, Store, Ttl, Value};
///
/// let mut store = Store::new(Options::default()).unwrap();
/// let hot = MetadataPatch { add_tag: Some("hot".into()), ..Default::default() };
/// for (key, encoding, metadata) in [("a", 0, Some(&hot)), ("b", 0, None), ("c", 6, Some(&hot))] {
///     store.apply(&[], &[Operation::Put { key, value: Value { encoding, bytes: b"" }, ttl: Ttl::Never, metadata }], 0).unwrap();
/// }
/// let mut found = store.query(Query { all_tags: &["hot"], encodings: Some(1 << 6), ..Query::default() }, 0);
/// assert_eq!(found.next().map(|entry| entry.key), Some("c"));
/// assert!(found.next().is_none());
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<'a> {
    /// Only keys that begin with this.
    pub prefix: &'a str,
    /// The entry has all of these tags.
    pub all_tags: &'a [&'a str],
    /// The entry has at least one of these; `None` is no condition.
    pub any_tags: Option<&'a [&'a str]>,
    /// The entry has all of these properties.
    pub properties: &'a [PropertyCondition<'a>],
    /// The value's encoding is one of those whose bits are set, bit 0 for encoding 0; `None` is no condition. Encodings beyond 31 have no bit.
    pub encodings: Option<u32>,
}

/// What a query has found.
pub(crate) enum Found {
    /// Live rows that meet all conditions, in key order.
    Rows(Vec<RowId>),
    /// All rows of these places that have one of the query's encodings.
    Places(Range<Position>),
}

impl Query<'_> {
    /// Whether an entry meets all conditions.
    pub fn is_met_by(&self, entry: &Entry<'_>) -> bool {
        let has_tag = |tag: &&str| entry.metadata.is_some_and(|metadata| metadata.has_tag(tag));
        let has_property = |condition: &PropertyCondition<'_>| {
            let value = entry.metadata.and_then(|metadata| metadata.properties.get(condition.name));
            value.is_some_and(|value| condition.value.is_none_or(|wanted| wanted == value.as_value()))
        };
        entry.key.starts_with(self.prefix)
            && self.encodings.is_none_or(|encodings| entry.value.is_among(encodings))
            && self.all_tags.iter().all(has_tag)
            && self.any_tags.is_none_or(|any| any.iter().any(has_tag))
            && self.properties.iter().all(has_property)
    }

    /// Whether the order of keys is a way to take, so that inserts have to be merged into it first.
    pub(crate) fn needs_order(&self) -> bool {
        !self.prefix.is_empty() || !self.has_terms()
    }

    /// How many rows it may have to look at.
    #[cfg(feature = "wasm")]
    pub(crate) fn most(&self, state: &State) -> usize {
        self.rarest_terms(state).map_or(state.len(), |(count, _)| count).min(state.len())
    }

    /// The live entries that meet all conditions; some of them may have expired.
    pub(crate) fn find(&self, state: &State) -> Found {
        let terms = self.rarest_terms(state);
        let order = if state.is_ordered() { Some(state.places(self.prefix)) } else { None };
        let by_order = order.as_ref().map_or(usize::MAX, |places| state.distance(places));
        let by_kind = self.encodings.map_or(usize::MAX, |encodings| state.near_kinds(encodings) / SCANS_FASTER);
        if let Some((count, ranges)) = &terms
            && *count <= by_order.min(by_kind)
        {
            let mut rows = Vec::new();
            for range in ranges {
                state.collect_termed(range, &mut rows);
            }
            if self.is_one_tag() {
                return Found::Rows(rows);
            }
            return Found::Rows(self.met(state, rows));
        }
        if by_kind < by_order {
            // Where many are found, sorting them takes longer than following the order, which gives the first ones at once.
            let most = if terms.is_some() { usize::MAX } else { by_order / SCANS_FASTER };
            if let Some(rows) = state.of_kinds(self.encodings.unwrap_or_default(), most) {
                return Found::Rows(self.met(state, rows));
            }
        }
        let mut places = order.unwrap_or_default();
        if terms.is_none() {
            return Found::Places(places);
        }
        let mut rows = state.take_rows(&mut places, false, usize::MAX);
        state.retain_live(&mut rows, 0);
        Found::Rows(self.met(state, rows))
    }

    fn has_terms(&self) -> bool {
        self.any_tags.is_some() || !self.all_tags.is_empty() || !self.properties.is_empty()
    }

    /// Whether one tag is the only condition beside the prefix: the index of terms answers that alone, in the order of keys.
    fn is_one_tag(&self) -> bool {
        matches!((self.all_tags, self.any_tags), ([_], None) | ([], Some([_]))) && self.properties.is_empty() && self.encodings.is_none()
    }

    /// The condition on tags or properties that fewest entries meet: how many, and where they stand in the term index.
    fn rarest_terms(&self, state: &State) -> Option<(usize, Vec<Range<Position>>)> {
        let mut rarest: Option<(usize, Vec<Range<Position>>)> = None;
        let mut offer = |terms: &[Term]| {
            let (mut sum, mut ranges) = (0, Vec::new());
            for term in terms {
                let (count, range) = state.termed(term, self.prefix);
                sum += count;
                ranges.push(range);
            }
            if rarest.as_ref().is_none_or(|(count, _)| sum < *count) {
                rarest = Some((sum, ranges));
            }
        };
        for tag in self.all_tags {
            offer(&[Term::tag(tag)]);
        }
        for condition in self.properties {
            offer(&[Term::property(condition.name, condition.value)]);
        }
        if let Some(tags) = self.any_tags {
            offer(&tags.iter().map(|tag| Term::tag(tag)).collect::<Vec<_>>());
        }
        rarest
    }

    /// The rows that meet all conditions, in key order, none twice.
    fn met(&self, state: &State, mut rows: Vec<RowId>) -> Vec<RowId> {
        rows.retain(|row| self.is_met_by(&state.entry(*row)));
        state.sort_by_key(&mut rows);
        rows.dedup();
        rows
    }
}
