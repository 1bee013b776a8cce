//! A replica that loads anew takes over what the backend holds; what is pending stays upon it.

use holdall::{Decided, NEVER, Origin, Ttl};

use super::support::{Held, annotate, entry, options, put, put_for, tag, written};

#[test]
fn what_is_loaded_replaces_what_was_confirmed_beneath_pending_writes() {
    let mut held = Held::new();
    held.receive(1, &written(&[put("a", "1"), put("b", "1"), put("c", "1")]), 1);
    held.apply(&[put("a", "mine")], 2);
    held.told();
    held.reload(&[entry("a", "9", 9, NEVER), entry("b", "9", 9, NEVER)], 9, 3);
    let text = |key| held.text(key, 3);
    assert_eq!((text("a").as_deref(), text("b").as_deref(), text("c")), (Some("mine"), Some("9"), None));
    assert!(held.replica.is_pending("a"));
    assert_eq!(held.told().iter().map(|(origin, changes)| (*origin, changes.len())).collect::<Vec<_>>(), [(Origin::Load, 2)]);
    let (counter, _) = held.send(3).unwrap();
    held.answer(counter, holdall::Answer::Refused, 4);
    assert_eq!(held.text("a", 4).as_deref(), Some("9"));
}

/// A commit was acknowledged while the contents were on their way, which had not got it in them yet: it was gone until the log told it.
#[test]
fn what_was_acknowledged_stays_shown_though_the_loading_is_older() {
    let mut held = Held::new();
    held.apply(&[put("a", "mine")], 1);
    let (counter, operations) = held.send(1).unwrap();
    held.commit(counter, 8, 2);
    held.reload(&[entry("b", "1", 5, NEVER)], 5, 3);
    assert_eq!(held.text("a", 3).as_deref(), Some("mine"));
    held.receive(6, &written(&[put("a", "theirs")]), 4);
    held.hear(8, Some(counter), &operations, 5);
    assert_eq!((held.text("a", 5).as_deref(), held.version("a")), (Some("mine"), 8));
    assert!(!held.replica.is_pending("a"));
}

#[test]
fn entries_newer_than_the_head_are_not_done_again() {
    let mut held = Held::loaded(options(), &[entry("a", "2", 7, NEVER)], 5);
    held.receive(6, &written(&[put("a", "1")]), 1);
    assert_eq!((held.text("a", 1).as_deref(), held.version("a")), (Some("2"), 7));
    held.receive(8, &written(&[put("a", "3")]), 2);
    assert_eq!((held.text("a", 2).as_deref(), held.version("a")), (Some("3"), 8));
}

/// In the commit that made it the entry was annotated before it was put, which did nothing then. Done upon the entry that was loaded, it left a tag.
#[test]
fn the_commit_that_an_entry_was_loaded_with_is_not_done_again() {
    let mut held = Held::loaded(options(), &[entry("a", "1", 6, NEVER)], 5);
    let patch = tag("early");
    held.receive(6, &written(&[annotate("a", &patch), put("a", "1")]), 1);
    assert!(held.tags("a").is_empty());
    held.receive(7, &written(&[put("b", "1"), annotate("b", &patch)]), 2);
    assert_eq!(held.tags("b"), ["early"]);
}

#[test]
fn what_had_expired_when_it_was_loaded_is_hidden() {
    let mut held = Held::new();
    held.apply(&[put_for("a", "1", Ttl::Keep)], 60);
    held.reload(&[entry("a", "0", 5, 50), entry("b", "0", 5, 50)], 5, 70);
    assert_eq!((held.text("a", 70).as_deref(), held.text("b", 70)), (Some("1"), None));
}

#[test]
fn numbers_of_a_store_that_was_replaced_mean_nothing() {
    let mut held = Held::new();
    held.receive(4, &written(&[put("a", "old")]), 1);
    held.apply(&[put("b", "mine")], 2);
    let waiting = held.submit(&[("a", 4)], &[put("a", "2")], 2);
    let before = (held.replica.seen(), held.store.version());
    held.replica.forget_numbers(&mut held.store, 3);
    assert_eq!(held.text("a", 3).as_deref(), Some("old"));
    held.reload(&[entry("a", "other", 4, NEVER)], 6, 4);
    assert_eq!((held.text("a", 4).as_deref(), held.text("b", 4).as_deref()), (Some("other"), Some("mine")));

    let late = held.replica.submit(&mut held.store, vec![("a".into(), 4)], Vec::new(), before, &[put("a", "3")], 5).unwrap();
    assert_eq!(held.decided(), [(waiting, waiting, Decided::Conflict(0)), (late, late, Decided::Conflict(6))]);
    assert_eq!(held.send(5).unwrap().1, written(&[put("b", "mine")]));
}

#[test]
fn a_store_that_goes_less_far_is_another() {
    let mut held = Held::new();
    held.receive(4, &written(&[put("a", "old")]), 1);
    held.reload(&[entry("a", "kept", 2, NEVER)], 2, 2);
    assert_eq!((held.replica.applied(), held.text("a", 2).as_deref()), (2, Some("kept")));
}

/// A key with a pending write remembered which commit had been done to it last; of another store, the commit of that number was done upon an entry that
/// had been loaded with it.
#[test]
fn a_commit_of_another_store_is_not_taken_for_one_of_that_number() {
    let mut held = Held::new();
    held.apply(&[holdall::Operation::Delete { key: "a" }], 1);
    held.receive(3, &written(&[put("a", "old")]), 2);
    held.replica.forget_numbers(&mut held.store, 3);
    held.reload(&[entry("a", "new", 3, NEVER)], 2, 3);
    let patch = tag("early");
    held.receive(3, &written(&[annotate("a", &patch), put("a", "new")]), 4);
    let (counter, _) = held.send(5).unwrap();
    held.answer(counter, holdall::Answer::Refused, 5);
    assert_eq!((held.text("a", 5).as_deref(), held.tags("a").len()), (Some("new"), 0));
}

/// What another store had under the same number, written at another time, was taken for what was here already, and kept its times.
#[test]
fn an_entry_of_another_store_has_the_times_that_it_has_there() {
    let mut held = Held::new();
    held.receive(3, &written(&[put("a", "1")]), 50);
    held.told();
    held.reload(&[entry("a", "1", 3, NEVER)], 3, 60);
    let present = held.store.peek("a", 60).unwrap();
    assert_eq!((present.version(), present.created_at, present.updated_at), (3, 1, 1));
    assert!(held.told().is_empty());
}

/// An engine failed, and what the replica had sent stands in the log: it must not be taken for what the replica sends on its new engine.
#[test]
fn a_replica_on_a_new_engine_counts_on_from_what_it_has_sent() {
    let mut held = Held::loaded(options(), &[entry("a", "first life", 4, NEVER)], 4);
    held.replica.count_from(&mut held.store, 7);
    assert_eq!((held.replica.counter(), held.replica.backlog()), (7, 0));
    held.apply(&[put("b", "mine")], 1);
    assert_eq!(held.send(1).unwrap().0, 8);
    held.hear(5, Some(7), &written(&[put("a", "late")]), 2);
    assert_eq!((held.version("a"), held.replica.is_pending("b")), (5, true));
    held.commit(8, 6, 3);
    assert_eq!(held.decided(), [(8, 8, Decided::Committed(6))]);
}
