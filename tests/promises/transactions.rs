//! Transactions and snapshots.

use holdall::{Operation, Range, Ttl};

use super::support::{apply, put, put_for, put_with, store, tagged, text};

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
