//! Queries and lists of texts as the host writes them into the value area: records, little-endian, written by `ts/store/exchange.ts`.
//!
//! Lists that wasm-bindgen passes were measured at 1 kB more of gzipped wasm, and 2 kB of its JavaScript.
//!
//! - bytes: `u32` length, the bytes
//! - texts: `u32` count, each as bytes
//! - a query: `u32` encodings, a bit each (all bits: any), texts that all are tags, `u32` 1 and texts of which any is a tag, else 0, `u32` count of
//!   properties, each as name bytes, `u32` encoding (255: any value), value bytes

use crate::entry::Value;
use crate::query::{PropertyCondition, Query};

const ANY_ENCODING: u32 = u32::MAX;
const ANY_VALUE: u32 = 255;

/// What is left of a record. Beyond its end everything is zero and empty.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn u32(&mut self) -> u32 {
        self.take(4).first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn bytes(&mut self) -> &'a [u8] {
        let length = self.u32();
        self.take(length as usize)
    }

    fn text(&mut self) -> &'a str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    fn texts(&mut self) -> Vec<&'a str> {
        (0..self.u32()).map(|_| self.text()).collect()
    }
}

/// Reads texts.
pub(super) fn texts(record: &[u8]) -> Vec<&str> {
    Rest(record).texts()
}

/// Reads a query and asks it of the keys with a prefix.
pub(super) fn ask_query<R>(prefix: &str, record: &[u8], ask: impl FnOnce(Query<'_>) -> R) -> R {
    let mut rest = Rest(record);
    let encodings = rest.u32();
    let all_tags = rest.texts();
    let any_tags = if rest.u32() == 1 { Some(rest.texts()) } else { None };
    let properties: Vec<PropertyCondition<'_>> = (0..rest.u32())
        .map(|_| {
            let (name, encoding, bytes) = (rest.text(), rest.u32(), rest.bytes());
            PropertyCondition { name, value: (encoding != ANY_VALUE).then_some(Value { encoding: encoding as u8, bytes }) }
        })
        .collect();
    ask(Query {
        prefix,
        all_tags: &all_tags,
        any_tags: any_tags.as_deref(),
        properties: &properties,
        encodings: (encodings != ANY_ENCODING).then_some(encodings),
    })
}
