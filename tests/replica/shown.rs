//! What is written is shown at once, and what is shown is always what is confirmed with the pending writes upon it.

use holdall::{Answer, Decided, Operation, PENDING};

use super::support::{Held, put, written};

#[test]
fn a_write_is_shown_at_once_and_pending_until_it_is_acknowledged() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 10);
    assert_eq!(held.text("a", 10).as_deref(), Some("1"));
    assert!(held.replica.is_pending("a") && held.version("a") > PENDING);

    let (counter, _) = held.send(10).unwrap();
    assert!(held.send(10).is_none());
    held.commit(counter, 1, 12);
    assert!(!held.replica.is_pending("a"));
    assert_eq!((held.version("a"), held.replica.applied()), (1, 1));
    assert_eq!(held.store.peek("a", 0).unwrap().created_at, 12);
    assert_eq!(held.replica.take_outcomes()[0].decided, Decided::Committed(1));
}

#[test]
fn a_refused_write_shows_what_is_confirmed_beneath_later_ones() {
    let mut held = Held::new();
    held.receive(1, &written(&[put("a", "confirmed"), put("b", "confirmed")]), 1);
    held.apply(&[put("a", "first"), put("b", "first")], 2);
    let (first, _) = held.send(2).unwrap();
    held.apply(&[put("a", "second")], 3);
    held.answer(first, Answer::Refused, 4);
    assert_eq!(held.text("a", 4).as_deref(), Some("second"));
    assert_eq!(held.text("b", 4).as_deref(), Some("confirmed"));
    let (second, _) = held.send(4).unwrap();
    held.answer(second, Answer::Refused, 5);
    assert_eq!(held.text("a", 5).as_deref(), Some("confirmed"));
    assert_eq!(held.version("a"), 1);
}

#[test]
fn a_batch_that_is_refused_is_sent_again_commit_by_commit() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    held.apply(&[put("b", "2")], 1);
    let (both, operations) = held.send(1).unwrap();
    assert_eq!(operations, written(&[put("a", "1"), put("b", "2")]));
    held.answer(both, Answer::Refused, 2);
    let (first, operations) = held.send(2).unwrap();
    assert_eq!(operations, written(&[put("a", "1")]));
    held.answer(first, Answer::Refused, 2);
    let (second, _) = held.send(2).unwrap();
    held.commit(second, 1, 3);
    assert_eq!((held.text("a", 3), held.text("b", 3).as_deref()), (None, Some("2")));
}

#[test]
fn a_pending_clear_hides_what_others_write_before_it_is_decided() {
    let mut held = Held::new();
    held.apply(&[put("x:1", "mine")], 1);
    held.apply(&[Operation::DeletePrefix { prefix: "x:" }], 2);
    held.receive(1, &written(&[put("x:2", "theirs"), put("y", "theirs")]), 3);
    assert_eq!((held.text("x:2", 3), held.text("y", 3).as_deref()), (None, Some("theirs")));
    let (counter, _) = held.send(3).unwrap();
    held.commit(counter, 2, 4);
    assert_eq!(held.store.stats().entries, 1);
}
