//! The calls of a store upon plain contents: commits, expiry, bounds and what is told of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdall::{Change, ChangeKind, Committed, Detail, Limits, MAX_KEY_BYTES, NEVER, Options, Origin, Policy, Receipt, Ttl};

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
        model.bind("", options.limits, 0).expect("options are valid");
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

    /// Bounds a prefix. Its entries come in the order of their use, as far as a bound around it has known that, else of their versions. What
    /// is left to that bound makes room as one commit.
    pub(crate) fn bind(&mut self, prefix: &str, limits: Limits, now: u64) -> Result<(), &'static str> {
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
        let mut contents = self.contents.clone();
        let around = contents.around(prefix).map(|bounded| (bounded.prefix.clone(), bounded.used.clone()));
        contents.bounds.push(Bounded { prefix: prefix.into(), limits, used: Vec::new() });
        if !contents.bounds_fit() {
            return Err("OUT_OF_RANGE");
        }
        let mut by_version: Vec<(u64, String)> = contents.entries.iter().map(|(key, item)| (item.version(), key.clone())).collect();
        by_version.sort();
        let order = around.as_ref().map_or_else(|| by_version.into_iter().map(|(_, key)| key).collect(), |(_, used)| used.clone());
        for key in order {
            if contents.innermost(&key).is_some_and(|bounded| bounded.prefix == prefix) {
                contents.bounds.iter_mut().for_each(|bounded| bounded.used.retain(|other| *other != key));
                contents.touch(&key);
            }
        }
        if contents.bounds.iter().any(|bounded| bounded.prefix == prefix && contents.is_exceeded(bounded)) {
            return Err("QUOTA_EXCEEDED");
        }
        let mut done = Done::default();
        let outer = around.map(|(outer, _)| outer);
        while let Some(bounded) = contents.bounds.iter().find(|it| Some(&it.prefix) == outer.as_ref() && contents.is_exceeded(it)) {
            let victim = bounded.used[0].clone();
            if contents.policy == Policy::Reject {
                return Err("QUOTA_EXCEEDED");
            }
            contents.remove(&victim);
            done.evicted.insert(victim);
        }
        let before = std::mem::replace(&mut self.contents, contents).entries;
        if !done.evicted.is_empty() {
            self.version += 1;
            self.evictions += done.evicted.len() as u64;
            if self.detail.1 == Detail::Changes {
                self.tell(&before, &done, |_| true, ChangeKind::Delete);
            }
        }
        Ok(())
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
            self.told.push(Committed { version: self.version, origin: Origin::Local, changes });
        }
    }
}
