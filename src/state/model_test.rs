//! The model test of the state: generated steps on several clones at once, each beside a `BTreeMap`, with every invariant that the files
//! of this module state checked after each step (in the large test after each burst).
//!
//! `HOLDALL_MODEL_CASES` sets how many cases each test runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

mod checks;

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
