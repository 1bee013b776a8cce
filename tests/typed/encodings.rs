//! Values of Rust are stored as JavaScript stores the same, so that either reads the other's.

use std::collections::{BTreeMap, HashMap};

use holdall::{Bytes, Date, encode};
use serde::{Deserialize, Serialize};

use super::support::{assert_comes_back, code, read, refusal, stored};

#[derive(Serialize, Deserialize, Debug, PartialEq)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, String),
    Struct { a: Option<u8>, b: () },
}

#[derive(Deserialize, Debug)]
struct Text(#[allow(dead_code)] Box<str>);

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Everything {
    text: String,
    letter: char,
    flag: bool,
    list: Vec<Shape>,
    tuple: (i8, f32),
    map: BTreeMap<i64, Bytes>,
    at: Date,
    none: Option<u8>,
    some: Option<u8>,
    #[serde(rename = "odd name")]
    odd: u64,
}

fn everything() -> Everything {
    Everything {
        text: "~x\u{feff}\"\\\u{1}😀".into(),
        letter: 'é',
        flag: true,
        list: vec![Shape::Unit, Shape::Newtype(1), Shape::Tuple(2, "~".into()), Shape::Struct { a: None, b: () }],
        tuple: (-1, 0.25),
        map: [(10, Bytes(vec![0, 255])), (9, Bytes(vec![]))].into(),
        at: Date(-5),
        none: None,
        some: Some(3),
        odd: u64::MAX,
    }
}

#[test]
fn each_kind_has_its_encoding() {
    assert_eq!(stored("Ada"), (0, "Ada".into()));
    assert_eq!(stored("\u{feff}~d1"), (0, "\u{feff}~d1".into()));
    assert_eq!(stored(&'é'), (0, "é".into()));
    assert_eq!(stored(&1.0), (2, "1".into()));
    assert_eq!(stored(&-0.0), (2, "0".into()));
    assert_eq!(stored(&true), (3, "true".into()));
    assert_eq!(stored(&()), (4, "null".into()));
    assert_eq!(stored(&None::<u8>), (4, "null".into()));
    assert_eq!(stored(&["~x"]), (5, "[\"~x\"]".into()));
    assert_eq!(stored(&Shape::Newtype(1)), (6, "{\"Newtype\":1}".into()));
    assert_eq!(stored(&Date(-1)), (7, "-1".into()));
    assert_eq!(encode(&Bytes(vec![0, 255])).map(|value| (value.encoding, value.bytes)), Ok((9, [0, 255].into())));
    assert_eq!(stored(&(u64::MAX, "~")), (10, "[\"~n18446744073709551615\",\"~~\"]".into()));
    assert_eq!(stored(&(Date(0), u64::MAX, Bytes(vec![1]))), (12, "[\"~d0\",\"~n18446744073709551615\",\"~bAQ==\"]".into()));
}

#[test]
fn properties_stand_in_the_order_that_javascript_keeps_them_in() {
    let map: BTreeMap<&str, u8> = [("10", 1), ("9", 2), ("a", 3), ("01", 4), ("4294967295", 5)].into();
    assert_eq!(stored(&map).1, "{\"9\":2,\"10\":1,\"01\":4,\"4294967295\":5,\"a\":3}");
}

#[test]
fn every_shape_comes_back() {
    assert_comes_back(&everything());
    assert_eq!(stored(&everything()).0, 13);
    for shape in everything().list {
        assert_comes_back(&shape);
    }
    assert_comes_back(&HashMap::from([(true, 1), (false, 0)]));
    assert_comes_back(&serde_json::json!({ "deep": [[{ "list": [] }], {}, "", null] }));
}

#[test]
fn what_a_store_does_not_hold_is_refused_by_its_place() {
    let message = |error: holdall::Error| error.to_string();
    assert_eq!(code(encode(&f64::NAN)), "INVALID_VALUE");
    assert!(message(encode(&[1.0, f64::INFINITY]).unwrap_err()).contains("$[1]"));
    assert!(message(encode(&BTreeMap::from([("a b", f64::NAN)])).unwrap_err()).contains("$[\"a b\"]"));
    assert_eq!(code(encode(&BTreeMap::from([(vec![1], 1)]))), "INVALID_VALUE");
    assert_eq!(code(encode(&Date(8_640_000_000_000_001))), "INVALID_VALUE");
    assert_eq!(code(encode(&Date(i64::MIN))), "INVALID_VALUE");
}

#[test]
fn nesting_ends_at_500() {
    let nested = |depth: usize| (1..depth).fold(serde_json::json!([]), |inner, _| serde_json::json!([inner]));
    assert_comes_back(&nested(500));
    assert_eq!(code(encode(&nested(501))), "INVALID_VALUE");
    let text = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read::<serde_json::Value>(5, &text(500)).is_ok());
    assert_eq!(refusal::<serde_json::Value>(5, &text(501)), "INVALID_VALUE");
}

#[test]
fn kinds_are_not_mistaken_for_each_other() {
    assert_eq!(refusal::<i64>(7, "5"), "TYPE_MISMATCH");
    assert_eq!(refusal::<Date>(2, "5"), "TYPE_MISMATCH");
    assert_eq!(refusal::<u8>(0, "5"), "TYPE_MISMATCH");
    assert_eq!(refusal::<String>(2, "5"), "TYPE_MISMATCH");
    assert_eq!(refusal::<bool>(2, "1"), "TYPE_MISMATCH");
    assert_eq!(refusal::<u8>(4, "null"), "TYPE_MISMATCH");
    assert_eq!(refusal::<Bytes>(0, "AQ=="), "TYPE_MISMATCH");
    // The fuzzer read bytes that happened to be UTF-8 as a text.
    assert_eq!(refusal::<String>(9, ""), "TYPE_MISMATCH");
    assert_eq!(refusal::<Vec<String>>(12, "[\"~bQQ==\"]"), "TYPE_MISMATCH");
    assert_eq!(refusal::<Text>(9, "A"), "TYPE_MISMATCH");
    assert_eq!(refusal::<String>(1, "\"\\ud800\""), "TYPE_MISMATCH", "Rust has no such text");
    assert_eq!(refusal::<serde_json::Value>(5, "[\"\\ud800\"]"), "TYPE_MISMATCH");
    assert_eq!(read::<Vec<String>>(5, "[\"~d1\"]"), Ok(vec!["~d1".to_string()]), "plain JSON knows no tags");
}

#[test]
fn damaged_bytes_are_no_value() {
    let damaged = [
        (2, "1 2"),
        (2, "01"),
        (2, "1."),
        (2, "\"1\""),
        (2, "1e999"),
        (3, "yes"),
        (4, "nil"),
        (5, "[1,]"),
        (5, "{}"),
        (6, "{\"a\"}"),
        (6, "[]"),
        (6, "{a:1}"),
        (7, "1.5"),
        (7, "01"),
        (7, "8640000000000001"),
        (8, ""),
        (8, "-0"),
        (8, "1n"),
        (10, "[\"~x\"]"),
        (10, "[\"~\"]"),
        (12, "[\"~bAB==\"]"),
        (12, "[\"~d-0\"]"),
        (10, "{}"),
        (11, "[]"),
        (12, "{}"),
        (13, "[]"),
        (1, "\"\\u12\""),
        (1, "\"\n\""),
        (5, "[\"\\x\"]"),
        (14, "1"),
        (255, ""),
    ]; // rustfmt would put each on a line of its own
    for (encoding, text) in damaged {
        assert_eq!(refusal::<serde_json::Value>(encoding, text), "INVALID_VALUE", "{encoding} {text}");
    }
}
