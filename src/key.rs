//! Keys and the prefixes that make scopes of them.
//!
//! A key is any Unicode text of up to [`MAX_KEY_BYTES`] bytes; nothing in it has a meaning to the engine. A scope is a prefix ending in
//! `:`, and a listing of a scope is a range of keys, since order is the order of bytes (which for UTF-8 is that of code points).

use crate::error::Error;

/// The longest key, its scope's prefix included, in UTF-8 bytes.
pub const MAX_KEY_BYTES: usize = 1024;

/// Refuses a key that is too long (`INVALID_KEY`).
pub(crate) fn check(key: &str) -> Result<(), Error> {
    if key.len() > MAX_KEY_BYTES {
        return Err(Error::KeyTooLong { key: key.into(), bytes: key.len() });
    }
    Ok(())
}

/// The prefix of the scope called `name`: `name:`.
///
/// # Errors
/// `INVALID_ARGUMENT` when the name is empty, or a part of it between `:` begins with `~`, which is reserved for [`isolate_prefix`].
///
/// ```
/// assert_eq!(holdall::scope_prefix("user").unwrap(), "user:");
/// assert!(holdall::scope_prefix("~x").is_err());
/// assert!(holdall::scope_prefix("tenant:~x").is_err());
/// ```
pub fn scope_prefix(name: &str) -> Result<String, Error> {
    // Not `contains`, whose search for a text of any length is 9 kB of the wasm.
    let reaches_within = name.as_bytes().windows(2).any(|pair| pair == b":~");
    if name.is_empty() || name.starts_with('~') || reaches_within {
        return Err(Error::ScopeName);
    }
    Ok(format!("{name}:"))
}

/// The prefix of the scope of one untrusted id: `~`, the id with `~` and `:` written `~0` and `~1`, and `:`. No two ids share a prefix
/// and none begins with another's, nor with that of a named scope.
///
/// # Errors
/// `INVALID_ARGUMENT` when the id is empty.
///
/// ```
/// assert_eq!(holdall::isolate_prefix("a:b~c").unwrap(), "~a~1b~0c:");
/// ```
pub fn isolate_prefix(id: &str) -> Result<String, Error> {
    if id.is_empty() {
        return Err(Error::IsolateId);
    }
    Ok(format!("~{}:", id.replace('~', "~0").replace(':', "~1")))
}

/// The least text of bytes that is greater than every key beginning with `prefix`; `None` when there is none.
pub(crate) fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    // No byte of UTF-8 is 0xFF, so the last one can always be raised.
    *end.last_mut()? += 1;
    Some(end)
}

/// The prefixes of `key` that can be a scope's, from the innermost to the whole store's (empty).
pub(crate) fn enclosing_prefixes(key: &str) -> impl Iterator<Item = &str> {
    key.rmatch_indices(':').filter_map(|(at, _)| key.get(..=at)).chain(std::iter::once(""))
}
