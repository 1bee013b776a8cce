//! Whole, adjacent, unconditional commits travel as one; what is out is never changed.

use holdall::{Answer, Decided};

use super::support::{Held, options, put, written};

#[test]
fn writes_that_wait_travel_as_one_commit() {
    let mut held = Held::new();
    held.apply(&[put("a", "1"), put("b", "1")], 1);
    held.apply(&[put("a", "2")], 2);
    let (counter, operations) = held.send(3).unwrap();
    assert_eq!((counter, operations), (2, written(&[put("a", "1"), put("b", "1"), put("a", "2")])));
    held.commit(counter, 1, 4);
    assert_eq!(held.decided(), [(1, 2, Decided::Committed(1))]);
    assert_eq!((held.version("a"), held.version("b")), (1, 1));
}

#[test]
fn a_batch_that_is_out_takes_no_more() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    let (first, _) = held.send(1).unwrap();
    held.apply(&[put("a", "2")], 2);
    assert!(held.send(2).is_none());
    held.commit(first, 1, 3);
    assert_eq!(held.text("a", 3).as_deref(), Some("2"));
    assert_eq!(held.send(3).unwrap(), (2, written(&[put("a", "2")])));
}

#[test]
fn nothing_merges_across_a_decision() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    let decision = held.submit(&[("b", 0)], &[put("b", "1")], 1);
    held.apply(&[put("c", "1")], 1);
    let (first, operations) = held.send(1).unwrap();
    assert_eq!(operations, written(&[put("a", "1")]));
    held.commit(first, 1, 2);
    let (second, operations) = held.send(2).unwrap();
    assert_eq!((second, operations), (decision, written(&[put("b", "1")])));
    held.answer(second, Answer::Conflict { number: 1 }, 3);
    assert_eq!(held.send(3).unwrap(), (3, written(&[put("c", "1")])));
}

/// A commit that is refused at once has a counter too: what came before it and what came after were merged, and its counter was told to be
/// committed with theirs.
#[test]
fn nothing_merges_across_a_decision_that_was_given_up() {
    let mut held = Held::new();
    let seen = (held.replica.seen(), held.store.version());
    held.replica.forget_numbers(&mut held.store, 1);
    held.reload(&[], 0, 1);
    held.apply(&[put("a", "1")], 1);
    held.replica.submit(&mut held.store, Vec::new(), Vec::new(), seen, &[put("b", "1")], 1).unwrap();
    held.apply(&[put("c", "1")], 1);
    assert_eq!(held.decided(), [(2, 2, Decided::Conflict(0))]);
    let (first, _) = held.send(1).unwrap();
    held.commit(first, 1, 2);
    assert_eq!(held.decided(), [(1, 1, Decided::Committed(1))]);
}

#[test]
fn a_batch_is_no_larger_than_the_backend_takes() {
    let one = written(&[put("a", "1")]).len();
    let mut held = Held::with(holdall::ReplicaOptions { max_commit_bytes: 2 * one, ..options() });
    for _ in 0..3 {
        held.apply(&[put("a", "1")], 1);
    }
    assert_eq!(held.send(1).unwrap().0, 2);
}

/// What was written after a transaction had begun was merged with what it had seen, and so all of that counted as not seen.
#[test]
fn what_a_transaction_sees_is_not_merged_with_what_comes_later() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    let _transaction = held.replica.begin(&mut held.store, 1);
    held.apply(&[put("b", "1")], 1);
    assert_eq!(held.send(1).unwrap(), (1, written(&[put("a", "1")])));
}
