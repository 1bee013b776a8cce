//! The calls of a store upon plain contents: commits, expiry, bounds and what is told of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdall::{Change, ChangeKind, Committed, Detail, Limits, MAX_KEY_BYTES, NEVER, Options, Receipt, Ttl};

use super::contents::{Bounded, Contents, Done, Item};
use super::step::Action;

/// What a store must be, after the same calls.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) contents: Contents,
    pub(crate) now: u64,
    pub(crate) version: u64,
    pub(crate) evictions: u64,
    pub(crate) expirations: u64,
    pub(crate) detail: (Detail, Detail),
    /// The commits that the outbox must tell in detail.
    pub(crate) told: Vec<Committed>,
}

impl Model {
    pub(crate) fn new(options: &Options) -> Self {
        let contents = Contents {
            entries: BTreeMap::new(),
            bounds: Vec::new(),
            expired: BTreeSet::new(),
            policy: options.policy,
            default_ttl: options.default_ttl,
        };
        let detail = (Detail::Rows, Detail::Rows);
        let mut model = Self { contents, now: 0, version: 0, evictions: 0, expirations: 0, detail, told: Vec::new() };
        model.bind("", options.limits, 0, |_| 0).expect("options are valid");
        model
    }

    /// The live entries under a prefix as a read at `now` sees them.
    pub(crate) fn live(&self, prefix: &str, now: u64) -> impl Iterator<Item = (&String, &Item)> {
        let now = now.max(self.now);
        self.contents.entries.iter().filter(move |(key, item)| key.starts_with(prefix) && now < item.deadline)
    }

    pub(crate) fn find(&self, key: &str, now: u64) -> Option<&Item> {
        self.contents.entries.get(key).filter(|item| now.max(self.now) < item.deadline)
    }

    /// Lets time pass: what is due expires, as one commit.
    pub(crate) fn advance(&mut self, now: u64) {
        self.now = self.now.max(now);
        let due: Vec<String> = self
            .contents
            .entries
            .iter()
            .filter(|(_, item)| item.deadline != NEVER && item.deadline <= self.now)
            .map(|(key, _)| key.clone())
            .collect();
        if due.is_empty() {
            return;
        }
        let before = self.contents.entries.clone();
        for key in &due {
            self.contents.remove(key);
        }
        self.expirations += due.len() as u64;
        self.version += 1;
        if self.detail.1 == Detail::Changes {
            let done = Done::default();
            self.tell(&before, &done, |_| true, ChangeKind::Expire);
        }
        self.contents.expired.extend(due);
    }

    /// A commit. The error is the code of the refusal.
    pub(crate) fn apply(&mut self, conditions: &[(String, u64)], actions: &[Action], now: u64) -> Result<Receipt, &'static str> {
        self.advance(now);
        for action in actions {
            if action.key().len() > MAX_KEY_BYTES {
                return Err("INVALID_KEY");
            }
            if let Action::Put { ttl, .. } | Action::Touch { ttl, .. } = action
                && *ttl != Ttl::Keep
                && self.contents.deadline(*ttl, self.now, None).is_none()
            {
                return Err("OUT_OF_RANGE");
            }
        }
        for (key, version) in conditions {
            if self.contents.entries.get(key).map_or(0, Item::version) != *version {
                return Err("CONFLICT");
            }
        }
        let mut contents = self.contents.clone();
        let mut done = Done::default();
        let version = self.version + 1;
        for action in actions {
            contents.perform(action, version, self.now, &mut done);
        }
        contents.make_room(actions, version, &mut done)?;
        let before = std::mem::replace(&mut self.contents, contents).entries;
        if done.has_changed {
            self.version = version;
            self.evictions += done.evicted.len() as u64;
            if self.detail.0 == Detail::Changes {
                self.tell(&before, &done, |_| true, ChangeKind::Delete);
            } else if self.detail.1 == Detail::Changes {
                self.tell(&before, &done, |key| done.evicted.contains(key), ChangeKind::Delete);
            }
        }
        Ok(Receipt { version: self.version, affected: done.affected })
    }

    /// Bounds a prefix. `row_of` orders the entries of one commit, for which the contract has no order.
    pub(crate) fn bind(&mut self, prefix: &str, limits: Limits, now: u64, row_of: impl Fn(&str) -> u32) -> Result<(), &'static str> {
        self.advance(now);
        if limits.max_entries == Some(0) || limits.max_bytes == Some(0) {
            return Err("OUT_OF_RANGE");
        }
        if let Some(bounded) = self.contents.bounds.iter().find(|bounded| bounded.prefix == prefix) {
            return if bounded.limits == limits { Ok(()) } else { Err("INVALID_ARGUMENT") };
        }
        if limits.max_entries.is_none() && limits.max_bytes.is_none() {
            return Ok(());
        }
        let inside = self.contents.entries.iter().filter(|(key, _)| key.starts_with(prefix));
        let mut used: Vec<(u64, u32, String)> = inside.map(|(key, item)| (item.version(), row_of(key), key.clone())).collect();
        used.sort();
        let bounded = Bounded { prefix: prefix.into(), limits, used: used.into_iter().map(|(_, _, key)| key).collect() };
        let is_exceeded = self.contents.is_exceeded(&bounded);
        self.contents.bounds.push(bounded);
        let outcome = match (self.contents.bounds_fit(), is_exceeded) {
            (false, _) => Err("OUT_OF_RANGE"),
            (true, true) => Err("QUOTA_EXCEEDED"),
            (true, false) => return Ok(()),
        };
        self.contents.bounds.pop();
        outcome
    }

    /// Notes the net effects of the commit that led from `before` to the present contents, on the keys that `is_told`.
    fn tell(&mut self, before: &BTreeMap<String, Item>, done: &Done, is_told: impl Fn(&String) -> bool, removal: ChangeKind) {
        let after = &self.contents.entries;
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).filter(|key| is_told(key)).collect();
        let mut changes = Vec::new();
        for key in keys {
            let (old, new) = (before.get(key), after.get(key));
            let kind = match (old, new) {
                (Some(old), Some(new)) if old.version() == new.version() => continue,
                (Some(_), Some(_)) if !done.put.contains(key) => ChangeKind::Meta,
                (_, Some(_)) => ChangeKind::Set,
                (_, None) if done.evicted.contains(key) => ChangeKind::Evict,
                (_, None) => removal,
            };
            let tags: BTreeSet<String> = old.into_iter().chain(new).flat_map(Item::tags).collect();
            let value = new.map(|item| (*item.value).clone());
            let previous = old.map(|item| (*item.value).clone());
            changes.push(Change { kind, key: key.as_str().into(), value, previous, tags: tags.into_iter().map(Arc::from).collect() });
        }
        if !changes.is_empty() {
            self.told.push(Committed { version: self.version, changes });
        }
    }
}
