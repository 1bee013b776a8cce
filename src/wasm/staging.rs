//! A commit that the host stages, operation by operation. Where one finds no room, the commit as a whole will be refused.

use std::sync::Arc;

use wasm_bindgen::prelude::wasm_bindgen;

use super::allocator::{has_room, has_room_to_free};
use super::exchange::{self, Exchange};
use super::questions::texts;
use super::store::{RawStore, ttl};
use crate::batch::Batch;
use crate::commit::Operation;
use crate::entry::{MetadataPatch, NO_CHANGE, Properties, Value};
use crate::error::Error;

/// What is staged.
#[derive(Default)]
pub(super) struct Staged {
    batch: Batch,
    /// Something of it found no room.
    is_cut_off: bool,
}

impl Staged {
    /// Adds an operation on the key that the host wrote.
    fn push(&mut self, (from, to): (u32, u32), length: u32, operation: impl for<'a> FnOnce(&'a Exchange, &'a str) -> Operation<'a>) {
        exchange::with(|exchange| {
            let key = exchange.key(from, to);
            let growth = self.batch.growth(key.len(), length as usize);
            let operation = operation(exchange, key);
            let frees = matches!(operation, Operation::Delete { .. } | Operation::DeletePrefix { .. });
            if self.may_take(if frees && has_room_to_free() && growth < SMALL { 0 } else { growth + 1 }) {
                self.batch.push(&operation);
            }
        });
    }

    /// Adds to the change of metadata of the last operation, what takes so many bytes at most.
    fn patch(&mut self, bytes: usize, add: impl FnOnce(&mut MetadataPatch)) {
        if self.may_take(4 * bytes as u64 + SMALL) {
            self.batch.patch(add);
        }
    }

    /// Whether there is room for so many bytes; none are needed for nothing.
    fn may_take(&mut self, bytes: u64) -> bool {
        self.is_cut_off |= bytes > 0 && !has_room(bytes);
        !self.is_cut_off
    }
}

/// The last part of the reserve is for this in any case.
const SMALL: u64 = 1 << 16;

impl RawStore {
    /// Takes what is staged.
    ///
    /// # Errors
    /// `OUT_OF_MEMORY` when there was no room for all of it.
    pub(super) fn take_staged(&mut self) -> Result<Batch, Error> {
        let staged = std::mem::take(&mut self.staged);
        if staged.is_cut_off { Err(Error::OutOfMemory) } else { Ok(staged.batch) }
    }
}

#[wasm_bindgen]
impl RawStore {
    /// Stages a put of a value that the host wrote.
    #[wasm_bindgen(js_name = stagePut)]
    pub fn stage_put(&mut self, from: u32, to: u32, length: u32, encoding: u8, span: f64) {
        self.staged.push((from, to), length, |exchange, key| {
            let value = Value { encoding, bytes: exchange.value(length) };
            Operation::Put { key, value, ttl: ttl(span), metadata: None }
        });
    }

    /// Stages a delete.
    #[wasm_bindgen(js_name = stageDelete)]
    pub fn stage_delete(&mut self, from: u32, to: u32) {
        self.staged.push((from, to), 0, |_, key| Operation::Delete { key });
    }

    /// Stages a delete of all keys with a prefix.
    #[wasm_bindgen(js_name = stageDeletePrefix)]
    pub fn stage_delete_prefix(&mut self, from: u32, to: u32) {
        self.staged.push((from, to), 0, |_, prefix| Operation::DeletePrefix { prefix });
    }

    /// Stages a new time to live.
    #[wasm_bindgen(js_name = stageTouch)]
    pub fn stage_touch(&mut self, from: u32, to: u32, span: f64) {
        self.staged.push((from, to), 0, |_, key| Operation::Touch { key, ttl: ttl(span) });
    }

    /// Stages a change of metadata alone, which the following calls describe.
    #[wasm_bindgen(js_name = stageAnnotate)]
    pub fn stage_annotate(&mut self, from: u32, to: u32) {
        self.staged.push((from, to), 0, |_, key| Operation::Annotate { key, metadata: &NO_CHANGE });
    }

    /// The last staged operation replaces the tags by the texts that the host wrote as a value.
    #[wasm_bindgen(js_name = stageTags)]
    pub fn stage_tags(&mut self, length: u32) {
        self.staged.patch(8 * length as usize, |patch| {
            patch.tags = Some(exchange::with(|exchange| texts(exchange.value(length)).into_iter().map(Arc::from).collect()));
        });
    }

    /// The last staged operation adds a tag.
    #[wasm_bindgen(js_name = stageAddTag)]
    pub fn stage_add_tag(&mut self, tag: &str) {
        self.staged.patch(tag.len(), |patch| patch.add_tag = Some(tag.into()));
    }

    /// The last staged operation removes a tag.
    #[wasm_bindgen(js_name = stageRemoveTag)]
    pub fn stage_remove_tag(&mut self, tag: &str) {
        self.staged.patch(tag.len(), |patch| patch.remove_tag = Some(tag.into()));
    }

    /// The last staged operation replaces the properties, by none until they are given.
    #[wasm_bindgen(js_name = stageProperties)]
    pub fn stage_properties(&mut self) {
        self.staged.patch(0, |patch| patch.properties = Some(Properties::default()));
    }

    /// One of the properties, or where they are not replaced, one to set beside them; the host wrote its value.
    #[wasm_bindgen(js_name = stageProperty)]
    pub fn stage_property(&mut self, name: &str, length: u32, encoding: u8) {
        self.staged.patch(name.len() + length as usize, |patch| {
            let value = exchange::with(|exchange| Value { encoding, bytes: exchange.value(length) }.to_owned());
            if let Some(properties) = &mut patch.properties {
                properties.insert(name.into(), value);
            } else {
                patch.set_property = Some((name.into(), value));
            }
        });
    }

    /// The last staged operation removes a property.
    #[wasm_bindgen(js_name = stageRemoveProperty)]
    pub fn stage_remove_property(&mut self, name: &str) {
        self.staged.patch(name.len(), |patch| patch.remove_property = Some(name.into()));
    }

    /// The last staged operation replaces the description, or removes it.
    #[wasm_bindgen(js_name = stageDescription)]
    pub fn stage_description(&mut self, description: Option<String>) {
        let bytes = description.as_ref().map_or(0, String::len);
        self.staged.patch(bytes, |patch| patch.description = Some(description.map(Into::into)));
    }

    /// Stages a condition: the key has this version.
    #[wasm_bindgen(js_name = stageCondition)]
    pub fn stage_condition(&mut self, from: u32, to: u32, version: f64) {
        if self.staged.may_take(SMALL) {
            exchange::with(|exchange| self.staged.batch.require(exchange.key(from, to), version as u64));
        }
    }

    /// Forgets what was staged.
    pub fn unstage(&mut self) {
        self.staged = Staged::default();
    }
}
