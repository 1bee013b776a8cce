//! A commit that was decided upon what it read is accepted only where that still holds.

use holdall::{Answer, Decided, PENDING, Range, Ttl};

use super::support::{Held, annotate, entry, options, put, put_for, tag, written};

#[test]
fn a_decision_is_shown_when_it_is_accepted() {
    let mut held = Held::new();
    held.receive(1, &written(&[put("a", "1")]), 1);
    let counter = held.submit(&[("a", 1)], &[put("a", "2")], 2);
    assert_eq!(held.text("a", 2).as_deref(), Some("1"));
    let (sent, conditions, ranges) = held.send_conditions(2).unwrap();
    assert_eq!((sent, conditions, ranges.len()), (counter, vec![("a".into(), 1)], 0));
    held.commit(counter, 3, 3);
    assert!(held.decided().is_empty());
    held.receive(2, &written(&[put("b", "1")]), 4);
    assert_eq!(held.text("a", 4).as_deref(), Some("2"));
    assert_eq!(held.decided(), [(counter, counter, Decided::Committed(3))]);
}

#[test]
fn a_conflict_leaves_no_trace() {
    let mut held = Held::new();
    let counter = held.submit(&[("a", 0)], &[put("a", "mine")], 1);
    held.send(1).unwrap();
    held.answer(counter, Answer::Conflict { number: 7 }, 2);
    assert_eq!(held.decided(), [(counter, counter, Decided::Conflict(7))]);
    assert!(held.told().is_empty() && held.replica.backlog() == 0);
}

#[test]
fn a_decision_upon_a_pending_write_waits_for_it_and_asks_that_nobody_came_between() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    assert_eq!(held.version("a"), PENDING + 1);
    let counter = held.submit(&[("a", PENDING + 1)], &[put("a", "2")], 1);
    let (first, _) = held.send(1).unwrap();
    held.commit(first, 1, 2);
    let (sent, conditions, ranges) = held.send_conditions(2).unwrap();
    assert_eq!((sent, conditions), (counter, vec![("a".into(), 1)]));
    let [range] = &ranges[..] else { panic!("{ranges:?}") };
    assert_eq!((&*range.prefix, range.after.as_deref(), range.reverse), ("a", Some("a\0"), true));
}

#[test]
fn a_decision_upon_a_write_that_was_refused_is_given_up() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    let counter = held.submit(&[("a", PENDING + 1)], &[put("b", "1")], 1);
    let (first, _) = held.send(1).unwrap();
    held.answer(first, Answer::Refused, 2);
    assert!(held.send(2).is_none());
    assert_eq!(held.decided(), [(1, 1, Decided::Refused), (counter, counter, Decided::Conflict(0))]);
}

/// An annotation upon what another replica had replaced meanwhile gave its number to a value that nobody here had seen.
#[test]
fn a_decision_upon_an_annotation_that_came_to_nothing_is_given_up() {
    let mut held = Held::new();
    held.receive(1, &written(&[put("a", "1")]), 1);
    held.apply(&[annotate("a", &tag("seen"))], 2);
    let counter = held.submit(&[("a", PENDING + 1)], &[put("b", "1")], 2);
    let (first, _) = held.send(2).unwrap();
    held.receive(2, &written(&[annotate("a", &tag("seen"))]), 3);
    held.commit_nothing(first, 2, 3);
    assert!(held.send(3).is_none());
    assert_eq!(held.decided().last(), Some(&(counter, counter, Decided::Conflict(2))));
}

#[test]
fn a_transaction_conflicts_when_a_write_that_it_listed_is_refused() {
    let mut held = Held::new();
    held.apply(&[put("job:1", "new")], 1);
    let seen = held.replica.seen();
    let mut transaction = held.store.begin(1);
    assert!(transaction.list(Range { prefix: "job:", ..Range::default() }, 1).next().is_some());
    transaction.apply(&[], &[put("count", "1")], 1).unwrap();
    let (first, _) = held.send(1).unwrap();
    held.answer(first, Answer::Refused, 2);
    let counter = held.replica.commit(&mut held.store, transaction, seen, 3).unwrap();
    assert!(held.send(3).is_none());
    assert_eq!(held.decided().last(), Some(&(counter, counter, Decided::Conflict(0))));
}

/// The commits of a replica do not count against its own transactions; but a decision of it that waited was not shown to a transaction that began then,
/// and was overwritten.
#[test]
fn a_transaction_has_not_seen_decisions_that_waited_when_it_began() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    let decision = held.submit(&[("job:1", 0)], &[put("job:1", "hidden")], 1);
    held.apply(&[put("b", "1")], 1);
    let seen = held.replica.seen();
    let mut transaction = held.store.begin(1);
    assert!(transaction.list(Range { prefix: "job:", ..Range::default() }, 1).next().is_none());
    transaction.apply(&[], &[put("count", "0")], 1).unwrap();
    held.replica.commit(&mut held.store, transaction, seen, 1).unwrap();
    for number in 1..4 {
        let (counter, _) = held.send(number).unwrap();
        held.commit(counter, number, number);
    }
    let request = held.replica.next(&mut held.store, 5).unwrap();
    assert_eq!((request.since, request.own), (0, decision - 1));
}

/// A write was shown upon an entry that was about to expire. By the time of its commit the entry had gone, and with it the tags that had been read.
#[test]
fn a_decision_upon_a_write_that_found_its_entry_expired_is_given_up() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 3, 50)], 3);
    held.apply(&[annotate("a", &tag("seen")), put_for("a", "2", Ttl::Never)], 40);
    let counter = held.submit(&[("a", PENDING + 1)], &[put("b", "1")], 41);
    let (first, _) = held.send(42).unwrap();
    held.commit(first, 4, 60);
    assert!(held.tags("a").is_empty());
    assert!(held.send(61).is_none());
    assert_eq!(held.decided().last(), Some(&(counter, counter, Decided::Conflict(4))));
}
