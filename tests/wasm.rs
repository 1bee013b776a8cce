//! The engine on wasm32, in Node: the promises that depend on the width of a word, and the reference model over fixed steps.
//!
//! Run by `wasm-pack test --node --no-default-features --features wasm --test wasm`; empty elsewhere.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod reference;

use holdall::{LAST_DEADLINE, Limits, NEVER, Operation, Options, Policy, Range, Store, Ttl, Value, parse_ttl};
use reference::Shape;
use wasm_bindgen_test::wasm_bindgen_test;

fn put<'a>(key: &'a str, bytes: &'a [u8], ttl: Ttl) -> Operation<'a> {
    Operation::Put { key, value: Value { encoding: 0, bytes }, ttl, metadata: None }
}

#[wasm_bindgen_test]
fn a_store_of_few_keys_does_what_its_contract_says() {
    reference::run_fixed_seeds(Shape::Narrow, 20, 250);
}

#[wasm_bindgen_test]
fn a_store_of_many_keys_does_what_its_contract_says() {
    reference::run_fixed_seeds(Shape::Wide, 10, 250);
}

#[wasm_bindgen_test]
fn times_and_versions_are_wider_than_a_word() {
    let mut store = Store::new(Options::default()).unwrap();
    let begin = 1_u64 << 40;
    store.apply(&[], &[put("a", b"1", Ttl::Span(1 << 33)), put("b", b"2", Ttl::Never)], begin).unwrap();
    let entry = store.peek("a", begin).unwrap();
    assert_eq!((entry.created_at, entry.deadline), (begin, begin + (1 << 33)));
    assert!(store.peek("a", begin + (1 << 33) - 1).is_some());
    assert!(store.peek("a", begin + (1 << 33)).is_none());
    assert_eq!(store.advance(LAST_DEADLINE), LAST_DEADLINE);
    assert_eq!(store.next_deadline(), NEVER);
    assert_eq!(store.count("", LAST_DEADLINE), 1);
}

#[wasm_bindgen_test]
fn spans_are_read_up_to_the_last_deadline() {
    assert_eq!(parse_ttl("1w2d3h4m5s6ms"), Ok(788_645_006));
    assert_eq!(parse_ttl("8640000000000000ms"), Ok(LAST_DEADLINE));
    for text in ["", "0s", "8640000000000001ms", "99999999999999999999d", "1.5h", "1s1m", "é"] {
        assert_eq!(parse_ttl(text).unwrap_err().code(), "OUT_OF_RANGE", "{text}");
    }
}

#[wasm_bindgen_test]
fn bounds_beyond_a_word_hold_no_less() {
    let limits = Limits { max_entries: Some(1 << 40), max_bytes: Some(u64::MAX) };
    let mut store = Store::new(Options { limits, policy: Policy::Reject, ..Options::default() }).unwrap();
    store.apply(&[], &[put("a", b"1", Ttl::Never), put("b", b"2", Ttl::Never)], 0).unwrap();
    assert_eq!(store.stats().entries, 2);
    let more = Limits { max_entries: Some((1 << 40) + 1), max_bytes: None };
    assert_eq!(store.bind("a:", more, 0).unwrap_err().code(), "OUT_OF_RANGE");
}

#[wasm_bindgen_test]
fn large_values_and_many_entries_come_back() {
    let mut store = Store::new(Options { seed: u64::MAX, ..Options::default() }).unwrap();
    let large: Vec<u8> = (0..3_000_000_u32).map(|at| at as u8).collect();
    store.apply(&[], &[put("large", &large, Ttl::Never)], 0).unwrap();
    let names: Vec<String> = (0..20_000).map(|number| format!("n:{number:05}")).collect();
    for name in &names {
        store.apply(&[], &[put(name, name.as_bytes(), Ttl::Span(1_000))], 0).unwrap();
    }
    let clone = store.clone();
    assert!(store.peek("large", 0).unwrap().value.bytes == large);
    let mut listing = store.list(Range { prefix: "n:", ..Range::default() }, 0);
    let mut listed = names.iter();
    while let Some(entry) = listing.next() {
        assert_eq!(Some(entry.key), listed.next().map(String::as_str));
    }
    assert!(listed.next().is_none());
    store.advance(1_000);
    assert_eq!((store.stats().entries, store.stats().expirations), (1, 20_000));
    assert_eq!(clone.peek("n:00000", 0).unwrap().value.bytes, b"n:00000");
}
