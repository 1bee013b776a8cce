//! Merging: what another store holds, brought into this one as one commit.
//!
//! Without a base it is two-way: every live entry of the other comes in, and a key that is on both sides collides. With a base it is three-way:
//! only what the other changed since the base comes in (deletions too), and collides where this side has changed as well. What is the same on both
//! sides is left as it is, whatever the strategy.

use std::borrow::Cow;
use std::sync::Arc;

use crate::batch::Batch;
use crate::commit::Operation;
use crate::difference::{Contents, Difference, Pair, difference, differences, same_content};
use crate::entry::{Entry, Metadata, MetadataPatch, Value};
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

impl<'a> Source<'a> {
    fn contents(&self, now: Millis) -> Contents<'a> {
        self.store.contents(self.prefix, now)
    }
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

/// Where what comes in stands on each side.
struct Incoming {
    ours: Option<RowId>,
    theirs: Option<RowId>,
    base: Option<RowId>,
    is_collision: bool,
}

/// The other side of a merge: what comes of it, in the order of keys.
struct Plan<'a> {
    theirs: Contents<'a>,
    base: Option<Contents<'a>>,
    incoming: Vec<Incoming>,
}

impl<'a> Plan<'a> {
    fn new(ours: &Contents<'_>, theirs: Contents<'a>, base: Option<Contents<'a>>) -> Self {
        let incoming = match &base {
            None => two_way(ours, &theirs),
            Some(base) => three_way(ours, &theirs, base),
        };
        Self { theirs, base, incoming }
    }

    /// A key, and what stands under it on the other side and in the base.
    fn side(&self, incoming: &Incoming) -> (&str, Option<Entry<'_>>, Option<Entry<'_>>) {
        let theirs = incoming.theirs.map(|row| (&self.theirs, self.theirs.entry(row)));
        let base = self.base.as_ref().zip(incoming.base).map(|(base, row)| (base, base.entry(row)));
        let key = theirs.or(base).map_or("", |(contents, entry)| contents.shortened(entry.key));
        (key, theirs.map(|(_, entry)| entry), base.map(|(_, entry)| entry))
    }

    /// The short key of what comes in.
    fn key(&self, incoming: &Incoming) -> &[u8] {
        let theirs = incoming.theirs.map(|row| self.theirs.key_bytes(row));
        theirs.or_else(|| Some(self.base.as_ref()?.key_bytes(incoming.base?))).unwrap_or_default()
    }
}

fn two_way(ours: &Contents<'_>, theirs: &Contents<'_>) -> Vec<Incoming> {
    let incoming = theirs.rows().filter_map(|row| {
        let ours = ours.find(theirs.key(row)?);
        Some(Incoming { ours, theirs: Some(row), base: None, is_collision: ours.is_some() })
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
        Incoming { ours: own, theirs: right, base: base_row, is_collision: !is_unchanged }
    });
    incoming.collect()
}

impl Conflict<'_> {
    /// Whether the two sides are not the same.
    fn is_one(&self) -> bool {
        match (&self.ours, &self.incoming) {
            (Some(ours), Some(theirs)) => !ours.same_content(theirs),
            (ours, theirs) => ours.is_some() || theirs.is_some(),
        }
    }
}

/// What a merge did: the keys of [`Merged`], named by their places in the plan, so that none is copied before somebody wants it.
pub(crate) struct Done<'a> {
    plan: Plan<'a>,
    lists: Lists,
}

#[derive(Default)]
struct Lists {
    added: Vec<usize>,
    overwritten: Vec<usize>,
    skipped: Vec<usize>,
    deleted: Vec<usize>,
    collisions: Vec<usize>,
}

impl Done<'_> {
    /// The keys that were added, overwritten, skipped, deleted and that collided.
    pub(crate) fn keys(&self) -> [impl ExactSizeIterator<Item = &[u8]> + Clone; 5] {
        let Lists { added, overwritten, skipped, deleted, collisions } = &self.lists;
        let key = |at: &usize| self.plan.incoming.get(*at).map_or(&[][..], |incoming| self.plan.key(incoming));
        [added, overwritten, skipped, deleted, collisions].map(|list| list.iter().map(key))
    }
}

impl From<Done<'_>> for Merged {
    fn from(done: Done<'_>) -> Self {
        let [added, overwritten, skipped, deleted, collisions] =
            done.keys().map(|keys| keys.map(|key| std::str::from_utf8(key).unwrap_or_default().into()).collect());
        Self { added, overwritten, skipped, deleted, collisions }
    }
}

/// A write that a merge comes to.
struct Write<'a> {
    key: Cow<'a, str>,
    /// What is put there, and until when; nothing where it is deleted.
    value: Option<(Value<'a>, Millis)>,
    metadata: Option<Box<MetadataPatch>>,
}

impl Write<'_> {
    fn operation(&self) -> Operation<'_> {
        let Self { key, value, metadata } = self;
        match *value {
            Some((value, deadline)) => Operation::Put { key, value, ttl: Ttl::Until(deadline), metadata: metadata.as_deref() },
            None => Operation::Delete { key },
        }
    }
}

/// The metadata that a write must change so that the entry has exactly that of `incoming`.
fn replacing(ours: Option<&Arc<Metadata>>, incoming: Option<&Arc<Metadata>>) -> Option<Box<MetadataPatch>> {
    let (tags, properties, description) = match (ours, incoming) {
        (None, None) => return None,
        (_, Some(incoming)) => (incoming.tags.clone(), incoming.properties.clone(), incoming.description.clone()),
        (Some(_), None) => Default::default(),
    };
    let (tags, properties, description) = (Some(tags), Some(properties), Some(description));
    Some(Box::new(MetadataPatch { tags, properties, description, ..MetadataPatch::default() }))
}

/// The metadata that a write must change where both sides have some: tags are united, incoming properties and descriptions win.
fn uniting(ours: Option<&Arc<Metadata>>, incoming: Option<&Arc<Metadata>>) -> Option<Box<MetadataPatch>> {
    let incoming = incoming?;
    let mut united = ours.map_or_else(Metadata::default, |ours| (**ours).clone());
    united.tags.extend(incoming.tags.iter().cloned());
    for (name, value) in &incoming.properties {
        united.properties.insert(name.clone(), value.clone());
    }
    let (tags, properties, description) = (Some(united.tags), Some(united.properties), incoming.description.clone().map(Some));
    Some(Box::new(MetadataPatch { tags, properties, description, ..MetadataPatch::default() }))
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
        self.bring_in(prefix, source, base, resolve, more, now).map(Merged::from)
    }

    /// As [`merge_by`](Self::merge_by); what it did refers to the source, as it was.
    pub(crate) fn bring_in<'a>(
        &mut self,
        prefix: &str,
        source: Source<'a>,
        base: Option<Source<'a>>,
        resolve: &dyn Fn(&Conflict<'_>) -> Result<Resolution, Error>,
        more: &Batch,
        now: Millis,
    ) -> Result<Done<'a>, Error> {
        let now = self.advance(now);
        let ours = self.contents(prefix, now);
        let plan = Plan::new(&ours, source.contents(now), base.map(|base| base.contents(now)));
        let mut lists = Lists::default();
        let mut writes = Vec::new();
        for (at, incoming) in plan.incoming.iter().enumerate() {
            let (key, theirs, base) = plan.side(incoming);
            let sides = Conflict { key, ours: incoming.ours.map(|row| ours.entry(row)), incoming: theirs, base };
            let is_conflict = incoming.is_collision && sides.is_one();
            if incoming.is_collision {
                lists.collisions.push(at);
            }
            let resolution = if is_conflict { Some(resolve(&sides)?) } else { None };
            let (is_left, is_written) = match resolution {
                Some(resolution) => (resolution == Resolution::Skip, resolution == Resolution::Overwrite),
                // The same on both sides is left as it is.
                None => (incoming.is_collision, !incoming.is_collision),
            };
            let list = match (is_left, incoming.ours, incoming.theirs) {
                (true, ..) => &mut lists.skipped,
                (false, None, _) => &mut lists.added,
                (false, Some(_), None) if is_written => &mut lists.deleted,
                (false, Some(_), _) => &mut lists.overwritten,
            };
            list.push(at);
            if is_written {
                let [from, into] = [theirs, sides.ours].map(|side| side.and_then(|entry| entry.metadata));
                let metadata = if is_conflict && incoming.ours.is_some() { uniting(into, from) } else { replacing(into, from) };
                let key = if prefix.is_empty() { Cow::Borrowed(key) } else { Cow::Owned([prefix, key].concat()) };
                writes.push(Write { key, value: theirs.map(|entry| (entry.value, entry.deadline)), metadata });
            }
        }
        // Given up before anything is written, so that it need not be copied.
        drop(ours);
        let mut operations: Vec<Operation<'_>> = writes.iter().map(Write::operation).collect();
        operations.extend(more.operations());
        self.apply(&more.conditions(), &operations, now)?;
        drop(operations);
        drop(writes);
        Ok(Done { plan, lists })
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
        let ours = self.contents(prefix, now);
        let plan = Plan::new(&ours, source.contents(now), base.map(|base| base.contents(now)));
        for collision in plan.incoming.iter().filter(|incoming| incoming.is_collision) {
            let (key, incoming, base) = plan.side(collision);
            let conflict = Conflict { key, ours: collision.ours.map(|row| ours.entry(row)), incoming, base };
            if conflict.is_one() {
                tell(&conflict);
            }
        }
    }

    /// How the keys that begin with `prefix` differ from those of a source. Costs by the entries of both; of clones, by what has changed since.
    pub fn diff(&mut self, prefix: &str, source: Source<'_>, now: Millis) -> Difference {
        let now = self.advance(now);
        difference(&self.contents(prefix, now), &source.contents(now))
    }

    fn contents<'a>(&self, prefix: &'a str, now: Millis) -> Contents<'a> {
        Contents { state: self.state().clone(), prefix, now: self.time(now) }
    }
}
