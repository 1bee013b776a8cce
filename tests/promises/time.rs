//! Time and time to live.

use holdall::{LAST_DEADLINE, NEVER, Operation, Options, Range, Store, Ttl};

use super::support::{apply, keys, put, put_for, refusal, rest, store, text};

#[test]
fn an_entry_expires_exactly_at_its_deadline() {
    let mut store = store();
    apply(&mut store, &[put_for("a", "1", Ttl::Span(100))], 1_000);
    assert_eq!(text(&store, "a", 1_099).as_deref(), Some("1"));
    assert_eq!(text(&store, "a", 1_100), None);
}

#[test]
fn what_has_expired_is_absent_everywhere_before_anybody_removed_it() {
    let mut store = store();
    apply(&mut store, &[put_for("a", "1", Ttl::Span(10)), put("b", "2")], 0);
    assert!(store.find("a", 10).is_none());
    assert!(store.get("a", 10).is_none());
    assert_eq!(store.count("", 10), 1);
    assert_eq!(keys(&mut store, 10), ["b"]);
    assert!(store.has_expired("a", 10));
    assert_eq!(store.apply(&[], &[Operation::Delete { key: "a" }], 10).unwrap().affected, 0);
    assert_eq!(store.stats().expirations, 1);
}

#[test]
fn time_never_goes_back() {
    let mut store = store();
    apply(&mut store, &[put_for("a", "1", Ttl::Span(10))], 0);
    assert_eq!(store.advance(500), 500);
    assert_eq!(store.advance(3), 500);
    assert_eq!(text(&store, "a", 3), None);
    apply(&mut store, &[put_for("b", "2", Ttl::Span(10))], 3);
    let entry = store.peek("b", 3).unwrap();
    assert_eq!((entry.created_at, entry.updated_at, entry.deadline), (500, 500, 510));
}

#[test]
fn a_write_sets_its_own_deadline_or_the_default_and_keeps_the_old_one_only_when_asked() {
    let mut store = Store::new(Options { default_ttl: Some(50), ..Options::default() }).unwrap();
    let deadline = |store: &Store, key: &str| store.peek(key, 0).unwrap().deadline;
    apply(&mut store, &[put_for("a", "1", Ttl::Span(10))], 0);
    assert_eq!(deadline(&store, "a"), 10);
    apply(&mut store, &[put_for("a", "2", Ttl::Keep)], 5);
    assert_eq!(deadline(&store, "a"), 10);
    apply(&mut store, &[put("a", "3")], 5);
    assert_eq!(deadline(&store, "a"), 55);
    apply(&mut store, &[put_for("a", "4", Ttl::Never)], 5);
    assert_eq!(deadline(&store, "a"), NEVER);
    apply(&mut store, &[put_for("new", "1", Ttl::Keep)], 5);
    assert_eq!(deadline(&store, "new"), 55, "there is nothing to keep, so the default counts");
}

#[test]
fn what_never_expires_is_there_at_the_last_deadline_and_what_is_due_then_is_not() {
    let mut store = store();
    apply(&mut store, &[put("a", "1"), put_for("b", "2", Ttl::Span(LAST_DEADLINE))], 0);
    assert_eq!(store.next_deadline(), LAST_DEADLINE);
    store.advance(LAST_DEADLINE);
    assert_eq!(keys(&mut store, LAST_DEADLINE), ["a"]);
    assert_eq!(store.next_deadline(), NEVER);
}

#[test]
fn a_ttl_of_zero_or_beyond_the_last_deadline_is_refused() {
    let mut store = store();
    for ttl in [Ttl::Span(0), Ttl::Span(LAST_DEADLINE + 1), Ttl::Span(u64::MAX)] {
        assert_eq!(refusal(&mut store, &[put("a", "1"), put_for("b", "2", ttl)], 0), "OUT_OF_RANGE");
        assert_eq!(refusal(&mut store, &[Operation::Touch { key: "missing", ttl }], 0), "OUT_OF_RANGE");
    }
    assert_eq!(refusal(&mut store, &[put_for("b", "2", Ttl::Span(LAST_DEADLINE))], 1), "OUT_OF_RANGE");
    assert_eq!((store.count("", 1), store.version()), (0, 0));
}

#[test]
fn all_that_is_due_expires_in_one_commit() {
    let mut store = store();
    apply(&mut store, &[put_for("b", "1", Ttl::Span(5)), put_for("a", "2", Ttl::Span(9)), put_for("c", "3", Ttl::Span(20))], 0);
    store.advance(10);
    assert_eq!((store.version(), store.stats().expirations), (2, 2));
    assert_eq!(store.next_deadline(), 20);
    store.advance(15);
    assert_eq!(store.version(), 2, "nothing was due, so nothing happened");
}

#[test]
fn an_expired_entry_satisfies_the_condition_that_it_is_missing() {
    let mut store = store();
    apply(&mut store, &[put_for("a", "1", Ttl::Span(5))], 0);
    let condition = holdall::Condition { key: "a", version: 0 };
    assert_eq!(store.apply(&[condition], &[put("a", "2")], 4).unwrap_err().code(), "CONFLICT");
    assert!(store.apply(&[condition], &[put("a", "2")], 5).is_ok());
    assert!(!store.has_expired("a", 5), "what was written again has not expired");
}

#[test]
fn a_listing_counts_the_time_at_which_it_began() {
    let mut store = store();
    apply(&mut store, &[put_for("a", "1", Ttl::Span(5)), put_for("b", "2", Ttl::Span(9))], 0);
    let early = store.list(Range::default(), 4);
    let late = store.list(Range::default(), 5);
    store.advance(100);
    assert_eq!(rest(early), ["a", "b"]);
    assert_eq!(rest(late), ["b"]);
}
