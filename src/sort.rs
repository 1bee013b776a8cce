//! Sorting rows and positions: one instance of the standard sort for all who need one, since each instance is 4 kB of wasm.

use std::cmp::Ordering;

/// Sorts numbers by a first rank each, and where ranks are equal by `compare`.
pub(crate) fn sort_ranked(items: &mut [(u64, u32)], compare: &dyn Fn(u32, u32) -> Ordering) {
    items.sort_unstable_by(|(a_rank, a), (b_rank, b)| a_rank.cmp(b_rank).then_with(|| compare(*a, *b)));
}

/// The rank of a key: its first eight bytes as a number that sorts as they do.
pub(crate) fn rank(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(bytes)
}
