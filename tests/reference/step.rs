//! Generated calls: one number decides one call, on every platform the same.

use std::rc::Rc;
use std::sync::Arc;

use holdall::{Detail, Limits, MAX_KEY_BYTES, MetadataPatch, Operation, Options, OwnedValue, Policy, Strategy, Ttl};

use super::random::Random;

/// The prefixes that keys are made of; all but the last can be bound.
pub(crate) const PREFIXES: [&str; 7] = ["", "a:", "a:b:", "a:b:c:", "~t~1:", "é:", "a"];
const TAGS: [&str; 4] = ["", "hot", "hot:er", "é"];
const NAMES: [&str; 4] = ["", "p", "p:q", "é"];

/// More keys than these are many.
const FEW: usize = 100;

/// How many keys there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A few: each step meets the ones before.
    Narrow,
    /// Hundreds: rows die by the dozen and are swept.
    Wide,
}

impl Shape {
    /// All keys, but for the one that is too long.
    pub(crate) fn keys(self) -> Vec<String> {
        let tails: Vec<String> = match self {
            Self::Narrow => ["", "1", "é", "\u{10FFFF}/b"].map(String::from).into(),
            Self::Wide => (0..64).map(|number| format!("{}", number * 37 % 64)).collect(),
        };
        let mut keys: Vec<String> = PREFIXES.iter().flat_map(|prefix| tails.iter().map(move |tail| format!("{prefix}{tail}"))).collect();
        keys.push("x".repeat(MAX_KEY_BYTES));
        keys.sort();
        keys.dedup();
        keys
    }
}

/// A value: short to print, long where it is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) encoding: u8,
    pub(crate) fill: u8,
    pub(crate) length: usize,
}

impl Sample {
    pub(crate) fn value(self) -> OwnedValue {
        OwnedValue { encoding: self.encoding, bytes: (0..self.length).map(|at| self.fill.wrapping_add(at as u8)).collect() }
    }
}

/// What a put writes.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Sample(Sample),
    /// What stands elsewhere.
    Copy(Rc<OwnedValue>),
}

impl Content {
    pub(crate) fn value(&self) -> OwnedValue {
        match self {
            Self::Sample(sample) => sample.value(),
            Self::Copy(value) => (**value).clone(),
        }
    }
}

/// An operation that owns what it names.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Put { key: String, value: Content, ttl: Ttl, patch: Option<MetadataPatch> },
    Delete { key: String },
    DeletePrefix { prefix: String },
    Touch { key: String, ttl: Ttl },
    Annotate { key: String, patch: MetadataPatch },
}

impl Action {
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Put { key, .. } | Self::Delete { key } | Self::Touch { key, .. } | Self::Annotate { key, .. } => key,
            Self::DeletePrefix { prefix } => prefix,
        }
    }

    /// The operation, whose value the caller has made.
    pub(crate) fn operation<'a>(&'a self, value: &'a OwnedValue) -> Operation<'a> {
        match self {
            Self::Put { key, ttl, patch, .. } => Operation::Put { key, value: value.as_value(), ttl: *ttl, metadata: patch.as_ref() },
            Self::Delete { key } => Operation::Delete { key },
            Self::DeletePrefix { prefix } => Operation::DeletePrefix { prefix },
            Self::Touch { key, ttl } => Operation::Touch { key, ttl: *ttl },
            Self::Annotate { key, patch } => Operation::Annotate { key, metadata: patch },
        }
    }

    pub(crate) fn value(&self) -> OwnedValue {
        match self {
            Self::Put { value, .. } => value.value(),
            _ => OwnedValue { encoding: 0, bytes: Box::default() },
        }
    }
}

/// The time of a call, beside the time of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    Later(u64),
    Earlier(u64),
    /// At the next deadline that there is.
    AtDeadline,
    /// One millisecond before it.
    BeforeDeadline,
}

/// The version that a condition asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked {
    Present,
    Missing,
    Next,
}

/// How a merge treats conflicts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rule {
    All(Strategy),
    /// By the key, in one of all ways.
    ByKey,
}

/// Where a merge or a comparison takes its other side from: a store among the clones, and a prefix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From {
    pub(crate) which: usize,
    pub(crate) prefix: &'static str,
}

/// One call of a store.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    /// Begins a transaction, in the place of the one that is open.
    Begin,
    /// A call within the open transaction: of these `Apply`, `Get`, `Count` and `List`.
    Within(Box<Call>),
    Commit,
    Merge {
        prefix: &'static str,
        from: From,
        base: Option<From>,
        rule: Rule,
    },
    Diff {
        prefix: &'static str,
        from: From,
    },
    Snapshot {
        prefix: &'static str,
    },
    /// Restores a snapshot that was taken, of whichever store.
    Restore {
        prefix: &'static str,
        which: usize,
    },
    Apply {
        conditions: Vec<(String, Asked)>,
        actions: Vec<Action>,
    },
    Get {
        key: String,
    },
    TouchRow {
        key: String,
    },
    Advance,
    Bind {
        prefix: &'static str,
        limits: Limits,
        /// Whether the limits are made to fit into what is around.
        is_fitted: bool,
    },
    Count {
        prefix: &'static str,
    },
    List {
        prefix: &'static str,
        after: Option<String>,
        reverse: bool,
    },
    Query {
        prefix: &'static str,
        all_tags: Vec<&'static str>,
        any_tags: Option<Vec<&'static str>>,
        properties: Vec<(&'static str, Option<OwnedValue>)>,
        encodings: Option<u32>,
    },
    /// Reads on in a listing that is open.
    ReadOn {
        entries: usize,
    },
    Observe {
        commits: Detail,
        removals: Detail,
    },
    Clone,
    /// A clone of a scope, under its short keys.
    CloneScope {
        prefix: &'static str,
    },
    Drop,
}

/// A call, the store among the clones that it is made on, its time, and whether the outbox is taken after it.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) which: usize,
    pub(crate) when: When,
    pub(crate) call: Call,
    pub(crate) takes_outbox: bool,
}

impl Step {
    /// The step of a number.
    pub(crate) fn of(seed: u64, keys: &[String]) -> Self {
        let mut random = Random::new(seed);
        let which = random.below(4) as usize;
        let when = match random.below(20) {
            0 => When::AtDeadline,
            1 => When::BeforeDeadline,
            2..=4 => When::Later(1 + random.below(10)),
            5 => When::Later(30 + random.below(100)),
            6 | 7 => When::Earlier(random.below(60)),
            _ => When::Later(0),
        };
        let takes_outbox = !random.once_in(3);
        Self { which, when, call: call(&mut random, keys), takes_outbox }
    }
}

/// How the first store of a run is made.
pub(crate) fn options(seed: u64) -> Options {
    let mut random = Random::new(seed);
    let default_ttl = random.once_in(3).then(|| 1 + random.below(50));
    let limits = if random.once_in(3) { Limits::default() } else { limits(&mut random, 4) };
    let policy = *random.pick(&[Policy::Lru, Policy::Lru, Policy::Reject]);
    Options { seed, default_ttl, limits, policy }
}

/// Bounds to begin with: in half of the runs scopes within and beside scopes, each soon full of its own.
pub(crate) fn nested_bounds(seed: u64) -> Vec<(&'static str, Limits)> {
    let mut random = Random::new(!seed);
    if random.once_in(2) {
        return Vec::new();
    }
    let mut entries = 12 + random.below(4);
    let bytes = random.once_in(2).then(|| 200 + random.below(1500));
    let of = |entries: u64| Limits { max_entries: Some(entries), max_bytes: bytes.map(|bytes| entries * bytes) };
    let mut bounds = vec![("~t~1:", of(1 + random.below(2))), ("é:", of(1 + random.below(2)))];
    for prefix in ["", "a:", "a:b:", "a:b:c:"] {
        bounds.push((prefix, of(entries)));
        // Beside the scope, room for others: above all for the two of the whole store.
        entries -= if prefix.is_empty() { 4 + random.below(2) } else { random.below(3) };
    }
    // Now from without inwards, now from within outwards.
    bounds.rotate_left(random.below(6) as usize);
    bounds
}

fn call(random: &mut Random, keys: &[String]) -> Call {
    let key = |random: &mut Random| random.pick(keys).clone();
    let prefix = |random: &mut Random| *random.pick(&PREFIXES);
    match random.below(130) {
        100..=102 => Call::Begin,
        103..=112 => loop {
            let within = call(random, keys);
            if matches!(within, Call::Apply { .. } | Call::Get { .. } | Call::Count { .. } | Call::List { .. }) {
                return Call::Within(Box::new(within));
            }
        },
        113..=115 => Call::Commit,
        116..=121 => {
            let base = random.once_in(2).then(|| from(random));
            let rule = *random.pick(&[Rule::All(Strategy::Skip), Rule::All(Strategy::Overwrite), Rule::All(Strategy::Error), Rule::ByKey]);
            // Mostly what belongs together.
            let (prefix, from) = (prefix(random), from(random));
            let base = base.map(|base| if random.once_in(4) { base } else { From { prefix: from.prefix, ..base } });
            Call::Merge { prefix: if random.once_in(3) { prefix } else { from.prefix }, from, base, rule }
        }
        122..=124 => Call::Diff { prefix: prefix(random), from: from(random) },
        125..=127 => Call::Snapshot { prefix: prefix(random) },
        128.. => Call::Restore { prefix: prefix(random), which: random.below(4) as usize },
        0..=59 => {
            let is_bulk = keys.len() > FEW && random.once_in(12);
            let many = if is_bulk {
                40 + random.below(60)
            } else if random.once_in(3) {
                1 + random.below(6)
            } else {
                1
            };
            let asked = |random: &mut Random| *random.pick(&[Asked::Present, Asked::Present, Asked::Missing, Asked::Next]);
            let count = if random.once_in(5) { 1 + random.below(2) } else { 0 };
            let conditions = (0..count).map(|_| (key(random), asked(random))).collect();
            Call::Apply { conditions, actions: (0..many).map(|_| action(random, keys)).collect() }
        }
        60..=69 => Call::Get { key: key(random) },
        70..=73 => Call::TouchRow { key: key(random) },
        74..=76 => Call::Advance,
        77..=79 => Call::Bind { prefix: PREFIXES[random.below(6) as usize], limits: limits(random, 1), is_fitted: random.once_in(2) },
        80..=82 => Call::Count { prefix: prefix(random) },
        83..=86 => Call::List { prefix: prefix(random), after: random.once_in(2).then(|| key(random)), reverse: random.once_in(2) },
        87..=90 => {
            let tags = |random: &mut Random| (0..random.below(3)).map(|_| *random.pick(&TAGS)).collect::<Vec<_>>();
            let prefix = prefix(random);
            let all_tags = if random.once_in(2) { tags(random) } else { Vec::new() };
            let any_tags = random.once_in(3).then(|| tags(random));
            let asked = if random.once_in(2) { random.below(3) } else { 0 };
            let properties = (0..asked).map(|_| (*random.pick(&NAMES), random.once_in(2).then(|| property(random)))).collect();
            let encodings = random.once_in(2).then(|| random.below(512) as u32);
            Call::Query { prefix, all_tags, any_tags, properties, encodings }
        }
        91..=94 => Call::ReadOn { entries: 1 + random.below(8) as usize },
        95 | 96 => {
            let detail = |random: &mut Random| *random.pick(&[Detail::Changes, Detail::Rows]);
            Call::Observe { commits: detail(random), removals: detail(random) }
        }
        97 => Call::Clone,
        98 => Call::CloneScope { prefix: prefix(random) },
        _ => Call::Drop,
    }
}

fn from(random: &mut Random) -> From {
    let prefix = if random.once_in(2) { "" } else { *random.pick(&PREFIXES) };
    From { which: random.below(4) as usize, prefix }
}

fn action(random: &mut Random, keys: &[String]) -> Action {
    let key = if random.once_in(150) { "é".repeat(MAX_KEY_BYTES / 2) + "x" } else { random.pick(keys).clone() };
    match random.below(20) {
        0..=11 => {
            let patch = random.once_in(4).then(|| patch(random));
            Action::Put { key, value: Content::Sample(sample(random)), ttl: ttl(random), patch }
        }
        12..=14 => Action::Delete { key },
        // Rarer where many keys are: they would never come together.
        15 if random.once_in(if keys.len() > FEW { 200 } else { 5 }) => Action::DeletePrefix { prefix: String::new() },
        15 if random.once_in(if keys.len() > FEW { 20 } else { 2 }) => Action::DeletePrefix { prefix: (*random.pick(&PREFIXES)).into() },
        15 | 16 => Action::Touch { key, ttl: ttl(random) },
        _ => Action::Annotate { key, patch: patch(random) },
    }
}

fn sample(random: &mut Random) -> Sample {
    let length = match random.below(12) {
        0 => 0,
        1..=6 => random.below(24),
        7 | 8 => random.below(200),
        9 | 10 => 1000 + random.below(60),
        _ => random.below(4000),
    };
    Sample { encoding: random.below(8) as u8, fill: random.below(256) as u8, length: length as usize }
}

fn ttl(random: &mut Random) -> Ttl {
    match random.below(40) {
        0 => Ttl::Span(*random.pick(&[0, u64::MAX, holdall::LAST_DEADLINE + 1])),
        1..=14 => Ttl::Default,
        15..=22 => Ttl::Keep,
        23..=26 => Ttl::Never,
        _ => Ttl::Span(1 + random.below(80)),
    }
}

fn patch(random: &mut Random) -> MetadataPatch {
    let tag = |random: &mut Random| Arc::from(*random.pick(&TAGS));
    let mut patch = MetadataPatch::default();
    if random.once_in(3) {
        patch.tags = Some((0..random.below(4)).map(|_| tag(random)).collect());
    }
    if random.once_in(3) {
        patch.add_tag = Some(tag(random));
    }
    if random.once_in(3) {
        patch.remove_tag = Some(tag(random));
    }
    if random.once_in(5) {
        patch.properties = Some((0..random.below(4)).map(|_| ((*random.pick(&NAMES)).into(), property(random))).collect());
    }
    if random.once_in(4) {
        patch.set_property = Some(((*random.pick(&NAMES)).into(), property(random)));
    }
    if random.once_in(6) {
        patch.remove_property = Some((*random.pick(&NAMES)).into());
    }
    if random.once_in(5) {
        patch.description = Some(random.once_in(2).then(|| "d".repeat(random.below(9) as usize).into()));
    }
    patch
}

/// Few values, some of which differ beyond their first 64 bytes only.
fn property(random: &mut Random) -> OwnedValue {
    let length = *random.pick(&[0, 1, 3, 64, 65, 100]);
    Sample { encoding: random.below(2) as u8, fill: random.below(2) as u8, length }.value()
}

fn limits(random: &mut Random, at_least: u64) -> Limits {
    let zero = if random.once_in(20) && at_least == 1 { 0 } else { at_least };
    let widely = if random.once_in(2) { 10 } else { 1 };
    let max_entries = random.once_in(2).then(|| zero + random.below(16 * widely));
    let max_bytes = random.once_in(2).then(|| zero * 300 + random.below(6000 * widely));
    Limits { max_entries, max_bytes }
}
