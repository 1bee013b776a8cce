//! What moves between stores, for JavaScript: transactions, merges, differences, snapshots.

use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;

use super::exchange;
use super::records::{write_bytes, write_texts, write_u32, write_value};
use super::room::{self, Weight, ask};
use super::store::{RawStore, or_fault, receipt};
use super::{fail, memory};
use crate::batch::Batch;
use crate::entry::Entry;
use crate::error::Error;
use crate::merge::{Conflict, Resolution, Source};
use crate::snapshot::claimed_entries;
use crate::store::Store;
use crate::transaction::Journal;

const SKIP: u8 = 0;
const OVERWRITE: u8 = 1;

struct Side {
    store: Store,
    prefix: Box<str>,
    weight: Weight,
    /// Shows the store that its pages are shared.
    _sharing: Rc<()>,
}

impl Side {
    fn of(raw: &mut RawStore, prefix: &str) -> Result<Self, Error> {
        raw.ask_to_read("")?;
        if let Some(journal) = &mut raw.journal {
            journal.catch_up(&mut raw.store);
        }
        // Noting and telling are the store's own; what is merged is only read.
        let mut store = raw.store.fork();
        let now = store.time(0);
        let weight = Weight::of(&mut store, prefix, now)?;
        Ok(Self { store, prefix: prefix.into(), weight, _sharing: raw.sharing.clone() })
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
    pub fn create(other: &mut RawStore, prefix: &str) -> Option<RawMerge> {
        or_fault(ask(room::listing(&other.store)).and_then(|()| {
            // There, for good, and not in each copy that is merged.
            other.store.make_ordered();
            Ok(Self { other: Side::of(other, prefix)?, base: None, decisions: Vec::new() })
        }))
    }

    /// Of that, only what has changed since a base.
    #[wasm_bindgen(js_name = setBase)]
    pub fn set_base(&mut self, base: &mut RawStore, prefix: &str) -> i32 {
        match Side::of(base, prefix) {
            Ok(side) => self.base = Some(side),
            Err(error) => return fail(&error),
        }
        0
    }

    /// Decides about a key: 0 skips, 1 overwrites, 2 leaves it to what is staged. The keys come in their order.
    pub fn decide(&mut self, key: &str, resolution: u8) -> i32 {
        if let Err(error) = ask((self.decisions.len() * 32 + key.len()) as u64) {
            return fail(&error);
        }
        let resolution = match resolution {
            SKIP => Resolution::Skip,
            OVERWRITE => Resolution::Overwrite,
            _ => Resolution::Replace,
        };
        self.decisions.push((key.into(), resolution));
        0
    }

    /// All that comes in, and what of it is looked at in a base.
    fn weight(&self) -> Weight {
        self.other.weight.and(self.base.as_ref().map_or_else(Weight::default, |base| base.weight))
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
    pub fn fork(&mut self, now: f64) -> Option<RawStore> {
        or_fault(ask(0).map(|()| {
            self.advance(now);
            let journal = Some(Box::new(Journal::of(&self.store)));
            let seen = self.replica.as_mut().map(|replica| replica.seen()).unwrap_or_default();
            Self { journal, seen, ..Self::sharing(self.store.fork(), self.sharing.clone()) }
        }))
    }

    /// Commits what a fork noted, or what is staged here in its place, if nothing that it read has changed.
    #[wasm_bindgen(js_name = commitFork)]
    pub fn commit_fork(&mut self, fork: RawStore, is_replaced: bool, now: f64) -> f64 {
        let staged = self.take_staged();
        let Some(journal) = fork.journal else {
            return 0.0;
        };
        // Given up first: what it shares need not be copied then.
        drop((fork.store, fork.sharing));
        let done = staged.and_then(|staged| {
            self.ask_to_commit(if is_replaced { &staged } else { journal.batch() }, now as u64)?;
            self.store.commit_journal(*journal, is_replaced.then_some(&staged), now as u64)
        });
        memory::grow_ahead();
        receipt(done)
    }

    /// Writes the conflicts of a merge as records: key, what stands here, on the other side and in the base (each a value, where there is one).
    /// Returns how many.
    pub fn conflicts(&mut self, prefix: &str, merge: &RawMerge, now: f64) -> f64 {
        let ours = Weight::of(&mut self.store, prefix, now as u64);
        let asked = ours.and_then(|ours| ask(merge.weight().keys() + 4 * (merge.weight().bytes + ours.bytes)));
        if let Err(error) = asked {
            return f64::from(fail(&error));
        }
        exchange::with(|exchange| {
            exchange.clear_out();
            let mut count = 0_u32;
            let out = &mut exchange.out;
            self.store.conflicts(prefix, merge.other.source(), merge.base(), now as u64, &mut |conflict| {
                count += 1;
                write_bytes(out, conflict.key.as_bytes());
                for entry in [conflict.ours, conflict.incoming, conflict.base] {
                    write_value(out, entry.as_ref().map(|entry: &Entry<'_>| entry.value));
                }
            });
            exchange.answer_out();
            f64::from(count)
        })
    }

    /// Merges, together with what is staged. A strategy of 0 skips, 1 overwrites, 2 refuses what was not decided about. Writes the keys that were
    /// added, overwritten, skipped, deleted and that collided as records, each list by its count; a negative `FAILED` when it is refused.
    pub fn merge(&mut self, prefix: &str, merge: &RawMerge, strategy: u8, now: f64) -> f64 {
        let staged = self.take_staged().and_then(|staged| {
            self.ask_to_merge(prefix, merge, &staged, now as u64)?;
            Ok(staged)
        });
        let resolve = |conflict: &Conflict<'_>| match (merge.decided(conflict.key), strategy) {
            (Some(decided), _) => Ok(decided),
            (None, SKIP) => Ok(Resolution::Skip),
            (None, OVERWRITE) => Ok(Resolution::Overwrite),
            (None, _) => Err(Error::Collision { key: [prefix, conflict.key].concat() }),
        };
        let merged =
            staged.and_then(|staged| self.store.bring_in(prefix, merge.other.source(), merge.base(), &resolve, &staged, now as u64));
        memory::grow_ahead();
        match merged {
            Ok(merged) => {
                write_lists(merged.keys());
                0.0
            }
            Err(error) => f64::from(fail(&error)),
        }
    }

    /// Writes the keys that only the other has, that it has not, and that differ, each list by its count.
    pub fn diff(&mut self, prefix: &str, other: &RawMerge, now: f64) -> i32 {
        let ours = Weight::of(&mut self.store, prefix, now as u64);
        if let Err(error) = ours.and_then(|ours| ask(ours.and(other.other.weight).keys())) {
            return fail(&error);
        }
        let difference = self.store.diff(prefix, other.other.source(), now as u64);
        write_lists([&difference.added, &difference.removed, &difference.changed].map(|list| list.iter().map(|key| key.as_bytes())));
        0
    }

    /// Leaves a snapshot of the keys with a prefix for the host.
    pub fn snapshot(&mut self, prefix: &str, now: f64) -> i32 {
        let weight = Weight::of(&mut self.store, prefix, now as u64);
        if let Err(error) = weight.and_then(|weight| ask(3 * (weight.bytes + weight.entries * 64))) {
            return fail(&error);
        }
        let bytes = self.store.snapshot(prefix, now as u64);
        exchange::with(|exchange| {
            exchange.out = bytes;
            exchange.answer_out();
        });
        memory::grow_ahead();
        0
    }

    /// Restores a snapshot that the host wrote as a value.
    pub fn restore(&mut self, prefix: &str, length: u32, now: f64) -> f64 {
        let done = exchange::with(|exchange| {
            let bytes = exchange.value(length);
            self.ask_to_restore(prefix, bytes, now as u64)?;
            self.store.restore(prefix, bytes, now as u64)
        });
        memory::grow_ahead();
        receipt(done)
    }

    fn ask_to_merge(&mut self, prefix: &str, merge: &RawMerge, staged: &Batch, now: u64) -> Result<(), Error> {
        let ours = Weight::of(&mut self.store, prefix, now)?;
        let both = merge.weight();
        // No more is replaced than is there, nor more entries than come in.
        let old = Weight { entries: ours.entries.min(both.entries), bytes: ours.bytes };
        let is_shared = self.is_shared();
        let need = room::committing(&mut self.store, staged, is_shared, now)?;
        let evicting = room::evicting(&self.store, prefix, both, is_shared);
        ask(need + both.keys() + evicting + room::writing(&self.store, merge.other.weight, old, is_shared))
    }

    fn ask_to_restore(&mut self, prefix: &str, bytes: &[u8], now: u64) -> Result<(), Error> {
        let old = Weight::of(&mut self.store, prefix, now)?;
        let new = Weight { entries: claimed_entries(bytes), bytes: bytes.len() as u64 };
        let evicting = room::evicting(&self.store, prefix, new, self.is_shared());
        ask(new.entries * 256 + evicting + room::writing(&self.store, new, old, self.is_shared()))
    }
}

/// Writes lists of keys, each by its count.
fn write_lists<'k>(lists: impl IntoIterator<Item = impl Iterator<Item = &'k [u8]>>) {
    exchange::with(|exchange| {
        exchange.clear_out();
        for list in lists {
            let keys: Vec<&[u8]> = list.collect();
            write_u32(&mut exchange.out, keys.len());
            write_texts(&mut exchange.out, &keys);
        }
        exchange.answer_out();
    });
}
