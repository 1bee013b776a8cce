//! Who reads confirmed commits hears what the backend did, and nothing of what is pending.

use holdall::{Answer, ChangeKind, Origin};

use super::support::{Held, put, written};

/// A commit: its number, its origin, and of each change the kind, the key and whether something was there before.
type Read = (u64, Origin, Vec<(ChangeKind, String, bool)>);

fn read(held: &mut Held) -> Vec<Read> {
    let of = |change: holdall::Change| (change.kind, change.key.into(), change.previous.is_some());
    let commits = held.replica.take_confirmed().into_iter();
    commits.map(|commit| (commit.version, commit.origin, commit.changes.into_iter().map(of).collect())).collect()
}

#[test]
fn a_write_is_read_when_it_is_confirmed_and_a_refused_one_never() {
    let mut held = Held::new();
    held.replica.record();
    held.apply(&[put("a", "1")], 1);
    let (refused, _) = held.send(1).unwrap();
    held.answer(refused, Answer::Refused, 2);
    held.apply(&[put("a", "2")], 3);
    assert!(read(&mut held).is_empty());
    let (counter, _) = held.send(3).unwrap();
    held.commit(counter, 1, 4);
    assert_eq!(read(&mut held), [(1, Origin::Local, vec![(ChangeKind::Set, "a".into(), false)])]);
}

#[test]
fn commits_of_others_are_read_as_they_are_beneath_pending_writes() {
    let mut held = Held::new();
    held.replica.record();
    held.apply(&[put("a", "mine")], 1);
    held.told();
    held.receive(1, &written(&[put("a", "theirs")]), 2);
    assert!(held.told().is_empty());
    held.receive(2, &written(&[holdall::Operation::Delete { key: "a" }]), 3);
    let expected = [
        (1, Origin::Remote, vec![(ChangeKind::Set, "a".into(), false)]),
        (2, Origin::Remote, vec![(ChangeKind::Delete, "a".into(), true)]),
    ];
    assert_eq!(read(&mut held), expected);
}
