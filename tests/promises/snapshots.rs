//! Snapshots: equal content gives equal bytes, and damaged ones change nothing.

use holdall::{MetadataPatch, Operation, OwnedValue, Store, Ttl};

use super::support::{apply, keys, put, put_for, put_with, store, tagged, text};

fn filled() -> Store {
    let mut store = store();
    let properties = [("p", b"1"), ("q", b"2")];
    let properties = properties.map(|(name, bytes)| (name.into(), OwnedValue { encoding: 2, bytes: bytes[..].into() }));
    let patch = MetadataPatch { properties: Some(properties.into_iter().collect()), description: Some(Some("d".into())), ..tagged(&["t"]) };
    apply(&mut store, &[put("", "empty key"), put_with("é", "1", &patch), put_for("x:1", "2", Ttl::Span(100)), put("x:2", "3")], 0);
    store
}

#[test]
fn a_restored_store_has_values_deadlines_and_metadata_and_gives_the_same_bytes() {
    let bytes = filled().snapshot("", 0);
    let mut restored = store();
    apply(&mut restored, &[put("gone", "1")], 0);
    restored.restore("", &bytes, 50).unwrap();
    assert_eq!(keys(&mut restored, 50), ["", "x:1", "x:2", "é"]);
    assert_eq!(restored.peek("x:1", 99).unwrap().deadline, 100);
    assert_eq!(restored.peek("é", 50).unwrap().metadata.unwrap().description.as_deref(), Some("d"));
    assert_eq!(restored.snapshot("", 50), bytes);
    assert_eq!(restored.version(), 2, "one commit");
}

#[test]
fn what_has_expired_is_neither_taken_nor_brought_back() {
    let mut store = filled();
    let early = store.snapshot("", 0);
    assert!(early.len() > store.snapshot("", 100).len());
    store.restore("", &early, 100).unwrap();
    assert!(text(&store, "x:1", 100).is_none() && text(&store, "x:2", 100).is_some());
}

#[test]
fn a_scope_has_its_short_keys_and_is_restored_alone() {
    let mut store = filled();
    let bytes = store.snapshot("x:", 0);
    apply(&mut store, &[Operation::DeletePrefix { prefix: "x:" }], 0);
    store.restore("y:", &bytes, 0).unwrap();
    assert_eq!(keys(&mut store, 0), ["", "y:1", "y:2", "é"]);
}

#[test]
fn every_truncation_and_every_flipped_byte_is_refused_with_nothing_changed() {
    let bytes = filled().snapshot("", 0);
    let mut store = filled();
    let refused = |store: &mut Store, bytes: &[u8]| store.restore("", bytes, 0).unwrap_err().code();
    for at in 0..bytes.len() {
        assert_eq!(refused(&mut store, &bytes[..at]), "INVALID_SNAPSHOT", "cut off at {at}");
        for flip in 1..=255_u8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            assert!(["INVALID_SNAPSHOT", "FORMAT_TOO_NEW"].contains(&refused(&mut store, &damaged)), "byte {at} by {flip}");
        }
    }
    assert_eq!(refused(&mut store, &[&bytes[..], &[0]].concat()), "INVALID_SNAPSHOT");
    assert_eq!((store.version(), store.snapshot("", 0)), (1, bytes));
}
