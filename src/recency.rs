//! Recency: which row was used longest ago, exactly.
//!
//! All bounds of a store share one table of links by row, in which each bound has a list of its own, from its oldest row to its newest; so a
//! thousand bounded scopes cost no more than one. Noting a use, forgetting a row and naming the oldest each take a few steps at any size.
//! The rows of a list also have numbers, by which those that change their bound keep their order. Kept apart from the state, so that a
//! read copies no page of a clone; a clone shares chunks of the table until either notes a use there.
//!
//! Invariants: a row is in one list at most; it has a number while it is in one, and numbers grow along each list.

use std::sync::Arc;

use crate::state::RowId;

const CHUNK: usize = 1024;
const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Link {
    /// The number of the last use; 0 where the row is in no list.
    used: u64,
    older: u32,
    newer: u32,
}

const UNUSED: Link = Link { used: 0, older: NONE, newer: NONE };

/// The two ends of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    oldest: u32,
    newest: u32,
}

impl Default for Ends {
    fn default() -> Self {
        Self { oldest: NONE, newest: NONE }
    }
}

impl Ends {
    /// The row that was used longest ago.
    pub(crate) fn oldest(self) -> Option<RowId> {
        (self.oldest != NONE).then(|| RowId::from_number(self.oldest))
    }
}

/// Last uses of rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recency {
    /// Where none of its rows has been used, there is no chunk.
    chunks: Vec<Option<Arc<[Link; CHUNK]>>>,
    clock: u64,
}

impl Recency {
    /// Notes a use of a row of this list, which may be new, and then is in no other.
    pub(crate) fn touch(&mut self, ends: &mut Ends, row: RowId) {
        let row = row.number();
        if row == ends.newest {
            return;
        }
        self.unlink(ends, row);
        self.clock += 1;
        let used = self.clock;
        let older = std::mem::replace(&mut ends.newest, row);
        self.change(row, |link| *link = Link { used, older, newer: NONE });
        match older {
            NONE => ends.oldest = row,
            _ => self.change(older, |link| link.newer = row),
        }
    }

    /// Forgets a row of this list, unless it is in none.
    pub(crate) fn forget(&mut self, ends: &mut Ends, row: RowId) {
        if self.last_use(row) > 0 {
            self.unlink(ends, row.number());
            self.change(row.number(), |link| *link = UNUSED);
        }
    }

    /// A number that is the higher, the later a row of a list was used; 0 where the row is in none.
    pub(crate) fn last_use(&self, row: RowId) -> u64 {
        self.link(row.number()).used
    }

    /// The row of its list that was used next after a row.
    #[cfg(feature = "wasm")]
    pub(crate) fn newer(&self, row: RowId) -> Option<RowId> {
        let newer = self.link(row.number()).newer;
        (newer != NONE).then(|| RowId::from_number(newer))
    }

    fn unlink(&mut self, ends: &mut Ends, row: u32) {
        let Link { used, older, newer } = self.link(row);
        if used == 0 {
            return;
        }
        match older {
            NONE => ends.oldest = newer,
            _ => self.change(older, |link| link.newer = newer),
        }
        match newer {
            NONE => ends.newest = older,
            _ => self.change(newer, |link| link.older = older),
        }
    }

    fn link(&self, row: u32) -> Link {
        let (chunk, at) = place(row);
        let link = self.chunks.get(chunk).and_then(|chunk| chunk.as_ref()?.get(at));
        link.copied().unwrap_or(UNUSED)
    }

    fn change(&mut self, row: u32, change: impl FnOnce(&mut Link)) {
        let (chunk, at) = place(row);
        if chunk >= self.chunks.len() {
            self.chunks.resize(chunk + 1, None);
        }
        if let Some(slot) = self.chunks.get_mut(chunk)
            && let Some(link) = Arc::make_mut(slot.get_or_insert_with(|| Arc::new([UNUSED; CHUNK]))).get_mut(at)
        {
            change(link);
        }
    }
}

fn place(row: u32) -> (usize, usize) {
    (row as usize / CHUNK, row as usize % CHUNK)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_each_list_is_the_row_used_longest_ago() {
        let mut recency = Recency::default();
        let mut ends = [Ends::default(); 3];
        let mut model: [Vec<u32>; 3] = Default::default();
        let mut random = 7_u32;
        for step in 0..30_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let row = (random >> 8) % 300 * 61;
            let list = row as usize % 3;
            if random >> 29 == 0 {
                recency.forget(&mut ends[list], RowId::from_number(row));
                model[list].retain(|other| *other != row);
            } else {
                recency.touch(&mut ends[list], RowId::from_number(row));
                model[list].retain(|other| *other != row);
                model[list].push(row);
            }
            assert_eq!(ends[list].oldest().map(RowId::number), model[list].first().copied());
            assert_eq!(recency.last_use(RowId::from_number(row)) > 0, model[list].contains(&row));
            if step % 5_000 == 0 {
                // A clone goes its own way, and shares what neither changes.
                let mut other = recency.clone();
                let mut lists = ends;
                for (list, rows) in model.iter().enumerate() {
                    for row in rows {
                        assert_eq!(lists[list].oldest().map(RowId::number), Some(*row));
                        other.forget(&mut lists[list], RowId::from_number(*row));
                    }
                    assert!(lists[list].oldest().is_none());
                }
            }
        }
    }
}
