//! Bounds: how much a store, and each bounded scope in it, may hold.
//!
//! A bound belongs to a prefix (the store's is empty). What it gives to a bound within it is reserved there, used or not; the rest is its
//! room, which the entries that no bound within is around share. So an entry is counted and its use remembered in one place, its innermost
//! bound, and what others do can neither evict it nor take its room. Whatever a bound limits, those within it must limit too: what they
//! hold could not be reserved otherwise.
//!
//! Invariants: a bound's room is its limits less the limits of those next within it; what it holds never passes its room after a commit.
//! Hence what is under a prefix never passes its limits either.

use std::sync::Arc;

use crate::entry::Entry;
use crate::error::Error;
use crate::key::enclosing_prefixes;
use crate::recency::{Ends, Recency};
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
///
/// What a bound gives to the scopes bounded within it is reserved for them, and the rest is shared by all other entries under it: so
/// nobody's write evicts an entry of a bounded scope, or is refused to it, but for its own bound. Scopes within a bound must limit whatever
/// it limits, and theirs add up to at most it (`OUT_OF_RANGE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// At most so many entries.
    pub max_entries: Option<u64>,
    /// At most so many bytes of keys, values and metadata.
    pub max_bytes: Option<u64>,
}

impl Limits {
    fn each(&self) -> [Option<u64>; 2] {
        [self.max_entries, self.max_bytes]
    }
}

/// Entries and bytes, in the order of [`Limits::each`].
pub(crate) type Amounts = [u64; 2];

#[derive(Debug, Clone)]
struct Bound {
    prefix: Arc<str>,
    limits: Limits,
    /// What the entries of this bound share; all there is where there is no limit.
    room: Amounts,
    /// What they take.
    held: Amounts,
    used: Ends,
}

impl Bound {
    fn new(prefix: Arc<str>, limits: Limits, room: Amounts) -> Self {
        Self { prefix, limits, room, held: [0; 2], used: Ends::default() }
    }

    /// What of amounts passes the room, and the room.
    fn exceeded(&self, amounts: Amounts) -> Option<(&'static str, u64)> {
        match self.room {
            [limit, _] if amounts[0] > limit => Some(("entries", limit)),
            [_, limit] if amounts[1] > limit => Some(("bytes", limit)),
            _ => None,
        }
    }

    /// Refuses amounts that pass the room.
    #[inline(never)]
    fn check(&self, amounts: Amounts) -> Result<(), Error> {
        let Some((unit, limit)) = self.exceeded(amounts) else {
            return Ok(());
        };
        Err(Error::QuotaExceeded { unit, limit, prefix: self.prefix.as_ref().into() })
    }
}

/// Takes off what a bound reserves for one within it.
///
/// # Errors
/// `OUT_OF_RANGE` when there is less, or the one within does not limit what the bound does.
fn reserve(outer: &Limits, room: &mut Amounts, inner: &Limits, taken: Amounts) -> Result<(), Error> {
    let [entries, bytes] = room;
    let reserve = |room: &mut u64, taken: u64, unit, outer: Option<u64>, inner: Option<u64>| {
        if outer.is_some() {
            inner.ok_or(Error::BoundsMissing { unit })?;
            *room = room.checked_sub(taken).ok_or(Error::Bounds)?;
        }
        Ok(())
    };
    reserve(entries, taken[0], "entries", outer.max_entries, inner.max_entries)?;
    reserve(bytes, taken[1], "bytes", outer.max_bytes, inner.max_bytes)
}

/// The bounds of a store and its scopes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bounds {
    policy: Policy,
    /// In the order of prefixes.
    each: Vec<Bound>,
    recency: Recency,
}

impl Bounds {
    /// The bounds of a new, empty store.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when a bound is zero.
    pub(crate) fn new(policy: Policy, limits: Limits) -> Result<Self, Error> {
        let mut bounds = Self { policy, ..Self::default() };
        if bounds.is_new("", limits)? {
            bounds.bind("", limits, &[])?;
        }
        Ok(bounds)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    /// Whether there is something to bind.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when a limit is zero, `INVALID_ARGUMENT` when the prefix has others already.
    pub(crate) fn is_new(&self, prefix: &str, limits: Limits) -> Result<bool, Error> {
        if limits.each().contains(&Some(0)) {
            return Err(Error::Bounds);
        }
        match self.place(prefix).ok().and_then(|at| self.each.get(at)) {
            Some(bound) if bound.limits != limits => Err(Error::BoundsDiffer),
            Some(_) => Ok(false),
            None => Ok(limits != Limits::default()),
        }
    }

    /// Whether the bound that a key counts in, if any, is around a prefix that is to be bound: then it will count there.
    pub(crate) fn would_move(&self, key: &str, prefix: &str) -> bool {
        self.bound_of(key).is_none_or(|bound| bound.prefix.len() < prefix.len())
    }

    /// Binds a prefix, and moves `rows` into it: those that [`would_move`](Self::would_move), in the order of their use, each with its bytes.
    /// The bound around them may be exceeded then under `lru`, since what it gives is no longer its own.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when the limits do not fit into those around them, or those within not into them; `QUOTA_EXCEEDED` when the rows do not
    /// fit, or under `reject` those that stay outside.
    pub(crate) fn bind(&mut self, prefix: &str, limits: Limits, rows: &[(RowId, u64)]) -> Result<(), Error> {
        let at = self.place(prefix).unwrap_or_else(|at| at);
        let mut room = limits.each().map(|limit| limit.unwrap_or(u64::MAX));
        let mut nearest: Option<&str> = None;
        for inner in self.each.iter().skip(at).take_while(|inner| inner.prefix.starts_with(prefix)) {
            // Those within this one follow it.
            if nearest.is_none_or(|nearest| !inner.prefix.starts_with(nearest)) {
                nearest = Some(&inner.prefix);
                reserve(&limits, &mut room, &inner.limits, inner.limits.each().map(Option::unwrap_or_default))?;
            }
        }
        let mut bound = Bound::new(prefix.into(), limits, room);
        bound.held = [rows.len() as u64, rows.iter().map(|(_, bytes)| bytes).sum()];
        let around = prefix.strip_suffix(':').and_then(|within| self.innermost(within));
        let mut outer = around.and_then(|at| self.each.get(at)).cloned();
        if let Some(outer) = &mut outer {
            // What those within were given, this bound had given already.
            reserve(&outer.limits, &mut outer.room, &limits, room)?;
            outer.held = [outer.held[0] - bound.held[0], outer.held[1] - bound.held[1]];
        }
        bound.check(bound.held)?;
        if self.policy == Policy::Reject {
            outer.as_ref().map_or(Ok(()), |outer| outer.check(outer.held))?;
        }
        if self.policy == Policy::Lru {
            for (row, _) in rows {
                if let Some(outer) = &mut outer {
                    self.recency.forget(&mut outer.used, *row);
                }
                self.recency.touch(&mut bound.used, *row);
            }
        }
        if let (Some(at), Some(outer)) = (around.and_then(|at| self.each.get_mut(at)), outer) {
            *at = outer;
        }
        self.each.insert(at, bound);
        Ok(())
    }

    /// Counts a new entry, or one that was changed: `before` is the size that it had.
    pub(crate) fn add(&mut self, row: RowId, key: &str, before: Option<u64>, after: u64) {
        if let Some(bound) = self.innermost(key).and_then(|at| self.each.get_mut(at)) {
            bound.held = with(bound.held, before, after);
            if self.policy == Policy::Lru {
                self.recency.touch(&mut bound.used, row);
            }
        }
    }

    /// Counts an entry that goes.
    pub(crate) fn remove(&mut self, row: RowId, entry: &Entry<'_>) {
        if let Some(bound) = self.innermost(entry.key).and_then(|at| self.each.get_mut(at)) {
            bound.held = [bound.held[0] - 1, bound.held[1] - entry.bytes()];
            self.recency.forget(&mut bound.used, row);
        }
    }

    /// Notes a use.
    pub(crate) fn touch(&mut self, row: RowId, key: &str) {
        if self.policy == Policy::Lru
            && let Some(bound) = self.innermost(key).and_then(|at| self.each.get_mut(at))
        {
            self.recency.touch(&mut bound.used, row);
        }
    }

    /// A number that is the higher, the later a row of a bound was used; 0 where none is remembered.
    pub(crate) fn last_use(&self, row: RowId) -> u64 {
        self.recency.last_use(row)
    }

    /// Whether one write may happen, before it does: `before` is the size of the entry that it replaces, `after` what it makes of it.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED` when it may not, or when making room could not help.
    pub(crate) fn admit(&self, key: &str, before: Option<u64>, after: u64) -> Result<(), Error> {
        self.bound_of(key).map_or(Ok(()), |bound| {
            bound.check(match self.policy {
                Policy::Lru => [1, after],
                Policy::Reject => with(bound.held, before, after),
            })
        })
    }

    /// Whether what the bound in which a key counts holds fits it.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED` when it does not.
    pub(crate) fn check(&self, key: &str) -> Result<(), Error> {
        self.bound_of(key).map_or(Ok(()), |bound| bound.check(bound.held))
    }

    /// The next entry that must go so that the bound in which `key` counts holds, its least recently used.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED` under `reject`, where nothing goes.
    pub(crate) fn victim(&self, key: &str) -> Result<Option<RowId>, Error> {
        match self.bound_of(key) {
            Some(bound) if self.policy == Policy::Reject => bound.check(bound.held).map(|()| None),
            Some(bound) => Ok(bound.exceeded(bound.held).and_then(|_| bound.used.oldest())),
            None => Ok(None),
        }
    }

    /// What would make room at most in the bound at a place, for so much that comes into it. `size` gives what an entry takes.
    #[cfg(feature = "wasm")]
    pub(crate) fn making_way(&self, at: usize, grown: Amounts, size: impl Fn(RowId) -> u64) -> Amounts {
        let Some(bound) = self.each.get(at) else {
            return [0; 2];
        };
        let over = |held: u64, grown: u64, room: u64| held.saturating_add(grown).saturating_sub(room);
        let [entries, bytes] = [over(bound.held[0], grown[0], bound.room[0]), over(bound.held[1], grown[1], bound.room[1])];
        let mut way = [0; 2];
        let mut next = bound.used.oldest();
        while let Some(row) = next
            && (way[0] < entries || way[1] < bytes)
        {
            way = [way[0] + 1, way[1] + size(row)];
            next = self.recency.newer(row);
        }
        way
    }

    /// The bounds of a prefix and of what lies within it, as those of a store of its own, with nothing counted.
    pub(crate) fn narrowed(&self, prefix: &str) -> Self {
        let within = self.each.iter().filter_map(|bound| Some((bound, bound.prefix.strip_prefix(prefix)?)));
        let each = within.map(|(bound, prefix)| Bound::new(prefix.into(), bound.limits, bound.room)).collect();
        Self { policy: self.policy, each, recency: Recency::default() }
    }

    /// Starts again with the bounds set and nothing counted.
    pub(crate) fn reset(&mut self) {
        self.recency = Recency::default();
        for bound in &mut self.each {
            (bound.held, bound.used) = Default::default();
        }
    }

    /// Where the innermost bound around a key is: the one that it counts in.
    pub(crate) fn innermost(&self, key: &str) -> Option<usize> {
        match self.each.as_slice() {
            [] => None,
            [bound] if bound.prefix.is_empty() => Some(0),
            _ => enclosing_prefixes(key).find_map(|prefix| self.place(prefix).ok()),
        }
    }

    fn bound_of(&self, key: &str) -> Option<&Bound> {
        self.each.get(self.innermost(key)?)
    }

    fn place(&self, prefix: &str) -> Result<usize, usize> {
        self.each.binary_search_by(|bound| (*bound.prefix).cmp(prefix))
    }
}

/// What is held after a write that makes `after` bytes of an entry of `before`, or of none.
fn with([entries, bytes]: Amounts, before: Option<u64>, after: u64) -> Amounts {
    [entries + u64::from(before.is_none()), bytes + after - before.unwrap_or(0)]
}
