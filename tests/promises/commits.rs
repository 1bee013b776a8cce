//! Commits: all or nothing, numbered, on keys of any kind.

use holdall::{Condition, MAX_KEY_BYTES, Operation, Policy, Range, Ttl};

use super::support::{apply, bounded, keys, put, put_for, refusal, rest, store, tagged, text};

#[test]
fn a_refused_commit_changes_nothing() {
    let mut store = bounded(Policy::Reject, Some(2), None);
    apply(&mut store, &[put("a", "1")], 0);
    store.take_outbox();
    let stats = store.stats();
    let long = "x".repeat(MAX_KEY_BYTES + 1);
    let conflict = store.apply(&[Condition { key: "a", version: 7 }], &[put("a", "2")], 0).unwrap_err();
    assert_eq!(conflict.code(), "CONFLICT");
    assert_eq!(refusal(&mut store, &[Operation::DeletePrefix { prefix: "" }, put(&long, "2")], 0), "INVALID_KEY");
    assert_eq!(refusal(&mut store, &[put("a", "2"), put_for("b", "2", Ttl::Span(0))], 0), "OUT_OF_RANGE");
    assert_eq!(refusal(&mut store, &[Operation::Delete { key: "a" }, put("b", "2"), put("c", "2"), put("d", "2")], 0), "QUOTA_EXCEEDED");
    assert_eq!((store.version(), store.stats()), (1, stats));
    assert_eq!(text(&store, "a", 0).as_deref(), Some("1"));
    assert!(store.outbox().is_empty(), "nothing is told of what did not happen");
}

#[test]
fn entries_that_one_commit_changes_carry_its_number() {
    let mut store = store();
    apply(&mut store, &[put("a", "1")], 0);
    let version = apply(&mut store, &[put("b", "1"), put("c", "1"), Operation::Touch { key: "a", ttl: Ttl::Never }], 0);
    for key in ["a", "b", "c"] {
        assert_eq!(store.peek(key, 0).unwrap().version(), version);
    }
}

#[test]
fn a_commit_that_changes_nothing_has_no_number() {
    let mut store = store();
    apply(&mut store, &[put("a", "1")], 0);
    let patch = tagged(&[]);
    let idle = [
        Operation::Delete { key: "b" },
        Operation::DeletePrefix { prefix: "b" },
        Operation::Touch { key: "b", ttl: Ttl::Never },
        Operation::Annotate { key: "a", metadata: &patch },
    ];
    let receipt = store.apply(&[], &idle, 0).unwrap();
    assert_eq!((receipt.version, receipt.affected), (1, 1), "the entry was found, and had no tags before either");
}

/// Once a clear that nobody had taken from the outbox hid the next one: its commit got no number.
#[test]
fn each_clear_is_a_commit_whether_or_not_the_one_before_was_heard() {
    let mut store = store();
    let clear = [Operation::DeletePrefix { prefix: "" }];
    apply(&mut store, &[put("a", "1")], 0);
    assert_eq!(apply(&mut store, &clear, 0), 2);
    apply(&mut store, &[put("a", "1")], 0);
    assert_eq!(apply(&mut store, &clear, 0), 4);
    assert_eq!(apply(&mut store, &clear, 0), 4, "there was nothing left to clear");
}

#[test]
fn version_zero_asks_that_an_entry_does_not_exist() {
    let mut store = store();
    let absent = [Condition { key: "a", version: 0 }];
    assert_eq!(store.apply(&absent, &[put("a", "1")], 0).unwrap().version, 1);
    assert_eq!(store.apply(&absent, &[put("a", "2")], 0).unwrap_err().code(), "CONFLICT");
    assert!(store.apply(&[Condition { key: "a", version: 1 }], &[put("a", "2")], 0).is_ok());
    assert_eq!(text(&store, "a", 0).as_deref(), Some("2"));
}

#[test]
fn keys_are_opaque_and_ordered_by_code_point() {
    let mut store = store();
    let expected = ["", "\u{0}", "__proto__", "constructor", "https://a.b/c", "user.id", "user:123", "é", "\u{FFFF}", "😀"];
    for key in expected.iter().rev() {
        apply(&mut store, &[put(key, key)], 0);
    }
    assert_eq!(keys(&mut store, 0), expected);
    for key in expected {
        assert_eq!(text(&store, key, 0).as_deref(), Some(key));
    }
}

/// Once an entry with neither key nor value bytes pointed beyond its page's memory after others there had shrunk, and reading it failed.
#[test]
fn an_empty_key_may_hold_an_empty_value_whatever_happens_around_it() {
    let mut store = store();
    let (long, longer) = ("x".repeat(1_000), "y".repeat(1_020));
    apply(&mut store, &[put("a", &long), put("b", &long), put("c", &long), put("", "")], 0);
    apply(&mut store, &[put("b", "short"), put("c", "short")], 0);
    apply(&mut store, &[put("a", &longer)], 0);
    assert_eq!(store.peek("", 0).unwrap().value.bytes, b"");
    assert_eq!(keys(&mut store, 0), ["", "a", "b", "c"]);
}

#[test]
fn a_key_may_have_1024_bytes_and_no_more() {
    let mut store = store();
    let longest = "é".repeat(MAX_KEY_BYTES / 2);
    apply(&mut store, &[put(&longest, "1")], 0);
    assert_eq!(text(&store, &longest, 0).as_deref(), Some("1"));
    let longer = format!("{longest}x");
    assert_eq!(refusal(&mut store, &[put(&longer, "1")], 0), "INVALID_KEY");
    assert!(store.peek(&longer, 0).is_none());
}

#[test]
fn a_prefix_deletes_what_begins_with_it_and_nothing_else() {
    let mut store = store();
    apply(&mut store, &[put("a", "1"), put("a:1", "1"), put("a:2", "1"), put("a;", "1"), put("b", "1")], 0);
    assert_eq!(store.apply(&[], &[Operation::DeletePrefix { prefix: "a:" }], 0).unwrap().affected, 2);
    assert_eq!(keys(&mut store, 0), ["a", "a;", "b"]);
}

#[test]
fn no_isolated_id_reaches_another_nor_a_named_scope() {
    let ids = ["a", "b", "a:b", "a~b", "~", ":", "~1", "a~1b", "user", "é"];
    let mut prefixes: Vec<String> = ids.iter().map(|id| holdall::isolate_prefix(id).unwrap()).collect();
    prefixes.extend(["user", "a", "a:b", "b~"].iter().map(|name| holdall::scope_prefix(name).unwrap()));
    for (at, prefix) in prefixes.iter().enumerate().take(ids.len()) {
        let reached = |other: &&String| other.starts_with(prefix.as_str()) || prefix.starts_with(other.as_str());
        assert_eq!(prefixes.iter().filter(reached).count(), 1, "{prefix} ({at}) reaches itself only");
    }
    for name in ["", "~", "~a"] {
        assert_eq!(holdall::scope_prefix(name).unwrap_err().code(), "INVALID_ARGUMENT");
    }
    assert_eq!(holdall::isolate_prefix("").unwrap_err().code(), "INVALID_ARGUMENT");
}

#[test]
fn values_of_every_length_come_back_as_they_went_in() {
    let mut store = store();
    for length in [0, 1, 7, 8, 9, 1_023, 1_024, 1_025, 70_000, 3, 0] {
        let text = "v".repeat(length);
        apply(&mut store, &[put("a", &text), put("b", &text)], 0);
        assert_eq!(super::support::text(&store, "a", 0).as_deref(), Some(text.as_str()));
        assert_eq!(store.stats().bytes, 2 * (1 + length as u64));
    }
    assert_eq!(rest(store.list(Range::default(), 0)), ["a", "b"]);
}
