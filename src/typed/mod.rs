//! Typed views: a store of any values that serde can describe, written as JavaScript's side of Holdall writes them.
//!
//! [`Typed`] knows no state of its own: a [`Store`] (or a [`Transaction`], or either lent), the prefix of a scope, and the clock of the host. Each
//! read names its type. `reads.rs`: what is asked; `writes.rs`: what changes; `whole.rs`: what concerns all entries at once. `serialize.rs` and
//! `deserialize.rs`: between types and documents; `types.rs`: the kinds that JavaScript has and serde has not.

mod deserialize;
mod engine;
mod options;
mod reads;
mod serialize;
mod types;
mod whole;
mod writes;

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document;
use crate::entry::{OwnedValue, Value};
use crate::error::Error;
use crate::expiry::{LAST_DEADLINE, Millis};
use crate::key::{isolate_prefix, scope_prefix};
use crate::store::{Options, Store};

pub use engine::Engine;
pub use options::{Meta, SetOptions};
pub use types::{Bytes, Date};

/// What a host tells the time by.
type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// A store of values of any types that serde can describe, a scope of one, or a transaction on one.
///
/// What it writes is what Holdall for JavaScript writes, so either reads the other's snapshots. A read names its type, and a value that the type
/// cannot hold exactly is `TYPE_MISMATCH`: 300 as a `u8`, 0.1 as an `f32`, 2⁶⁰ + 1 as an `f64`. Whole numbers beyond 2⁵³ are bigints to JavaScript.
///
/// ```
/// use holdall::{Options, Typed};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Debug, PartialEq)]
/// struct User {
///     name: String,
///     visits: u32,
/// }
///
/// let mut store = Typed::new(Options::default(), || 0)?; // the second is the clock: milliseconds since 1970
/// let mut users = store.scope("user")?;
/// users.set("1", &User { name: "Ada".into(), visits: 1 })?;
/// users.update("1", |user: Option<User>| User { visits: 2, ..user.expect("it was just set") })?;
///
/// assert_eq!(store.get("user:1")?, Some(User { name: "Ada".into(), visits: 2 }));
/// assert_eq!(store.get::<u8>("user:1").unwrap_err().code(), "TYPE_MISMATCH");
/// assert_eq!(store.get_required::<User>("user:2").unwrap_err().code(), "NOT_FOUND");
/// # Ok::<(), holdall::Error>(())
/// ```
pub struct Typed<S = Store> {
    engine: S,
    prefix: String,
    clock: Clock,
}

impl<S: fmt::Debug> fmt::Debug for Typed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed").field("engine", &self.engine).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// An independent store with the same data, limits and clock; costs the same at any size.
impl Clone for Typed<Store> {
    fn clone(&self) -> Self {
        Self { engine: self.engine.clone(), prefix: self.prefix.clone(), clock: self.clock.clone() }
    }
}

impl Typed<Store> {
    /// An empty store that tells the time by `clock`, in milliseconds since 1970. What a clock takes back, the store does not.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` when a limit or the default ttl is zero.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use holdall::{Options, Typed};
    ///
    /// let clock = || SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as u64);
    /// let mut store = Typed::new(Options::default(), clock)?;
    /// store.set("answer", &42)?;
    /// # Ok::<(), holdall::Error>(())
    /// ```
    pub fn new(options: Options, clock: impl Fn() -> Millis + Send + Sync + 'static) -> Result<Self, Error> {
        Ok(Self::of(Store::new(options)?, clock))
    }

    /// The values of a store that is there already.
    pub fn of(store: Store, clock: impl Fn() -> Millis + Send + Sync + 'static) -> Self {
        Self { engine: store, prefix: String::new(), clock: Arc::new(clock) }
    }

    /// The store beneath.
    pub fn into_store(self) -> Store {
        self.engine
    }
}

impl<S: Engine> Typed<S> {
    /// A view of the keys that begin with `name:`, with what follows as its short keys. Scopes nest.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when the name is empty or begins with `~`.
    pub fn scope(&mut self, name: &str) -> Result<Typed<&mut S>, Error> {
        Ok(self.narrowed(&scope_prefix(name)?))
    }

    /// A scope for one untrusted id: no id reaches another's keys, nor a named scope.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when the id is empty.
    pub fn isolate(&mut self, id: &str) -> Result<Typed<&mut S>, Error> {
        Ok(self.narrowed(&isolate_prefix(id)?))
    }

    fn narrowed(&mut self, prefix: &str) -> Typed<&mut S> {
        Typed { prefix: [&self.prefix, prefix].concat(), clock: self.clock.clone(), engine: &mut self.engine }
    }

    /// The full key of a short one.
    fn full<'k>(&self, key: &'k str) -> Cow<'k, str> {
        if self.prefix.is_empty() { Cow::Borrowed(key) } else { Cow::Owned([&self.prefix, key].concat()) }
    }

    /// The short key of a full one.
    fn short<'k>(&self, key: &'k str) -> &'k str {
        key.get(self.prefix.len()..).unwrap_or_default()
    }

    /// The time, which is never so late that what never expires would.
    fn now(&self) -> Millis {
        (self.clock)().min(LAST_DEADLINE)
    }

    /// An error whose key is relative to this view.
    fn relative(&self, mut error: Error) -> Error {
        if let Error::Conflict { key, .. } | Error::Collision { key } = &mut error {
            *key = self.short(key).into();
        }
        error
    }
}

/// The bytes that a value is stored as.
///
/// # Errors
/// `INVALID_VALUE`, naming the place, for what a store does not hold: `NaN` and infinities, maps with other keys than texts, whole numbers and
/// booleans, nesting beyond 500, invalid dates, and what refuses to be written.
///
/// ```
/// let value = holdall::encode(&vec![1.0, 2.5])?;
/// assert_eq!(&*value.bytes, b"[1,2.5]");
/// assert_eq!(holdall::encode(&vec![f64::NAN]).unwrap_err().to_string(), "cannot store this value: $[0] is not a finite number");
/// # Ok::<(), holdall::Error>(())
/// ```
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<OwnedValue, Error> {
    let document = serialize::to_document(value).map_err(|refusal| Error::InvalidValue { path: refusal.path(), reason: refusal.reason })?;
    Ok(document::encode(document))
}

/// The value that bytes of a store stand for.
///
/// # Errors
/// `TYPE_MISMATCH`, naming the place, when the type cannot hold the value exactly, `INVALID_VALUE` when the bytes are damaged.
///
/// ```
/// let value = holdall::encode(&300)?;
/// assert_eq!(holdall::decode::<u16>(value.as_value())?, 300);
/// assert_eq!(holdall::decode::<u8>(value.as_value()).unwrap_err().code(), "TYPE_MISMATCH");
/// # Ok::<(), holdall::Error>(())
/// ```
pub fn decode<T: DeserializeOwned>(value: Value<'_>) -> Result<T, Error> {
    let document = document::decode(value).map_err(|refusal| Error::DamagedValue { reason: refusal.reason })?;
    deserialize::from_document(document).map_err(|refusal| Error::TypeMismatch {
        wanted: type_name::<T>(),
        path: refusal.path(),
        reason: refusal.reason,
    })
}
