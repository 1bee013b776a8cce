//! A store for JavaScript. Keys are given by their places in the key area, scope prefix included.

use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(not(feature = "replica"))]
use super::alone::{Replica, Seen};
use super::exchange::{self, DEADLINE, ENCODING, Exchange};
use super::listing::RawListing;
use super::records::{write_meta, write_outbox};
use super::room::{self, Weight, ask};
use super::staging::Staged;
use super::{FAILED, MISSING, TOLD, allocator, fail, memory};
use crate::bounds::{Limits, Policy};
use crate::commit::{Operation, Receipt};
use crate::entry::Value;
use crate::error::Error;
use crate::expiry::{NEVER, Ttl};
use crate::listing::Range;
use crate::outbox::Detail;
#[cfg(feature = "replica")]
use crate::replica::{Replica, Seen};
use crate::state::RowId;
use crate::store::{Options, Store};
use crate::transaction::Journal;

/// A ttl as a number: a span, one of these, or a deadline with a minus before it.
const TTL_NEVER: f64 = 0.0;
const TTL_DEFAULT: f64 = -1.0;
const TTL_KEEP: f64 = -2.0;

pub(super) fn ttl(number: f64) -> Ttl {
    match number {
        TTL_NEVER => Ttl::Never,
        TTL_DEFAULT => Ttl::Default,
        TTL_KEEP => Ttl::Keep,
        deadline if deadline < TTL_KEEP => Ttl::Until(-deadline as u64),
        span => Ttl::Span(span as u64),
    }
}

/// A store, the commit that is being staged for it, the journal of a transaction where it is the fork of one, and what makes it a replica.
///
/// Whatever allocates asks for room first, and fails with `OUT_OF_MEMORY` where there is none: nothing has changed then.
#[wasm_bindgen]
pub struct RawStore {
    pub(super) store: Store,
    pub(super) staged: Staged,
    pub(super) journal: Option<Box<Journal>>,
    pub(super) replica: Option<Box<Replica>>,
    /// Of the fork of a replica, what was known when it was made.
    #[cfg_attr(not(feature = "replica"), expect(dead_code, reason = "only replicas ask for it"))]
    pub(super) seen: Seen,
    /// What is left of a listing that began, until the host takes it.
    pub(super) rest: Option<RawListing>,
    /// Held by all that may share pages with it: clones, forks, listings, merges.
    pub(super) sharing: Rc<()>,
}

impl RawStore {
    /// A plain store, which shares pages with those that hold `sharing` too.
    pub(super) fn sharing(store: Store, sharing: Rc<()>) -> Self {
        Self { store, staged: Staged::default(), journal: None, replica: None, seen: Seen::default(), rest: None, sharing }
    }

    pub(super) fn is_shared(&self) -> bool {
        Rc::strong_count(&self.sharing) > 1
    }
}

#[wasm_bindgen]
impl RawStore {
    /// A store; `undefined` and a fault when its bounds are refused.
    pub fn create(seed: u32, default_ttl: f64, max_entries: Option<f64>, max_bytes: Option<f64>, reject: bool) -> Option<RawStore> {
        let options = Options {
            seed: u64::from(seed),
            default_ttl: (default_ttl > 0.0).then_some(default_ttl as u64),
            limits: limits(max_entries, max_bytes),
            policy: if reject { Policy::Reject } else { Policy::Lru },
        };
        or_fault(ask(0).and_then(|()| Store::new(options)).map(|store| Self::sharing(store, Rc::default())))
    }

    /// Sets a value that the host wrote.
    pub fn set(&mut self, from: u32, to: u32, length: u32, encoding: u8, span: f64, now: f64) -> i32 {
        let done = exchange::with(|exchange| {
            let value = Value { encoding, bytes: exchange.value(length) };
            let key = exchange.key(from, to);
            self.ask_to_set(key, length, now as u64)?;
            self.apply(Operation::Put { key, value, ttl: ttl(span), metadata: None }, now as u64)
        });
        self.answer(done.map(|_| true))
    }

    /// Deletes a key.
    pub fn remove(&mut self, from: u32, to: u32, now: f64) -> i32 {
        let done = exchange::with(|exchange| {
            let key = exchange.key(from, to);
            self.ask_to_delete(key, now as u64)?;
            self.apply(Operation::Delete { key }, now as u64)
        });
        self.answer(done.map(|receipt| receipt.affected > 0))
    }

    /// Finds a value and leaves its place, encoding and deadline; counts as a use.
    pub fn get(&mut self, from: u32, to: u32, now: f64) -> i32 {
        exchange::with(|exchange| match self.find(exchange.key(from, to), now as u64) {
            Ok(Some(row)) => {
                // A use that is not noted harms less than a read that is refused.
                if allocator::has_room(0) {
                    self.store.touch(row);
                }
                self.answer_value(exchange, row)
            }
            Ok(None) => MISSING,
            Err(_) => FAILED,
        })
    }

    /// As `get`, without counting as a use.
    pub fn peek(&mut self, from: u32, to: u32, now: f64) -> i32 {
        exchange::with(|exchange| match self.find(exchange.key(from, to), now as u64) {
            Ok(Some(row)) => self.answer_value(exchange, row),
            Ok(None) => MISSING,
            Err(_) => FAILED,
        })
    }

    /// Notes uses of rows that the host answered from its memo: `count` numbers of 32 bits in the value area.
    #[wasm_bindgen(js_name = touchRows)]
    pub fn touch_rows(&mut self, count: u32) {
        if !allocator::has_room(0) {
            return;
        }
        exchange::with(|exchange| {
            for row in exchange.value(count * 4).as_chunks::<4>().0 {
                self.store.touch(RowId::from_number(u32::from_le_bytes(*row)));
            }
        });
    }

    /// Whether a key that is missing is known to have expired.
    #[wasm_bindgen(js_name = hasExpired)]
    pub fn has_expired(&self, from: u32, to: u32, now: f64) -> bool {
        exchange::with(|exchange| self.store.has_expired(exchange.key(from, to), now as u64))
    }

    /// Writes what is known of an entry as a record; `MISSING` when it is not there.
    pub fn meta(&mut self, from: u32, to: u32, now: f64) -> i32 {
        let written = exchange::with(|exchange| {
            let (key, now) = (exchange.key(from, to), now as u64);
            self.ask_to_read(key)?;
            if let Some(journal) = &mut self.journal {
                journal.read_metadata(&mut self.store, key, now);
            }
            let Some(row) = self.store.find(key, now) else {
                return Ok(MISSING);
            };
            let entry = self.store.entry(row);
            ask(entry.metadata.map_or(0, |metadata| 3 * metadata.bytes() + 64 * (metadata.tags.len() + metadata.properties.len()) as u64))?;
            exchange.clear_out();
            write_meta(&mut exchange.out, &entry);
            exchange.answer_out();
            Ok(0)
        });
        written.unwrap_or_else(|error: Error| fail(&error))
    }

    /// Commits what was staged; returns how many entries it found, or a negative `FAILED`. What it touched is told by `drain`.
    pub fn commit(&mut self, now: f64) -> f64 {
        let staged = self.take_staged();
        memory::grow_ahead();
        let done = staged.and_then(|staged| {
            self.ask_to_commit(&staged, now as u64)?;
            let (conditions, operations) = (staged.conditions(), staged.operations());
            match (&mut self.journal, &mut self.replica) {
                (Some(journal), _) => journal.apply(&mut self.store, &conditions, &operations, now as u64),
                (None, Some(replica)) => replica.apply(&mut self.store, &operations, now as u64),
                (None, None) => self.store.apply(&conditions, &operations, now as u64),
            }
        });
        receipt(done)
    }

    /// Lets what is due expire. `TOLD` when something did, `FAILED` where there is no memory for that.
    pub fn advance(&mut self, now: f64) -> i32 {
        if let Err(error) = self.ask_to_expire(now as u64) {
            return fail(&error);
        }
        match &mut self.replica {
            Some(replica) => replica.advance(&mut self.store, now as u64),
            None => self.store.advance(now as u64),
        };
        let outbox = self.store.outbox();
        if outbox.is_empty() { MISSING } else { TOLD }
    }

    /// Tells what happened since the last call: `false` when it is no more than some rows, which are left as numbers; else as a record.
    pub fn drain(&mut self) -> bool {
        let outbox = self.store.take_outbox();
        let confirmed = self.replica.as_mut().map(|replica| replica.take_confirmed()).unwrap_or_default();
        let has_more = outbox.cleared || !outbox.commits.is_empty() || !confirmed.is_empty();
        exchange::with(|exchange| {
            if has_more {
                exchange.clear_out();
                write_outbox(&mut exchange.out, &outbox, &confirmed);
                exchange.answer_out();
            } else {
                exchange.answer_rows(outbox.rows.iter().map(|row| row.number()));
            }
        });
        has_more
    }

    /// Sets whether commits, and whether expiry and eviction, are noted in detail.
    pub fn observe(&mut self, commits: bool, removals: bool) {
        let detail = |changes| if changes { Detail::Changes } else { Detail::Rows };
        self.store.observe(detail(commits), detail(removals));
    }

    /// A time before which nothing expires; infinite when nothing has a deadline.
    #[wasm_bindgen(js_name = nextDeadline)]
    pub fn next_deadline(&self) -> f64 {
        deadline(self.store.next_deadline())
    }

    /// The number of the last commit.
    pub fn version(&self) -> f64 {
        self.store.version() as f64
    }

    /// How many keys begin with a prefix.
    pub fn count(&mut self, from: u32, to: u32, now: f64) -> f64 {
        let counted = exchange::with(|exchange| {
            let prefix = exchange.key(from, to);
            self.read_range(Range { prefix, ..Range::default() }, now)?;
            // All of them are known without being listed.
            if !prefix.is_empty() || self.store.state().may_be_due(now as u64) {
                ask(room::listing(&self.store))?;
            }
            Ok(self.store.count(prefix, now as u64) as f64)
        });
        counted.unwrap_or_else(|error: Error| f64::from(fail(&error)))
    }

    /// Bounds the keys with a prefix.
    pub fn bind(&mut self, from: u32, to: u32, max_entries: Option<f64>, max_bytes: Option<f64>, now: f64) -> i32 {
        let limits = limits(max_entries, max_bytes);
        let bound = exchange::with(|exchange| {
            let prefix = exchange.key(from, to);
            let within = Weight::of(&mut self.store, prefix, now as u64)?;
            let given = Weight { entries: limits.max_entries.unwrap_or_default(), bytes: limits.max_bytes.unwrap_or_default() };
            let evicting = room::evicting(&self.store, prefix.strip_suffix(':').unwrap_or_default(), given, self.is_shared());
            ask(evicting + room::writing(&self.store, Weight::default(), within, self.is_shared()))?;
            self.store.bind(prefix, limits, now as u64)
        });
        bound.map_or_else(|error| fail(&error), |()| 0)
    }

    /// An independent store of the keys with a prefix, under their short keys.
    #[wasm_bindgen(js_name = cloneScope)]
    pub fn clone_scope(&mut self, from: u32, to: u32, now: f64) -> Option<RawStore> {
        let cloned = exchange::with(|exchange| {
            let prefix = exchange.key(from, to);
            let copied = if prefix.is_empty() { Weight::default() } else { Weight::of(&mut self.store, prefix, now as u64)? };
            ask(room::writing(&self.store, copied, Weight::default(), false))?;
            let sharing = if prefix.is_empty() { self.sharing.clone() } else { Rc::default() };
            Ok(Self::sharing(self.store.clone_scope(prefix, now as u64), sharing))
        });
        memory::grow_ahead();
        or_fault(cloned)
    }

    /// Answers four numbers: entries and bytes under a prefix, evictions and expirations of the whole store.
    pub fn stats(&mut self, from: u32, to: u32, now: f64) -> i32 {
        let answered = exchange::with(|exchange| {
            let prefix = exchange.key(from, to);
            self.read_range(Range { prefix, ..Range::default() }, now)?;
            let Weight { entries, bytes } = Weight::of(&mut self.store, prefix, now as u64)?;
            let stats = self.store.stats();
            for (at, number) in [entries, bytes, stats.evictions, stats.expirations].into_iter().enumerate() {
                exchange.answer(at, number as f64);
            }
            Ok(0)
        });
        answered.unwrap_or_else(|error: Error| fail(&error))
    }

    /// Finds a live entry, and notes that it was looked for.
    #[inline(always)]
    fn find(&mut self, key: &str, now: u64) -> Result<Option<RowId>, Error> {
        if self.journal.is_some() {
            self.read(key, now)?;
        }
        Ok(self.store.find(key, now))
    }

    #[inline(never)]
    fn read(&mut self, key: &str, now: u64) -> Result<(), Error> {
        self.ask_to_read(key)?;
        if let Some(journal) = &mut self.journal {
            journal.read(&mut self.store, key, now);
        }
        Ok(())
    }

    pub(super) fn read_range(&mut self, range: Range<'_>, now: f64) -> Result<(), Error> {
        if self.journal.is_some() {
            self.ask_to_read(range.prefix)?;
        }
        if let Some(journal) = &mut self.journal {
            journal.read_range(&mut self.store, range, now as u64);
        }
        Ok(())
    }

    /// Applies one operation, and notes it.
    #[inline(always)]
    fn apply(&mut self, operation: Operation<'_>, now: u64) -> Result<Receipt, Error> {
        match (&mut self.journal, &mut self.replica) {
            (None, None) => self.store.apply(&[], &[operation], now),
            (Some(journal), _) => journal.apply(&mut self.store, &[], &[operation], now),
            (None, Some(replica)) => replica.apply(&mut self.store, &[operation], now),
        }
    }

    fn answer_value(&self, exchange: &mut Exchange, row: RowId) -> i32 {
        let (value, until) = self.store.value(row);
        exchange.answer_bytes(value.bytes.as_ptr(), value.bytes.len());
        exchange.answer(ENCODING, f64::from(value.encoding));
        exchange.answer(DEADLINE, deadline(until));
        row.number().cast_signed()
    }

    /// What a commit of one operation answers.
    fn answer(&mut self, done: Result<bool, Error>) -> i32 {
        memory::grow_ahead();
        match done {
            Ok(found) => match self.store.take_only_row() {
                Some(row) => row.number().cast_signed(),
                // A fork tells no rows, and nothing is kept by row for it.
                None if self.store.outbox().is_empty() => {
                    if found {
                        0
                    } else {
                        MISSING
                    }
                }
                None => TOLD,
            },
            Err(error) => fail(&error),
        }
    }
}

/// What was made; where it was refused nothing, and a fault.
pub(super) fn or_fault<T>(made: Result<T, Error>) -> Option<T> {
    made.map_err(|error| fail(&error)).ok()
}

/// What a commit of several operations answers; what it touched is told by `drain`.
pub(super) fn receipt(done: Result<Receipt, Error>) -> f64 {
    match done {
        Ok(receipt) => receipt.affected as f64,
        Err(error) => f64::from(fail(&error)),
    }
}

fn limits(max_entries: Option<f64>, max_bytes: Option<f64>) -> Limits {
    Limits { max_entries: max_entries.map(|limit| limit as u64), max_bytes: max_bytes.map(|limit| limit as u64) }
}

fn deadline(millis: u64) -> f64 {
    if millis == NEVER { f64::INFINITY } else { millis as f64 }
}
