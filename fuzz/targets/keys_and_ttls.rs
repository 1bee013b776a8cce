//! Spans of time, keys and the prefixes of scopes from arbitrary text: refused with a code, or what they promise.
#![no_main]

use holdall::{LAST_DEADLINE, MAX_KEY_BYTES, NEVER, Operation, Options, Range, Store, Ttl, Value, isolate_prefix, parse_ttl, scope_prefix};
use libfuzzer_sys::fuzz_target;

/// A span as the largest units that it has, which must be read as itself.
fn written(mut span: u64) -> String {
    let units = [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let mut text = String::new();
    for (name, size) in units {
        if span >= size {
            text.push_str(&format!("{}{name}", span / size));
            span %= size;
        }
    }
    text
}

fn ttl(text: &str) {
    match parse_ttl(text) {
        Ok(span) => {
            assert!(span > 0 && span <= LAST_DEADLINE);
            assert!(text.bytes().all(|byte| byte.is_ascii_digit() || b"wdhms".contains(&byte)));
            assert_eq!(parse_ttl(&written(span)), Ok(span));
        }
        Err(error) => assert_eq!(error.code(), "OUT_OF_RANGE"),
    }
}

fn key(key: &str, ttl: Ttl, now: u64) {
    let mut store = Store::new(Options::default()).expect("the options are valid");
    let put = Operation::Put { key, value: Value { encoding: 0, bytes: key.as_bytes() }, ttl, metadata: None };
    match store.apply(&[], &[put], now) {
        Ok(_) => {
            assert!(key.len() <= MAX_KEY_BYTES);
            let entry = store.get(key, now).expect("it was just put");
            assert_eq!((entry.key, entry.value.bytes), (key, key.as_bytes()));
            assert!(now < entry.deadline);
            let deadline = entry.deadline;
            assert_eq!(store.list(Range { prefix: key, ..Range::default() }, now).next().map(|entry| entry.key.to_string()).as_deref(), Some(key));
            assert!(store.peek(key, deadline).is_none(), "expired at the very deadline");
            assert!(store.apply(&[], &[Operation::Delete { key }], now).is_ok_and(|receipt| receipt.affected == 1));
            assert_eq!(store.count("", now), 0);
        }
        Err(error) => {
            assert!(matches!(error.code(), "INVALID_KEY" | "OUT_OF_RANGE"));
            assert_eq!((store.version(), store.count("", now)), (0, 0));
        }
    }
}

fn prefixes(one: &str, other: &str) {
    let isolated = isolate_prefix(one);
    assert_eq!(isolated.is_err(), one.is_empty());
    if let (Ok(first), Ok(second)) = (&isolated, isolate_prefix(other)) {
        assert!(first.starts_with('~') && first.matches(':').count() == 1 && first.ends_with(':'));
        assert_eq!(one == other, first.starts_with(&*second), "no id reaches another's keys");
    }
    if let Ok(named) = scope_prefix(other) {
        assert!(named.ends_with(':') && !named.starts_with('~'));
        assert!(isolated.is_err() || !isolated.is_ok_and(|prefix| prefix.starts_with(&named) || named.starts_with(&prefix)));
    } else {
        assert!(other.is_empty() || other.starts_with('~'));
    }
}

fuzz_target!(|input: (&str, &str, u64, u64)| {
    let (one, other, span, now) = input;
    // The last moment is `NEVER`, and no time (`Millis`).
    let now = now.min(NEVER - 1);
    ttl(one);
    ttl(other);
    for (text, time) in [(one, Ttl::Span(span)), (one, Ttl::Until(span)), (other, Ttl::Never)] {
        key(text, time, now);
    }
    prefixes(one, other);
});
