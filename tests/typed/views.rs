//! Typed views do what stores do: scopes, expiry, bounds, metadata, transactions, clones, merges, snapshots.

use holdall::{ChangeKind, Error, Limits, Options, Policy, Query, Range, SetOptions, Strategy, Ttl, Typed, decode};

use super::support::{code, picture, timed, typed};

#[test]
fn a_scope_is_a_live_view_with_keys_of_its_own() {
    let mut store = typed();
    let mut users = store.scope("user").unwrap();
    users.set("1", "Ada").unwrap();
    users.scope("a").unwrap().set("b", &1).unwrap();
    users.isolate("x:y").unwrap().set("c", &2).unwrap();
    assert_eq!(users.keys(Range::default()).collect::<Vec<_>>(), ["1", "a:b", "~x~1y:c"]);
    assert_eq!(users.keys(Range { prefix: "a", ..Range::default() }).collect::<Vec<_>>(), ["a:b"]);
    let after = Range { after: Some("a:b"), ..Range::default() };
    assert_eq!(users.keys(after).collect::<Vec<_>>(), ["~x~1y:c"]);
    assert_eq!(users.keys(Range { reverse: true, ..after }).collect::<Vec<_>>(), ["1"]);
    store.set("users", "not theirs").unwrap();
    assert_eq!((store.scope("user").unwrap().len(), store.len()), (3, 4));
    assert_eq!(store.get("user:1"), Ok(Some("Ada".to_string())));
    assert_eq!(store.scope("user").unwrap().clear(), Ok(3));
    assert_eq!(store.len(), 1);
    assert_eq!(code(store.scope("~x")), "INVALID_ARGUMENT");
    assert_eq!(code(store.isolate("")), "INVALID_ARGUMENT");
}

#[test]
fn errors_name_keys_as_the_view_does() {
    let mut store = typed();
    let mut users = store.scope("user").unwrap();
    users.set("1", &1).unwrap();
    assert_eq!(users.compare_and_set("1", &2, 9), Err(Error::Conflict { key: "1".into(), expected: 9, actual: 1 }));
    assert_eq!(users.get_required::<u8>("2"), Err(Error::NotFound { key: "2".into(), expired: false }));
    let mut other = typed();
    other.set("1", &3).unwrap();
    assert_eq!(users.merge(&other, Strategy::Error), Err(Error::Collision { key: "1".into() }));
}

#[test]
fn compare_and_set_asks_for_the_version() {
    let mut store = typed();
    assert_eq!(store.compare_and_set("a", &1, 0), Ok(1));
    assert_eq!(code(store.compare_and_set("a", &2, 0)), "CONFLICT");
    assert_eq!(store.compare_and_set("a", &2, 1), Ok(2));
    assert_eq!(store.meta("a").unwrap().version, 2);
}

#[test]
fn time_is_the_clocks() {
    let (mut store, clock) = timed(Options { default_ttl: Some(100), ..Options::default() });
    store.set("a", &1).unwrap();
    store.set_with("b", &2, &SetOptions::default().ttl(Ttl::Never)).unwrap();
    clock.set(99);
    assert_eq!((store.get("a"), store.ttl("a"), store.ttl("b"), store.ttl("c")), (Ok(Some(1)), Some(Some(1)), Some(None), None));
    store.update("a", |number: Option<u8>| number.unwrap() + 1).unwrap();
    assert_eq!(store.ttl("a"), Some(Some(1)), "an update keeps the deadline");
    clock.set(100);
    assert_eq!((store.get::<u8>("a"), store.has("a"), store.len()), (Ok(None), false, 1));
    assert_eq!(store.get_required::<u8>("a"), Err(Error::NotFound { key: "a".into(), expired: true }));
    assert_eq!(store.increment("n", 1, Ttl::Span(10)), Ok(1));
    clock.set(105);
    assert_eq!(store.increment("n", 1, Ttl::Span(10)), Ok(2));
    assert_eq!(store.ttl("n"), Some(Some(5)), "the ttl counts when the entry is made");
    assert_eq!((store.touch("n", Ttl::Span(50)), store.persist("missing")), (Ok(true), Ok(false)));
    assert_eq!(store.ttl("n"), Some(Some(50)));
    assert_eq!(code(store.touch("n", Ttl::Span(0))), "OUT_OF_RANGE");
}

#[test]
fn what_never_expires_does_not_however_late_the_clock() {
    // The fuzzer found that the last moment of all is `NEVER`, at which everything had expired.
    let (mut store, clock) = timed(Options::default());
    store.set("a", &1).unwrap();
    clock.set(u64::MAX);
    assert_eq!(store.get("a"), Ok(Some(1)));
    store.set("b", &2).unwrap();
    assert_eq!(store.len(), 2);
}

#[test]
fn metadata_goes_with_the_entry() {
    let mut store = typed();
    let how = SetOptions::default().tags(["b", "a", "b"]).property("n", &u64::MAX).unwrap().description("text");
    store.set_with("a", &1, &how).unwrap();
    store.set("a", &2).unwrap();
    let meta = store.meta("a").unwrap();
    assert_eq!(meta.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((meta.property("n"), meta.property::<u8>("m")), (Ok(Some(u64::MAX)), Ok(None)));
    assert_eq!(code(meta.property::<u8>("n")), "TYPE_MISMATCH");
    assert_eq!(meta.description.as_deref(), Some("text"));
    assert_eq!((store.add_tag("a", "c"), store.remove_tag("a", "b"), store.add_tag("x", "c")), (Ok(true), Ok(true), Ok(false)));
    assert!(store.has_tag("a", "c") && !store.has_tag("a", "b"));
    let mut scope = store.scope("s").unwrap();
    scope.set_with("x", &1, &SetOptions::default().tags(["c"])).unwrap();
    assert_eq!(scope.find(Query { all_tags: &["c"], ..Query::default() }).collect::<Vec<_>>(), ["x"]);
    assert_eq!(store.find(Query { all_tags: &["c"], ..Query::default() }).collect::<Vec<_>>(), ["a", "s:x"]);
}

#[test]
fn entries_are_listed_as_they_were_and_each_is_checked() {
    let mut store = typed();
    store.set_many([("b", 300), ("a", 1)]).unwrap();
    let listed = store.entries::<u8>(Range::default());
    store.clear().unwrap();
    let listed: Vec<_> = listed.map(|entry| entry.map_err(|error| error.code())).collect();
    assert_eq!(listed, [Ok(("a".to_string(), 1)), Err("TYPE_MISMATCH")]);
    assert!(store.is_empty());
    store.set_many([("a", 1), ("b", 2)]).unwrap();
    assert_eq!((store.delete("a"), store.delete("a"), store.delete_many(["a", "b"])), (Ok(true), Ok(false), Ok(1)));
}

#[test]
fn bounds_hold_and_a_peek_is_no_use() {
    let limits = Limits { max_entries: Some(2), max_bytes: None };
    let (mut store, _) = timed(Options { limits, policy: Policy::Lru, ..Options::default() });
    store.set_many([("a", 1), ("b", 2)]).unwrap();
    assert_eq!((store.get("a"), store.peek("b")), (Ok(Some(1)), Ok(Some(2))));
    store.set("c", &3).unwrap();
    assert_eq!(store.keys(Range::default()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(store.stats().evictions, 1);
    let (mut store, _) = timed(Options { policy: Policy::Reject, ..Options::default() });
    let mut scope = store.scope("s").unwrap();
    scope.bind(Limits { max_entries: Some(1), max_bytes: None }).unwrap();
    scope.set("a", &1).unwrap();
    assert_eq!(code(scope.set("b", &1)), "QUOTA_EXCEEDED");
}

#[test]
fn a_transaction_happens_as_a_whole_or_not_at_all() {
    let mut store = typed();
    let mut scope = store.scope("s").unwrap();
    scope.set("a", &1).unwrap();
    let failed: Result<(), Error> = scope.transaction(|transaction| {
        transaction.set("a", &2)?;
        assert_eq!(transaction.get("a"), Ok(Some(2)), "it sees its own writes");
        transaction.get_required::<u8>("missing").map(drop)
    });
    assert_eq!(code(failed), "NOT_FOUND");
    assert_eq!(scope.get("a"), Ok(Some(1)));
    let mut transaction = scope.begin();
    let read: u8 = transaction.get_required("a").unwrap();
    transaction.scope("t").unwrap().set("b", &(read + 1)).unwrap();
    assert_eq!(transaction.len(), 2);
    scope.set("a", &9).unwrap();
    assert_eq!(code(scope.commit(transaction)), "CONFLICT");
    let sum = scope.transaction(|transaction| transaction.increment("a", 1, Ttl::Default)).unwrap();
    assert_eq!((sum, store.get("s:a")), (10, Ok(Some(10))));
}

#[test]
fn clones_merges_and_snapshots_mean_the_same_on_a_scope() {
    let mut store = typed();
    store.set_many([("s:a", 1), ("s:b", 2), ("t", 3)]).unwrap();
    let mut base = store.scope("s").unwrap().detached();
    assert_eq!(base.keys(Range::default()).collect::<Vec<_>>(), ["a", "b"]);
    let mut other = base.clone();
    other.set("a", &10).unwrap();
    other.delete("b").unwrap();
    base.set("unseen", &0).unwrap();
    base.delete("unseen").unwrap();
    let mut scope = store.scope("s").unwrap();
    assert_eq!(scope.diff(&other).removed, ["b".into()]);
    let merged = scope.merge_since(&other, &base, Strategy::Error).unwrap();
    assert_eq!((&*merged.overwritten, &*merged.deleted), (&["a".into()][..], &["b".into()][..]));
    assert_eq!(scope.snapshot(), other.snapshot());
    base.restore(&scope.snapshot()).unwrap();
    assert_eq!(base.get("a"), Ok(Some(10)));
    assert_eq!(store.get("t"), Ok(Some(3)));
    let before = picture(store.store());
    assert_eq!(code(store.scope("s").unwrap().restore(b"HOLDALL")), "INVALID_SNAPSHOT");
    assert_eq!(picture(store.store()), before);
}

#[test]
fn what_happened_waits_until_it_is_taken() {
    let (mut store, clock) = timed(Options::default());
    store.set("before", &0).unwrap();
    store.observe(true);
    store.set_with("a", &1, &SetOptions::default().ttl(Ttl::Span(5))).unwrap();
    clock.set(5);
    let told: Vec<_> = store.take_commits().into_iter().flat_map(|commit| commit.changes).collect();
    assert_eq!(
        told.iter().map(|change| (change.kind, &*change.key)).collect::<Vec<_>>(),
        [(ChangeKind::Set, "a"), (ChangeKind::Expire, "a")]
    );
    assert_eq!(told[1].previous.as_ref().map(|value| decode(value.as_value())), Some(Ok(1)));
    assert!(store.take_commits().is_empty());
}

#[test]
fn a_view_can_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Typed>();
}
