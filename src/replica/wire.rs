//! How commits and entries are written down, for the backend and for its log. **A durable format**, described in `ts/backends/operations.ts` and
//! `ts/backends/entries.ts`.
//!
//! Keys are written with the scope that the replica holds before them, and read without it; what is outside of the scope is passed over.

use std::sync::Arc;

use super::cells::Cells;
use crate::commit::Operation;
use crate::entry::{Metadata, MetadataPatch, OwnedValue, Properties, Value};
use crate::error::Error;
use crate::expiry::{Millis, NEVER, Ttl};

const TTL_NEVER: f64 = 0.0;
const TTL_KEEP: f64 = -2.0;

/// One operation of a commit, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Write<'a> {
    Put {
        key: &'a str,
        value: Value<'a>,
        ttl: Ttl,
        patch: Option<Box<MetadataPatch>>,
    },
    Delete {
        key: &'a str,
    },
    Clear {
        prefix: &'a str,
    },
    Touch {
        key: &'a str,
        ttl: Ttl,
    },
    Annotate {
        key: &'a str,
        patch: Box<MetadataPatch>,
    },
    /// Removes an entry of this version whose deadline has come.
    Expire {
        key: &'a str,
        version: u64,
    },
}

impl<'a> Write<'a> {
    /// The key that it names, or the prefix.
    pub(super) fn key(&self) -> &'a str {
        match self {
            Self::Put { key, .. }
            | Self::Delete { key }
            | Self::Touch { key, .. }
            | Self::Annotate { key, .. }
            | Self::Expire { key, .. } => key,
            Self::Clear { prefix } => prefix,
        }
    }
}

/// Writes an operation.
pub(super) fn write_operation(out: &mut Vec<u8>, scope: &str, operation: &Operation<'_>) {
    let (kind, key) = match *operation {
        Operation::Put { key, .. } => (0, key),
        Operation::Delete { key } => (1, key),
        Operation::DeletePrefix { prefix } => (2, prefix),
        Operation::Touch { key, .. } => (3, key),
        Operation::Annotate { key, .. } => (4, key),
    };
    write_head(out, kind, scope, key);
    match operation {
        Operation::Put { value, ttl, metadata, .. } => {
            write_value(out, *value);
            write_ttl(out, *ttl);
            write_patch(out, *metadata);
        }
        Operation::Touch { ttl, .. } => write_ttl(out, *ttl),
        Operation::Annotate { metadata, .. } => write_patch(out, Some(metadata)),
        Operation::Delete { .. } | Operation::DeletePrefix { .. } => {}
    }
}

/// Writes that an entry is to be removed, since its deadline has come.
pub(super) fn write_expire(out: &mut Vec<u8>, scope: &str, key: &str, version: u64) {
    write_head(out, 5, scope, key);
    write_f64(out, version as f64);
}

fn write_head(out: &mut Vec<u8>, kind: u8, scope: &str, key: &str) {
    out.push(kind);
    write_key(out, scope, key);
}

/// Writes a key with its scope before it.
pub(crate) fn write_key(out: &mut Vec<u8>, scope: &str, key: &str) {
    write_u32(out, scope.len() + key.len());
    out.extend_from_slice(scope.as_bytes());
    out.extend_from_slice(key.as_bytes());
}

/// Writes a number of 32 bits.
pub(super) fn write_u32(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&(number as u32).to_le_bytes());
}

/// Writes a float.
pub(super) fn write_f64(out: &mut Vec<u8>, number: f64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_key(out, "", text);
}

fn write_value(out: &mut Vec<u8>, value: Value<'_>) {
    out.push(value.encoding);
    write_u32(out, value.bytes.len());
    out.extend_from_slice(value.bytes);
}

fn write_ttl(out: &mut Vec<u8>, ttl: Ttl) {
    write_f64(
        out,
        match ttl {
            Ttl::Never | Ttl::Default | Ttl::Until(NEVER) => TTL_NEVER,
            Ttl::Keep => TTL_KEEP,
            Ttl::Span(span) => span as f64,
            Ttl::Until(deadline) => -(deadline as f64),
        },
    );
}

fn write_patch(out: &mut Vec<u8>, patch: Option<&MetadataPatch>) {
    let bits_at = out.len();
    out.push(0);
    let Some(patch) = patch else { return };
    let mut bits = 0;
    let mut has = |bit: u8, is_given: bool| {
        bits |= bit * u8::from(is_given);
        is_given
    };
    if has(1, patch.tags.is_some()) {
        write_tags(out, patch.tags.as_deref().unwrap_or_default());
    }
    if has(2, patch.properties.is_some()) {
        write_properties(out, patch.properties.as_ref());
    }
    if let Some(description) = patch.description.as_ref().filter(|_| has(4, true)) {
        write_description(out, description.as_deref());
    }
    if let Some(tag) = patch.add_tag.as_ref().filter(|_| has(8, true)) {
        write_text(out, tag);
    }
    if let Some(tag) = patch.remove_tag.as_ref().filter(|_| has(16, true)) {
        write_text(out, tag);
    }
    if let Some((name, value)) = patch.set_property.as_ref().filter(|_| has(32, true)) {
        write_text(out, name);
        write_value(out, value.as_value());
    }
    if let Some(name) = patch.remove_property.as_ref().filter(|_| has(64, true)) {
        write_text(out, name);
    }
    if let Some(byte) = out.get_mut(bits_at) {
        *byte = bits;
    }
}

fn write_tags(out: &mut Vec<u8>, tags: &[Arc<str>]) {
    write_u32(out, tags.len());
    for tag in tags {
        write_text(out, tag);
    }
}

fn write_properties(out: &mut Vec<u8>, properties: Option<&Properties>) {
    write_u32(out, properties.map_or(0, indexmap::IndexMap::len));
    for (name, value) in properties.into_iter().flatten() {
        write_text(out, name);
        write_value(out, value.as_value());
    }
}

fn write_description(out: &mut Vec<u8>, description: Option<&str>) {
    out.push(u8::from(description.is_some()));
    if let Some(text) = description {
        write_text(out, text);
    }
}

/// What is left of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    /// The next operation; `None` for one outside of the scope.
    pub(super) fn operation(&mut self, scope: &str) -> Result<Option<Write<'a>>, Error> {
        let kind = self.u8()?;
        let full = self.text()?;
        // A clear of more than the scope clears all of it.
        let key = if kind == 2 && scope.starts_with(full) { Some("") } else { full.strip_prefix(scope) };
        let read = self.write(kind, key.unwrap_or_default())?;
        Ok(key.map(|_| read))
    }

    fn write(&mut self, kind: u8, key: &'a str) -> Result<Write<'a>, Error> {
        Ok(match kind {
            0 => Write::Put { key, value: self.value()?, ttl: self.ttl()?, patch: self.patch()? },
            1 => Write::Delete { key },
            2 => Write::Clear { prefix: key },
            3 => Write::Touch { key, ttl: self.ttl()? },
            4 => Write::Annotate { key, patch: self.patch()?.unwrap_or_default() },
            5 => Write::Expire { key, version: self.f64()? as u64 },
            _ => return Err(Error::Corrupted),
        })
    }

    /// The next entry, with its full key.
    pub(super) fn entry(&mut self) -> Result<(&'a str, Cells<'a>), Error> {
        let key = self.text()?;
        let (value_version, created_at, updated_at) = (self.f64()? as u64, self.f64()? as u64, self.f64()? as u64);
        let deadline = self.f64()?;
        let deadline = if deadline.is_finite() { deadline as Millis } else { NEVER };
        let value = self.value()?;
        let metadata = if self.u8()? == 0 {
            None
        } else {
            let (version, tags) = (self.f64()? as u64, self.tags()?);
            Some(Arc::new(Metadata { version, tags, properties: self.properties()?, description: self.description()? }))
        };
        Ok((key, Cells { value, value_version, deadline, created_at, updated_at, metadata }))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Error::Corrupted)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        self.take(1)?.first().copied().ok_or(Error::Corrupted)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        self.take(4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or(Error::Corrupted)
    }

    pub(super) fn f64(&mut self) -> Result<f64, Error> {
        self.take(8)?.first_chunk().map(|bytes| f64::from_le_bytes(*bytes)).ok_or(Error::Corrupted)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let length = self.u32()?;
        self.take(length as usize)
    }

    fn text(&mut self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Error::Corrupted)
    }

    fn value(&mut self) -> Result<Value<'a>, Error> {
        Ok(Value { encoding: self.u8()?, bytes: self.bytes()? })
    }

    fn ttl(&mut self) -> Result<Ttl, Error> {
        Ok(match self.f64()? {
            TTL_NEVER => Ttl::Never,
            TTL_KEEP => Ttl::Keep,
            deadline if deadline < TTL_KEEP => Ttl::Until(-deadline as Millis),
            span => Ttl::Span(span as Millis),
        })
    }

    fn patch(&mut self) -> Result<Option<Box<MetadataPatch>>, Error> {
        let bits = self.u8()?;
        if bits == 0 {
            return Ok(None);
        }
        let has = |bit: u8| bits & bit != 0;
        let mut patch = Box::<MetadataPatch>::default();
        if has(1) {
            patch.tags = Some(self.tags()?);
        }
        if has(2) {
            patch.properties = Some(self.properties()?);
        }
        if has(4) {
            patch.description = Some(self.description()?);
        }
        if has(8) {
            patch.add_tag = Some(self.text()?.into());
        }
        if has(16) {
            patch.remove_tag = Some(self.text()?.into());
        }
        if has(32) {
            patch.set_property = Some((self.text()?.into(), self.value()?.to_owned()));
        }
        if has(64) {
            patch.remove_property = Some(self.text()?.into());
        }
        Ok(Some(patch))
    }

    fn tags(&mut self) -> Result<Vec<Arc<str>>, Error> {
        (0..self.u32()?).map(|_| self.text().map(Into::into)).collect()
    }

    fn properties(&mut self) -> Result<Properties, Error> {
        let mut properties = Properties::default();
        for _ in 0..self.u32()? {
            let (name, value): (Box<str>, OwnedValue) = (self.text()?.into(), self.value()?.to_owned());
            properties.insert(name, value);
        }
        Ok(properties)
    }

    fn description(&mut self) -> Result<Option<Box<str>>, Error> {
        if self.u8()? == 0 { Ok(None) } else { self.text().map(|text| Some(text.into())) }
    }
}
