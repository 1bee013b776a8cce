//! What the promises are written with: a replica, and a backend that answers by hand.

use holdall::{Answer, Logged, Operation, Replica, ReplicaOptions, Store, Ttl, Value};

pub(crate) fn put<'a>(key: &'a str, text: &'a str) -> Operation<'a> {
    Operation::Put { key, value: Value { encoding: 0, bytes: text.as_bytes() }, ttl: Ttl::Default, metadata: None }
}

pub(crate) fn options() -> ReplicaOptions {
    ReplicaOptions { scope: "".into(), default_ttl: None, max_commit_bytes: 1 << 20, max_backlog_bytes: 1 << 26, spread: 100 }
}

/// A replica and the store that it keeps.
pub(crate) struct Held {
    pub(crate) store: Store,
    pub(crate) replica: Replica,
}

impl Held {
    pub(crate) fn new() -> Self {
        let mut store = Store::new(holdall::Options::default()).unwrap();
        let replica = Replica::new(options(), &mut store, 0);
        Self { store, replica }
    }

    pub(crate) fn apply(&mut self, operations: &[Operation<'_>], now: u64) {
        self.replica.apply(&mut self.store, operations, now).unwrap();
    }

    /// Sends the next commit; its counter and operations.
    pub(crate) fn send(&mut self, now: u64) -> Option<(u64, Vec<u8>)> {
        self.replica.next(&mut self.store, now).map(|request| (request.counter, request.operations.to_vec()))
    }

    pub(crate) fn answer(&mut self, counter: u64, answer: Answer, now: u64) {
        self.replica.answer(&mut self.store, counter, answer, now);
    }

    pub(crate) fn commit(&mut self, counter: u64, number: u64, now: u64) {
        self.answer(counter, Answer::Committed { number, time: now, after: number - 1, changed: true }, now);
    }

    /// A commit of another replica, made of operations as they are written down.
    pub(crate) fn receive(&mut self, number: u64, operations: &[u8], now: u64) {
        let commit = Logged { number, time: now, own: None, operations };
        self.replica.receive(&mut self.store, &commit, now).unwrap();
    }

    pub(crate) fn text(&self, key: &str, now: u64) -> Option<String> {
        self.store.peek(key, now).map(|entry| String::from_utf8(entry.value.bytes.to_vec()).unwrap())
    }

    pub(crate) fn version(&self, key: &str) -> u64 {
        self.store.peek(key, 0).map_or(0, |entry| entry.version())
    }
}

/// Operations as they are written down.
pub(crate) fn written(operations: &[Operation<'_>]) -> Vec<u8> {
    let mut other = Held::new();
    other.apply(operations, 1);
    other.send(1).unwrap().1
}
