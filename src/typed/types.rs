//! The kinds of values that JavaScript has and serde's data model has not, as types.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// By this name a [`Date`] makes itself known to the serializers of this crate; to others it is a number.
pub(super) const DATE: &str = "$holdall::Date";

/// A point in time, in milliseconds since 1970-01-01T00:00Z: what a `Date` is in JavaScript, and within the same 8.64 × 10¹⁵ of 1970.
///
/// ```
/// use holdall::{Date, Options, Typed};
///
/// let mut store = Typed::new(Options::default(), || 0)?;
/// store.set("due", &Date(1_700_000_000_000))?;
/// assert_eq!(store.get("due")?, Some(Date(1_700_000_000_000)));
/// assert!(store.get::<i64>("due").is_err(), "a date is no number");
/// # Ok::<(), holdall::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i64);

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(DATE, &self.0)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;
        impl<'de> Visitor<'de> for DateVisitor {
            type Value = Date;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Date, D::Error> {
                i64::deserialize(deserializer).map(Date)
            }
        }
        deserializer.deserialize_newtype_struct(DATE, DateVisitor)
    }
}

/// Bytes: what a `Uint8Array` is in JavaScript. A `Vec<u8>` is an array of numbers instead; types of `serde_bytes` are bytes too.
///
/// ```
/// use holdall::{Bytes, Options, Typed};
///
/// let mut store = Typed::new(Options::default(), || 0)?;
/// store.set("key", &Bytes(vec![1, 2, 3]))?;
/// assert_eq!(store.get("key")?, Some(Bytes(vec![1, 2, 3])));
/// # Ok::<(), holdall::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl<'de> Visitor<'de> for BytesVisitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.into()))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }

            // Formats without bytes write them as numbers.
            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = numbers.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}
