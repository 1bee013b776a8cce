//! What can be asked of a typed view.

use serde::de::DeserializeOwned;

use super::{Engine, Meta, Typed, decode};
use crate::entry::Entry;
use crate::error::Error;
use crate::expiry::{Millis, NEVER};
use crate::listing::{Listing, Range};
use crate::query::Query;

impl<S: Engine> Typed<S> {
    fn entry(&mut self, key: &str) -> Option<Entry<'_>> {
        let (now, key) = (self.now(), self.full(key));
        self.engine.peek(&key, now)
    }

    /// The value of a key; nothing when the entry is missing or expired.
    ///
    /// # Errors
    /// `TYPE_MISMATCH` when the type cannot hold the value exactly.
    pub fn get<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, Error> {
        let (now, key) = (self.now(), self.full(key));
        self.engine.get(&key, now).map(|entry| decode(entry.value)).transpose()
    }

    /// The value of a key.
    ///
    /// # Errors
    /// `NOT_FOUND` when the entry is missing or expired, `TYPE_MISMATCH` when the type cannot hold the value exactly.
    pub fn get_required<T: DeserializeOwned>(&mut self, key: &str) -> Result<T, Error> {
        let found = self.get(key)?;
        found.ok_or_else(|| Error::NotFound { key: key.into(), expired: self.engine.has_expired(&self.full(key), self.now()) })
    }

    /// The value of a key, or `fallback` when the entry is missing or expired, and only then.
    ///
    /// # Errors
    /// `TYPE_MISMATCH` when the type cannot hold the value exactly.
    pub fn get_or_default<T: DeserializeOwned>(&mut self, key: &str, fallback: T) -> Result<T, Error> {
        Ok(self.get(key)?.unwrap_or(fallback))
    }

    /// As [`get`](Self::get), without counting as a use.
    ///
    /// # Errors
    /// `TYPE_MISMATCH` when the type cannot hold the value exactly.
    pub fn peek<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, Error> {
        self.entry(key).map(|entry| decode(entry.value)).transpose()
    }

    /// Whether a live entry is there; no use either.
    pub fn has(&mut self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// The time that an entry has left: nothing when missing, an inner nothing for ever.
    pub fn ttl(&mut self, key: &str) -> Option<Option<Millis>> {
        let now = self.now();
        self.entry(key).map(|entry| (entry.deadline != NEVER).then(|| entry.deadline.saturating_sub(now)))
    }

    /// What is known of an entry beside its value.
    pub fn meta(&mut self, key: &str) -> Option<Meta> {
        self.entry(key).map(|entry| Meta::of(&entry))
    }

    /// Whether a live entry has this tag.
    pub fn has_tag(&mut self, key: &str, tag: &str) -> bool {
        self.entry(key).and_then(|entry| entry.metadata.map(|metadata| metadata.has_tag(tag))).unwrap_or(false)
    }

    /// How many live entries there are here.
    pub fn len(&mut self) -> usize {
        let now = self.now();
        self.engine.count(&self.prefix, now)
    }

    /// Whether there is no live entry here.
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    fn list(&mut self, range: Range<'_>) -> Listing {
        let (prefix, after) = (self.full(range.prefix), range.after.map(|after| self.full(after)));
        let now = self.now();
        self.engine.list(Range { prefix: &prefix, after: after.as_deref(), ..range }, now)
    }

    /// The keys of a range in code-point order, as they are now.
    ///
    /// ```
    /// use holdall::{Options, Range, Typed};
    ///
    /// let mut store = Typed::new(Options::default(), || 0)?;
    /// store.set_many([("b", 2), ("a", 1), ("c", 3)])?;
    /// assert_eq!(store.keys(Range { after: Some("a"), ..Range::default() }).collect::<Vec<_>>(), ["b", "c"]);
    /// # Ok::<(), holdall::Error>(())
    /// ```
    pub fn keys(&mut self, range: Range<'_>) -> impl Iterator<Item = String> + use<S> {
        shortened(self.list(range), self.prefix.len())
    }

    /// The entries of a range in the order of their keys, as they are now; each may be a `TYPE_MISMATCH`.
    pub fn entries<T: DeserializeOwned>(&mut self, range: Range<'_>) -> impl Iterator<Item = Result<(String, T), Error>> + use<S, T> {
        let (mut listing, scope) = (self.list(range), self.prefix.len());
        std::iter::from_fn(move || {
            let entry = listing.next()?;
            let key = entry.key.get(scope..).unwrap_or_default();
            Some(decode(entry.value).map(|value| (key.into(), value)))
        })
    }

    /// The keys of the entries that a query finds, in code-point order, by index.
    ///
    /// ```
    /// use holdall::{Options, Query, SetOptions, Typed};
    ///
    /// let mut store = Typed::new(Options::default(), || 0)?;
    /// store.set_with("a", &1, &SetOptions::default().tags(["hot", "new"]))?;
    /// store.set_with("b", &2, &SetOptions::default().tags(["hot"]))?;
    /// assert_eq!(store.find(Query { all_tags: &["hot", "new"], ..Query::default() }).collect::<Vec<_>>(), ["a"]);
    /// # Ok::<(), holdall::Error>(())
    /// ```
    pub fn find(&mut self, query: Query<'_>) -> impl Iterator<Item = String> + use<S> {
        let (now, prefix) = (self.now(), self.full(query.prefix));
        shortened(self.engine.query(Query { prefix: &prefix, ..query }, now), self.prefix.len())
    }
}

fn shortened(mut listing: Listing, scope: usize) -> impl Iterator<Item = String> {
    std::iter::from_fn(move || listing.next().map(|entry| entry.key.get(scope..).unwrap_or_default().into()))
}
