//! Recency: which row was used longest ago, exactly.
//!
//! Every use stamps its row with a number that only grows, which costs one store into a table; nothing is ordered until somebody looks for
//! a victim. A look descends by lower bounds (the least stamp of a group, and of a page) and repairs those that uses have left too low;
//! each use can leave one behind, so the repairs are paid for. Kept apart from the state, so that a read copies no page of a clone.
//!
//! Invariant: the bound of a page is at most each of its stamps, and that of a group at most each of its pages'.

use std::sync::Arc;

use crate::state::RowId;

const PAGE: usize = 64;
const PAGES: usize = 128;
const ABSENT: u64 = u64::MAX;

#[derive(Debug, Clone)]
struct Group {
    stamps: Box<[u64]>,
    oldest_of_page: Box<[u64]>,
}

/// Last uses of rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recency {
    groups: Vec<(u64, Arc<Group>)>,
    clock: u64,
}

impl Recency {
    /// Notes a use of a row, which may be new.
    pub(crate) fn touch(&mut self, row: RowId) {
        let (group, page, slot) = place(row);
        while self.groups.len() <= group {
            let empty = Group { stamps: vec![ABSENT; PAGE * PAGES].into(), oldest_of_page: vec![ABSENT; PAGES].into() };
            self.groups.push((ABSENT, Arc::new(empty)));
        }
        self.clock += 1;
        let stamp = self.clock;
        if let Some((oldest, group)) = self.groups.get_mut(group) {
            let group = Arc::make_mut(group);
            *oldest = (*oldest).min(stamp);
            if let Some(bound) = group.oldest_of_page.get_mut(page) {
                *bound = (*bound).min(stamp);
            }
            if let Some(cell) = group.stamps.get_mut(slot) {
                *cell = stamp;
            }
        }
    }

    /// Forgets a row.
    pub(crate) fn forget(&mut self, row: RowId) {
        let (group, _, slot) = place(row);
        if let Some((_, group)) = self.groups.get_mut(group)
            && let Some(cell) = Arc::make_mut(group).stamps.get_mut(slot)
        {
            *cell = ABSENT;
        }
    }

    /// The row that was used longest ago.
    pub(crate) fn oldest(&mut self) -> Option<RowId> {
        loop {
            let (at, bound, rival) = least_two(self.groups.iter().map(|(oldest, _)| *oldest))?;
            if bound == ABSENT {
                return None;
            }
            let (group_bound, group) = self.groups.get_mut(at)?;
            let group = Arc::make_mut(group);
            let (page, _, next) = least_two(group.oldest_of_page.iter().copied())?;
            let stamps = group.stamps.get(page * PAGE..(page + 1) * PAGE)?;
            let (slot, stamp, _) = least_two(stamps.iter().copied())?;
            *group.oldest_of_page.get_mut(page)? = stamp;
            *group_bound = stamp.min(next);
            // Nothing else can be older than what bounds it from below.
            if stamp != ABSENT && stamp <= next && stamp <= rival {
                return Some(RowId::from_number(((at * PAGES + page) * PAGE + slot) as u32));
            }
        }
    }
}

/// Where the least number stands, that number, and the least of the others.
fn least_two(numbers: impl Iterator<Item = u64>) -> Option<(usize, u64, u64)> {
    let mut least = None;
    let mut next = ABSENT;
    for (at, number) in numbers.enumerate() {
        match least {
            Some((_, first)) if number >= first => next = next.min(number),
            _ => {
                next = least.map_or(ABSENT, |(_, first)| first);
                least = Some((at, number));
            }
        }
    }
    least.map(|(at, number)| (at, number, next))
}

fn place(row: RowId) -> (usize, usize, usize) {
    let row = row.number() as usize;
    (row / (PAGE * PAGES), row / PAGE % PAGES, row % (PAGE * PAGES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_the_row_used_longest_ago() {
        let mut recency = Recency::default();
        let mut model: Vec<u32> = Vec::new();
        let mut random = 7_u32;
        for _ in 0..20_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let row = (random >> 8) % 300 * 61;
            if random >> 28 == 0 {
                recency.forget(RowId::from_number(row));
                model.retain(|other| *other != row);
            } else {
                recency.touch(RowId::from_number(row));
                model.retain(|other| *other != row);
                model.push(row);
            }
            assert_eq!(recency.oldest().map(RowId::number), model.first().copied());
        }
    }
}
