//! Clones: consistent, and independent from then on.

use holdall::{Detail, Operation, Policy, Ttl};

use super::support::{apply, bounded, entries, keys, put, put_for, put_with, refusal, store, tagged, text};

#[test]
fn neither_a_clone_nor_its_original_sees_what_the_other_does() {
    let mut original = store();
    apply(&mut original, &[put("a", "1"), put_with("b", "2", &tagged(&["hot"])), put_for("c", "3", Ttl::Span(10))], 0);
    let mut clone = original.clone();
    apply(&mut clone, &[put("a", "changed"), Operation::Delete { key: "b" }, put("d", "new")], 0);
    apply(&mut original, &[Operation::Annotate { key: "b", metadata: &tagged(&["cold"]) }], 0);
    clone.advance(10);
    assert_eq!(keys(&mut original, 0), ["a", "b", "c"]);
    assert_eq!(text(&original, "a", 0).as_deref(), Some("1"));
    assert!(original.peek("b", 0).unwrap().metadata.unwrap().has_tag("cold"));
    assert_eq!(keys(&mut clone, 10), ["a", "d"]);
    assert_eq!((original.stats().expirations, clone.stats().expirations), (0, 1));
}

#[test]
fn a_clone_has_values_metadata_deadlines_versions_limits_and_time() {
    let mut original = bounded(Policy::Reject, Some(1), None);
    apply(&mut original, &[put_for("a", "1", Ttl::Span(10))], 3);
    apply(&mut original, &[Operation::Annotate { key: "a", metadata: &tagged(&["hot"]) }], 4);
    let mut clone = original.clone();
    let (before, after) = (original.peek("a", 4).unwrap(), clone.peek("a", 4).unwrap());
    assert_eq!((after.value, after.metadata, after.deadline), (before.value, before.metadata, 13));
    assert_eq!((after.version(), after.created_at, after.updated_at), (2, 3, 4));
    assert_eq!(refusal(&mut clone, &[put("b", "2")], 0), "QUOTA_EXCEEDED");
    assert_eq!(clone.advance(0), 4);
}

#[test]
fn a_clone_has_nobody_who_listens() {
    let mut original = store();
    original.observe(Detail::Changes, Detail::Changes);
    apply(&mut original, &[put("a", "1")], 0);
    let mut clone = original.clone();
    assert!(clone.outbox().is_empty());
    apply(&mut clone, &[put("a", "2")], 0);
    assert!(clone.take_outbox().commits.is_empty());
    assert_eq!(original.take_outbox().commits.len(), 1);
}

#[test]
fn a_dropped_original_leaves_its_clone_whole() {
    let mut original = store();
    let names: Vec<String> = (0..3_000).map(|number| format!("{number:04}")).collect();
    for name in &names {
        apply(&mut original, &[put(name, name)], 0);
    }
    let mut clone = original.clone();
    for name in &names {
        apply(&mut original, &[Operation::Delete { key: name }], 0);
    }
    drop(original);
    assert_eq!(keys(&mut clone, 0), names);
    assert!(names.iter().all(|name| text(&clone, name, 0).as_ref() == Some(name)));
}

/// Once the clone of a bounded scope forgot which of its entries had been used last.
#[test]
fn the_clone_of_a_scope_keeps_its_bounds_and_the_order_of_uses() {
    let mut store = bounded(Policy::Lru, Some(9), None);
    store.bind("s:", entries(4), 0).unwrap();
    store.bind("s:t:", entries(2), 0).unwrap();
    for key in ["s:t:1", "s:t:2", "s:1", "s:2"] {
        apply(&mut store, &[put(key, "v")], 0);
    }
    store.get("s:t:1", 0);
    store.get("s:1", 0);
    let mut clone = store.clone_scope("s:", 0);
    apply(&mut clone, &[put("3", "v"), put("t:3", "v")], 0);
    assert_eq!(keys(&mut clone, 0), ["1", "3", "t:1", "t:3"]);
    assert_eq!(keys(&mut store, 0), ["s:1", "s:2", "s:t:1", "s:t:2"]);
    clone.bind("u:", entries(1), 0).unwrap();
    assert_eq!(clone.bind("v:", entries(2), 0).unwrap_err().code(), "OUT_OF_RANGE");
}
