//! Prints documents as JavaScript's `JSON.stringify` does, to the byte, plain or tagged.

use super::base64::to_base64;
use super::{Document, MAX_SAFE_INTEGER, Text};

/// Prints a document. Without `tagged` it must hold no bigint, date or bytes.
pub(crate) fn write(out: &mut Vec<u8>, document: &Document, tagged: bool) {
    match document {
        Document::Null => out.extend_from_slice(b"null"),
        Document::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Document::Number(number) => out.extend_from_slice(number_text(*number).as_bytes()),
        Document::BigInt(digits) => write_tag(out, "n", |out| out.extend_from_slice(digits.as_bytes())),
        Document::Date(time) => write_tag(out, "d", |out| out.extend_from_slice(time.to_string().as_bytes())),
        Document::Bytes(bytes) => write_tag(out, "b", |out| to_base64(out, bytes)),
        Document::Text(Text(text)) if tagged && text.starts_with(b"~") => quote(out, &[b"~", &**text].concat()),
        Document::Text(text) => quote(out, &text.0),
        Document::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                separate(out, at);
                write(out, item, tagged);
            }
            out.push(b']');
        }
        Document::Object(fields) => {
            out.push(b'{');
            for (at, (name, value)) in fields.iter().enumerate() {
                separate(out, at);
                quote(out, &name.0);
                out.push(b':');
                write(out, value, tagged);
            }
            out.push(b'}');
        }
    }
}

fn separate(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.push(b',');
    }
}

fn write_tag(out: &mut Vec<u8>, tag: &str, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"\"~");
    out.extend_from_slice(tag.as_bytes());
    write(out);
    out.push(b'"');
}

/// A text as a JSON string.
pub(crate) fn quote(out: &mut Vec<u8>, text: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let escape = |out: &mut Vec<u8>, unit: u32| {
        out.extend_from_slice(b"\\u");
        out.extend([12, 8, 4, 0].iter().filter_map(|shift| HEX.get((unit >> shift & 15) as usize)));
    };
    out.push(b'"');
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        match (byte, rest.as_slice()) {
            (b'"' | b'\\', _) => out.extend([b'\\', *byte]),
            (8, _) => out.extend_from_slice(b"\\b"),
            (12, _) => out.extend_from_slice(b"\\f"),
            (b'\n', _) => out.extend_from_slice(b"\\n"),
            (b'\r', _) => out.extend_from_slice(b"\\r"),
            (b'\t', _) => out.extend_from_slice(b"\\t"),
            (0..=0x1f, _) => escape(out, u32::from(*byte)),
            // A lone surrogate: in UTF-8 no byte from 0xA0 on follows 0xED.
            (0xED, [high @ 0xA0..=0xBF, low, ..]) => {
                escape(out, 0xD000 | u32::from(high & 63) << 6 | u32::from(low & 63));
                rest.nth(1);
            }
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

/// A finite number as JavaScript prints it: the fewest digits that read as it, with an exponent from 10²¹ on and below 10⁻⁶.
fn number_text(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude <= MAX_SAFE_INTEGER as f64 && magnitude.fract() == 0.0 {
        return (number as i64).to_string();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let scientific = format!("{magnitude:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let shortest: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = even_of_two(magnitude, shortest);
    // The place of the point, counted from before the first digit.
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    match point {
        _ if count <= point && point <= 21 => format!("{sign}{digits}{}", "0".repeat((point - count) as usize)),
        1..=21 => {
            let (whole, fraction) = digits.split_at_checked(point as usize).unwrap_or((&digits, ""));
            format!("{sign}{whole}.{fraction}")
        }
        -5..=0 => format!("{sign}0.{}{digits}", "0".repeat(-point as usize)),
        _ => {
            let (first, more) = digits.split_at_checked(1).unwrap_or((&digits, ""));
            let point_between = if more.is_empty() { "" } else { "." };
            format!("{sign}{first}{point_between}{more}e{:+}", point - 1)
        }
    }
}

/// Where a number lies just between two shortest ways to print it, JavaScript takes the one with an even last digit, and Rust the greater.
fn even_of_two(magnitude: f64, shortest: String) -> String {
    let Some(last @ (b'1' | b'3' | b'5' | b'7' | b'9')) = shortest.bytes().next_back() else { return shortest };
    // Beyond so many digits all that such a number has are zeros.
    let exact: String = format!("{magnitude:.40e}").chars().take_while(|letter| *letter != 'e').filter(char::is_ascii_digit).collect();
    let mut even = shortest.clone();
    even.pop();
    even.push(char::from(last - 1));
    let is_between =
        exact.strip_prefix(&even).and_then(|rest| rest.strip_prefix('5')).is_some_and(|rest| rest.bytes().all(|digit| digit == b'0'));
    if is_between { even } else { shortest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_javascript_prints_them() {
        let cases = [
            (0.0, "0"),
            (-1.0, "-1"),
            (0.1, "0.1"),
            (-123.456, "-123.456"),
            (1e20, "100000000000000000000"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (0.000_001, "0.000001"),
            (0.000_000_1, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (1_152_921_504_606_846_976.0, "1152921504606847000"),
            (4.35, "4.35"),
            // Just between two ways to print them.
            (1_406_923_533_373_283.0 + 0.25, "1406923533373283.2"),
            (-170_803_694_967_370.0 - 0.125, "-170803694967370.12"),
            (9_007_199_254_740_991.5, "9007199254740992"),
            (0.5, "0.5"),
            (2.5, "2.5"),
        ];
        for (number, text) in cases {
            assert_eq!(number_text(number), text);
            assert_eq!(text.parse(), Ok(number));
        }
    }

    #[test]
    fn texts_are_quoted_as_javascript_quotes_them() {
        let mut out = Vec::new();
        quote(
            &mut out,
            &[b"\"\\\x08\x0c\n\r\t\0\x1f\x7f/\xe2\x80\xa8".as_slice(), "퟿😀".as_bytes(), b"\xed\xa0\xbd!\xed\xbf\xbf"].concat(),
        );
        assert_eq!(String::from_utf8_lossy(&out), "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\x7f/\u{2028}\u{d7ff}😀\\ud83d!\\udfff\"");
    }
}
