//! What changes entries through a typed view. A refused call changes nothing.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Engine, SetOptions, Typed, encode};
use crate::batch::Batch;
use crate::commit::{Condition, Operation, Receipt};
use crate::entry::MetadataPatch;
use crate::error::Error;
use crate::expiry::Ttl;

impl<S: Engine> Typed<S> {
    fn commit_all(&mut self, conditions: &[Condition<'_>], operations: &[Operation<'_>]) -> Result<Receipt, Error> {
        let now = self.now();
        self.engine.apply(conditions, operations, now).map_err(|error| self.relative(error))
    }

    /// Performs an operation on one key, and tells whether it found something to do.
    fn perform(&mut self, operation: Operation<'_>) -> Result<bool, Error> {
        self.commit_all(&[], &[operation]).map(|receipt| receipt.affected > 0)
    }

    /// Sets a value; metadata is kept, the deadline is the store's default.
    ///
    /// # Errors
    /// `INVALID_VALUE` for what a store does not hold, and those of [`Store::apply`](crate::Store::apply).
    pub fn set<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Error> {
        self.put(key, value, Ttl::Default, None, &[]).map(drop)
    }

    /// Sets a value, with a time to live or metadata.
    ///
    /// # Errors
    /// Those of [`set`](Self::set).
    pub fn set_with<T: Serialize + ?Sized>(&mut self, key: &str, value: &T, how: &SetOptions) -> Result<(), Error> {
        self.put(key, value, how.ttl, how.metadata.as_ref(), &[]).map(drop)
    }

    /// Sets a value if the entry's version is the one given, 0 for "is missing"; returns the new version.
    ///
    /// # Errors
    /// `CONFLICT` when it is not, and those of [`set`](Self::set).
    pub fn compare_and_set<T: Serialize + ?Sized>(&mut self, key: &str, value: &T, version: u64) -> Result<u64, Error> {
        let condition = [Condition { key: &self.full(key), version }];
        self.put(key, value, Ttl::Default, None, &condition).map(|receipt| receipt.version)
    }

    fn put<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
        ttl: Ttl,
        metadata: Option<&MetadataPatch>,
        conditions: &[Condition<'_>],
    ) -> Result<Receipt, Error> {
        let value = encode(value)?;
        let key = self.full(key);
        self.commit_all(conditions, &[Operation::Put { key: &key, value: value.as_value(), ttl, metadata }])
    }

    /// Sets many values as one atomic change.
    ///
    /// # Errors
    /// Those of [`set`](Self::set).
    pub fn set_many<K: AsRef<str>, T: Serialize>(&mut self, pairs: impl IntoIterator<Item = (K, T)>) -> Result<(), Error> {
        let mut batch = Batch::default();
        for (key, value) in pairs {
            let value = encode(&value)?;
            let key = self.full(key.as_ref());
            batch.push(&Operation::Put { key: &key, value: value.as_value(), ttl: Ttl::Default, metadata: None });
        }
        self.commit_all(&[], &batch.operations()).map(drop)
    }

    /// Deletes an entry; whether a live one was there.
    ///
    /// # Errors
    /// Those of [`Store::apply`](crate::Store::apply).
    pub fn delete(&mut self, key: &str) -> Result<bool, Error> {
        let key = self.full(key);
        self.perform(Operation::Delete { key: &key })
    }

    /// Deletes many entries as one atomic change; returns how many were there.
    ///
    /// # Errors
    /// Those of [`Store::apply`](crate::Store::apply).
    pub fn delete_many<K: AsRef<str>>(&mut self, keys: impl IntoIterator<Item = K>) -> Result<usize, Error> {
        let mut batch = Batch::default();
        for key in keys {
            batch.push(&Operation::Delete { key: &self.full(key.as_ref()) });
        }
        self.commit_all(&[], &batch.operations()).map(|receipt| receipt.affected)
    }

    /// Deletes all entries here as one atomic change; returns how many were there.
    ///
    /// # Errors
    /// Those of [`Store::apply`](crate::Store::apply).
    pub fn clear(&mut self) -> Result<usize, Error> {
        let prefix = self.prefix.clone();
        self.commit_all(&[], &[Operation::DeletePrefix { prefix: &prefix }]).map(|receipt| receipt.affected)
    }

    /// Reads, changes and writes a value in one step; the deadline stays. Returns what was written.
    ///
    /// # Errors
    /// `TYPE_MISMATCH` when the type cannot hold the present value exactly, and those of [`set`](Self::set).
    pub fn update<T: Serialize + DeserializeOwned>(&mut self, key: &str, change: impl FnOnce(Option<T>) -> T) -> Result<T, Error> {
        let value = change(self.get(key)?);
        self.put(key, &value, Ttl::Keep, None, &[])?;
        Ok(value)
    }

    /// Adds to a whole number, 0 where it is missing, and returns the sum. The deadline stays; `ttl` counts when the entry is made.
    ///
    /// # Errors
    /// `TYPE_MISMATCH` when the present value is no whole number that fits, `INVALID_VALUE` when the sum does not fit, and those of [`set`](Self::set).
    ///
    /// ```
    /// use holdall::{Options, Ttl, Typed};
    ///
    /// let mut store = Typed::new(Options::default(), || 0)?;
    /// assert_eq!(store.increment("calls", 1, Ttl::Span(60_000))?, 1);
    /// assert_eq!(store.increment("calls", 2, Ttl::Span(60_000))?, 3);
    /// # Ok::<(), holdall::Error>(())
    /// ```
    pub fn increment(&mut self, key: &str, by: i64, ttl: Ttl) -> Result<i64, Error> {
        let present: Option<i64> = self.get(key)?;
        let ttl = if present.is_some() { Ttl::Keep } else { ttl };
        let sum = present.unwrap_or_default().checked_add(by);
        let sum = sum.ok_or_else(|| Error::InvalidValue { path: "$".into(), reason: "would be beyond a whole number of 64 bits" })?;
        self.put(key, &sum, ttl, None, &[])?;
        Ok(sum)
    }

    /// Sets the time to live; `false` when missing.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` for a ttl of zero or beyond all time.
    pub fn touch(&mut self, key: &str, ttl: Ttl) -> Result<bool, Error> {
        let key = self.full(key);
        self.perform(Operation::Touch { key: &key, ttl })
    }

    /// Removes the deadline; `false` when missing.
    ///
    /// # Errors
    /// Those of [`Store::apply`](crate::Store::apply).
    pub fn persist(&mut self, key: &str) -> Result<bool, Error> {
        self.touch(key, Ttl::Never)
    }

    /// Changes metadata; `false` when the entry is missing.
    ///
    /// # Errors
    /// Those of [`Store::apply`](crate::Store::apply).
    pub fn annotate(&mut self, key: &str, metadata: &MetadataPatch) -> Result<bool, Error> {
        let key = self.full(key);
        self.perform(Operation::Annotate { key: &key, metadata })
    }

    /// Adds a tag; `false` when the entry is missing.
    ///
    /// # Errors
    /// Those of [`Store::apply`](crate::Store::apply).
    pub fn add_tag(&mut self, key: &str, tag: &str) -> Result<bool, Error> {
        self.annotate(key, &MetadataPatch { add_tag: Some(tag.into()), ..MetadataPatch::default() })
    }

    /// Removes a tag; `false` when the entry is missing.
    ///
    /// # Errors
    /// Those of [`Store::apply`](crate::Store::apply).
    pub fn remove_tag(&mut self, key: &str, tag: &str) -> Result<bool, Error> {
        self.annotate(key, &MetadataPatch { remove_tag: Some(tag.into()), ..MetadataPatch::default() })
    }
}
