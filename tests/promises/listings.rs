//! Listings and queries.

use holdall::{Operation, Query, Range, Ttl};

use super::support::{apply, keys, put, put_with, rest, store, tagged, text_of};

#[test]
fn a_listing_sees_the_state_at_its_start() {
    let mut store = store();
    apply(&mut store, &[put("a", "1"), put("b", "2"), put("c", "3")], 0);
    let mut listing = store.list(Range::default(), 0);
    assert_eq!(listing.next().map(text_of).as_deref(), Some("1"));
    apply(&mut store, &[put("b", "changed"), put("bb", "new"), Operation::Delete { key: "c" }], 0);
    apply(&mut store, &[Operation::DeletePrefix { prefix: "" }], 0);
    assert_eq!(listing.next().map(text_of).as_deref(), Some("2"));
    assert_eq!(listing.next().map(text_of).as_deref(), Some("3"));
    assert!(listing.next().is_none());
    assert!(keys(&mut store, 0).is_empty());
}

#[test]
fn a_store_may_be_emptied_while_it_is_listed() {
    let mut store = store();
    let names: Vec<String> = (0..2_000).map(|number| format!("{number:04}")).collect();
    for name in &names {
        apply(&mut store, &[put(name, "v")], 0);
    }
    let mut listing = store.list(Range::default(), 0);
    let mut seen = Vec::new();
    while let Some(key) = listing.next().map(|entry| entry.key.to_string()) {
        apply(&mut store, &[Operation::Delete { key: &key }], 0);
        seen.push(key);
    }
    assert_eq!(seen, names);
    assert_eq!(store.count("", 0), 0);
}

#[test]
fn pages_by_after_meet_every_key_once_in_both_directions() {
    let mut store = store();
    let names: Vec<String> = (0..25).map(|number| format!("k:{number:02}")).collect();
    for name in &names {
        apply(&mut store, &[put(name, "v")], 0);
    }
    apply(&mut store, &[put("j", "v"), put("l", "v")], 0);
    for reverse in [false, true] {
        let mut seen: Vec<String> = Vec::new();
        loop {
            let after = seen.last().cloned();
            let mut listing = store.list(Range { prefix: "k:", after: after.as_deref(), reverse }, 0);
            let page: Vec<String> = (0..4).map_while(|_| listing.next().map(|entry| entry.key.to_string())).collect();
            if page.is_empty() {
                break;
            }
            seen.extend(page);
            assert!(seen.len() <= names.len(), "pages repeat keys: {seen:?}");
        }
        if reverse {
            seen.reverse();
        }
        assert_eq!(seen, names);
    }
}

#[test]
fn paging_goes_on_beyond_a_key_that_is_gone() {
    let mut store = store();
    apply(&mut store, &[put("a", "1"), put("b", "1"), put("c", "1")], 0);
    apply(&mut store, &[Operation::Delete { key: "b" }], 0);
    assert_eq!(rest(store.list(Range { after: Some("b"), ..Range::default() }, 0)), ["c"]);
    assert_eq!(rest(store.list(Range { after: Some("b"), reverse: true, ..Range::default() }, 0)), ["a"]);
    assert_eq!(rest(store.list(Range { prefix: "c", after: Some("a"), reverse: true }, 0)), Vec::<String>::new());
}

#[test]
fn conditions_of_a_query_hold_together() {
    let mut store = store();
    let (hot, both) = (tagged(&["hot"]), tagged(&["hot", "new"]));
    apply(&mut store, &[put_with("b:2", "v", &both), put_with("a:1", "v", &both), put_with("a:2", "v", &hot), put("a:3", "v")], 0);
    let mut find = |prefix, all_tags: &[&str], any_tags: Option<&[&str]>| {
        rest(store.query(Query { prefix, all_tags, any_tags, ..Query::default() }, 0))
    };
    assert_eq!(find("", &["hot", "new"], None), ["a:1", "b:2"]);
    assert_eq!(find("a:", &["hot"], None), ["a:1", "a:2"]);
    assert_eq!(find("", &[], Some(&["new", "hot", "new"])), ["a:1", "a:2", "b:2"]);
    assert_eq!(find("", &["hot"], Some(&["new"])), ["a:1", "b:2"]);
    assert_eq!(find("a:", &[], None), ["a:1", "a:2", "a:3"], "no tag at all is no condition");
    assert_eq!(find("", &[], Some(&[])), Vec::<String>::new(), "any of none is none");
    assert_eq!(find("", &["missing"], None), Vec::<String>::new());
}

#[test]
fn what_is_deleted_overwritten_or_expired_is_found_by_the_tags_it_has_now() {
    let mut store = store();
    let hot = tagged(&["hot"]);
    apply(&mut store, &[put_with("a", "v", &hot), put_with("b", "v", &hot), put_with("c", "v", &hot)], 0);
    apply(&mut store, &[Operation::Delete { key: "a" }, put("b", "again"), Operation::Touch { key: "c", ttl: Ttl::Span(5) }], 0);
    apply(&mut store, &[put("a", "reborn")], 0);
    let mut find = |now| rest(store.query(Query { all_tags: &["hot"], ..Query::default() }, now));
    assert_eq!(find(4), ["b", "c"], "an overwrite keeps tags; a delete ends them, also for the next entry of that key");
    assert_eq!(find(5), ["b"]);
}
