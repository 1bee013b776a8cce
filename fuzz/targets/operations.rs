//! Sequences of what whole stores can do: commits, transactions, merges, clones, bounds, snapshots, listings. Where the outcome can be told from
//! another way to the same end it is compared with that; what must always hold is checked after each step.
#![no_main]

use arbitrary::Arbitrary;
use holdall::{
    Batch, Limits, MetadataPatch, NEVER, Operation, Options, Policy, PropertyCondition, Query, Range, Resolution, Source, Store, Strategy, Ttl, Value,
};
use libfuzzer_sys::fuzz_target;

const KEYS: [&str; 10] = ["", "a", "a:", "a:1", "a:2", "a:b:1", "a:b:2", "b:1", "é", "~x:1"];
const PREFIXES: [&str; 5] = ["", "a:", "a:b:", "b:", "~x:"];
const TAGS: [&str; 3] = ["hot", "new", "é"];

#[derive(Arbitrary, Debug, Clone)]
struct Write {
    key: u8,
    what: What,
}

#[derive(Arbitrary, Debug, Clone)]
enum What {
    Put { length: u16, fill: u8, ttl: Life, tag: Option<u8> },
    Delete,
    Clear,
    Touch { ttl: Life },
    Annotate { add: Option<u8>, remove: Option<u8>, property: Option<u8>, description: Option<bool> },
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Life {
    Default,
    Keep,
    Never,
    Span(u8),
    Until(u16),
}

#[derive(Arbitrary, Debug, Clone)]
enum Step {
    Apply { writes: Vec<Write>, condition: Option<(u8, u8)> },
    Transaction { reads: Vec<u8>, ranges: Vec<u8>, writes: Vec<Write>, meanwhile: Vec<Write> },
    Merge { from: u8, prefix: u8, source: u8, base: Option<u8>, strategy: u8 },
    Restore { from: u8, prefix: u8, into: u8, damage: Option<(u16, u8)> },
    Clone { prefix: u8 },
    Drop,
    Bind { prefix: u8, entries: Option<u8>, bytes: Option<u16> },
    List { prefix: u8, after: Option<u8>, reverse: bool },
    Query { prefix: u8, all: Option<u8>, any: Option<u8>, property: Option<Option<u8>>, encodings: Option<u16> },
    Get { key: u8 },
}

#[derive(Arbitrary, Debug)]
struct Sequence {
    seed: u64,
    default_ttl: Option<u8>,
    entries: Option<u8>,
    bytes: Option<u16>,
    reject: bool,
    steps: Vec<(u8, u8, Step)>,
}

fn pick<'a>(list: &[&'a str], at: u8) -> &'a str {
    list[at as usize % list.len()]
}

fn ttl(life: Life) -> Ttl {
    match life {
        Life::Default => Ttl::Default,
        Life::Keep => Ttl::Keep,
        Life::Never => Ttl::Never,
        Life::Span(span) => Ttl::Span(span.into()),
        Life::Until(deadline) => Ttl::Until(deadline.into()),
    }
}

fn batch_of(writes: &[Write]) -> Batch {
    let mut batch = Batch::default();
    for Write { key, what } in writes {
        let key = pick(&KEYS, *key);
        match what {
            What::Put { length, fill, ttl: life, tag } => {
                let bytes = vec![*fill; (*length % 3000).into()];
                let patch = tag.map(|tag| MetadataPatch { tags: Some(vec![pick(&TAGS, tag).into()]), ..MetadataPatch::default() });
                let value = Value { encoding: fill % 14, bytes: &bytes };
                batch.push(&Operation::Put { key, value, ttl: ttl(*life), metadata: patch.as_ref() });
            }
            What::Delete => batch.push(&Operation::Delete { key }),
            What::Clear => batch.push(&Operation::DeletePrefix { prefix: pick(&PREFIXES, key.len() as u8) }),
            What::Touch { ttl: life } => batch.push(&Operation::Touch { key, ttl: ttl(*life) }),
            What::Annotate { add, remove, property, description } => {
                let number = |number: &u8| Value { encoding: 2, bytes: &[*number] }.to_owned();
                let metadata = MetadataPatch {
                    add_tag: add.map(|tag| pick(&TAGS, tag).into()),
                    remove_tag: remove.map(|tag| pick(&TAGS, tag).into()),
                    properties: property.as_ref().map(|value| [("p".into(), number(value))].into_iter().collect()),
                    description: description.map(|some| some.then(|| "text".into())),
                    ..MetadataPatch::default()
                };
                batch.push(&Operation::Annotate { key, metadata: &metadata });
            }
        }
    }
    batch
}

/// What holds of every store at every time.
fn check(store: &mut Store, now: u64) {
    let now = store.advance(now);
    let stats = store.stats();
    let (mut count, mut bytes, mut last): (usize, u64, Option<String>) = (0, 0, None);
    let mut listing = store.list(Range::default(), now);
    while let Some(entry) = listing.next() {
        assert!(last.as_deref().is_none_or(|last| last < entry.key), "keys come in order");
        assert!(entry.deadline > now && entry.created_at <= entry.updated_at && entry.version() <= store.version());
        let found = store.peek(entry.key, now).expect("what is listed is found");
        assert!(found.same_content(&entry) && found.version() == entry.version());
        for tag in entry.metadata.iter().flat_map(|metadata| &metadata.tags) {
            assert!(entry.metadata.is_some_and(|metadata| metadata.has_tag(tag)));
        }
        count += 1;
        bytes += entry.bytes();
        last = Some(entry.key.into());
    }
    assert_eq!((stats.entries, stats.bytes), (count, bytes));
    assert!(store.next_deadline() == NEVER || store.next_deadline() > now);
    let mut tagged: Vec<String> = Vec::new();
    for tag in TAGS {
        let mut found = store.query(Query { all_tags: &[tag], ..Query::default() }, now);
        while let Some(entry) = found.next() {
            assert!(entry.metadata.is_some_and(|metadata| metadata.has_tag(tag)));
            tagged.push(entry.key.into());
        }
    }
    let any: Vec<String> = keys(store.query(Query { any_tags: Some(&TAGS), ..Query::default() }, now));
    tagged.sort();
    tagged.dedup();
    assert_eq!(any, tagged);
}

fn keys(mut listing: holdall::Listing) -> Vec<String> {
    let mut keys = Vec::new();
    while let Some(entry) = listing.next() {
        keys.push(entry.key.to_string());
    }
    keys
}

fn is_same(one: &mut Store, other: &mut Store, now: u64) -> bool {
    one.snapshot("", now) == other.snapshot("", now)
}

fn transact(store: &mut Store, reads: &[u8], ranges: &[u8], writes: &[Write], meanwhile: &[Write], now: u64) {
    let mut transaction = store.begin(now);
    let read: Vec<(&str, u64)> =
        reads.iter().map(|key| pick(&KEYS, *key)).map(|key| (key, transaction.get(key, now).map_or(0, |entry| entry.version()))).collect();
    let seen: Vec<(&str, usize)> = ranges.iter().map(|at| pick(&PREFIXES, *at)).map(|prefix| (prefix, transaction.count(prefix, now))).collect();
    let batch = batch_of(writes);
    let staged = transaction.apply(&[], &batch.operations(), now);
    let others = batch_of(meanwhile);
    let _ = store.apply(&[], &others.operations(), now);
    let mut expected = store.clone();
    let before = store.snapshot("", now);
    let version = store.version();
    let done = store.commit(transaction, now);
    match done {
        Ok(_) => {
            for (key, version) in read {
                // What was read had not changed.
                assert_eq!(expected.peek(key, now).map_or(0, |entry| entry.version()), version);
            }
            for (prefix, count) in seen {
                assert_eq!(expected.count(prefix, now), count);
            }
            if staged.is_ok() && expected.apply(&[], &batch.operations(), now).is_ok() {
                assert!(is_same(store, &mut expected, now), "a transaction does what its writes do");
            }
        }
        Err(error) => {
            assert!(matches!(error.code(), "CONFLICT" | "QUOTA_EXCEEDED" | "OUT_OF_RANGE"));
            assert_eq!((store.snapshot("", now), store.version()), (before, version), "what is refused changes nothing");
        }
    }
}

fn merge(store: &mut Store, other: &mut Store, base: Option<&mut Store>, prefixes: (&str, &str), strategy: u8, now: u64) {
    let before = store.snapshot("", now);
    let (prefix, from) = prefixes;
    let theirs = other.clone();
    let source = Source { store: &theirs, prefix: from };
    let base = base.map(|base| base.clone());
    let base_source = base.as_ref().map(|store| Source { store, prefix: from });
    let strategy = [Strategy::Skip, Strategy::Overwrite, Strategy::Error][strategy as usize % 3];
    let mut by = store.clone();
    let merged = store.merge(prefix, source, base_source, strategy, now);
    let resolve = |_: &holdall::Conflict<'_>| match strategy {
        Strategy::Skip => Ok(Resolution::Skip),
        Strategy::Overwrite => Ok(Resolution::Overwrite),
        Strategy::Error => Err(holdall::Error::InvalidSnapshot),
    };
    let merged_by = by.merge_by(prefix, source, base_source, &resolve, &Batch::default(), now);
    assert_eq!(merged.is_ok(), merged_by.is_ok());
    assert!(is_same(store, &mut by, now));
    let Ok(merged) = merged else {
        assert_eq!(store.snapshot("", now), before, "what is refused changes nothing");
        return;
    };
    assert_eq!(Ok(&merged), merged_by.as_ref());
    for list in [&merged.added, &merged.overwritten, &merged.skipped, &merged.deleted, &merged.collisions] {
        assert!(list.is_sorted());
    }
    let is_bounded = store.stats().evictions > 0;
    if strategy != Strategy::Skip && base.is_none() && !is_bounded {
        for key in merged.added {
            let full = [from, &key].concat();
            let mine = [prefix, &key].concat();
            let (theirs, ours) = (theirs.peek(&full, now), store.peek(&mine, now));
            assert!(theirs.zip(ours).is_some_and(|(theirs, ours)| theirs.same_content(&ours)));
        }
    }
    if base.is_none() && !is_bounded {
        let again = store.clone();
        let receipt = store.version();
        let merged = store.merge(prefix, Source { store: &again, prefix }, None, Strategy::Error, now).expect("nothing differs from itself");
        assert!(merged.added.is_empty() && merged.overwritten.is_empty() && store.version() == receipt);
    }
}

fn run(sequence: Sequence) {
    let limits = Limits { max_entries: sequence.entries.map(u64::from), max_bytes: sequence.bytes.map(u64::from) };
    let policy = if sequence.reject { Policy::Reject } else { Policy::Lru };
    let default_ttl = sequence.default_ttl.map(u64::from);
    let Ok(store) = Store::new(Options { seed: sequence.seed, default_ttl, limits, policy }) else { return };
    let mut stores = vec![store];
    let mut now = 0;
    for (which, later, step) in sequence.steps.into_iter().take(64) {
        now += u64::from(later % 16);
        let at = which as usize % stores.len();
        let other = |from: u8| from as usize % stores.len();
        match step {
            Step::Apply { writes, condition } => {
                let mut batch = batch_of(&writes);
                if let Some((key, version)) = condition {
                    batch.require(pick(&KEYS, key), version.into());
                }
                let store = &mut stores[at];
                let (before, version) = (store.snapshot("", now), store.version());
                match store.apply(&batch.conditions(), &batch.operations(), now) {
                    Ok(receipt) => assert!(receipt.version == store.version() && receipt.version >= version),
                    Err(_) => assert_eq!(store.snapshot("", now), before, "what is refused changes nothing"),
                }
            }
            Step::Transaction { reads, ranges, writes, meanwhile } => transact(&mut stores[at], &reads, &ranges, &writes, &meanwhile, now),
            Step::Merge { from, prefix, source, base, strategy } => {
                let mut from = stores[other(from)].clone();
                let mut base = base.map(|base| stores[other(base)].clone());
                merge(&mut stores[at], &mut from, base.as_mut(), (pick(&PREFIXES, prefix), pick(&PREFIXES, source)), strategy, now);
            }
            Step::Restore { from, prefix, into, damage } => {
                let from = other(from);
                let mut bytes = stores[from].snapshot(pick(&PREFIXES, prefix), now);
                if let Some((place, flip)) = damage {
                    let place = place as usize % bytes.len();
                    bytes[place] ^= flip;
                }
                let store = &mut stores[at];
                let (before, into) = (store.snapshot("", now), pick(&PREFIXES, into));
                match store.restore(into, &bytes, now) {
                    Ok(_) if store.stats().evictions == 0 => assert_eq!(store.snapshot(into, now), bytes),
                    Ok(_) => {}
                    Err(_) => assert_eq!(store.snapshot("", now), before, "what is refused changes nothing"),
                }
            }
            Step::Clone { prefix } if stores.len() < 4 => {
                let prefix = pick(&PREFIXES, prefix);
                let mut clone = stores[at].clone_scope(prefix, now);
                assert_eq!(clone.snapshot("", now), stores[at].snapshot(prefix, now));
                stores.push(clone);
            }
            Step::Drop if stores.len() > 1 => drop(stores.swap_remove(at)),
            Step::Clone { .. } | Step::Drop => {}
            Step::Bind { prefix, entries, bytes } => {
                let limits = Limits { max_entries: entries.map(u64::from), max_bytes: bytes.map(u64::from) };
                let _ = stores[at].bind(pick(&PREFIXES, prefix), limits, now);
            }
            Step::List { prefix, after, reverse } => {
                let (prefix, after) = (pick(&PREFIXES, prefix), after.map(|key| pick(&KEYS, key)));
                let mut found = keys(stores[at].list(Range { prefix, after, reverse }, now));
                if reverse {
                    found.reverse();
                }
                let mut all = keys(stores[at].list(Range::default(), now));
                all.retain(|key| key.starts_with(prefix) && after.is_none_or(|after| if reverse { &**key < after } else { &**key > after }));
                assert_eq!(found, all);
            }
            Step::Query { prefix, all, any, property, encodings } => {
                let (prefix, all, any) = (pick(&PREFIXES, prefix), all.map(|tag| pick(&TAGS, tag)), any.map(|tag| [pick(&TAGS, tag)]));
                let number = property.flatten().map(|number| [number]);
                let value = number.as_ref().map(|bytes| Value { encoding: 2, bytes });
                let properties = property.map(|_| PropertyCondition { name: "p", value });
                let query = Query {
                    prefix,
                    all_tags: all.as_slice(),
                    any_tags: any.as_ref().map(|any| &any[..]),
                    properties: properties.as_slice(),
                    encodings: encodings.map(u32::from),
                };
                // The shortest way must come to what looking at every entry comes to.
                let mut expected = Vec::new();
                let mut listing = stores[at].list(Range::default(), now);
                while let Some(entry) = listing.next() {
                    if query.is_met_by(&entry) {
                        expected.push(entry.key.to_string());
                    }
                }
                assert_eq!(keys(stores[at].query(query, now)), expected);
            }
            Step::Get { key } => {
                let key = pick(&KEYS, key);
                let peeked = stores[at].peek(key, now).map(|entry| entry.value.to_owned());
                assert_eq!(stores[at].get(key, now).map(|entry| entry.value.to_owned()), peeked);
            }
        }
        let at = at.min(stores.len() - 1);
        stores[at].take_outbox();
        check(&mut stores[at], now);
    }
}

fuzz_target!(|sequence: Sequence| run(sequence));
