//! The store: state, time, bounds and what is to be told, behind one way in.
//!
//! Everything that changes a store is a commit and passes [`Store::apply`]: it lets what is due expire, checks everything, changes, and notes
//! the outcome. Expiry and eviction are noted the same way. The outcomes wait in an outbox until the host takes them, so that no
//! listener ever runs inside the engine.

use std::sync::Arc;

use crate::bounds::{Bounds, Limits, Policy};
use crate::commit::{ChangeKind, Committed, Condition, Operation, Receipt, Recorder};
use crate::entry::{Entry, MetadataPatch, Patched, Value};
use crate::error::Error;
use crate::expiry::{Millis, Ttl};
use crate::key;
use crate::listing::{Listing, Query, Range};
use crate::sort::sort_ranked;
use crate::state::{RowId, Stamp, State};

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

/// How much is noted of what a commit changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// The rows that it touched.
    #[default]
    Rows,
    /// Each change, with values before and after.
    Changes,
}

/// What happened since the outbox was last taken.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    /// The commits that were noted in detail, in their order.
    pub commits: Vec<Committed>,
    /// The rows that were written, removed or given to another key. What a host keeps per row it drops for these.
    pub rows: Vec<RowId>,
    /// Every row was given up.
    pub cleared: bool,
}

impl Outbox {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty() && self.rows.is_empty() && !self.cleared
    }
}

/// An in-memory store of encoded values.
///
/// Times are passed in and never go back: an earlier `now` counts as the latest one seen. A clone shares everything until either changes
/// and costs the same at any size; it starts with an empty outbox and notes rows only.
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
    fn clone(&self) -> Self {
        let (outbox, detail, removal_detail) = Default::default();
        Self { state: self.state.clone(), bounds: self.bounds.clone(), outbox, detail, removal_detail, ..*self }
    }
}

impl Store {
    /// An empty store.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when a limit is zero.
    pub fn new(options: Options) -> Result<Self, Error> {
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

    /// Applies a commit: all of it, or nothing. What is due expires first, in a commit of its own.
    ///
    /// A commit that changes nothing (deleting what is missing) is none: the version stays.
    ///
    /// # Errors
    /// `INVALID_KEY`, `OUT_OF_RANGE` (a ttl), `CONFLICT`, `QUOTA_EXCEEDED`.
    pub fn apply(&mut self, conditions: &[Condition<'_>], operations: &[Operation<'_>], now: Millis) -> Result<Receipt, Error> {
        let now = self.advance(now);
        if let ([], &[Operation::Put { key, value, ttl, metadata: None }]) = (conditions, operations)
            && self.is_plain(ttl)
        {
            return self.put(key, value, ttl, now);
        }
        self.check(conditions, operations, now)?;
        let rows = self.outbox.rows.len();
        // Apart for a moment: a clear that is not taken yet must not hide that this commit clears too.
        let cleared = std::mem::take(&mut self.outbox.cleared);
        let mut recorder = (self.detail == Detail::Changes).then(Recorder::default);
        let done = if self.bounds.is_empty() {
            self.perform_all(operations, now, recorder.as_mut())
        } else {
            self.perform_within_bounds(operations, now, &mut recorder)
        };
        let has_changed = self.outbox.cleared || self.outbox.rows.len() != rows;
        self.outbox.cleared |= cleared;
        let affected = done?;
        if has_changed {
            self.commit(recorder);
        }
        Ok(Receipt { version: self.version, affected })
    }

    /// Lets what is due at `now` expire, as one commit. Returns the time, which never goes back.
    ///
    /// Costs a comparison when nothing is due.
    pub fn advance(&mut self, now: Millis) -> Millis {
        self.now = self.now.max(now);
        if self.state.may_be_due(self.now) {
            self.expire_due();
        }
        self.now
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

    /// Finds the live entries that meet all conditions, in key order. Costs by the rarest tag asked for.
    pub fn query(&mut self, query: Query<'_>, now: Millis) -> Listing {
        self.make_ordered();
        Listing::of_query(self.state.clone(), query, now.max(self.now))
    }

    /// How many live entries have keys that begin with `prefix`. Constant for the whole store, else by the number counted.
    pub fn count(&mut self, prefix: &str, now: Millis) -> usize {
        let now = now.max(self.now);
        if prefix.is_empty() && !self.state.may_be_due(now) {
            return self.state.len();
        }
        self.list(Range { prefix, ..Range::default() }, now).rows().count()
    }

    /// Bounds the entries that begin with a prefix; a store's own bounds are those of the empty one.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when a limit is zero or the limits of scopes add up to more than the one around them, `INVALID_ARGUMENT` when the prefix has
    /// other bounds, `QUOTA_EXCEEDED` when it holds more already.
    pub fn bind(&mut self, prefix: &str, limits: Limits, now: Millis) -> Result<(), Error> {
        let now = self.advance(now);
        if self.bounds.bind(prefix, limits)? {
            for row in self.rows_by_version(prefix, now) {
                self.bounds.adopt(prefix, row, self.state.entry(row).bytes());
            }
            if self.bounds.is_exceeded(prefix) {
                self.bounds.unbind(prefix);
                return Err(Error::QuotaExceeded { unit: "entries or bytes", limit: limits.max_entries.or(limits.max_bytes).unwrap_or(0) });
            }
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
        for row in self.rows_by_version(prefix, now) {
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

    /// The rows of the entries that begin with a prefix, the one that changed longest ago first: what is known of their use.
    fn rows_by_version(&mut self, prefix: &str, now: Millis) -> Vec<RowId> {
        let rows = self.list(Range { prefix, ..Range::default() }, now).rows();
        let mut ranked: Vec<(u64, u32)> = rows.map(|row| (self.state.entry(row).version(), row.number())).collect();
        sort_ranked(&mut ranked, &|a, b| a.cmp(&b));
        ranked.into_iter().map(|(_, row)| RowId::from_number(row)).collect()
    }

    #[cold]
    fn expire_due(&mut self) {
        let due = Arc::make_mut(&mut self.state).take_due(self.now);
        let mut recorder = (self.removal_detail == Detail::Changes).then(Recorder::default);
        for row in &due {
            self.remove(*row, ChangeKind::Expire, recorder.as_mut());
        }
        self.stats.expirations += due.len() as u64;
        if !due.is_empty() {
            self.commit(recorder);
        }
    }

    fn make_ordered(&mut self) {
        if !self.state.is_ordered() {
            Arc::make_mut(&mut self.state).make_ordered();
        }
    }

    fn check(&self, conditions: &[Condition<'_>], operations: &[Operation<'_>], now: Millis) -> Result<(), Error> {
        for operation in operations {
            key::check(operation.key())?;
            if let Operation::Put { ttl, .. } | Operation::Touch { ttl, .. } = operation {
                ttl.deadline(now, None, self.default_ttl)?;
            }
        }
        for condition in conditions {
            let actual = self.state.find(condition.key).map_or(0, |row| self.state.entry(row).version());
            if actual != condition.version {
                return Err(Error::Conflict { key: condition.key.into(), expected: condition.version, actual });
            }
        }
        match operations {
            [operation] if !self.bounds.is_empty() => self.admit(operation),
            _ => Ok(()),
        }
    }

    /// Whether the bounds allow one operation.
    fn admit(&self, operation: &Operation<'_>) -> Result<(), Error> {
        let key = operation.key();
        let present = self.state.find(key).map(|row| self.state.entry(row));
        let before = present.map(|entry| entry.bytes());
        let (value, patch) = match (operation, present) {
            (Operation::Put { value, metadata, .. }, _) => (value.bytes, *metadata),
            (Operation::Annotate { metadata, .. }, Some(entry)) => (entry.value.bytes, Some(*metadata)),
            _ => return Ok(()),
        };
        let metadata = present.and_then(|entry| entry.metadata);
        let metadata_bytes = match patch.map(|patch| patch.apply(metadata, 0)) {
            Some(Patched::Changed(cell)) => cell.bytes(),
            _ => metadata.map_or(0, |cell| cell.bytes()),
        };
        self.bounds.admit(key, before, (key.len() + value.len()) as u64 + metadata_bytes)
    }

    /// Whether a put needs to know nothing of what is there: most do.
    fn is_plain(&self, ttl: Ttl) -> bool {
        self.detail == Detail::Rows && self.bounds.is_empty() && ttl != Ttl::Keep
    }

    /// A commit of one plain put: one look-up, and nothing else.
    fn put(&mut self, key: &str, value: Value<'_>, ttl: Ttl, now: Millis) -> Result<Receipt, Error> {
        key::check(key)?;
        let deadline = ttl.deadline(now, None, self.default_ttl)?;
        self.version += 1;
        let row = Arc::make_mut(&mut self.state).put(key, value, Stamp { version: self.version, now, deadline });
        self.outbox.rows.push(row);
        Ok(Receipt { version: self.version, affected: 1 })
    }

    fn perform_all(&mut self, operations: &[Operation<'_>], now: Millis, mut recorder: Option<&mut Recorder>) -> Result<usize, Error> {
        let mut affected = 0;
        for operation in operations {
            affected += self.perform(operation, now, recorder.as_deref_mut())?;
        }
        Ok(affected)
    }

    /// A commit of several writes is judged when it is done, and undone by putting back what it was copied from.
    #[inline(never)]
    fn perform_within_bounds(&mut self, operations: &[Operation<'_>], now: Millis, recorder: &mut Option<Recorder>) -> Result<usize, Error> {
        let before = (operations.len() > 1).then(|| (self.state.clone(), self.bounds.clone(), self.stats));
        let rows = self.outbox.rows.len();
        let done = self.perform_all(operations, now, recorder.as_mut());
        let done = done.and_then(|affected| self.make_room(operations, recorder).map(|()| affected));
        if done.is_err()
            && let Some((state, bounds, stats)) = before
        {
            (self.state, self.bounds, self.stats) = (state, bounds, stats);
            self.outbox.rows.truncate(rows);
            self.outbox.cleared = false;
        }
        done
    }

    /// Performs one operation of a commit; returns how many entries it found.
    #[inline(never)]
    fn perform(&mut self, operation: &Operation<'_>, now: Millis, recorder: Option<&mut Recorder>) -> Result<usize, Error> {
        let version = self.version + 1;
        match *operation {
            Operation::Put { key, value, ttl, metadata } => {
                let present = self.state.find(key).map(|row| self.state.entry(row));
                let deadline = ttl.deadline(now, present.map(|entry| entry.deadline), self.default_ttl)?;
                if let Some(recorder) = recorder {
                    recorder.note(key, present.as_ref(), ChangeKind::Set);
                }
                let before = present.map(|entry| entry.bytes());
                let row = Arc::make_mut(&mut self.state).put(key, value, Stamp { version, now, deadline });
                if let Some(patch) = metadata {
                    self.patch(row, patch, version, now);
                }
                self.outbox.rows.push(row);
                self.bounds.add(row, key, before, self.state.entry(row).bytes());
                Ok(1)
            }
            Operation::Delete { key } => match self.state.find(key) {
                Some(row) => {
                    self.remove(row, ChangeKind::Delete, recorder);
                    Ok(1)
                }
                None => Ok(0),
            },
            Operation::DeletePrefix { prefix } => Ok(self.remove_prefix(prefix, now, recorder)),
            Operation::Touch { key, ttl } => self.change_entry(key, recorder, |store, row| {
                let deadline = ttl.deadline(now, Some(store.state.entry(row).deadline), store.default_ttl)?;
                let state = Arc::make_mut(&mut store.state);
                state.stamp(row, Stamp { version, now, deadline });
                Ok(true)
            }),
            Operation::Annotate { key, metadata } => {
                self.change_entry(key, recorder, |store, row| Ok(store.patch(row, metadata, version, now)))
            }
        }
    }

    /// Changes an entry that is there, other than its value; returns how many there were.
    fn change_entry(
        &mut self,
        key: &str,
        recorder: Option<&mut Recorder>,
        change: impl FnOnce(&mut Self, RowId) -> Result<bool, Error>,
    ) -> Result<usize, Error> {
        let Some(row) = self.state.find(key) else {
            return Ok(0);
        };
        let before = self.state.entry(row);
        let bytes = before.bytes();
        if let Some(recorder) = recorder {
            recorder.note(key, Some(&before), ChangeKind::Meta);
        }
        if change(self, row)? {
            self.outbox.rows.push(row);
            self.bounds.add(row, key, Some(bytes), self.state.entry(row).bytes());
        }
        Ok(1)
    }

    fn patch(&mut self, row: RowId, patch: &MetadataPatch, version: u64, now: Millis) -> bool {
        match patch.apply(self.state.entry(row).metadata, version) {
            Patched::Same => false,
            Patched::Changed(cell) => {
                Arc::make_mut(&mut self.state).set_metadata(row, cell, now);
                true
            }
        }
    }

    fn remove(&mut self, row: RowId, kind: ChangeKind, recorder: Option<&mut Recorder>) {
        let entry = self.state.entry(row);
        if let Some(recorder) = recorder {
            recorder.note(entry.key, Some(&entry), kind);
        }
        self.bounds.remove(row, &entry);
        let state = Arc::make_mut(&mut self.state);
        match kind {
            ChangeKind::Expire => state.expire(row),
            _ => state.remove(row),
        }
        self.outbox.rows.push(row);
    }

    fn remove_prefix(&mut self, prefix: &str, now: Millis, mut recorder: Option<&mut Recorder>) -> usize {
        if prefix.is_empty() && recorder.is_none() {
            return self.remove_all();
        }
        let rows: Vec<RowId> = self.list(Range { prefix, ..Range::default() }, now).rows().collect();
        for row in &rows {
            self.remove(*row, ChangeKind::Delete, recorder.as_deref_mut());
        }
        rows.len()
    }

    /// Removes everything by starting anew: nothing is listed, and what a clone shares is not copied.
    fn remove_all(&mut self) -> usize {
        let count = self.state.len();
        self.outbox.cleared |= count > 0;
        self.state = Arc::new(self.state.emptied());
        self.bounds.reset();
        count
    }

    /// Evicts until the bounds around what was written hold.
    fn make_room(&mut self, operations: &[Operation<'_>], recorder: &mut Option<Recorder>) -> Result<(), Error> {
        for operation in operations {
            while let Some(row) = self.bounds.victim(operation.key())? {
                let entry = self.state.entry(row);
                if entry.version() > self.version {
                    // Only what this very commit wrote is left: it does not fit as a whole.
                    return Err(Error::QuotaExceeded { unit: "entries or bytes", limit: self.state.len() as u64 });
                }
                if recorder.is_none() && self.removal_detail == Detail::Changes {
                    *recorder = Some(Recorder::default());
                }
                self.remove(row, ChangeKind::Evict, recorder.as_mut());
                self.stats.evictions += 1;
            }
        }
        Ok(())
    }

    /// Makes what was performed a commit: gives it its number, and notes its changes.
    fn commit(&mut self, recorder: Option<Recorder>) {
        self.version += 1;
        if let Some(recorder) = recorder {
            self.note(recorder);
        }
    }

    #[inline(never)]
    fn note(&mut self, recorder: Recorder) {
        let changes = recorder.changes(&self.state);
        if !changes.is_empty() {
            self.outbox.commits.push(Committed { version: self.version, changes });
        }
    }
}
