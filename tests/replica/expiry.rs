//! What has expired by the estimated time is hidden; it is gone when the backend, by its own time, has removed it.

use holdall::{Answer, ChangeKind, Decided, NEVER, Range, Ttl};

use super::support::{Held, annotate, entry, options, put, put_for, tag, written};

/// What a request to remove an entry is written down as.
fn removal(key: &str, version: u64) -> Vec<u8> {
    let length = (key.len() as u32).to_le_bytes();
    [&[5][..], &length, key.as_bytes(), &(version as f64).to_le_bytes()].concat()
}

#[test]
fn an_entry_is_hidden_at_its_deadline_and_its_removal_is_asked_for() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 3, 50)], 3);
    assert_eq!(held.text("a", 49).as_deref(), Some("1"));
    held.replica.advance(&mut held.store, 50);
    let told = held.told();
    assert_eq!((told.len(), told[0].1[0].kind), (1, ChangeKind::Expire));
    assert!(held.send(50).is_none());
    assert_eq!(held.replica.wake_at(), 150); // so that not all replicas ask at once
    assert_eq!(held.send(150).unwrap().1, removal("a", 3));
    assert_eq!(held.replica.wake_at(), NEVER);
}

#[test]
fn what_the_backend_does_not_find_due_is_asked_for_again() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 3, 50)], 3);
    held.replica.advance(&mut held.store, 50);
    let (counter, _) = held.send(150).unwrap();
    let answer = holdall::Answer::Committed { number: 3, time: 49, after: 3, changed: false };
    held.answer(counter, answer, 151);
    assert_eq!(held.replica.wake_at(), 251);
    let (again, _) = held.send(251).unwrap();
    held.commit(again, 4, 252);
    assert_eq!((held.replica.wake_at(), held.replica.backlog()), (NEVER, 0));
}

#[test]
fn what_is_gone_at_the_backend_without_a_word_is_not_asked_for_again() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 3, 50)], 3);
    held.replica.advance(&mut held.store, 50);
    let (counter, _) = held.send(150).unwrap();
    held.commit_nothing(counter, 3, 151);
    assert_eq!((held.replica.wake_at(), held.replica.backlog()), (NEVER, 0));
}

#[test]
fn a_longer_life_that_others_gave_shows_it_again() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 3, 50)], 3);
    held.replica.advance(&mut held.store, 50);
    held.receive(4, &written(&[holdall::Operation::Touch { key: "a", ttl: Ttl::Never }]), 49);
    assert_eq!((held.text("a", 51).as_deref(), held.version("a")), (Some("1"), 4));
    held.receive(5, &removal("a", 3), 52);
    assert_eq!(held.text("a", 52).as_deref(), Some("1"));
}

/// A write that finds nothing, since what it is for has expired, leaves that where it is. When the replica let go of it then, nobody asked for its
/// removal any more.
#[test]
fn what_has_expired_is_not_forgotten_until_it_is_removed() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 3, 50)], 3);
    held.receive(4, &written(&[annotate("a", &tag("late")), put("b", "1")]), 60);
    assert_eq!(held.text("a", 60), None);
    let (_, operations) = held.send(held.replica.wake_at()).unwrap();
    assert_eq!(operations, removal("a", 3));
}

#[test]
fn a_deadline_counts_from_the_commit() {
    let mut held = Held::new();
    held.apply(&[put_for("a", "1", Ttl::Span(100))], 10);
    let (counter, _) = held.send(10).unwrap();
    assert_eq!(held.store.peek("a", 10).unwrap().deadline, 110);
    held.commit(counter, 1, 60);
    assert_eq!(held.store.peek("a", 60).unwrap().deadline, 160);
}

/// An answer with a time that the replica's clock had not reached left an entry visible that was to be removed.
#[test]
fn an_answer_brings_the_time_of_its_commit() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 3, 50)], 3);
    held.apply(&[put("b", "1")], 10);
    let (counter, _) = held.send(10).unwrap();
    held.answer(counter, holdall::Answer::Committed { number: 4, time: 50, after: 3, changed: true }, 11);
    assert_eq!(held.text("a", 11), None);
}

#[test]
fn the_shortest_round_trip_tells_the_time_of_the_backend() {
    let mut held = Held::new();
    assert!((held.replica.note_time(1_000, 1_010, 9_005) - 8_000.0).abs() < f64::EPSILON);
    assert!((held.replica.note_time(1_100, 1_900, 9_105) - 8_000.0).abs() < f64::EPSILON);
}

#[test]
fn a_removal_that_was_meant_for_an_earlier_version_removes_nothing() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 3, 50)], 3);
    held.receive(4, &removal("a", 2), 60);
    assert_eq!(held.send(held.replica.wake_at()).unwrap().1, removal("a", 3));
}

/// What expires is told by no commit. A transaction was decided on an entry of a range that had gone by the backend's time, or on the absence of one that
/// was there.
#[test]
fn what_may_expire_in_a_range_that_was_read_is_asked_for_by_itself() {
    let entries = [entry("a", "1", 3, 100), entry("b", "1", 4, NEVER), entry("c", "1", 2, 50)];
    let mut held = Held::loaded(options(), &entries, 4);
    let (mut transaction, seen) = held.replica.begin(&mut held.store, 60);
    let mut listing = transaction.list(Range::default(), 60);
    while listing.next().is_some() {}
    transaction.apply(&[], &[put("x", "1")], 60).unwrap();
    held.replica.commit(&mut held.store, transaction, seen, 60).unwrap();
    let (_, mut conditions, ranges) = held.send_conditions(60).unwrap();
    conditions.sort();
    assert_eq!((conditions, ranges.len()), (vec![("a".into(), 3), ("c".into(), 0)], 1));
}

/// The next `flush` of a caller rejected for a removal that nobody had asked for, and it was asked for again ten times a second.
#[test]
fn a_refused_removal_is_nobodys_failure_and_is_asked_for_ever_more_rarely() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 3, 50)], 3);
    held.replica.advance(&mut held.store, 50);
    let mut now = 50;
    for pause in [100, 200, 400, 800] {
        assert_eq!(held.replica.wake_at(), now + pause);
        now += pause;
        let (counter, _) = held.send(now).unwrap();
        held.answer(counter, if pause == 400 { Answer::Unknown } else { Answer::Refused }, now);
        assert_eq!((held.decided(), held.text("a", now)), (vec![(counter, counter, Decided::Conflict(3))], None));
    }
    for _ in 0..20 {
        now = held.replica.wake_at();
        let (counter, _) = held.send(now).unwrap();
        held.answer(counter, Answer::Refused, now);
    }
    assert_eq!(held.replica.wake_at(), now + 102_400);
    now = held.replica.wake_at();
    let (counter, _) = held.send(now).unwrap();
    held.commit(counter, 4, now);
    held.receive(5, &written(&[put_for("b", "1", Ttl::Span(10))]), now);
    held.replica.advance(&mut held.store, now + 10);
    assert_eq!(held.replica.wake_at(), now + 110);
}

/// Loading takes a while: it found nothing under a key that expired meanwhile, and the log from where it began has a write that kept the deadline. The entry, without
/// any here, stayed for ever.
#[test]
fn what_expired_while_it_was_loaded_goes_though_its_deadline_is_not_known() {
    let mut held = Held::loaded(options(), &[], 3);
    let kept = holdall::Operation::Put { key: "a", value: holdall::Value { encoding: 1, bytes: b"1" }, ttl: Ttl::Keep, metadata: None };
    held.receive(4, &written(&[kept]), 10);
    assert_eq!(held.text("a", 10).as_deref(), Some("1"));
    held.receive(5, &removal("a", 3), 20);
    assert_eq!(held.text("a", 20).as_deref(), Some("1"));
    held.receive(6, &removal("a", 4), 20);
    assert_eq!(held.text("a", 20), None);
}
