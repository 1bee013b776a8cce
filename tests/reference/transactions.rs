//! Transactions beside a model: a copy of the contents to work on, and lists of what was read.

use std::collections::{BTreeMap, BTreeSet};

use holdall::{Condition, Detail, Operation, OwnedValue, Range, Receipt, Store, Transaction};

use super::contents::Item;
use super::model::Model;
use super::step::{Action, Asked, Call};

/// An open transaction and its model.
pub(crate) struct Open {
    transaction: Transaction,
    /// What the store held when it began, and its version.
    base: BTreeMap<String, Item>,
    began: u64,
    /// What it sees.
    fork: Model,
    /// The versions of the keys that were read.
    read: BTreeMap<String, u64>,
    ranges: Vec<(String, Option<String>, bool, u64)>,
    actions: Vec<Action>,
}

/// Conditions of a step as versions, by what a model holds at `now`.
pub(crate) fn versions(model: &Model, conditions: &[(String, Asked)], now: u64) -> Vec<(String, u64)> {
    let asked = |(key, asked): &(String, Asked)| {
        let version = model.find(key, now).map_or(0, Item::version);
        let version = match asked {
            Asked::Present => version,
            Asked::Missing => 0,
            Asked::Next => version + 1,
        };
        (key.clone(), version)
    };
    conditions.iter().map(asked).collect()
}

impl Open {
    pub(crate) fn begin(store: &mut Store, model: &mut Model, now: u64) -> Self {
        let transaction = store.begin(now);
        model.advance(now);
        let mut fork = model.clone();
        fork.contents.bounds.clear();
        fork.detail = (Detail::Rows, Detail::Rows);
        let (read, ranges, actions) = Default::default();
        Self { transaction, base: model.contents.entries.clone(), began: model.version, fork, read, ranges, actions }
    }

    /// Makes a call within, and compares what it answers.
    pub(crate) fn call(&mut self, call: &Call, now: u64) {
        match call {
            Call::Apply { conditions, actions } => {
                let asked = versions(&self.fork, conditions, now);
                for (key, _) in &asked {
                    self.note_read(key, now);
                }
                let values: Vec<OwnedValue> = actions.iter().map(Action::value).collect();
                let operations: Vec<Operation<'_>> = actions.iter().zip(&values).map(|(action, value)| action.operation(value)).collect();
                let conditions: Vec<Condition<'_>> = asked.iter().map(|(key, version)| Condition { key, version: *version }).collect();
                let receipt = self.transaction.apply(&conditions, &operations, now).map_err(|error| error.code());
                for action in actions {
                    self.note(action, now);
                }
                // Expiry takes no number within, and all that it writes has the one that its commit will have.
                self.fork.advance(now);
                self.fork.version = self.began;
                assert_eq!(receipt, self.fork.apply(&asked, actions, now), "what is staged");
                self.fork.version = self.began;
                if receipt.is_ok() {
                    self.actions.extend(actions.iter().cloned());
                }
            }
            Call::Get { key } => {
                let item = self.fork.find(key, now).cloned();
                // Metadata is told too, and what a put of its own kept of it is not its own.
                self.note_metadata(key, now);
                let entry = self.transaction.get(key, now);
                assert_eq!(entry.is_some(), item.is_some(), "whether {key:?} is there");
                if let (Some(entry), Some(item)) = (entry, item) {
                    item.check(key, &entry);
                }
            }
            Call::Count { prefix } => {
                self.ranges.push(((*prefix).into(), None, false, now.max(self.fork.now)));
                assert_eq!(self.transaction.count(prefix, now), self.fork.live(prefix, now).count());
            }
            Call::List { prefix, after, reverse } => {
                self.ranges.push(((*prefix).into(), after.clone(), *reverse, now.max(self.fork.now)));
                let mut listing = self.transaction.list(Range { prefix, after: after.as_deref(), reverse: *reverse }, now);
                let mut keys = Vec::new();
                while let Some(entry) = listing.next() {
                    keys.push(entry.key.to_string());
                }
                let mut expected: Vec<String> = self.fork.live(prefix, now).map(|(key, _)| key.clone()).collect();
                expected.retain(|key| is_beyond(key, after.as_deref(), *reverse));
                if *reverse {
                    expected.reverse();
                }
                assert_eq!(keys, expected, "the keys of {prefix:?} within a transaction");
            }
            other => panic!("{other:?} is no call of a transaction"),
        }
    }

    /// Commits, and compares what comes of it.
    pub(crate) fn commit(self, store: &mut Store, model: &mut Model, now: u64) -> Result<Receipt, &'static str> {
        let receipt = store.commit(self.transaction, now).map_err(|error| error.code());
        model.advance(now);
        let version = |entries: &BTreeMap<String, Item>, key: &str| entries.get(key).map_or(0, Item::version);
        let present = &model.contents.entries;
        let has_changed = |key: &String| version(&self.base, key) != version(present, key);
        let is_listed = |key: &String| {
            self.ranges.iter().any(|(prefix, after, reverse, told)| {
                // What had expired when the range was listed was not told.
                let was_there = self.base.get(key).is_some_and(|item| *told < item.deadline);
                key.starts_with(prefix) && is_beyond(key, after.as_deref(), *reverse) && (was_there || present.contains_key(key))
            })
        };
        let keys: BTreeSet<&String> = self.base.keys().chain(present.keys()).collect();
        let conflicts = model.version != self.began
            && (self.read.iter().any(|(key, read)| *read != version(present, key))
                || keys.into_iter().any(|key| has_changed(key) && is_listed(key)));
        let expected = if conflicts { Err("CONFLICT") } else { model.apply(&[], &self.actions, now) };
        assert_eq!(receipt, expected, "the outcome of a transaction");
        receipt
    }

    fn note_read(&mut self, key: &str, now: u64) {
        // What it wrote itself is nobody else's to change.
        if self.fork.find(key, now).is_some_and(|item| item.version() > self.began) {
            return;
        }
        self.note_metadata(key, now);
    }

    fn note_metadata(&mut self, key: &str, now: u64) {
        let now = now.max(self.fork.now);
        let read = self.base.get(key).filter(|item| now < item.deadline).map_or(0, Item::version);
        self.read.entry(key.into()).or_insert(read);
    }

    fn note(&mut self, action: &Action, now: u64) {
        match action {
            Action::Put { .. } => {}
            Action::DeletePrefix { prefix } => self.ranges.push((prefix.clone(), None, false, now.max(self.fork.now))),
            other => self.note_read(other.key(), now),
        }
    }
}

fn is_beyond(key: &str, after: Option<&str>, reverse: bool) -> bool {
    after.is_none_or(|after| if reverse { key < after } else { key > after })
}
