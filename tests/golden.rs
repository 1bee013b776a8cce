//! The golden files of `tests/golden`: what an earlier version wrote, in JavaScript, is read for ever, and written again as the same bytes.
//!
//! `scripts/golden.mjs` has made them. Each `NAME.json` describes what must be read from `snapshot-N/NAME.bin` and `lines-N/NAME.jsonl`.
#![cfg(all(feature = "serde", not(target_arch = "wasm32")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use holdall::{Entry, NEVER, Options, Range, Store, Strategy, Value};
use serde::Deserialize;

#[derive(Deserialize)]
struct Description {
    now: u64,
    entries: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    key: String,
    #[serde(flatten)]
    value: Stored,
    deadline: Option<u64>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    properties: BTreeMap<String, Stored>,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Stored {
    encoding: u8,
    content: String,
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Each file of a folder, with its name and its description.
fn each(folder: &str) -> Vec<(String, Vec<u8>, Description)> {
    let mut files: Vec<PathBuf> = fs::read_dir(golden().join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "the files of {folder} are there");
    let read = |file: PathBuf| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_string();
        let description = fs::read(golden().join(format!("{name}.json"))).unwrap();
        (name, fs::read(file).unwrap(), serde_json::from_slice(&description).unwrap())
    };
    files.into_iter().map(read).collect()
}

fn store() -> Store {
    Store::new(Options::default()).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = chunk.iter().chain(&[0, 0, 0]).take(3).fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        (0..4).map(|at| if at > chunk.len() { '=' } else { ALPHABET[(bits >> (18 - 6 * at) & 63) as usize].into() }).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

fn assert_stored(value: Value<'_>, stored: &Stored, name: &str) {
    let content = if value.encoding == 9 { base64(value.bytes) } else { String::from_utf8(value.bytes.to_vec()).unwrap() };
    assert_eq!((value.encoding, &*content), (stored.encoding, &*stored.content), "{name}");
}

fn assert_entry(entry: &Entry<'_>, described: &Described, name: &str) {
    assert_eq!(entry.key, described.key, "{name}");
    assert_stored(entry.value, &described.value, name);
    assert_eq!(entry.deadline, described.deadline.unwrap_or(NEVER), "{name}, {}", entry.key);
    let metadata = entry.metadata.map(|metadata| (**metadata).clone()).unwrap_or_default();
    assert_eq!(metadata.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), described.tags, "{name}, {}", entry.key);
    assert_eq!(metadata.description.as_deref(), described.description.as_deref(), "{name}, {}", entry.key);
    assert_eq!(metadata.properties.len(), described.properties.len(), "{name}, {}", entry.key);
    for (property, stored) in &described.properties {
        assert_stored(metadata.properties[&**property].as_value(), stored, name);
    }
}

fn assert_contents(store: &mut Store, prefix: &str, description: &Description, name: &str) {
    let mut listing = store.list(Range { prefix, ..Range::default() }, description.now);
    for described in &description.entries {
        let mut entry = listing.next().unwrap_or_else(|| panic!("{name} has no {}", described.key));
        entry.key = entry.key.strip_prefix(prefix).unwrap();
        assert_entry(&entry, described, name);
    }
    assert!(listing.next().is_none(), "{name} has more than is described");
}

#[test]
fn snapshots_of_format_1_are_read_for_ever() {
    for (name, bytes, description) in each("snapshot-1") {
        for prefix in ["", "scope:"] {
            let mut store = store();
            store.restore(prefix, &bytes, description.now).unwrap();
            assert_contents(&mut store, prefix, &description, &name);
            assert!(store.snapshot(prefix, description.now) == bytes, "{name} is written again as it was");
        }
    }
}

#[test]
fn json_lines_of_format_1_are_read_for_ever() {
    for (name, bytes, description) in each("lines-1") {
        let text = String::from_utf8(bytes).unwrap();
        for prefix in ["", "scope:"] {
            let mut store = store();
            store.import(prefix, &text, Strategy::Error, description.now).unwrap();
            assert_contents(&mut store, prefix, &description, &name);
            assert_eq!(store.export(prefix, description.now).unwrap(), text, "{name} is written again as it was");
            let snapshot = fs::read(golden().join(format!("snapshot-1/{name}.bin"))).unwrap();
            assert!(store.snapshot(prefix, description.now) == snapshot, "{name} holds what the snapshot holds");
        }
    }
}

#[test]
fn what_has_expired_since_is_left_out() {
    let bytes = fs::read(golden().join("snapshot-1/deadlines.bin")).unwrap();
    let text = fs::read_to_string(golden().join("lines-1/deadlines.jsonl")).unwrap();
    let (mut one, mut other) = (store(), store());
    one.restore("", &bytes, 1_700_604_800_000).unwrap();
    other.import("", &text, Strategy::Error, 1_700_604_800_000).unwrap();
    for store in [&mut one, &mut other] {
        let mut listing = store.list(Range::default(), 0);
        assert_eq!(listing.next().map(|entry| entry.key.to_string()).as_deref(), Some("c"));
        assert_eq!(listing.next().map(|entry| entry.key.to_string()).as_deref(), Some("d"));
        assert!(listing.next().is_none());
    }
}
