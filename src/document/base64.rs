//! Base64 (RFC 4648, section 4: standard alphabet, padded), as `ts/store/values/base64.ts` writes it and nothing else.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as base64.
pub(super) fn to_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for sextet in 0..4 {
            let code = ALPHABET.get((group >> (18 - 6 * sextet) & 63) as usize).copied().unwrap_or_default();
            out.push(if sextet > chunk.len() { b'=' } else { code });
        }
    }
}

/// The bytes that base64 stands for; nothing when the text is not the one that [`to_base64`] gives for some bytes.
pub(super) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for chunk in digits.chunks(4) {
        let mut group = 0;
        for digit in chunk {
            group = group << 6 | ALPHABET.iter().position(|code| code == digit)? as u32;
        }
        let bits = chunk.len() * 6;
        // The bits beyond the last whole byte are zero.
        if group & ((1 << (bits % 8)) - 1) != 0 {
            return None;
        }
        group <<= 24 - bits;
        bytes.extend(group.to_be_bytes().iter().skip(1).take(bits / 8));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        for (bytes, text) in
            [(&b""[..], ""), (b"\0", "AA=="), (b"\0\x01", "AAE="), (b"\0\x01\x02", "AAEC"), (b"\xff\xfe\xfd\xfc", "//79/A==")]
        {
            let mut out = Vec::new();
            to_base64(&mut out, bytes);
            assert_eq!(String::from_utf8_lossy(&out), text);
            assert_eq!(from_base64(text.as_bytes()).as_deref(), Some(bytes));
        }
        for text in ["A", "AA", "AAA", "AB==", "AAF=", "A===", "====", "AA=A", "A-==", "AAEC=", "AAAA====", " AAE"] {
            assert_eq!(from_base64(text.as_bytes()), None, "{text}");
        }
    }
}
