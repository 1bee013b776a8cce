//! Staged commits: operations that the host hands over one by one and then commits as one.

use crate::commit::{Condition, Operation};
use crate::entry::{MetadataPatch, Value};
use crate::expiry::Ttl;

enum Kind {
    Put { value: Box<[u8]>, encoding: u8, ttl: Ttl },
    Delete,
    DeletePrefix,
    Touch { ttl: Ttl },
    Annotate,
}

struct Step {
    key: Box<str>,
    kind: Kind,
    metadata: MetadataPatch,
    has_metadata: bool,
}

/// What has been handed over so far.
#[derive(Default)]
pub(super) struct Staged {
    steps: Vec<Step>,
    conditions: Vec<(Box<str>, u64)>,
}

impl Staged {
    pub(super) fn put(&mut self, key: &str, value: &[u8], encoding: u8, ttl: Ttl) {
        self.step(key, Kind::Put { value: value.into(), encoding, ttl });
    }

    pub(super) fn delete(&mut self, key: &str) {
        self.step(key, Kind::Delete);
    }

    pub(super) fn delete_prefix(&mut self, prefix: &str) {
        self.step(prefix, Kind::DeletePrefix);
    }

    pub(super) fn touch(&mut self, key: &str, ttl: Ttl) {
        self.step(key, Kind::Touch { ttl });
    }

    pub(super) fn annotate(&mut self, key: &str) {
        self.step(key, Kind::Annotate);
    }

    /// Adds to the change of metadata of the last operation.
    pub(super) fn patch(&mut self, add: impl FnOnce(&mut MetadataPatch)) {
        if let Some(step) = self.steps.last_mut() {
            add(&mut step.metadata);
            step.has_metadata = true;
        }
    }

    pub(super) fn require(&mut self, key: &str, version: u64) {
        self.conditions.push((key.into(), version));
    }

    pub(super) fn conditions(&self) -> Vec<Condition<'_>> {
        self.conditions.iter().map(|(key, version)| Condition { key, version: *version }).collect()
    }

    pub(super) fn operations(&self) -> Vec<Operation<'_>> {
        self.steps.iter().map(Step::operation).collect()
    }

    fn step(&mut self, key: &str, kind: Kind) {
        self.steps.push(Step { key: key.into(), kind, metadata: MetadataPatch::default(), has_metadata: false });
    }
}

impl Step {
    fn operation(&self) -> Operation<'_> {
        let key = &*self.key;
        match &self.kind {
            Kind::Put { value, encoding, ttl } => Operation::Put {
                key,
                value: Value { encoding: *encoding, bytes: value },
                ttl: *ttl,
                metadata: self.has_metadata.then_some(&self.metadata),
            },
            Kind::Delete => Operation::Delete { key },
            Kind::DeletePrefix => Operation::DeletePrefix { prefix: key },
            Kind::Touch { ttl } => Operation::Touch { key, ttl: *ttl },
            Kind::Annotate => Operation::Annotate { key, metadata: &self.metadata },
        }
    }
}
