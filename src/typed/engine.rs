//! What a typed view stands on.

use crate::commit::{Condition, Operation, Receipt};
use crate::entry::Entry;
use crate::error::Error;
use crate::expiry::Millis;
use crate::listing::{Listing, Range};
use crate::query::Query;
use crate::store::Store;
use crate::transaction::Transaction;

/// What a [`Typed`](super::Typed) view stands on: a [`Store`], a [`Transaction`], or either lent to a scope. Nothing else can be one.
pub trait Engine: sealed::Engine {}

impl<E: sealed::Engine> Engine for E {}

pub(super) mod sealed {
    //! Keeps others from being an engine, and the methods out of the way of the view's own.

    use super::{Condition, Entry, Error, Listing, Millis, Operation, Query, Range, Receipt, Store, Transaction};

    /// What a store and a transaction have in common.
    pub trait Engine {
        /// The live entry of a key; counts as a use, where that counts.
        fn get(&mut self, key: &str, now: Millis) -> Option<Entry<'_>>;
        /// The live entry of a key, without a use.
        fn peek(&mut self, key: &str, now: Millis) -> Option<Entry<'_>>;
        /// The entries of a range.
        fn list(&mut self, range: Range<'_>, now: Millis) -> Listing;
        /// The entries that a query finds.
        fn query(&mut self, query: Query<'_>, now: Millis) -> Listing;
        /// How many entries begin with a prefix.
        fn count(&mut self, prefix: &str, now: Millis) -> usize;
        /// Applies a commit, or stages it.
        fn apply(&mut self, conditions: &[Condition<'_>], operations: &[Operation<'_>], now: Millis) -> Result<Receipt, Error>;
        /// Whether a key is known to have expired.
        fn has_expired(&self, key: &str, now: Millis) -> bool;
    }

    macro_rules! engine {
        ($engine:ty, peek: $peek:expr, has_expired: $has_expired:expr) => {
            impl Engine for $engine {
                fn get(&mut self, key: &str, now: Millis) -> Option<Entry<'_>> {
                    Self::get(self, key, now)
                }

                fn peek(&mut self, key: &str, now: Millis) -> Option<Entry<'_>> {
                    let peek: for<'a> fn(&'a mut Self, &str, Millis) -> Option<Entry<'a>> = $peek;
                    peek(self, key, now)
                }

                fn list(&mut self, range: Range<'_>, now: Millis) -> Listing {
                    Self::list(self, range, now)
                }

                fn query(&mut self, query: Query<'_>, now: Millis) -> Listing {
                    Self::query(self, query, now)
                }

                fn count(&mut self, prefix: &str, now: Millis) -> usize {
                    Self::count(self, prefix, now)
                }

                fn apply(&mut self, conditions: &[Condition<'_>], operations: &[Operation<'_>], now: Millis) -> Result<Receipt, Error> {
                    Self::apply(self, conditions, operations, now)
                }

                fn has_expired(&self, key: &str, now: Millis) -> bool {
                    let has_expired: fn(&Self, &str, Millis) -> bool = $has_expired;
                    has_expired(self, key, now)
                }
            }
        };
    }

    engine!(Store, peek: |store, key, now| Self::peek(store, key, now), has_expired: Self::has_expired);
    engine!(Transaction, peek: Self::get, has_expired: |_, _, _| false);

    impl<E: Engine> Engine for &mut E {
        fn get(&mut self, key: &str, now: Millis) -> Option<Entry<'_>> {
            (**self).get(key, now)
        }

        fn peek(&mut self, key: &str, now: Millis) -> Option<Entry<'_>> {
            (**self).peek(key, now)
        }

        fn list(&mut self, range: Range<'_>, now: Millis) -> Listing {
            (**self).list(range, now)
        }

        fn query(&mut self, query: Query<'_>, now: Millis) -> Listing {
            (**self).query(query, now)
        }

        fn count(&mut self, prefix: &str, now: Millis) -> usize {
            (**self).count(prefix, now)
        }

        fn apply(&mut self, conditions: &[Condition<'_>], operations: &[Operation<'_>], now: Millis) -> Result<Receipt, Error> {
            (**self).apply(conditions, operations, now)
        }

        fn has_expired(&self, key: &str, now: Millis) -> bool {
            (**self).has_expired(key, now)
        }
    }
}
