//! The outbox: what happened, waiting until the host takes it, so that no listener ever runs inside the engine.

use crate::commit::Committed;
use crate::state::RowId;

/// How much is noted of what a commit changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// The rows that it touched.
    #[default]
    Rows,
    /// Each change, with values before and after.
    Changes,
}

/// What happened since the outbox was last taken.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    /// The commits that were noted in detail, in their order.
    pub commits: Vec<Committed>,
    /// The rows that were written, removed or given to another key. What a host keeps per row it drops for these.
    pub rows: Vec<RowId>,
    /// Every row was given up.
    pub cleared: bool,
}

impl Outbox {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty() && self.rows.is_empty() && !self.cleared
    }
}
