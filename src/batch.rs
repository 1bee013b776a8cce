//! Batches: operations and conditions that own what they name, handed over one by one and applied as one commit.

use crate::commit::{Condition, Operation};
use crate::entry::{MetadataPatch, OwnedValue};
use crate::expiry::Ttl;

#[derive(Debug, Clone)]
enum Step {
    Put { value: OwnedValue, ttl: Ttl },
    Delete,
    DeletePrefix,
    Touch { ttl: Ttl },
    Annotate,
}

#[derive(Debug, Clone)]
struct Named {
    key: Box<str>,
    step: Step,
    metadata: Option<Box<MetadataPatch>>,
}

/// Operations and conditions of a commit to come.
///
/// ```
/// use holdall::{Batch, Operation, Options, Store, Ttl, Value};
///
/// let mut batch = Batch::default();
/// for name in ["Ada", "Bob"] {
///     let value = Value { encoding: 0, bytes: name.as_bytes() };
///     batch.push(&Operation::Put { key: &format!("user:{name}"), value, ttl: Ttl::Default, metadata: None });
/// }
/// let mut store = Store::new(Options::default())?;
/// store.apply(&batch.conditions(), &batch.operations(), 0)?;
/// assert_eq!(store.count("user:", 0), 2);
/// # Ok::<(), holdall::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Batch {
    steps: Vec<Named>,
    conditions: Vec<(Box<str>, u64)>,
}

impl Batch {
    /// Adds a copy of an operation.
    pub fn push(&mut self, operation: &Operation<'_>) {
        let (step, metadata) = match *operation {
            Operation::Put { value, ttl, metadata, .. } => (Step::Put { value: value.to_owned(), ttl }, metadata),
            Operation::Delete { .. } => (Step::Delete, None),
            Operation::DeletePrefix { .. } => (Step::DeletePrefix, None),
            Operation::Touch { ttl, .. } => (Step::Touch { ttl }, None),
            Operation::Annotate { metadata, .. } => (Step::Annotate, Some(metadata)),
        };
        self.steps.push(Named { key: operation.key().into(), step, metadata: metadata.map(|patch| Box::new(patch.clone())) });
    }

    /// Adds to the change of metadata of the last operation; nothing where it has none to take it.
    pub fn patch(&mut self, add: impl FnOnce(&mut MetadataPatch)) {
        if let Some(Named { step: Step::Put { .. } | Step::Annotate, metadata, .. }) = self.steps.last_mut() {
            add(metadata.get_or_insert_default());
        }
    }

    /// Adds a condition: the key has this version, 0 for "is missing".
    pub fn require(&mut self, key: &str, version: u64) {
        self.conditions.push((key.into(), version));
    }

    /// The conditions, in the order they were given.
    pub fn conditions(&self) -> Vec<Condition<'_>> {
        self.conditions.iter().map(|(key, version)| Condition { key, version: *version }).collect()
    }

    /// The operations, in the order they were given.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        self.steps.iter().map(Named::operation).collect()
    }
}

impl Named {
    fn operation(&self) -> Operation<'_> {
        let key = &*self.key;
        let metadata = self.metadata.as_deref();
        match &self.step {
            Step::Put { value, ttl } => Operation::Put { key, value: value.as_value(), ttl: *ttl, metadata },
            Step::Delete => Operation::Delete { key },
            Step::DeletePrefix => Operation::DeletePrefix { prefix: key },
            Step::Touch { ttl } => Operation::Touch { key, ttl: *ttl },
            Step::Annotate => Operation::Annotate { key, metadata: metadata.unwrap_or(&NO_CHANGE) },
        }
    }
}

static NO_CHANGE: MetadataPatch = MetadataPatch { tags: None, add_tag: None, remove_tag: None, properties: None, description: None };
