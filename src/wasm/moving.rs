//! What moves between stores, for JavaScript: transactions, merges, differences, snapshots.

use wasm_bindgen::prelude::wasm_bindgen;

use super::exchange;
use super::records::{Texts, write_bytes, write_u32, write_value};
use super::store::{RawStore, receipt};
use super::{fail, memory};
use crate::entry::Entry;
use crate::error::Error;
use crate::merge::{Conflict, Resolution, Source};
use crate::store::Store;
use crate::transaction::Journal;

const SKIP: u8 = 0;
const OVERWRITE: u8 = 1;

struct Side {
    store: Store,
    prefix: Box<str>,
}

impl Side {
    fn of(raw: &mut RawStore, prefix: &str) -> Self {
        if let Some(journal) = &mut raw.journal {
            journal.catch_up(&mut raw.store);
        }
        // Noting and telling are the store's own; what is merged is only read.
        Self { store: raw.store.fork(), prefix: prefix.into() }
    }

    fn source(&self) -> Source<'_> {
        Source { store: &self.store, prefix: &self.prefix }
    }
}

/// What is to be merged: the other side, perhaps a base, and what was decided about single keys.
#[wasm_bindgen]
pub struct RawMerge {
    other: Side,
    base: Option<Side>,
    /// In key order.
    decisions: Vec<(Box<str>, Resolution)>,
}

#[wasm_bindgen]
impl RawMerge {
    /// Merges what a store holds under a prefix.
    pub fn create(other: &mut RawStore, prefix: &str) -> Self {
        Self { other: Side::of(other, prefix), base: None, decisions: Vec::new() }
    }

    /// Of that, only what has changed since a base.
    #[wasm_bindgen(js_name = setBase)]
    pub fn set_base(&mut self, base: &mut RawStore, prefix: &str) {
        self.base = Some(Side::of(base, prefix));
    }

    /// Decides about a key: 0 skips, 1 overwrites, 2 leaves it to what is staged. The keys come in their order.
    pub fn decide(&mut self, key: &str, resolution: u8) {
        let resolution = match resolution {
            SKIP => Resolution::Skip,
            OVERWRITE => Resolution::Overwrite,
            _ => Resolution::Replace,
        };
        self.decisions.push((key.into(), resolution));
    }

    fn decided(&self, key: &str) -> Option<Resolution> {
        let at = self.decisions.binary_search_by(|(decided, _)| (**decided).cmp(key)).ok()?;
        self.decisions.get(at).map(|(_, resolution)| *resolution)
    }

    fn base(&self) -> Option<Source<'_>> {
        self.base.as_ref().map(Side::source)
    }
}

#[wasm_bindgen]
impl RawStore {
    /// A clone that notes what is read and written, to be given to `commitFork`.
    pub fn fork(&mut self, now: f64) -> RawStore {
        self.advance(now);
        let journal = Some(Box::new(Journal::of(&self.store)));
        let seen = self.replica.as_ref().map(|replica| replica.seen()).unwrap_or_default();
        Self { journal, seen, ..Self::plain(self.store.fork()) }
    }

    /// Commits what a fork noted, or what is staged here in its place, if nothing that it read has changed.
    #[wasm_bindgen(js_name = commitFork)]
    pub fn commit_fork(&mut self, fork: RawStore, is_replaced: bool, now: f64) -> f64 {
        let staged = std::mem::take(&mut self.staged);
        let Some(journal) = fork.journal else {
            return 0.0;
        };
        // Given up first: what it shares need not be copied then.
        drop(fork.store);
        let done = self.store.commit_journal(*journal, is_replaced.then_some(&staged), now as u64);
        receipt(done)
    }

    /// Writes the conflicts of a merge as records: key, what stands here, on the other side and in the base (each a value, where there is one).
    /// Returns how many.
    pub fn conflicts(&mut self, prefix: &str, merge: &RawMerge, now: f64) -> u32 {
        exchange::with(|exchange| {
            exchange.clear_out();
            let mut count = 0;
            let out = &mut exchange.out;
            self.store.conflicts(prefix, merge.other.source(), merge.base(), now as u64, &mut |conflict| {
                count += 1;
                write_bytes(out, conflict.key.as_bytes());
                for entry in [conflict.ours, conflict.incoming, conflict.base] {
                    write_value(out, entry.as_ref().map(|entry: &Entry<'_>| entry.value));
                }
            });
            exchange.answer_out();
            count
        })
    }

    /// Merges, together with what is staged. A strategy of 0 skips, 1 overwrites, 2 refuses what was not decided about. Writes the keys that were
    /// added, overwritten, skipped, deleted and that collided as records, each list by its count; a negative `FAILED` when it is refused.
    pub fn merge(&mut self, prefix: &str, merge: &RawMerge, strategy: u8, now: f64) -> f64 {
        let staged = std::mem::take(&mut self.staged);
        let resolve = |conflict: &Conflict<'_>| match (merge.decided(conflict.key), strategy) {
            (Some(decided), _) => Ok(decided),
            (None, SKIP) => Ok(Resolution::Skip),
            (None, OVERWRITE) => Ok(Resolution::Overwrite),
            (None, _) => Err(Error::Collision { key: [prefix, conflict.key].concat() }),
        };
        let done = self.store.merge_by(prefix, merge.other.source(), merge.base(), &resolve, &staged, now as u64);
        memory::grow_ahead();
        match done {
            Ok(merged) => {
                write_lists(&[merged.added, merged.overwritten, merged.skipped, merged.deleted, merged.collisions]);
                0.0
            }
            Err(error) => f64::from(fail(&error)),
        }
    }

    /// Writes the keys that only the other has, that it has not, and that differ, each list by its count.
    pub fn diff(&mut self, prefix: &str, other: &RawMerge, now: f64) {
        let difference = self.store.diff(prefix, other.other.source(), now as u64);
        write_lists(&[difference.added, difference.removed, difference.changed]);
    }

    /// Leaves a snapshot of the keys with a prefix for the host.
    pub fn snapshot(&mut self, prefix: &str, now: f64) {
        let bytes = self.store.snapshot(prefix, now as u64);
        exchange::with(|exchange| {
            exchange.out = bytes;
            exchange.answer_out();
        });
        memory::grow_ahead();
    }

    /// Restores a snapshot.
    pub fn restore(&mut self, prefix: &str, bytes: Vec<u8>, now: f64) -> f64 {
        let done = self.store.restore(prefix, &bytes, now as u64);
        memory::grow_ahead();
        receipt(done)
    }
}

fn write_lists(lists: &[Vec<Box<str>>]) {
    exchange::with(|exchange| {
        exchange.clear_out();
        for list in lists {
            write_u32(&mut exchange.out, list.len());
            let mut texts = Texts::default();
            for key in list {
                texts.push(key.as_bytes());
            }
            texts.write(&mut exchange.out);
        }
        exchange.answer_out();
    });
}
