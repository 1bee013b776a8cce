//! What the promises are written with.

use holdall::{Entry, Limits, Listing, MetadataPatch, Operation, Options, Policy, Range, Store, Ttl, Value};

pub(crate) fn value(text: &str) -> Value<'_> {
    Value { encoding: 0, bytes: text.as_bytes() }
}

/// A put without a ttl.
pub(crate) fn put<'a>(key: &'a str, text: &'a str) -> Operation<'a> {
    put_for(key, text, Ttl::Default)
}

pub(crate) fn put_for<'a>(key: &'a str, text: &'a str, ttl: Ttl) -> Operation<'a> {
    Operation::Put { key, value: value(text), ttl, metadata: None }
}

pub(crate) fn put_with<'a>(key: &'a str, text: &'a str, metadata: &'a MetadataPatch) -> Operation<'a> {
    Operation::Put { key, value: value(text), ttl: Ttl::Default, metadata: Some(metadata) }
}

pub(crate) fn tagged(tags: &[&str]) -> MetadataPatch {
    MetadataPatch { tags: Some(tags.iter().map(|tag| (*tag).into()).collect()), ..MetadataPatch::default() }
}

pub(crate) fn store() -> Store {
    Store::new(Options::default()).unwrap()
}

pub(crate) fn bounded(policy: Policy, max_entries: Option<u64>, max_bytes: Option<u64>) -> Store {
    Store::new(Options { policy, limits: Limits { max_entries, max_bytes }, ..Options::default() }).unwrap()
}

pub(crate) fn entries(max_entries: u64) -> Limits {
    Limits { max_entries: Some(max_entries), max_bytes: None }
}

pub(crate) fn apply(store: &mut Store, operations: &[Operation<'_>], now: u64) -> u64 {
    store.apply(&[], operations, now).unwrap().version
}

/// The code of the refusal of a commit.
pub(crate) fn refusal(store: &mut Store, operations: &[Operation<'_>], now: u64) -> &'static str {
    store.apply(&[], operations, now).unwrap_err().code()
}

pub(crate) fn text(store: &Store, key: &str, now: u64) -> Option<String> {
    store.peek(key, now).map(text_of)
}

pub(crate) fn text_of(entry: Entry<'_>) -> String {
    String::from_utf8(entry.value.bytes.to_vec()).unwrap()
}

pub(crate) fn keys(store: &mut Store, now: u64) -> Vec<String> {
    rest(store.list(Range::default(), now))
}

/// The keys that a listing has left.
pub(crate) fn rest(mut listing: Listing) -> Vec<String> {
    let mut keys = Vec::new();
    while let Some(entry) = listing.next() {
        keys.push(entry.key.to_string());
    }
    keys
}
