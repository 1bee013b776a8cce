//! The one way in: how a commit is checked, performed and noted. Expiry and eviction are performed here too.

use std::sync::Arc;

use super::Store;
use crate::commit::{ChangeKind, Committed, Condition, Operation, Origin, Receipt, Recorder};
#[cfg(feature = "replica")]
use crate::entry::Entry;
use crate::entry::{MetadataPatch, Patched, Value};
use crate::error::Error;
use crate::expiry::{Millis, Ttl};
use crate::key;
use crate::listing::Range;
use crate::outbox::Detail;
use crate::state::{RowId, Stamp};

/// Fewer entries are removed one by one, and nothing is made ready for fewer operations.
const FEW: usize = 16;

impl Store {
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
            self.number(recorder);
        }
        Ok(Receipt { version: self.version, affected })
    }

    /// Lets what is due at `now` expire, as one commit. Returns the time, which never goes back.
    ///
    /// Costs a comparison when nothing is due.
    #[inline]
    pub fn advance(&mut self, now: Millis) -> Millis {
        self.now = self.now.max(now);
        if self.state.may_be_due(self.now) {
            self.expire_due();
        }
        self.now
    }

    /// As [`advance`](Self::advance), after showing what expires.
    #[cfg(feature = "replica")]
    pub(crate) fn advance_showing(&mut self, now: Millis, show: &mut dyn FnMut(&Entry<'_>)) -> Millis {
        self.now = self.now.max(now);
        if self.state.may_be_due(self.now) {
            let due = Arc::make_mut(&mut self.state).take_due(self.now);
            for row in &due {
                show(&self.state.entry(*row));
            }
            self.expire(&due);
        }
        self.now
    }

    #[cold]
    fn expire_due(&mut self) {
        let due = Arc::make_mut(&mut self.state).take_due(self.now);
        self.expire(&due);
    }

    fn expire(&mut self, due: &[RowId]) {
        if due.is_empty() {
            return;
        }
        let mut recorder = (self.removal_detail == Detail::Changes).then(Recorder::default);
        if self.bounds.is_empty() && due.len() > FEW && due.len() > self.state.len() / 2 {
            if let Some(recorder) = &mut recorder {
                for entry in due.iter().map(|row| self.state.entry(*row)) {
                    recorder.note(entry.key, Some(&entry), ChangeKind::Expire);
                }
            }
            self.keep_unexpired(due.len());
        } else {
            for row in due {
                self.remove(*row, ChangeKind::Expire, recorder.as_mut());
            }
        }
        self.stats.expirations += due.len() as u64;
        self.number(recorder);
    }

    /// Starts anew with what has not expired: cheaper than removing the rest one by one, when that is more.
    fn keep_unexpired(&mut self, due: usize) {
        let mut kept = self.state.emptied();
        if due < self.state.len() {
            let (rows, _) = self.state.rows_apart(&kept);
            for entry in rows.into_iter().map(|row| self.state.entry(row)).filter(|entry| !entry.is_expired(self.now)) {
                kept.copy(entry.key, &entry);
            }
        }
        self.state = Arc::new(kept);
        self.outbox.cleared = true;
    }

    /// Whether a commit at `now`, when nothing is due, would be let in.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply), but for bounds that only a commit of several operations passes.
    pub(crate) fn check(&self, conditions: &[Condition<'_>], operations: &[Operation<'_>], now: Millis) -> Result<(), Error> {
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
        if operations.len() > FEW && self.state.is_blank() {
            Arc::make_mut(&mut self.state).reserve(operations.len());
        }
        let mut affected = 0;
        for operation in operations {
            affected += self.perform(operation, now, recorder.as_deref_mut())?;
        }
        Ok(affected)
    }

    /// A commit of several writes is judged when it is done, and undone by putting back what it was copied from.
    #[inline(never)]
    fn perform_within_bounds(
        &mut self,
        operations: &[Operation<'_>],
        now: Millis,
        recorder: &mut Option<Recorder>,
    ) -> Result<usize, Error> {
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
            Operation::Put { key, value, ttl, metadata: None } if recorder.is_none() && self.is_plain(ttl) => {
                let deadline = ttl.deadline(now, None, self.default_ttl)?;
                let row = Arc::make_mut(&mut self.state).put(key, value, Stamp { version, now, deadline });
                self.outbox.rows.push(row);
                Ok(1)
            }
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

    pub(super) fn remove(&mut self, row: RowId, kind: ChangeKind, recorder: Option<&mut Recorder>) {
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
        if !self.state.is_blank() {
            self.outbox.cleared |= count > 0;
            self.state = Arc::new(self.state.emptied());
            self.bounds.reset();
        }
        count
    }

    /// Evicts until the bounds of what was written hold.
    fn make_room(&mut self, operations: &[Operation<'_>], recorder: &mut Option<Recorder>) -> Result<(), Error> {
        operations.iter().try_for_each(|operation| self.evict(operation.key(), recorder))
    }

    /// Evicts, as one commit, what no longer fits around a prefix that was bound.
    pub(super) fn make_way(&mut self, prefix: &str) -> Result<(), Error> {
        let mut recorder = None;
        let rows = self.outbox.rows.len();
        self.evict(prefix.strip_suffix(':').unwrap_or_default(), &mut recorder)?;
        if self.outbox.rows.len() != rows {
            self.number(recorder);
        }
        Ok(())
    }

    /// Evicts until the bound in which `key` counts holds.
    fn evict(&mut self, key: &str, recorder: &mut Option<Recorder>) -> Result<(), Error> {
        while let Some(row) = self.bounds.victim(key)? {
            let entry = self.state.entry(row);
            if entry.version() > self.version {
                // Only what this very commit wrote is left: it does not fit as a whole.
                return self.bounds.check(key);
            }
            if recorder.is_none() && self.removal_detail == Detail::Changes {
                *recorder = Some(Recorder::default());
            }
            self.remove(row, ChangeKind::Evict, recorder.as_mut());
            self.stats.evictions += 1;
        }
        Ok(())
    }

    /// Makes what was performed a commit: gives it its number, and notes its changes.
    fn number(&mut self, recorder: Option<Recorder>) {
        self.version += 1;
        if let Some(recorder) = recorder {
            self.note(recorder);
        }
    }

    #[inline(never)]
    fn note(&mut self, recorder: Recorder) {
        let changes = recorder.changes(&|key| self.state.find(key).map(|row| self.state.entry(row)));
        if !changes.is_empty() {
            self.outbox.commits.push(Committed { version: self.version, origin: Origin::Local, changes });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;

    #[test]
    fn clearing_gives_all_memory_back_however_the_entries_went_before() -> Result<(), Error> {
        for count in 0..200_u64 {
            let mut store = Store::new(Options::default())?;
            let keys: Vec<String> = (0..count).map(|index| format!("key:{index}")).collect();
            let value = Value { encoding: 0, bytes: b"value" };
            for key in &keys {
                store.apply(&[], &[Operation::Put { key, value, ttl: Ttl::Never, metadata: None }], 0)?;
            }
            for key in &keys {
                store.apply(&[], &[Operation::Delete { key }], 0)?;
            }
            store.apply(&[], &[Operation::DeletePrefix { prefix: "" }], 0)?;
            assert!(store.state().is_blank(), "after {count}");
        }
        Ok(())
    }
}
