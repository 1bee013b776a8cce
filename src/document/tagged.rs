//! Reads the tags of tagged JSON: puts each date, bigint and bytes back in the place of the text that stands for it.

use super::base64::from_base64;
use super::{Document, LAST_DATE, Refusal, Text};

/// Whether a text is a whole number in its only form: digits without leading zeros, `-` before them, no `-0`.
fn is_bigint(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_zero = digits == "0" && text == digits;
    is_zero || (!digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The date at decimal milliseconds.
pub(super) fn date_of(text: &str) -> Option<Document> {
    let time = text.parse().ok().filter(|time| is_bigint(text) && (-LAST_DATE..=LAST_DATE).contains(time))?;
    Some(Document::Date(time))
}

/// The bigint with decimal digits.
pub(super) fn bigint_of(text: &str) -> Option<Document> {
    is_bigint(text).then(|| Document::BigInt(text.into()))
}

/// The document that one of tagged JSON stands for.
pub(crate) fn untag(document: Document) -> Result<Document, Refusal> {
    match document {
        Document::Text(Text(text)) => match text.strip_prefix(b"~") {
            Some(content) => tagged(content).ok_or(Refusal::new("is not a tag")),
            None => Ok(Document::Text(Text(text))),
        },
        Document::Array(items) => items.into_iter().map(untag).collect::<Result<_, _>>().map(Document::Array),
        Document::Object(fields) => {
            fields.into_iter().map(|(name, value)| Ok((name, untag(value)?))).collect::<Result<_, _>>().map(Document::Object)
        }
        scalar => Ok(scalar),
    }
}

/// What stands behind a `~`.
fn tagged(content: &[u8]) -> Option<Document> {
    let (tag, rest) = content.split_first()?;
    let text = || std::str::from_utf8(rest).ok();
    match tag {
        b'~' => Some(Document::Text(Text(content.into()))),
        b'd' => date_of(text()?),
        b'n' => bigint_of(text()?),
        b'b' => from_base64(rest).map(Document::Bytes),
        _ => None,
    }
}
