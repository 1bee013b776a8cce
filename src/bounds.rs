//! Bounds: how much a store, and each bounded scope in it, may hold.
//!
//! A bound belongs to a prefix (the store's is empty), counts the entries and bytes under it, and under `lru` remembers their use. An entry
//! counts in every bound around it; room is made in the innermost one that is exceeded.

use crate::entry::Entry;
use crate::error::Error;
use crate::key::enclosing_prefixes;
use crate::recency::Recency;
use crate::state::RowId;

/// What happens when a bound is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// The least recently used entries make room.
    #[default]
    Lru,
    /// The write is refused (`QUOTA_EXCEEDED`).
    Reject,
}

/// How much may be held; `None` is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// At most so many entries.
    pub max_entries: Option<u64>,
    /// At most so many bytes of keys, values and metadata.
    pub max_bytes: Option<u64>,
}

impl Limits {
    fn is_none(&self) -> bool {
        self.max_entries.is_none() && self.max_bytes.is_none()
    }

    fn check(&self, entries: u64, bytes: u64) -> Result<(), Error> {
        match *self {
            Self { max_entries: Some(limit), .. } if entries > limit => Err(Error::QuotaExceeded { unit: "entries", limit }),
            Self { max_bytes: Some(limit), .. } if bytes > limit => Err(Error::QuotaExceeded { unit: "bytes", limit }),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Clone)]
struct Bound {
    prefix: Box<str>,
    limits: Limits,
    entries: u64,
    bytes: u64,
    recency: Recency,
}

impl Bound {
    fn new(prefix: Box<str>, limits: Limits) -> Self {
        Self { prefix, limits, entries: 0, bytes: 0, recency: Recency::default() }
    }

    fn check(&self) -> Result<(), Error> {
        self.limits.check(self.entries, self.bytes)
    }
}

/// The bounds of a store and its scopes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bounds {
    policy: Policy,
    /// In the order of prefixes.
    bounds: Vec<Bound>,
}

impl Bounds {
    /// The bounds of a new, empty store.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when a bound is zero.
    pub(crate) fn new(policy: Policy, limits: Limits) -> Result<Self, Error> {
        let mut bounds = Self { policy, ..Self::default() };
        bounds.bind("", limits)?;
        Ok(bounds)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    /// Binds a prefix. Returns whether it is newly bound; the caller then [`adopt`](Self::adopt)s what is there.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when a bound is zero or does not fit into those around it, `INVALID_ARGUMENT` when others are set already.
    pub(crate) fn bind(&mut self, prefix: &str, limits: Limits) -> Result<bool, Error> {
        if limits.max_entries == Some(0) || limits.max_bytes == Some(0) {
            return Err(Error::Bounds);
        }
        let at = match self.place(prefix) {
            Ok(at) => {
                return if self.bounds.get(at).is_some_and(|bound| bound.limits == limits) { Ok(false) } else { Err(Error::BoundsDiffer) };
            }
            Err(at) => at,
        };
        if limits.is_none() {
            return Ok(false);
        }
        self.bounds.insert(at, Bound::new(prefix.into(), limits));
        if self.nested_fit() {
            return Ok(true);
        }
        self.bounds.remove(at);
        Err(Error::Bounds)
    }

    /// Whether a prefix holds more than its bound.
    pub(crate) fn is_exceeded(&self, prefix: &str) -> bool {
        self.get(prefix).is_some_and(|bound| bound.check().is_err())
    }

    /// Unbinds a prefix whose entries turned out not to fit.
    pub(crate) fn unbind(&mut self, prefix: &str) {
        self.bounds.retain(|bound| &*bound.prefix != prefix);
    }

    /// Counts a new entry, or one that was changed: `before` is the size that it had.
    pub(crate) fn add(&mut self, row: RowId, key: &str, before: Option<u64>, after: u64) {
        let policy = self.policy;
        self.around(key, |bound| {
            bound.entries += u64::from(before.is_none());
            bound.bytes = bound.bytes + after - before.unwrap_or(0);
            if policy == Policy::Lru {
                bound.recency.touch(row);
            }
        });
    }

    /// Counts one newly bound prefix's entry.
    pub(crate) fn adopt(&mut self, prefix: &str, row: RowId, bytes: u64) {
        if let Some(bound) = self.get_mut(prefix) {
            bound.entries += 1;
            bound.bytes += bytes;
            bound.recency.touch(row);
        }
    }

    /// Counts an entry that goes.
    pub(crate) fn remove(&mut self, row: RowId, entry: &Entry<'_>) {
        let bytes = entry.bytes();
        self.around(entry.key, |bound| {
            bound.entries -= 1;
            bound.bytes -= bytes;
            bound.recency.forget(row);
        });
    }

    /// Notes a use.
    pub(crate) fn touch(&mut self, row: RowId, key: &str) {
        if self.policy == Policy::Lru {
            self.around(key, |bound| bound.recency.touch(row));
        }
    }

    /// Whether one write may happen, before it does: `before` is the size of the entry that it replaces, `after` what it makes of it.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED` when it may not, or when making room could not help.
    pub(crate) fn admit(&self, key: &str, before: Option<u64>, after: u64) -> Result<(), Error> {
        for bound in enclosing_prefixes(key).filter_map(|prefix| self.get(prefix)) {
            match self.policy {
                Policy::Lru => bound.limits.check(1, after)?,
                Policy::Reject => {
                    let grows = before.is_none_or(|before| after > before);
                    if grows {
                        bound.limits.check(bound.entries + u64::from(before.is_none()), bound.bytes + after - before.unwrap_or(0))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The next entry that must go so that every bound around `key` holds, the least recently used of the innermost one exceeded, and what is
    /// exceeded.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED` under `reject`, where nothing goes.
    pub(crate) fn victim(&mut self, key: &str) -> Result<Option<(RowId, Error)>, Error> {
        let mut victim = None;
        for prefix in enclosing_prefixes(key) {
            let policy = self.policy;
            if let Some(bound) = self.get_mut(prefix)
                && let Err(exceeded) = bound.check()
            {
                if policy == Policy::Reject {
                    return Err(exceeded);
                }
                victim = bound.recency.oldest().map(|row| (row, exceeded));
            }
        }
        Ok(victim)
    }

    /// The bounds of a prefix and of what lies within it, as those of a store of its own, with nothing counted.
    pub(crate) fn narrowed(&self, prefix: &str) -> Self {
        let within = self.bounds.iter().filter_map(|bound| Some(Bound::new(bound.prefix.strip_prefix(prefix)?.into(), bound.limits)));
        Self { policy: self.policy, bounds: within.collect() }
    }

    /// Starts again with the bounds set and nothing counted.
    pub(crate) fn reset(&mut self) {
        for bound in &mut self.bounds {
            *bound = Bound::new(std::mem::take(&mut bound.prefix), bound.limits);
        }
    }

    fn around(&mut self, key: &str, mut change: impl FnMut(&mut Bound)) {
        match self.bounds.as_mut_slice() {
            [] => return,
            [bound] if bound.prefix.is_empty() => return change(bound),
            _ => {}
        }
        for prefix in enclosing_prefixes(key) {
            if let Some(bound) = self.get_mut(prefix) {
                change(bound);
            }
        }
    }

    fn place(&self, prefix: &str) -> Result<usize, usize> {
        self.bounds.binary_search_by(|bound| (*bound.prefix).cmp(prefix))
    }

    fn get(&self, prefix: &str) -> Option<&Bound> {
        self.bounds.get(self.place(prefix).ok()?)
    }

    fn get_mut(&mut self, prefix: &str) -> Option<&mut Bound> {
        let at = self.place(prefix).ok()?;
        self.bounds.get_mut(at)
    }

    /// Whether the limits within each limit add up to no more than it allows. Entries and bytes each for themselves: a bound on one of them
    /// is not around a scope for the other.
    fn nested_fit(&self) -> bool {
        self.limits_fit(|limits| limits.max_entries) && self.limits_fit(|limits| limits.max_bytes)
    }

    fn limits_fit(&self, limit_of: fn(&Limits) -> Option<u64>) -> bool {
        let limit_at = |prefix: &str| self.get(prefix).and_then(|bound| limit_of(&bound.limits));
        let around = |prefix: &str| {
            enclosing_prefixes(prefix).filter(|outer| outer.len() < prefix.len() && limit_at(outer).is_some()).map(str::len).last()
        };
        self.bounds.iter().filter_map(|outer| Some((&*outer.prefix, limit_of(&outer.limits)?))).all(|(outer, limit)| {
            let inner = self.bounds.iter().filter(|bound| bound.prefix.starts_with(outer) && around(&bound.prefix) == Some(outer.len()));
            inner.filter_map(|bound| limit_of(&bound.limits)).fold(0, u64::saturating_add) <= limit
        })
    }
}
