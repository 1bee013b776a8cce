//! A store for JavaScript. Keys are given by their places in the key area, scope prefix included.

use std::sync::Arc;

use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(not(feature = "replica"))]
use super::alone::{Replica, Seen};
use super::exchange::{self, DEADLINE, ENCODING, Exchange};
use super::listing::RawListing;
use super::questions::{ask, texts};
use super::records::{write_meta, write_outbox};
use super::{MISSING, TOLD, fail, memory};
use crate::batch::Batch;
use crate::bounds::{Limits, Policy};
use crate::commit::{Operation, Receipt};
use crate::entry::{MetadataPatch, Properties, Value};
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

fn ttl(number: f64) -> Ttl {
    match number {
        TTL_NEVER => Ttl::Never,
        TTL_DEFAULT => Ttl::Default,
        TTL_KEEP => Ttl::Keep,
        deadline if deadline < TTL_KEEP => Ttl::Until(-deadline as u64),
        span => Ttl::Span(span as u64),
    }
}

/// A store, the commit that is being staged for it, the journal of a transaction where it is the fork of one, and what makes it a replica.
#[wasm_bindgen]
pub struct RawStore {
    pub(super) store: Store,
    pub(super) staged: Batch,
    pub(super) journal: Option<Box<Journal>>,
    pub(super) replica: Option<Box<Replica>>,
    /// Of the fork of a replica, what was known when it was made.
    pub(super) seen: Seen,
}

impl RawStore {
    /// A plain store.
    pub(super) fn plain(store: Store) -> Self {
        Self { store, staged: Batch::default(), journal: None, replica: None, seen: Seen::default() }
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
        match Store::new(options) {
            Ok(store) => Some(Self::plain(store)),
            Err(error) => {
                fail(&error);
                None
            }
        }
    }

    /// Sets a value that the host wrote.
    pub fn set(&mut self, from: u32, to: u32, length: u32, encoding: u8, span: f64, now: f64) -> i32 {
        let done = exchange::with(|exchange| {
            let value = Value { encoding, bytes: exchange.value(length) };
            let put = Operation::Put { key: exchange.key(from, to), value, ttl: ttl(span), metadata: None };
            self.apply(put, now as u64)
        });
        self.answer(done.map(|_| true))
    }

    /// Deletes a key.
    pub fn remove(&mut self, from: u32, to: u32, now: f64) -> i32 {
        let done = exchange::with(|exchange| self.apply(Operation::Delete { key: exchange.key(from, to) }, now as u64));
        self.answer(done.map(|receipt| receipt.affected > 0))
    }

    /// Finds a value and leaves its place, encoding and deadline; counts as a use.
    pub fn get(&mut self, from: u32, to: u32, now: f64) -> i32 {
        exchange::with(|exchange| match self.find(exchange.key(from, to), now as u64) {
            Some(row) => {
                self.store.touch(row);
                self.answer_value(exchange, row)
            }
            None => MISSING,
        })
    }

    /// As `get`, without counting as a use.
    pub fn peek(&mut self, from: u32, to: u32, now: f64) -> i32 {
        exchange::with(|exchange| match self.find(exchange.key(from, to), now as u64) {
            Some(row) => self.answer_value(exchange, row),
            None => MISSING,
        })
    }

    /// Notes uses of rows that the host answered from its memo: `count` numbers of 32 bits in the value area.
    #[wasm_bindgen(js_name = touchRows)]
    pub fn touch_rows(&mut self, count: u32) {
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

    /// Writes what is known of an entry as a record; `false` when it is missing.
    pub fn meta(&mut self, from: u32, to: u32, now: f64) -> bool {
        exchange::with(|exchange| {
            let (key, now) = (exchange.key(from, to), now as u64);
            if let Some(journal) = &mut self.journal {
                journal.read_metadata(&mut self.store, key, now);
            }
            let Some(row) = self.store.find(key, now) else {
                return false;
            };
            exchange.clear_out();
            write_meta(&mut exchange.out, &self.store.entry(row));
            exchange.answer_out();
            true
        })
    }

    /// Stages a put of a value that the host wrote.
    #[wasm_bindgen(js_name = stagePut)]
    pub fn stage_put(&mut self, from: u32, to: u32, length: u32, encoding: u8, span: f64) {
        exchange::with(|exchange| {
            let value = Value { encoding, bytes: exchange.value(length) };
            self.staged.push(&Operation::Put { key: exchange.key(from, to), value, ttl: ttl(span), metadata: None });
        });
    }

    /// Stages a delete.
    #[wasm_bindgen(js_name = stageDelete)]
    pub fn stage_delete(&mut self, from: u32, to: u32) {
        exchange::with(|exchange| self.staged.push(&Operation::Delete { key: exchange.key(from, to) }));
    }

    /// Stages a delete of all keys with a prefix.
    #[wasm_bindgen(js_name = stageDeletePrefix)]
    pub fn stage_delete_prefix(&mut self, from: u32, to: u32) {
        exchange::with(|exchange| self.staged.push(&Operation::DeletePrefix { prefix: exchange.key(from, to) }));
    }

    /// Stages a new time to live.
    #[wasm_bindgen(js_name = stageTouch)]
    pub fn stage_touch(&mut self, from: u32, to: u32, span: f64) {
        exchange::with(|exchange| self.staged.push(&Operation::Touch { key: exchange.key(from, to), ttl: ttl(span) }));
    }

    /// Stages a change of metadata alone, which the following calls describe.
    #[wasm_bindgen(js_name = stageAnnotate)]
    pub fn stage_annotate(&mut self, from: u32, to: u32) {
        let metadata = &MetadataPatch::default();
        exchange::with(|exchange| self.staged.push(&Operation::Annotate { key: exchange.key(from, to), metadata }));
    }

    /// The last staged operation replaces the tags by the texts that the host wrote as a value.
    #[wasm_bindgen(js_name = stageTags)]
    pub fn stage_tags(&mut self, length: u32) {
        let tags = exchange::with(|exchange| texts(exchange.value(length)).into_iter().map(Arc::from).collect());
        self.staged.patch(|patch| patch.tags = Some(tags));
    }

    /// The last staged operation adds a tag.
    #[wasm_bindgen(js_name = stageAddTag)]
    pub fn stage_add_tag(&mut self, tag: &str) {
        self.staged.patch(|patch| patch.add_tag = Some(tag.into()));
    }

    /// The last staged operation removes a tag.
    #[wasm_bindgen(js_name = stageRemoveTag)]
    pub fn stage_remove_tag(&mut self, tag: &str) {
        self.staged.patch(|patch| patch.remove_tag = Some(tag.into()));
    }

    /// The last staged operation replaces the properties, by none until they are given.
    #[wasm_bindgen(js_name = stageProperties)]
    pub fn stage_properties(&mut self) {
        self.staged.patch(|patch| patch.properties = Some(Properties::default()));
    }

    /// One of the properties, or where they are not replaced, one to set beside them; the host wrote its value.
    #[wasm_bindgen(js_name = stageProperty)]
    pub fn stage_property(&mut self, name: &str, length: u32, encoding: u8) {
        let value = exchange::with(|exchange| Value { encoding, bytes: exchange.value(length) }.to_owned());
        self.staged.patch(|patch| {
            if let Some(properties) = &mut patch.properties {
                properties.insert(name.into(), value);
            } else {
                patch.set_property = Some((name.into(), value));
            }
        });
    }

    /// The last staged operation removes a property.
    #[wasm_bindgen(js_name = stageRemoveProperty)]
    pub fn stage_remove_property(&mut self, name: &str) {
        self.staged.patch(|patch| patch.remove_property = Some(name.into()));
    }

    /// The last staged operation replaces the description, or removes it.
    #[wasm_bindgen(js_name = stageDescription)]
    pub fn stage_description(&mut self, description: Option<String>) {
        self.staged.patch(|patch| patch.description = Some(description.map(Into::into)));
    }

    /// Stages a condition: the key has this version.
    #[wasm_bindgen(js_name = stageCondition)]
    pub fn stage_condition(&mut self, from: u32, to: u32, version: f64) {
        exchange::with(|exchange| self.staged.require(exchange.key(from, to), version as u64));
    }

    /// Forgets what was staged.
    pub fn unstage(&mut self) {
        self.staged = Batch::default();
    }

    /// Commits what was staged; returns how many entries it found, or a negative `FAILED`. What it touched is told by `drain`.
    pub fn commit(&mut self, now: f64) -> f64 {
        let staged = std::mem::take(&mut self.staged);
        memory::grow_ahead();
        let (conditions, operations) = (staged.conditions(), staged.operations());
        receipt(match (&mut self.journal, &mut self.replica) {
            (Some(journal), _) => journal.apply(&mut self.store, &conditions, &operations, now as u64),
            (None, Some(replica)) => replica.apply(&mut self.store, &operations, now as u64),
            (None, None) => self.store.apply(&conditions, &operations, now as u64),
        })
    }

    /// Lets what is due expire. `TOLD` when something did.
    pub fn advance(&mut self, now: f64) -> i32 {
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
        exchange::with(|exchange| {
            let prefix = exchange.key(from, to);
            self.read_range(Range { prefix, ..Range::default() }, now);
            self.store.count(prefix, now as u64) as f64
        })
    }

    /// Lists the keys with a prefix, beyond the full key that the host wrote as a value where `after` is its length, not negative.
    pub fn list(&mut self, from: u32, to: u32, scope_bytes: u32, after: i32, reverse: bool, now: f64) -> RawListing {
        exchange::with(|exchange| {
            let after = u32::try_from(after).ok().and_then(|length| std::str::from_utf8(exchange.value(length)).ok());
            let range = Range { prefix: exchange.key(from, to), after, reverse };
            self.read_range(range, now);
            RawListing::new(self.store.list(range, now as u64), scope_bytes)
        })
    }

    /// Lists the keys with a prefix that meet the query that the host wrote as a value.
    pub fn query(&mut self, from: u32, to: u32, scope_bytes: u32, length: u32, now: f64) -> RawListing {
        exchange::with(|exchange| {
            let prefix = exchange.key(from, to);
            self.read_range(Range { prefix, ..Range::default() }, now);
            let listing = ask(prefix, exchange.value(length), |query| self.store.query(query, now as u64));
            RawListing::new(listing, scope_bytes)
        })
    }

    /// Bounds the keys with a prefix.
    pub fn bind(&mut self, from: u32, to: u32, max_entries: Option<f64>, max_bytes: Option<f64>, now: f64) -> i32 {
        let limits = limits(max_entries, max_bytes);
        let bound = exchange::with(|exchange| self.store.bind(exchange.key(from, to), limits, now as u64));
        bound.map_or_else(|error| fail(&error), |()| 0)
    }

    /// An independent store of the keys with a prefix, under their short keys.
    #[wasm_bindgen(js_name = cloneScope)]
    pub fn clone_scope(&mut self, from: u32, to: u32, now: f64) -> RawStore {
        let store = exchange::with(|exchange| self.store.clone_scope(exchange.key(from, to), now as u64));
        memory::grow_ahead();
        Self::plain(store)
    }

    /// Entries, bytes, evictions and expirations.
    pub fn stats(&self) -> Vec<f64> {
        let stats = self.store.stats();
        vec![stats.entries as f64, stats.bytes as f64, stats.evictions as f64, stats.expirations as f64]
    }

    /// Finds a live entry, and notes that it was looked for.
    #[inline(always)]
    fn find(&mut self, key: &str, now: u64) -> Option<RowId> {
        if let Some(journal) = &mut self.journal {
            journal.read(&mut self.store, key, now);
        }
        self.store.find(key, now)
    }

    fn read_range(&mut self, range: Range<'_>, now: f64) {
        if let Some(journal) = &mut self.journal {
            journal.read_range(&mut self.store, range, now as u64);
        }
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
