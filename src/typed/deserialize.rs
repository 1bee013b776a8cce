//! From a document to a type, by its own description of itself (serde's `Deserialize`). A number that the type cannot hold exactly is refused, and
//! so are elements that it has no place for; nothing is rounded, cut or wrapped.
//!
//! Where serde itself buffers a value before it knows the type (`flatten`, `untagged` and internally tagged enums) it casts numbers as it likes, and
//! this code cannot see it. Numbers that a double cannot hold are kept out of its reach; an `f32` there is still rounded by serde.

use std::fmt::Display;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::types::DATE;
use crate::document::{Document, Fields, MAX_SAFE_INTEGER, Refusal, Text};

/// The value of a type that a document stands for.
pub(super) fn from_document<T: DeserializeOwned>(document: Document) -> Result<T, Refusal> {
    T::deserialize(Reader(document))
}

impl de::Error for Refusal {
    /// Serde's own words hold the value, so they are not kept.
    fn custom<T: Display>(_: T) -> Self {
        MISMATCH
    }
}

const MISMATCH: Refusal = Refusal::new("is of another type");
const LOSS: Refusal = Refusal::new("is a number that the type cannot hold exactly");
const SURROGATE: Refusal = Refusal::new("is a text with a lone surrogate, which Rust cannot hold");

/// A whole number, as exact as it stands.
#[derive(Clone, Copy)]
enum Whole {
    Signed(i128),
    Unsigned(u128),
}

impl Whole {
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let visited = match self {
            Self::Signed(number) => match (u64::try_from(number), i64::try_from(number)) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => visitor.visit_i128(number),
            },
            Self::Unsigned(number) => visitor.visit_u128(number),
        };
        visited.map_err(|refusal: Refusal| if refusal == MISMATCH { LOSS } else { refusal })
    }

    /// The double that has this very value.
    fn double(self) -> Option<f64> {
        // Below 2¹²⁷ both ways are exact or seen to differ; the greatest of either kind round up to what has no way back.
        match self {
            Self::Signed(number) => Some(number as f64).filter(|double| double.abs() < 2_f64.powi(127) && *double as i128 == number),
            Self::Unsigned(number) => Some(number as f64).filter(|double| *double < 2_f64.powi(128) && *double as u128 == number),
        }
    }
}

fn whole_of_double(number: f64) -> Option<Whole> {
    (number.fract() == 0.0 && number.abs() < 2_f64.powi(127)).then_some(Whole::Signed(number as i128))
}

fn whole_of_digits(digits: &str) -> Option<Whole> {
    digits.parse().map(Whole::Signed).or_else(|_| digits.parse().map(Whole::Unsigned)).ok()
}

/// A document that is read.
struct Reader(Document);

impl Reader {
    /// The number, as the only double that has its value.
    fn double(self) -> Result<f64, Refusal> {
        match self.0 {
            Document::Number(number) => Ok(number),
            Document::BigInt(digits) => whole_of_digits(&digits).and_then(Whole::double).ok_or(LOSS),
            _ => Err(MISMATCH),
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            let whole = match self.0 {
                Document::Number(number) => whole_of_double(number),
                Document::BigInt(digits) => whole_of_digits(&digits),
                _ => return Err(MISMATCH),
            };
            whole.ok_or(LOSS)?.visit(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Document::Null => visitor.visit_unit(),
            Document::Bool(value) => visitor.visit_bool(value),
            Document::Number(number) => match whole_of_double(number) {
                Some(whole) if number.abs() <= MAX_SAFE_INTEGER as f64 => whole.visit(visitor),
                _ => visitor.visit_f64(number),
            },
            Document::BigInt(digits) => match whole_of_digits(&digits).ok_or(LOSS)? {
                whole if whole.double().is_some() => whole.visit(visitor),
                // Not as a `u64`: who buffers it might round it to a float later.
                Whole::Signed(number) => visitor.visit_i128(number),
                Whole::Unsigned(number) => visitor.visit_u128(number),
            },
            Document::Date(time) => visitor.visit_newtype_struct(IntoDeserializer::<Refusal>::into_deserializer(time)),
            Document::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Document::Text(text) => visitor.visit_string(text.as_str().ok_or(SURROGATE)?.into()),
            Document::Array(items) => {
                let mut items = Items { items: items.into_iter(), at: 0 };
                let value = visitor.visit_seq(&mut items)?;
                if items.items.len() == 0 { Ok(value) } else { Err(Refusal::new("has more elements than the type")) }
            }
            Document::Object(fields) => visitor.visit_map(Properties { fields: fields.into_iter(), value: None }),
        }
    }

    whole_numbers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128);
    whole_numbers!(deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128);

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let double = self.double()?;
        // Both are the same or the type cannot hold it.
        if f64::from(double as f32).to_bits() == double.to_bits() { visitor.visit_f32(double as f32) } else { Err(LOSS) }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_f64(self.double()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.0 == Document::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Document::Date(time) if name == DATE => visitor.visit_newtype_struct(IntoDeserializer::<Refusal>::into_deserializer(time)),
            _ if name == DATE => Err(MISMATCH),
            document => visitor.visit_newtype_struct(Self(document)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Document::Text(variant) => visitor.visit_enum(Variant { variant, content: None }),
            Document::Object(mut fields) if fields.len() == 1 => match fields.pop() {
                Some((variant, content)) => visitor.visit_enum(Variant { variant, content: Some(content) }),
                None => Err(MISMATCH),
            },
            _ => Err(MISMATCH),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        // A `String` would take bytes for a text where they are UTF-8.
        if matches!(self.0, Document::Bytes(_)) { Err(MISMATCH) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_string(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        // And a `ByteBuf` a text for bytes.
        if matches!(self.0, Document::Text(_)) { Err(MISMATCH) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_byte_buf(visitor)
    }

    forward_to_deserialize_any! {
        bool char unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

/// The elements of an array that are left.
struct Items {
    items: std::vec::IntoIter<Document>,
    at: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let Some(item) = self.items.next() else { return Ok(None) };
        self.at += 1;
        seed.deserialize(Reader(item)).map(Some).map_err(|refusal| refusal.at(self.at - 1))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The properties of an object that are left.
struct Properties {
    fields: <Fields as IntoIterator>::IntoIter,
    value: Option<(Text, Document)>,
}

impl<'de> MapAccess<'de> for Properties {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        let Some((name, value)) = self.fields.next() else { return Ok(None) };
        let key = seed.deserialize(Name(name.as_str().ok_or(SURROGATE)?))?;
        self.value = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        let (name, value) = self.value.take().ok_or(MISMATCH)?;
        seed.deserialize(Reader(value)).map_err(|refusal| refusal.within(name.as_str().unwrap_or_default()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// The name of a property, which maps may take for a number or a boolean.
struct Name<'a>(&'a str);

macro_rules! numbers_in_names {
    ($($method:ident $visit:ident),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            visitor.$visit(self.0.parse().map_err(|_| MISMATCH)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Name<'_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_str(self.0)
    }

    numbers_in_names!(deserialize_bool visit_bool, deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32);
    numbers_in_names!(deserialize_i64 visit_i64, deserialize_i128 visit_i128, deserialize_u8 visit_u8, deserialize_u16 visit_u16);
    numbers_in_names!(deserialize_u32 visit_u32, deserialize_u64 visit_u64, deserialize_u128 visit_u128);

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_enum(Variant { variant: self.0.into(), content: None })
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant of an enum: a text, or the only property of an object.
struct Variant {
    variant: Text,
    content: Option<Document>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Refusal;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Refusal> {
        let name: StrDeserializer<'_, Refusal> = self.variant.as_str().ok_or(SURROGATE)?.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl Variant {
    fn content<T>(self, read: impl FnOnce(Reader) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let content = self.content.ok_or(MISMATCH)?;
        read(Reader(content)).map_err(|refusal| refusal.within(self.variant.as_str().unwrap_or_default()))
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        match self.content {
            None | Some(Document::Null) => Ok(()),
            Some(_) => Err(MISMATCH),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refusal> {
        self.content(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.content(|reader| reader.deserialize_tuple(length, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Refusal> {
        self.content(|reader| reader.deserialize_map(visitor))
    }
}
