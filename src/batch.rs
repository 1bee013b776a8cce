//! Batches: operations and conditions that own what they name, handed over one by one and applied as one commit.

use crate::commit::{Condition, Operation};
use crate::entry::{MetadataPatch, NO_CHANGE, Value};
use crate::expiry::Ttl;

#[derive(Debug, Clone)]
enum Step {
    Put { encoding: u8, ttl: Ttl },
    Delete,
    DeletePrefix,
    Touch { ttl: Ttl },
    Annotate,
}

#[derive(Debug, Clone)]
struct Named {
    key_end: usize,
    value_end: usize,
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
    // One behind the other, each ending where its step says: an allocation for each would cost more than the rest.
    keys: String,
    values: Vec<u8>,
    conditions: Vec<(Box<str>, u64)>,
    /// The bytes of all changes of metadata, which every call of a transaction asks for.
    #[cfg(feature = "wasm")]
    metadata_bytes: u64,
}

impl Batch {
    /// Adds a copy of an operation.
    pub fn push(&mut self, operation: &Operation<'_>) {
        self.keys.push_str(operation.key());
        let (step, metadata) = match *operation {
            Operation::Put { value, ttl, metadata, .. } => {
                self.values.extend_from_slice(value.bytes);
                (Step::Put { encoding: value.encoding, ttl }, metadata)
            }
            Operation::Delete { .. } => (Step::Delete, None),
            Operation::DeletePrefix { .. } => (Step::DeletePrefix, None),
            Operation::Touch { ttl, .. } => (Step::Touch { ttl }, None),
            Operation::Annotate { metadata, .. } => (Step::Annotate, Some(metadata)),
        };
        let (key_end, value_end) = (self.keys.len(), self.values.len());
        #[cfg(feature = "wasm")]
        {
            self.metadata_bytes += metadata.map_or(0, MetadataPatch::bytes);
        }
        self.steps.push(Named { key_end, value_end, step, metadata: metadata.map(|patch| Box::new(patch.clone())) });
    }

    /// Adds to the change of metadata of the last operation; nothing where it has none to take it.
    pub fn patch(&mut self, add: impl FnOnce(&mut MetadataPatch)) {
        if let Some(Named { step: Step::Put { .. } | Step::Annotate, metadata, .. }) = self.steps.last_mut() {
            let patch = metadata.get_or_insert_default();
            #[cfg(feature = "wasm")]
            let before = patch.bytes();
            add(patch);
            #[cfg(feature = "wasm")]
            {
                self.metadata_bytes = self.metadata_bytes + patch.bytes() - before;
            }
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
        self.operations_from(0)
    }

    /// The bytes of all that the operations bring: keys, values and metadata.
    #[cfg(feature = "wasm")]
    pub(crate) fn bytes(&self) -> u64 {
        (self.keys.len() + self.values.len()) as u64 + self.metadata_bytes
    }

    /// Whether all that it does is to delete.
    #[cfg(feature = "wasm")]
    pub(crate) fn only_deletes(&self) -> bool {
        self.steps.iter().all(|named| matches!(named.step, Step::Delete | Step::DeletePrefix))
    }

    /// What adding an operation, and making the lists longer for it, allocates.
    #[cfg(feature = "wasm")]
    pub(crate) fn growth(&self, key: usize, value: usize) -> u64 {
        let doubled = |length: usize, more: usize, capacity: usize| if length + more > capacity { 2 * (length + more) } else { 0 };
        let steps = doubled(self.steps.len(), 1, self.steps.capacity()) * size_of::<Named>();
        let texts = doubled(self.keys.len(), key, self.keys.capacity()) + doubled(self.values.len(), value, self.values.capacity());
        (steps + texts) as u64
    }

    /// How many operations were given.
    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The operations but for so many at the beginning.
    pub(crate) fn operations_from(&self, first: usize) -> Vec<Operation<'_>> {
        let before = first.checked_sub(1).and_then(|last| self.steps.get(last));
        let (mut key_start, mut value_start) = before.map_or((0, 0), |named| (named.key_end, named.value_end));
        let mut operations = Vec::with_capacity(self.steps.len() - first);
        for Named { key_end, value_end, step, metadata } in self.steps.iter().skip(first) {
            let key = self.keys.get(key_start..*key_end).unwrap_or_default();
            let bytes = self.values.get(value_start..*value_end).unwrap_or_default();
            (key_start, value_start) = (*key_end, *value_end);
            let metadata = metadata.as_deref();
            operations.push(match *step {
                Step::Put { encoding, ttl } => Operation::Put { key, value: Value { encoding, bytes }, ttl, metadata },
                Step::Delete => Operation::Delete { key },
                Step::DeletePrefix => Operation::DeletePrefix { prefix: key },
                Step::Touch { ttl } => Operation::Touch { key, ttl },
                Step::Annotate => Operation::Annotate { key, metadata: metadata.unwrap_or(&NO_CHANGE) },
            });
        }
        operations
    }
}
