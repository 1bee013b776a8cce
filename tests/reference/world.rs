//! Stores beside their models: takes generated steps, and compares everything that can be asked for after each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdall::{Condition, Listing, NEVER, Operation, Outbox, OwnedValue, PropertyCondition, Query, Range, RowId, Store};

use super::contents::Item;
use super::merging::{Side, diff, merge};
use super::model::Model;
use super::snapshots::Taken;
use super::step::{Action, Call, From, Shape, Step, When, nested_bounds, options};
use super::transactions::{Open, versions};

/// A listing that is being read, and what must still come.
struct Reading {
    listing: Listing,
    expected: VecDeque<(String, Item)>,
}

impl Reading {
    /// Reads so many entries on; whether there may be more.
    fn read(&mut self, entries: usize) -> bool {
        for _ in 0..entries {
            match (self.listing.next(), self.expected.pop_front()) {
                (Some(entry), Some((key, item))) => item.check(&key, &entry),
                (None, None) => return false,
                (Some(entry), None) => panic!("a listing gave {:?}, which was not there when it began", entry.key),
                (None, Some((key, _))) => panic!("a listing ended before {key:?}"),
            }
        }
        true
    }
}

/// A store and its model.
struct World {
    store: Store,
    model: Model,
    /// What a host keeps of entries by row, until the outbox names the row.
    memo: BTreeMap<u32, (String, Item)>,
    open: Option<Open>,
}

/// A store and its clones, each beside its model.
pub(crate) struct Worlds {
    /// One, and up to two clones.
    each: Vec<World>,
    readings: Vec<Reading>,
    snapshots: Vec<Taken>,
    keys: Vec<String>,
    /// What came of the calls: codes of refusals, `evicted`, `expired`.
    met: BTreeSet<&'static str>,
    steps: usize,
    checks_all_every: usize,
    /// A host that hears seldom of what happens takes the outbox once in so many steps.
    takes_every: usize,
}

impl Worlds {
    pub(crate) fn new(seed: u64, shape: Shape) -> Self {
        let options = options(seed);
        let store = Store::new(options).expect("the options are valid");
        let mut world = World { store, model: Model::new(&options), memo: BTreeMap::new(), open: None };
        let mut met = BTreeSet::new();
        for (prefix, limits) in nested_bounds(seed) {
            world.call(&Call::Bind { prefix, limits, is_fitted: false }, 0, &mut met);
        }
        let checks_all_every = if shape == Shape::Narrow { 1 } else { 16 };
        Self {
            each: vec![world],
            readings: Vec::new(),
            snapshots: Vec::new(),
            keys: shape.keys(),
            met,
            steps: 0,
            checks_all_every,
            takes_every: if seed.is_multiple_of(3) { 16 } else { 1 },
        }
    }

    /// Takes a step and compares.
    pub(crate) fn take(&mut self, step: &Step) {
        let at = step.which % self.each.len();
        let now = self.each[at].time(step.when);
        match &step.call {
            Call::Clone if self.each.len() < 3 => {
                let clone = self.each[at].duplicate();
                self.each.push(clone);
            }
            Call::CloneScope { prefix } if self.each.len() < 3 => {
                let clone = self.each[at].duplicate_scope(prefix, now);
                self.each.push(clone);
            }
            Call::Drop if self.each.len() > 1 => drop(self.each.swap_remove(at)),
            Call::Clone | Call::CloneScope { .. } | Call::Drop => {}
            Call::Merge { .. } | Call::Diff { .. } | Call::Snapshot { .. } | Call::Restore { .. } => self.move_between(at, &step.call, now),
            Call::ReadOn { entries } => {
                if !self.readings.is_empty() {
                    let reading = step.which % self.readings.len();
                    if !self.readings[reading].read(*entries) {
                        self.readings.swap_remove(reading);
                    }
                }
            }
            call => {
                let world = &mut self.each[at];
                let before = world.store.stats();
                self.readings.extend(world.call(call, now, &mut self.met));
                let after = world.store.stats();
                self.met.extend((after.evictions > before.evictions).then_some("evicted"));
                self.met.extend((after.expirations > before.expirations).then_some("expired"));
            }
        }
        // The oldest listing is read to its end, however long ago it began.
        if self.readings.len() > 3 {
            assert!(!self.readings.remove(0).read(usize::MAX));
        }
        self.steps += 1;
        let whole = self.steps.is_multiple_of(self.checks_all_every);
        if let Some(world) = self.each.get_mut(at) {
            if step.takes_outbox && self.steps.is_multiple_of(self.takes_every) {
                world.take_outbox();
            }
            let touched: Vec<&str> = match &step.call {
                Call::Apply { actions, .. } => actions.iter().map(Action::key).collect(),
                _ => Vec::new(),
            };
            let keys: Vec<&str> = if whole { self.keys.iter().map(String::as_str).collect() } else { touched };
            world.check(&keys, now);
        }
        if whole && step.which == 0 {
            self.each.iter_mut().for_each(World::check_listed);
        }
    }

    /// Makes a call in which several stores, or snapshots of them, take part.
    fn move_between(&mut self, at: usize, call: &Call, now: u64) {
        let side = |from: &From| {
            let world = &self.each[from.which % self.each.len()];
            Side { store: world.store.clone(), model: world.model.clone(), prefix: from.prefix }
        };
        match call {
            Call::Merge { prefix, from, base, rule } => {
                let (other, base) = (side(from), base.as_ref().map(side));
                let World { store, model, .. } = &mut self.each[at];
                let done = merge(store, model, prefix, &other, base.as_ref(), *rule, now);
                self.met.insert(done.err().unwrap_or("merged"));
            }
            Call::Diff { prefix, from } => {
                let other = side(from);
                let World { store, model, .. } = &mut self.each[at];
                diff(store, model, prefix, &other, now);
            }
            Call::Snapshot { prefix } => {
                let World { store, model, .. } = &mut self.each[at];
                if self.snapshots.len() > 3 {
                    self.snapshots.remove(0);
                }
                self.snapshots.push(Taken::of(store, model, prefix, now));
            }
            Call::Restore { prefix, which } if !self.snapshots.is_empty() => {
                let taken = &self.snapshots[which % self.snapshots.len()];
                let World { store, model, .. } = &mut self.each[at];
                let done = taken.restore(store, model, prefix, now);
                taken.check_damaged(store, self.steps * 7, now);
                self.met.insert(done.err().unwrap_or("restored"));
            }
            _ => {}
        }
    }

    /// Reads what is open to its end and compares all stores as a whole. Returns what came of the calls.
    pub(crate) fn finish(mut self) -> BTreeSet<&'static str> {
        self.readings.iter_mut().for_each(|reading| assert!(!reading.read(usize::MAX)));
        for world in &mut self.each {
            world.take_outbox();
            world.check_listed();
        }
        self.met
    }
}

impl World {
    fn duplicate(&self) -> Self {
        Self::unheard(self.store.clone(), self.model.clone())
    }

    fn duplicate_scope(&mut self, prefix: &str, now: u64) -> Self {
        let store = self.store.clone_scope(prefix, now);
        self.model.advance(now);
        Self::unheard(store, self.model.within(prefix))
    }

    fn unheard(store: Store, mut model: Model) -> Self {
        assert!(store.outbox().is_empty(), "a clone begins with nothing to tell");
        // Nobody listens to a clone yet, its host begins with a memo of its own, and it counts from its own beginning.
        model.told.clear();
        (model.evictions, model.expirations) = (0, 0);
        model.detail = Default::default();
        Self { store, model, memo: BTreeMap::new(), open: None }
    }

    fn time(&self, when: When) -> u64 {
        let now = self.model.now;
        let next = self.model.contents.entries.values().map(|item| item.deadline).filter(|deadline| *deadline != NEVER).min();
        match when {
            When::Later(span) => now + span,
            When::Earlier(span) => now.saturating_sub(span),
            When::AtDeadline => next.unwrap_or(now),
            When::BeforeDeadline => next.map_or(now, |next| next - 1),
        }
    }

    /// Makes one call on both, and compares what it answers.
    fn call(&mut self, call: &Call, now: u64, met: &mut BTreeSet<&'static str>) -> Option<Reading> {
        let Self { store, model, .. } = self;
        match call {
            Call::Apply { conditions, actions } => {
                // What is due at `now` expires before versions are compared.
                let asked = versions(model, conditions, now);
                let values: Vec<OwnedValue> = actions.iter().map(Action::value).collect();
                let operations: Vec<Operation<'_>> = actions.iter().zip(&values).map(|(action, value)| action.operation(value)).collect();
                let conditions: Vec<Condition<'_>> = asked.iter().map(|(key, version)| Condition { key, version: *version }).collect();
                let receipt = store.apply(&conditions, &operations, now).map_err(|error| error.code());
                met.extend(receipt.err());
                assert_eq!(receipt, model.apply(&asked, actions, now));
            }
            Call::Get { key } => {
                let entry = store.get(key, now);
                let item = model.find(key, now);
                assert_eq!(entry.is_some(), item.is_some(), "whether {key:?} is there");
                if let (Some(entry), Some(item)) = (entry, item) {
                    item.check(key, &entry);
                    model.contents.touch(key);
                }
            }
            Call::TouchRow { key } => {
                if let Some(row) = store.find(key, now) {
                    store.touch(row);
                    model.contents.touch(key);
                }
            }
            Call::Advance => {
                model.advance(now);
                assert_eq!(store.advance(now), model.now, "time never goes back");
                assert!(store.next_deadline() > model.now, "nothing is due after expiry");
            }
            Call::Bind { prefix, limits, is_fitted } => {
                let limits = if *is_fitted { model.contents.fitted(prefix, *limits) } else { *limits };
                let evictions = store.stats().evictions;
                let done = store.bind(prefix, limits, now).map_err(|error| error.code());
                met.extend(done.err());
                met.extend((store.stats().evictions > evictions).then_some("made way"));
                assert_eq!(done, model.bind(prefix, limits, now), "binding {prefix:?}");
            }
            Call::Count { prefix } => assert_eq!(store.count(prefix, now), model.live(prefix, now).count()),
            Call::List { prefix, after, reverse } => {
                let listing = store.list(Range { prefix, after: after.as_deref(), reverse: *reverse }, now);
                let is_beyond = |key: &str| after.as_deref().is_none_or(|after| if *reverse { key < after } else { key > after });
                let expected = model.live(prefix, now).filter(|(key, _)| is_beyond(key)).map(|(key, item)| (key.clone(), item.clone()));
                let mut expected: VecDeque<(String, Item)> = expected.collect();
                if *reverse {
                    expected.make_contiguous().reverse();
                }
                return Some(Reading { listing, expected });
            }
            Call::Query { prefix, all_tags, any_tags, properties, encodings } => {
                let asked: Vec<PropertyCondition<'_>> = properties
                    .iter()
                    .map(|(name, value)| PropertyCondition { name, value: value.as_ref().map(OwnedValue::as_value) })
                    .collect();
                let query = Query { prefix, all_tags, any_tags: any_tags.as_deref(), properties: &asked, encodings: *encodings };
                let listing = store.query(query, now);
                let is_found = |item: &Item| item.meets(all_tags, any_tags.as_deref(), properties, *encodings);
                let found = model.live(prefix, now).filter(|(_, item)| is_found(item));
                return Some(Reading { listing, expected: found.map(|(key, item)| (key.clone(), item.clone())).collect() });
            }
            Call::Observe { commits, removals } => {
                store.observe(*commits, *removals);
                model.detail = (*commits, *removals);
            }
            Call::Begin => self.open = Some(Open::begin(store, model, now)),
            Call::Within(call) => {
                if let Some(open) = &mut self.open {
                    open.call(call, now);
                }
            }
            Call::Commit => {
                if let Some(open) = self.open.take() {
                    let done = open.commit(store, model, now);
                    met.insert(done.err().unwrap_or("committed"));
                }
            }
            // Calls in which others take part are made by `Worlds`.
            _ => {}
        }
        None
    }

    /// Takes the outbox as a host does: drops what it kept for the rows named, and hears the commits.
    fn take_outbox(&mut self) {
        let Outbox { commits, rows, cleared } = match self.store.take_only_row() {
            Some(row) => Outbox { rows: vec![row], ..Outbox::default() },
            None => self.store.take_outbox(),
        };
        assert!(self.store.outbox().is_empty());
        assert_eq!(commits, std::mem::take(&mut self.model.told), "the commits that are told");
        if cleared {
            self.memo.clear();
        }
        for row in rows {
            self.memo.remove(&row.number());
        }
        for (row, (key, item)) in &self.memo {
            let row = RowId::from_number(*row);
            item.check(key, &self.store.entry(row));
            assert_eq!(self.model.contents.entries.get(key), Some(item), "a row that is not named has not changed");
        }
    }

    /// Compares what the store tells of itself, and of these keys.
    fn check(&mut self, keys: &[&str], now: u64) {
        let Self { store, model, memo, .. } = self;
        let stats = store.stats();
        assert_eq!(stats.entries, model.contents.entries.len());
        assert_eq!(stats.bytes, model.contents.entries.iter().map(|(key, item)| item.bytes(key)).sum::<u64>());
        assert_eq!((stats.evictions, stats.expirations), (model.evictions, model.expirations), "evictions and expirations");
        assert_eq!(store.version(), model.version);
        let earliest = model.contents.entries.values().map(|item| item.deadline).min().unwrap_or(NEVER);
        assert!(store.next_deadline() <= earliest, "no deadline is missed");
        for key in keys {
            let item = model.find(key, now);
            let entry = store.peek(key, now);
            assert_eq!(entry.is_some(), item.is_some(), "whether {key:?} is there");
            let is_due = model.contents.entries.contains_key(*key) && item.is_none();
            let has_expired = store.has_expired(key, now);
            assert!(has_expired || !is_due, "{key:?} is known to have expired");
            assert!(!has_expired || is_due || model.contents.expired.contains(*key), "{key:?} has not expired");
            if let (Some(entry), Some(item)) = (entry, item) {
                item.check(key, &entry);
                let row = store.find(key, now).expect("what can be peeked at is found");
                assert_eq!(store.value(row), (item.value.as_value(), item.deadline));
                // What waits in the outbox would be dropped again.
                if store.outbox().is_empty() {
                    memo.insert(row.number(), ((*key).into(), item.clone()));
                }
            }
        }
    }

    /// Compares everything that the store lists.
    fn check_listed(&mut self) {
        let now = self.model.now;
        let expected = self.model.live("", now).map(|(key, item)| (key.clone(), item.clone())).collect();
        let mut all = Reading { listing: self.store.list(Range::default(), now), expected };
        assert!(!all.read(usize::MAX), "a listing is complete");
    }
}
