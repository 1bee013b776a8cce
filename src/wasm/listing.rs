//! Listings for JavaScript: entries in batches of records.

use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;

use super::records::{write_texts, write_value};
use super::room::ask;
use super::{exchange, fail};
use crate::listing::Listing;
use crate::state::RowId;

/// A batch ends when it has so many bytes, so that large values do not pile up in memory.
const LARGEST_BATCH: usize = 1 << 18;

/// What the keys of a batch take at most.
const KEYS: u64 = 1 << 17;

/// Stands beside the count of the last batch.
const ENDED: u32 = 1 << 31;

/// What is left of a listing.
#[wasm_bindgen]
pub struct RawListing {
    listing: Listing,
    /// How many bytes of each key are the scope's.
    scope_bytes: usize,
    /// The row that the last batch had no room for.
    held: Option<RowId>,
    /// Shows the store that its pages are shared.
    _sharing: Rc<()>,
}

impl RawListing {
    pub(super) fn new(listing: Listing, scope_bytes: u32, sharing: Rc<()>) -> Self {
        Self { listing, scope_bytes: scope_bytes as usize, held: None, _sharing: sharing }
    }
}

#[wasm_bindgen]
impl RawListing {
    /// Writes the next entries, keys relative to the scope, as records; returns how many, and [`ENDED`] beside it when there are no more;
    /// `FAILED` where there is no memory for the next one.
    pub fn next(&mut self, limit: u32, values: bool) -> f64 {
        let written = exchange::with(|exchange| {
            exchange.clear_out();
            let mut rows = Vec::new();
            let mut bytes = 0;
            let mut ended = 0;
            while rows.len() < limit as usize && bytes < LARGEST_BATCH {
                let Some(row) = self.held.take().or_else(|| self.listing.next_row()) else {
                    ended = ENDED;
                    break;
                };
                let value = if values { self.listing.value(row).bytes.len() } else { 0 };
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
            let out = &mut exchange.out;
            write_texts(out, rows.iter().map(|row| self.listing.key(*row).get(self.scope_bytes..).unwrap_or_default()));
            if values {
                for row in &rows {
                    write_value(out, Some(self.listing.value(*row)));
                }
            }
            exchange.answer_out();
            Ok(rows.len() as u32 | ended)
        });
        written.map_or_else(|error| f64::from(fail(&error)), f64::from)
    }
}
