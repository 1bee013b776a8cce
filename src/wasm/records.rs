//! Records in the out buffer, little-endian, read by `ts/store/records.ts`.
//!
//! - bytes: `u32` length, the bytes
//! - texts: for each a `u32`, its length in units of UTF-16, then all of them as one bytes
//! - a value: `u8` encoding (255: there is none, and nothing follows), bytes
//! - a batch of a listing: `u32` count, the keys as texts, then, where they were asked for, the values
//! - what is known of an entry: `f64` version, `f64` creation, `f64` last change, `f64` deadline (infinite: never), `u32` count of tags, each as bytes, `u32`
//!   count of properties, each as name bytes and value, `u8` 1 and bytes where there is a description, else `u8` 0
//! - a change: `u8` kind (0 set, 1 delete, 2 expire, 3 evict, 4 meta), key bytes, value, previous value, `u32` count of tags, each as bytes
//! - a commit: `f64` version, `u8` origin (0 local, 1 remote, 2 load, 3 rollback), `u32` count of changes, the changes
//! - an outbox: `u8` 1 when every row was given up, `u32` count of rows, each as `u32`, `u32` count of commits, the commits, `u32` count of confirmed
//!   commits, which a replica that records tells, those commits

use std::sync::Arc;

use crate::commit::{Change, ChangeKind, Committed, Origin};
use crate::entry::{Entry, Value};
use crate::expiry::NEVER;
use crate::outbox::Outbox;
use crate::short::copy;

const NO_VALUE: u8 = 255;

pub(super) fn write_u32(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&(number as u32).to_le_bytes());
}

pub(super) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_u32(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Writes texts, which are UTF-8. The host decodes them as one: by itself, each would cost it as much as ten of them together.
pub(super) fn write_texts(out: &mut Vec<u8>, texts: &[&[u8]]) {
    let lengths = out.len();
    let start = lengths + 4 * texts.len() + 4;
    out.resize(start + texts.iter().map(|text| text.len()).sum::<usize>(), 0);
    let (head, joined) = out.split_at_mut(start);
    let mut rest = &mut *joined;
    for text in texts {
        let Some((place, behind)) = rest.split_at_mut_checked(text.len()) else { break };
        copy(place, text);
        rest = behind;
    }
    // Mostly each byte is a unit of UTF-16.
    let measure = if joined.is_ascii() { |text: &&[u8]| text.len() } else { |text: &&[u8]| utf16_length(text) };
    let cells = head.get_mut(lengths..).unwrap_or_default().as_chunks_mut().0.iter_mut();
    for (cell, length) in cells.zip(texts.iter().map(measure).chain([joined.len()])) {
        *cell = (length as u32).to_le_bytes();
    }
}

/// The length of a text in units of UTF-16: one for each character, and another for those of four bytes.
fn utf16_length(text: &[u8]) -> usize {
    text.iter().map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0)).sum()
}

pub(super) fn write_value(out: &mut Vec<u8>, value: Option<Value<'_>>) {
    match value {
        Some(value) => {
            // A number that no version has given, as a forged snapshot may hold it, must not read as "none".
            out.push(value.encoding.min(NO_VALUE - 1));
            write_bytes(out, value.bytes);
        }
        None => out.push(NO_VALUE),
    }
}

pub(super) fn write_outbox(out: &mut Vec<u8>, outbox: &Outbox, confirmed: &[Committed]) {
    out.push(u8::from(outbox.cleared));
    write_u32(out, outbox.rows.len());
    for row in &outbox.rows {
        write_u32(out, row.number() as usize);
    }
    for commits in [&outbox.commits, confirmed] {
        write_commits(out, commits);
    }
}

fn write_commits(out: &mut Vec<u8>, commits: &[Committed]) {
    write_u32(out, commits.len());
    for commit in commits {
        write_f64(out, commit.version as f64);
        out.push(match commit.origin {
            Origin::Local => 0,
            Origin::Remote => 1,
            Origin::Load => 2,
            Origin::Rollback => 3,
        });
        write_u32(out, commit.changes.len());
        for change in &commit.changes {
            write_change(out, change);
        }
    }
}

pub(super) fn write_meta(out: &mut Vec<u8>, entry: &Entry<'_>) {
    for number in [entry.version(), entry.created_at, entry.updated_at, entry.deadline] {
        write_f64(out, if number == NEVER { f64::INFINITY } else { number as f64 });
    }
    let metadata = entry.metadata.map(|metadata| &**metadata);
    write_tags(out, metadata.map_or(&[], |metadata| &metadata.tags));
    write_u32(out, metadata.map_or(0, |metadata| metadata.properties.len()));
    for (name, value) in metadata.iter().flat_map(|metadata| &metadata.properties) {
        write_bytes(out, name.as_bytes());
        write_value(out, Some(value.as_value()));
    }
    match metadata.and_then(|metadata| metadata.description.as_ref()) {
        Some(description) => {
            out.push(1);
            write_bytes(out, description.as_bytes());
        }
        None => out.push(0),
    }
}

pub(super) fn write_f64(out: &mut Vec<u8>, number: f64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn write_tags(out: &mut Vec<u8>, tags: &[Arc<str>]) {
    write_u32(out, tags.len());
    for tag in tags {
        write_bytes(out, tag.as_bytes());
    }
}

fn write_change(out: &mut Vec<u8>, change: &Change) {
    out.push(match change.kind {
        ChangeKind::Set => 0,
        ChangeKind::Delete => 1,
        ChangeKind::Expire => 2,
        ChangeKind::Evict => 3,
        ChangeKind::Meta => 4,
    });
    write_bytes(out, change.key.as_bytes());
    write_value(out, change.value.as_ref().map(|value| value.as_value()));
    write_value(out, change.previous.as_ref().map(|value| value.as_value()));
    write_tags(out, &change.tags);
}
