//! Damaged snapshots are refused with nothing changed, or, where that cannot be told, read as what they say: never half applied, never a panic.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use holdall::{MetadataPatch, Operation, Options, SNAPSHOT_FORMAT, Store, Ttl, Value};
use xxhash_rust::xxh64::xxh64;

fn put<'a>(key: &'a str, text: &'a str, ttl: Ttl, metadata: Option<&'a MetadataPatch>) -> Operation<'a> {
    Operation::Put { key, value: Value { encoding: 0, bytes: text.as_bytes() }, ttl, metadata }
}

/// A store to restore into, and what it looks like.
fn target() -> (Store, Vec<u8>) {
    let mut store = Store::new(Options::default()).unwrap();
    store.apply(&[], &[put("old", "kept", Ttl::Default, None)], 0).unwrap();
    let before = store.snapshot("", 0);
    (store, before)
}

fn small() -> Vec<u8> {
    let mut store = Store::new(Options::default()).unwrap();
    let one = Value { encoding: 2, bytes: b"1" }.to_owned();
    let properties = [("p".into(), one)].into_iter().collect();
    let patch = MetadataPatch {
        tags: Some(vec!["t".into(), "é".into()]),
        properties: Some(properties),
        description: Some(Some("d".into())),
        ..MetadataPatch::default()
    };
    let operations = [put("a", "1", Ttl::Span(9), Some(&patch)), put("é", "", Ttl::Default, None)];
    store.apply(&[], &operations, 0).unwrap();
    store.snapshot("", 0)
}

/// Restores bytes that were tampered with; returns the code of the refusal, after which the store is as it was.
fn refusal(bytes: &[u8]) -> Option<&'static str> {
    let (mut store, before) = target();
    match store.restore("", bytes, 0) {
        Ok(_) => None,
        Err(error) => {
            assert!(store.snapshot("", 0) == before && store.version() == 1, "the store is as it was");
            Some(error.code())
        }
    }
}

fn sealed(content: &[u8]) -> Vec<u8> {
    [content, &xxh64(content, 0).to_le_bytes()].concat()
}

#[test]
fn every_truncation_is_refused() {
    let bytes = small();
    for length in 0..bytes.len() {
        assert_eq!(refusal(&bytes[..length]), Some("INVALID_SNAPSHOT"), "cut at {length} of {}", bytes.len());
        // Without a byte of the format, that reads as another one.
        let code = refusal(&[&bytes[..length], &bytes[length + 1..]].concat());
        assert_eq!(code, Some(if (8..12).contains(&length) { "FORMAT_TOO_NEW" } else { "INVALID_SNAPSHOT" }), "without byte {length}");
    }
    assert_eq!(refusal(&[&*bytes, &[0]].concat()), Some("INVALID_SNAPSHOT"), "one byte too many");
    assert_eq!(refusal(&bytes), None);
}

#[test]
fn every_other_value_of_every_byte_is_refused() {
    let bytes = small();
    for at in 0..bytes.len() {
        for flip in 1..=255 {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            let code = refusal(&damaged);
            // Only the format tells why before the checksum is looked at.
            let allowed = if (8..12).contains(&at) { "FORMAT_TOO_NEW" } else { "INVALID_SNAPSHOT" };
            assert!(code == Some(allowed) || code == Some("INVALID_SNAPSHOT"), "byte {at} ^ {flip}: {code:?}");
        }
    }
}

#[test]
fn damage_behind_a_checksum_that_fits_is_refused_or_read_as_what_it_says() {
    let whole = small();
    let content = &whole[..whole.len() - 8];
    let mut read = 0;
    for at in 0..content.len() {
        assert!(refusal(&sealed(&content[..at])).is_some(), "cut at {at}");
        for flip in 1..=255 {
            let mut damaged = content.to_vec();
            damaged[at] ^= flip;
            let (mut store, before) = target();
            if store.restore("", &sealed(&damaged), 0).is_err() {
                assert!(store.snapshot("", 0) == before && store.version() == 1, "byte {at} ^ {flip}: the store is as it was");
                continue;
            }
            read += 1;
            let again = store.snapshot("", 0);
            let (mut other, _) = target();
            other.restore("", &again, 0).unwrap();
            assert!(other.snapshot("", 0) == again && other.peek("old", 0).is_none());
        }
    }
    assert!(read > 0, "some bytes of values can be any");
}

#[test]
fn counts_that_claim_more_than_there_is_are_refused_without_taking_room() {
    let mut bytes = small();
    let end = bytes.len() - 8;
    bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(refusal(&sealed(&bytes[..end])), Some("INVALID_SNAPSHOT"));
    let empty = [b"HOLDALL\0".as_slice(), &1_u32.to_le_bytes(), &1_u32.to_le_bytes()].concat();
    let claims = [&*empty, &[1, 0, b'k', 0], &u32::MAX.to_le_bytes()].concat();
    assert_eq!(refusal(&sealed(&claims)), Some("INVALID_SNAPSHOT"), "a value of 4 GiB");
    let claims = [&*empty, &[1, 0, b'k', 0, 0, 0, 0, 0], &u64::MAX.to_le_bytes(), &u32::MAX.to_le_bytes()].concat();
    assert_eq!(refusal(&sealed(&claims)), Some("INVALID_SNAPSHOT"), "four thousand million tags");
}

#[test]
fn a_later_format_is_too_new_and_an_earlier_one_than_the_first_is_none() {
    let bytes = small();
    let with_format = |format: u32| {
        let mut other = bytes[..bytes.len() - 8].to_vec();
        other[8..12].copy_from_slice(&format.to_le_bytes());
        sealed(&other)
    };
    assert_eq!(refusal(&with_format(SNAPSHOT_FORMAT)), None);
    assert_eq!(refusal(&with_format(SNAPSHOT_FORMAT + 1)), Some("FORMAT_TOO_NEW"));
    assert_eq!(refusal(&with_format(0)), Some("INVALID_SNAPSHOT"));
    // Whatever its checksum is: a later format may have another.
    let mut newer = bytes;
    newer[8] = 2;
    assert_eq!(refusal(&newer), Some("FORMAT_TOO_NEW"));
}
