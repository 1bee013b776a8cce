//! What has to be true of a replica after each step.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Arguments, Debug};

use holdall::{ChangeKind, Committed, Decided, Origin, Outcome, OwnedValue, PENDING, Range};

use super::backend::Backend;
use super::items::{Item, Items, after};
use super::peer::Peer;

impl Peer {
    /// Panics unless the replica holds, shows and tells what it should. `origins` are those that commits may be told with now.
    pub(crate) fn check(&mut self, backend: &Backend, origins: &[Origin]) {
        self.check_outcomes(backend);
        self.check_confirmed(backend);
        let waits = |number: u64| number > self.applied || self.is_adrift;
        self.pending.retain(|pending| pending.number.is_none_or(waits));
        let shown = self.check_shown();
        self.check_told(origins, &shown);
        self.check_backlog();
        self.check_history(backend);
    }

    /// Panics unless what was decided is so.
    pub(crate) fn check_outcomes(&mut self, backend: &Backend) {
        self.replica.take_outcomes().iter().for_each(|outcome| self.check_outcome(outcome, backend));
    }

    /// Each commit is decided once, and as it is said.
    fn check_outcome(&mut self, outcome: &Outcome, backend: &Backend) {
        let Outcome { first, last, decided } = *outcome;
        for counter in first..=last {
            let Some(at) = self.pending.iter().position(|pending| pending.counter == counter) else {
                assert!(self.removals.remove(&counter), "{counter} was decided twice, or never made");
                continue;
            };
            let pending = &mut self.pending[at];
            assert_eq!(pending.number, None, "{counter} was decided twice");
            let is_logged = backend.log.iter().rev().any(|commit| commit.replica == self.id && Some(commit.counter) == pending.batch);
            match decided {
                Decided::Committed(number) => {
                    assert_eq!(pending.batch, Some(last), "{counter} was decided and not sent");
                    assert!(!is_logged || backend.logged(number).counter == last && backend.logged(number).replica == self.id);
                    assert!(pending.reads.is_none() || self.replica.applied() >= number, "a decision was told before it was shown");
                    pending.number = Some(number);
                }
                Decided::Conflict(_) | Decided::Refused => {
                    assert!(!is_logged, "{counter} is committed, and was called {decided:?}");
                    assert_eq!(first, last, "a refusal is its caller's only");
                    assert!(decided == Decided::Refused || pending.reads.is_some(), "a write without conditions conflicts with nothing");
                    self.pending.remove(at);
                }
                Decided::Unknown => {
                    assert!(pending.batch.is_some(), "{counter} was not sent");
                    self.pending.remove(at);
                }
            }
        }
    }

    /// What is confirmed is what the log has made of what was loaded.
    fn check_confirmed(&mut self, backend: &Backend) {
        let applied = self.replica.applied();
        assert!(applied >= self.applied, "applied commits went back from {} to {applied}", self.applied);
        let told = self.replica.take_confirmed();
        assert!(told.windows(2).all(|pair| pair[0].version < pair[1].version), "confirmed commits out of order");
        for commit in &told {
            let is_timely = commit.version > self.applied && commit.version <= applied;
            assert!(is_timely, "a confirmed commit was told between {} and {applied}: {commit:?}", self.applied);
        }
        for number in self.applied + 1..=applied {
            let mut confirmed = std::mem::take(&mut self.confirmed);
            // What was loaded with this commit in it.
            let ahead: BTreeSet<String> =
                confirmed.iter().filter(|(_, item)| item.version() >= number).map(|(key, _)| key.clone()).collect();
            for (action, _) in &backend.logged(number).operations {
                if let Some(action) = action.seen_from(&self.options.scope) {
                    let time = backend.logged(number).time;
                    let keys = if action.is_clear() { confirmed.keys().cloned().collect() } else { vec![action.key().to_string()] };
                    for key in keys.iter().filter(|key| action.names(key) && !ahead.contains(*key)) {
                        let next = after(confirmed.get(key), &action, number, time);
                        set(&mut confirmed, key, next);
                    }
                }
            }
            self.confirmed = confirmed;
        }
        self.applied = applied;
        for commit in &told {
            hear(&mut self.fed, commit);
        }
        agree(&self.fed, &values(&self.confirmed), format_args!("who reads confirmed commits has other contents; it was told {told:?}"));
    }

    /// What is shown is what is confirmed with the pending writes upon it, less what has expired.
    fn check_shown(&mut self) -> BTreeMap<String, OwnedValue> {
        let mut expected = self.confirmed.clone();
        let mut pending_keys = Vec::new();
        for pending in self.pending.iter().filter(|pending| pending.reads.is_none()) {
            for action in &pending.actions {
                let keys = if action.is_clear() { expected.keys().cloned().collect() } else { vec![action.key().to_string()] };
                for key in keys.into_iter().filter(|key| action.names(key)) {
                    let next = after(expected.get(&key), action, PENDING + pending.counter, pending.made);
                    set(&mut expected, &key, next);
                    pending_keys.push(key);
                }
            }
        }
        expected.retain(|_, item| self.now < item.deadline);
        let mut listing = self.store.list(Range::default(), self.now);
        let mut shown = Items::new();
        while let Some(entry) = listing.next() {
            shown.insert(entry.key.into(), Item::of(&entry));
        }
        agree(&shown, &expected, format_args!("what is shown is not what is confirmed with the pending writes upon it"));
        assert_eq!(self.store.stats().entries, shown.len(), "the store keeps more than it shows");
        for key in pending_keys {
            assert!(self.replica.is_pending(&key), "{key:?} is written, and not pending");
        }
        for key in shown.keys().filter(|key| self.replica.is_pending(key)) {
            let is_named =
                |pending: &super::peer::Pending| pending.reads.is_none() && pending.actions.iter().any(|action| action.names(key));
            assert!(self.pending.iter().any(is_named), "{key:?} is pending, and was not written");
        }
        values(&shown)
    }

    /// Those who only listen know the same.
    fn check_told(&mut self, origins: &[Origin], shown: &BTreeMap<String, OwnedValue>) {
        let told = self.store.take_outbox().commits;
        for commit in &told {
            assert!(origins.contains(&commit.origin), "told as {:?}, which was none of {origins:?}: {commit:?}", commit.origin);
            hear(&mut self.heard, commit);
        }
        agree(&self.heard, shown, format_args!("who listens has other contents than what is shown; it was told {told:?}"));
    }

    fn check_backlog(&self) {
        let limit = self.options.max_backlog_bytes;
        // Removals are asked for however much waits.
        let removals = 1000 * 64;
        assert!(self.replica.backlog() <= limit + removals);
    }

    /// Once what was loaded is caught up with, every entry is the one that the backend had.
    fn check_history(&self, backend: &Backend) {
        if self.held != backend.id || self.applied < self.scanned {
            return;
        }
        let scope = &*self.options.scope;
        for key in backend.keys().filter_map(|key| key.strip_prefix(scope)) {
            let there = backend.item_at(&format!("{scope}{key}"), self.applied);
            assert_eq!(self.confirmed.get(key), there, "{key:?} after commit {}", self.applied);
        }
    }
}

/// Panics unless two contents are the same, telling where they differ.
pub(crate) fn agree<T: PartialEq + Debug>(left: &BTreeMap<String, T>, right: &BTreeMap<String, T>, what: Arguments<'_>) {
    if left == right {
        return;
    }
    let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let apart: Vec<_> = keys.into_iter().map(|key| (key, left.get(key), right.get(key))).filter(|(_, left, right)| left != right).collect();
    panic!("{what}: {apart:#?}");
}

fn set(items: &mut Items, key: &str, item: Option<Item>) {
    match item {
        Some(item) => items.insert(key.into(), item),
        None => items.remove(key),
    };
}

fn values(items: &Items) -> BTreeMap<String, OwnedValue> {
    items.iter().map(|(key, item)| (key.clone(), item.value.clone())).collect()
}

/// Does to contents what was told of a commit.
fn hear(contents: &mut BTreeMap<String, OwnedValue>, commit: &Committed) {
    assert!(commit.changes.windows(2).all(|pair| pair[0].key < pair[1].key), "changes out of order: {commit:?}");
    for change in &commit.changes {
        let key = change.key.to_string();
        assert_eq!(contents.get(&key), change.previous.as_ref(), "what was there before {change:?}");
        let is_removal = matches!(change.kind, ChangeKind::Delete | ChangeKind::Expire);
        assert_eq!(is_removal, change.value.is_none(), "{change:?}");
        match &change.value {
            Some(value) => {
                if change.kind == ChangeKind::Meta {
                    assert_eq!(contents.get(&key), Some(value), "a change of metadata is none of the value");
                }
                contents.insert(key, value.clone())
            }
            None => contents.remove(&key),
        };
    }
}
