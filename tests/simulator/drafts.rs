//! Conditional commits in the making: transactions with what they were told, which has to hold at the number that they get.

use holdall::{OwnedValue, Range, Seen, Transaction};

use super::actions::Action;
use super::backend::Backend;
use super::items::{Item, Notes};
use super::peer::Peer;

type Content = (OwnedValue, Notes);

/// What a range held when it was read.
#[derive(Debug)]
struct Listed {
    prefix: String,
    after: Option<String>,
    reverse: bool,
    told: Vec<(String, Content)>,
    /// What the transaction itself had written then.
    written: Vec<Action>,
}

/// What a commit was decided upon.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    keys: Vec<(String, Option<Content>)>,
    ranges: Vec<Listed>,
}

impl Reads {
    /// Whether all of it stands so at the backend.
    pub(crate) fn hold(&self, scope: &str, backend: &Backend) -> bool {
        let live = |key: &str| backend.items.get(key).filter(|item| backend.time < item.deadline);
        let is_same = |(key, content): &(String, Option<Content>)| live(&format!("{scope}{key}")).map(Item::content) == *content;
        self.keys.iter().all(is_same) && self.ranges.iter().all(|listed| listed.holds(scope, backend))
    }
}

impl Listed {
    /// Whether it holds the same, by the backend's time.
    fn holds(&self, scope: &str, backend: &Backend) -> bool {
        let in_range = |short: &str| {
            let is_beyond = |after: &String| if self.reverse { short < &**after } else { short > &**after };
            short.starts_with(&self.prefix) && self.after.as_ref().is_none_or(is_beyond)
        };
        let live = backend.items.iter().filter(|(_, item)| backend.time < item.deadline);
        let present = live.filter_map(|(key, item)| Some((key.strip_prefix(scope)?, item)));
        let present: Vec<(&str, &Item)> =
            present.filter(|(short, _)| in_range(short) && !self.written.iter().any(|action| action.names(short))).collect();
        let was_told = |(short, item): &(&str, &Item)| self.told.iter().any(|(key, told)| key == short && *told == item.content());
        present.iter().all(was_told) && present.len() == self.told.len()
    }
}

/// A transaction that is open.
#[derive(Debug)]
pub(crate) struct Draft {
    transaction: Transaction,
    seen: Seen,
    reads: Reads,
    actions: Vec<Action>,
}

impl Draft {
    fn has_written(&self, key: &str) -> bool {
        self.actions.iter().any(|action| action.names(key))
    }

    /// Reads a key.
    pub(crate) fn read(&mut self, key: &str, now: u64) {
        let is_own = self.has_written(key);
        let content = self.transaction.get(key, now).map(|entry| Item::of(&entry).content());
        if !is_own {
            self.reads.keys.push((key.into(), content));
        }
    }

    /// Lists a range.
    pub(crate) fn list(&mut self, prefix: &str, after: Option<&str>, reverse: bool, now: u64) {
        let mut listing = self.transaction.list(Range { prefix, after, reverse }, now);
        let mut told = Vec::new();
        while let Some(entry) = listing.next() {
            told.push((entry.key.to_string(), Item::of(&entry).content()));
        }
        told.retain(|(key, _)| !self.has_written(key));
        let written = self.actions.clone();
        self.reads.ranges.push(Listed { prefix: prefix.into(), after: after.map(Into::into), reverse, told, written });
    }

    /// Stages an operation; of all but a put the outcome tells something.
    pub(crate) fn stage(&mut self, action: Action, now: u64) {
        match &action {
            Action::Put { .. } => {}
            Action::Clear { prefix } => self.list(&prefix.clone(), None, false, now),
            named => self.read(named.key(), now),
        }
        self.transaction.apply(&[], &[action.operation()], now).unwrap();
        self.actions.push(action);
    }
}

impl Peer {
    /// Begins a transaction.
    pub(crate) fn begin(&mut self, backend: &Backend) {
        let now = self.tell_time(backend.time);
        let (transaction, seen) = self.replica.begin(&mut self.store, now);
        self.drafts.push(Draft { transaction, seen, reads: Reads::default(), actions: Vec::new() });
    }

    /// Hands in a transaction.
    pub(crate) fn commit(&mut self, at: usize, backend: &Backend) {
        let Draft { transaction, seen, reads, actions } = self.drafts.swap_remove(at);
        let now = self.tell_time(backend.time);
        match self.replica.commit(&mut self.store, transaction, seen, now) {
            Ok(_) => self.wait_for(&actions, Some(reads)),
            Err(error) => assert!(matches!(error.code(), "COMMIT_TOO_LARGE" | "BACKLOG_FULL" | "OUT_OF_RANGE"), "{error}"),
        }
        self.check(backend, &[holdall::Origin::Local]);
    }

    /// Writes on condition that some keys still have the versions that are shown.
    pub(crate) fn compare(&mut self, keys: &[String], actions: &[Action], backend: &Backend) {
        let now = self.tell_time(backend.time);
        self.replica.advance(&mut self.store, now);
        let seen = (self.replica.seen(), self.store.version());
        let mut reads = Reads::default();
        let mut conditions = Vec::new();
        for key in keys {
            let entry = self.store.peek(key, now);
            conditions.push((key.as_str().into(), entry.map_or(0, |entry| entry.version())));
            reads.keys.push((key.clone(), entry.map(|entry| Item::of(&entry).content())));
        }
        let operations: Vec<_> = actions.iter().map(Action::operation).collect();
        match self.replica.submit(&mut self.store, conditions, Vec::new(), seen, &operations, now) {
            Ok(_) => self.wait_for(actions, Some(reads)),
            Err(error) => assert!(matches!(error.code(), "COMMIT_TOO_LARGE" | "BACKLOG_FULL"), "{error}"),
        }
        self.check(backend, &[holdall::Origin::Local]);
    }
}
