//! A commit happens once, whoever tells of it first.

use holdall::{Answer, Decided};

use super::support::{Held, annotate, put, tag, untag, written};

#[test]
fn a_commit_that_was_acknowledged_is_not_applied_again_when_the_log_tells_it() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    let (counter, operations) = held.send(1).unwrap();
    held.commit(counter, 1, 2);
    held.told();
    held.apply(&[put("a", "2")], 3);
    held.hear(1, Some(counter), &operations, 4);
    assert_eq!(held.text("a", 4).as_deref(), Some("2"));
    assert_eq!(held.decided(), [(1, 1, Decided::Committed(1))]);
}

#[test]
fn the_log_may_tell_a_commit_before_its_answer_comes() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    let (counter, operations) = held.send(1).unwrap();
    held.hear(1, Some(counter), &operations, 2);
    assert!(!held.replica.is_pending("a") && held.version("a") == 1);
    held.commit(counter, 1, 3);
    assert_eq!(held.decided(), [(1, 1, Decided::Committed(1))]);
    assert_eq!(held.replica.backlog(), 0);
}

/// Two commits were acknowledged and waited, since the log had told nothing of the commit before them, which is on none of the keys here. When it came to the
/// first, its turn had just come, and with it that of the second; then the first was done once more, and counted as the last one applied.
#[test]
fn a_commit_whose_turn_comes_as_it_is_told_is_done_once() {
    let mut held = Held::new();
    held.receive(1, &written(&[put("a", "0")]), 1);
    held.apply(&[annotate("a", &tag("draft"))], 2);
    let (first, operations) = held.send(2).unwrap();
    held.apply(&[annotate("a", &untag("draft"))], 2);
    held.commit(first, 3, 3);
    let (second, _) = held.send(3).unwrap();
    held.commit(second, 4, 4);
    held.hear(3, Some(first), &operations, 6);
    assert!(held.tags("a").is_empty());
    assert_eq!((held.replica.applied(), held.version("a")), (4, 4));
}

#[test]
fn what_nobody_knows_is_taken_back_until_the_log_tells_it() {
    let mut held = Held::new();
    held.apply(&[put("a", "1")], 1);
    let (counter, operations) = held.send(1).unwrap();
    held.answer(counter, Answer::Unknown, 2);
    assert_eq!((held.decided(), held.text("a", 2)), (vec![(1, 1, Decided::Unknown)], None));
    held.hear(1, Some(counter), &operations, 3);
    assert_eq!(held.text("a", 3).as_deref(), Some("1"));
    assert!(held.decided().is_empty());
}

#[test]
fn a_commit_that_changed_nothing_is_done_when_what_came_before_it_is() {
    let mut held = Held::new();
    held.apply(&[holdall::Operation::Delete { key: "a" }], 1);
    let (counter, _) = held.send(1).unwrap();
    held.commit_nothing(counter, 2, 2);
    assert_eq!((held.decided(), held.replica.is_pending("a")), (vec![(1, 1, Decided::Committed(2))], true));
    held.receive(1, &written(&[put("a", "theirs")]), 3);
    assert_eq!(held.text("a", 3), None);
    held.receive(2, &written(&[holdall::Operation::Delete { key: "a" }]), 4);
    assert!(!held.replica.is_pending("a") && held.replica.backlog() == 0);
}
