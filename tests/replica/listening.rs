//! Listeners hear every change of what is shown, as what it is, and nothing twice.

use holdall::{Answer, ChangeKind, Origin};

use super::support::{Held, annotate, put, tag, untag, written};

#[test]
fn a_write_is_told_once_and_its_acknowledgement_is_no_news() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    let told = held.told();
    assert_eq!((told.len(), told[0].0, told[0].1[0].kind), (1, Origin::Local, ChangeKind::Set));
    let (counter, _) = held.send(1).unwrap();
    held.commit(counter, 1, 2);
    assert!(held.told().is_empty());
}

#[test]
fn what_others_write_and_what_is_taken_back_is_told_as_such() {
    let mut held = Held::new();
    held.receive(1, &written(&[put("a", "theirs")]), 1);
    held.apply(&[put("a", "mine")], 2);
    let (counter, _) = held.send(2).unwrap();
    held.told();
    held.answer(counter, Answer::Refused, 3);
    let told = held.told();
    assert_eq!((told.len(), told[0].0), (1, Origin::Rollback));
    let change = &told[0].1[0];
    assert_eq!((change.value.as_ref().map(|value| &*value.bytes), change.kind), (Some(&b"theirs"[..]), ChangeKind::Set));
    held.receive(2, &written(&[put("b", "theirs")]), 4);
    assert_eq!(held.told()[0].0, Origin::Remote);
}

/// A pending annotation keeps its number when another replica changes the value beneath it; entries of the same version were taken for the same.
#[test]
fn a_value_that_changes_beneath_a_pending_annotation_is_told() {
    let mut held = Held::new();
    held.receive(1, &written(&[put("a", "1")]), 1);
    held.apply(&[annotate("a", &tag("mine"))], 2);
    held.told();
    held.receive(2, &written(&[put("a", "2")]), 3);
    let told = held.told();
    assert_eq!((told.len(), told[0].1[0].kind), (1, ChangeKind::Set));
    assert_eq!((held.text("a", 3).as_deref(), held.tags("a")), (Some("2"), vec!["mine".to_string()]));
}

/// Metadata that a refused write had left empty kept the write's number, and with it the entry a version that the backend never gave.
#[test]
fn metadata_that_is_taken_back_leaves_no_number() {
    let mut held = Held::new();
    held.receive(1, &written(&[put("a", "1")]), 1);
    held.apply(&[annotate("a", &tag("x")), annotate("a", &untag("x"))], 2);
    let (counter, _) = held.send(2).unwrap();
    held.told();
    held.answer(counter, Answer::Refused, 3);
    assert_eq!(held.version("a"), 1);
    assert!(held.told().is_empty());
}
