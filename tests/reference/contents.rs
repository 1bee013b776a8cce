//! What a store holds, in the plainest form: a sorted map of entries, and for each bound a list of its own keys in the order of their use.
//!
//! A bound's own keys are those that no bound within it is around, and its own room is its limit less the limits of the bounds next within.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use holdall::{Entry, Limits, MetadataPatch, NEVER, OwnedValue, Policy, Ttl};

use super::step::Action;

/// The metadata of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    pub(crate) version: u64,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) properties: BTreeMap<String, OwnedValue>,
    pub(crate) description: Option<String>,
}

impl Facts {
    fn bytes(&self) -> u64 {
        let tags: usize = self.tags.iter().map(String::len).sum();
        let properties: usize = self.properties.iter().map(|(name, value)| name.len() + value.bytes.len()).sum();
        (tags + properties + self.description.as_ref().map_or(0, String::len)) as u64
    }
}

/// An entry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) value: Rc<OwnedValue>,
    pub(crate) value_version: u64,
    pub(crate) deadline: u64,
    pub(crate) created_at: u64,
    pub(crate) updated_at: u64,
    pub(crate) facts: Option<Rc<Facts>>,
}

impl Item {
    pub(crate) fn version(&self) -> u64 {
        self.value_version.max(self.facts.as_ref().map_or(0, |facts| facts.version))
    }

    pub(crate) fn tags(&self) -> BTreeSet<String> {
        self.facts.as_ref().map_or_else(BTreeSet::new, |facts| facts.tags.clone())
    }

    /// Whether a query but for its prefix finds it.
    pub(crate) fn meets(
        &self,
        all_tags: &[&str],
        any_tags: Option<&[&str]>,
        properties: &[(&str, Option<OwnedValue>)],
        encodings: Option<u32>,
    ) -> bool {
        let tags = self.tags();
        let has_property = |(name, value): &(&str, Option<OwnedValue>)| {
            let present = self.facts.as_ref().and_then(|facts| facts.properties.get(*name));
            present.is_some() && (value.is_none() || present == value.as_ref())
        };
        all_tags.iter().all(|tag| tags.contains(*tag))
            && any_tags.is_none_or(|any| any.iter().any(|tag| tags.contains(*tag)))
            && properties.iter().all(has_property)
            && encodings.is_none_or(|encodings| (0..32).any(|bit| encodings >> bit & 1 == 1 && bit == u32::from(self.value.encoding)))
    }

    pub(crate) fn bytes(&self, key: &str) -> u64 {
        (key.len() + self.value.bytes.len()) as u64 + self.facts.as_ref().map_or(0, |facts| facts.bytes())
    }

    /// Panics unless `entry` is this item.
    pub(crate) fn check(&self, key: &str, entry: &Entry<'_>) {
        assert_eq!(entry.key, key);
        assert_eq!(entry.value, self.value.as_value(), "the value of {key:?}");
        assert_eq!(entry.value_version, self.value_version, "the value's version of {key:?}");
        assert_eq!(entry.version(), self.version(), "the version of {key:?}");
        let times = (entry.deadline, entry.created_at, entry.updated_at);
        assert_eq!(times, (self.deadline, self.created_at, self.updated_at), "deadline, creation and update of {key:?}");
        assert_eq!(entry.bytes(), self.bytes(key), "the bytes of {key:?}");
        assert_eq!(entry.metadata.is_some(), self.facts.is_some(), "whether {key:?} has metadata");
        if let (Some(metadata), Some(facts)) = (entry.metadata, &self.facts) {
            assert_eq!(metadata.version, facts.version, "the metadata's version of {key:?}");
            assert!(metadata.tags.iter().map(|tag| &**tag).eq(facts.tags.iter().map(String::as_str)), "the tags of {key:?}");
            let properties: BTreeMap<String, OwnedValue> =
                metadata.properties.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
            assert_eq!(properties, facts.properties, "the properties of {key:?}");
            assert_eq!(metadata.description.as_deref(), facts.description.as_deref(), "the description of {key:?}");
        }
    }
}

/// A bounded prefix, and its own keys from the one used longest ago.
#[derive(Debug, Clone)]
pub(crate) struct Bounded {
    pub(crate) prefix: String,
    pub(crate) limits: Limits,
    pub(crate) used: Vec<String>,
}

/// What a commit has done so far.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) affected: usize,
    pub(crate) has_changed: bool,
    pub(crate) put: BTreeSet<String>,
    pub(crate) evicted: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Contents {
    pub(crate) entries: BTreeMap<String, Item>,
    pub(crate) bounds: Vec<Bounded>,
    /// Keys that expired and were not put since.
    pub(crate) expired: BTreeSet<String>,
    pub(crate) policy: Policy,
    pub(crate) default_ttl: Option<u64>,
}

impl Contents {
    /// The innermost bound around a key.
    pub(crate) fn innermost(&self, key: &str) -> Option<&Bounded> {
        self.bounds.iter().filter(|bounded| key.starts_with(&bounded.prefix)).max_by_key(|bounded| bounded.prefix.len())
    }

    /// The innermost bound around a bound, or around a prefix that is to be one.
    pub(crate) fn around(&self, prefix: &str) -> Option<&Bounded> {
        let outer = self.bounds.iter().filter(|bounded| bounded.prefix != prefix && prefix.starts_with(&bounded.prefix));
        outer.max_by_key(|bounded| bounded.prefix.len())
    }

    /// Notes a use of a key, in its innermost bound.
    pub(crate) fn touch(&mut self, key: &str) {
        let prefix = self.innermost(key).map(|bounded| bounded.prefix.clone());
        if let Some(bounded) = self.bounds.iter_mut().find(|bounded| Some(&bounded.prefix) == prefix.as_ref()) {
            bounded.used.retain(|other| other != key);
            bounded.used.push(key.into());
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Item> {
        self.bounds.iter_mut().for_each(|bounded| bounded.used.retain(|other| other != key));
        self.entries.remove(key)
    }

    /// When an entry expires that is written at `now`; `None` where the ttl is refused.
    pub(crate) fn deadline(&self, ttl: Ttl, now: u64, present: Option<u64>) -> Option<u64> {
        let span = match ttl {
            Ttl::Keep if present.is_some() => return present,
            Ttl::Span(span) => Some(span),
            Ttl::Never | Ttl::Until(NEVER) => return Some(NEVER),
            Ttl::Until(deadline) => return (now < deadline && deadline <= holdall::LAST_DEADLINE).then_some(deadline),
            Ttl::Default | Ttl::Keep => self.default_ttl,
        };
        let Some(span) = span else { return Some(NEVER) };
        let last = u128::from(holdall::LAST_DEADLINE);
        (span > 0 && u128::from(now) + u128::from(span) <= last).then(|| now + span)
    }

    /// Performs one operation of the commit `version` at `now`.
    pub(crate) fn perform(&mut self, action: &Action, version: u64, now: u64, done: &mut Done) {
        let present = self.entries.get(action.key()).cloned();
        match action {
            Action::Put { key, value, ttl, patch } => {
                let deadline = self.deadline(*ttl, now, present.as_ref().map(|item| item.deadline)).expect("ttls are checked before");
                let created_at = present.as_ref().map_or(now, |item| item.created_at);
                let facts = present.and_then(|item| item.facts);
                let value = Rc::new(value.value());
                let mut item = Item { value, value_version: version, deadline, created_at, updated_at: now, facts };
                if let Some(facts) = patch.as_ref().and_then(|patch| patched(item.facts.as_deref(), patch, version)) {
                    item.facts = Some(Rc::new(facts));
                }
                self.entries.insert(key.clone(), item);
                self.expired.remove(key);
                self.touch(key);
                done.put.insert(key.clone());
                done.affected += 1;
                done.has_changed = true;
            }
            Action::Delete { key } => {
                if self.remove(key).is_some() {
                    done.affected += 1;
                    done.has_changed = true;
                }
            }
            Action::DeletePrefix { prefix } => {
                let keys: Vec<String> = self.entries.keys().filter(|key| key.starts_with(prefix)).cloned().collect();
                done.affected += keys.len();
                done.has_changed |= !keys.is_empty();
                for key in keys {
                    self.remove(&key);
                }
            }
            Action::Touch { key, ttl } => {
                if let Some(mut item) = present {
                    item.deadline = self.deadline(*ttl, now, Some(item.deadline)).expect("ttls are checked before");
                    (item.value_version, item.updated_at) = (version, now);
                    self.entries.insert(key.clone(), item);
                    self.touch(key);
                    done.affected += 1;
                    done.has_changed = true;
                }
            }
            Action::Annotate { key, patch } => {
                if let Some(mut item) = present {
                    done.affected += 1;
                    if let Some(facts) = patched(item.facts.as_deref(), patch, version) {
                        (item.facts, item.updated_at) = (Some(Rc::new(facts)), now);
                        self.entries.insert(key.clone(), item);
                        self.touch(key);
                        done.has_changed = true;
                    }
                }
            }
        }
    }

    /// Makes room for each key of the commit `version`, in the order of its operations. Refuses under `reject`, and where only what this
    /// commit wrote is left.
    pub(crate) fn make_room(&mut self, actions: &[Action], version: u64, done: &mut Done) -> Result<(), &'static str> {
        for action in actions {
            while let Some(victim) = self.innermost(action.key()).filter(|bounded| self.is_exceeded(bounded)).map(|it| it.used[0].clone()) {
                if self.policy == Policy::Reject || self.entries[&victim].version() == version {
                    return Err("QUOTA_EXCEEDED");
                }
                self.remove(&victim);
                done.evicted.insert(victim);
            }
        }
        Ok(())
    }

    /// Whether a bound's own entries pass its own room.
    pub(crate) fn is_exceeded(&self, bounded: &Bounded) -> bool {
        let is_own = |key: &str| self.innermost(key).is_some_and(|innermost| innermost.prefix == bounded.prefix);
        let own: Vec<u64> = self.entries.iter().filter(|(key, _)| is_own(key)).map(|(key, item)| item.bytes(key)).collect();
        let held = [own.len() as u64, own.iter().sum()];
        held.into_iter().zip(KINDS).any(|(held, of)| self.room(bounded, of).is_some_and(|room| held > room))
    }

    fn room(&self, bounded: &Bounded, of: fn(&Limits) -> Option<u64>) -> Option<u64> {
        of(&bounded.limits).map(|limit| limit - self.reserved_within(&bounded.prefix, of))
    }

    /// Limits of a prefix that fit around the bounds within it and into the room around it.
    pub(crate) fn fitted(&self, prefix: &str, limits: Limits) -> Limits {
        let mut bound = self.clone();
        bound.bounds.push(Bounded { prefix: prefix.into(), limits: Limits::default(), used: Vec::new() });
        let fit = |of: fn(&Limits) -> Option<u64>| {
            let given = bound.reserved_within(prefix, of);
            match self.around(prefix).and_then(|around| self.room(around, of)) {
                Some(room) => Some((given + of(&limits).unwrap_or(room).min(room)).max(1)),
                None if self.bounds.iter().any(|inner| inner.prefix.starts_with(prefix) && of(&inner.limits).is_none()) => None,
                None => of(&limits).map(|limit| given + limit),
            }
        };
        Limits { max_entries: fit(KINDS[0]), max_bytes: fit(KINDS[1]) }
    }

    /// Whether every bound limits whatever one around it does, and the limits next within each add up to no more than it.
    pub(crate) fn bounds_fit(&self) -> bool {
        self.bounds.iter().all(|bounded| {
            let outer: Vec<&Bounded> = self.bounds.iter().filter(|outer| bounded.prefix.starts_with(&outer.prefix)).collect();
            KINDS.into_iter().all(|of| {
                let is_limited = of(&bounded.limits).is_some() || outer.iter().all(|outer| of(&outer.limits).is_none());
                is_limited && of(&bounded.limits).is_none_or(|limit| self.reserved_within(&bounded.prefix, of) <= limit)
            })
        })
    }

    /// The sum of the limits of the bounds next within one.
    fn reserved_within(&self, prefix: &str, of: fn(&Limits) -> Option<u64>) -> u64 {
        let is_next = |inner: &&Bounded| self.around(&inner.prefix).is_some_and(|around| around.prefix == prefix);
        self.bounds.iter().filter(is_next).filter_map(|inner| of(&inner.limits)).sum()
    }
}

/// What limits are on: entries, and bytes.
const KINDS: [fn(&Limits) -> Option<u64>; 2] = [|limits| limits.max_entries, |limits| limits.max_bytes];

/// The metadata after a patch; `None` where nothing changes.
fn patched(present: Option<&Facts>, patch: &MetadataPatch, version: u64) -> Option<Facts> {
    let none = Facts { version: 0, tags: BTreeSet::new(), properties: BTreeMap::new(), description: None };
    let before = present.unwrap_or(&none).clone();
    let mut after = before.clone();
    if let Some(tags) = &patch.tags {
        after.tags = tags.iter().map(ToString::to_string).collect();
    }
    after.tags.extend(patch.add_tag.iter().map(ToString::to_string));
    if let Some(tag) = &patch.remove_tag {
        after.tags.remove(&**tag);
    }
    if let Some(properties) = &patch.properties {
        after.properties = properties.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    }
    if let Some((name, value)) = &patch.set_property {
        after.properties.insert(name.to_string(), value.clone());
    }
    if let Some(name) = &patch.remove_property {
        after.properties.remove(&**name);
    }
    if let Some(description) = &patch.description {
        after.description = description.as_ref().map(ToString::to_string);
    }
    (after != before).then_some(Facts { version, ..after })
}
