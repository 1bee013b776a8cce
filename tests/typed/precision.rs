//! A typed read that would lose precision is an error, never a silent truncation.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::support::{assert_comes_back, code, read, refusal, stored, typed};

const NUMBER: u8 = 2;
const BIGINT: u8 = 8;

#[test]
fn a_whole_number_is_read_only_as_a_type_that_holds_it() {
    assert_eq!(read::<u8>(NUMBER, "255"), Ok(255));
    assert_eq!(refusal::<u8>(NUMBER, "256"), "TYPE_MISMATCH");
    assert_eq!(refusal::<u8>(NUMBER, "300"), "TYPE_MISMATCH");
    assert_eq!(refusal::<u32>(NUMBER, "-1"), "TYPE_MISMATCH");
    assert_eq!(refusal::<u64>(NUMBER, "-1"), "TYPE_MISMATCH");
    assert_eq!(refusal::<u128>(NUMBER, "-1"), "TYPE_MISMATCH");
    assert_eq!(read::<i8>(NUMBER, "-128"), Ok(-128));
    assert_eq!(refusal::<i8>(NUMBER, "-129"), "TYPE_MISMATCH");
    assert_eq!(refusal::<i16>(NUMBER, "40000"), "TYPE_MISMATCH");
    assert_eq!(refusal::<i32>(NUMBER, "2147483648"), "TYPE_MISMATCH");
    for text in ["0.5", "-1.25", "1e-7"] {
        assert_eq!(refusal::<i64>(NUMBER, text), "TYPE_MISMATCH", "{text} is not whole");
    }
    assert_eq!(refusal::<i64>(NUMBER, "1e300"), "TYPE_MISMATCH");
    assert_eq!(refusal::<i128>(NUMBER, "1e300"), "TYPE_MISMATCH");
    assert_eq!(read::<u64>(NUMBER, "1152921504606847000"), Ok(1 << 60), "the double that JavaScript prints so is 2⁶⁰");
}

#[test]
fn a_bigint_is_read_only_as_a_type_that_holds_it() {
    let text = "1152921504606846977"; // 2⁶⁰ + 1
    assert_eq!(read::<u64>(BIGINT, text), Ok((1 << 60) + 1));
    assert_eq!(refusal::<f64>(BIGINT, text), "TYPE_MISMATCH");
    assert_eq!(refusal::<f32>(BIGINT, text), "TYPE_MISMATCH");
    assert_eq!(refusal::<u32>(BIGINT, text), "TYPE_MISMATCH");
    assert_eq!(read::<f64>(BIGINT, "1152921504606846976"), Ok(2_f64.powi(60)));
    assert_eq!(read::<u8>(BIGINT, "5"), Ok(5));
    assert_eq!(refusal::<i64>(BIGINT, "9223372036854775808"), "TYPE_MISMATCH");
    assert_eq!(read::<u64>(BIGINT, "18446744073709551615"), Ok(u64::MAX));
    assert_eq!(refusal::<u64>(BIGINT, "18446744073709551616"), "TYPE_MISMATCH");
    assert_eq!(read::<i128>(BIGINT, "-170141183460469231731687303715884105728"), Ok(i128::MIN));
    assert_eq!(read::<u128>(BIGINT, "340282366920938463463374607431768211455"), Ok(u128::MAX));
    assert_eq!(refusal::<u128>(BIGINT, "340282366920938463463374607431768211456"), "TYPE_MISMATCH");
    for text in ["340282366920938463463374607431768211455", "170141183460469231731687303715884105727"] {
        assert_eq!(refusal::<f64>(BIGINT, text), "TYPE_MISMATCH", "{text} would be rounded up");
    }
}

#[test]
fn a_fraction_is_read_only_as_a_float_that_holds_it() {
    assert_eq!(read::<f64>(NUMBER, "0.1"), Ok(0.1));
    assert_eq!(refusal::<f32>(NUMBER, "0.1"), "TYPE_MISMATCH");
    assert_eq!(read::<f32>(NUMBER, "0.5"), Ok(0.5));
    assert_eq!(refusal::<f32>(NUMBER, "16777217"), "TYPE_MISMATCH");
    assert_eq!(read::<f32>(NUMBER, "16777216"), Ok(16_777_216.0));
    assert_eq!(refusal::<f32>(NUMBER, "1e300"), "TYPE_MISMATCH");
    assert_comes_back(&0.1_f32);
    assert_comes_back(&[f64::MIN_POSITIVE, 5e-324, f64::MAX, -1e21, 1e-7, 123_456_789.123_456_79]);
}

#[test]
fn whole_numbers_of_rust_are_written_so_that_none_is_rounded() {
    assert_eq!(stored(&9_007_199_254_740_991_u64), (NUMBER, "9007199254740991".into()));
    assert_eq!(stored(&9_007_199_254_740_992_u64), (BIGINT, "9007199254740992".into()));
    assert_eq!(stored(&i64::MIN), (BIGINT, "-9223372036854775808".into()));
    assert_eq!(stored(&vec![1, u64::MAX]), (10, "[1,\"~n18446744073709551615\"]".into()));
    assert_comes_back(&vec![0, 1, i128::MIN, i128::MAX, -9_007_199_254_740_993]);
    assert_comes_back(&u128::MAX);
}

#[test]
fn the_same_holds_within_a_value_and_the_error_names_the_place() {
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Order {
        items: Vec<Item>,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Item {
        count: u8,
    }
    let error = read::<Order>(6, "{\"items\":[{\"count\":1},{\"count\":300}]}").unwrap_err();
    assert!(error.to_string().contains("$.items[1].count"), "{error}");
    assert!(!error.to_string().contains("300"), "no value is told: {error}");
    assert_eq!(refusal::<BTreeMap<String, f32>>(6, "{\"a b\":0.1}"), "TYPE_MISMATCH");
    assert_eq!(refusal::<(u8, u8)>(5, "[1,2,3]"), "TYPE_MISMATCH", "no element is dropped");
    assert_eq!(refusal::<(u8, u8)>(5, "[1]"), "TYPE_MISMATCH");
    assert_eq!(refusal::<BTreeMap<u8, u8>>(6, "{\"300\":1}"), "TYPE_MISMATCH");
}

#[test]
fn what_serde_buffers_is_refused_where_it_would_be_rounded() {
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(untagged)]
    enum Either {
        Whole(u32),
        Float(f64),
    }
    #[derive(Deserialize, Debug, PartialEq)]
    struct Outer {
        #[serde(flatten)]
        inner: BTreeMap<String, f64>,
    }
    assert_eq!(read::<Either>(NUMBER, "7"), Ok(Either::Whole(7)));
    assert_eq!(read::<Either>(NUMBER, "0.5"), Ok(Either::Float(0.5)));
    assert_eq!(refusal::<Either>(BIGINT, "9007199254740993"), "TYPE_MISMATCH");
    assert_eq!(refusal::<Outer>(11, "{\"a\":\"~n9007199254740993\"}"), "TYPE_MISMATCH");
    assert_eq!(read::<Outer>(11, "{\"a\":\"~n9007199254740994\"}").unwrap().inner["a"].to_bits(), 9_007_199_254_740_994_f64.to_bits());
}

#[test]
fn an_untyped_value_keeps_great_whole_numbers() {
    let value = serde_json::json!({ "id": 9_007_199_254_740_993_u64, "list": [1, 0.5, null, "~x", true] });
    assert_comes_back(&value);
}

#[test]
fn a_fallback_does_not_hide_a_mismatch() {
    let mut store = typed();
    store.set("a", &300).unwrap();
    assert_eq!(code(store.get_or_default::<u8>("a", 0)), "TYPE_MISMATCH");
    assert_eq!(store.get_or_default("missing", 7_u8), Ok(7));
    assert_eq!(code(store.increment("a", i64::MAX, holdall::Ttl::Default)), "INVALID_VALUE");
    store.set("b", &0.5).unwrap();
    assert_eq!(code(store.increment("b", 1, holdall::Ttl::Default)), "TYPE_MISMATCH");
    assert_eq!(store.get("b"), Ok(Some(0.5)), "what is refused changes nothing");
}
