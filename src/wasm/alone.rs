//! What stands for a replica in an engine that has none: the one that plain stores carry with them. There never is one, so nothing of this is built.

use crate::commit::{Committed, Operation, Receipt};
use crate::error::Error;
use crate::expiry::Millis;
use crate::store::Store;

pub(crate) enum Replica {}

#[derive(Clone, Copy, Default)]
pub(crate) struct Seen;

impl Replica {
    pub(crate) fn apply(&mut self, _: &mut Store, _: &[Operation<'_>], _: Millis) -> Result<Receipt, Error> {
        match *self {}
    }

    pub(crate) fn advance(&mut self, _: &mut Store, _: Millis) -> Millis {
        match *self {}
    }

    pub(crate) fn take_confirmed(&mut self) -> Vec<Committed> {
        match *self {}
    }

    pub(crate) fn seen(&mut self) -> Seen {
        match *self {}
    }
}
