//! Listings: the keys of a range, or those that a query finds, as they were when the listing began.
//!
//! A listing shares the state it started from, so writes made meanwhile neither disturb it nor show in it; it costs them the copying that
//! any clone costs. What a query asks for, and how it is found, is in `query.rs`.

use std::sync::Arc;

use crate::entry::Entry;
#[cfg(feature = "wasm")]
use crate::entry::Value;
use crate::expiry::Millis;
use crate::query::{Found, Query};
use crate::state::{Position, RowId, State};

/// A range of keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct Range<'a> {
    /// Only keys that begin with this.
    pub prefix: &'a str,
    /// Only keys beyond this one, in the direction of the listing.
    pub after: Option<&'a str>,
    /// From the last to the first.
    pub reverse: bool,
}

#[derive(Debug)]
enum Source {
    Places { places: std::ops::Range<Position>, reverse: bool },
    Rows(std::vec::IntoIter<RowId>),
}

/// How many rows are taken at first, and at most.
const FIRST_ROWS: usize = 8;
const MOST_ROWS: usize = 128;

/// The entries of a range or a query, one after the other.
#[derive(Debug)]
pub struct Listing {
    state: Arc<State>,
    source: Source,
    /// What comes next. Rows are taken in runs, and looked at one close behind the other: in a large store each is a cache miss or two, and so the
    /// processor waits for many of them at once.
    run: std::vec::IntoIter<RowId>,
    /// How many rows the next run takes.
    reach: usize,
    /// Which encodings are listed; `None` for all.
    encodings: Option<u32>,
    now: Millis,
}

impl Listing {
    /// Lists a range of an ordered state.
    pub(crate) fn of_range(state: Arc<State>, range: Range<'_>, now: Millis) -> Self {
        let mut places = state.places(range.prefix);
        match range.after {
            Some(after) if range.reverse => places.end = places.end.min(state.place(after.as_bytes())),
            Some(after) => {
                // The least key beyond `after` is `after` with a zero byte behind it.
                let beyond = [after.as_bytes(), &[0]].concat();
                places.start = places.start.max(state.place(&beyond));
            }
            None => {}
        }
        Self::new(state, Source::Places { places, reverse: range.reverse }, None, now)
    }

    /// Lists what a query finds, in a state that is ordered where the query [needs](Query::needs_order) it.
    pub(crate) fn of_query(state: Arc<State>, query: &Query<'_>, now: Millis) -> Self {
        match query.find(&state) {
            Found::Places(places) => Self::new(state, Source::Places { places, reverse: false }, query.encodings, now),
            Found::Rows(rows) => Self::new(state, Source::Rows(rows.into_iter()), None, now),
        }
    }

    fn new(state: Arc<State>, source: Source, encodings: Option<u32>, now: Millis) -> Self {
        Self { state, source, run: Vec::new().into_iter(), reach: FIRST_ROWS, encodings, now }
    }

    /// The next entry.
    #[allow(clippy::should_implement_trait)] // It lends what it owns, which an iterator cannot.
    pub fn next(&mut self) -> Option<Entry<'_>> {
        let row = self.next_row()?;
        Some(self.entry(row))
    }

    /// The rows of the entries that are left.
    pub(crate) fn rows(mut self) -> impl Iterator<Item = RowId> {
        std::iter::from_fn(move || self.next_row())
    }

    /// The key of a row that [`next_row`](Self::next_row) gave.
    #[cfg(feature = "wasm")]
    #[inline]
    pub(crate) fn key(&self, row: RowId) -> &[u8] {
        self.state.key(row)
    }

    /// The value of a row that [`next_row`](Self::next_row) gave.
    #[cfg(feature = "wasm")]
    pub(crate) fn value(&self, row: RowId) -> Value<'_> {
        self.state.value(row).0
    }

    /// What stands in a row that [`next_row`](Self::next_row) gave.
    pub(crate) fn entry(&self, row: RowId) -> Entry<'_> {
        self.state.entry(row)
    }

    /// The row of the next entry.
    pub(crate) fn next_row(&mut self) -> Option<RowId> {
        loop {
            if let Some(row) = self.run.next() {
                return Some(row);
            }
            let Self { state, now, encodings, .. } = self;
            let mut rows = match &mut self.source {
                Source::Places { places, .. } if places.is_empty() => return None,
                Source::Places { places, reverse } => state.take_rows(places, *reverse, self.reach),
                Source::Rows(rows) if rows.len() == 0 => return None,
                Source::Rows(rows) => rows.take(self.reach).collect(),
            };
            state.retain_live(&mut rows, *now);
            if let Some(encodings) = *encodings {
                rows.retain(|row| state.value(*row).0.is_among(encodings));
            }
            self.run = rows.into_iter();
            self.reach = (self.reach * 2).min(MOST_ROWS);
        }
    }
}
