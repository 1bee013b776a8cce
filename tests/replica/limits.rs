//! What is too large for the backend, or too much to wait for it, is refused before anything changes.

use holdall::{Answer, ReplicaOptions};

use super::support::{Held, entry, options, put, written};

#[test]
fn a_commit_larger_than_the_backend_takes_is_refused() {
    let limit = written(&[put("a", "12345")]).len();
    let mut held = Held::with(ReplicaOptions { max_commit_bytes: limit, ..options() });
    let error = held.replica.apply(&mut held.store, &[put("a", "123456")], 1).unwrap_err();
    assert_eq!((error.code(), held.replica.counter()), ("COMMIT_TOO_LARGE", 0));
    assert!(held.told().is_empty() && held.send(1).is_none());
    held.apply(&[put("a", "12345")], 1);
}

#[test]
fn a_write_beyond_the_backlog_is_refused_and_what_was_accepted_is_kept() {
    let one = written(&[put("a", "1")]).len();
    let mut held = Held::with(ReplicaOptions { max_backlog_bytes: 2 * one, ..options() });
    held.apply(&[put("a", "1")], 1);
    held.apply(&[put("b", "1")], 1);
    assert_eq!(held.replica.backlog(), 2 * one);
    let error = held.replica.apply(&mut held.store, &[put("c", "1")], 1).unwrap_err();
    assert_eq!((error.code(), held.text("c", 1)), ("BACKLOG_FULL", None));
    let (counter, _) = held.send(1).unwrap();
    held.commit(counter, 1, 2);
    assert_eq!(held.replica.backlog(), 0);
    held.apply(&[put("c", "1")], 2);
}

#[test]
fn a_refused_write_makes_room() {
    let one = written(&[put("a", "1")]).len();
    let mut held = Held::with(ReplicaOptions { max_backlog_bytes: one, ..options() });
    held.apply(&[put("a", "1")], 1);
    let (counter, _) = held.send(1).unwrap();
    held.answer(counter, Answer::Refused, 2);
    held.apply(&[put("a", "2")], 2);
}

/// The removals of a night went out as one commit, whatever the backend takes; it was refused, and asked for again.
#[test]
fn removals_are_no_larger_than_the_backend_takes() {
    let entries: Vec<Vec<u8>> = ["a", "b", "c"].map(|key| entry(key, "1", 1, 50)).into();
    let mut held = Held::loaded(ReplicaOptions { max_commit_bytes: 30, ..options() }, &entries, 1);
    held.replica.advance(&mut held.store, 50);
    for number in 2..4 {
        let (counter, operations) = held.send(150).unwrap();
        assert!(operations.len() <= 30, "{}", operations.len());
        held.commit(counter, number, 150);
    }
    assert!(held.send(150).is_none());
}
