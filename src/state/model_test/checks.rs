//! What must hold of a state whatever has happened to it: it is asked for in every way that there is, and each answer is compared with the
//! model's; and the invariants that the files of this module state.

use super::*;

impl Twin {
    /// Panics where an invariant does not hold or the state holds anything but what the model does.
    pub(super) fn check(&self) {
        let state = &self.state;
        state.table.check();
        state.index.check();
        state.terms.check(&state.table);
        self.check_rows();
        assert_eq!(state.len(), self.model.len());
        let bytes = |key: &str, expected: &Expected| {
            (key.len() + expected.value.bytes.len()) as u64 + expected.metadata.as_ref().map_or(0, |metadata| metadata.bytes())
        };
        assert_eq!(state.bytes(), self.model.iter().map(|(key, expected)| bytes(key, expected)).sum::<u64>());
        let earliest = self.model.values().map(|expected| expected.deadline).min().unwrap_or(NEVER);
        assert!(state.earliest() <= earliest, "earliest is a lower bound");
        for (key, expected) in &self.model {
            let row = state.find(key).expect("an entry is found by its key");
            assert!(state.is_live(row));
            assert_eq!(state.value(row), (expected.value.as_value(), expected.deadline));
            assert_eq!(state.deadline(row), expected.deadline);
            let entry = state.entry(row);
            let metadata = entry.metadata.cloned();
            let (version, deadline, created_at, updated_at) = (entry.value_version, entry.deadline, entry.created_at, entry.updated_at);
            let found = Expected { value: entry.value.to_owned(), version, deadline, created_at, updated_at, metadata };
            assert_eq!((entry.key, &found), (key.as_str(), expected));
        }
    }

    /// Index, order, terms and table know the same rows.
    fn check_rows(&self) {
        let state = &self.state;
        let occupied = state.table.occupied();
        assert_eq!(occupied.len(), state.live + state.dead, "each occupied row is live or dead");
        assert_eq!(occupied.iter().filter(|row| state.is_live(**row)).count(), state.live);
        let mut ordered = state.order.rows();
        ordered.sort_unstable();
        assert_eq!(ordered, occupied, "every occupied row stands in the order exactly once");
        state.order.sorted().check(|a, b| state.table.key(*a) < state.table.key(*b));
        for row in occupied {
            let key = std::str::from_utf8(state.table.key(row)).unwrap();
            assert_eq!(state.find_hashed(state.hash(key), key), Some(row), "every occupied row is found by its key");
            if !state.is_live(row) {
                assert!(!self.model.contains_key(key));
                assert!(state.find(key).is_none(), "a dead row is no entry");
                assert!(!state.has_expired(key, self.now) || self.expired.contains(key), "what did not expire is not said to have");
            }
        }
        let termed = self.model.iter().flat_map(|(key, expected)| {
            let row = state.find(key).unwrap();
            let metadata = expected.metadata.as_deref();
            let tags = metadata.into_iter().flat_map(|metadata| metadata.tags.iter().map(|tag| [&[0], tag.as_bytes()].concat()));
            let properties = metadata
                .into_iter()
                .flat_map(|metadata| &metadata.properties)
                .map(|(name, value)| [&[1], name.as_bytes(), &[0xFE, value.encoding], &value.bytes[..value.bytes.len().min(64)]].concat());
            tags.chain(properties).map(move |term| (term, row)).collect::<Vec<_>>()
        });
        let mut termed: Vec<(Vec<u8>, RowId)> = termed.collect();
        termed.sort_by(|(a_term, a), (b_term, b)| a_term.cmp(b_term).then_with(|| state.table.key(*a).cmp(state.table.key(*b))));
        assert_eq!(state.terms.pairs(), termed, "the term index holds exactly the terms of the live rows");
    }

    /// Compares what listings, the term index and the kinds of pages give with the model.
    pub(super) fn check_listings(&self) {
        let mut state = self.state.clone();
        state.make_ordered();
        for prefix in ["", "k", "k:1", "k:é", "z"] {
            let expected: Vec<&str> = self.model.keys().map(String::as_str).filter(|key| key.starts_with(prefix)).collect();
            let taken = |from_back, most| {
                let mut range = state.places(prefix);
                let mut rows = Vec::new();
                while !range.is_empty() {
                    rows.extend(state.take_rows(&mut range, from_back, most));
                }
                state.retain_live(&mut rows, 0);
                rows.into_iter().map(|row| state.entry(row).key).collect::<Vec<_>>()
            };
            assert_eq!(taken(false, 3), expected, "listed from the first");
            assert_eq!(taken(false, usize::MAX), expected, "listed at once");
            let mut backward = taken(true, 3);
            backward.reverse();
            assert_eq!(backward, expected, "listed from the last");
            for tag in TAGS {
                let has_tag = |key: &&&str| self.model[**key].metadata.as_ref().is_some_and(|metadata| metadata.has_tag(tag));
                let tagged: Vec<&str> = expected.iter().filter(has_tag).copied().collect();
                assert_eq!(self.termed(&Term::tag(tag), prefix), tagged, "tagged {tag:?} under {prefix:?}");
            }
            let annotated: Vec<&str> = expected.iter().filter(|key| self.model[**key].metadata.is_some()).copied().collect();
            self.check_properties(prefix, &annotated);
        }
        self.check_kinds();
    }

    /// What the term index gives, in its order.
    fn termed(&self, term: &Term, prefix: &str) -> Vec<&str> {
        let (count, range) = self.state.termed(term, prefix);
        let mut rows = Vec::new();
        self.state.collect_termed(&range, &mut rows);
        let found: Vec<&str> = rows.into_iter().map(|row| self.state.entry(row).key).collect();
        assert_eq!(count, found.len(), "as many as it says");
        found
    }

    fn check_properties(&self, prefix: &str, expected: &[&str]) {
        for name in NAMES {
            let value_of = |key: &str| self.model[key].metadata.as_ref().and_then(|metadata| metadata.properties.get(name));
            let mut found = self.termed(&Term::property(name, None), prefix);
            found.retain(|key| key.starts_with(prefix));
            found.sort_unstable();
            let having: Vec<&str> = expected.iter().filter(|key| value_of(key).is_some()).copied().collect();
            assert_eq!(found, having, "having {name:?} under {prefix:?}");
            for value in having.iter().filter_map(|key| value_of(key)) {
                let mut found = self.termed(&Term::property(name, Some(value.as_value())), prefix);
                found.retain(|key| value_of(key) == Some(value));
                let equal: Vec<&str> = having.iter().filter(|key| value_of(key) == Some(value)).copied().collect();
                assert_eq!(found, equal, "with this {name:?} under {prefix:?}");
            }
        }
    }

    /// Searches by kind find all, look nowhere in vain twice, and disturb no clone.
    fn check_kinds(&self) {
        let state = &self.state;
        for mask in [1, 0b110, 1 << 31, u32::MAX] {
            let mut found = state.of_kinds(mask, usize::MAX).unwrap();
            found.sort_unstable();
            let has_kind = |row: &RowId| bit_of(state.entry(*row).value.encoding) & mask != 0;
            let expected: Vec<RowId> = state.table.occupied().into_iter().filter(|row| state.is_live(*row) && has_kind(row)).collect();
            assert_eq!(found, expected, "of the kinds {mask:b}");
            assert!(state.near_kinds(mask) >= found.len(), "as many at most");
            assert_eq!(state.of_kinds(mask, found.len() / 2).is_none(), !found.is_empty(), "more than half of them is too many");
        }
        let present = self.model.values().fold(0, |bits, expected| bits | bit_of(expected.value.encoding));
        assert_eq!(state.near_kinds(!present), 0, "a search leaves the kinds exact");
    }
}
