//! Listings for JavaScript: entries in batches of records.

use wasm_bindgen::prelude::wasm_bindgen;

use super::exchange;
use super::records::{write_texts, write_value};
use crate::listing::Listing;

/// A batch ends when it has so many bytes, so that large values do not pile up in memory.
const LARGEST_BATCH: usize = 1 << 18;

/// Stands beside the count of the last batch.
const ENDED: u32 = 1 << 31;

/// What is left of a listing.
#[wasm_bindgen]
pub struct RawListing {
    listing: Listing,
    /// How many bytes of each key are the scope's.
    scope_bytes: usize,
}

impl RawListing {
    pub(super) fn new(listing: Listing, scope_bytes: u32) -> Self {
        Self { listing, scope_bytes: scope_bytes as usize }
    }
}

#[wasm_bindgen]
impl RawListing {
    /// Writes the next entries, keys relative to the scope, as records; returns how many, and [`ENDED`] beside it when there are no more.
    pub fn next(&mut self, limit: u32, values: bool) -> u32 {
        exchange::with(|exchange| {
            exchange.clear_out();
            let mut rows = Vec::new();
            let mut bytes = 0;
            let mut ended = 0;
            while rows.len() < limit as usize && bytes < LARGEST_BATCH {
                let Some(row) = self.listing.next_row() else {
                    ended = ENDED;
                    break;
                };
                if values {
                    bytes += self.listing.value(row).bytes.len();
                }
                rows.push(row);
            }
            let out = &mut exchange.out;
            write_texts(out, rows.iter().map(|row| self.listing.key(*row).get(self.scope_bytes..).unwrap_or_default()));
            if values {
                rows.iter().for_each(|row| write_value(out, Some(self.listing.value(*row))));
            }
            exchange.answer_out();
            rows.len() as u32 | ended
        })
    }
}
