//! Merges and comparisons beside a model: sorted maps of short keys, compared one by one.

use std::collections::{BTreeMap, BTreeSet};

use holdall::{Batch, Conflict, Difference, Merged, MetadataPatch, Operation, Resolution, Source, Store, Strategy, Ttl, Value};

use super::contents::{Facts, Item};
use super::model::Model;
use super::step::{Action, Content, Rule, Sample};

/// One side of a merge: a store, its model, and a prefix.
pub(crate) struct Side {
    pub(crate) store: Store,
    pub(crate) model: Model,
    pub(crate) prefix: &'static str,
}

impl Side {
    fn source(&self) -> Source<'_> {
        Source { store: &self.store, prefix: self.prefix }
    }

    fn live(&self, now: u64) -> BTreeMap<String, Item> {
        live(&self.model, self.prefix, now)
    }
}

fn live(model: &Model, prefix: &str, now: u64) -> BTreeMap<String, Item> {
    model.live(prefix, now).map(|(key, item)| (key[prefix.len()..].into(), item.clone())).collect()
}

/// What an item is, whenever it was written.
fn content(item: &Item) -> (&holdall::OwnedValue, u64, Facts) {
    let none = Facts { version: 0, tags: BTreeSet::new(), properties: BTreeMap::new(), description: None };
    let facts = item.facts.as_ref().map_or(none, |facts| Facts { version: 0, ..(**facts).clone() });
    (&item.value, item.deadline, facts)
}

fn same(one: Option<&Item>, other: Option<&Item>) -> bool {
    one.map(content) == other.map(content)
}

/// What a rule says to a conflict.
fn resolution(rule: Rule, key: &str) -> Result<Resolution, holdall::Error> {
    match rule {
        Rule::All(Strategy::Skip) => Ok(Resolution::Skip),
        Rule::All(Strategy::Overwrite) => Ok(Resolution::Overwrite),
        Rule::All(Strategy::Error) => Err(holdall::Error::Collision { key: key.into() }),
        Rule::ByKey => Ok([Resolution::Skip, Resolution::Overwrite, Resolution::Replace][key.len() % 3]),
    }
}

fn replacement(key: &str) -> Sample {
    Sample { encoding: 3, fill: key.len() as u8, length: 9 }
}

fn patch_of(facts: &Facts) -> MetadataPatch {
    MetadataPatch {
        tags: Some(facts.tags.iter().map(|tag| tag.as_str().into()).collect()),
        properties: Some(facts.properties.iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect()),
        description: Some(facts.description.as_deref().map(Into::into)),
        ..MetadataPatch::default()
    }
}

/// Merges, and compares what comes of it. The code of a refusal.
pub(crate) fn merge(
    store: &mut Store,
    model: &mut Model,
    prefix: &'static str,
    other: &Side,
    base: Option<&Side>,
    rule: Rule,
    now: u64,
) -> Result<(), &'static str> {
    model.advance(now);
    let now = model.now;
    let ours = live(model, prefix, now);
    let theirs = other.live(now);
    let before = base.map(|base| base.live(now));
    let mut expected = Merged::default();
    let mut actions = Vec::new();
    let mut more = Batch::default();
    let mut replaced = Vec::new();
    let mut refusal = None;
    let keys: BTreeSet<&String> = theirs.keys().chain(before.iter().flat_map(BTreeMap::keys)).collect();
    for key in keys {
        let (own, incoming) = (ours.get(key), theirs.get(key));
        let collides = match &before {
            None => own.is_some(),
            Some(before) if same(before.get(key), incoming) => continue,
            Some(before) => !same(before.get(key), own),
        };
        let boxed: Box<str> = key.as_str().into();
        if collides {
            expected.collisions.push(boxed.clone());
        }
        if collides && same(own, incoming) {
            expected.skipped.push(boxed);
            continue;
        }
        let way = if collides { resolution(rule, key) } else { Ok(Resolution::Overwrite) };
        let full = [prefix, key].concat();
        match (way, own, incoming) {
            (Err(error), ..) => refusal = refusal.or(Some(error.code())),
            (Ok(Resolution::Skip), ..) => expected.skipped.push(boxed),
            (Ok(Resolution::Replace), own, _) => {
                if own.is_some() { &mut expected.overwritten } else { &mut expected.added }.push(boxed);
                let sample = replacement(key);
                let value = sample.value();
                let value = Value { encoding: value.encoding, bytes: &value.bytes };
                more.push(&Operation::Put { key: &full, value, ttl: Ttl::Keep, metadata: None });
                replaced.push(Action::Put { key: full, value: Content::Sample(sample), ttl: Ttl::Keep, patch: None });
            }
            (Ok(Resolution::Overwrite), own, Some(incoming)) => {
                if own.is_some() { &mut expected.overwritten } else { &mut expected.added }.push(boxed);
                let (_, _, mut facts) = content(incoming);
                if let Some(own) = own.filter(|_| collides) {
                    let (_, _, mut united) = content(own);
                    united.tags.extend(facts.tags);
                    united.properties.extend(facts.properties);
                    united.description = facts.description.or(united.description);
                    facts = united;
                }
                let has_any = own.is_some_and(|own| own.facts.is_some()) || incoming.facts.is_some();
                let patch = has_any.then(|| patch_of(&facts));
                let value = Content::Copy(incoming.value.clone());
                actions.push(Action::Put { key: full, value, ttl: Ttl::Until(incoming.deadline), patch });
            }
            (Ok(Resolution::Overwrite), _, None) => {
                // A deletion of what this side has deleted as well does not come so far.
                expected.deleted.push(boxed);
                actions.push(Action::Delete { key: full });
            }
        }
    }
    actions.extend(replaced);
    let expected = match refusal {
        Some(code) => Err(code),
        None => model.apply(&[], &actions, now).map(|_| expected),
    };
    let base = base.map(Side::source);
    if let Rule::ByKey = rule {
        let mut told = Vec::new();
        store.conflicts(prefix, other.source(), base, now, &mut |conflict| told.push(conflict.key.to_string()));
        let mut unlike: Vec<String> = told.clone();
        unlike.retain(|key| !same(ours.get(key), theirs.get(key)));
        assert_eq!(told, unlike, "a conflict has something else on either side");
    }
    let merged = match rule {
        Rule::All(strategy) => store.merge(prefix, other.source(), base, strategy, now),
        Rule::ByKey => {
            let resolve = |conflict: &Conflict<'_>| resolution(rule, conflict.key);
            store.merge_by(prefix, other.source(), base, &resolve, &more, now)
        }
    };
    assert_eq!(merged.as_ref().map_err(holdall::Error::code), expected.as_ref().map_err(|code| *code), "the outcome of a merge");
    merged.map(drop).map_err(|error| error.code())
}

/// Compares how two stores differ.
pub(crate) fn diff(store: &mut Store, model: &mut Model, prefix: &'static str, other: &Side, now: u64) {
    model.advance(now);
    let (ours, theirs) = (live(model, prefix, model.now), other.live(model.now));
    let boxed = |key: &&String| -> Box<str> { key.as_str().into() };
    let expected = Difference {
        added: theirs.keys().filter(|key| !ours.contains_key(*key)).map(|key| boxed(&key)).collect(),
        removed: ours.keys().filter(|key| !theirs.contains_key(*key)).map(|key| boxed(&key)).collect(),
        changed: ours
            .iter()
            .filter(|(key, item)| theirs.get(*key).is_some_and(|other| !same(Some(item), Some(other))))
            .map(|(key, _)| boxed(&key))
            .collect(),
    };
    assert_eq!(store.diff(prefix, other.source(), now), expected, "how two stores differ");
}
