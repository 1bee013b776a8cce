//! Transactions: all or nothing, and nothing that was read may have changed.

use holdall::{Detail, Operation, Policy, Range, Ttl};

use super::support::{apply, bounded, entries, keys, put, put_for, put_with, rest, store, tagged, text};

#[test]
fn what_is_staged_is_seen_inside_and_nowhere_else_until_it_commits_as_one() {
    let mut store = store();
    store.observe(Detail::Changes, Detail::Changes);
    apply(&mut store, &[put("a", "1")], 0);
    store.take_outbox();
    let mut transaction = store.begin(0);
    transaction.apply(&[], &[put("b", "2"), put("c", "3")], 0).unwrap();
    transaction.apply(&[], &[Operation::Delete { key: "a" }], 0).unwrap();
    assert!(transaction.get("a", 0).is_none() && transaction.get("b", 0).is_some());
    assert_eq!(rest(transaction.list(Range::default(), 0)), ["b", "c"]);
    assert_eq!(keys(&mut store, 0), ["a"]);
    let receipt = store.commit(transaction, 0).unwrap();
    assert_eq!((receipt.version, keys(&mut store, 0)), (2, vec!["b".to_string(), "c".into()]));
    let commits = store.take_outbox().commits;
    assert_eq!((commits.len(), commits[0].changes.len()), (1, 3));
}

#[test]
fn a_dropped_transaction_never_happened() {
    let mut store = store();
    let mut transaction = store.begin(0);
    transaction.apply(&[], &[put("a", "1")], 0).unwrap();
    drop(transaction);
    assert_eq!((store.version(), store.stats().entries), (0, 0));
}

#[test]
fn a_change_of_what_was_read_is_a_conflict_and_a_change_of_what_was_only_written_is_none() {
    let mut store = store();
    apply(&mut store, &[put("read", "1"), put("written", "1")], 0);
    let mut transaction = store.begin(0);
    transaction.get("read", 0);
    transaction.apply(&[], &[put("out", "x")], 0).unwrap();
    apply(&mut store, &[put("read", "2")], 0);
    let refused = store.commit(transaction, 0).unwrap_err();
    assert_eq!((refused.code(), refused.to_string().contains("version")), ("CONFLICT", true));
    assert!(store.peek("out", 0).is_none());

    let mut transaction = store.begin(0);
    transaction.apply(&[], &[put("written", "mine")], 0).unwrap();
    apply(&mut store, &[put("written", "theirs")], 0);
    store.commit(transaction, 0).unwrap();
    assert_eq!(text(&store, "written", 0).as_deref(), Some("mine"));
}

#[test]
fn a_missing_key_and_a_listed_range_are_read_too() {
    let mut store = store();
    apply(&mut store, &[put("a:1", "1"), put("b:1", "1")], 0);
    for (reads, change) in [("missing", "a:2"), ("listed", "a:9"), ("listed", "a:1"), ("counted", "a:3")] {
        let mut transaction = store.begin(0);
        match reads {
            "missing" => drop(transaction.get(change, 0)),
            "counted" => drop(transaction.count("a:", 0)),
            _ => drop(transaction.list(Range { prefix: "a:", ..Range::default() }, 0)),
        }
        transaction.apply(&[], &[put("b:1", reads)], 0).unwrap();
        apply(&mut store, &[put(change, "later")], 0);
        assert_eq!(store.commit(transaction, 0).unwrap_err().code(), "CONFLICT", "{reads} {change}");
    }
    let mut transaction = store.begin(0);
    transaction.count("a:", 0);
    apply(&mut store, &[put("b:1", "elsewhere")], 0);
    store.commit(transaction, 0).unwrap();
}

/// The model test found it in its second million of steps: a put that was refused let no time pass, so that within a transaction time went
/// back behind a call that had been answered.
#[test]
fn time_never_goes_back_within_a_transaction_not_behind_a_refusal_either() {
    let mut store = store();
    apply(&mut store, &[put_for("a", "1", Ttl::Span(10))], 0);
    let mut transaction = store.begin(0);
    assert_eq!(transaction.apply(&[], &[put_for("b", "1", Ttl::Span(0))], 10).unwrap_err().code(), "OUT_OF_RANGE");
    assert!(transaction.get("a", 9).is_none());
    transaction.apply(&[], &[put("b", "1")], 9).unwrap();
    assert_eq!(transaction.get("b", 9).map(|entry| entry.created_at), Some(10));

    let mut transaction = store.begin(0);
    transaction.apply(&[], &[put("waits", "1")], 12).unwrap();
    let until_then = [put_for("b", "1", Ttl::Until(11))];
    assert_eq!(transaction.apply(&[], &until_then, 10).unwrap_err().code(), "OUT_OF_RANGE");
    store.commit(transaction, 12).unwrap();
}

#[test]
fn what_expires_meanwhile_has_changed() {
    let mut store = store();
    apply(&mut store, &[put_for("a", "1", Ttl::Span(10))], 0);
    let mut transaction = store.begin(0);
    assert!(transaction.get("a", 9).is_some());
    assert_eq!(store.commit(transaction, 10).unwrap_err().code(), "CONFLICT");
    let mut transaction = store.begin(10);
    assert!(transaction.get("a", 10).is_none());
    store.commit(transaction, 11).unwrap();
}

#[test]
fn bounds_are_judged_when_it_commits_and_refuse_the_whole() {
    let mut store = bounded(Policy::Reject, Some(2), None);
    let mut transaction = store.begin(0);
    transaction.apply(&[], &[put("a", "1"), put("b", "2")], 0).unwrap();
    transaction.apply(&[], &[put("c", "3")], 0).unwrap();
    assert_eq!(store.commit(transaction, 0).unwrap_err().code(), "QUOTA_EXCEEDED");
    assert_eq!((store.version(), keys(&mut store, 0).len()), (0, 0));
    store.bind("a:", entries(1), 0).unwrap();
}

#[test]
fn metadata_that_an_own_put_kept_counts_as_read_and_a_plain_put_does_not() {
    for (reads, expected) in [(true, Err("CONFLICT")), (false, Ok(()))] {
        let mut store = store();
        apply(&mut store, &[put("k", "before")], 0);
        let mut transaction = store.begin(0);
        transaction.apply(&[], &[put("k", "own")], 0).unwrap();
        if reads {
            assert!(transaction.get("k", 0).unwrap().metadata.is_none());
        }
        apply(&mut store, &[put_with("k", "meanwhile", &tagged(&["t"]))], 0);
        assert_eq!(store.commit(transaction, 0).map(|_| ()).map_err(|error| error.code()), expected);
        assert_eq!(text(&store, "k", 0).unwrap(), if reads { "meanwhile" } else { "own" });
    }
}

#[test]
fn what_had_expired_before_a_range_was_read_is_no_conflict_and_what_expires_later_is() {
    for (read_at, expected) in [(50, Ok(())), (49, Err("CONFLICT"))] {
        let mut store = store();
        apply(&mut store, &[put_for("k", "v", Ttl::Span(50)), put("l", "v")], 0);
        let mut transaction = store.begin(0);
        assert_eq!(transaction.count("", read_at), if read_at < 50 { 2 } else { 1 });
        // Read again later, which tells no less than the first time.
        let mut listing = transaction.list(Range::default(), 60);
        assert_eq!(listing.next().unwrap().key, "l");
        assert_eq!(store.commit(transaction, 60).map(|_| ()).map_err(|error| error.code()), expected);
    }
}

#[test]
fn a_restore_counts_what_it_brings_and_not_what_it_removes() {
    let mut store = store();
    apply(&mut store, &[put("a", "v"), put_for("b", "v", Ttl::Span(50))], 0);
    let bytes = store.snapshot("", 0);
    apply(&mut store, &[put("c", "v"), put("d", "v"), Operation::Delete { key: "a" }], 0);
    assert_eq!(store.restore("", &bytes, 0).unwrap().affected, 2);
    assert_eq!(store.restore("", &bytes, 50).unwrap().affected, 1);
    assert_eq!(store.snapshot("", 50), {
        let mut other = super::support::store();
        apply(&mut other, &[put("a", "v")], 50);
        other.snapshot("", 50)
    });
}
