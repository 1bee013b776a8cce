//! Transactions: a journal of what was read and staged on a fork of a store, checked and replayed through the one way in.
//!
//! A fork is a clone without bounds: reads see the state that the transaction began with and its own writes, and nothing of what happens
//! meanwhile. What a call told the caller counts as read: a value, that a key is missing, whether a delete found something, and of a listing or a
//! count everything in its range. A put tells nothing; so puts wait, and are written to the fork only when something is read.
//!
//! What a transaction wrote has, within it, the number that its commit will have unless another comes first.

use std::sync::Arc;

use crate::batch::Batch;
use crate::commit::{Condition, KeyNumbers, Operation, Receipt};
use crate::difference::{Contents, Pair, differences};
use crate::entry::Entry;
use crate::error::Error;
use crate::expiry::Millis;
#[cfg(feature = "replica")]
use crate::expiry::NEVER;
use crate::listing::{Listing, Range};
use crate::query::Query;
#[cfg(feature = "replica")]
use crate::replica::RangeRead;
use crate::state::State;
use crate::store::Store;

/// The keys that a listing could have told.
#[derive(Debug)]
struct ReadRange {
    prefix: Box<str>,
    after: Option<Box<str>>,
    reverse: bool,
    /// What had expired then was not told.
    now: Millis,
}

impl ReadRange {
    fn contains(&self, key: &str) -> bool {
        key.starts_with(&*self.prefix) && self.after.as_deref().is_none_or(|after| if self.reverse { key < after } else { key > after })
    }
}

/// What a transaction comes to, for a backend to decide.
#[cfg(feature = "replica")]
#[derive(Debug)]
pub(crate) struct Intent {
    /// The keys that were read, and the version that each had. Of ranges, those that may expire: that is no commit, so nothing else tells of it.
    pub(crate) keys: KeyNumbers,
    pub(crate) ranges: Vec<RangeRead>,
    /// The version of the store that it began with.
    pub(crate) began: u64,
    /// What was staged.
    pub(crate) batch: Batch,
}

/// What a transaction has read and staged so far. The fork that it belongs to is passed to each call.
#[derive(Debug)]
pub(crate) struct Journal {
    base: Arc<State>,
    began: u64,
    /// The keys that were read, and the version that each had; 0 where it was missing.
    keys: KeyNumbers,
    ranges: Vec<ReadRange>,
    batch: Batch,
    /// Puts at the end of the batch that are not in the fork yet, each with the time it was made at.
    waiting: Vec<Millis>,
}

impl Journal {
    /// A journal of what begins with the state of a store as it is.
    pub(crate) fn of(store: &Store) -> Self {
        let (keys, ranges, batch, waiting) = Default::default();
        Self { base: store.state().clone(), began: store.version(), keys, ranges, batch, waiting }
    }

    /// Notes that the caller is told the value under a key at `now`, unless it is the transaction's own.
    pub(crate) fn read(&mut self, fork: &mut Store, key: &str, now: Millis) {
        self.catch_up(fork);
        let now = fork.time(now);
        if fork.find(key, now).is_none_or(|row| fork.entry(row).version() <= self.began) {
            self.read_metadata(fork, key, now);
        }
    }

    /// Notes that the caller is told the metadata under a key at `now`: what a put of its own keeps is not its own.
    pub(crate) fn read_metadata(&mut self, fork: &mut Store, key: &str, now: Millis) {
        self.catch_up(fork);
        let now = fork.time(now);
        if !self.keys.contains_key(key) {
            let row = self.base.find(key).filter(|row| now < self.base.deadline(*row));
            self.keys.insert(key.into(), row.map_or(0, |row| self.base.entry(row).version()));
        }
    }

    /// Notes that the caller is told what stands in a range at `now`.
    pub(crate) fn read_range(&mut self, fork: &mut Store, Range { prefix, after, reverse }: Range<'_>, now: Millis) {
        self.catch_up(fork);
        // Of the same range the first time tells the most.
        let is_known = |known: &ReadRange| *known.prefix == *prefix && known.after.as_deref() == after && known.reverse == reverse;
        if !self.ranges.iter().any(is_known) {
            self.ranges.push(ReadRange { prefix: prefix.into(), after: after.map(Into::into), reverse, now: fork.time(now) });
        }
    }

    /// Stages operations, all of them or none, and notes what their outcome tells.
    pub(crate) fn apply(
        &mut self,
        fork: &mut Store,
        conditions: &[Condition<'_>],
        operations: &[Operation<'_>],
        now: Millis,
    ) -> Result<Receipt, Error> {
        let now = fork.time(now).max(self.waiting.last().copied().unwrap_or_default());
        if conditions.is_empty() && operations.iter().all(|operation| matches!(operation, Operation::Put { .. })) {
            if let Err(refusal) = fork.check(&[], operations, now) {
                // Time passes by a refusal too, as it does in a store.
                self.catch_up(fork);
                fork.pass(now);
                return Err(refusal);
            }
            for operation in operations {
                self.batch.push(operation);
            }
            self.waiting.resize(self.waiting.len() + operations.len(), now);
            let version = self.began + u64::from(!operations.is_empty());
            return Ok(Receipt { version, affected: operations.len() });
        }
        for condition in conditions {
            self.read(fork, condition.key, now);
        }
        self.catch_up(fork);
        for operation in operations {
            match operation {
                Operation::Put { .. } => {}
                Operation::DeletePrefix { prefix } => self.read_range(fork, Range { prefix, ..Range::default() }, now),
                Operation::Delete { key } | Operation::Touch { key, .. } | Operation::Annotate { key, .. } => self.read(fork, key, now),
            }
        }
        let receipt = self.write(fork, conditions, operations, now);
        operations.iter().filter(|_| receipt.is_ok()).for_each(|operation| self.batch.push(operation));
        receipt
    }

    /// Writes the puts that wait to the fork.
    pub(crate) fn catch_up(&mut self, fork: &mut Store) {
        if !self.waiting.is_empty() {
            let operations = self.batch.operations_from(self.batch.len() - self.waiting.len());
            for (operation, now) in operations.iter().zip(std::mem::take(&mut self.waiting)) {
                // It was checked when it was staged.
                drop(self.write(fork, &[], std::slice::from_ref(operation), now));
            }
        }
    }

    /// Writes to the fork, under the number that all of the transaction has.
    fn write(&self, fork: &mut Store, conditions: &[Condition<'_>], operations: &[Operation<'_>], now: Millis) -> Result<Receipt, Error> {
        fork.advance(now);
        fork.rewind(self.began);
        let receipt = fork.apply(conditions, operations, now);
        fork.rewind(self.began);
        receipt
    }

    /// What a backend has to check and do for it.
    #[cfg(feature = "replica")]
    pub(crate) fn into_intent(mut self) -> Intent {
        self.read_mortals();
        let range = |ReadRange { prefix, after, reverse, .. }| RangeRead { prefix, after, reverse };
        let ranges = self.ranges.into_iter().map(range).collect();
        Intent { keys: self.keys, ranges, began: self.began, batch: self.batch }
    }

    /// Notes the entries with a deadline that lie in ranges, told or expired by then. Costs by all that lie there, where there may be such entries at all.
    #[cfg(feature = "replica")]
    fn read_mortals(&mut self) {
        if self.ranges.is_empty() || self.base.earliest() == NEVER {
            return;
        }
        Arc::make_mut(&mut self.base).make_ordered();
        for ReadRange { prefix, after, reverse, now } in &self.ranges {
            let range = Range { prefix, after: after.as_deref(), reverse: *reverse };
            let mut listing = Listing::of_range(self.base.clone(), range, 0);
            while let Some(entry) = listing.next() {
                if entry.deadline != NEVER {
                    let told = if *now < entry.deadline { entry.version() } else { 0 };
                    let known = self.keys.entry(entry.key.into()).or_insert(told);
                    if *known != told {
                        // It expired between two looks at it. At no one time that is so.
                        *known = u64::MAX;
                    }
                }
            }
        }
    }

    /// The puts that wait: how many, and what is staged at most for them in bytes.
    #[cfg(feature = "wasm")]
    pub(crate) fn waiting(&self) -> (usize, u64) {
        if self.waiting.is_empty() { (0, 0) } else { (self.waiting.len(), self.batch.bytes()) }
    }

    /// What noting a key that is read, and staging an operation, may allocate.
    #[cfg(feature = "wasm")]
    pub(crate) fn growth(&self, key: usize, value: usize) -> u64 {
        let noted = if self.keys.len() == self.keys.capacity() { (self.keys.len() + 1) * 128 } else { 0 };
        (noted + key) as u64 + self.batch.growth(key, value)
    }

    /// All that is staged.
    #[cfg(feature = "wasm")]
    pub(crate) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Whether what was read stands in `store`, whose due entries have expired, as it did.
    ///
    /// # Errors
    /// `CONFLICT` for the first key that has changed since.
    pub(crate) fn check(&self, store: &Store, now: Millis) -> Result<(), Error> {
        if store.version() == self.began {
            return Ok(());
        }
        for (key, &expected) in &self.keys {
            let actual = store.find(key, now).map_or(0, |row| store.entry(row).version());
            if actual != expected {
                return Err(Error::Conflict { key: key.to_string(), expected, actual });
            }
        }
        if self.ranges.is_empty() {
            return Ok(());
        }
        let then = Contents { state: self.base.clone(), prefix: "", now: 0 };
        let present = Contents { state: store.state().clone(), prefix: "", now };
        let version = |contents: &Contents<'_>, row| contents.entry(row).version();
        for Pair { key, left, right } in differences(&then, &present, |a, b| a.version() == b.version()) {
            let was_told = |range: &ReadRange| right.is_some() || left.is_some_and(|row| range.now < then.state.deadline(row));
            if self.ranges.iter().any(|range| range.contains(&key) && was_told(range)) {
                let (expected, actual) = (left.map_or(0, |row| version(&then, row)), right.map_or(0, |row| version(&present, row)));
                return Err(Error::Conflict { key: key.into(), expected, actual });
            }
        }
        Ok(())
    }
}

/// Reads and writes that are staged on a store, and committed as one atomic change by [`Store::commit`]; dropped, nothing happened.
///
/// Its reads see its own writes, and else the store as it was when it [began](Store::begin). Bounds are judged when it commits.
///
/// ```
/// use holdall::{Operation, Options, Store, Ttl, Value};
///
/// let mut store = Store::new(Options::default())?;
/// let put = |key, text: &'static str| Operation::Put { key, value: Value { encoding: 0, bytes: text.as_bytes() }, ttl: Ttl::Default, metadata: None };
/// store.apply(&[], &[put("stock", "1")], 0)?;
///
/// let mut transaction = store.begin(0);
/// assert!(transaction.get("stock", 0).is_some());
/// transaction.apply(&[], &[put("order", "paid"), Operation::Delete { key: "stock" }], 0)?;
/// assert!(store.peek("order", 0).is_none());
///
/// store.apply(&[], &[put("stock", "5")], 0)?; // what was read has changed
/// assert_eq!(store.commit(transaction, 0).unwrap_err().code(), "CONFLICT");
/// # Ok::<(), holdall::Error>(())
/// ```
#[derive(Debug)]
pub struct Transaction {
    fork: Store,
    pub(crate) journal: Journal,
}

impl Transaction {
    /// The live entry of a key. It tells metadata too, which a put of the transaction's own keeps from before, so it counts as read even then.
    pub fn get(&mut self, key: &str, now: Millis) -> Option<Entry<'_>> {
        self.journal.read_metadata(&mut self.fork, key, now);
        self.fork.peek(key, now)
    }

    /// Lists the live entries of a range. Any later change in the range is a conflict, however far the listing is read.
    pub fn list(&mut self, range: Range<'_>, now: Millis) -> Listing {
        self.journal.read_range(&mut self.fork, range, now);
        self.fork.list(range, now)
    }

    /// Finds entries. Any later change under the query's prefix is a conflict.
    pub fn query(&mut self, query: Query<'_>, now: Millis) -> Listing {
        self.journal.read_range(&mut self.fork, Range { prefix: query.prefix, ..Range::default() }, now);
        self.fork.query(query, now)
    }

    /// How many live entries have keys that begin with `prefix`. Any later change there is a conflict.
    pub fn count(&mut self, prefix: &str, now: Millis) -> usize {
        self.journal.read_range(&mut self.fork, Range { prefix, ..Range::default() }, now);
        self.fork.count(prefix, now)
    }

    /// Stages operations, all of them or none.
    ///
    /// # Errors
    /// Those of [`Store::apply`], but for bounds.
    pub fn apply(&mut self, conditions: &[Condition<'_>], operations: &[Operation<'_>], now: Millis) -> Result<Receipt, Error> {
        self.journal.apply(&mut self.fork, conditions, operations, now)
    }
}

impl Store {
    /// Begins a transaction; costs the same at any size.
    pub fn begin(&mut self, now: Millis) -> Transaction {
        self.advance(now);
        Transaction { fork: self.fork(), journal: Journal::of(self) }
    }

    /// Commits what a transaction staged, as one commit. A check of ranges costs by what has changed since it began.
    ///
    /// # Errors
    /// `CONFLICT` when something that it read has changed since, and those of [`apply`](Self::apply); nothing has changed then.
    pub fn commit(&mut self, transaction: Transaction, now: Millis) -> Result<Receipt, Error> {
        let Transaction { fork, journal } = transaction;
        // Given up first: what the fork shares need not be copied then.
        drop(fork);
        self.commit_journal(journal, None, now)
    }

    /// Commits what a journal noted, or instead of it `replaced`, unless something that was read has changed.
    pub(crate) fn commit_journal(&mut self, journal: Journal, replaced: Option<&Batch>, now: Millis) -> Result<Receipt, Error> {
        let now = self.advance(now);
        journal.check(self, now)?;
        let Journal { base, batch, .. } = journal;
        drop(base);
        let batch = replaced.unwrap_or(&batch);
        self.apply(&batch.conditions(), &batch.operations(), now)
    }
}
