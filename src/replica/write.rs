//! What callers write: unconditional writes, shown at once and pending, and commits that the backend decides.

use super::queue::{Decision, Group, Kind, Place, RangeRead, Seen};
use super::{Decided, Outcome, PENDING, Replica, wire};
use crate::batch::Batch;
use crate::commit::{Operation, Receipt};
use crate::error::Error;
use crate::expiry::{Millis, Ttl};
use crate::key::MAX_KEY_BYTES;
use crate::store::Store;
use crate::transaction::{Intent, Journal, Transaction};

impl Replica {
    /// Makes unconditional writes: shown at once, and pending until the backend has decided. They are one commit.
    ///
    /// # Errors
    /// `COMMIT_TOO_LARGE`, `BACKLOG_FULL`, and those of [`Store::apply`]; nothing has changed then.
    pub fn apply(&mut self, store: &mut Store, operations: &[Operation<'_>], now: Millis) -> Result<Receipt, Error> {
        let now = self.advance(store, now);
        let operations = &*self.with_default_ttl(operations);
        store.check(&[], operations, now)?;
        let (bytes, ends) = self.written(operations)?;
        self.counter += 1;
        for (operation, place) in operations.iter().zip(0..) {
            self.write_upon(store, operation, (self.counter, place), now);
        }
        self.queue.append(self.counter, now, &bytes, &ends, self.options.max_commit_bytes);
        store.set_version(PENDING + self.counter - 1);
        store.apply(&[], operations, now)
    }

    /// Begins a transaction on what is shown, to be [handed in](Self::commit) with what it has seen. Costs the same at any size.
    pub fn begin(&mut self, store: &mut Store, now: Millis) -> (Transaction, Seen) {
        let now = self.advance(store, now);
        (store.begin(now), self.seen())
    }

    /// Hands in what a transaction on the store has read and staged; `seen` is what was [seen](Self::seen) when it began. See [`submit`](Self::submit).
    ///
    /// # Errors
    /// As of [`apply`](Self::apply).
    pub fn commit(&mut self, store: &mut Store, transaction: Transaction, seen: Seen, now: Millis) -> Result<u64, Error> {
        self.commit_journal(store, transaction.journal, seen, None, now)
    }

    /// Hands in what a journal noted, or instead of it `replaced`.
    pub(crate) fn commit_journal(
        &mut self,
        store: &mut Store,
        journal: Journal,
        seen: Seen,
        replaced: Option<&Batch>,
        now: Millis,
    ) -> Result<u64, Error> {
        let Intent { mut keys, ranges, began, batch } = journal.into_intent();
        // What has expired by the estimated time was not told. Whether it has by the backend's too is for the backend to say.
        if !ranges.is_empty() {
            for (key, _) in self.overlay.expired(now).filter(|(key, _)| ranges.iter().any(|range| range.contains(key))) {
                keys.entry(key.into()).or_insert(0);
            }
        }
        let batch = replaced.unwrap_or(&batch);
        self.submit(store, keys.into_iter().collect(), ranges, (seen, began), &batch.operations(), now)
    }

    /// Hands in a commit that was decided upon what it read, to be checked by the backend; it is shown when that has accepted it. Returns its counter.
    ///
    /// `own` is the version of the store when it began to read; `conditions` are keys and the versions that they had then.
    ///
    /// # Errors
    /// As of [`apply`](Self::apply).
    pub fn submit(
        &mut self,
        store: &mut Store,
        conditions: Vec<(Box<str>, u64)>,
        ranges: Vec<RangeRead>,
        (seen, own): (Seen, u64),
        operations: &[Operation<'_>],
        now: Millis,
    ) -> Result<u64, Error> {
        let now = self.advance(store, now);
        let operations = &*self.with_default_ttl(operations);
        store.check(&[], operations, now)?;
        let (bytes, ends) = self.written(operations)?;
        self.counter += 1;
        store.set_version(PENDING + self.counter);
        if self.is_adrift || seen.epoch != self.epoch {
            self.queue.seal();
            self.outcomes.push(Outcome { first: self.counter, last: self.counter, decided: Decided::Conflict(self.applied) });
            return Ok(self.counter);
        }
        let mut group = Group::new(Kind::Decided(Decision { conditions, ranges, seen, own: own.saturating_sub(PENDING) }));
        group.push(self.counter, now, &bytes, &ends);
        self.queue.push(group);
        Ok(self.counter)
    }

    /// The operations with the default time to live where they give none.
    fn with_default_ttl<'a>(&self, operations: &[Operation<'a>]) -> Vec<Operation<'a>> {
        let default = self.options.default_ttl.map_or(Ttl::Never, Ttl::Span);
        let resolved = |operation: &Operation<'a>| match *operation {
            Operation::Put { key, value, ttl: Ttl::Default, metadata } => Operation::Put { key, value, ttl: default, metadata },
            Operation::Touch { key, ttl: Ttl::Default } => Operation::Touch { key, ttl: default },
            other => other,
        };
        operations.iter().map(resolved).collect()
    }

    /// The operations as they are sent, and where each ends.
    fn written(&self, operations: &[Operation<'_>]) -> Result<(Vec<u8>, Vec<u32>), Error> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(operations.len()));
        for operation in operations {
            let length = self.options.scope.len() + operation.key().len();
            if length > MAX_KEY_BYTES {
                return Err(Error::KeyTooLong { key: operation.key().into(), bytes: length });
            }
            wire::write_operation(&mut bytes, &self.options.scope, operation);
            ends.push(bytes.len() as u32);
        }
        let limit = self.options.max_commit_bytes;
        if bytes.len() > limit {
            return Err(Error::CommitTooLarge { bytes: bytes.len(), limit });
        }
        let limit = self.options.max_backlog_bytes;
        if self.queue.bytes() + bytes.len() > limit {
            return Err(Error::BacklogFull { limit });
        }
        Ok((bytes, ends))
    }

    /// Notes upon which confirmed entries an operation is to be done.
    fn write_upon(&mut self, store: &mut Store, operation: &Operation<'_>, place: Place, now: Millis) {
        if let Operation::DeletePrefix { prefix } = operation {
            for key in self.keys_with(store, prefix, now) {
                self.hold(store, &key);
                self.note_write(&key, place);
            }
            self.queue.note_clear(prefix, place);
        } else {
            self.hold(store, operation.key());
            self.note_write(operation.key(), place);
        }
    }

    fn note_write(&mut self, key: &str, place: Place) {
        if let Some(beneath) = self.overlay.get_mut(key) {
            // An earlier operation that clears the key may have been noted with it already.
            if beneath.writes.last() != Some(&place) {
                beneath.writes.push(place);
            }
        }
    }
}
