//! Copying short pieces of memory. On wasm, copying is an instruction whose engine calls out to the system's `memmove`: for the bytes of most keys and
//! values that call costs more than what it does, and in a loop it keeps the processor from waiting for several cache misses at once.

/// Beyond this length the call is the faster way.
const LONGEST: usize = 64;

/// Copies `from` into `to`, which must be as long.
#[inline(always)]
#[allow(clippy::inline_always)] // A call would cost what this saves.
pub(crate) fn copy(to: &mut [u8], from: &[u8]) {
    debug_assert_eq!(to.len(), from.len());
    if from.len() > LONGEST {
        return copy_long(to, from);
    }
    let ((words, bytes), (from_words, from_bytes)) = (to.as_chunks_mut::<8>(), from.as_chunks::<8>());
    for (word, from) in words.iter_mut().zip(from_words) {
        *word = *from;
    }
    for (byte, from) in bytes.iter_mut().zip(from_bytes) {
        *byte = *from;
    }
}

#[inline(never)]
fn copy_long(to: &mut [u8], from: &[u8]) {
    if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_exact_at_every_length() {
        let from: Vec<u8> = (1..=3 * LONGEST as u8).collect();
        for (length, from) in (0..=from.len()).filter_map(|length| Some((length, from.get(..length)?))) {
            let mut to = vec![0; length + 2];
            copy(to.get_mut(1..=length).unwrap_or_default(), from);
            assert_eq!(to, [&[0], from, &[0]].concat(), "{length}");
        }
    }
}
