//! Importing arbitrary text as JSON lines: refused with nothing changed, or read so that writing and reading again gives the same; and what was read,
//! as types that it may not fit.
#![no_main]

use std::collections::BTreeMap;

use holdall::{Bytes, Date, Operation, Options, Range, Store, Strategy, Ttl, Value, decode, encode};
use libfuzzer_sys::fuzz_target;

fn import(prefix: &str, lines: &str, now: u64) {
    let mut store = Store::new(Options::default()).expect("the options are valid");
    let old = Operation::Put { key: "a:old", value: Value { encoding: 0, bytes: b"old" }, ttl: Ttl::Default, metadata: None };
    store.apply(&[], &[old], 0).expect("it fits");
    let before = store.snapshot("", 0);
    match store.import(prefix, lines, Strategy::Overwrite, now) {
        Err(error) => {
            assert_eq!(error.code(), "INVALID_LINES");
            assert_eq!(store.snapshot("", 0), before, "what is refused changes nothing");
        }
        Ok(_) => {
            let again = store.export(prefix, now).expect("what was read can be written");
            let mut other = Store::new(Options::default()).expect("the options are valid");
            other.import("", &again, Strategy::Error, now).expect("what was written is read");
            assert_eq!(other.export("", now).as_ref(), Ok(&again));
            assert_eq!(other.snapshot("", now), store.snapshot(prefix, now));
            read_as_types(&mut store, now);
        }
    }
}

fn read_as_types(store: &mut Store, now: u64) {
    let mut listing = store.list(Range::default(), now);
    while let Some(entry) = listing.next() {
        let value = entry.value;
        // Whatever a float, a text, bytes or a date is read from is what it is written as.
        let written = [
            decode::<f64>(value).ok().filter(|_| value.encoding == 2).map(|number| encode(&number)),
            decode::<f32>(value).ok().filter(|_| value.encoding == 2).map(|number| encode(&number)),
            decode::<String>(value).ok().map(|text| encode(&text)),
            decode::<Bytes>(value).ok().filter(|_| value.encoding == 9).map(|bytes| encode(&bytes)),
            decode::<Date>(value).ok().map(|date| encode(&date)),
            decode::<u8>(value).ok().filter(|_| value.encoding == 2).map(|number| encode(&number)),
            decode::<i128>(value).ok().filter(|_| value.encoding == 8).map(|number| encode(&number)).filter(|number| {
                // A bigint that is no longer than a number has to be is written as a number.
                number.as_ref().is_ok_and(|number| number.encoding == 8)
            }),
        ];
        for written in written.into_iter().flatten() {
            assert_eq!(written.expect("it was read").as_value(), value);
        }
        let _ = decode::<Vec<Option<u64>>>(value);
        let _ = decode::<BTreeMap<String, Vec<f32>>>(value);
        let _ = decode::<BTreeMap<u16, (i8, char)>>(value);
    }
}

fuzz_target!(|lines: &str| {
    import("", lines, 0);
    import("a:", lines, 1_800_000_000_000);
});
