//! The store: state, time, bounds and what is to be told, behind one way in.
//!
//! Everything that changes a store is a commit and passes [`Store::apply`] (`store/apply.rs`): it lets what is due expire, checks everything,
//! changes, and notes the outcome. Expiry and eviction are noted the same way. What is asked of a store stands here.

mod apply;
#[cfg(feature = "replica")]
mod settle;

use std::sync::Arc;

use crate::bounds::{Bounds, Limits, Policy};
use crate::entry::{Entry, Value};
use crate::error::Error;
use crate::expiry::Millis;
use crate::listing::{Listing, Range};
use crate::outbox::{Detail, Outbox};
use crate::query::Query;
use crate::sort::sort_ranked;
use crate::state::{RowId, State};
#[cfg(feature = "replica")]
pub(crate) use settle::Settled;

/// How a store is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Seeds the key index; a random one keeps hostile keys from colliding.
    pub seed: u64,
    /// The time to live of writes that give none.
    pub default_ttl: Option<Millis>,
    /// How much the store may hold.
    pub limits: Limits,
    /// What happens when it is full.
    pub policy: Policy,
}

/// What a store has counted since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries now.
    pub entries: usize,
    /// Their bytes: keys, values and metadata.
    pub bytes: u64,
    /// Entries that made room.
    pub evictions: u64,
    /// Entries that expired.
    pub expirations: u64,
}

/// An in-memory store of encoded values.
///
/// Times are passed in and never go back: an earlier `now` counts as the latest one that a commit, [`advance`](Self::advance) or
/// [`bind`](Self::bind) was given; reads move nothing. A clone shares everything until either changes and costs the same at any size; it
/// starts with an empty outbox and notes rows only.
///
/// ```
/// use holdall::{Operation, Store, Ttl, Value};
///
/// let mut store = Store::new(Default::default()).unwrap();
/// let value = Value { encoding: 0, bytes: b"Ada" };
/// store.apply(&[], &[Operation::Put { key: "user:1", value, ttl: Ttl::Span(1_000), metadata: None }], 0).unwrap();
/// assert_eq!(store.get("user:1", 999).unwrap().value, value);
/// assert!(store.get("user:1", 1_000).is_none());
/// ```
#[derive(Debug)]
pub struct Store {
    state: Arc<State>,
    bounds: Bounds,
    default_ttl: Option<Millis>,
    now: Millis,
    version: u64,
    stats: Stats,
    outbox: Outbox,
    detail: Detail,
    removal_detail: Detail,
}

impl Clone for Store {
    /// A store of its own with the same entries, which counts anew.
    fn clone(&self) -> Self {
        let (outbox, detail, removal_detail, stats) = Default::default();
        Self { state: self.state.clone(), bounds: self.bounds.clone(), outbox, detail, removal_detail, stats, ..*self }
    }
}

impl Store {
    /// An empty store.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when a limit or the default ttl is zero.
    pub fn new(options: Options) -> Result<Self, Error> {
        if options.default_ttl == Some(0) {
            return Err(Error::Ttl);
        }
        Ok(Self {
            state: Arc::new(State::new(options.seed)),
            bounds: Bounds::new(options.policy, options.limits)?,
            default_ttl: options.default_ttl,
            now: 0,
            version: 0,
            stats: Stats::default(),
            outbox: Outbox::default(),
            detail: Detail::Rows,
            removal_detail: Detail::Rows,
        })
    }

    /// The live entry of a key; counts as a use.
    pub fn get(&mut self, key: &str, now: Millis) -> Option<Entry<'_>> {
        let row = self.find(key, now)?;
        self.bounds.touch(row, key);
        Some(self.state.entry(row))
    }

    /// The live entry of a key, without counting as a use.
    pub fn peek(&self, key: &str, now: Millis) -> Option<Entry<'_>> {
        self.find(key, now).map(|row| self.state.entry(row))
    }

    /// The row of the live entry of a key. It stays the entry's until the outbox names it.
    pub fn find(&self, key: &str, now: Millis) -> Option<RowId> {
        let now = now.max(self.now);
        self.state.find(key).filter(|row| now < self.state.deadline(*row))
    }

    /// Notes a use of a row that [`find`](Self::find) gave.
    pub fn touch(&mut self, row: RowId) {
        if !self.bounds.is_empty() && self.state.is_live(row) {
            self.bounds.touch(row, self.state.entry(row).key);
        }
    }

    /// What stands in a row that [`find`](Self::find) gave.
    pub fn entry(&self, row: RowId) -> Entry<'_> {
        self.state.entry(row)
    }

    /// The value in a row that [`find`](Self::find) gave, and when it expires; cheaper than the whole entry.
    pub fn value(&self, row: RowId) -> (Value<'_>, Millis) {
        self.state.value(row)
    }

    /// Whether a key was there and expired, as far as that is still known.
    pub fn has_expired(&self, key: &str, now: Millis) -> bool {
        self.state.has_expired(key, now.max(self.now))
    }

    /// A time before which nothing expires; [`NEVER`](crate::NEVER) when nothing has a deadline.
    pub fn next_deadline(&self) -> Millis {
        self.state.earliest()
    }

    /// The number of the last commit.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Lists the live entries of a range as they are now, whatever happens meanwhile.
    ///
    /// The first listing after inserts merges them into the order: that costs sorting them.
    pub fn list(&mut self, range: Range<'_>, now: Millis) -> Listing {
        self.make_ordered();
        Listing::of_range(self.state.clone(), range, now.max(self.now))
    }

    /// Finds the live entries that meet all conditions, in key order.
    ///
    /// Costs by how many meet the rarest condition on tags or properties, or have the prefix, whichever is fewer. Encodings alone cost a look at
    /// each row of the pages of 64 that may hold one, and sorting what is found.
    pub fn query(&mut self, query: Query<'_>, now: Millis) -> Listing {
        if query.needs_order() {
            self.make_ordered();
        }
        Listing::of_query(self.state.clone(), &query, now.max(self.now))
    }

    /// How many live entries have keys that begin with `prefix`. Constant for the whole store, else by the number counted.
    pub fn count(&mut self, prefix: &str, now: Millis) -> usize {
        let now = now.max(self.now);
        if prefix.is_empty() && !self.state.may_be_due(now) {
            return self.state.len();
        }
        self.list(Range { prefix, ..Range::default() }, now).rows().count()
    }

    /// Bounds the entries that begin with a prefix; a store's own bounds are those of the empty one. Handles do not matter: the prefix stays
    /// bound. What the bound around gives away is reserved from now on: under `lru` entries that share what it has left make room, in a
    /// commit of their own. See [`Limits`].
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when a limit is zero, or does not fit into those around it, or those within not into it; `INVALID_ARGUMENT` when the
    /// prefix has other bounds; `QUOTA_EXCEEDED` when it holds more already, or under `reject` what is left around it does. Then nothing
    /// has changed.
    pub fn bind(&mut self, prefix: &str, limits: Limits, now: Millis) -> Result<(), Error> {
        if !prefix.is_empty() && !prefix.ends_with(':') {
            return Err(Error::ScopeName);
        }
        let now = self.advance(now);
        if self.bounds.is_new(prefix, limits)? {
            let moved = self.rows_by_use(prefix, now).into_iter().map(|row| (row, self.state.entry(row)));
            let moved = moved.filter(|(_, entry)| self.bounds.would_move(entry.key, prefix));
            let moved: Vec<(RowId, u64)> = moved.map(|(row, entry)| (row, entry.bytes())).collect();
            self.bounds.bind(prefix, limits, &moved)?;
            self.make_way(prefix)?;
        }
        Ok(())
    }

    /// An independent store of the entries whose keys begin with `prefix`, under their short keys. Costs by what it holds, but for the whole
    /// store, whose clone costs the same at any size. Limits and use are those of the prefix where it is bounded.
    ///
    /// ```
    /// # use holdall::{Operation, Options, Store, Ttl, Value};
    /// let mut store = Store::new(Options::default()).unwrap();
    /// let value = Value { encoding: 0, bytes: b"Ada" };
    /// store.apply(&[], &[Operation::Put { key: "user:1", value, ttl: Ttl::Default, metadata: None }], 0).unwrap();
    /// assert!(store.clone_scope("user:", 0).peek("1", 0).is_some());
    /// ```
    #[must_use]
    pub fn clone_scope(&mut self, prefix: &str, now: Millis) -> Self {
        let now = self.advance(now);
        let mut clone = self.clone();
        if prefix.is_empty() {
            return clone;
        }
        clone.bounds = self.bounds.narrowed(prefix);
        let mut state = self.state.emptied();
        for row in self.rows_by_use(prefix, now) {
            let entry = self.state.entry(row);
            let key = entry.key.get(prefix.len()..).unwrap_or_default();
            let copy = state.copy(key, &entry);
            clone.bounds.add(copy, key, None, state.entry(copy).bytes());
        }
        clone.state = Arc::new(state);
        clone
    }

    /// What the store has counted.
    pub fn stats(&self) -> Stats {
        Stats { entries: self.state.len(), bytes: self.state.bytes(), ..self.stats }
    }

    /// Sets how much is noted: of commits from now on, and of expiry and eviction.
    pub fn observe(&mut self, commits: Detail, removals: Detail) {
        self.detail = commits;
        self.removal_detail = removals;
    }

    /// Takes what happened since it was last taken.
    pub fn take_outbox(&mut self) -> Outbox {
        std::mem::take(&mut self.outbox)
    }

    /// What happened since the outbox was last taken.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Takes the only row noted, when nothing else is to be told: what most commits come to.
    pub fn take_only_row(&mut self) -> Option<RowId> {
        if self.outbox.rows.len() == 1 && self.outbox.commits.is_empty() && !self.outbox.cleared {
            return self.outbox.rows.pop();
        }
        None
    }

    /// A clone without bounds, for a transaction to write to.
    pub(crate) fn fork(&self) -> Self {
        Self { bounds: Bounds::default(), ..self.clone() }
    }

    /// Gives the next commit the number behind this one.
    #[cfg(feature = "replica")]
    pub(crate) fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    /// After a commit to a fork: forgets what it told, and the number that it took.
    pub(crate) fn rewind(&mut self, version: u64) {
        self.outbox = Outbox::default();
        self.version = version;
    }

    /// Whether what a commit may do is noted in detail: by whoever asks for it, or because of bounds.
    #[cfg(feature = "wasm")]
    pub(crate) fn is_told(&self) -> bool {
        self.detail == Detail::Changes || self.removal_detail == Detail::Changes && self.is_bounded()
    }

    /// Whether expiry is noted in detail.
    #[cfg(feature = "wasm")]
    pub(crate) fn is_expiry_told(&self) -> bool {
        self.removal_detail == Detail::Changes
    }

    /// Whether anything bounds it.
    #[cfg(feature = "wasm")]
    pub(crate) fn is_bounded(&self) -> bool {
        !self.bounds.is_empty()
    }

    /// The place of the bound in which a key counts.
    #[cfg(feature = "wasm")]
    pub(crate) fn bound_of(&self, key: &str) -> Option<usize> {
        self.bounds.innermost(key)
    }

    /// What would make room at most in the bound at a place, for so many entries and bytes that come into it.
    #[cfg(feature = "wasm")]
    pub(crate) fn making_way(&self, bound: usize, grown: [u64; 2]) -> [u64; 2] {
        self.bounds.making_way(bound, grown, |row| self.state.entry(row).bytes())
    }

    /// What it holds, which others may share.
    pub(crate) fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Lets time pass, and nothing expire: what is due is hidden from reads, and goes with the next commit.
    pub(crate) fn pass(&mut self, now: Millis) {
        self.now = self.time(now);
    }

    /// The time, which never goes back.
    pub(crate) fn time(&self, now: Millis) -> Millis {
        self.now.max(now)
    }

    /// The rows of the entries that begin with a prefix, the one used longest ago first. Where no bound remembers use, the one that changed
    /// longest ago; what one commit changed comes in key order.
    fn rows_by_use(&mut self, prefix: &str, now: Millis) -> Vec<RowId> {
        let rows: Vec<RowId> = self.list(Range { prefix, ..Range::default() }, now).rows().collect();
        let rank = |row: &RowId| match self.bounds.last_use(*row) {
            0 => self.state.entry(*row).version(),
            used => used,
        };
        let mut ranked: Vec<(u64, u32)> = rows.iter().zip(0..).map(|(row, at)| (rank(row), at)).collect();
        sort_ranked(&mut ranked, &|a, b| a.cmp(&b));
        ranked.into_iter().filter_map(|(_, at)| rows.get(at as usize).copied()).collect()
    }

    /// Merges what was inserted since the last listing into the order.
    pub(crate) fn make_ordered(&mut self) {
        if !self.state.is_ordered() {
            Arc::make_mut(&mut self.state).make_ordered();
        }
    }
}
