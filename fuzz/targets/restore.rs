//! Restoring arbitrary bytes: refused with nothing changed, or read so that writing and reading again gives the same.
#![no_main]

use holdall::{Operation, Options, Store, Ttl, Value};
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh64::xxh64;

fn restore(prefix: &str, bytes: &[u8], now: u64) {
    let mut store = Store::new(Options::default()).expect("the options are valid");
    let old = Operation::Put { key: "a:old", value: Value { encoding: 0, bytes: b"old" }, ttl: Ttl::Default, metadata: None };
    store.apply(&[], &[old], 0).expect("it fits");
    let before = store.snapshot("", 0);
    let Ok(receipt) = store.restore(prefix, bytes, now) else {
        assert_eq!(store.snapshot("", 0), before, "what is refused changes nothing");
        return;
    };
    assert_eq!(receipt.version, store.version());
    let again = store.snapshot(prefix, now);
    let mut other = Store::new(Options::default()).expect("the options are valid");
    other.restore("", &again, now).expect("what was written is read");
    assert_eq!(other.snapshot("", now), again, "equal contents give equal bytes");
    let mut bytes = 0;
    let mut listing = store.list(holdall::Range::default(), now);
    while let Some(entry) = listing.next() {
        bytes += entry.bytes();
    }
    assert_eq!(store.stats().bytes, bytes);
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, data)) = data.split_first() else { return };
    let prefix = if first & 1 == 0 { "" } else { "a:" };
    let now = if first & 2 == 0 { 0 } else { 1_800_000_000_000 };
    restore(prefix, data, now);
    // With the checksum that it ought to have, so that what lies behind the checksum is met as well.
    let content = if first & 4 == 0 { data } else { data.get(..data.len().saturating_sub(8)).unwrap_or_default() };
    restore(prefix, &[content, &xxh64(content, 0).to_le_bytes()].concat(), now);
});
