//! The model test of the state: generated steps on several clones at once, each beside a `BTreeMap`, with every invariant that the files
//! of this module state checked after each step (in the large test after each burst).
//!
//! `HOLDALL_MODEL_CASES` sets how many cases each test runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;
use crate::entry::OwnedValue;
use crate::expiry::NEVER;

const TAGS: [&str; 4] = ["", "hot", "hot:er", "é"];
const NAMES: [&str; 4] = ["", "p", "p:q", "é"];

/// A value that a step puts: short to print, long where it is used.
#[derive(Debug, Clone, Copy)]
struct Sample {
    encoding: u8,
    fill: u8,
    length: usize,
}

impl Sample {
    fn value(self) -> OwnedValue {
        OwnedValue { encoding: self.encoding, bytes: (0..self.length).map(|at| self.fill.wrapping_add(at as u8)).collect() }
    }
}

/// A change of one clone, or of which clones there are.
#[derive(Debug, Clone)]
enum Step {
    Put {
        key: usize,
        value: Sample,
        span: Option<Millis>,
    },
    Remove {
        key: usize,
    },
    Stamp {
        key: usize,
        span: Option<Millis>,
    },
    Annotate {
        key: usize,
        tags: BTreeSet<usize>,
        properties: Vec<(usize, Sample)>,
        description: usize,
    },
    /// Puts `count` keys from `key` on.
    PutRun {
        key: usize,
        count: usize,
        value: Sample,
        span: Option<Millis>,
    },
    /// Removes every `stride`th of `count` keys from `key` on.
    RemoveRun {
        key: usize,
        count: usize,
        stride: usize,
    },
    Expire {
        by: Millis,
    },
    MakeOrdered,
    Clone,
    Drop,
    Empty,
}

#[derive(Debug, Clone, PartialEq)]
struct Expected {
    value: OwnedValue,
    version: u64,
    deadline: Millis,
    created_at: Millis,
    updated_at: Millis,
    metadata: Option<Arc<Metadata>>,
}

/// One clone of the state, and what it must hold.
#[derive(Clone)]
struct Twin {
    state: State,
    model: BTreeMap<String, Expected>,
    /// Keys that expired and were not written since.
    expired: BTreeSet<String>,
    now: Millis,
    version: u64,
}

impl Twin {
    fn new(seed: u64) -> Self {
        Self { state: State::new(seed), model: BTreeMap::new(), expired: BTreeSet::new(), now: 0, version: 0 }
    }

    fn stamp(&mut self, span: Option<Millis>) -> Stamp {
        self.version += 1;
        Stamp { version: self.version, now: self.now, deadline: span.map_or(NEVER, |span| self.now + span) }
    }

    fn put(&mut self, key: &str, value: &OwnedValue, span: Option<Millis>) {
        let stamp = self.stamp(span);
        let row = self.state.put(key, value.as_value(), stamp);
        assert_eq!(self.state.find(key), Some(row), "a put tells the row of its entry");
        let present = self.model.remove(key);
        let (created_at, metadata) = present.map_or((self.now, None), |present| (present.created_at, present.metadata));
        let (version, deadline, updated_at) = (stamp.version, stamp.deadline, stamp.now);
        self.model.insert(key.into(), Expected { value: value.clone(), version, deadline, created_at, updated_at, metadata });
        self.expired.remove(key);
    }

    fn remove(&mut self, key: &str) {
        let row = self.state.find(key);
        assert_eq!(row.is_some(), self.model.remove(key).is_some());
        if let Some(row) = row {
            self.state.remove(row);
            assert!(!self.state.has_expired(key, self.now), "a removed key has not expired");
        }
    }

    fn annotate(&mut self, key: &str, tags: &BTreeSet<usize>, properties: &[(usize, Sample)], description: usize) {
        self.version += 1;
        let (now, version) = (self.now, self.version);
        if let Some(row) = self.state.find(key) {
            let tags = tags.iter().map(|tag| Arc::from(TAGS[*tag])).collect();
            let properties = properties.iter().map(|(name, value)| (NAMES[*name].into(), value.value())).collect();
            let cell = Metadata { version, tags, properties, description: Some("d".repeat(description).into()) };
            let cell = Arc::new(cell);
            self.state.set_metadata(row, cell.clone(), now);
            let expected = self.model.get_mut(key).unwrap();
            expected.metadata = Some(cell);
            expected.updated_at = now;
        }
    }

    /// Lets time pass and takes what is due, as the store does.
    fn expire(&mut self, by: Millis) {
        self.now += by;
        let due: Vec<String> =
            self.model.iter().filter(|(_, expected)| expected.deadline <= self.now).map(|(key, _)| key.clone()).collect();
        assert!(self.state.may_be_due(self.now) || due.is_empty(), "what is due is not missed");
        let rows = self.state.take_due(self.now);
        let mut keys: Vec<String> = rows.iter().map(|row| self.state.entry(*row).key.to_string()).collect();
        keys.sort();
        assert_eq!(keys, due, "what is due is taken");
        for row in rows {
            self.state.expire(row);
        }
        assert!(!self.state.may_be_due(self.now), "bounds are exact after expiry");
        self.model.retain(|_, expected| expected.deadline > self.now);
        self.expired.extend(due);
    }

    fn take(&mut self, step: &Step, key_of: fn(usize) -> String) {
        match step {
            Step::Put { key, value, span } => self.put(&key_of(*key), &value.value(), *span),
            Step::Remove { key } => self.remove(&key_of(*key)),
            Step::Stamp { key, span } => {
                let key = key_of(*key);
                let stamp = self.stamp(*span);
                if let Some(row) = self.state.find(&key) {
                    self.state.stamp(row, stamp);
                    let expected = self.model.get_mut(&key).unwrap();
                    (expected.version, expected.deadline, expected.updated_at) = (stamp.version, stamp.deadline, stamp.now);
                }
            }
            Step::Annotate { key, tags, properties, description } => self.annotate(&key_of(*key), tags, properties, *description),
            Step::PutRun { key, count, value, span } => (*key..key + count).for_each(|key| self.put(&key_of(key), &value.value(), *span)),
            Step::RemoveRun { key, count, stride } => (*key..key + count).step_by(*stride).for_each(|key| self.remove(&key_of(key))),
            Step::Expire { by } => self.expire(*by),
            Step::MakeOrdered => {
                self.state.make_ordered();
                assert!(self.state.is_ordered());
            }
            Step::Empty => {
                self.state = self.state.emptied();
                self.model.clear();
                self.expired.clear();
            }
            Step::Clone | Step::Drop => {}
        }
    }

    /// Panics where an invariant does not hold or the state holds anything but what the model does.
    fn check(&self) {
        let state = &self.state;
        state.table.check();
        state.index.check();
        state.terms.check(&state.table);
        self.check_rows();
        assert_eq!(state.len(), self.model.len());
        let bytes = |key: &str, expected: &Expected| {
            (key.len() + expected.value.bytes.len()) as u64 + expected.metadata.as_ref().map_or(0, |metadata| metadata.bytes())
        };
        assert_eq!(state.bytes(), self.model.iter().map(|(key, expected)| bytes(key, expected)).sum::<u64>());
        let earliest = self.model.values().map(|expected| expected.deadline).min().unwrap_or(NEVER);
        assert!(state.earliest() <= earliest, "earliest is a lower bound");
        for (key, expected) in &self.model {
            let row = state.find(key).expect("an entry is found by its key");
            assert!(state.is_live(row));
            assert_eq!(state.value(row), (expected.value.as_value(), expected.deadline));
            assert_eq!(state.deadline(row), expected.deadline);
            let entry = state.entry(row);
            let metadata = entry.metadata.cloned();
            let (version, deadline, created_at, updated_at) = (entry.value_version, entry.deadline, entry.created_at, entry.updated_at);
            let found = Expected { value: entry.value.to_owned(), version, deadline, created_at, updated_at, metadata };
            assert_eq!((entry.key, &found), (key.as_str(), expected));
        }
    }

    /// Index, order, terms and table know the same rows.
    fn check_rows(&self) {
        let state = &self.state;
        let occupied = state.table.occupied();
        assert_eq!(occupied.len(), state.live + state.dead, "each occupied row is live or dead");
        assert_eq!(occupied.iter().filter(|row| state.is_live(**row)).count(), state.live);
        let mut ordered = state.order.rows();
        ordered.sort_unstable();
        assert_eq!(ordered, occupied, "every occupied row stands in the order exactly once");
        state.order.sorted().check(|a, b| state.table.key(*a) < state.table.key(*b));
        for row in occupied {
            let key = std::str::from_utf8(state.table.key(row)).unwrap();
            assert_eq!(state.find_hashed(state.hash(key), key), Some(row), "every occupied row is found by its key");
            if !state.is_live(row) {
                assert!(!self.model.contains_key(key));
                assert!(state.find(key).is_none(), "a dead row is no entry");
                assert!(!state.has_expired(key, self.now) || self.expired.contains(key), "what did not expire is not said to have");
            }
        }
        let termed = self.model.iter().flat_map(|(key, expected)| {
            let row = state.find(key).unwrap();
            let metadata = expected.metadata.as_deref();
            let tags = metadata.into_iter().flat_map(|metadata| metadata.tags.iter().map(|tag| [&[0], tag.as_bytes()].concat()));
            let properties = metadata
                .into_iter()
                .flat_map(|metadata| &metadata.properties)
                .map(|(name, value)| [&[1], name.as_bytes(), &[0xFE, value.encoding], &value.bytes[..value.bytes.len().min(64)]].concat());
            tags.chain(properties).map(move |term| (term, row)).collect::<Vec<_>>()
        });
        let mut termed: Vec<(Vec<u8>, RowId)> = termed.collect();
        termed.sort_by(|(a_term, a), (b_term, b)| a_term.cmp(b_term).then_with(|| state.table.key(*a).cmp(state.table.key(*b))));
        assert_eq!(state.terms.pairs(), termed, "the term index holds exactly the terms of the live rows");
    }

    /// Compares what listings, the term index and the kinds of pages give with the model.
    fn check_listings(&self) {
        let mut state = self.state.clone();
        state.make_ordered();
        for prefix in ["", "k", "k:1", "k:é", "z"] {
            let expected: Vec<&str> = self.model.keys().map(String::as_str).filter(|key| key.starts_with(prefix)).collect();
            let taken = |from_back, most| {
                let mut range = state.places(prefix);
                let mut rows = Vec::new();
                while !range.is_empty() {
                    rows.extend(state.take_rows(&mut range, from_back, most));
                }
                rows.into_iter().map(|row| state.entry(row).key).collect::<Vec<_>>()
            };
            assert_eq!(taken(false, 3), expected, "listed from the first");
            assert_eq!(taken(false, usize::MAX), expected, "listed at once");
            let mut backward = taken(true, 3);
            backward.reverse();
            assert_eq!(backward, expected, "listed from the last");
            for tag in TAGS {
                let has_tag = |key: &&&str| self.model[**key].metadata.as_ref().is_some_and(|metadata| metadata.has_tag(tag));
                let tagged: Vec<&str> = expected.iter().filter(has_tag).copied().collect();
                assert_eq!(self.termed(&Term::tag(tag), prefix), tagged, "tagged {tag:?} under {prefix:?}");
            }
            let annotated: Vec<&str> = expected.iter().filter(|key| self.model[**key].metadata.is_some()).copied().collect();
            self.check_properties(prefix, &annotated);
        }
        self.check_kinds();
    }

    /// What the term index gives, in its order.
    fn termed(&self, term: &Term, prefix: &str) -> Vec<&str> {
        let (count, range) = self.state.termed(term, prefix);
        let mut rows = Vec::new();
        self.state.collect_termed(&range, &mut rows);
        let found: Vec<&str> = rows.into_iter().map(|row| self.state.entry(row).key).collect();
        assert_eq!(count, found.len(), "as many as it says");
        found
    }

    fn check_properties(&self, prefix: &str, expected: &[&str]) {
        for name in NAMES {
            let value_of = |key: &str| self.model[key].metadata.as_ref().and_then(|metadata| metadata.properties.get(name));
            let mut found = self.termed(&Term::property(name, None), prefix);
            found.retain(|key| key.starts_with(prefix));
            found.sort_unstable();
            let having: Vec<&str> = expected.iter().filter(|key| value_of(key).is_some()).copied().collect();
            assert_eq!(found, having, "having {name:?} under {prefix:?}");
            for value in having.iter().filter_map(|key| value_of(key)) {
                let mut found = self.termed(&Term::property(name, Some(value.as_value())), prefix);
                found.retain(|key| value_of(key) == Some(value));
                let equal: Vec<&str> = having.iter().filter(|key| value_of(key) == Some(value)).copied().collect();
                assert_eq!(found, equal, "with this {name:?} under {prefix:?}");
            }
        }
    }

    /// Searches by kind find all, look nowhere in vain twice, and disturb no clone.
    fn check_kinds(&self) {
        let state = &self.state;
        for mask in [1, 0b110, 1 << 31, u32::MAX] {
            let mut found = state.of_kinds(mask, usize::MAX).unwrap();
            found.sort_unstable();
            let has_kind = |row: &RowId| bit_of(state.entry(*row).value.encoding) & mask != 0;
            let expected: Vec<RowId> = state.table.occupied().into_iter().filter(|row| state.is_live(*row) && has_kind(row)).collect();
            assert_eq!(found, expected, "of the kinds {mask:b}");
            assert!(state.near_kinds(mask) >= found.len(), "as many at most");
            assert_eq!(state.of_kinds(mask, found.len() / 2).is_none(), !found.is_empty(), "more than half of them is too many");
        }
        let present = self.model.values().fold(0, |bits, expected| bits | bit_of(expected.value.encoding));
        assert_eq!(state.near_kinds(!present), 0, "a search leaves the kinds exact");
    }
}

/// Few keys of all kinds, the empty one and one of the greatest length among them.
fn small_key(number: usize) -> String {
    match number {
        0 => String::new(),
        1 => "é".repeat(crate::key::MAX_KEY_BYTES / 2),
        2 => "k".into(),
        3 => "k\u{0}".into(),
        4 => "\u{10FFFF}".into(),
        number => format!("k:{}{}", number % 7, ["", "é", "/a-longer-tail", ":x"][number % 4]),
    }
}

/// Thousands of keys whose order is not that of their numbers.
fn large_key(number: usize) -> String {
    format!("k:{:x}:{number}", number * 7919 % 4096)
}

fn sample() -> impl Strategy<Value = Sample> {
    let length = prop_oneof![3 => Just(0), 2 => 1..24_usize, 1 => 24..200_usize, 2 => 900..1100_usize, 1 => 2000..5000_usize];
    (any::<u8>(), any::<u8>(), length).prop_map(|(encoding, fill, length)| Sample { encoding, fill, length })
}

/// Few values, some of which differ only beyond what is indexed.
fn property() -> impl Strategy<Value = Sample> {
    let length = prop_oneof![Just(0), Just(1), Just(63), Just(64), Just(65), Just(200)];
    (0..3_u8, 0..2_u8, length).prop_map(|(encoding, fill, length)| Sample { encoding, fill, length })
}

fn span() -> impl Strategy<Value = Option<Millis>> {
    prop_oneof![2 => Just(None), 3 => (1..60_u64).prop_map(Some)]
}

fn small_step() -> impl Strategy<Value = Step> {
    let key = prop_oneof![1 => Just(0), 6 => 0..28_usize];
    prop_oneof![
        10 => (key.clone(), sample(), span()).prop_map(|(key, value, span)| Step::Put { key, value, span }),
        5 => key.clone().prop_map(|key| Step::Remove { key }),
        2 => (key.clone(), span()).prop_map(|(key, span)| Step::Stamp { key, span }),
        4 => (key, proptest::collection::btree_set(0..TAGS.len(), 0..4), vec((0..NAMES.len(), property()), 0..4), 0..40_usize)
            .prop_map(|(key, tags, properties, description)| Step::Annotate { key, tags, properties, description }),
        2 => (0..20_u64).prop_map(|by| Step::Expire { by }),
        2 => Just(Step::MakeOrdered),
        1 => Just(Step::Clone),
        1 => Just(Step::Drop),
    ]
}

const LARGE: usize = 6000;

fn large_step() -> impl Strategy<Value = Step> {
    let run = (0..LARGE, 1..2500_usize);
    let short = prop_oneof![Just(0), 1..24_usize, 24..120_usize];
    let short = (short, any::<u8>()).prop_map(|(length, encoding)| Sample { encoding, fill: encoding, length });
    prop_oneof![
        6 => (run.clone(), short, span()).prop_map(|((key, count), value, span)| Step::PutRun { key, count, value, span }),
        5 => (run, 1..4_usize).prop_map(|((key, count), stride)| Step::RemoveRun { key, count, stride }),
        3 => small_step().prop_filter("a clone is a step of its own", |step| !matches!(step, Step::Clone | Step::Drop)),
        1 => (0..40_u64).prop_map(|by| Step::Expire { by }),
        2 => Just(Step::MakeOrdered),
        1 => Just(Step::Clone),
        1 => Just(Step::Drop),
        1 => Just(Step::Empty),
    ]
}

/// Runs steps, each on the clone that it names, with a check after every `every` of them.
fn run(seed: u64, steps: &[(usize, Step)], key_of: fn(usize) -> String, every: usize) {
    let mut twins = vec![Twin::new(seed)];
    for (number, (which, step)) in steps.iter().enumerate() {
        let at = which % twins.len();
        match step {
            Step::Clone if twins.len() < 4 => twins.push(twins[at].clone()),
            Step::Drop if twins.len() > 1 => drop(twins.swap_remove(at)),
            step => twins[at].take(step, key_of),
        }
        if (number + 1) % every == 0 || number + 1 == steps.len() {
            twins.iter().for_each(Twin::check);
            twins.get(at).iter().for_each(|twin| twin.check_listings());
        }
    }
}

fn config(cases: u32) -> Config {
    let cases = std::env::var("HOLDALL_MODEL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(cases);
    Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() }
}

proptest! {
    #![proptest_config(config(64))]
    #[test]
    fn a_state_and_its_clones_hold_what_a_map_holds(seed: u64, steps in vec((0..4_usize, small_step()), 1..160)) {
        run(seed, &steps, small_key, 1);
    }
}

proptest! {
    #![proptest_config(config(12))]
    #[test]
    fn a_large_state_splits_merges_and_sweeps_as_a_map_would(seed: u64, steps in vec((0..4_usize, large_step()), 20..60)) {
        run(seed, &steps, large_key, 8);
    }
}
