//! What the promises are written with: a replica, and a backend that answers by hand.

use holdall::{
    Answer, Change, Decided, Detail, Logged, MetadataPatch, NEVER, Operation, Options, Origin, Outcome, RangeRead, Replica, ReplicaOptions,
    Store, Ttl, Value,
};

pub(crate) fn put<'a>(key: &'a str, text: &'a str) -> Operation<'a> {
    put_for(key, text, Ttl::Default)
}

pub(crate) fn put_for<'a>(key: &'a str, text: &'a str, ttl: Ttl) -> Operation<'a> {
    Operation::Put { key, value: Value { encoding: 0, bytes: text.as_bytes() }, ttl, metadata: None }
}

pub(crate) fn annotate<'a>(key: &'a str, metadata: &'a MetadataPatch) -> Operation<'a> {
    Operation::Annotate { key, metadata }
}

pub(crate) fn tag(name: &str) -> MetadataPatch {
    MetadataPatch { add_tag: Some(name.into()), ..MetadataPatch::default() }
}

pub(crate) fn untag(name: &str) -> MetadataPatch {
    MetadataPatch { remove_tag: Some(name.into()), ..MetadataPatch::default() }
}

pub(crate) fn options() -> ReplicaOptions {
    ReplicaOptions { scope: "".into(), default_ttl: None, max_commit_bytes: 1 << 20, max_backlog_bytes: 1 << 26, spread: 100 }
}

/// The counter of a commit that was sent, the versions that keys must have, and ranges.
pub(crate) type Sent = (u64, Vec<(String, u64)>, Vec<RangeRead>);

/// A replica and the store that it keeps.
pub(crate) struct Held {
    pub(crate) store: Store,
    pub(crate) replica: Replica,
}

impl Held {
    pub(crate) fn new() -> Self {
        Self::with(options())
    }

    pub(crate) fn with(options: ReplicaOptions) -> Self {
        Self::loaded(options, &[], 0)
    }

    /// A replica of what was loaded up to a number, in bytes of [`entry`].
    pub(crate) fn loaded(options: ReplicaOptions, entries: &[Vec<u8>], number: u64) -> Self {
        let mut store = loaded(&options.scope, entries);
        store.take_outbox();
        store.observe(Detail::Changes, Detail::Changes);
        let replica = Replica::new(options, &mut store, number);
        Self { store, replica }
    }

    pub(crate) fn apply(&mut self, operations: &[Operation<'_>], now: u64) {
        self.replica.apply(&mut self.store, operations, now).unwrap();
    }

    /// Hands in a commit on condition that keys have these versions, decided upon what is shown now.
    pub(crate) fn submit(&mut self, conditions: &[(&str, u64)], operations: &[Operation<'_>], now: u64) -> u64 {
        let conditions = conditions.iter().map(|(key, version)| ((*key).into(), *version)).collect();
        let seen = (self.replica.seen(), self.store.version());
        self.replica.submit(&mut self.store, conditions, Vec::new(), seen, operations, now).unwrap()
    }

    /// Sends the next commit; its counter and operations.
    pub(crate) fn send(&mut self, now: u64) -> Option<(u64, Vec<u8>)> {
        self.replica.next(&mut self.store, now).map(|request| (request.counter, request.operations.to_vec()))
    }

    /// Sends the next commit; its counter, and what has to hold for it.
    pub(crate) fn send_conditions(&mut self, now: u64) -> Option<Sent> {
        let request = self.replica.next(&mut self.store, now)?;
        let conditions = request.conditions.iter().map(|(key, version)| (key.to_string(), *version)).collect();
        Some((request.counter, conditions, request.ranges.to_vec()))
    }

    pub(crate) fn answer(&mut self, counter: u64, answer: Answer, now: u64) {
        self.replica.answer(&mut self.store, counter, answer, now);
    }

    pub(crate) fn commit(&mut self, counter: u64, number: u64, now: u64) {
        self.answer(counter, Answer::Committed { number, time: now, after: number - 1, changed: true }, now);
    }

    /// The answer that a commit did nothing.
    pub(crate) fn commit_nothing(&mut self, counter: u64, number: u64, now: u64) {
        self.answer(counter, Answer::Committed { number, time: now, after: number, changed: false }, now);
    }

    /// A commit of another replica, made of operations as they are written down.
    pub(crate) fn receive(&mut self, number: u64, operations: &[u8], now: u64) {
        self.hear(number, None, operations, now);
    }

    /// A commit that the log tells, of this replica where it is its `own`.
    pub(crate) fn hear(&mut self, number: u64, own: Option<u64>, operations: &[u8], now: u64) {
        let commit = Logged { number, time: now, own, operations };
        self.replica.receive(&mut self.store, &commit, now).unwrap();
    }

    /// Takes over what was loaded anew.
    pub(crate) fn reload(&mut self, entries: &[Vec<u8>], number: u64, now: u64) {
        self.replica.reload(&mut self.store, &loaded("", entries), number, now);
    }

    pub(crate) fn text(&self, key: &str, now: u64) -> Option<String> {
        self.store.peek(key, now).map(|entry| String::from_utf8(entry.value.bytes.to_vec()).unwrap())
    }

    pub(crate) fn tags(&self, key: &str) -> Vec<String> {
        let metadata = self.store.peek(key, 0).and_then(|entry| entry.metadata);
        metadata.map_or_else(Vec::new, |metadata| metadata.tags.iter().map(ToString::to_string).collect())
    }

    pub(crate) fn version(&self, key: &str) -> u64 {
        self.store.peek(key, 0).map_or(0, |entry| entry.version())
    }

    /// What listeners were told since the last call.
    pub(crate) fn told(&mut self) -> Vec<(Origin, Vec<Change>)> {
        self.store.take_outbox().commits.into_iter().map(|commit| (commit.origin, commit.changes)).collect()
    }

    /// What was decided since the last call.
    pub(crate) fn decided(&mut self) -> Vec<(u64, u64, Decided)> {
        self.replica.take_outcomes().into_iter().map(|Outcome { first, last, decided }| (first, last, decided)).collect()
    }
}

fn loaded(scope: &str, entries: &[Vec<u8>]) -> Store {
    let mut store = Store::new(Options::default()).unwrap();
    Replica::install(&mut store, scope, &entries.concat()).unwrap();
    store
}

/// An entry without metadata, as a loading writes it down.
pub(crate) fn entry(key: &str, text: &str, version: u64, deadline: u64) -> Vec<u8> {
    let deadline = if deadline == NEVER { f64::INFINITY } else { deadline as f64 };
    let numbers = [version as f64, 1.0, 1.0, deadline].map(f64::to_le_bytes).concat();
    let length = |text: &str| (text.len() as u32).to_le_bytes();
    [&length(key)[..], key.as_bytes(), &numbers, &[0], &length(text), text.as_bytes(), &[0]].concat()
}

/// Operations as they are written down.
pub(crate) fn written(operations: &[Operation<'_>]) -> Vec<u8> {
    let mut other = Held::new();
    other.apply(operations, 1);
    other.send(1).unwrap().1
}
