//! Bytes that are damaged are refused, and nothing has changed then.

use holdall::{Logged, Operation, Options, Replica, Store, Ttl, Value};

use super::support::{Held, annotate, entry, put, tag, written};

#[test]
fn a_commit_that_is_cut_off_is_refused_whole() {
    let patch = tag("late");
    let value = Value { encoding: 1, bytes: b"2" };
    let whole = written(&[
        put("a", "2"),
        Operation::Put { key: "b", value, ttl: Ttl::Span(5), metadata: Some(&patch) },
        annotate("a", &patch),
        Operation::Touch { key: "a", ttl: Ttl::Keep },
        Operation::DeletePrefix { prefix: "c" },
    ]);
    let ends = [put("a", "2")].map(|first| written(&[first]).len());
    for length in (1..whole.len()).filter(|length| !ends.contains(length)) {
        let mut held = Held::new();
        held.receive(1, &written(&[put("a", "1")]), 1);
        held.told();
        let commit = Logged { number: 3, time: 2, own: None, operations: &whole[..length] };
        let Err(error) = held.replica.receive(&mut held.store, &commit, 2) else { continue };
        assert_eq!(error.code(), "CORRUPTED");
        assert_eq!((held.replica.applied(), held.text("a", 2).as_deref()), (1, Some("1")), "cut off at {length}");
        assert!(held.told().is_empty());
    }
}

#[test]
fn what_is_no_operation_is_refused() {
    for bytes in [&[9, 0, 0, 0, 0][..], &[1, 1, 0, 0, 0, 0xFF], &[1, 0xFF, 0xFF, 0xFF, 0xFF], &[0]] {
        let mut held = Held::new();
        let commit = Logged { number: 1, time: 1, own: None, operations: bytes };
        assert_eq!(held.replica.receive(&mut held.store, &commit, 1).unwrap_err().code(), "CORRUPTED");
        assert_eq!(held.replica.applied(), 0);
    }
}

#[test]
fn entries_that_are_cut_off_are_refused_whole() {
    let whole = [entry("a", "1", 1, 9), entry("b", "2", 2, 9)].concat();
    let first = entry("a", "1", 1, 9).len();
    for length in (1..whole.len()).filter(|length| *length != first) {
        let mut store = Store::new(Options::default()).unwrap();
        assert_eq!(Replica::install(&mut store, "", &whole[..length]).unwrap_err().code(), "CORRUPTED");
        assert_eq!(store.stats().entries, 0);
    }
}

/// A key that no store can hold would have broken the layout of a page.
#[test]
fn a_key_longer_than_any_is_refused() {
    let key = "k".repeat(holdall::MAX_KEY_BYTES + 1);
    let mut store = Store::new(Options::default()).unwrap();
    assert_eq!(Replica::install(&mut store, "", &entry(&key, "1", 1, 9)).unwrap_err().code(), "CORRUPTED");
    let mut held = Held::new();
    let bytes = [&[1][..], &(key.len() as u32).to_le_bytes(), key.as_bytes()].concat();
    let commit = Logged { number: 1, time: 1, own: None, operations: &bytes };
    assert_eq!(held.replica.receive(&mut held.store, &commit, 1).unwrap_err().code(), "CORRUPTED");
}
