//! Transactions: a journal of what was read and staged on a fork of a store, checked and replayed through the one way in.
//!
//! A fork is a clone without bounds: reads see the state that the transaction began with and its own writes, and nothing of what happens
//! meanwhile. What a call told the caller counts as read: a value, that a key is missing, whether a delete found something, and of a listing or a
//! count everything in its range. A plain put tells nothing.

use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use indexmap::map::Entry as Slot;

use crate::batch::Batch;
use crate::commit::{Condition, Operation, Receipt};
use crate::difference::{Contents, Pair, differences};
use crate::entry::Entry;
use crate::error::Error;
use crate::expiry::Millis;
use crate::listing::{Listing, Query, Range};
use crate::state::State;
use crate::store::Store;

/// What the first call on a key was to it.
#[derive(Debug, Clone, Copy)]
enum First {
    /// It was read, and had this version; 0 when it was missing.
    Read(u64),
    /// It was written, so that later reads see what the transaction wrote itself.
    Written,
}

/// The keys that a listing could have told, and when.
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

/// What a transaction has read and staged so far.
#[derive(Debug)]
pub(crate) struct Journal {
    base: Arc<State>,
    began: u64,
    keys: IndexMap<Box<str>, First, FixedState>,
    ranges: Vec<ReadRange>,
    batch: Batch,
}

impl Journal {
    /// A journal of what begins with the state of a store as it is.
    pub(crate) fn of(store: &Store) -> Self {
        let (keys, ranges, batch) = Default::default();
        Self { base: store.state().clone(), began: store.version(), keys, ranges, batch }
    }

    /// Notes that the caller was told what stands under a key at `now`.
    pub(crate) fn note_read(&mut self, key: &str, now: Millis) {
        if !self.keys.contains_key(key) {
            self.insert_read(key, now);
        }
    }

    /// Notes that the caller was told the metadata of a key at `now`: what a put of its own keeps is not its own.
    pub(crate) fn note_metadata(&mut self, key: &str, now: Millis) {
        if !matches!(self.keys.get(key), Some(First::Read(_))) {
            self.insert_read(key, now);
        }
    }

    fn insert_read(&mut self, key: &str, now: Millis) {
        let row = self.base.find(key).filter(|row| now < self.base.deadline(*row));
        self.keys.insert(key.into(), First::Read(row.map_or(0, |row| self.base.entry(row).version())));
    }

    /// Notes that the caller was told what stands in a range at `now`.
    pub(crate) fn note_range(&mut self, Range { prefix, after, reverse }: Range<'_>, now: Millis) {
        // Of the same range the first time tells the most.
        let is_known = |known: &ReadRange| *known.prefix == *prefix && known.after.as_deref() == after && known.reverse == reverse;
        if !self.ranges.iter().any(is_known) {
            self.ranges.push(ReadRange { prefix: prefix.into(), after: after.map(Into::into), reverse, now });
        }
    }

    /// Notes operations that were performed on the fork, and what their outcome told.
    pub(crate) fn note_operations(&mut self, operations: &[Operation<'_>], now: Millis) {
        for operation in operations {
            match operation {
                Operation::Put { key, .. } => {
                    if let Slot::Vacant(slot) = self.keys.entry((*key).into()) {
                        slot.insert(First::Written);
                    }
                }
                Operation::DeletePrefix { prefix } => self.note_range(Range { prefix, ..Range::default() }, now),
                Operation::Delete { key } | Operation::Touch { key, .. } | Operation::Annotate { key, .. } => self.note_read(key, now),
            }
            self.batch.push(operation);
        }
    }

    /// Whether what was read stands in `store`, whose due entries have expired, as it did.
    ///
    /// # Errors
    /// `CONFLICT` for the first key that has changed since.
    pub(crate) fn check(&self, store: &Store, now: Millis) -> Result<(), Error> {
        if store.version() == self.began {
            return Ok(());
        }
        for (key, first) in &self.keys {
            if let First::Read(expected) = *first {
                let actual = store.find(key, now).map_or(0, |row| store.entry(row).version());
                if actual != expected {
                    return Err(Error::Conflict { key: key.to_string(), expected, actual });
                }
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
    journal: Journal,
}

impl Transaction {
    /// The live entry of a key. It tells metadata too, which a put of the transaction's own keeps from before, so it counts as read even then.
    pub fn get(&mut self, key: &str, now: Millis) -> Option<Entry<'_>> {
        self.journal.note_metadata(key, self.fork.time(now));
        self.fork.peek(key, now)
    }

    /// Lists the live entries of a range. Any later change in the range is a conflict, however far the listing is read.
    pub fn list(&mut self, range: Range<'_>, now: Millis) -> Listing {
        self.journal.note_range(range, self.fork.time(now));
        self.fork.list(range, now)
    }

    /// Finds entries. Any later change under the query's prefix is a conflict.
    pub fn query(&mut self, query: Query<'_>, now: Millis) -> Listing {
        self.journal.note_range(Range { prefix: query.prefix, ..Range::default() }, self.fork.time(now));
        self.fork.query(query, now)
    }

    /// How many live entries have keys that begin with `prefix`. Any later change there is a conflict.
    pub fn count(&mut self, prefix: &str, now: Millis) -> usize {
        self.journal.note_range(Range { prefix, ..Range::default() }, self.fork.time(now));
        self.fork.count(prefix, now)
    }

    /// Stages operations, all of them or none. The version in the receipt means nothing outside the transaction.
    ///
    /// # Errors
    /// Those of [`Store::apply`], but for bounds.
    pub fn apply(&mut self, conditions: &[Condition<'_>], operations: &[Operation<'_>], now: Millis) -> Result<Receipt, Error> {
        let now = self.fork.time(now);
        for condition in conditions {
            self.journal.note_read(condition.key, now);
        }
        let receipt = self.fork.apply(conditions, operations, now)?;
        self.fork.take_outbox();
        self.journal.note_operations(operations, now);
        Ok(receipt)
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
