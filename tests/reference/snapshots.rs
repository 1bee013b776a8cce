//! Snapshots beside what they must hold.

use std::collections::BTreeMap;

use holdall::{MetadataPatch, Options, Receipt, Store, Ttl};

use super::contents::Item;
use super::model::Model;
use super::step::{Action, Content};

/// A snapshot that was taken, and what must come of it.
pub(crate) struct Taken {
    bytes: Vec<u8>,
    entries: BTreeMap<String, Item>,
}

impl Taken {
    /// Takes a snapshot, and sees that a store that restores it gives the same bytes, whatever its own history.
    pub(crate) fn of(store: &mut Store, model: &Model, prefix: &str, now: u64) -> Self {
        let bytes = store.snapshot(prefix, now);
        let entries: BTreeMap<String, Item> =
            model.live(prefix, now).map(|(key, item)| (key[prefix.len()..].into(), item.clone())).collect();
        let now = now.max(model.now);
        let mut other = Store::new(Options { seed: 9, ..Options::default() }).expect("no options");
        let put = |key, ttl| holdall::Operation::Put { key, value: holdall::Value { encoding: 0, bytes: b"gone" }, ttl, metadata: None };
        other.apply(&[], &[put("gone", Ttl::Never), put("a:gone", Ttl::Span(1))], 0).expect("two puts");
        other.restore("", &bytes, now).expect("a snapshot can be restored");
        assert_eq!(other.stats().entries, entries.len());
        assert_eq!(other.snapshot("", now), bytes, "equal contents give equal bytes");
        Self { bytes, entries }
    }

    /// Restores it, and compares what comes of it.
    pub(crate) fn restore(&self, store: &mut Store, model: &mut Model, prefix: &str, now: u64) -> Result<Receipt, &'static str> {
        model.advance(now);
        let mut actions = vec![Action::DeletePrefix { prefix: prefix.into() }];
        for (key, item) in self.entries.iter().filter(|(_, item)| model.now < item.deadline) {
            let facts =
                item.facts.as_deref().filter(|facts| !facts.tags.is_empty() || !facts.properties.is_empty() || facts.description.is_some());
            let patch = facts.map(|facts| MetadataPatch {
                tags: Some(facts.tags.iter().map(|tag| tag.as_str().into()).collect()),
                properties: Some(facts.properties.iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect()),
                description: Some(facts.description.as_deref().map(Into::into)),
                ..MetadataPatch::default()
            });
            let value = Content::Copy(item.value.clone());
            actions.push(Action::Put { key: [prefix, key].concat(), value, ttl: Ttl::Until(item.deadline), patch });
        }
        let receipt = store.restore(prefix, &self.bytes, now).map_err(|error| error.code());
        let brought = actions.len() - 1;
        let expected = model.apply(&[], &actions, now).map(|receipt| Receipt { affected: brought, ..receipt });
        assert_eq!(receipt, expected, "the outcome of a restore");
        receipt
    }

    /// Sees that damaged bytes are refused and leave a store as it is.
    pub(crate) fn check_damaged(&self, store: &mut Store, at: usize, now: u64) {
        let mut damaged = self.bytes.clone();
        let at = at % damaged.len();
        damaged[at] ^= 1 << (at % 8);
        let before = (store.version(), store.stats());
        let after = store.restore("", &damaged, now).map_err(|error| error.code());
        assert!(matches!(after, Err("INVALID_SNAPSHOT" | "FORMAT_TOO_NEW")), "byte {at} of a snapshot is checked");
        let cut = store.restore("", &self.bytes[..at], now).map_err(|error| error.code());
        assert_eq!(cut, Err("INVALID_SNAPSHOT"), "a snapshot cut off at {at} is refused");
        assert_eq!(before, (store.version(), store.stats()));
    }
}
