//! Merging: atomic under every strategy, deadlines and metadata too; with a base, only what the other side changed.

use holdall::{MetadataPatch, Operation, Policy, Source, Store, Strategy, Ttl};

use super::support::{apply, bounded, keys, put, put_for, put_with, store, tagged, text};

fn source(store: &Store) -> Source<'_> {
    Source { store, prefix: "" }
}

fn texts(keys: &[Box<str>]) -> Vec<&str> {
    keys.iter().map(|key| &**key).collect()
}

/// A store and another, which share `both` and have something of their own.
fn two() -> (Store, Store) {
    let (mut ours, mut theirs) = (store(), store());
    apply(&mut ours, &[put("both", "ours"), put("ours", "1"), put("same", "1")], 0);
    apply(&mut theirs, &[put("both", "theirs"), put("same", "1"), put("theirs", "2")], 0);
    (ours, theirs)
}

#[test]
fn each_strategy_does_what_it_says() {
    for (strategy, both) in [(Strategy::Skip, "ours"), (Strategy::Overwrite, "theirs")] {
        let (mut ours, theirs) = two();
        let merged = ours.merge("", source(&theirs), None, strategy, 0).unwrap();
        assert_eq!(texts(&merged.added), ["theirs"]);
        assert_eq!(texts(&merged.collisions), ["both", "same"]);
        assert_eq!(text(&ours, "both", 0).as_deref(), Some(both));
        assert_eq!(keys(&mut ours, 0), ["both", "ours", "same", "theirs"]);
    }
    let (mut ours, theirs) = two();
    let refused = ours.merge("", source(&theirs), None, Strategy::Error, 0).unwrap_err();
    assert_eq!((refused.code(), ours.version(), keys(&mut ours, 0).len()), ("CONFLICT", 1, 3));
}

#[test]
fn overwriting_unites_tags_and_keeps_what_the_source_has_not() {
    let (mut ours, mut theirs) = (store(), store());
    let own = MetadataPatch { description: Some(Some("ours".into())), ..tagged(&["a", "b"]) };
    apply(&mut ours, &[put_with("k", "1", &own)], 0);
    apply(&mut theirs, &[put_with("k", "2", &tagged(&["b", "c"]))], 0);
    ours.merge("", source(&theirs), None, Strategy::Overwrite, 0).unwrap();
    let entry = ours.peek("k", 0).unwrap();
    let metadata = entry.metadata.unwrap();
    assert_eq!(metadata.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(metadata.description.as_deref(), Some("ours"));
    assert_eq!(entry.value.bytes, b"2");
}

#[test]
fn deadlines_come_along_and_what_has_expired_collides_with_nothing() {
    let (mut ours, mut theirs) = (store(), store());
    apply(&mut ours, &[put_for("gone", "ours", Ttl::Span(5))], 0);
    apply(&mut theirs, &[put_for("gone", "theirs", Ttl::Span(50)), put_for("past", "1", Ttl::Span(5))], 0);
    let merged = ours.merge("", source(&theirs), None, Strategy::Error, 5).unwrap();
    assert_eq!((texts(&merged.added), merged.collisions.len()), (vec!["gone"], 0));
    assert_eq!(ours.peek("gone", 5).unwrap().deadline, 50);
}

#[test]
fn with_a_base_only_what_the_other_changed_comes_in_and_what_both_changed_collides() {
    let mut ours = store();
    apply(&mut ours, &[put("both", "0"), put("deleted", "0"), put("mine", "0"), put("other", "0")], 0);
    let base = ours.clone();
    let mut theirs = ours.clone();
    apply(&mut ours, &[put("both", "ours"), put("mine", "1")], 0);
    apply(&mut theirs, &[put("both", "theirs"), put("other", "1"), Operation::Delete { key: "deleted" }, put("new", "1")], 0);
    let refused = ours.merge("", source(&theirs), Some(source(&base)), Strategy::Error, 0).unwrap_err();
    assert_eq!(refused.code(), "CONFLICT");
    let merged = ours.merge("", source(&theirs), Some(source(&base)), Strategy::Skip, 0).unwrap();
    assert_eq!((texts(&merged.added), texts(&merged.overwritten)), (vec!["new"], vec!["other"]));
    assert_eq!((texts(&merged.deleted), texts(&merged.collisions)), (vec!["deleted"], vec!["both"]));
    assert_eq!((text(&ours, "mine", 0).as_deref(), text(&ours, "both", 0).as_deref()), (Some("1"), Some("ours")));
}

#[test]
fn merging_with_itself_changes_nothing() {
    for strategy in [Strategy::Skip, Strategy::Overwrite, Strategy::Error] {
        let (mut ours, _) = two();
        let itself = ours.clone();
        let merged = ours.merge("", source(&itself), None, strategy, 0).unwrap();
        assert_eq!((ours.version(), merged.skipped.len(), merged.overwritten.len()), (1, 3, 0));
    }
}

#[test]
fn a_merge_that_does_not_fit_changes_nothing() {
    let mut ours = bounded(Policy::Reject, Some(2), None);
    apply(&mut ours, &[put("a", "1")], 0);
    let mut theirs = store();
    apply(&mut theirs, &[put("b", "1"), put("c", "1")], 0);
    assert_eq!(ours.merge("", source(&theirs), None, Strategy::Skip, 0).unwrap_err().code(), "QUOTA_EXCEEDED");
    assert_eq!((keys(&mut ours, 0), ours.version()), (vec!["a".to_string()], 1));
}

#[test]
fn scopes_merge_by_their_short_keys() {
    let (mut ours, mut theirs) = (store(), store());
    apply(&mut theirs, &[put("user:1", "Ada"), put("job:1", "print")], 0);
    ours.merge("people:", Source { store: &theirs, prefix: "user:" }, None, Strategy::Error, 0).unwrap();
    assert_eq!(keys(&mut ours, 0), ["people:1"]);
    let difference = ours.diff("people:", Source { store: &theirs, prefix: "job:" }, 0);
    assert_eq!(texts(&difference.changed), ["1"]);
}
