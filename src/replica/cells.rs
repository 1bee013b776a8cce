//! What an operation makes of an entry: the one meaning that backends, what a replica knows to be confirmed, and what it shows beneath
//! pending writes all share. `ts/backends/operations.ts` says the same in words.

use std::sync::Arc;

use super::wire::Write;
use crate::entry::{Entry, Metadata, MetadataPatch, OwnedValue, Patched, Value};
use crate::expiry::{Millis, NEVER, Ttl};

/// An entry without its key, whose value is borrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cells<'a> {
    pub(super) value: Value<'a>,
    pub(super) value_version: u64,
    pub(super) deadline: Millis,
    pub(super) created_at: Millis,
    pub(super) updated_at: Millis,
    pub(super) metadata: Option<Arc<Metadata>>,
}

/// The number and the time of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) number: u64,
    pub(super) time: Millis,
}

impl<'a> Cells<'a> {
    pub(super) fn of(entry: &Entry<'a>) -> Self {
        let Entry { value, value_version, deadline, created_at, updated_at, metadata, .. } = *entry;
        Self { value, value_version, deadline, created_at, updated_at, metadata: metadata.cloned() }
    }

    pub(super) fn entry<'b>(&'b self, key: &'b str) -> Entry<'b> {
        let Self { value, value_version, deadline, created_at, updated_at, ref metadata } = *self;
        Entry { key, value, value_version, deadline, created_at, updated_at, metadata: metadata.as_ref() }
    }

    /// The number of the commit that last changed it.
    pub(super) fn version(&self) -> u64 {
        self.metadata.as_ref().map_or(self.value_version, |metadata| metadata.version.max(self.value_version))
    }

    /// What an operation of a commit makes of an entry. One that has expired counts as missing, and stays until it is replaced or its removal is
    /// asked for.
    pub(super) fn after(present: Option<Self>, write: &Write<'a>, at: Point) -> Option<Self> {
        let (live, expired) =
            if present.as_ref().is_some_and(|cells| cells.deadline <= at.time) { (None, present) } else { (present, None) };
        let cells = match *write {
            Write::Put { value, ttl, ref patch, .. } => {
                let deadline = deadline(ttl, live.as_ref().map(|cells| cells.deadline), at.time);
                let created_at = live.as_ref().map_or(at.time, |cells| cells.created_at);
                let metadata = live.and_then(|cells| cells.metadata);
                let metadata = match patch {
                    Some(patch) => patched(metadata, patch, at.number),
                    None => metadata,
                };
                Some(Self { value, value_version: at.number, deadline, created_at, updated_at: at.time, metadata })
            }
            Write::Touch { ttl, .. } => live.map(|cells| {
                let deadline = deadline(ttl, Some(cells.deadline), at.time);
                Self { value_version: at.number, deadline, updated_at: at.time, ..cells }
            }),
            Write::Annotate { ref patch, .. } => live.map(|cells| {
                let metadata = patched(cells.metadata.clone(), patch, at.number);
                let updated_at = if metadata == cells.metadata { cells.updated_at } else { at.time };
                Self { updated_at, metadata, ..cells }
            }),
            Write::Expire { version, .. } => {
                // Nobody asks for the removal of what has no deadline. An entry that seems to have none had gone already when this replica was loaded, and
                // was written again here by a commit from before that, which kept a deadline that is not known here.
                let is_other = |cells: &Self| cells.version() != version;
                return live.filter(|cells| cells.deadline != NEVER || is_other(cells)).or(expired.filter(is_other));
            }
            Write::Delete { .. } | Write::Clear { .. } => None,
        };
        cells.filter(|cells| at.time < cells.deadline).or(expired)
    }
}

fn patched(before: Option<Arc<Metadata>>, patch: &MetadataPatch, number: u64) -> Option<Arc<Metadata>> {
    match patch.apply(before.as_ref(), number) {
        Patched::Same => before,
        Patched::Changed(after) => Some(after),
    }
}

/// The deadline after a write at a time; one that has passed ends the entry at once.
fn deadline(ttl: Ttl, present: Option<Millis>, time: Millis) -> Millis {
    match ttl {
        Ttl::Span(span) => time.saturating_add(span),
        Ttl::Until(deadline) => deadline,
        Ttl::Keep => present.unwrap_or(NEVER),
        Ttl::Never | Ttl::Default => NEVER,
    }
}

/// [`Cells`] that own their value.
#[derive(Debug, Clone)]
pub(super) struct OwnedCells {
    value: OwnedValue,
    rest: Cells<'static>,
}

const NOTHING: Value<'static> = Value { encoding: 0, bytes: &[] };

impl OwnedCells {
    pub(super) fn of(cells: Cells<'_>) -> Self {
        let Cells { value, value_version, deadline, created_at, updated_at, metadata } = cells;
        let rest = Cells { value: NOTHING, value_version, deadline, created_at, updated_at, metadata };
        Self { value: value.to_owned(), rest }
    }

    pub(super) fn of_entry(entry: &Entry<'_>) -> Self {
        Self::of(Cells::of(entry))
    }

    pub(super) fn as_cells(&self) -> Cells<'_> {
        Cells { value: self.value.as_value(), ..self.rest.clone() }
    }

    pub(super) fn entry<'b>(&'b self, key: &'b str) -> Entry<'b> {
        Entry { value: self.value.as_value(), ..self.rest.entry(key) }
    }

    pub(super) fn version(&self) -> u64 {
        self.rest.version()
    }

    pub(super) fn deadline(&self) -> Millis {
        self.rest.deadline
    }
}
