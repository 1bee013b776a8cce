//! The overlay: the keys at which what a replica shows is not what it knows to be confirmed.
//!
//! A key is here while a pending write touches it, or while its confirmed entry has expired by the estimated time and the backend has not
//! removed it yet. Of every other key the store itself holds the confirmed entry. So the whole of what is confirmed is always known, and taking a
//! write back, or a change by others beneath it, is to look at one key: its confirmed cells, and the pending writes upon them, in order.

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::cells::OwnedCells;
use super::queue::Place;
use crate::entry::Entry;
use crate::expiry::Millis;
use crate::store::Store;

/// What is beneath what is shown.
#[derive(Debug, Default)]
pub(super) struct Beneath {
    pub(super) confirmed: Option<OwnedCells>,
    /// The pending operations that touch the key, in order.
    pub(super) writes: Vec<Place>,
    /// The number of the last commit that was done to it here; what it was loaded with is another matter.
    pub(super) done: u64,
    /// When the confirmed entry was shown to expire, at the earliest and at the latest, where that was an estimate of this replica's.
    pub(super) estimated: Option<[Millis; 2]>,
}

impl Beneath {
    /// Whether the confirmed entry had expired at a time just as it was shown to have at two others.
    pub(super) fn was_shown(&self, made: [Millis; 2], time: Millis) -> bool {
        let Some(deadline) = self.confirmed.as_ref().map(OwnedCells::deadline) else { return true };
        let [earliest, latest] = self.estimated.unwrap_or([deadline; 2]);
        let [first, last] = made;
        if time < deadline { last < earliest } else { latest <= first }
    }
}

/// The keys whose confirmed entries are not those that are shown.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    keys: IndexMap<Box<str>, Beneath, FixedState>,
}

impl Overlay {
    pub(super) fn get(&self, key: &str) -> Option<&Beneath> {
        self.keys.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Beneath> {
        self.keys.get_mut(key)
    }

    /// The confirmed entry of a key that is here.
    pub(super) fn entry(&self, key: &str) -> Option<Entry<'_>> {
        let (key, beneath) = self.keys.get_key_value(key)?;
        beneath.confirmed.as_ref().map(|cells| cells.entry(key))
    }

    /// What is beneath a key; from now on apart from what the store shows.
    pub(super) fn hold(&mut self, store: &Store, key: &str) -> &mut Beneath {
        self.keys.entry(key.into()).or_insert_with(|| {
            let shown = store.state().find(key).map(|row| store.state().entry(row));
            Beneath { confirmed: shown.map(|entry| OwnedCells::of_entry(&entry)), ..Beneath::default() }
        })
    }

    /// As [`hold`](Self::hold), for an entry that the store is about to let expire.
    pub(super) fn hold_entry(&mut self, entry: &Entry<'_>) {
        if !self.keys.contains_key(entry.key) {
            let confirmed = Some(OwnedCells::of_entry(entry));
            self.keys.insert(entry.key.into(), Beneath { confirmed, ..Beneath::default() });
        }
    }

    /// Forgets a key whose confirmed entry is what the store shows now.
    pub(super) fn release(&mut self, key: &str) {
        self.keys.swap_remove(key);
    }

    /// Appends the keys here that begin with a prefix; costs by all that are here.
    pub(super) fn collect(&self, prefix: &str, keys: &mut Vec<Box<str>>) {
        keys.extend(self.keys.keys().filter(|key| key.starts_with(prefix)).cloned());
    }

    /// The confirmed entries that have expired at a time, with their keys.
    pub(super) fn expired(&self, now: Millis) -> impl Iterator<Item = (&str, &OwnedCells)> {
        self.keys.iter().filter_map(move |(key, beneath)| {
            let cells = beneath.confirmed.as_ref().filter(|cells| cells.deadline() <= now)?;
            Some((&**key, cells))
        })
    }
}
