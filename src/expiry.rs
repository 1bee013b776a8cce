//! Time: milliseconds that the host passes in. The engine never reads a clock; it only sees to it that time never goes back.
//!
//! A deadline is absolute. An entry has expired when `now >= deadline`.

use crate::error::Error;

/// A point in time or a span, in milliseconds; points count from 1970-01-01T00:00Z. Time ends before [`NEVER`]: what the host passes as "now" is less.
pub type Millis = u64;

/// The deadline of an entry that never expires.
pub const NEVER: Millis = Millis::MAX;

/// The last point in time that a deadline can be: the last one of a JavaScript `Date`.
pub const LAST_DEADLINE: Millis = 8_640_000_000_000_000;

/// What a write does to the deadline of its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ttl {
    /// The store's default.
    #[default]
    Default,
    /// The deadline that the entry has stays.
    Keep,
    /// The entry lives for ever.
    Never,
    /// The entry lives for this long from the commit on.
    Span(Millis),
    /// The entry has this deadline, which must not have passed; [`NEVER`] for none.
    Until(Millis),
}

impl Ttl {
    /// The deadline after a commit at `now`, where the entry had `present` and the store's default is `default`.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` for a span of zero, a deadline that has passed, and one beyond [`LAST_DEADLINE`].
    #[inline]
    pub(crate) fn deadline(self, now: Millis, present: Option<Millis>, default: Option<Millis>) -> Result<Millis, Error> {
        let span = match (self, present) {
            (Self::Keep, Some(deadline)) => return Ok(deadline),
            (Self::Never | Self::Until(NEVER), _) => return Ok(NEVER),
            (Self::Until(deadline), _) => return if now < deadline && deadline <= LAST_DEADLINE { Ok(deadline) } else { Err(Error::Ttl) },
            (Self::Span(span), _) => span,
            (Self::Default | Self::Keep, _) => match default {
                Some(span) => span,
                None => return Ok(NEVER),
            },
        };
        match now.checked_add(span) {
            Some(deadline) if span > 0 && deadline <= LAST_DEADLINE => Ok(deadline),
            _ => Err(Error::Ttl),
        }
    }
}

/// Reads a span of time such as `90s`, `5m`, `1h30m`, `7d`: whole numbers, each with a unit of `w d h m s ms`, from the larger to the
/// smaller, no unit twice.
///
/// # Errors
/// `OUT_OF_RANGE` when the text is not such a span, or the span is zero or longer than [`LAST_DEADLINE`].
///
/// ```
/// assert_eq!(holdall::parse_ttl("1h30m").unwrap(), 5_400_000);
/// assert!(holdall::parse_ttl("soon").is_err());
/// ```
pub fn parse_ttl(text: &str) -> Result<Millis, Error> {
    const UNITS: [(&str, Millis); 6] = [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let mut rest = text;
    let mut largest = Millis::MAX;
    let mut total: Millis = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(Error::Ttl)?;
        let (number, tail) = rest.split_at_checked(digits).ok_or(Error::Ttl)?;
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(letters).ok_or(Error::Ttl)?;
        let &(_, size) = UNITS.iter().find(|(name, size)| *name == unit && *size < largest).ok_or(Error::Ttl)?;
        let number: Millis = number.parse().map_err(|_| Error::Ttl)?;
        total = number.checked_mul(size).and_then(|span| total.checked_add(span)).ok_or(Error::Ttl)?;
        largest = size;
        rest = tail;
    }
    if total == 0 || total > LAST_DEADLINE {
        return Err(Error::Ttl);
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_is_read_from_the_larger_unit_to_the_smaller() {
        for (text, span) in [("1ms", 1), ("90s", 90_000), ("5m", 300_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("1w2d", 777_600_000)]
        {
            assert_eq!(parse_ttl(text), Ok(span), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_is_out_of_range() {
        for text in ["", "0s", "5", "m", "-1s", "1.5h", "1s1m", "1m1m", "1 h", "1H", "99999999999999999999d", "9999999999w", "é", "1é"] {
            assert_eq!(parse_ttl(text), Err(Error::Ttl), "{text}");
        }
    }

    #[test]
    fn a_deadline_beyond_the_last_is_refused() {
        assert_eq!(Ttl::Span(LAST_DEADLINE).deadline(1, None, None), Err(Error::Ttl));
        assert_eq!(Ttl::Span(0).deadline(1, None, None), Err(Error::Ttl));
        assert_eq!(Ttl::Keep.deadline(1, Some(7), Some(3)), Ok(7));
        assert_eq!(Ttl::Keep.deadline(1, None, Some(3)), Ok(4));
    }
}
