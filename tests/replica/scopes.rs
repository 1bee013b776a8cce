//! A replica of a scope knows its keys without the scope, and the backend with it.

use holdall::{NEVER, Operation, ReplicaOptions};

use super::support::{Held, entry, options, put, written};

fn user() -> Held {
    Held::loaded(
        ReplicaOptions { scope: "user:".into(), ..options() },
        &[entry("user:1", "Ada", 1, NEVER), entry("job:1", "print", 1, NEVER)],
        1,
    )
}

#[test]
fn only_the_scope_is_held() {
    let held = user();
    assert_eq!((held.text("1", 0).as_deref(), held.store.stats().entries), (Some("Ada"), 1));
}

#[test]
fn what_is_sent_has_the_scope() {
    let mut held = user();
    held.apply(&[put("2", "Bob"), Operation::DeletePrefix { prefix: "" }], 1);
    assert_eq!(held.send(1).unwrap().1, written(&[put("user:2", "Bob"), Operation::DeletePrefix { prefix: "user:" }]));
}

#[test]
fn what_is_outside_is_passed_over_and_counts_as_applied() {
    let mut held = user();
    held.receive(2, &written(&[put("job:1", "scan"), put("user:2", "Bob"), put("users", "x")]), 1);
    held.replica.received_through(&mut held.store, 5, 1);
    assert_eq!((held.text("2", 1).as_deref(), held.store.stats().entries, held.replica.applied()), (Some("Bob"), 2, 5));
}

#[test]
fn a_clear_of_more_than_the_scope_clears_all_of_it() {
    let mut held = user();
    held.receive(2, &written(&[Operation::DeletePrefix { prefix: "us" }, put("user:3", "Cyd")]), 1);
    assert_eq!((held.text("1", 1), held.text("3", 1).as_deref()), (None, Some("Cyd")));
}

#[test]
fn a_key_that_is_too_long_with_its_scope_is_refused() {
    let mut held = user();
    let longest = "k".repeat(holdall::MAX_KEY_BYTES - "user:".len());
    let error = held.replica.apply(&mut held.store, &[put(&format!("{longest}k"), "1")], 1).unwrap_err();
    assert_eq!((error.code(), held.replica.backlog()), ("INVALID_KEY", 0));
    held.apply(&[put(&longest, "1")], 1);
}
