//! Arbitrary bytes as what a backend holds and tells: refused as damaged with nothing changed, or taken, and then the store answers as any other.
#![no_main]

use holdall::{Answer, Logged, Operation, Options, Range, Replica, ReplicaOptions, Store, Ttl, Value};
use libfuzzer_sys::fuzz_target;

fn options(scope: &str) -> ReplicaOptions {
    ReplicaOptions { scope: scope.into(), default_ttl: None, max_commit_bytes: 1 << 16, max_backlog_bytes: 1 << 20, spread: 1 }
}

/// All that is shown, listed; and that what is asked for key by key is the same.
fn contents(store: &mut Store, now: u64) -> Vec<(String, Vec<u8>, u64)> {
    let mut listing = store.list(Range::default(), now);
    let mut entries = Vec::new();
    while let Some(entry) = listing.next() {
        entries.push((entry.key.to_string(), entry.value.bytes.to_vec(), entry.version()));
    }
    for (key, bytes, version) in &entries {
        let entry = store.peek(key, now).expect("it was listed");
        assert_eq!((entry.value.bytes, entry.version()), (&bytes[..], *version));
    }
    entries
}

/// Loads bytes, and lets a replica with pending writes take them over.
fn load(bytes: &[u8], scope: &str, now: u64) {
    let mut fresh = Store::new(Options::default()).expect("the options are valid");
    if let Err(error) = Replica::install(&mut fresh, scope, bytes) {
        assert_eq!(error.code(), "CORRUPTED");
        assert_eq!(fresh.stats().entries, 0, "what is refused changes nothing");
        return;
    }
    let (mut store, mut replica) = replica(scope);
    replica.reload(&mut store, &fresh, 9, now);
    assert!(store.peek("mine", now).is_some(), "what is pending stays");
    let mut replica = Replica::new(options(scope), &mut fresh, 9);
    replica.advance(&mut fresh, now);
    contents(&mut fresh, now);
}

/// Lets the log tell bytes, beneath a pending write that is refused then.
fn tell(bytes: &[u8], scope: &str, now: u64) {
    let (mut store, mut replica) = replica(scope);
    let before = contents(&mut store, now);
    let commit = Logged { number: 3, time: now, own: None, operations: bytes };
    if let Err(error) = replica.receive(&mut store, &commit, now) {
        assert_eq!(error.code(), "CORRUPTED");
        assert_eq!(replica.applied(), 0, "what is refused changes nothing");
        assert_eq!(contents(&mut store, now), before);
        return;
    }
    assert_eq!(replica.applied(), 3);
    let sent = replica.next(&mut store, now).map(|request| request.counter).expect("a write is pending");
    replica.answer(&mut store, sent, Answer::Refused, now);
    assert!(contents(&mut store, now).iter().all(|(_, _, version)| *version <= 3), "nothing is pending, and all of it is confirmed");
}

fn replica(scope: &str) -> (Store, Replica) {
    let mut store = Store::new(Options::default()).expect("the options are valid");
    let mut replica = Replica::new(options(scope), &mut store, 0);
    let mine = Operation::Put { key: "mine", value: Value { encoding: 0, bytes: b"mine" }, ttl: Ttl::Never, metadata: None };
    replica.apply(&mut store, &[mine], 0).expect("it fits");
    (store, replica)
}

fuzz_target!(|bytes: &[u8]| {
    for (scope, now) in [("", 0), ("a", 1_800_000_000_000)] {
        load(bytes, scope, now);
        tell(bytes, scope, now);
    }
});
