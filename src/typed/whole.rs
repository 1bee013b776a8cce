//! What concerns all entries of a typed view at once: transactions, merges, snapshots, JSON lines, clones, bounds, and what happened.

use super::{Engine, Typed};
use crate::bounds::Limits;
use crate::commit::{Committed, Receipt};
use crate::difference::Difference;
use crate::error::Error;
use crate::merge::{Merged, Source, Strategy};
use crate::outbox::Detail;
use crate::store::{Stats, Store};
use crate::transaction::Transaction;

impl AsRef<Self> for Store {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsMut<Self> for Store {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}

impl<S: AsRef<Store>> Typed<S> {
    /// The store beneath, the whole of it.
    pub fn store(&self) -> &Store {
        self.engine.as_ref()
    }

    /// What the whole store has counted.
    pub fn stats(&self) -> Stats {
        self.store().stats()
    }

    fn source(&self) -> Source<'_> {
        Source { store: self.store(), prefix: &self.prefix }
    }
}

impl<S: Engine + AsMut<Store>> Typed<S> {
    /// Begins a transaction on this view; [`commit`](Self::commit) ends it. Costs the same at any size.
    pub fn begin(&mut self) -> Typed<Transaction> {
        let now = self.now();
        Typed { engine: self.engine.as_mut().begin(now), prefix: self.prefix.clone(), clock: self.clock.clone() }
    }

    /// Commits what a transaction staged, as one commit.
    ///
    /// # Errors
    /// `CONFLICT` when something that it read has changed since, and those of [`Store::apply`]; nothing has changed then.
    pub fn commit(&mut self, transaction: Typed<Transaction>) -> Result<Receipt, Error> {
        let now = self.now();
        self.engine.as_mut().commit(transaction.engine, now).map_err(|error| self.relative(error))
    }

    /// Runs a body whose reads and writes are staged, and commits them as one change when it returns; when it fails, nothing happened.
    ///
    /// # Errors
    /// What the body gives, and those of [`commit`](Self::commit).
    ///
    /// ```
    /// use holdall::{Error, Options, Typed};
    ///
    /// let mut store = Typed::new(Options::default(), || 0)?;
    /// store.set_many([("from", 10), ("to", 0)])?;
    /// store.transaction(|transaction| {
    ///     transaction.update("from", |sum: Option<i64>| sum.unwrap_or(0) - 3)?;
    ///     transaction.update("to", |sum: Option<i64>| sum.unwrap_or(0) + 3)?;
    ///     Ok::<_, Error>(())
    /// })?;
    /// assert_eq!(store.get("to")?, Some(3));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn transaction<R, E: From<Error>>(&mut self, body: impl FnOnce(&mut Typed<Transaction>) -> Result<R, E>) -> Result<R, E> {
        let mut transaction = self.begin();
        let result = body(&mut transaction)?;
        self.commit(transaction)?;
        Ok(result)
    }

    /// Brings in what another view holds, as one commit: deadlines and metadata too.
    ///
    /// # Errors
    /// `CONFLICT` under [`Strategy::Error`] with the first key that differs on both sides, and those of [`Store::apply`].
    pub fn merge<O: AsRef<Store>>(&mut self, other: &Typed<O>, strategy: Strategy) -> Result<Merged, Error> {
        self.merge_source(other.source(), None, strategy)
    }

    /// As [`merge`](Self::merge), of only what the other has changed since both began as `base`, deletions too.
    ///
    /// # Errors
    /// Those of [`merge`](Self::merge).
    pub fn merge_since<O: AsRef<Store>, B: AsRef<Store>>(
        &mut self,
        other: &Typed<O>,
        base: &Typed<B>,
        strategy: Strategy,
    ) -> Result<Merged, Error> {
        self.merge_source(other.source(), Some(base.source()), strategy)
    }

    fn merge_source(&mut self, source: Source<'_>, base: Option<Source<'_>>, strategy: Strategy) -> Result<Merged, Error> {
        let now = self.now();
        let merged = self.engine.as_mut().merge(&self.prefix, source, base, strategy, now);
        merged.map_err(|error| self.relative(error))
    }

    /// How another view differs from this one.
    pub fn diff<O: AsRef<Store>>(&mut self, other: &Typed<O>) -> Difference {
        let now = self.now();
        self.engine.as_mut().diff(&self.prefix, other.source(), now)
    }

    /// An independent store of what is here, under the short keys of this view. Costs by what it holds; the whole store's
    /// [`clone`](Clone::clone) costs the same at any size.
    #[must_use]
    pub fn detached(&mut self) -> Typed<Store> {
        let now = self.now();
        Typed { engine: self.engine.as_mut().clone_scope(&self.prefix, now), prefix: String::new(), clock: self.clock.clone() }
    }

    /// Bounds what is here.
    ///
    /// # Errors
    /// Those of [`Store::bind`].
    pub fn bind(&mut self, limits: Limits) -> Result<(), Error> {
        let now = self.now();
        self.engine.as_mut().bind(&self.prefix, limits, now)
    }

    /// What is here as bytes, which JavaScript reads too; see [`Store::snapshot`].
    #[must_use]
    pub fn snapshot(&mut self) -> Vec<u8> {
        let now = self.now();
        self.engine.as_mut().snapshot(&self.prefix, now)
    }

    /// Replaces what is here by what a snapshot holds, as one commit: all of it, or nothing.
    ///
    /// # Errors
    /// Those of [`Store::restore`].
    pub fn restore(&mut self, bytes: &[u8]) -> Result<Receipt, Error> {
        let now = self.now();
        self.engine.as_mut().restore(&self.prefix, bytes, now)
    }

    /// What is here as JSON lines; see [`Store::export`].
    ///
    /// # Errors
    /// Those of [`Store::export`].
    pub fn export(&mut self) -> Result<String, Error> {
        let now = self.now();
        self.engine.as_mut().export(&self.prefix, now)
    }

    /// Merges JSON lines into what is here; see [`Store::import`].
    ///
    /// # Errors
    /// Those of [`Store::import`].
    pub fn import(&mut self, lines: &str, strategy: Strategy) -> Result<Merged, Error> {
        let now = self.now();
        let merged = self.engine.as_mut().import(&self.prefix, lines, strategy, now);
        merged.map_err(|error| self.relative(error))
    }

    /// From now on keeps what changes for [`take_commits`](Self::take_commits), or keeps nothing.
    pub fn observe(&mut self, is_observed: bool) {
        let detail = if is_observed { Detail::Changes } else { Detail::Rows };
        self.engine.as_mut().observe(detail, detail);
    }

    /// Takes the commits of the whole store since they were last taken: what a loop that tells others reads. Keys are full ones; [`decode`](crate::decode)
    /// reads their values.
    ///
    /// ```
    /// use holdall::{ChangeKind, Options, Typed};
    ///
    /// let mut store = Typed::new(Options::default(), || 0)?;
    /// store.observe(true);
    /// store.set("a", &1)?;
    /// let commits = store.take_commits();
    /// let change = &commits[0].changes[0];
    /// assert_eq!((change.kind, &*change.key), (ChangeKind::Set, "a"));
    /// # Ok::<(), holdall::Error>(())
    /// ```
    pub fn take_commits(&mut self) -> Vec<Committed> {
        let now = self.now();
        let store = self.engine.as_mut();
        store.advance(now);
        store.take_outbox().commits
    }
}
