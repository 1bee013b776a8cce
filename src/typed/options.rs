//! What goes with a value: how it is set, and what is known of its entry.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{decode, encode};
use crate::entry::{Entry, MetadataPatch, Properties};
use crate::error::Error;
use crate::expiry::{Millis, NEVER, Ttl};

/// How a value is set. What is not given stays as it is, but for the deadline: that is the store's default then.
///
/// ```
/// use holdall::{Options, SetOptions, Ttl, Typed, parse_ttl};
///
/// let mut store = Typed::new(Options::default(), || 0)?;
/// let how = SetOptions::default().ttl(Ttl::Span(parse_ttl("5m")?)).tags(["draft"]).property("author", "Ada")?.description("a note");
/// store.set_with("note", "text", &how)?;
/// assert_eq!(store.ttl("note"), Some(Some(300_000)));
/// assert_eq!(store.meta("note").unwrap().property::<String>("author")?.as_deref(), Some("Ada"));
/// # Ok::<(), holdall::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetOptions {
    pub(super) ttl: Ttl,
    pub(super) metadata: Option<MetadataPatch>,
}

impl SetOptions {
    fn patch(&mut self) -> &mut MetadataPatch {
        self.metadata.get_or_insert_default()
    }

    /// The time to live.
    #[must_use]
    pub fn ttl(self, ttl: Ttl) -> Self {
        Self { ttl, ..self }
    }

    /// The tags from now on.
    #[must_use]
    pub fn tags<T: AsRef<str>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.patch().tags = Some(tags.into_iter().map(|tag| tag.as_ref().into()).collect());
        self
    }

    /// One of the properties from now on; those that are not given are gone.
    ///
    /// # Errors
    /// `INVALID_VALUE` for what a store does not hold.
    pub fn property<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Result<Self, Error> {
        let value = encode(value)?;
        self.patch().properties.get_or_insert_default().insert(name.into(), value);
        Ok(self)
    }

    /// The description from now on.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        self.patch().description = Some(Some(text.into()));
        self
    }
}

/// What is known of an entry beside its value. A copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meta {
    /// The number of the commit that last changed the entry.
    pub version: u64,
    /// When it was made.
    pub created_at: Millis,
    /// When its value, deadline or metadata last changed.
    pub updated_at: Millis,
    /// When it expires; nothing for never.
    pub deadline: Option<Millis>,
    /// Its tags, in code-point order.
    pub tags: Vec<Arc<str>>,
    /// Its properties, as they are stored; [`property`](Self::property) reads one.
    pub properties: Properties,
    /// Its description.
    pub description: Option<Box<str>>,
}

impl Meta {
    pub(super) fn of(entry: &Entry<'_>) -> Self {
        let metadata = entry.metadata.map(|metadata| (**metadata).clone()).unwrap_or_default();
        Self {
            version: entry.version(),
            created_at: entry.created_at,
            updated_at: entry.updated_at,
            deadline: (entry.deadline != NEVER).then_some(entry.deadline),
            tags: metadata.tags,
            properties: metadata.properties,
            description: metadata.description,
        }
    }

    /// The value of a property.
    ///
    /// # Errors
    /// `TYPE_MISMATCH` when the type cannot hold it exactly.
    pub fn property<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        self.properties.get(name).map(|value| decode(value.as_value())).transpose()
    }
}
