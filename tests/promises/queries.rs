//! Queries: conditions that hold together, entries in key order, whichever way is taken to them.

use holdall::{MetadataPatch, Operation, OwnedValue, PropertyCondition, Query, Store, Ttl, Value};

use super::support::{apply, put, put_with, rest, store, tagged};

fn value_of(text: &str) -> OwnedValue {
    Value { encoding: 2, bytes: text.as_bytes() }.to_owned()
}

fn having(properties: &[(&str, &str)]) -> MetadataPatch {
    let properties = properties.iter().map(|(name, text)| ((*name).into(), value_of(text))).collect();
    MetadataPatch { properties: Some(properties), ..MetadataPatch::default() }
}

/// Finds by properties: a name each, and the text of the value where it matters.
fn find(store: &mut Store, prefix: &str, properties: &[(&str, Option<&str>)]) -> Vec<String> {
    let values: Vec<Option<OwnedValue>> = properties.iter().map(|(_, text)| text.map(value_of)).collect();
    let conditions: Vec<_> = properties
        .iter()
        .zip(&values)
        .map(|((name, _), value)| PropertyCondition { name, value: value.as_ref().map(OwnedValue::as_value) })
        .collect();
    rest(store.query(Query { prefix, properties: &conditions, ..Query::default() }, 0))
}

fn put_encoded(key: &str, encoding: u8) -> Operation<'_> {
    Operation::Put { key, value: Value { encoding, bytes: b"x" }, ttl: Ttl::Default, metadata: None }
}

fn of_kinds(store: &mut Store, prefix: &str, encodings: u32) -> Vec<String> {
    rest(store.query(Query { prefix, encodings: Some(encodings), ..Query::default() }, 0))
}

#[test]
fn a_property_is_found_by_its_name_and_by_its_value() {
    let mut store = store();
    apply(
        &mut store,
        &[
            put_with("a", "1", &having(&[("color", "red"), ("size", "1")])),
            put_with("b", "1", &having(&[("color", "blue")])),
            put_with("s:c", "1", &having(&[("color", "red"), ("size", "2")])),
            put_with("d", "1", &having(&[("colors", "red")])),
            put_with("e", "1", &tagged(&["color"])),
        ],
        0,
    );
    assert_eq!(find(&mut store, "", &[("color", None)]), ["a", "b", "s:c"]);
    assert_eq!(find(&mut store, "", &[("color", Some("red"))]), ["a", "s:c"]);
    assert_eq!(find(&mut store, "", &[("color", Some("red")), ("size", None)]), ["a", "s:c"]);
    assert_eq!(find(&mut store, "", &[("color", None), ("size", Some("2"))]), ["s:c"]);
    assert_eq!(find(&mut store, "s:", &[("color", None)]), ["s:c"]);
    assert_eq!(find(&mut store, "s:", &[("color", Some("red"))]), ["s:c"]);
    assert_eq!(find(&mut store, "", &[("colo", None)]), Vec::<String>::new());
    let other = PropertyCondition { name: "color", value: Some(Value { encoding: 3, bytes: b"red" }) };
    assert_eq!(rest(store.query(Query { properties: &[other], ..Query::default() }, 0)), Vec::<String>::new(), "of another encoding");
}

#[test]
fn long_values_that_begin_alike_are_told_apart() {
    let mut store = store();
    let texts: Vec<String> = ["", "a", "b"].map(|end| "x".repeat(64) + end).into();
    for (key, text) in ["a", "b", "c"].iter().zip(&texts) {
        apply(&mut store, &[put_with(key, "1", &having(&[("p", text)]))], 0);
    }
    for (key, text) in ["a", "b", "c"].iter().zip(&texts) {
        assert_eq!(find(&mut store, "", &[("p", Some(text))]), [*key]);
    }
    apply(&mut store, &[Operation::Annotate { key: "a", metadata: &having(&[("p", &texts[1])]) }], 0);
    assert_eq!(find(&mut store, "", &[("p", Some(&texts[1]))]), ["a", "b"]);
    assert_eq!(find(&mut store, "", &[("p", Some(&texts[0]))]), Vec::<String>::new());
}

#[test]
fn an_entry_is_no_longer_found_by_what_it_lost() {
    let mut store = store();
    apply(&mut store, &[put_with("a", "1", &having(&[("p", "1"), ("q", "1")]))], 0);
    let remove = MetadataPatch { remove_property: Some("p".into()), ..MetadataPatch::default() };
    apply(&mut store, &[Operation::Annotate { key: "a", metadata: &remove }], 0);
    assert_eq!(find(&mut store, "", &[("p", None)]), Vec::<String>::new());
    assert_eq!(find(&mut store, "", &[("q", None)]), ["a"]);
    apply(&mut store, &[Operation::Delete { key: "a" }, put("a", "2")], 0);
    assert_eq!(find(&mut store, "", &[("q", None)]), Vec::<String>::new());
}

#[test]
fn encodings_are_found_by_their_bits() {
    let mut store = store();
    for (key, encoding) in [("a", 0), ("b", 31), ("s:c", 5), ("d", 5), ("e", 32), ("f", 255)] {
        apply(&mut store, &[put_encoded(key, encoding)], 0);
    }
    assert_eq!(of_kinds(&mut store, "", 1 << 5), ["d", "s:c"]);
    assert_eq!(of_kinds(&mut store, "s:", 1 << 5), ["s:c"]);
    assert_eq!(of_kinds(&mut store, "", 1 | 1 << 31), ["a", "b"]);
    assert_eq!(of_kinds(&mut store, "", 0), Vec::<String>::new());
    assert_eq!(of_kinds(&mut store, "", u32::MAX), ["a", "b", "d", "s:c"], "those beyond 31 have no bit");
    assert_eq!(rest(store.query(Query::default(), 0)).len(), 6);
}

#[test]
fn a_rare_encoding_is_found_among_many_and_after_it_has_moved() {
    let mut store = store();
    let keys: Vec<String> = (0..20_000).map(|number| format!("{}:{number}", number % 10)).collect();
    for key in &keys {
        apply(&mut store, &[put_encoded(key, 0)], 0);
    }
    for (key, encoding) in [(&keys[7], 6), (&keys[12_345], 6), (&keys[19_999], 6), (&keys[12_345], 0), (&keys[3], 6)] {
        apply(&mut store, &[put_encoded(key, encoding)], 0);
    }
    assert_eq!(of_kinds(&mut store, "", 1 << 6), ["3:3", "7:7", "9:19999"]);
    assert_eq!(of_kinds(&mut store, "9:", 1 << 6), ["9:19999"]);
    let clone = store.clone();
    apply(&mut store, &[Operation::Delete { key: "7:7" }, put_encoded("7:8", 6)], 0);
    assert_eq!(of_kinds(&mut store, "", 1 << 6), ["3:3", "7:8", "9:19999"]);
    assert_eq!(of_kinds(&mut clone.clone(), "", 1 << 6), ["3:3", "7:7", "9:19999"]);
    assert_eq!(of_kinds(&mut store, "", 1).len(), 20_000 - 3);
    apply(&mut store, &[Operation::Annotate { key: "9:19999", metadata: &tagged(&["t"]) }], 0);
    let query = Query { all_tags: &["t"], encodings: Some(1 << 6), ..Query::default() };
    assert_eq!(rest(store.query(query, 0)), ["9:19999"]);
    assert_eq!(rest(store.query(Query { encodings: Some(1), ..query }, 0)), Vec::<String>::new());
}

#[test]
fn conditions_hold_together_whichever_is_rarest() {
    let mut store = store();
    let keys: Vec<String> = (0..4_000).map(|number| format!("k{number:04}")).collect();
    for (number, key) in keys.iter().enumerate() {
        let tags: Vec<&str> = [(2, "even"), (1_000, "rare")].into_iter().filter(|(by, _)| number % by == 0).map(|(_, tag)| tag).collect();
        let patch = MetadataPatch { properties: having(&[("mod", &(number % 7).to_string())]).properties, ..tagged(&tags) };
        let value = Value { encoding: u8::from(number % 500 == 0), bytes: b"x" };
        apply(&mut store, &[Operation::Put { key, value, ttl: Ttl::Default, metadata: Some(&patch) }], 0);
    }
    let six = value_of("6");
    let six = [PropertyCondition { name: "mod", value: Some(six.as_value()) }];
    let any = [PropertyCondition { name: "mod", value: None }];
    let rare = Query { all_tags: &["even", "rare"], ..Query::default() };
    assert_eq!(rest(store.query(rare, 0)), ["k0000", "k1000", "k2000", "k3000"], "a rare tag leads");
    assert_eq!(rest(store.query(Query { properties: &six, ..rare }, 0)), ["k1000"]);
    let odd = Query { any_tags: Some(&["even"]), properties: &any, encodings: Some(0b10), ..Query::default() };
    assert_eq!(rest(store.query(odd, 0)).len(), 8, "a rare encoding leads");
    let narrow = Query { prefix: "k001", properties: &any, any_tags: Some(&["even", "rare"]), ..Query::default() };
    assert_eq!(rest(store.query(narrow, 0)), ["k0010", "k0012", "k0014", "k0016", "k0018"], "a narrow prefix leads");
    let all = rest(store.query(Query { properties: &any, ..Query::default() }, 0));
    assert_eq!(all, keys, "in key order, though the index has them by value");
}

#[test]
fn one_tag_is_found_in_the_order_of_keys_and_narrowed_by_any_other_condition() {
    let mut store = store();
    let tags = [("c", &["hot"][..]), ("a", &["hot", "new"]), ("s:b", &["hot"]), ("s:a", &["new", "hot"]), ("b", &["new"])];
    for (key, tags) in tags {
        apply(&mut store, &[put_with(key, "1", &tagged(tags))], 0);
    }
    let mut found = |query: Query<'_>| rest(store.query(query, 0));
    let hot = Query { all_tags: &["hot"], ..Query::default() };
    assert_eq!(found(hot), ["a", "c", "s:a", "s:b"]);
    assert_eq!(found(Query { any_tags: Some(&["hot"]), ..Query::default() }), ["a", "c", "s:a", "s:b"]);
    assert_eq!(found(Query { prefix: "s:", ..hot }), ["s:a", "s:b"]);
    assert_eq!(found(Query { any_tags: Some(&["new"]), ..hot }), ["a", "s:a"]);
    assert_eq!(found(Query { any_tags: Some(&["new", "hot"]), ..hot }), ["a", "c", "s:a", "s:b"]);
    assert_eq!(found(Query { any_tags: Some(&[]), ..hot }), Vec::<String>::new());
    assert_eq!(found(Query { encodings: Some(1 << 9), ..hot }), Vec::<String>::new());
}

#[test]
fn a_query_tells_whether_an_entry_meets_it() {
    let mut store = store();
    apply(&mut store, &[put_with("a:1", "x", &tagged(&["t"])), put("a:2", "x"), put("b", "x")], 0);
    let query = Query { prefix: "a:", all_tags: &["t"], encodings: Some(1), ..Query::default() };
    let met: Vec<bool> = ["a:1", "a:2", "b"].iter().map(|key| query.is_met_by(&store.peek(key, 0).unwrap())).collect();
    assert_eq!(met, [true, false, false]);
    assert!(!Query { encodings: Some(0b10), ..query }.is_met_by(&store.peek("a:1", 0).unwrap()));
}
