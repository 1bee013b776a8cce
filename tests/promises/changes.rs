//! What is told of commits: net effects, one per key, in key order.

use holdall::{Change, ChangeKind, Detail, MetadataPatch, Operation, Options, Policy, Store, Ttl};

use super::support::{apply, bounded, put, put_for, put_with, refusal, store, tagged};

fn observed(mut store: Store) -> Store {
    store.observe(Detail::Changes, Detail::Changes);
    store
}

/// Kind, key, value and previous value of a change.
type Told = (ChangeKind, String, Option<String>, Option<String>);

/// The commits that wait.
fn told(store: &mut Store) -> Vec<(u64, Vec<Told>)> {
    let text = |value: &Option<holdall::OwnedValue>| value.as_ref().map(|value| String::from_utf8(value.bytes.to_vec()).unwrap());
    let tell = |change: &Change| (change.kind, change.key.to_string(), text(&change.value), text(&change.previous));
    let commits = store.take_outbox().commits;
    commits.iter().map(|commit| (commit.version, commit.changes.iter().map(tell).collect())).collect()
}

fn change(kind: ChangeKind, key: &str, value: Option<&str>, previous: Option<&str>) -> Told {
    (kind, key.into(), value.map(Into::into), previous.map(Into::into))
}

#[test]
fn a_commit_tells_each_key_once_as_it_was_and_as_it_is() {
    let mut store = observed(store());
    apply(&mut store, &[put("c", "1"), put("b", "1"), put("a", "1"), put("b", "2")], 0);
    apply(&mut store, &[put("b", "3"), Operation::Delete { key: "a" }, Operation::Touch { key: "c", ttl: Ttl::Span(9) }], 0);
    let set = ChangeKind::Set;
    assert_eq!(
        told(&mut store),
        [
            (1, vec![change(set, "a", Some("1"), None), change(set, "b", Some("2"), None), change(set, "c", Some("1"), None)]),
            (
                2,
                vec![
                    change(ChangeKind::Delete, "a", None, Some("1")),
                    change(set, "b", Some("3"), Some("2")),
                    change(ChangeKind::Meta, "c", Some("1"), Some("1")),
                ]
            ),
        ]
    );
}

#[test]
fn what_is_set_and_deleted_in_one_commit_is_no_change() {
    let mut store = observed(store());
    apply(&mut store, &[put("a", "1"), Operation::Delete { key: "a" }], 0);
    assert!(told(&mut store).is_empty());
}

#[test]
fn a_clear_tells_a_delete_for_each_key() {
    let mut store = observed(store());
    apply(&mut store, &[put("b", "2"), put("a", "1")], 0);
    told(&mut store);
    apply(&mut store, &[Operation::DeletePrefix { prefix: "" }], 0);
    let deletes = vec![change(ChangeKind::Delete, "a", None, Some("1")), change(ChangeKind::Delete, "b", None, Some("2"))];
    assert_eq!(told(&mut store), [(2, deletes)]);
}

#[test]
fn expiry_is_told_once_in_a_commit_of_its_own_before_the_write_that_found_it() {
    let mut store = observed(store());
    apply(&mut store, &[put_for("a", "1", Ttl::Span(10))], 0);
    told(&mut store);
    apply(&mut store, &[put("a", "2")], 10);
    store.advance(20);
    let expired = vec![change(ChangeKind::Expire, "a", None, Some("1"))];
    assert_eq!(told(&mut store), [(2, expired), (3, vec![change(ChangeKind::Set, "a", Some("2"), None)])]);
}

#[test]
fn evictions_are_told_with_the_commit_that_caused_them() {
    let mut store = observed(bounded(Policy::Lru, Some(1), None));
    apply(&mut store, &[put("b", "1")], 0);
    told(&mut store);
    apply(&mut store, &[put("a", "2")], 0);
    let changes = vec![change(ChangeKind::Set, "a", Some("2"), None), change(ChangeKind::Evict, "b", None, Some("1"))];
    assert_eq!(told(&mut store), [(2, changes)]);
}

#[test]
fn who_hears_removals_only_hears_evictions_and_expiry_only() {
    let limits = super::support::entries(1);
    let mut store = Store::new(Options { limits, ..Options::default() }).unwrap();
    store.observe(Detail::Rows, Detail::Changes);
    apply(&mut store, &[put("b", "1")], 0);
    apply(&mut store, &[put_for("a", "2", Ttl::Span(5))], 0);
    store.advance(5);
    let evicted = vec![change(ChangeKind::Evict, "b", None, Some("1"))];
    assert_eq!(told(&mut store), [(2, evicted), (3, vec![change(ChangeKind::Expire, "a", None, Some("2"))])]);
}

#[test]
fn a_change_names_the_tags_before_and_after_it() {
    let mut store = observed(store());
    apply(&mut store, &[put_with("a", "1", &tagged(&["old", "both"]))], 0);
    store.take_outbox();
    let patch = MetadataPatch { remove_tag: Some("old".into()), add_tag: Some("new".into()), ..MetadataPatch::default() };
    apply(&mut store, &[Operation::Annotate { key: "a", metadata: &patch }], 0);
    let commits = store.take_outbox().commits;
    assert_eq!(commits[0].changes[0].tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["both", "new", "old"]);
}

#[test]
fn a_refused_commit_is_told_to_nobody() {
    let mut store = observed(bounded(Policy::Lru, Some(1), None));
    apply(&mut store, &[put("a", "1")], 0);
    told(&mut store);
    assert_eq!(refusal(&mut store, &[put("b", "1"), put("c", "1")], 0), "QUOTA_EXCEEDED");
    assert!(store.outbox().is_empty());
}

#[test]
fn every_row_that_changed_is_named() {
    let mut store = store();
    apply(&mut store, &[put("a", "1"), put("b", "1")], 0);
    store.take_outbox();
    let row = store.find("a", 0).unwrap();
    apply(&mut store, &[put("a", "2")], 0);
    assert_eq!(store.take_only_row(), Some(row));
    assert!(store.outbox().is_empty());
    apply(&mut store, &[Operation::Delete { key: "a" }, Operation::Annotate { key: "b", metadata: &tagged(&["t"]) }], 0);
    assert_eq!(store.take_only_row(), None, "there are two of them");
    assert_eq!(store.outbox().rows.len(), 2);
    assert!(store.outbox().rows.contains(&row));
}
