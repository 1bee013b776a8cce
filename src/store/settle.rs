//! The way in for what was decided elsewhere: a replica makes entries what its backend says that they are, as one commit with a given number.
//!
//! Nothing is checked here: the replica has. Stores that take part in this have no bounds.

use std::sync::Arc;

use super::Store;
use crate::commit::{ChangeKind, Committed, Origin, Recorder};
use crate::entry::Entry;
use crate::outbox::Detail;

/// What becomes of one key.
#[derive(Debug)]
pub(crate) enum Settled<'a> {
    /// It is this entry, numbers and times included.
    Is(Entry<'a>),
    /// It is this entry, whose content is there already: nobody is told.
    Renumbered(Entry<'a>),
    /// It is missing.
    Gone {
        /// The key.
        key: &'a str,
        /// What its removal is called.
        kind: ChangeKind,
    },
}

impl Store {
    /// Settles keys as one commit of this number and origin.
    pub(crate) fn settle<'a>(&mut self, settled: impl Iterator<Item = Settled<'a>>, number: u64, origin: Origin) {
        let mut recorder = (self.detail == Detail::Changes).then(Recorder::default);
        for outcome in settled {
            match outcome {
                Settled::Is(entry) => self.install(&entry, recorder.as_mut()),
                Settled::Renumbered(entry) => self.renumber(&entry),
                Settled::Gone { key, kind } => {
                    if let Some(row) = self.state.find(key) {
                        self.remove(row, kind, recorder.as_mut());
                    }
                }
            }
        }
        if let Some(recorder) = recorder {
            let changes = recorder.changes(&|key| self.state.find(key).map(|row| self.state.entry(row)));
            if !changes.is_empty() {
                self.outbox.commits.push(Committed { version: number, origin, changes });
            }
        }
    }

    fn install(&mut self, entry: &Entry<'_>, recorder: Option<&mut Recorder>) {
        let row = self.state.find(entry.key);
        let present = row.map(|row| self.state.entry(row));
        if let Some(recorder) = recorder {
            let keeps_value = present.is_some_and(|present| present.value == entry.value);
            recorder.note(entry.key, present.as_ref(), if keeps_value { ChangeKind::Meta } else { ChangeKind::Set });
        }
        let sheds_metadata = present.is_some_and(|present| present.metadata.is_some()) && entry.metadata.is_none();
        if let Some(row) = row.filter(|_| sheds_metadata) {
            self.outbox.rows.push(row);
            Arc::make_mut(&mut self.state).remove(row);
        }
        let state = Arc::make_mut(&mut self.state);
        let row = state.copy(entry.key, entry);
        state.renumber(row, entry);
        self.outbox.rows.push(row);
    }

    fn renumber(&mut self, entry: &Entry<'_>) {
        if let Some(row) = self.state.find(entry.key) {
            // Who keeps a value by its row knows its deadline too.
            if self.state.deadline(row) != entry.deadline {
                self.outbox.rows.push(row);
            }
            Arc::make_mut(&mut self.state).renumber(row, entry);
        }
    }
}
