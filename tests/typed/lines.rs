//! JSON lines: what is exported is imported, and what is no such line is refused by its number, with nothing changed.

use holdall::{Bytes, Date, Error, MAX_KEY_BYTES, Range, SetOptions, Strategy, Ttl};

use super::support::{code, picture, timed, typed};

/// The line that is refused, and why.
fn refused(text: &str) -> (usize, String) {
    let mut store = typed();
    store.set("old", "kept").unwrap();
    let before = picture(store.store());
    let error = store.scope("s").unwrap().import(text, Strategy::Overwrite).unwrap_err();
    assert_eq!(error.code(), "INVALID_LINES", "{text}");
    assert_eq!((picture(store.store()), store.store().version()), (before, 1), "nothing has changed");
    match error {
        Error::InvalidLines { line, reason } => (line, reason.into()),
        other => panic!("{other}"),
    }
}

#[test]
fn what_is_exported_is_imported() {
    let (mut store, clock) = timed(holdall::Options::default());
    clock.set(1_000);
    let how = SetOptions::default().tags(["t"]).property("at", &Date(1)).unwrap().property("text", "~").unwrap().description("d");
    store.set_with("b", "~x", &how.ttl(Ttl::Span(500))).unwrap();
    store.set("a\n\u{1}\"", &(Bytes(vec![1]), u64::MAX, "~")).unwrap();
    store.set("c", "~x").unwrap();
    let lines = store.export().unwrap();
    assert_eq!(
        lines,
        concat!(
            "{\"key\":\"a\\n\\u0001\\\"\",\"value\":[\"~bAQ==\",\"~n18446744073709551615\",\"~~\"],\"tagged\":true}\n",
            "{\"key\":\"b\",\"value\":\"~~x\",\"tagged\":true,\"deadline\":1500,\"tags\":[\"t\"],",
            "\"properties\":{\"at\":\"~d1\",\"text\":\"~~\"},\"description\":\"d\"}\n",
            "{\"key\":\"c\",\"value\":\"~x\"}\n",
        )
    );
    let mut other = typed();
    other.scope("s").unwrap().import(&lines, Strategy::Error).unwrap();
    assert_eq!(other.scope("s").unwrap().export().unwrap(), lines);
    assert!(!other.diff(&store).added.is_empty());
    assert_eq!(other.scope("s").unwrap().diff(&store), holdall::Difference::default());
}

#[test]
fn an_import_is_a_merge_in_one_commit() {
    let mut store = typed();
    store.set_many([("a", 1), ("b", 2)]).unwrap();
    let lines = "{\"key\":\"c\",\"value\":30}\n{\"key\":\"b\",\"value\":20}\n";
    assert_eq!(store.import(lines, Strategy::Error), Err(Error::Collision { key: "b".into() }));
    assert_eq!(store.len(), 2);
    let merged = store.import(lines, Strategy::Skip).unwrap();
    assert_eq!((&*merged.added, &*merged.skipped), (&["c".into()][..], &["b".into()][..]));
    store.import(lines, Strategy::Overwrite).unwrap();
    assert_eq!((store.get("a"), store.get("b"), store.get("c")), (Ok(Some(1)), Ok(Some(20)), Ok(Some(30))));
    assert_eq!(store.store().version(), 3);
    assert_eq!(store.import("", Strategy::Error).unwrap(), holdall::Merged::default());
    assert_eq!(store.store().version(), 3);
}

#[test]
fn a_line_may_be_written_as_json_may_be() {
    let mut store = typed();
    let line = " { \"description\" : \"d\" , \"value\" : { \"b\" : 1.0e0 , \"10\" : -0 , \"\\u0061\" : 2 , \"b\" : 3 } , \"key\" : \"\\ud83d\\ude00\" }\r";
    store.import(line, Strategy::Error).unwrap();
    assert_eq!(store.export().unwrap(), "{\"key\":\"😀\",\"value\":{\"10\":0,\"b\":3,\"a\":2},\"description\":\"d\"}\n");
}

#[test]
fn lone_surrogates_in_values_are_kept() {
    let mut store = typed();
    let lines = "{\"key\":\"a\",\"value\":\"\\ud800\"}\n{\"key\":\"b\",\"value\":{\"\\udfff\":[\"x\\udbff!\"]}}\n";
    store.import(lines, Strategy::Error).unwrap();
    assert_eq!(store.export().unwrap(), lines);
    assert_eq!(store.store().peek("a", 0).unwrap().value.encoding, 1);
    assert_eq!(code(store.get::<String>("a")), "TYPE_MISMATCH");
}

#[test]
fn a_line_whose_deadline_has_passed_is_left_out() {
    let (mut store, clock) = timed(holdall::Options::default());
    clock.set(10);
    store.import("{\"key\":\"a\",\"value\":1,\"deadline\":10}\n{\"key\":\"b\",\"value\":1,\"deadline\":11}\n", Strategy::Error).unwrap();
    assert_eq!(store.keys(Range::default()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(store.ttl("b"), Some(Some(1)));
}

#[test]
fn what_is_no_line_is_refused_by_its_number() {
    let good = "{\"key\":\"a\",\"value\":1}\n";
    for bad in [
        "",
        " ",
        "null",
        "[]",
        "{}",
        "{\"key\":\"b\"}",
        "{\"value\":1}",
        "{\"key\":1,\"value\":1}",
        "{\"key\":\"b\",\"value\":1,\"more\":1}",
        "{\"key\":\"b\",\"value\":1,\"tagged\":1}",
        "{\"key\":\"b\",\"value\":1,\"deadline\":\"1\"}",
        "{\"key\":\"b\",\"value\":1,\"deadline\":1.5}",
        "{\"key\":\"b\",\"value\":1,\"deadline\":-1}",
        "{\"key\":\"b\",\"value\":1,\"deadline\":8640000000000001}",
        "{\"key\":\"b\",\"value\":1,\"deadline\":null}",
        "{\"key\":\"b\",\"value\":1,\"tags\":\"t\"}",
        "{\"key\":\"b\",\"value\":1,\"tags\":[1]}",
        "{\"key\":\"b\",\"value\":1,\"tags\":[\"\\ud800\"]}",
        "{\"key\":\"b\",\"value\":1,\"properties\":[]}",
        "{\"key\":\"b\",\"value\":1,\"properties\":{\"\\ud800\":1}}",
        "{\"key\":\"b\",\"value\":1,\"description\":null}",
        "{\"key\":\"b\",\"value\":\"~x\",\"tagged\":true}",
        "{\"key\":\"b\",\"value\":1,\"tagged\":true,\"properties\":{\"p\":\"~\"}}",
        "{\"key\":\"\\ud800\",\"value\":1}",
        "{\"key\":\"b\",\"value\":1e999}",
        "{\"key\":\"b\",\"value\":1}{}",
        "{\"key\":\"b\",\"value\":undefined}",
    ] {
        // rustfmt would put each on a line of its own
        assert_eq!(refused(&format!("{good}{bad}\n{good}")).0, 2, "{bad}");
    }
    assert_eq!(refused(&format!("{good}{good}")), (2, "has the key of a line before it".into()));
    assert_eq!(refused("\n").0, 1, "one empty line is a line");
    assert_eq!(refused("\u{feff}{\"key\":\"a\",\"value\":1}\n").0, 1);
    let long = "x".repeat(MAX_KEY_BYTES - 1);
    assert_eq!(refused(&format!("{{\"key\":\"{long}\",\"value\":1}}")), (1, "has a key that is too long".into()));
}
