//! What one entry is made of: a value cell with a deadline, and a metadata cell, each with the number of the commit that wrote it.

use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use crate::expiry::Millis;

/// An encoded value: its bytes, and the host's own number for how to read them, which the engine keeps and never interprets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// How the host reads the bytes.
    pub encoding: u8,
    /// The value as the host encoded it.
    pub bytes: &'a [u8],
}

impl Value<'_> {
    /// Whether its encoding has its bit in `encodings`, bit 0 for encoding 0; those beyond 31 have none.
    pub fn is_among(self, encodings: u32) -> bool {
        encodings.checked_shr(self.encoding.into()).is_some_and(|bits| bits & 1 == 1)
    }

    /// A copy that owns its bytes.
    pub fn to_owned(self) -> OwnedValue {
        OwnedValue { encoding: self.encoding, bytes: self.bytes.into() }
    }
}

/// A [`Value`] that owns its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedValue {
    /// How the host reads the bytes.
    pub encoding: u8,
    /// The value as the host encoded it.
    pub bytes: Box<[u8]>,
}

impl OwnedValue {
    /// The value without a copy.
    pub fn as_value(&self) -> Value<'_> {
        Value { encoding: self.encoding, bytes: &self.bytes }
    }
}

/// An entry as it stands in a store; borrowed, so reading copies nothing.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its full key.
    pub key: &'a str,
    /// Its value.
    pub value: Value<'a>,
    /// The number of the commit that wrote the value or its deadline.
    pub value_version: u64,
    /// When it expires; [`NEVER`](crate::NEVER) for never.
    pub deadline: Millis,
    /// When it was made.
    pub created_at: Millis,
    /// When its value, deadline or metadata last changed.
    pub updated_at: Millis,
    /// Its metadata, when it has any.
    pub metadata: Option<&'a Arc<Metadata>>,
}

impl Entry<'_> {
    /// The number of the commit that last changed the entry.
    pub fn version(&self) -> u64 {
        self.metadata.map_or(self.value_version, |metadata| metadata.version.max(self.value_version))
    }

    /// Whether another entry has the same value, deadline and metadata, whenever they were written.
    pub fn same_content(&self, other: &Entry<'_>) -> bool {
        self.value == other.value && self.deadline == other.deadline && same_metadata(self.metadata, other.metadata)
    }

    /// Whether it has expired at `now`.
    pub fn is_expired(&self, now: Millis) -> bool {
        now >= self.deadline
    }

    /// What it counts against `maxBytes`: key, value and metadata.
    pub fn bytes(&self) -> u64 {
        (self.key.len() + self.value.bytes.len()) as u64 + self.metadata.map_or(0, |metadata| metadata.bytes())
    }
}

fn same_metadata(one: Option<&Arc<Metadata>>, other: Option<&Arc<Metadata>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one.same_content(other),
        (one, other) => one.or(other).is_none_or(|metadata| metadata.is_empty()),
    }
}

/// Properties by name, in the order they were given.
pub type Properties = IndexMap<Box<str>, OwnedValue, FixedState>;

/// Tags, properties and description of an entry. Shared by clones, so it is replaced and never changed in place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The number of the commit that wrote it.
    pub version: u64,
    /// The tags, in code-point order, none twice.
    pub tags: Vec<Arc<str>>,
    /// The properties.
    pub properties: Properties,
    /// The description.
    pub description: Option<Box<str>>,
}

impl Metadata {
    /// The bytes of its tags, property names and values, and description.
    pub fn bytes(&self) -> u64 {
        let tags: usize = self.tags.iter().map(|tag| tag.len()).sum();
        let properties: usize = self.properties.iter().map(|(name, value)| name.len() + value.bytes.len()).sum();
        (tags + properties + self.description.as_ref().map_or(0, |text| text.len())) as u64
    }

    /// Whether the entry has this tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.binary_search_by(|present| (**present).cmp(tag)).is_ok()
    }

    fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.properties.is_empty() && self.description.is_none()
    }

    fn same_content(&self, other: &Self) -> bool {
        self.tags == other.tags && self.properties == other.properties && self.description == other.description
    }
}

/// A change of metadata; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataPatch {
    /// The tags from now on.
    pub tags: Option<Vec<Arc<str>>>,
    /// A tag to add.
    pub add_tag: Option<Arc<str>>,
    /// A tag to remove.
    pub remove_tag: Option<Arc<str>>,
    /// The properties from now on.
    pub properties: Option<Properties>,
    /// A property to set beside the others, by name.
    pub set_property: Option<(Box<str>, OwnedValue)>,
    /// A property to remove, by name.
    pub remove_property: Option<Box<str>>,
    /// The description from now on; an inner `None` removes it.
    pub description: Option<Option<Box<str>>>,
}

/// A change of metadata that changes nothing.
pub(crate) static NO_CHANGE: MetadataPatch = MetadataPatch {
    tags: None,
    add_tag: None,
    remove_tag: None,
    properties: None,
    set_property: None,
    remove_property: None,
    description: None,
};

impl MetadataPatch {
    /// The bytes of the texts and values that it brings.
    #[cfg(feature = "wasm")]
    pub(crate) fn bytes(&self) -> u64 {
        let tags = self.tags.iter().flatten().chain(&self.add_tag).map(|tag| tag.len());
        let properties = self.properties.iter().flatten().chain(self.set_property.as_ref().map(|(name, value)| (name, value)));
        let described = self.description.iter().flatten().map(|text| text.len());
        tags.chain(properties.map(|(name, value)| name.len() + value.bytes.len())).chain(described).sum::<usize>() as u64
    }

    /// What the patch, in the commit `version`, makes of the metadata that an entry has.
    pub(crate) fn apply(&self, present: Option<&Arc<Metadata>>, version: u64) -> Patched {
        let mut next = present.map_or_else(Metadata::default, |metadata| (**metadata).clone());
        if let Some(tags) = &self.tags {
            next.tags.clear();
            for tag in tags {
                insert_tag(&mut next.tags, tag);
            }
        }
        if let Some(tag) = &self.add_tag {
            insert_tag(&mut next.tags, tag);
        }
        if let Some(tag) = &self.remove_tag {
            next.tags.retain(|present| present != tag);
        }
        if let Some(properties) = &self.properties {
            next.properties.clone_from(properties);
        }
        if let Some((name, value)) = &self.set_property {
            next.properties.insert(name.clone(), value.clone());
        }
        if let Some(name) = &self.remove_property {
            // Made anew, since removing in place was 0.5 kB more of wasm.
            next.properties = next.properties.into_iter().filter(|(present, _)| present != name).collect();
        }
        if let Some(description) = &self.description {
            next.description.clone_from(description);
        }
        match present {
            Some(metadata) if metadata.same_content(&next) => Patched::Same,
            None if next.is_empty() => Patched::Same,
            _ => Patched::Changed(Arc::new(Metadata { version, ..next })),
        }
    }
}

/// Adds a tag to sorted ones, unless it is there.
pub(crate) fn insert_tag(tags: &mut Vec<Arc<str>>, tag: &Arc<str>) {
    if let Err(at) = tags.binary_search(tag) {
        tags.insert(at, tag.clone());
    }
}

/// What a patch makes of an entry's metadata. A cell that became empty stays, since its version still tells when it changed.
pub(crate) enum Patched {
    /// Nothing changed.
    Same,
    /// The new cell.
    Changed(Arc<Metadata>),
}
