//! Merging: what another store holds, brought into this one as one commit.
//!
//! Without a base it is two-way: every live entry of the other comes in, and a key that is on both sides collides. With a base it is three-way:
//! only what the other changed since the base comes in (deletions too), and collides where this side has changed as well. What is the same on both
//! sides is left as it is, whatever the strategy.

use std::sync::Arc;

use crate::batch::Batch;
use crate::commit::Operation;
use crate::difference::{Contents, Difference, Pair, difference, differences, same_content};
use crate::entry::{Entry, Metadata, MetadataPatch};
use crate::error::Error;
use crate::expiry::{Millis, Ttl};
use crate::state::RowId;
use crate::store::Store;

/// Where a merge takes entries from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The store.
    pub store: &'a Store,
    /// Only keys that begin with this, which is cut off; empty for all.
    pub prefix: &'a str,
}

/// What happens to a key that has something else on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// This side stays.
    Skip,
    /// The other side wins: its value, deadline, description and properties where it has them; tags are united.
    Overwrite,
    /// What the caller puts in the same commit stands there then; see [`Store::merge_by`].
    Replace,
}

/// How conflicts are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// This side stays.
    Skip,
    /// The other side wins.
    Overwrite,
    /// The merge is refused.
    Error,
}

/// A key that has something else on either side; with a base, a key that both sides changed.
#[derive(Debug, Clone, Copy)]
pub struct Conflict<'a> {
    /// The key, relative to what is merged.
    pub key: &'a str,
    /// What stands here.
    pub ours: Option<Entry<'a>>,
    /// What stands on the other side.
    pub incoming: Option<Entry<'a>>,
    /// What stood in the base.
    pub base: Option<Entry<'a>>,
}

/// What a merge did; keys relative to what was merged, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Keys that were not here.
    pub added: Vec<Box<str>>,
    /// Keys that were here and have what the other side had.
    pub overwritten: Vec<Box<str>>,
    /// Keys of the other side that changed nothing here.
    pub skipped: Vec<Box<str>>,
    /// Keys that are gone since the other side deleted them after the base.
    pub deleted: Vec<Box<str>>,
    /// Keys that were on both sides; with a base, that both had changed.
    pub collisions: Vec<Box<str>>,
}

/// What one key of the other side comes to.
struct Incoming {
    key: Box<str>,
    ours: Option<RowId>,
    theirs: Option<RowId>,
    base: Option<RowId>,
    is_collision: bool,
}

/// A merge before its conflicts are resolved.
struct Plan<'a> {
    ours: Contents<'a>,
    theirs: Contents<'a>,
    base: Option<Contents<'a>>,
    incoming: Vec<Incoming>,
}

impl<'a> Plan<'a> {
    fn new(store: &Store, prefix: &'a str, source: Source<'a>, base: Option<Source<'a>>, now: Millis) -> Self {
        let ours = store.contents(prefix, now);
        let theirs = source.store.contents(source.prefix, now);
        let base = base.map(|base| base.store.contents(base.prefix, now));
        let incoming = match &base {
            None => two_way(&ours, &theirs),
            Some(base) => three_way(&ours, &theirs, base),
        };
        Self { ours, theirs, base, incoming }
    }

    fn conflict<'s>(&'s self, incoming: &'s Incoming) -> Option<Conflict<'s>> {
        let entry = |contents: &'s Contents<'a>, row: Option<RowId>| row.map(|row| contents.entry(row));
        let conflict = Conflict {
            key: &incoming.key,
            ours: entry(&self.ours, incoming.ours),
            incoming: entry(&self.theirs, incoming.theirs),
            base: self.base.as_ref().and_then(|base| entry(base, incoming.base)),
        };
        let is_same = match (&conflict.ours, &conflict.incoming) {
            (Some(ours), Some(theirs)) => ours.same_content(theirs),
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        };
        (incoming.is_collision && !is_same).then_some(conflict)
    }
}

fn two_way(ours: &Contents<'_>, theirs: &Contents<'_>) -> Vec<Incoming> {
    let incoming = theirs.rows().filter_map(|row| {
        let key = theirs.key(row)?;
        let ours = ours.find(key);
        Some(Incoming { key: key.into(), ours, theirs: Some(row), base: None, is_collision: ours.is_some() })
    });
    incoming.collect()
}

fn three_way(ours: &Contents<'_>, theirs: &Contents<'_>, base: &Contents<'_>) -> Vec<Incoming> {
    let incoming = differences(base, theirs, same_content).into_iter().map(|Pair { key, left: base_row, right }| {
        let own = ours.find(&key);
        let is_unchanged = match (base_row, own) {
            (Some(base_row), Some(own)) => base.entry(base_row).same_content(&ours.entry(own)),
            (base_row, own) => base_row.is_none() && own.is_none(),
        };
        Incoming { key, ours: own, theirs: right, base: base_row, is_collision: !is_unchanged }
    });
    incoming.collect()
}

/// The metadata that a write must change so that the entry has exactly that of `incoming`.
fn replacing(ours: Option<&Arc<Metadata>>, incoming: Option<&Arc<Metadata>>) -> Option<MetadataPatch> {
    let (tags, properties, description) = match (ours, incoming) {
        (None, None) => return None,
        (_, Some(incoming)) => (incoming.tags.clone(), incoming.properties.clone(), incoming.description.clone()),
        (Some(_), None) => Default::default(),
    };
    Some(MetadataPatch { tags: Some(tags), properties: Some(properties), description: Some(description), ..MetadataPatch::default() })
}

/// The metadata that a write must change where both sides have some: tags are united, incoming properties and descriptions win.
fn uniting(ours: Option<&Arc<Metadata>>, incoming: Option<&Arc<Metadata>>) -> Option<MetadataPatch> {
    let incoming = incoming?;
    let mut united = ours.map_or_else(Metadata::default, |ours| (**ours).clone());
    united.tags.extend(incoming.tags.iter().cloned());
    for (name, value) in &incoming.properties {
        united.properties.insert(name.clone(), value.clone());
    }
    let description = incoming.description.clone().map(Some);
    Some(MetadataPatch { tags: Some(united.tags), properties: Some(united.properties), description, ..MetadataPatch::default() })
}

impl Store {
    /// Merges what a source holds into the keys that begin with `prefix`, as one commit: all of it, or nothing. What is expired at `now` on either
    /// side is not there.
    ///
    /// Costs by the source's entries; with a base that both were cloned from, by what has changed since.
    ///
    /// # Errors
    /// `CONFLICT` under [`Strategy::Error`] with the first key that differs on both sides, and those of [`apply`](Self::apply).
    ///
    /// ```
    /// use holdall::{Operation, Options, Source, Store, Strategy, Ttl, Value};
    ///
    /// let put = |key, text: &'static str| Operation::Put { key, value: Value { encoding: 0, bytes: text.as_bytes() }, ttl: Ttl::Default, metadata: None };
    /// let mut store = Store::new(Options::default())?;
    /// store.apply(&[], &[put("a", "1"), put("b", "2")], 0)?;
    /// let base = store.clone();
    /// let mut other = store.clone();
    /// other.apply(&[], &[put("a", "other"), Operation::Delete { key: "b" }], 0)?;
    /// store.apply(&[], &[put("c", "ours")], 0)?;
    ///
    /// let source = Source { store: &other, prefix: "" };
    /// let merged = store.merge("", source, Some(Source { store: &base, prefix: "" }), Strategy::Error, 0)?;
    /// assert_eq!((&*merged.overwritten, &*merged.deleted), (&["a".into()][..], &["b".into()][..]));
    /// assert_eq!(store.count("", 0), 2);
    /// # Ok::<(), holdall::Error>(())
    /// ```
    pub fn merge(
        &mut self,
        prefix: &str,
        source: Source<'_>,
        base: Option<Source<'_>>,
        strategy: Strategy,
        now: Millis,
    ) -> Result<Merged, Error> {
        let resolve = |conflict: &Conflict<'_>| match strategy {
            Strategy::Skip => Ok(Resolution::Skip),
            Strategy::Overwrite => Ok(Resolution::Overwrite),
            Strategy::Error => Err(Error::Collision { key: [prefix, conflict.key].concat() }),
        };
        self.merge_by(prefix, source, base, &resolve, &Batch::default(), now)
    }

    /// As [`merge`](Self::merge), with a decision for each conflict, and with what `more` holds in the same commit, behind it.
    ///
    /// # Errors
    /// What `resolve` gives, and those of [`apply`](Self::apply).
    pub fn merge_by(
        &mut self,
        prefix: &str,
        source: Source<'_>,
        base: Option<Source<'_>>,
        resolve: &dyn Fn(&Conflict<'_>) -> Result<Resolution, Error>,
        more: &Batch,
        now: Millis,
    ) -> Result<Merged, Error> {
        let now = self.advance(now);
        let plan = Plan::new(self, prefix, source, base, now);
        let mut merged = Merged::default();
        // What is to be written: the row on the other side, the full key, and the change of metadata.
        let mut writes: Vec<(Option<RowId>, String, Option<MetadataPatch>)> = Vec::new();
        for incoming in &plan.incoming {
            if incoming.is_collision {
                merged.collisions.push(incoming.key.clone());
            }
            let conflict = plan.conflict(incoming);
            let (is_left, is_written) = match &conflict {
                Some(conflict) => match resolve(conflict)? {
                    Resolution::Skip => (true, false),
                    Resolution::Overwrite => (false, true),
                    Resolution::Replace => (false, false),
                },
                // The same on both sides is left as it is.
                None => (incoming.is_collision, !incoming.is_collision),
            };
            let list = match (is_left, incoming.ours, incoming.theirs) {
                (true, ..) => &mut merged.skipped,
                (false, None, _) => &mut merged.added,
                (false, Some(_), None) if is_written => &mut merged.deleted,
                (false, Some(_), _) => &mut merged.overwritten,
            };
            list.push(incoming.key.clone());
            if is_written {
                let ours = incoming.ours.map(|row| plan.ours.entry(row)).and_then(|entry| entry.metadata);
                let theirs = incoming.theirs.map(|row| plan.theirs.entry(row)).and_then(|entry| entry.metadata);
                let patch = if conflict.is_some() && incoming.ours.is_some() { uniting(ours, theirs) } else { replacing(ours, theirs) };
                writes.push((incoming.theirs, [prefix, &incoming.key].concat(), patch));
            }
        }
        // Given up before anything is written, so that it need not be copied.
        let Plan { ours, theirs, .. } = plan;
        drop(ours);
        let mut operations: Vec<Operation<'_>> = Vec::with_capacity(writes.len());
        operations.extend(writes.iter().map(|(row, key, patch)| match row.map(|row| theirs.entry(row)) {
            Some(entry) => Operation::Put { key, value: entry.value, ttl: Ttl::Until(entry.deadline), metadata: patch.as_ref() },
            None => Operation::Delete { key },
        }));
        operations.extend(more.operations());
        self.apply(&more.conditions(), &operations, now)?;
        Ok(merged)
    }

    /// The conflicts that a merge would have to resolve, in key order.
    pub fn conflicts(
        &mut self,
        prefix: &str,
        source: Source<'_>,
        base: Option<Source<'_>>,
        now: Millis,
        tell: &mut dyn FnMut(&Conflict<'_>),
    ) {
        let now = self.advance(now);
        let plan = Plan::new(self, prefix, source, base, now);
        plan.incoming.iter().filter_map(|incoming| plan.conflict(incoming)).for_each(|conflict| tell(&conflict));
    }

    /// How the keys that begin with `prefix` differ from those of a source. Costs by the entries of both; of clones, by what has changed since.
    pub fn diff(&mut self, prefix: &str, source: Source<'_>, now: Millis) -> Difference {
        let now = self.advance(now);
        difference(&self.contents(prefix, now), &source.store.contents(source.prefix, now))
    }

    fn contents<'a>(&self, prefix: &'a str, now: Millis) -> Contents<'a> {
        Contents { state: self.state().clone(), prefix, now: self.time(now) }
    }
}
