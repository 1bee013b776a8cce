//! # Holdall
//!
//! The engine of Holdall: a key-value store with scopes, expiry, bounds, metadata and atomic commits over state that is shared by clones and
//! copied on write. It has no I/O, no clock and no callbacks: time comes in as an argument, and what happened waits in an outbox
//! until the host takes it.
//!
//! ```
//! use holdall::{Options, Operation, Range, Store, Ttl, Value};
//!
//! let mut store = Store::new(Options::default())?;
//! let put = |key, text: &'static str| Operation::Put {
//!     key,
//!     value: Value { encoding: 0, bytes: text.as_bytes() },
//!     ttl: Ttl::Default,
//!     metadata: None,
//! };
//! store.apply(&[], &[put("user:2", "Bob"), put("user:1", "Ada"), put("job:1", "print")], 0)?;
//!
//! let mut users = store.list(Range { prefix: "user:", ..Range::default() }, 0);
//! assert_eq!(users.next().map(|entry| entry.key.to_string()).as_deref(), Some("user:1"));
//!
//! let clone = store.clone(); // costs the same for ten entries or a million
//! store.apply(&[], &[Operation::DeletePrefix { prefix: "" }], 0)?;
//! assert!(clone.peek("job:1", 0).is_some());
//! # Ok::<(), holdall::Error>(())
//! ```
//!
#![cfg_attr(feature = "serde", doc = include_str!("manual.md"))]
//! # Layout
//!
//! - [`Store`] (`store.rs`) is the one way in: reads, and in `store/apply.rs` commits and expiry. What happened waits in `outbox.rs`.
//! - `commit.rs`: what a commit asks for and what came of it. `entry.rs`: the two cells of an entry. `key.rs`: keys and scopes' prefixes.
//! - `expiry.rs`: time and time to live. `bounds.rs` and `recency.rs`: how much is held, and who goes first. `listing.rs`: ranges of
//!   keys. `query.rs`: conditions, and the shortest way to what meets them.
//! - `typed/` and `document/`: any values that serde describes, and their encodings; `lines.rs`: JSON lines. Built with the feature `serde`.
//! - `replica/`: a store whose commits a backend decides, as a state machine without I/O. Built with the feature `replica`.
//! - `sort.rs`: the one instance of sorting that all share.
//! - `state/`: how entries lie in memory; the only place that indexes.
//! - `wasm/`: the boundary for JavaScript, built with the feature `wasm`; the only place that names `wasm_bindgen`.

mod batch;
mod bounds;
mod commit;
mod difference;
#[cfg(feature = "serde")]
mod document;
mod entry;
mod error;
mod expiry;
mod key;
#[cfg(feature = "serde")]
mod lines;
mod listing;
mod merge;
mod outbox;
mod query;
mod recency;
#[cfg(feature = "replica")]
mod replica;
mod short;
mod snapshot;
mod sort;
mod state;
mod store;
mod transaction;
#[cfg(feature = "serde")]
mod typed;
#[cfg(feature = "wasm")]
mod wasm;

pub use batch::Batch;
pub use bounds::{Limits, Policy};
pub use commit::{Change, ChangeKind, Committed, Condition, Operation, Origin, Receipt};
pub use difference::Difference;
pub use entry::{Entry, Metadata, MetadataPatch, OwnedValue, Properties, Value};
pub use error::Error;
pub use expiry::{LAST_DEADLINE, Millis, NEVER, Ttl, parse_ttl};
pub use key::{MAX_KEY_BYTES, isolate_prefix, scope_prefix};
pub use listing::{Listing, Range};
pub use merge::{Conflict, Merged, Resolution, Source, Strategy};
pub use outbox::{Detail, Outbox};
pub use query::{PropertyCondition, Query};
#[cfg(feature = "replica")]
pub use replica::{Answer, Decided, Logged, Outcome, PENDING, RangeRead, Replica, ReplicaOptions, Request, Seen};
pub use snapshot::SNAPSHOT_FORMAT;
pub use state::RowId;
pub use store::{Options, Stats, Store};
pub use transaction::Transaction;
#[cfg(feature = "serde")]
pub use typed::{Bytes, Date, Engine, Meta, SetOptions, Typed, decode, encode};
