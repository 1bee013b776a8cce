//! Snapshots: the contents of a store, or of a scope, as bytes. **A durable format**: every version that was released stays readable.
//!
//! All numbers are little-endian.
//!
//! | part | bytes | what |
//! | --- | --- | --- |
//! | magic | 8 | `HOLDALL` and a zero byte |
//! | format | 4 | [`SNAPSHOT_FORMAT`] |
//! | count | 4 | how many entries follow |
//! | entries | | each as below, in the order of their keys, none twice |
//! | checksum | 8 | XXH64, seed 0, of all bytes before it |
//!
//! | part of an entry | bytes | what |
//! | --- | --- | --- |
//! | key | 2 + n | length, UTF-8; relative to the scope |
//! | encoding | 1 | how the host reads the value (`ts/store/values/encoding.ts`) |
//! | value | 4 + n | length, bytes |
//! | deadline | 8 | milliseconds since 1970-01-01T00:00Z, or all ones for never |
//! | tags | 4 + | count; each as length (4) and UTF-8, in code-point order |
//! | properties | 4 + | count; each as name (length of 4, UTF-8), encoding (1) and value (4 + n), in the order of names |
//! | description | 1 + | 0 for none, else 1, length (4), UTF-8 |
//!
//! Equal contents give equal bytes: numbers of commits, times of changes and recency are not in it.

use std::sync::Arc;

use xxhash_rust::xxh64::xxh64;

use crate::commit::{Operation, Receipt};
use crate::entry::{Entry, MetadataPatch, OwnedValue, Properties, Value};
use crate::error::Error;
use crate::expiry::{Millis, NEVER, Ttl};
use crate::key::MAX_KEY_BYTES;
use crate::listing::Range;
use crate::store::Store;

/// The format that this version writes, and the latest that it reads.
pub const SNAPSHOT_FORMAT: u32 = 1;

const MAGIC: &[u8; 8] = b"HOLDALL\0";
const HEADER: usize = 16;
const CHECKSUM: usize = 8;
/// What an entry without metadata ends with: no tags, no properties, no description.
const NO_METADATA: [u8; 9] = [0; 9];
/// The bytes of an entry with an empty key, an empty value and no metadata.
const LEAST_ENTRY: usize = 2 + 5 + 8 + NO_METADATA.len();

impl Store {
    /// The live entries whose keys begin with `prefix`, under their short keys, as bytes that [`restore`](Self::restore) reads. Costs by their bytes.
    ///
    /// ```
    /// # use holdall::{Operation, Options, Store, Ttl, Value};
    /// let mut store = Store::new(Options::default())?;
    /// let value = Value { encoding: 0, bytes: b"Ada" };
    /// store.apply(&[], &[Operation::Put { key: "user:1", value, ttl: Ttl::Span(1_000), metadata: None }], 0)?;
    /// let bytes = store.snapshot("", 0);
    ///
    /// let mut other = Store::new(Options::default())?;
    /// other.restore("", &bytes, 0)?;
    /// assert_eq!(other.peek("user:1", 999).unwrap().value, value);
    /// assert_eq!(other.snapshot("", 0), bytes);
    /// # Ok::<(), holdall::Error>(())
    /// ```
    #[must_use]
    pub fn snapshot(&mut self, prefix: &str, now: Millis) -> Vec<u8> {
        // Of a scope it is not known: what the whole store holds may be a thousand times as much.
        let room = if prefix.is_empty() { self.stats().bytes as usize + self.stats().entries * 32 } else { 0 };
        let mut out = Vec::with_capacity(HEADER + CHECKSUM + room);
        out.extend_from_slice(MAGIC);
        write_u32(&mut out, SNAPSHOT_FORMAT as usize);
        write_u32(&mut out, 0);
        let mut count = 0;
        let mut listing = self.list(Range { prefix, ..Range::default() }, now);
        while let Some(entry) = listing.next() {
            write_entry(&mut out, &entry, prefix.len());
            count += 1_u32;
        }
        if let Some(cell) = out.get_mut(HEADER - 4..HEADER) {
            cell.copy_from_slice(&count.to_le_bytes());
        }
        let checksum = xxh64(&out, 0);
        out.extend_from_slice(&checksum.to_le_bytes());
        out
    }

    /// Replaces the entries whose keys begin with `prefix` by those of a snapshot, as one commit: all of it, or nothing. What has expired at `now`
    /// is left out. The receipt counts the entries that it brought.
    ///
    /// # Errors
    /// `INVALID_SNAPSHOT` for bytes that are damaged, cut off or no snapshot, `FORMAT_TOO_NEW` for those of a later version, and those of
    /// [`apply`](Self::apply).
    pub fn restore(&mut self, prefix: &str, bytes: &[u8], now: Millis) -> Result<Receipt, Error> {
        let now = self.advance(now);
        let mut read = read_all(bytes)?;
        read.retain(|entry| now < entry.deadline);
        let keys: Vec<String> =
            if prefix.is_empty() { Vec::new() } else { read.iter().map(|entry| [prefix, entry.key].concat()).collect() };
        let mut operations = Vec::with_capacity(read.len() + 1);
        operations.push(Operation::DeletePrefix { prefix });
        operations.extend(read.iter().enumerate().map(|(at, entry)| Operation::Put {
            key: keys.get(at).map_or(entry.key, String::as_str),
            value: entry.value,
            ttl: Ttl::Until(entry.deadline),
            metadata: entry.metadata.as_deref(),
        }));
        let receipt = self.apply(&[], &operations, now)?;
        Ok(Receipt { affected: read.len(), ..receipt })
    }
}

fn write_u32(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&(number as u32).to_le_bytes());
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_u32(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn write_value(out: &mut Vec<u8>, value: Value<'_>) {
    out.push(value.encoding);
    write_bytes(out, value.bytes);
}

fn write_entry(out: &mut Vec<u8>, entry: &Entry<'_>, scope_bytes: usize) {
    let key = entry.key.as_bytes().get(scope_bytes..).unwrap_or_default();
    out.extend_from_slice(&(key.len() as u16).to_le_bytes());
    out.extend_from_slice(key);
    write_value(out, entry.value);
    out.extend_from_slice(&entry.deadline.to_le_bytes());
    let metadata = entry.metadata.map(|metadata| &**metadata);
    let tags = metadata.map_or(&[][..], |metadata| &metadata.tags);
    write_u32(out, tags.len());
    for tag in tags {
        write_bytes(out, tag.as_bytes());
    }
    let mut properties: Vec<(&str, &OwnedValue)> =
        metadata.iter().flat_map(|metadata| &metadata.properties).map(|(name, value)| (&**name, value)).collect();
    // Few, so an insertion sort does: another instance of the library's sort would be 4 kB of wasm.
    for at in 1..properties.len() {
        let place = properties.iter().take(at).position(|(name, _)| properties.get(at).is_some_and(|(other, _)| name > other));
        if let (Some(place), Some(sorted)) = (place, properties.get_mut(..=at)) {
            sorted.get_mut(place..).unwrap_or_default().rotate_right(1);
        }
    }
    write_u32(out, properties.len());
    for (name, value) in properties {
        write_bytes(out, name.as_bytes());
        write_value(out, value.as_value());
    }
    match metadata.and_then(|metadata| metadata.description.as_ref()) {
        Some(description) => {
            out.push(1);
            write_bytes(out, description.as_bytes());
        }
        None => out.push(0),
    }
}

/// An entry as a snapshot has it.
struct Read<'a> {
    key: &'a str,
    value: Value<'a>,
    deadline: Millis,
    metadata: Option<Box<MetadataPatch>>,
}

/// How many entries a snapshot, which has not been checked, claims to hold; as many as its bytes may be at most.
#[cfg(feature = "wasm")]
pub(crate) fn claimed_entries(bytes: &[u8]) -> u64 {
    let count = bytes.get(HEADER - 4..HEADER).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes));
    u64::from(count).min((bytes.len() / LEAST_ENTRY) as u64)
}

/// Reads and checks a whole snapshot.
fn read_all(bytes: &[u8]) -> Result<Vec<Read<'_>>, Error> {
    let mut header = Reader { rest: bytes };
    if header.take(MAGIC.len()) != Some(MAGIC) {
        return Err(Error::InvalidSnapshot);
    }
    match header.u32() {
        Some(format) if format > SNAPSHOT_FORMAT => Err(Error::FormatTooNew { format, latest: SNAPSHOT_FORMAT }),
        Some(SNAPSHOT_FORMAT) => read_entries(bytes).ok_or(Error::InvalidSnapshot),
        _ => Err(Error::InvalidSnapshot),
    }
}

/// The entries of a snapshot of this format; `None` where it is damaged.
fn read_entries(bytes: &[u8]) -> Option<Vec<Read<'_>>> {
    let (content, checksum) = bytes.split_at_checked(bytes.len().saturating_sub(CHECKSUM))?;
    if xxh64(content, 0).to_le_bytes() != *checksum {
        return None;
    }
    let mut reader = Reader { rest: content.get(HEADER - 4..)? };
    let count = reader.u32()? as usize;
    // No more room is made than for what there can be, whatever is claimed.
    let mut entries: Vec<Read<'_>> = Vec::with_capacity(count.min(content.len() / LEAST_ENTRY));
    for _ in 0..count {
        let entry = reader.entry()?;
        if entries.last().is_some_and(|last| last.key >= entry.key) || entry.key.len() > MAX_KEY_BYTES {
            return None;
        }
        entries.push(entry);
    }
    reader.rest.is_empty().then_some(entries)
}

/// What is left to read. What it cannot give is damaged.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()?;
        self.take(length as usize)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn value(&mut self) -> Option<Value<'a>> {
        Some(Value { encoding: self.u8()?, bytes: self.bytes()? })
    }

    fn entry(&mut self) -> Option<Read<'a>> {
        let key_length = self.array().map(u16::from_le_bytes)?;
        let key = std::str::from_utf8(self.take(key_length.into())?).ok()?;
        let value = self.value()?;
        let deadline = self.array().map(Millis::from_le_bytes)?;
        if deadline > crate::expiry::LAST_DEADLINE && deadline != NEVER {
            return None;
        }
        let metadata = if let Some(rest) = self.rest.strip_prefix(&NO_METADATA) {
            self.rest = rest;
            None
        } else {
            Some(self.metadata()?)
        };
        Some(Read { key, value, deadline, metadata })
    }

    fn metadata(&mut self) -> Option<Box<MetadataPatch>> {
        // No room is made for what is only claimed: each of these reads some bytes or ends.
        let mut tags: Vec<Arc<str>> = Vec::new();
        for _ in 0..self.u32()? {
            tags.push(self.text()?.into());
        }
        let mut properties = Properties::default();
        for _ in 0..self.u32()? {
            let name = self.text()?;
            properties.insert(name.into(), self.value()?.to_owned());
        }
        let description = match self.u8()? {
            0 => None,
            1 => Some(self.text()?.into()),
            _ => return None,
        };
        let (tags, properties, description) = (Some(tags), Some(properties), Some(description));
        Some(Box::new(MetadataPatch { tags, properties, description, ..MetadataPatch::default() }))
    }
}
