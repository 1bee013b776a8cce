//! Documents: values as the table of encodings (`ts/store/values/encoding.ts`) has them, between their bytes and whatever reads or writes them
//! natively. Nothing is lost on the way: bigints keep their digits, texts their lone surrogates, objects the order that JavaScript gives them.
//!
//! `encoding.rs` is the table. `parse.rs` and `write.rs` read JSON and print it as JavaScript does, `tagged.rs` reads the tags that stand for dates,
//! bigints and bytes within it, `base64.rs` the bytes among them.

mod base64;
mod encoding;
mod parse;
mod tagged;
mod write;

use std::fmt::Write as _;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

pub(crate) use encoding::{decode, encode, needs_tags};
pub(crate) use parse::parse;
pub(crate) use tagged::untag;
pub(crate) use write::{quote, write};

/// Containers within containers: a value may nest so deep and no deeper.
pub(crate) const MAX_NESTING: usize = 500;

/// The greatest number up to which every whole number is one in JavaScript: 2⁵³ − 1.
pub(crate) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The furthest that a date is from 1970, in milliseconds.
pub(crate) const LAST_DATE: i64 = 8_640_000_000_000_000;

/// A text, perhaps with lone surrogates: UTF-8, but that those stand in it as three bytes each (WTF-8).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Text(pub(crate) Vec<u8>);

impl Text {
    /// The text, unless it holds a lone surrogate.
    pub(crate) fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// The properties of an object, in their order.
pub(crate) type Fields = IndexMap<Text, Document, FixedState>;

/// A value of any kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document {
    Null,
    Bool(bool),
    /// Finite.
    Number(f64),
    /// Decimal digits, `-` before them where it is negative.
    BigInt(String),
    /// Milliseconds since 1970.
    Date(i64),
    Bytes(Vec<u8>),
    Text(Text),
    Array(Vec<Document>),
    Object(Fields),
}

/// Why a value is not one, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What stands behind the `$` of the path.
    path: String,
    pub(crate) reason: &'static str,
}

impl Refusal {
    pub(crate) const fn new(reason: &'static str) -> Self {
        Self { path: String::new(), reason }
    }

    /// The place, such as `$.items[3]`.
    pub(crate) fn path(&self) -> String {
        format!("${}", self.path)
    }

    /// The same, seen from the array around it.
    pub(crate) fn at(mut self, index: usize) -> Self {
        self.path.insert_str(0, &format!("[{index}]"));
        self
    }

    /// The same, seen from the object around it.
    pub(crate) fn within(mut self, name: &str) -> Self {
        let mut step = String::new();
        let is_plain = |(at, letter): (usize, char)| {
            letter == '_' || letter == '$' || letter.is_ascii_alphabetic() || (at > 0 && letter.is_ascii_digit())
        };
        if !name.is_empty() && name.chars().enumerate().all(is_plain) {
            let _ = write!(step, ".{name}");
        } else {
            let mut quoted = Vec::new();
            quote(&mut quoted, name.as_bytes());
            let _ = write!(step, "[{}]", String::from_utf8_lossy(&quoted));
        }
        self.path.insert_str(0, &step);
        self
    }
}

/// Puts properties into the order that JavaScript keeps them in: those whose names are array indices first, by number, then the others as they came.
pub(crate) fn in_order(fields: Fields) -> Fields {
    if fields.keys().all(|name| index_of(name).is_none()) {
        return fields;
    }
    let (mut indices, others): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(name, _)| index_of(name).is_some());
    indices.sort_by_key(|(name, _)| index_of(name));
    indices.into_iter().chain(others).collect()
}

fn index_of(name: &Text) -> Option<u32> {
    let text = name.as_str()?;
    let index = text.parse::<u32>().ok()?;
    let is_canonical = text == "0" || !text.starts_with(['0', '+']);
    (is_canonical && index != u32::MAX).then_some(index)
}
