//! What an operation makes of an entry, in the plainest form: written from the description in `ts/backends/operations.ts`, apart from the engine.

use std::collections::{BTreeMap, BTreeSet};

use holdall::{Entry, MetadataPatch, NEVER, OwnedValue, Ttl};

use super::actions::Action;

/// The tags, properties and description of an entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Notes {
    pub(crate) number: u64,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) properties: Vec<(String, OwnedValue)>,
    pub(crate) description: Option<String>,
}

impl Notes {
    /// Whether they say the same; the order of properties says nothing.
    fn is_same(&self, other: &Self) -> bool {
        let of = |(name, value): &(String, OwnedValue)| (name.clone(), (value.encoding, value.bytes.clone()));
        let properties = |notes: &Self| notes.properties.iter().map(of).collect::<BTreeMap<_, _>>();
        (&self.tags, &self.description) == (&other.tags, &other.description) && properties(self) == properties(other)
    }
}

/// An entry without its key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) value: OwnedValue,
    pub(crate) number: u64,
    pub(crate) created_at: u64,
    pub(crate) updated_at: u64,
    pub(crate) deadline: u64,
    pub(crate) notes: Option<Notes>,
}

/// Entries by their keys.
pub(crate) type Items = BTreeMap<String, Item>;

impl Item {
    pub(crate) fn version(&self) -> u64 {
        self.number.max(self.notes.as_ref().map_or(0, |notes| notes.number))
    }

    pub(crate) fn of(entry: &Entry<'_>) -> Self {
        let notes = entry.metadata.map(|metadata| Notes {
            number: metadata.version,
            tags: metadata.tags.iter().map(ToString::to_string).collect(),
            properties: metadata.properties.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
            description: metadata.description.as_ref().map(ToString::to_string),
        });
        let Entry { value, value_version: number, deadline, created_at, updated_at, .. } = *entry;
        Self { value: value.to_owned(), number, created_at, updated_at, deadline, notes }
    }

    /// Value and metadata, whenever they were written.
    pub(crate) fn content(&self) -> (OwnedValue, Notes) {
        (self.value.clone(), Notes { number: 0, ..self.notes.clone().unwrap_or_default() })
    }
}

/// What an operation in the commit `number` at `time` makes of the entry under a key that it names. What has expired counts as missing, and stays
/// until something else comes there or its removal is asked for.
pub(crate) fn after(present: Option<&Item>, action: &Action, number: u64, time: u64) -> Option<Item> {
    let is_due = present.is_some_and(|item| item.deadline <= time);
    let live = present.filter(|_| !is_due);
    let item = match action {
        Action::Delete { .. } | Action::Clear { .. } => None,
        Action::Expire { version, .. } => {
            // What has no deadline is asked for by nobody: it kept one that was gone when its replica was loaded.
            return present.filter(|item| !(is_due || item.deadline == NEVER) || item.version() != *version).cloned();
        }
        Action::Put { value, ttl, patch, .. } => {
            let notes = annotated(live.and_then(|item| item.notes.as_ref()), patch, number);
            let created_at = live.map_or(time, |item| item.created_at);
            Some(Item { value: value.clone(), number, created_at, updated_at: time, deadline: due(*ttl, live, time), notes })
        }
        Action::Touch { ttl, .. } => live.map(|item| Item { number, updated_at: time, deadline: due(*ttl, live, time), ..item.clone() }),
        Action::Annotate { patch, .. } => live.map(|item| {
            let notes = annotated(item.notes.as_ref(), patch, number);
            let updated_at = if notes == item.notes { item.updated_at } else { time };
            Item { updated_at, notes, ..item.clone() }
        }),
    };
    item.filter(|item| time < item.deadline).or_else(|| present.filter(|_| is_due).cloned())
}

fn due(ttl: Ttl, live: Option<&Item>, time: u64) -> u64 {
    match ttl {
        Ttl::Span(span) => time + span,
        Ttl::Until(deadline) => deadline,
        Ttl::Keep => live.map_or(NEVER, |item| item.deadline),
        Ttl::Never | Ttl::Default => NEVER,
    }
}

fn annotated(present: Option<&Notes>, patch: &MetadataPatch, number: u64) -> Option<Notes> {
    let mut notes = present.cloned().unwrap_or_default();
    if let Some(tags) = &patch.tags {
        notes.tags = tags.iter().map(ToString::to_string).collect();
    }
    if let Some(properties) = &patch.properties {
        notes.properties = properties.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    }
    if let Some(description) = &patch.description {
        notes.description = description.as_ref().map(ToString::to_string);
    }
    notes.tags.extend(patch.add_tag.iter().map(ToString::to_string));
    if let Some(tag) = &patch.remove_tag {
        notes.tags.remove(&**tag);
    }
    if let Some((name, value)) = &patch.set_property {
        match notes.properties.iter_mut().find(|(present, _)| **present == **name) {
            Some(property) => property.1 = value.clone(),
            None => notes.properties.push((name.to_string(), value.clone())),
        }
    }
    if let Some(name) = &patch.remove_property {
        notes.properties.retain(|(present, _)| **present != **name);
    }
    if notes.is_same(&present.cloned().unwrap_or_default()) {
        return present.cloned();
    }
    Some(Notes { number, ..notes })
}

/// An entry as a loading writes it down.
pub(crate) fn encode(key: &str, item: &Item) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, key);
    let deadline = if item.deadline == NEVER { f64::INFINITY } else { item.deadline as f64 };
    for number in [item.number as f64, item.created_at as f64, item.updated_at as f64, deadline] {
        out.extend(number.to_le_bytes());
    }
    value(&mut out, &item.value);
    out.push(u8::from(item.notes.is_some()));
    if let Some(notes) = &item.notes {
        out.extend((notes.number as f64).to_le_bytes());
        count(&mut out, notes.tags.len());
        notes.tags.iter().for_each(|tag| text(&mut out, tag));
        count(&mut out, notes.properties.len());
        for (name, property) in &notes.properties {
            text(&mut out, name);
            value(&mut out, property);
        }
        out.push(u8::from(notes.description.is_some()));
        notes.description.iter().for_each(|description| text(&mut out, description));
    }
    out
}

fn count(out: &mut Vec<u8>, number: usize) {
    out.extend((number as u32).to_le_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    count(out, text.len());
    out.extend(text.as_bytes());
}

fn value(out: &mut Vec<u8>, value: &OwnedValue) {
    out.push(value.encoding);
    count(out, value.bytes.len());
    out.extend(&value.bytes);
}
