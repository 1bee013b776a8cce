//! Bounds: who makes room, and what is refused.

use holdall::{ChangeKind, Detail, Limits, Operation, Options, Policy, Store, Ttl};

use super::support::{apply, bounded, entries, keys, put, put_for, refusal, store, tagged, text};

#[test]
fn the_least_recently_used_entry_makes_room() {
    let mut store = bounded(Policy::Lru, Some(3), None);
    for key in ["a", "b", "c"] {
        apply(&mut store, &[put(key, "v")], 0);
    }
    store.get("a", 0);
    store.peek("b", 0);
    apply(&mut store, &[put("d", "v")], 0);
    assert_eq!(keys(&mut store, 0), ["a", "c", "d"], "a get is a use, a peek is none");
    let row = store.find("c", 0).unwrap();
    store.touch(row);
    apply(&mut store, &[put("e", "v")], 0);
    assert_eq!(keys(&mut store, 0), ["c", "d", "e"]);
    assert_eq!(store.stats().evictions, 2);
}

#[test]
fn bytes_are_those_of_keys_values_and_metadata_exactly() {
    let mut store = bounded(Policy::Reject, None, Some(10));
    apply(&mut store, &[put("é", "12345678")], 0);
    assert_eq!(store.stats().bytes, 10);
    assert_eq!(refusal(&mut store, &[put("é", "123456789")], 0), "QUOTA_EXCEEDED");
    assert_eq!(refusal(&mut store, &[Operation::Annotate { key: "é", metadata: &tagged(&["t"]) }], 0), "QUOTA_EXCEEDED");
    apply(&mut store, &[put("é", "1234567"), Operation::Annotate { key: "é", metadata: &tagged(&["t"]) }], 0);
    assert_eq!(store.stats().bytes, 10);
}

#[test]
fn an_entry_larger_than_its_bound_is_refused_and_evicts_nobody() {
    let mut store = bounded(Policy::Lru, None, Some(20));
    apply(&mut store, &[put("a", "1"), put("b", "2")], 0);
    let large = "x".repeat(20);
    assert_eq!(refusal(&mut store, &[put("c", &large)], 0), "QUOTA_EXCEEDED");
    assert_eq!(refusal(&mut store, &[put("a", "2"), put("c", &large)], 0), "QUOTA_EXCEEDED");
    assert_eq!(keys(&mut store, 0), ["a", "b"]);
    assert_eq!((text(&store, "a", 0).as_deref(), store.stats().evictions), (Some("1"), 0));
}

#[test]
fn a_commit_that_does_not_fit_as_a_whole_is_refused() {
    let mut store = bounded(Policy::Lru, Some(2), None);
    apply(&mut store, &[put("a", "1")], 0);
    assert_eq!(refusal(&mut store, &[put("b", "1"), put("c", "1"), put("d", "1")], 0), "QUOTA_EXCEEDED");
    assert_eq!(keys(&mut store, 0), ["a"]);
    apply(&mut store, &[put("b", "1"), put("c", "1")], 0);
    assert_eq!(keys(&mut store, 0), ["b", "c"]);
}

#[test]
fn reject_refuses_what_grows_beyond_and_nothing_else() {
    let mut store = bounded(Policy::Reject, Some(2), None);
    apply(&mut store, &[put("a", "1"), put("b", "1")], 0);
    assert_eq!(refusal(&mut store, &[put("c", "1")], 0), "QUOTA_EXCEEDED");
    apply(&mut store, &[put("a", "a longer one")], 0);
    apply(&mut store, &[put("c", "1"), Operation::Delete { key: "b" }], 0);
    assert_eq!(keys(&mut store, 0), ["a", "c"], "a commit is judged as a whole");
}

#[test]
fn expired_entries_go_before_live_ones() {
    let mut store = bounded(Policy::Lru, Some(2), None);
    apply(&mut store, &[put("old", "1")], 0);
    apply(&mut store, &[put_for("new", "1", Ttl::Span(10))], 0);
    apply(&mut store, &[put("newer", "1")], 10);
    assert_eq!(keys(&mut store, 10), ["newer", "old"]);
    assert_eq!((store.stats().evictions, store.stats().expirations), (0, 1));
}

#[test]
fn one_tenant_cannot_evict_another() {
    let mut store = bounded(Policy::Lru, Some(4), None);
    store.bind("a:", entries(2), 0).unwrap();
    store.bind("b:", entries(2), 0).unwrap();
    apply(&mut store, &[put("b:1", "v"), put("b:2", "v")], 0);
    for key in ["a:1", "a:2", "a:3", "a:4", "a:5"] {
        apply(&mut store, &[put(key, "v")], 0);
    }
    assert_eq!(keys(&mut store, 0), ["a:4", "a:5", "b:1", "b:2"]);
}

/// Once a store that was full evicted what had been used longest ago, wherever: who had no bound of its own evicted those who had.
#[test]
fn who_has_no_bound_evicts_nobody_who_has_one() {
    let mut store = bounded(Policy::Lru, Some(4), None);
    store.bind("a:", entries(2), 0).unwrap();
    apply(&mut store, &[put("a:1", "v")], 0);
    for key in ["b:1", "b:2", "b:3", "x", "b:4"] {
        apply(&mut store, &[put(key, "v")], 0);
    }
    assert_eq!(keys(&mut store, 0), ["a:1", "b:4", "x"], "what nobody has bound shares what is left");
    apply(&mut store, &[put("a:2", "v")], 0);
    assert_eq!(keys(&mut store, 0), ["a:1", "a:2", "b:4", "x"], "the room of a scope is kept for it");
}

#[test]
fn under_reject_nobody_is_refused_for_what_others_hold() {
    let mut store = bounded(Policy::Reject, Some(3), Some(30));
    store.bind("a:", Limits { max_entries: Some(1), max_bytes: Some(10) }, 0).unwrap();
    apply(&mut store, &[put("x", "v"), put("y", "v")], 0);
    assert_eq!(refusal(&mut store, &[put("z", "v")], 0), "QUOTA_EXCEEDED");
    assert_eq!(refusal(&mut store, &[put("x", &"v".repeat(18))], 0), "QUOTA_EXCEEDED");
    apply(&mut store, &[put("x", &"v".repeat(17))], 0);
    apply(&mut store, &[put("a:1", "1234567")], 0);
    assert_eq!(store.stats().bytes, 30, "to the last byte");
}

#[test]
fn where_all_is_given_to_scopes_nothing_else_fits() {
    for policy in [Policy::Lru, Policy::Reject] {
        let mut store = bounded(policy, Some(2), None);
        store.bind("a:", entries(2), 0).unwrap();
        assert_eq!(refusal(&mut store, &[put("x", "v")], 0), "QUOTA_EXCEEDED");
        apply(&mut store, &[put("a:1", "v"), put("a:2", "v")], 0);
    }
}

#[test]
fn an_entry_counts_in_every_bound_around_it() {
    let mut store = bounded(Policy::Lru, Some(3), None);
    store.bind("a:", entries(2), 0).unwrap();
    for key in ["x", "a:1", "y", "a:2"] {
        apply(&mut store, &[put(key, "v")], 0);
    }
    assert_eq!(keys(&mut store, 0), ["a:1", "a:2", "y"]);
    store.bind("a:b:", entries(1), 0).unwrap();
    assert_eq!(keys(&mut store, 0), ["a:2", "y"], "what a scope gives away is its own");
    for key in ["a:b:1", "a:b:2", "a:3", "a:4"] {
        apply(&mut store, &[put(key, "v")], 0);
    }
    assert_eq!(keys(&mut store, 0), ["a:4", "a:b:2", "y"]);
}

#[test]
fn bounds_of_scopes_must_fit_into_those_around_them() {
    let mut store = bounded(Policy::Lru, Some(10), None);
    store.bind("a:", entries(6), 0).unwrap();
    assert_eq!(store.bind("b:", entries(5), 0).unwrap_err().code(), "OUT_OF_RANGE");
    store.bind("b:", entries(4), 0).unwrap();
    assert_eq!(store.bind("a:x:", entries(7), 0).unwrap_err().code(), "OUT_OF_RANGE");
    store.bind("a:x:", entries(6), 0).unwrap();
    assert_eq!(store.bind("c:", entries(0), 0).unwrap_err().code(), "OUT_OF_RANGE");
}

/// Once a scope bounded in bytes within a store bounded in entries shared the store's entries with all others, and took theirs.
#[test]
fn whatever_a_bound_limits_those_within_it_limit_too() {
    let bytes = |limit| Limits { max_entries: None, max_bytes: Some(limit) };
    let both = |entries, bytes| Limits { max_entries: Some(entries), max_bytes: Some(bytes) };
    let mut store = bounded(Policy::Lru, Some(10), None);
    let refused = store.bind("a:", bytes(1_000), 0).unwrap_err();
    assert_eq!((refused.code(), refused.to_string().contains("entries")), ("OUT_OF_RANGE", true));
    store.bind("a:", both(10, 1_000), 0).unwrap();
    assert_eq!(store.bind("a:x:", entries(10), 0).unwrap_err().code(), "OUT_OF_RANGE");
    assert_eq!(store.bind("a:x:", both(10, 1_001), 0).unwrap_err().code(), "OUT_OF_RANGE");
    store.bind("a:x:", both(10, 1_000), 0).unwrap();

    let mut store = self::store();
    store.bind("a:x:", entries(2), 0).unwrap();
    assert_eq!(store.bind("a:", bytes(1_000), 0).unwrap_err().code(), "OUT_OF_RANGE", "nor is one put around them");
    assert_eq!(store.bind("", entries(1), 0).unwrap_err().code(), "OUT_OF_RANGE");
    store.bind("a:", entries(2), 0).unwrap();
    assert_eq!(refusal(&mut store, &[put("a:1", "v")], 0), "QUOTA_EXCEEDED");
}

#[test]
fn a_prefix_is_bound_once() {
    let mut store = store();
    store.bind("a:", entries(2), 0).unwrap();
    store.bind("a:", entries(2), 0).unwrap();
    assert_eq!(store.bind("a:", entries(3), 0).unwrap_err().code(), "INVALID_ARGUMENT");
}

#[test]
fn a_scope_that_holds_more_already_is_not_bound() {
    let mut store = store();
    apply(&mut store, &[put("a:1", "v"), put("a:2", "v"), put_for("a:3", "v", Ttl::Span(5))], 0);
    assert_eq!(store.bind("a:", entries(2), 4).unwrap_err().code(), "QUOTA_EXCEEDED");
    store.bind("a:", entries(2), 5).unwrap();
    apply(&mut store, &[put("a:4", "v")], 5);
    assert_eq!(store.count("a:", 5), 2, "and what it holds counts from then on");
}

/// A cache that is full is the rule: that must not keep a tenant from coming.
#[test]
fn a_scope_that_is_bound_late_takes_its_room_from_what_is_not_given_yet() {
    let mut store = bounded(Policy::Lru, Some(5), None);
    apply(&mut store, &[put("a:1", "v"), put("x", "v"), put("y", "v")], 0);
    apply(&mut store, &[put("z", "v"), put("a:2", "v")], 0);
    store.get("x", 0);
    store.observe(Detail::Rows, Detail::Changes);
    let version = store.version();
    store.bind("a:", entries(4), 0).unwrap();
    assert_eq!(keys(&mut store, 0), ["a:1", "a:2", "x"], "its own entries are not taken for it");
    assert_eq!((store.version(), store.stats().evictions), (version + 1, 2), "as one commit");
    let told: Vec<_> = store.take_outbox().commits.into_iter().flat_map(|commit| commit.changes).map(|it| (it.kind, it.key)).collect();
    assert_eq!(told, [(ChangeKind::Evict, "y".into()), (ChangeKind::Evict, "z".into())]);
    for key in ["a:3", "a:4", "a:5"] {
        apply(&mut store, &[put(key, "v")], 0);
    }
    assert_eq!(keys(&mut store, 0), ["a:2", "a:3", "a:4", "a:5", "x"], "they keep the order of their use");
}

#[test]
fn a_scope_that_is_bound_late_and_does_not_fit_changes_nothing() {
    for (policy, limit) in [(Policy::Lru, 1), (Policy::Reject, 1), (Policy::Reject, 3)] {
        let mut store = bounded(policy, Some(4), None);
        apply(&mut store, &[put("a:1", "v"), put("a:2", "v"), put("x", "v"), put("y", "v")], 0);
        assert_eq!(store.bind("a:", entries(limit), 0).unwrap_err().code(), "QUOTA_EXCEEDED");
        store.bind("b:", entries(5), 0).unwrap_err();
        assert_eq!((keys(&mut store, 0).len(), store.version(), store.stats().evictions), (4, 1, 0));
        apply(&mut store, &[Operation::Delete { key: "x" }], 0);
        apply(&mut store, &[put("a:3", "v")], 0);
        assert_eq!(store.stats().entries, 4, "and nothing is given away");
    }
}

#[test]
fn bounds_outlive_a_clear() {
    let mut store = bounded(Policy::Lru, Some(2), None);
    apply(&mut store, &[put("a", "1"), put("b", "1")], 0);
    apply(&mut store, &[Operation::DeletePrefix { prefix: "" }], 0);
    for key in ["a", "b", "c"] {
        apply(&mut store, &[put(key, "v")], 0);
    }
    assert_eq!(keys(&mut store, 0), ["b", "c"]);
}

#[test]
fn a_bound_of_zero_is_refused() {
    for limits in [entries(0), Limits { max_entries: None, max_bytes: Some(0) }] {
        assert_eq!(Store::new(Options { limits, ..Options::default() }).unwrap_err().code(), "OUT_OF_RANGE");
    }
}

#[test]
fn only_a_scope_can_be_bound_and_a_default_ttl_is_a_span() {
    let limits = Limits { max_entries: Some(3), max_bytes: None };
    assert_eq!(store().bind("user", limits, 0).map_err(|error| error.code()), Err("INVALID_ARGUMENT"));
    let default = Store::new(Options { default_ttl: Some(0), ..Options::default() });
    assert_eq!(default.map(|_| ()).map_err(|error| error.code()), Err("OUT_OF_RANGE"));
}
