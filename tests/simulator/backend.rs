//! A backend in the plainest form, as `ts/backends/backend.ts` describes it: one list of commits, all that they ever made of each key, and what
//! each replica committed last.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use holdall::Answer;

use super::actions::{Action, decode};
use super::items::{Item, Items, after};

/// When every history begins, in milliseconds.
pub(crate) const BEGINNING: u64 = 1_800_000_000_000;

/// Whose commits are those by which the backend makes room.
const NOBODY: u64 = u64::MAX;

/// A range of keys in which nothing must have changed.
#[derive(Debug, Clone)]
pub(crate) struct RangeCondition {
    pub(crate) prefix: String,
    pub(crate) after: Option<String>,
    pub(crate) reverse: bool,
}

impl RangeCondition {
    fn contains(&self, key: &str) -> bool {
        let is_beyond = |after: &String| if self.reverse { key < &**after } else { key > &**after };
        key.starts_with(&self.prefix) && self.after.as_ref().is_none_or(is_beyond)
    }
}

/// A commit as a replica sends it, with full keys.
#[derive(Debug, Clone)]
pub(crate) struct CommitRequest {
    /// The store that the replica believes to write to.
    pub(crate) store: u64,
    pub(crate) replica: u64,
    pub(crate) counter: u64,
    /// Which attempt to send it this is.
    pub(crate) attempt: u64,
    pub(crate) is_retry: bool,
    pub(crate) conditions: Vec<(String, u64)>,
    pub(crate) ranges: Vec<RangeCondition>,
    pub(crate) since: u64,
    pub(crate) own: u64,
    pub(crate) bytes: Vec<u8>,
}

/// A commit in the log.
#[derive(Debug, Clone)]
pub(crate) struct LoggedCommit {
    pub(crate) number: u64,
    pub(crate) time: u64,
    pub(crate) replica: u64,
    pub(crate) counter: u64,
    pub(crate) operations: Vec<(Action, Range<usize>)>,
    pub(crate) bytes: Vec<u8>,
    changed: BTreeSet<String>,
}

#[derive(Debug)]
pub(crate) struct Backend {
    /// Names the store; another one when data was lost.
    pub(crate) id: u64,
    pub(crate) time: u64,
    pub(crate) log: Vec<LoggedCommit>,
    /// What the log tells no more: commits up to this number.
    pub(crate) trimmed: u64,
    pub(crate) items: Items,
    /// What became of each key, by the number of the commit.
    history: BTreeMap<String, Vec<(u64, Option<Item>)>>,
    /// What each replica committed last, and the answer to it.
    records: BTreeMap<u64, (u64, Option<Answer>)>,
    /// How many entries it takes.
    pub(crate) most: usize,
}

impl Backend {
    pub(crate) fn new(time: u64, most: usize) -> Self {
        let (log, items, history, records) = Default::default();
        Self { id: 1, time, log, trimmed: 0, items, history, records, most }
    }

    pub(crate) fn head(&self) -> u64 {
        self.log.len() as u64
    }

    pub(crate) fn logged(&self, number: u64) -> &LoggedCommit {
        &self.log[number as usize - 1]
    }

    /// A replica opens the store: from now on what it commits is remembered.
    pub(crate) fn register(&mut self, replica: u64) {
        self.records.insert(replica, (0, None));
    }

    /// Forgets what a replica committed last.
    pub(crate) fn forget(&mut self, replica: u64) {
        self.records.remove(&replica);
    }

    /// What a key was after a commit.
    pub(crate) fn item_at(&self, key: &str, number: u64) -> Option<&Item> {
        let history = self.history.get(key)?;
        let known = history.partition_point(|(at, _)| *at <= number);
        history[..known].last().and_then(|(_, item)| item.as_ref())
    }

    /// All keys that ever were.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &String> {
        self.history.keys()
    }

    /// Applies a commit, once, all of it or nothing.
    pub(crate) fn answer(&mut self, request: &CommitRequest) -> Answer {
        match self.records.get(&request.replica) {
            Some((counter, Some(answer))) if *counter == request.counter => return *answer,
            Some((counter, _)) => assert!(*counter < request.counter, "a commit came after a later one of its replica"),
            None if request.is_retry => return Answer::Unknown,
            None => {}
        }
        if !self.holds(request) {
            return Answer::Conflict { number: self.head() };
        }
        let number = self.head() + 1;
        let operations = decode(&request.bytes);
        let mut changes = BTreeMap::new();
        for (action, _) in &operations {
            for key in self.keys_named(action, &changes) {
                let present = changes.get(&key).cloned().unwrap_or_else(|| self.items.get(&key).cloned());
                let next = after(present.as_ref(), action, number, self.time);
                changes.insert(key, next);
            }
        }
        changes.retain(|key, next| self.items.get(key) != next.as_ref());
        let held = |key: &String| changes.get(key).map_or(self.items.contains_key(key), Option::is_some);
        let count = self.items.keys().chain(changes.keys()).collect::<BTreeSet<_>>().into_iter().filter(|key| held(key)).count();
        if count > self.most && count > self.items.len() {
            return if self.sweep() { self.answer(request) } else { Answer::Refused };
        }
        let answer = if changes.is_empty() {
            Answer::Committed { number: self.head(), time: self.time, after: self.head(), changed: false }
        } else {
            self.append((request.replica, request.counter), &request.bytes, operations, changes);
            Answer::Committed { number, time: self.time, after: number - 1, changed: true }
        };
        self.records.insert(request.replica, (request.counter, Some(answer)));
        answer
    }

    /// Makes room by what has expired, as a commit of its own; whether there was any.
    fn sweep(&mut self) -> bool {
        let expired = self.items.iter().filter(|(_, item)| item.deadline <= self.time);
        let bytes = expired.clone().flat_map(|(key, item)| written_expire(key, item.version())).collect::<Vec<_>>();
        let changes = expired.map(|(key, _)| (key.clone(), None)).collect::<BTreeMap<_, _>>();
        if changes.is_empty() {
            return false;
        }
        self.append((NOBODY, 0), &bytes, decode(&bytes), changes);
        true
    }

    fn append(
        &mut self,
        (replica, counter): (u64, u64),
        bytes: &[u8],
        operations: Vec<(Action, Range<usize>)>,
        changes: BTreeMap<String, Option<Item>>,
    ) {
        let number = self.head() + 1;
        let keys = changes.keys().cloned().collect();
        for (key, next) in changes {
            match &next {
                Some(item) => self.items.insert(key.clone(), item.clone()),
                None => self.items.remove(&key),
            };
            self.history.entry(key).or_default().push((number, next));
        }
        self.log.push(LoggedCommit { number, time: self.time, replica, counter, operations, bytes: bytes.into(), changed: keys });
    }

    fn keys_named(&self, action: &Action, changes: &BTreeMap<String, Option<Item>>) -> Vec<String> {
        if action.is_clear() {
            self.items.keys().chain(changes.keys()).filter(|key| key.starts_with(action.key())).cloned().collect()
        } else {
            vec![action.key().into()]
        }
    }

    /// Whether what a commit was decided upon still holds.
    fn holds(&self, request: &CommitRequest) -> bool {
        let has_version = |(key, version): &(String, u64)| {
            let live = self.items.get(key).filter(|item| self.time < item.deadline);
            live.map_or(0, Item::version) == *version
        };
        let is_own =
            |commit: &LoggedCommit| commit.replica == NOBODY || (commit.replica == request.replica && commit.counter <= request.own);
        let is_quiet = |range: &RangeCondition| {
            let later = self.log.iter().skip(request.since as usize);
            request.since >= self.trimmed
                && later.filter(|commit| !is_own(commit)).all(|commit| !commit.changed.iter().any(|key| range.contains(key)))
        };
        request.conditions.iter().all(has_version) && request.ranges.iter().all(is_quiet)
    }

    /// Loses what was committed last, as a backend does that keeps it in memory.
    pub(crate) fn lose(&mut self, number: u64) {
        self.log.truncate(number as usize);
        self.trimmed = self.trimmed.min(number);
        self.id += 1;
        for history in self.history.values_mut() {
            history.retain(|(at, _)| *at <= number);
        }
        let last = |key: &String| self.history[key].last().and_then(|(_, item)| item.clone());
        self.items = self.history.keys().filter_map(|key| Some((key.clone(), last(key)?))).collect();
        for (replica, record) in &mut self.records {
            let commit = self.log.iter().rev().find(|commit| commit.replica == *replica);
            *record = commit.map_or((0, None), |commit| {
                let LoggedCommit { number, time, counter, .. } = *commit;
                (counter, Some(Answer::Committed { number, time, after: number - 1, changed: true }))
            });
        }
    }
}

fn written_expire(key: &str, version: u64) -> Vec<u8> {
    let length = (key.len() as u32).to_le_bytes();
    [&[5], &length[..], key.as_bytes(), &(version as f64).to_le_bytes()].concat()
}
