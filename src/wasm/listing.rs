//! Listings for JavaScript: entries in batches of records. The first batch comes with the call that lists, and most listings end with it.

use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;

use super::questions::ask_query;
use super::records::{write_texts, write_u32, write_value};
use super::room::{self, ask};
use super::store::RawStore;
use super::{exchange, fail};
use crate::error::Error;
use crate::listing::{Listing, Range};
use crate::state::RowId;

/// Entries of the first batch; later ones are larger, up to the largest.
const FIRST_BATCH: usize = 128;
const LARGEST_BATCH: usize = 1024;

/// A batch ends when its values have so many bytes, so that large ones do not pile up in memory.
const MOST_BYTES: usize = 1 << 18;

/// What the keys of a batch take at most.
const KEYS: u64 = 1 << 17;

/// There may be more than the batch that was written.
const MORE: i32 = 1;

/// What is left of a listing.
#[wasm_bindgen]
pub struct RawListing {
    listing: Listing,
    /// How many bytes of each key are the scope's.
    scope_bytes: usize,
    /// Whether values are wanted too.
    values: bool,
    /// How many entries are still wanted.
    left: usize,
    batch: usize,
    /// The row that the last batch had no room for.
    held: Option<RowId>,
    /// Shows the store that its pages are shared.
    _sharing: Rc<()>,
}

#[wasm_bindgen]
impl RawListing {
    /// Writes the next entries as a batch, keys relative to the scope; [`MORE`] where there may be others, else 0; `FAILED` where there is no memory
    /// for the next one.
    pub fn next(&mut self) -> i32 {
        match self.write_batch() {
            Ok(true) => MORE,
            Ok(false) => 0,
            Err(error) => fail(&error),
        }
    }

    /// Writes a batch; whether there may be more.
    fn write_batch(&mut self) -> Result<bool, Error> {
        let wanted = self.batch.min(self.left);
        exchange::with(|exchange| {
            exchange.clear_out();
            let mut rows = Vec::new();
            let mut bytes = 0;
            let mut has_more = true;
            while rows.len() < wanted && bytes < MOST_BYTES {
                let Some(row) = self.held.take().or_else(|| self.listing.next_row()) else {
                    has_more = false;
                    break;
                };
                let value = if self.values { self.listing.value(row).bytes.len() } else { 0 };
                // The record grows by doubling.
                if let Err(error) = ask(4 * (bytes + value) as u64 + KEYS) {
                    self.held = Some(row);
                    if rows.is_empty() {
                        return Err(error);
                    }
                    break;
                }
                bytes += value;
                rows.push(row);
            }
            self.left -= rows.len();
            self.batch = (self.batch * 4).min(LARGEST_BATCH);
            let out = &mut exchange.out;
            write_u32(out, rows.len());
            // Where the keys lie is read of all before any is copied: see `retain_live`.
            let keys: Vec<&[u8]> = rows.iter().map(|row| self.listing.key(*row).get(self.scope_bytes..).unwrap_or_default()).collect();
            write_texts(out, &keys);
            for row in rows.iter().filter(|_| self.values) {
                write_value(out, Some(self.listing.value(*row)));
            }
            exchange.answer_out();
            Ok(has_more && self.left > 0)
        })
    }
}

// Each argument is a number that crosses as it is.
#[allow(clippy::too_many_arguments)]
#[wasm_bindgen]
impl RawStore {
    /// Lists the keys with a prefix, at most `limit`, beyond the full key that the host wrote as a value where `after` is its length, not negative.
    /// Writes the first batch and answers as `next` does; `rest` gives what may be left.
    pub fn list(&mut self, from: u32, to: u32, scope_bytes: u32, after: i32, reverse: bool, limit: u32, values: bool, now: f64) -> i32 {
        let listing = exchange::with(|exchange| {
            let after = u32::try_from(after).ok().and_then(|length| std::str::from_utf8(exchange.value(length)).ok());
            let range = Range { prefix: exchange.key(from, to), after, reverse };
            self.read_range(range, now)?;
            ask(room::listing(&self.store))?;
            Ok(self.store.list(range, now as u64))
        });
        self.begin(listing, scope_bytes, limit, values)
    }

    /// Lists the keys with a prefix that meet the query that the host wrote as a value, as `list` does.
    pub fn query(&mut self, from: u32, to: u32, scope_bytes: u32, length: u32, values: bool, now: f64) -> i32 {
        let listing = exchange::with(|exchange| {
            let prefix = exchange.key(from, to);
            self.read_range(Range { prefix, ..Range::default() }, now)?;
            ask(16 * u64::from(length))?;
            ask_query(prefix, exchange.value(length), |query| {
                ask(room::querying(&self.store, &query))?;
                Ok(self.store.query(query, now as u64))
            })
        });
        self.begin(listing, scope_bytes, u32::MAX, values)
    }

    /// What is left of the listing that began last, where there may be more.
    pub fn rest(&mut self) -> Option<RawListing> {
        self.rest.take()
    }

    fn begin(&mut self, listing: Result<Listing, Error>, scope_bytes: u32, limit: u32, values: bool) -> i32 {
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) => return fail(&error),
        };
        let (scope_bytes, left) = (scope_bytes as usize, limit as usize);
        let mut raw = RawListing { listing, scope_bytes, values, left, batch: FIRST_BATCH, held: None, _sharing: self.sharing.clone() };
        let answer = raw.next();
        self.rest = (answer == MORE).then_some(raw);
        answer
    }
}
