//! What a store asks for before its calls; `room.rs` has the estimates.

use super::allocator::has_room;
use super::room::{self, Weight, ask, ask_to};
use super::store::RawStore;
use crate::batch::Batch;
use crate::error::Error;

impl RawStore {
    /// For deleting a key.
    pub(super) fn ask_to_delete(&self, key: &str, now: u64) -> Result<(), Error> {
        let old = if self.store.is_told() { room::present(&self.store, key, now) } else { Weight::default() };
        ask_to(self.journal.is_none(), room::writing(&self.store, Weight::default(), old, false) + self.growth(key, 0))
    }

    /// For letting expire what is due.
    pub(super) fn ask_to_expire(&self, now: u64) -> Result<(), Error> {
        ask_to(true, room::expiring(&self.store, self.is_shared(), now))
    }

    /// For setting a value of so many bytes.
    #[inline]
    pub(super) fn ask_to_set(&self, key: &str, length: u32, now: u64) -> Result<(), Error> {
        let is_simple = !(self.store.is_told() || self.store.is_bounded() && self.is_shared());
        if is_simple && self.journal.is_none() {
            return if has_room(2 * u64::from(length)) { Ok(()) } else { Err(Error::OutOfMemory) };
        }
        self.ask_to_set_and_tell(key, length, now)
    }

    #[inline(never)]
    fn ask_to_set_and_tell(&self, key: &str, length: u32, now: u64) -> Result<(), Error> {
        let new = Weight { entries: 1, bytes: key.len() as u64 + u64::from(length) };
        let old = room::present(&self.store, key, now);
        let evicting = room::evicting(&self.store, key, new, self.is_shared());
        ask(evicting + room::writing(&self.store, new, old, false) + self.growth(key, length))
    }

    /// For reading: what waits in a transaction is written to its fork then.
    pub(super) fn ask_to_read(&self, key: &str) -> Result<(), Error> {
        let Some(journal) = &self.journal else {
            return ask(0);
        };
        let (entries, bytes) = journal.waiting();
        let waiting = Weight { entries: entries as u64, bytes };
        ask(room::writing(&self.store, waiting, Weight::default(), true) + self.growth(key, 0))
    }

    /// For committing a batch, in a transaction for staging it.
    pub(super) fn ask_to_commit(&mut self, batch: &Batch, now: u64) -> Result<(), Error> {
        let is_shared = self.is_shared();
        let need = room::committing(&mut self.store, batch, is_shared || self.journal.is_some(), now)?;
        let Some(journal) = &self.journal else {
            return ask_to(batch.only_deletes(), need);
        };
        // Appended to what is staged already, which may move.
        ask(need + 2 * journal.batch().bytes() + (journal.batch().len() + batch.len()) as u64 * 512)
    }

    /// What noting a call in a transaction allocates.
    pub(super) fn growth(&self, key: &str, length: u32) -> u64 {
        self.journal.as_ref().map_or(0, |journal| journal.growth(key.len(), length as usize))
    }
}
