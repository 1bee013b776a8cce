//! A replica: a store that shows at once what is written to it, and a backend's decisions as they come in. A state machine: it does no I/O, reads
//! no clock and draws no random numbers; local writes, answers, commits of others and time come in, and batches to send, changes to tell and the
//! time of the next wake-up come out.
//!
//! What is **confirmed** is what the backend's commits have made, in their order, up to [`Replica::applied`]. What is **shown**, the store's state, is what
//! is confirmed with the pending writes done upon it. `overlay` knows where the two differ; `queue` holds the pending commits; `cells`
//! says what an operation makes of an entry; `write` takes what callers write, `send` lets it out and takes the answers, `confirm` lets a commit of the
//! backend happen; `wire` is how commits are written down; `time` estimates the backend's clock. The store that a replica keeps is passed to each call:
//! it is read as any store, and changed through the replica only.
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
mod write;

use std::collections::VecDeque;

use crate::commit::{ChangeKind, Committed, Origin};
use crate::entry::Entry;
use crate::expiry::{Millis, NEVER};
use crate::listing::Range;
use crate::store::{Settled, Store};
use cells::{Cells, Point};
pub use confirm::Logged;
use overlay::Overlay;
use queue::{Place, Queue};
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

/// A store's replica: a state machine that shows at once what is written, and takes a backend's decisions and the commits of others as they come in.
///
/// It does no I/O and reads no clock. Its host carries batches from [`next`](Self::next) to a backend and brings back its [answers](Self::answer) and
/// its [log](Self::receive), and passes the backend's time as well as it knows it ([`note_time`](Self::note_time)). The store that it keeps is passed to
/// each call; it is read as any store, and changed by the replica only.
///
/// ```
/// use holdall::{Answer, Decided, Operation, Options, Replica, ReplicaOptions, Store, Ttl, Value};
///
/// let mut store = Store::new(Options::default())?;
/// // Replica::install(&mut store, scope, part) for each part of what the backend holds, up to its last commit; here there is none.
/// let options =
///     ReplicaOptions { scope: "".into(), default_ttl: None, max_commit_bytes: 1 << 20, max_backlog_bytes: 1 << 26, spread: 1_000 };
/// let mut replica = Replica::new(options, &mut store, 0);
///
/// let put = |key, text: &'static str| Operation::Put {
///     key,
///     value: Value { encoding: 0, bytes: text.as_bytes() },
///     ttl: Ttl::Default,
///     metadata: None,
/// };
/// replica.apply(&mut store, &[put("user:1", "Ada")], 10)?;
/// assert!(store.peek("user:1", 10).is_some() && replica.is_pending("user:1"));
///
/// let request = replica.next(&mut store, 10).map(|request| (request.counter, request.operations.to_vec()));
/// let Some((counter, operations)) = request else { unreachable!() };
/// assert!(!operations.is_empty()); // to the backend, which answers:
/// replica.answer(&mut store, counter, Answer::Committed { number: 1, time: 12, after: 0, changed: true }, 13);
/// assert_eq!(store.peek("user:1", 13).map(|entry| entry.version()), Some(1));
/// assert_eq!(replica.take_outcomes()[0].decided, Decided::Committed(1));
///
/// // A transaction is shown when the backend has accepted it.
/// let (mut transaction, seen) = replica.begin(&mut store, 20);
/// assert!(transaction.get("user:1", 20).is_some());
/// transaction.apply(&[], &[put("user:2", "Bob")], 20)?;
/// replica.commit(&mut store, transaction, seen, 20)?;
/// assert!(store.peek("user:2", 20).is_none());
/// let request = replica.next(&mut store, 20).map(|request| request.conditions.to_vec());
/// assert_eq!(request, Some(vec![("user:1".into(), 1)]));
/// # Ok::<(), holdall::Error>(())
/// ```
#[derive(Debug)]
pub struct Replica {
    options: ReplicaOptions,
    overlay: Overlay,
    queue: Queue,
    counter: u64,
    applied: u64,
    /// The unconditional groups that were decided of late: their first and last counters, and the number that they got where they came to be as shown.
    decided: VecDeque<(u64, u64, Option<u64>)>,
    /// The last counter of those that are not remembered any more.
    forgotten: u64,
    /// How often the store was replaced by another.
    epoch: u32,
    /// Whether it was replaced, and is not loaded yet.
    is_adrift: bool,
    outcomes: Vec<Outcome>,
    offset: Offset,
    /// When to ask for removals.
    sweep_at: Millis,
    /// How often in a row they were refused.
    refusals: u32,
    /// The confirmed commits, where somebody reads them.
    record: Option<Vec<Committed>>,
}

impl Replica {
    /// A replica of what a store holds, which was loaded from a backend up to a number.
    pub fn new(options: ReplicaOptions, store: &mut Store, applied: u64) -> Self {
        store.set_version(PENDING);
        let (overlay, queue, decided, outcomes, offset) = Default::default();
        let (counter, forgotten, epoch, is_adrift, sweep_at, refusals, record) = (0, 0, 0, false, NEVER, 0, None);
        Self {
            options,
            overlay,
            queue,
            counter,
            applied,
            decided,
            forgotten,
            epoch,
            is_adrift,
            outcomes,
            offset,
            sweep_at,
            refusals,
            record,
        }
    }

    /// Goes on counting behind a counter: commits up to it were made by this replica before its engine failed, and may have been sent. To be called
    /// before anything is written.
    pub fn count_from(&mut self, store: &mut Store, counter: u64) {
        self.counter = counter;
        store.set_version(PENDING + counter);
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

    /// What a conditional commit that begins to read now is decided upon. What it can see is not merged with what is written later: a commit of both
    /// would count as one that it has not seen.
    pub fn seen(&mut self) -> Seen {
        self.queue.seal();
        let decided = self.queue.front().map_or(self.counter, |group| group.first_counter() - 1);
        let hidden = self.queue.first_decision().unwrap_or(0);
        Seen { applied: self.applied, decided, hidden, epoch: self.epoch }
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

    /// Plans removals; each time that the backend refuses them they wait twice as long.
    fn plan_sweep(&mut self, now: Millis) {
        if self.sweep_at == NEVER {
            self.sweep_at = now + (self.options.spread << self.refusals);
        }
    }
}

/// Whether entries differ in numbers and times only; of a write that was shown before, the deadline was an estimate too.
fn is_same(one: &Entry<'_>, other: &Entry<'_>, is_known: bool) -> bool {
    let deadline = if is_known { one.deadline } else { other.deadline };
    one.same_content(&Entry { deadline, ..*other })
}
