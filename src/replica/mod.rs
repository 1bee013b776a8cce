//! A replica: a store that shows at once what is written to it, and a backend's decisions as they come in. A state machine: it does no I/O, reads
//! no clock and draws no random numbers; local writes, answers, commits of others and time come in, and batches to send, changes to tell and the
//! time of the next wake-up come out.
//!
//! What is **confirmed** is what the backend's commits have made, in their order, up to [`Replica::applied`]. What is **shown**, the store's state, is what
//! is confirmed with the pending writes done upon it. `overlay` knows where the two differ; `queue` holds the pending commits; `cells`
//! says what an operation makes of an entry; `confirm` lets a commit of the backend happen; `wire` is how commits are written down; `time` estimates the
//! backend's clock. The store that a replica keeps is passed to each call.
//!
//! What always holds:
//! - For every key, the store shows what the pending operations on it make of its confirmed entry, unless that has expired.
//! - Commits of the backend are applied in their order, each once. A commit of this replica that was acknowledged is applied in its turn, and
//!   stays pending until then.
//! - One batch at most is out. It is not changed until it is decided.

mod cells;
mod confirm;
mod overlay;
mod queue;
mod send;
mod time;
mod wire;

use std::collections::VecDeque;

use crate::batch::Batch;
use crate::commit::{ChangeKind, Committed, Operation, Origin, Receipt};
use crate::entry::Entry;
use crate::error::Error;
use crate::expiry::{Millis, NEVER, Ttl};
use crate::key::MAX_KEY_BYTES;
use crate::listing::Range;
use crate::store::{Settled, Store};
use crate::transaction::{Intent, Journal, Transaction};
use cells::{Cells, Point};
pub use confirm::Logged;
use overlay::Overlay;
use queue::{Decision, Group, Kind, Place, Queue};
pub use queue::{RangeRead, Seen};
pub use send::{Answer, Request};
use time::Offset;
#[cfg(feature = "wasm")]
pub(crate) use wire::write_key;

/// Numbers from here on are not the backend's: a pending commit has its counter added to this.
pub const PENDING: u64 = 1 << 52;

/// How many groups that were decided are remembered, for conditional commits that began before.
const REMEMBERED: usize = 4096;

/// How a replica is made.
#[derive(Debug, Clone)]
pub struct ReplicaOptions {
    /// What the keys of the backend begin with that are held here, without it.
    pub scope: Box<str>,
    /// The time to live of writes that give none.
    pub default_ttl: Option<Millis>,
    /// The most bytes of one commit, as it is sent.
    pub max_commit_bytes: usize,
    /// The most bytes of all pending commits.
    pub max_backlog_bytes: usize,
    /// Spreads the removals that several replicas ask for, in milliseconds: each waits another part of a second.
    pub spread: Millis,
}

/// What has been decided of commits of this replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The first counter that it is about.
    pub first: u64,
    /// The last counter that it is about.
    pub last: u64,
    /// What was decided.
    pub decided: Decided,
}

/// What a backend decided, as the caller of a commit hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It is durable, under this number; where it was conditional, it is shown too.
    Committed(u64),
    /// What it read has changed; who has applied this number knows why.
    Conflict(u64),
    /// It will never be.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// How listeners are told what is shown anew.
#[derive(Debug, Clone, Copy)]
struct Telling {
    number: u64,
    origin: Origin,
    /// What it is called when an entry goes.
    removal: ChangeKind,
    /// Whether it was shown, and told, when it was made.
    is_known: bool,
}

/// A store's replica: see the module.
#[derive(Debug)]
pub struct Replica {
    options: ReplicaOptions,
    overlay: Overlay,
    queue: Queue,
    counter: u64,
    applied: u64,
    /// The groups that were decided of late: their first and last counters, and the number that they got.
    decided: VecDeque<(u64, u64, Option<u64>)>,
    outcomes: Vec<Outcome>,
    offset: Offset,
    /// When to ask for removals.
    sweep_at: Millis,
    /// The confirmed commits, where somebody reads them.
    record: Option<Vec<Committed>>,
}

impl Replica {
    /// A replica of what a store holds, which was loaded from a backend up to a number.
    pub fn new(options: ReplicaOptions, store: &mut Store, applied: u64) -> Self {
        store.set_version(PENDING);
        let (overlay, queue, decided, outcomes, offset) = Default::default();
        Self { options, overlay, queue, counter: 0, applied, decided, outcomes, offset, sweep_at: NEVER, record: None }
    }

    /// What the keys of the backend begin with that are held here.
    pub fn scope(&self) -> Box<str> {
        self.options.scope.clone()
    }

    /// The number of the last commit of the backend that is applied.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// The bytes of pending commits.
    pub fn backlog(&self) -> usize {
        self.queue.bytes()
    }

    /// Whether a write to this key is pending.
    pub fn is_pending(&self, key: &str) -> bool {
        self.overlay.get(key).is_some_and(|beneath| !beneath.writes.is_empty())
    }

    /// The counter of the last commit that was made.
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// What a conditional commit that begins to read now is decided upon.
    pub fn seen(&self) -> Seen {
        Seen { applied: self.applied, decided: self.decided.iter().map(|(_, last, _)| *last).max().unwrap_or(0) }
    }

    /// When it wants to be asked for the [next batch](Self::next) although nothing happens; [`NEVER`] while there is no need.
    pub fn wake_at(&self) -> Millis {
        self.sweep_at
    }

    /// Notes that the backend's clock showed `time` between two readings of the host's. Returns how far it is ahead, in milliseconds.
    pub fn note_time(&mut self, sent: Millis, received: Millis, time: Millis) -> f64 {
        self.offset.note(sent, received, time);
        self.offset.millis()
    }

    /// From now on, confirmed commits are kept for [`take_confirmed`](Self::take_confirmed).
    pub fn record(&mut self) {
        self.record.get_or_insert_default();
    }

    /// Takes the commits that were confirmed since it was last called: their effects on what is confirmed, not on what is shown.
    pub fn take_confirmed(&mut self) -> Vec<Committed> {
        self.record.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes what was decided since it was last called.
    pub fn take_outcomes(&mut self) -> Vec<Outcome> {
        std::mem::take(&mut self.outcomes)
    }

    /// Lets expire what is due by the estimated time. What is confirmed stays known until the backend removes it.
    pub fn advance(&mut self, store: &mut Store, now: Millis) -> Millis {
        let version = PENDING + self.counter;
        store.set_version(version);
        let overlay = &mut self.overlay;
        let mut has_expired = false;
        let now = store.advance_showing(now, &mut |entry| {
            overlay.hold_entry(entry);
            has_expired = true;
        });
        store.set_version(version);
        if has_expired {
            self.plan_sweep(now);
        }
        now
    }

    /// Makes unconditional writes: shown at once, and pending until the backend has decided. They are one commit.
    ///
    /// # Errors
    /// `COMMIT_TOO_LARGE`, `BACKLOG_FULL`, and those of [`Store::apply`]; nothing has changed then.
    pub fn apply(&mut self, store: &mut Store, operations: &[Operation<'_>], now: Millis) -> Result<Receipt, Error> {
        let now = self.advance(store, now);
        let operations = &*self.with_default_ttl(operations);
        store.check(&[], operations, now)?;
        let (bytes, ends) = self.written(operations)?;
        self.counter += 1;
        for (operation, place) in operations.iter().zip(0..) {
            self.write_upon(store, operation, (self.counter, place), now);
        }
        self.queue.append(self.counter, now, &bytes, &ends, self.options.max_commit_bytes);
        store.set_version(PENDING + self.counter - 1);
        store.apply(&[], operations, now)
    }

    /// Hands in what a transaction on the store has read and staged; `seen` is what was [seen](Self::seen) when it began. See [`submit`](Self::submit).
    ///
    /// # Errors
    /// As of [`apply`](Self::apply).
    pub fn commit(&mut self, store: &mut Store, transaction: Transaction, seen: Seen, now: Millis) -> Result<u64, Error> {
        self.commit_journal(store, transaction.journal, seen, None, now)
    }

    /// Hands in what a journal noted, or instead of it `replaced`.
    pub(crate) fn commit_journal(
        &mut self,
        store: &mut Store,
        journal: Journal,
        seen: Seen,
        replaced: Option<&Batch>,
        now: Millis,
    ) -> Result<u64, Error> {
        let Intent { keys, ranges, began, batch } = journal.into_intent();
        let batch = replaced.unwrap_or(&batch);
        self.submit(store, keys, ranges, (seen, began), &batch.operations(), now)
    }

    /// Hands in a commit that was decided upon what it read, to be checked by the backend; it is shown when that has accepted it. Returns its counter.
    ///
    /// `own` is the version of the store when it began to read; `conditions` are keys and the versions that they had then.
    ///
    /// # Errors
    /// As of [`apply`](Self::apply).
    pub fn submit(
        &mut self,
        store: &mut Store,
        conditions: Vec<(Box<str>, u64)>,
        ranges: Vec<RangeRead>,
        (seen, own): (Seen, u64),
        operations: &[Operation<'_>],
        now: Millis,
    ) -> Result<u64, Error> {
        let now = self.advance(store, now);
        let operations = &*self.with_default_ttl(operations);
        store.check(&[], operations, now)?;
        let (bytes, ends) = self.written(operations)?;
        self.counter += 1;
        store.set_version(PENDING + self.counter);
        let mut group = Group::new(Kind::Decided(Decision { conditions, ranges, seen, own: own.saturating_sub(PENDING) }));
        group.push(self.counter, now, &bytes, &ends);
        self.queue.push(group);
        Ok(self.counter)
    }

    /// The operations with the default time to live where they give none.
    fn with_default_ttl<'a>(&self, operations: &[Operation<'a>]) -> Vec<Operation<'a>> {
        let default = self.options.default_ttl.map_or(Ttl::Never, Ttl::Span);
        let resolved = |operation: &Operation<'a>| match *operation {
            Operation::Put { key, value, ttl: Ttl::Default, metadata } => Operation::Put { key, value, ttl: default, metadata },
            Operation::Touch { key, ttl: Ttl::Default } => Operation::Touch { key, ttl: default },
            other => other,
        };
        operations.iter().map(resolved).collect()
    }

    /// The operations as they are sent, and where each ends.
    fn written(&self, operations: &[Operation<'_>]) -> Result<(Vec<u8>, Vec<u32>), Error> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(operations.len()));
        for operation in operations {
            let length = self.options.scope.len() + operation.key().len();
            if length > MAX_KEY_BYTES {
                return Err(Error::KeyTooLong { bytes: length });
            }
            wire::write_operation(&mut bytes, &self.options.scope, operation);
            ends.push(bytes.len() as u32);
        }
        let limit = self.options.max_commit_bytes;
        if bytes.len() > limit {
            return Err(Error::CommitTooLarge { bytes: bytes.len(), limit });
        }
        let limit = self.options.max_backlog_bytes;
        if self.queue.bytes() + bytes.len() > limit {
            return Err(Error::BacklogFull { limit });
        }
        Ok((bytes, ends))
    }

    /// Notes upon which confirmed entries an operation is to be done.
    fn write_upon(&mut self, store: &mut Store, operation: &Operation<'_>, place: Place, now: Millis) {
        if let Operation::DeletePrefix { prefix } = operation {
            for key in self.keys_with(store, prefix, now) {
                self.hold(store, &key);
                self.note_write(&key, place);
            }
            self.queue.note_clear(prefix, place);
        } else {
            self.hold(store, operation.key());
            self.note_write(operation.key(), place);
        }
    }

    fn note_write(&mut self, key: &str, place: Place) {
        if let Some(beneath) = self.overlay.get_mut(key) {
            // An earlier operation that clears the key may have been noted with it already.
            if beneath.writes.last() != Some(&place) {
                beneath.writes.push(place);
            }
        }
    }

    /// Keeps what is confirmed of a key apart from what is shown, with the pending operations that touch it.
    fn hold(&mut self, store: &Store, key: &str) {
        if self.overlay.get(key).is_none() {
            let writes: Vec<Place> = self.queue.clears_of(key).collect();
            self.overlay.hold(store, key).writes = writes;
        }
    }

    /// The keys that begin with a prefix, confirmed or shown.
    fn keys_with(&self, store: &mut Store, prefix: &str, now: Millis) -> Vec<Box<str>> {
        let mut listing = store.list(Range { prefix, ..Range::default() }, now);
        let mut keys = Vec::new();
        while let Some(entry) = listing.next() {
            if self.overlay.get(entry.key).is_none() {
                keys.push(entry.key.into());
            }
        }
        self.overlay.collect(prefix, &mut keys);
        keys
    }

    /// What is to be shown under a key that is in the overlay.
    fn shown(&self, key: &str, now: Millis) -> Option<Cells<'_>> {
        let beneath = self.overlay.get(key)?;
        let mut cells = beneath.confirmed.as_ref().map(|cells| cells.as_cells());
        for place in &beneath.writes {
            if let Some((write, made)) = self.queue.write(*place, &self.options.scope) {
                cells = Cells::after(cells, &write, Point { number: PENDING + place.0, time: made });
            }
        }
        cells.filter(|cells| now < cells.deadline)
    }

    /// Makes the store show what it should under some keys, as one commit; keys with nothing pending leave the overlay.
    fn show(&mut self, store: &mut Store, keys: &[Box<str>], telling: Telling, now: Millis) {
        let Telling { number, origin, removal, is_known } = telling;
        let shown: Vec<(&str, Option<Cells<'_>>)> = keys.iter().map(|key| (&**key, self.shown(key, now))).collect();
        let state = store.state().clone();
        let settled = shown.iter().filter_map(|(key, cells)| {
            let present = state.find(key).map(|row| state.entry(row));
            match (cells, present) {
                (None, None) => None,
                (None, Some(_)) => Some(Settled::Gone { key, kind: removal }),
                (Some(cells), Some(present)) if is_same(&cells.entry(key), &present, is_known) => {
                    Some(Settled::Renumbered(cells.entry(key)))
                }
                (Some(cells), _) => Some(Settled::Is(cells.entry(key))),
            }
        });
        let settled: Vec<Settled<'_>> = settled.collect();
        // Given up first, so that nothing is copied for it.
        drop(state);
        store.settle(settled.into_iter(), number, origin);
        drop(shown);
        let mut has_expired = false;
        for key in keys {
            let Some(beneath) = self.overlay.get(key).filter(|beneath| beneath.writes.is_empty()) else { continue };
            if beneath.confirmed.as_ref().is_some_and(|cells| cells.deadline() <= now) {
                has_expired = true;
            } else {
                self.overlay.release(key);
            }
        }
        if has_expired {
            self.plan_sweep(now);
        }
    }

    fn plan_sweep(&mut self, now: Millis) {
        if self.sweep_at == NEVER {
            self.sweep_at = now + self.options.spread;
        }
    }
}

/// Whether entries differ in numbers and times only; of a write that was shown before, the deadline was an estimate too.
fn is_same(one: &Entry<'_>, other: &Entry<'_>, is_known: bool) -> bool {
    let deadline = if is_known { one.deadline } else { other.deadline };
    one.same_content(&Entry { deadline, ..*other })
}
