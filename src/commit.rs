//! Commits: what a caller asks for, and what came of it.
//!
//! A commit is a list of conditions and operations that happen together or not at all. Its outcome is told as net effects, one per key,
//! found by comparing each touched entry before and after: so a key that is set and deleted in one commit is no change.

use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use crate::entry::{Entry, MetadataPatch, OwnedValue, Value, insert_tag};
use crate::expiry::Ttl;
use crate::sort::{rank, sort_ranked};

/// One change that a caller asks for.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'a> {
    /// Sets the value of a key, and its metadata where a patch is given.
    Put {
        /// The full key.
        key: &'a str,
        /// Its value.
        value: Value<'a>,
        /// Its time to live.
        ttl: Ttl,
        /// What changes of its metadata; the rest is kept.
        metadata: Option<&'a MetadataPatch>,
    },
    /// Deletes a key; nothing when it is missing.
    Delete {
        /// The full key.
        key: &'a str,
    },
    /// Deletes every key that begins with a prefix.
    DeletePrefix {
        /// The prefix; empty for the whole store.
        prefix: &'a str,
    },
    /// Sets the time to live of a key; nothing when it is missing.
    Touch {
        /// The full key.
        key: &'a str,
        /// Its time to live.
        ttl: Ttl,
    },
    /// Changes the metadata of a key; nothing when it is missing.
    Annotate {
        /// The full key.
        key: &'a str,
        /// What changes.
        metadata: &'a MetadataPatch,
    },
}

impl<'a> Operation<'a> {
    /// The key that it names, or the prefix.
    pub(crate) fn key(&self) -> &'a str {
        match self {
            Self::Put { key, .. } | Self::Delete { key } | Self::Touch { key, .. } | Self::Annotate { key, .. } => key,
            Self::DeletePrefix { prefix } => prefix,
        }
    }
}

/// What must hold for a commit to happen: an entry has this version, 0 for "is missing".
#[derive(Debug, Clone, Copy)]
pub struct Condition<'a> {
    /// The full key.
    pub key: &'a str,
    /// The version that it must have.
    pub version: u64,
}

/// What a commit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The store's version after it; that of the commit, unless it changed nothing.
    pub version: u64,
    /// How many operations on keys found something to do (for a prefix: how many entries it deleted).
    pub affected: usize,
}

/// How an entry changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It has a new value.
    Set,
    /// It was deleted.
    Delete,
    /// It expired.
    Expire,
    /// It made room in a bounded store.
    Evict,
    /// Its metadata or deadline changed, and its value did not.
    Meta,
}

/// The net effect of a commit on one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// How the entry changed.
    pub kind: ChangeKind,
    /// Its full key.
    pub key: Box<str>,
    /// Its value after the commit.
    pub value: Option<OwnedValue>,
    /// Its value before the commit.
    pub previous: Option<OwnedValue>,
    /// Its tags before and after, none twice.
    pub tags: Vec<Arc<str>>,
}

/// Where a commit came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// A call of this store.
    #[default]
    Local,
    /// Another replica.
    Remote,
    /// The backend's contents, loaded anew.
    Load,
    /// A write that the backend refused, taken back.
    Rollback,
}

/// A commit that happened, with its changes in key order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its number.
    pub version: u64,
    /// Where it came from.
    pub origin: Origin,
    /// What changed.
    pub changes: Vec<Change>,
}

/// What a commit has done to a key so far.
#[derive(Debug)]
struct Touched {
    before: Option<Before>,
    /// What its removal would be called.
    removal: ChangeKind,
    is_written: bool,
}

/// What an entry was before the commit touched it.
#[derive(Debug)]
struct Before {
    value: OwnedValue,
    version: u64,
    tags: Vec<Arc<str>>,
}

impl Before {
    fn of(entry: &Entry<'_>) -> Self {
        Self { value: entry.value.to_owned(), version: entry.version(), tags: tags_of(entry) }
    }
}

fn tags_of(entry: &Entry<'_>) -> Vec<Arc<str>> {
    entry.metadata.map_or_else(Vec::new, |metadata| metadata.tags.clone())
}

/// A number for each of some keys, in the order in which they were noted: one kind of hash table for all who need one, since each is 2 kB of wasm.
pub(crate) type KeyNumbers = IndexMap<Box<str>, u64, FixedState>;

/// Notes what a commit touches, for those who listen.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// Where each key stands in `touched`.
    places: KeyNumbers,
    touched: Vec<Touched>,
    /// Whether an entry that stays has changed although its version is the same.
    is_certain: bool,
}

impl Recorder {
    /// A recorder to which only what does change is noted: a pending write keeps its number when what it was made upon becomes another.
    #[cfg(feature = "replica")]
    pub(crate) fn of_changes() -> Self {
        Self { is_certain: true, ..Self::default() }
    }

    /// Notes that `key`, where `entry` stands now, is about to change in the way of `kind`.
    pub(crate) fn note(&mut self, key: &str, entry: Option<&Entry<'_>>, kind: ChangeKind) {
        let place = self.places.get(key).copied().unwrap_or(self.touched.len() as u64);
        if place as usize == self.touched.len() {
            self.places.insert(key.into(), place);
            self.touched.push(Touched { before: entry.map(Before::of), removal: ChangeKind::Delete, is_written: false });
        }
        if let Some(touched) = self.touched.get_mut(place as usize) {
            match kind {
                ChangeKind::Set => touched.is_written = true,
                ChangeKind::Meta => {}
                removal => touched.removal = removal,
            }
        }
    }

    /// The net effects, where `find` tells what the commit left under a key.
    pub(crate) fn changes<'s>(self, find: &dyn Fn(&str) -> Option<Entry<'s>>) -> Vec<Change> {
        let is_certain = self.is_certain;
        let mut touched: Vec<Option<(Box<str>, Touched)>> = self.places.into_keys().zip(self.touched).map(Some).collect();
        let key_at = |at: u32| touched.get(at as usize).and_then(|slot| slot.as_ref()).map(|(key, _)| &**key);
        let mut order: Vec<(u64, u32)> =
            (0..touched.len() as u32).map(|at| (rank(key_at(at).unwrap_or_default().as_bytes()), at)).collect();
        sort_ranked(&mut order, &|a, b| key_at(a).cmp(&key_at(b)));
        let in_order = order.into_iter().filter_map(|(_, at)| touched.get_mut(at as usize)?.take());
        in_order.filter_map(|(key, touched)| net_effect(find(&key), key, touched, is_certain)).collect()
    }
}

fn net_effect(after: Option<Entry<'_>>, key: Box<str>, touched: Touched, is_certain: bool) -> Option<Change> {
    let kind = match (&touched.before, &after) {
        (None, None) => return None,
        (Some(_), None) => touched.removal,
        (Some(before), Some(after)) if before.version == after.version() && !is_certain => return None,
        (Some(_), Some(_)) if !touched.is_written => ChangeKind::Meta,
        _ => ChangeKind::Set,
    };
    let mut tags = after.as_ref().map_or_else(Vec::new, tags_of);
    let value = after.map(|entry| entry.value.to_owned());
    let previous = touched.before.map(|before| {
        for tag in &before.tags {
            insert_tag(&mut tags, tag);
        }
        before.value
    });
    Some(Change { kind, key, value, previous, tags })
}
