//! What can be refused, and by which code. Every refusal happens before anything changes.

use crate::key::MAX_KEY_BYTES;

/// A refused call. Test [`code`](Error::code); the texts may improve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `INVALID_KEY`: the full key, scope prefix included, is too long.
    #[error("the key is {bytes} bytes long with its scope; at most {MAX_KEY_BYTES} are allowed")]
    KeyTooLong {
        /// The full key.
        key: String,
        /// The length that was refused.
        bytes: usize,
    },
    /// `INVALID_ARGUMENT`: a scope's name is empty, or a part of it begins with `~`.
    #[error("a scope's name must not be empty, and no part of it may begin with \"~\"")]
    ScopeName,
    /// `INVALID_ARGUMENT`: the id of an isolated scope is empty.
    #[error("the id of an isolated scope must not be empty")]
    IsolateId,
    /// `OUT_OF_RANGE`: a time to live is not positive, not a span of time, or too long.
    #[error("a ttl must be a positive span such as 1500, \"90s\", \"5m\" or \"1h30m\", not beyond the year 275760")]
    Ttl,
    /// `CONFLICT`: an entry has not the version that the commit asks for.
    #[error("the entry has version {actual}, not {expected}")]
    Conflict {
        /// The key whose version differs.
        key: String,
        /// The version that was asked for; 0 for "must not exist".
        expected: u64,
        /// The version that it has; 0 when missing.
        actual: u64,
    },
    /// `QUOTA_EXCEEDED`: the commit would pass a bound that may not be passed.
    #[error("more than {limit} {unit} would be held in {}{}, which is the bound less what it gives to bounded scopes within",
        if .prefix.is_empty() { "the store" } else { "scope " }, .prefix.strip_suffix(':').unwrap_or_default())]
    QuotaExceeded {
        /// What is bounded: `entries` or `bytes`.
        unit: &'static str,
        /// The bound, less what bounded scopes within it have reserved.
        limit: u64,
        /// Whose bound it is: what the keys of the bounded scope begin with, empty for the store.
        prefix: String,
    },
    /// `OUT_OF_RANGE`: bounds are zero, or those of scopes add up to more than the bound around them.
    #[error("bounds must be positive and those of scopes must fit into the bound around them")]
    Bounds,
    /// `CONFLICT`: a merge found something else on both sides of a key.
    #[error("the key has something else on both sides of the merge")]
    Collision {
        /// The full key.
        key: String,
    },
    /// `OUT_OF_MEMORY`: the call may need more memory than there is. Only behind the boundary: natively, memory is the platform's business.
    #[cfg(feature = "wasm")]
    #[error("there is no memory for this call")]
    OutOfMemory,
    /// `INVALID_SNAPSHOT`: the bytes are damaged, cut off, or no snapshot.
    #[error("the bytes are no snapshot, or are damaged or cut off")]
    InvalidSnapshot,
    /// `FORMAT_TOO_NEW`: a later version wrote the bytes.
    #[error("the snapshot has format {format}; this version reads formats up to {latest}")]
    FormatTooNew {
        /// The format of the bytes.
        format: u32,
        /// The latest that can be read.
        latest: u32,
    },
    /// `OUT_OF_RANGE`: bounds of a scope do not limit what bounds around it do.
    #[error("bounds must limit {unit} too, as the bound around them does: what is within it is reserved there")]
    BoundsMissing {
        /// What is not limited: `entries` or `bytes`.
        unit: &'static str,
    },
    /// `COMMIT_TOO_LARGE`: one commit has more bytes than the backend takes.
    #[error("the commit is {bytes} bytes long; the backend takes {limit}")]
    CommitTooLarge {
        /// Its bytes, as it would be sent.
        bytes: usize,
        /// The most that the backend takes.
        limit: usize,
    },
    /// `BACKLOG_FULL`: too much waits for the backend already.
    #[error("more than {limit} bytes would wait for the backend")]
    BacklogFull {
        /// The most bytes that may wait.
        limit: usize,
    },
    /// `CORRUPTED`: what came from the backend is damaged, or not Holdall's.
    #[error("what the backend holds is damaged, or was not written by Holdall")]
    Corrupted,
    /// `INVALID_ARGUMENT`: the scope has other bounds already.
    #[error("the scope has other bounds already")]
    BoundsDiffer,
    /// `NOT_FOUND`: the entry that was asked for is not there.
    #[cfg(feature = "serde")]
    #[error("there is no entry under the key")]
    NotFound {
        /// The key that was asked for, relative to the scope.
        key: String,
        /// Whether it is known to have expired.
        expired: bool,
    },
    /// `TYPE_MISMATCH`: a type cannot hold a stored value exactly.
    #[cfg(feature = "serde")]
    #[error("the value cannot be read as {wanted}: {path} {reason}")]
    TypeMismatch {
        /// The name of the type.
        wanted: &'static str,
        /// The place within the value, such as `$.items[3]`.
        path: String,
        /// What is wrong there.
        reason: &'static str,
    },
    /// `INVALID_VALUE`: a store cannot hold the value, or its bytes are damaged.
    #[cfg(feature = "serde")]
    #[error("cannot store this value: {path} {reason}")]
    InvalidValue {
        /// The place within the value, such as `$.items[3]`.
        path: String,
        /// What is wrong there.
        reason: &'static str,
    },
    /// `INVALID_VALUE`: the bytes of a stored value are not what its encoding asks for.
    #[cfg(feature = "serde")]
    #[error("a stored value {reason}")]
    DamagedValue {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `INVALID_LINES`: a line of an import is not one.
    #[cfg(feature = "serde")]
    #[error("line {line} {reason}")]
    InvalidLines {
        /// The number of the line, from 1 on.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Error {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyTooLong { .. } => "INVALID_KEY",
            Self::ScopeName | Self::IsolateId | Self::BoundsDiffer => "INVALID_ARGUMENT",
            Self::Ttl | Self::Bounds | Self::BoundsMissing { .. } => "OUT_OF_RANGE",
            Self::Conflict { .. } | Self::Collision { .. } => "CONFLICT",
            #[cfg(feature = "wasm")]
            Self::OutOfMemory => "OUT_OF_MEMORY",
            Self::InvalidSnapshot => "INVALID_SNAPSHOT",
            Self::FormatTooNew { .. } => "FORMAT_TOO_NEW",
            Self::QuotaExceeded { .. } => "QUOTA_EXCEEDED",
            Self::CommitTooLarge { .. } => "COMMIT_TOO_LARGE",
            Self::BacklogFull { .. } => "BACKLOG_FULL",
            Self::Corrupted => "CORRUPTED",
            #[cfg(feature = "serde")]
            Self::NotFound { .. } => "NOT_FOUND",
            #[cfg(feature = "serde")]
            Self::TypeMismatch { .. } => "TYPE_MISMATCH",
            #[cfg(feature = "serde")]
            Self::InvalidValue { .. } | Self::DamagedValue { .. } => "INVALID_VALUE",
            #[cfg(feature = "serde")]
            Self::InvalidLines { .. } => "INVALID_LINES",
        }
    }
}
