//! The table of encodings, natively: which number and which bytes a document has. A durable format, described in `ts/store/values/encoding.ts`.

use super::tagged::{bigint_of, date_of};
use super::{Document, Refusal, Text, parse, untag, write};
use crate::entry::{OwnedValue, Value};

const STRING: u8 = 0;
const ESCAPED_STRING: u8 = 1;
const NUMBER: u8 = 2;
const BOOLEAN: u8 = 3;
const NULL: u8 = 4;
const ARRAY: u8 = 5;
const OBJECT: u8 = 6;
const DATE: u8 = 7;
const BIGINT: u8 = 8;
const BYTES: u8 = 9;
const TAGGED_ARRAY: u8 = 10;
const TAGGED_OBJECT: u8 = 11;
const TAGGED_MUTABLE_ARRAY: u8 = 12;
const TAGGED_MUTABLE_OBJECT: u8 = 13;

/// What of a document plain JSON cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tags {
    None,
    /// A bigint, but neither date nor bytes.
    BigInt,
    /// A date or bytes: JavaScript cannot freeze those.
    Mutable,
}

fn tags_of(document: &Document) -> Tags {
    match document {
        Document::BigInt(_) => Tags::BigInt,
        Document::Date(_) | Document::Bytes(_) => Tags::Mutable,
        Document::Array(items) => items.iter().map(tags_of).max().unwrap_or(Tags::None),
        Document::Object(fields) => fields.values().map(tags_of).max().unwrap_or(Tags::None),
        _ => Tags::None,
    }
}

/// Whether plain JSON cannot hold a document.
pub(crate) fn needs_tags(document: &Document) -> bool {
    tags_of(document) != Tags::None
}

/// A document as the bytes that a store holds.
pub(crate) fn encode(document: Document) -> OwnedValue {
    let tags = tags_of(&document);
    let mut bytes = Vec::new();
    let encoding = match document {
        Document::Text(Text(text)) if std::str::from_utf8(&text).is_ok() => {
            return OwnedValue { encoding: STRING, bytes: text.into() };
        }
        Document::BigInt(digits) => return OwnedValue { encoding: BIGINT, bytes: digits.into_bytes().into() },
        Document::Bytes(bytes) => return OwnedValue { encoding: BYTES, bytes: bytes.into() },
        Document::Date(time) => return OwnedValue { encoding: DATE, bytes: time.to_string().into_bytes().into() },
        Document::Text(_) => ESCAPED_STRING,
        Document::Number(_) => NUMBER,
        Document::Bool(_) => BOOLEAN,
        Document::Null => NULL,
        Document::Array(_) | Document::Object(_) => {
            let is_object = u8::from(matches!(document, Document::Object(_)));
            is_object
                + match tags {
                    Tags::None => ARRAY,
                    Tags::BigInt => TAGGED_ARRAY,
                    Tags::Mutable => TAGGED_MUTABLE_ARRAY,
                }
        }
    };
    write(&mut bytes, &document, tags != Tags::None);
    OwnedValue { encoding, bytes: bytes.into() }
}

/// The document that bytes stand for.
pub(crate) fn decode(value: Value<'_>) -> Result<Document, Refusal> {
    if value.encoding == BYTES {
        return Ok(Document::Bytes(value.bytes.into()));
    }
    if value.encoding > TAGGED_MUTABLE_OBJECT {
        return Err(Refusal::new("has an encoding that this version does not know"));
    }
    let damaged = Refusal::new("is damaged");
    let text = std::str::from_utf8(value.bytes).map_err(|_| damaged.clone())?;
    let document = match value.encoding {
        STRING => return Ok(Document::Text(text.into())),
        DATE => return date_of(text).ok_or(damaged),
        BIGINT => return bigint_of(text).ok_or(damaged),
        _ => parse(text).map_err(|_| damaged.clone())?,
    };
    let is_sound = match document {
        Document::Text(_) => value.encoding == ESCAPED_STRING,
        Document::Number(_) => value.encoding == NUMBER,
        Document::Bool(_) => value.encoding == BOOLEAN,
        Document::Null => value.encoding == NULL,
        Document::Array(_) => matches!(value.encoding, ARRAY | TAGGED_ARRAY | TAGGED_MUTABLE_ARRAY),
        _ => matches!(value.encoding, OBJECT | TAGGED_OBJECT | TAGGED_MUTABLE_OBJECT),
    };
    if !is_sound {
        return Err(damaged);
    }
    if value.encoding >= TAGGED_ARRAY { untag(document).map_err(|_| damaged) } else { Ok(document) }
}
