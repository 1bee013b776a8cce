//! Metadata: apart from the value, a change like any other.

use holdall::{MetadataPatch, Operation, Ttl, Value};

use super::support::{apply, put, put_for, put_with, store, tagged};

fn add(tag: &str) -> MetadataPatch {
    MetadataPatch { add_tag: Some(tag.into()), ..MetadataPatch::default() }
}

#[test]
fn an_overwrite_keeps_metadata_unless_it_gives_some() {
    let mut store = store();
    apply(&mut store, &[put_with("a", "1", &tagged(&["b", "a", "b"]))], 0);
    apply(&mut store, &[put("a", "2")], 0);
    let tags = |store: &holdall::Store| store.peek("a", 0).unwrap().metadata.unwrap().tags.clone();
    assert_eq!(tags(&store).iter().map(|tag| &**tag).collect::<Vec<_>>(), ["a", "b"], "in order, none twice");
    apply(&mut store, &[put_with("a", "3", &tagged(&["c"]))], 0);
    assert_eq!(tags(&store).iter().map(|tag| &**tag).collect::<Vec<_>>(), ["c"]);
}

#[test]
fn value_and_metadata_have_a_number_each_and_the_entry_has_the_greater() {
    let mut store = store();
    apply(&mut store, &[put("a", "1")], 1);
    apply(&mut store, &[Operation::Annotate { key: "a", metadata: &add("hot") }], 2);
    let entry = store.peek("a", 2).unwrap();
    assert_eq!((entry.value_version, entry.metadata.unwrap().version, entry.version()), (1, 2, 2));
    assert_eq!((entry.created_at, entry.updated_at), (1, 2));
    apply(&mut store, &[put("a", "2")], 3);
    let entry = store.peek("a", 3).unwrap();
    assert_eq!((entry.value_version, entry.metadata.unwrap().version, entry.version()), (3, 2, 3));
    assert_eq!((entry.created_at, entry.updated_at), (1, 3));
}

#[test]
fn metadata_changes_keep_the_deadline() {
    let mut store = store();
    apply(&mut store, &[put_for("a", "1", Ttl::Span(10))], 0);
    apply(&mut store, &[Operation::Annotate { key: "a", metadata: &add("hot") }], 5);
    assert_eq!(store.peek("a", 5).unwrap().deadline, 10);
}

#[test]
fn a_metadata_change_that_changes_nothing_is_none() {
    let mut store = store();
    apply(&mut store, &[put_with("a", "1", &tagged(&["hot"]))], 0);
    assert_eq!(apply(&mut store, &[Operation::Annotate { key: "a", metadata: &add("hot") }], 9), 1);
    assert_eq!(store.peek("a", 9).unwrap().updated_at, 0);
    let receipt = store.apply(&[], &[Operation::Annotate { key: "missing", metadata: &add("hot") }], 9).unwrap();
    assert_eq!((receipt.version, receipt.affected), (1, 0));
}

#[test]
fn properties_and_description_are_kept_until_they_are_replaced() {
    let mut store = store();
    let one = |text: &'static [u8]| Value { encoding: 1, bytes: text }.to_owned();
    let properties = [("z".into(), one(b"1")), ("a".into(), one(b"2"))].into_iter().collect();
    let patch = MetadataPatch { properties: Some(properties), description: Some(Some("text".into())), ..MetadataPatch::default() };
    apply(&mut store, &[put_with("a", "v", &patch)], 0);
    apply(&mut store, &[Operation::Annotate { key: "a", metadata: &add("hot") }], 0);
    let metadata = store.peek("a", 0).unwrap().metadata.unwrap().clone();
    assert_eq!(metadata.properties.keys().map(|name| &**name).collect::<Vec<_>>(), ["z", "a"], "in the order they were given");
    assert_eq!(metadata.properties["a"].as_value(), Value { encoding: 1, bytes: b"2" });
    assert_eq!(metadata.description.as_deref(), Some("text"));
    assert_eq!(metadata.bytes(), 2 + 2 + 4 + 3);
    let none = MetadataPatch { description: Some(None), ..MetadataPatch::default() };
    apply(&mut store, &[Operation::Annotate { key: "a", metadata: &none }], 0);
    assert_eq!(store.peek("a", 0).unwrap().metadata.unwrap().description, None);
}

#[test]
fn one_property_is_set_and_removed_beside_the_others() {
    let mut store = store();
    let one = |text: &'static [u8]| Value { encoding: 1, bytes: text }.to_owned();
    let set = |name: &str, text| MetadataPatch { set_property: Some((name.into(), one(text))), ..MetadataPatch::default() };
    let remove = |name: &str| MetadataPatch { remove_property: Some(name.into()), ..MetadataPatch::default() };
    apply(&mut store, &[put("a", "v")], 0);
    for patch in [set("z", b"1"), set("a", b"2"), set("m", b"3"), set("z", b"4"), remove("a")] {
        apply(&mut store, &[Operation::Annotate { key: "a", metadata: &patch }], 0);
    }
    let properties = |store: &holdall::Store| store.peek("a", 0).unwrap().metadata.unwrap().properties.clone();
    let listed: Vec<_> = properties(&store).into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    assert_eq!(listed, [("z".to_string(), one(b"4")), ("m".to_string(), one(b"3"))], "each in its place");
    assert_eq!(store.version(), 6);
    for patch in [set("z", b"4"), remove("a"), remove("none")] {
        assert_eq!(apply(&mut store, &[Operation::Annotate { key: "a", metadata: &patch }], 9), 6, "nothing changes");
    }
}

#[test]
fn properties_in_another_order_are_no_change() {
    let mut store = store();
    let one = |name: &str| (name.into(), Value { encoding: 1, bytes: b"1" }.to_owned());
    for names in [["a", "b"], ["b", "a"]] {
        let patch = MetadataPatch { properties: Some(names.into_iter().map(one).collect()), ..MetadataPatch::default() };
        assert!(apply(&mut store, &[put("k", "v"), Operation::Annotate { key: "k", metadata: &patch }], 0) > 0);
    }
    assert_eq!(store.peek("k", 0).unwrap().metadata.unwrap().version, 1);
}

#[test]
fn a_deleted_entry_leaves_no_metadata_to_the_next_of_its_key() {
    let mut store = store();
    apply(&mut store, &[put_with("a", "1", &tagged(&["hot"]))], 0);
    apply(&mut store, &[Operation::Delete { key: "a" }, put("a", "2")], 7);
    let entry = store.peek("a", 7).unwrap();
    assert!(entry.metadata.is_none());
    assert_eq!(entry.created_at, 7);
}
