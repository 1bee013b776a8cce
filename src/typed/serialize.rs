//! From a type's own description of itself (serde's `Serialize`) to a document.
//!
//! Whole numbers beyond 2⁵³ become bigints, so that none is rounded; those within become numbers, which JavaScript reads as such.

use std::fmt::Display;

use serde::ser::{self, Serialize};

use super::types::DATE;
use crate::document::{Document, Fields, LAST_DATE, MAX_NESTING, MAX_SAFE_INTEGER, Refusal, Text, in_order};

/// The document of a value.
pub(super) fn to_document<T: Serialize + ?Sized>(value: &T) -> Result<Document, Refusal> {
    value.serialize(Writer { depth: 0 })
}

impl ser::Error for Refusal {
    /// The type's own words may hold a value, so they are not kept.
    fn custom<T: Display>(_: T) -> Self {
        Self::new("refuses to be written")
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.reason)
    }
}

impl std::error::Error for Refusal {}

fn whole(number: i128) -> Document {
    if number.unsigned_abs() <= MAX_SAFE_INTEGER.into() { Document::Number(number as f64) } else { Document::BigInt(number.to_string()) }
}

/// Writes what stands within so many containers.
#[derive(Clone, Copy)]
struct Writer {
    depth: usize,
}

impl Writer {
    fn inner(self) -> Result<Self, Refusal> {
        if self.depth < MAX_NESTING { Ok(Self { depth: self.depth + 1 }) } else { Err(Refusal::new("is nested more than 500 deep")) }
    }

    fn array(self, length: Option<usize>, variant: Option<&'static str>) -> Result<ArrayWriter, Refusal> {
        let outer = if variant.is_some() { self.inner()? } else { self };
        // No more room than a length that nobody has checked may ask for.
        Ok(ArrayWriter { items: Vec::with_capacity(length.unwrap_or_default().min(1024)), inner: outer.inner()?, variant })
    }

    fn object(self, variant: Option<&'static str>) -> Result<ObjectWriter, Refusal> {
        let outer = if variant.is_some() { self.inner()? } else { self };
        Ok(ObjectWriter { fields: Fields::default(), name: None, inner: outer.inner()?, variant })
    }
}

/// A document, or an object with it as the only property where it is a variant of an enum.
fn tagged(variant: Option<&'static str>, document: Document) -> Document {
    match variant {
        Some(name) => Document::Object(std::iter::once((Text::from(name), document)).collect()),
        None => document,
    }
}

macro_rules! whole_numbers {
    ($($method:ident $number:ty),*) => {$(
        fn $method(self, number: $number) -> Result<Document, Refusal> {
            Ok(whole(number.into()))
        }
    )*};
}

impl ser::Serializer for Writer {
    type Ok = Document;
    type Error = Refusal;
    type SerializeSeq = ArrayWriter;
    type SerializeTuple = ArrayWriter;
    type SerializeTupleStruct = ArrayWriter;
    type SerializeTupleVariant = ArrayWriter;
    type SerializeMap = ObjectWriter;
    type SerializeStruct = ObjectWriter;
    type SerializeStructVariant = ObjectWriter;

    whole_numbers!(serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128);
    whole_numbers!(serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64);

    fn serialize_u128(self, number: u128) -> Result<Document, Refusal> {
        Ok(i128::try_from(number).map_or_else(|_| Document::BigInt(number.to_string()), whole))
    }

    fn serialize_bool(self, value: bool) -> Result<Document, Refusal> {
        Ok(Document::Bool(value))
    }

    fn serialize_f32(self, number: f32) -> Result<Document, Refusal> {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<Document, Refusal> {
        // A sum with zero has no negative zero.
        if number.is_finite() { Ok(Document::Number(number + 0.0)) } else { Err(Refusal::new("is not a finite number")) }
    }

    fn serialize_char(self, letter: char) -> Result<Document, Refusal> {
        self.serialize_str(letter.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<Document, Refusal> {
        Ok(Document::Text(text.into()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Document, Refusal> {
        Ok(Document::Bytes(bytes.into()))
    }

    fn serialize_none(self) -> Result<Document, Refusal> {
        Ok(Document::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Document, Refusal> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Document, Refusal> {
        Ok(Document::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Document, Refusal> {
        Ok(Document::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Document, Refusal> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Document, Refusal> {
        let document = value.serialize(self)?;
        if name != DATE {
            return Ok(document);
        }
        match document {
            Document::Number(time) if time.abs() <= LAST_DATE as f64 => Ok(Document::Date(time as i64)),
            _ => Err(Refusal::new("is an invalid date")),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Document, Refusal> {
        let document = value.serialize(self.inner()?).map_err(|refusal| refusal.within(variant))?;
        Ok(tagged(Some(variant), document))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<ArrayWriter, Refusal> {
        self.array(length, None)
    }

    fn serialize_tuple(self, length: usize) -> Result<ArrayWriter, Refusal> {
        self.array(Some(length), None)
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<ArrayWriter, Refusal> {
        self.array(Some(length), None)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, length: usize) -> Result<ArrayWriter, Refusal> {
        self.array(Some(length), Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<ObjectWriter, Refusal> {
        self.object(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<ObjectWriter, Refusal> {
        self.object(None)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<ObjectWriter, Refusal> {
        self.object(Some(variant))
    }
}

/// An array so far.
struct ArrayWriter {
    items: Vec<Document>,
    inner: Writer,
    variant: Option<&'static str>,
}

impl ArrayWriter {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        let item = value.serialize(self.inner).map_err(|refusal| refusal.at(self.items.len()))?;
        self.items.push(item);
        Ok(())
    }

    fn finish(self) -> Document {
        tagged(self.variant, Document::Array(self.items))
    }
}

/// An object so far.
struct ObjectWriter {
    fields: Fields,
    name: Option<Text>,
    inner: Writer,
    variant: Option<&'static str>,
}

impl ObjectWriter {
    fn insert<T: Serialize + ?Sized>(&mut self, name: Text, value: &T) -> Result<(), Refusal> {
        let document = value.serialize(self.inner).map_err(|refusal| refusal.within(name.as_str().unwrap_or_default()))?;
        self.fields.insert(name, document);
        Ok(())
    }

    fn finish(self) -> Document {
        tagged(self.variant, Document::Object(in_order(self.fields)))
    }
}

macro_rules! array_of {
    ($($of:ident $method:ident),*) => {$(
        impl ser::$of for ArrayWriter {
            type Ok = Document;
            type Error = Refusal;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
                self.push(value)
            }

            fn end(self) -> Result<Document, Refusal> {
                Ok(self.finish())
            }
        }
    )*};
}

array_of!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

macro_rules! object_of {
    ($($of:ident),*) => {$(
        impl ser::$of for ObjectWriter {
            type Ok = Document;
            type Error = Refusal;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refusal> {
                self.insert(name.into(), value)
            }

            fn end(self) -> Result<Document, Refusal> {
                Ok(self.finish())
            }
        }
    )*};
}

object_of!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for ObjectWriter {
    type Ok = Document;
    type Error = Refusal;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refusal> {
        self.name = Some(match key.serialize(self.inner)? {
            Document::Text(name) => name,
            Document::Number(number) if number.fract() == 0.0 => Text::from(&*format!("{}", number as i64)),
            Document::BigInt(digits) => Text(digits.into_bytes()),
            Document::Bool(value) => Text::from(if value { "true" } else { "false" }),
            _ => return Err(Refusal::new("has a key that is no text, whole number or boolean")),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        let name = self.name.take().unwrap_or_default();
        self.insert(name, value)
    }

    fn end(self) -> Result<Document, Refusal> {
        Ok(self.finish())
    }
}
