//! How a commit of the backend happens here: it changes what is confirmed, in its turn, and what is shown follows.

use super::cells::{Cells, OwnedCells, Point};
use super::queue::{Group, Kind, Numbered, Stage};
use super::wire::{Rest, Write};
use super::{Decided, Outcome, REMEMBERED, Replica, Telling};
use crate::commit::{ChangeKind, Committed, Origin, Recorder};
use crate::difference::{Contents, differences};
use crate::entry::Entry;
use crate::error::Error;
use crate::expiry::{Millis, Ttl};
use crate::store::{Settled, Store};

/// A commit, as the backend's log tells it.
#[derive(Debug, Clone, Copy)]
pub struct Logged<'a> {
    /// Its number.
    pub number: u64,
    /// The backend's time when it was applied.
    pub time: Millis,
    /// The counter that it was sent with, where this replica has sent it.
    pub own: Option<u64>,
    /// What it did, as it was written down.
    pub operations: &'a [u8],
}

impl Replica {
    /// Puts entries of a loading into a store, which a replica is made of later, or which another is [reloaded](Self::reload) from.
    ///
    /// # Errors
    /// `CORRUPTED` for bytes that are no entries.
    pub fn install(store: &mut Store, scope: &str, part: &[u8]) -> Result<(), Error> {
        let mut rest = Rest(part);
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let (full, cells) = rest.entry()?;
            if let Some(key) = full.strip_prefix(scope) {
                entries.push((key, cells));
            }
        }
        store.settle(entries.iter().map(|(key, cells)| Settled::Is(cells.entry(key))), 0, Origin::Load);
        Ok(())
    }

    /// Applies a commit that the log tells; one that is applied already is passed over.
    ///
    /// # Errors
    /// `CORRUPTED` for bytes that are no operations; nothing has changed then.
    pub fn receive(&mut self, store: &mut Store, commit: &Logged<'_>, now: Millis) -> Result<(), Error> {
        if commit.number <= self.applied || self.is_adrift {
            return Ok(());
        }
        let writes = self.read(commit.operations)?;
        // All that concerns this replica and came before has been told.
        let now = self.advance(store, now.max(commit.time));
        self.received_through(store, commit.number - 1, now);
        if commit.number <= self.applied {
            // It was this replica's, acknowledged before, and its turn has just come.
            return Ok(());
        }
        let at = Point { number: commit.number, time: commit.time };
        let own = commit.own.filter(|counter| self.queue.ending_with(*counter).is_some());
        if let Some(counter) = own {
            self.acknowledge(counter, Numbered { at, after: self.applied, changed: true });
        } else {
            self.confirm(store, &writes, at, None, now);
            self.applied = commit.number;
        }
        self.catch_up(store, now);
        Ok(())
    }

    /// The operations of a commit that are on keys of the scope.
    fn read<'a>(&self, operations: &'a [u8]) -> Result<Vec<Write<'a>>, Error> {
        let mut writes = Vec::new();
        let mut rest = Rest(operations);
        while !rest.is_empty() {
            writes.extend(rest.operation(&self.options.scope)?);
        }
        Ok(writes)
    }

    /// Notes that every commit up to a number that concerns this replica has been told.
    pub fn received_through(&mut self, store: &mut Store, number: u64, now: Millis) {
        if !self.is_adrift {
            self.applied = self.applied.max(number);
            self.catch_up(store, now);
        }
    }

    /// Notes that the backend's store is another from now on: its data was lost, or replaced. What numbers of the former one say means nothing
    /// there, so conditional commits are given up, `Unknown` where they were sent; unconditional writes stay pending. Until it is
    /// [reloaded](Self::reload), what is shown stays.
    pub fn forget_numbers(&mut self, store: &mut Store, now: Millis) {
        let now = self.advance(store, now);
        (self.applied, self.is_adrift) = (0, true);
        while let Some((counter, is_sent)) = self.queue.forget_numbers() {
            self.abandon(store, counter, if is_sent { Decided::Unknown } else { Decided::Conflict(0) }, now);
        }
    }

    /// Takes over what a fresh loading holds, up to a number: after a gap in the log, or when the store is another's, which one that goes less far
    /// than what is applied must be. What is pending stays so.
    pub fn reload(&mut self, store: &mut Store, fresh: &Store, applied: u64, now: Millis) {
        let now = self.advance(store, now);
        if applied < self.applied {
            self.forget_numbers(store, now);
        }
        let contents = |store: &Store| Contents { state: store.state().clone(), prefix: "", now: 0 };
        let pairs = differences(&contents(store), &contents(fresh), |a, b| moments(a) == moments(b) && a.same_content(b));
        let mut touched: Vec<Box<str>> = pairs.into_iter().map(|pair| pair.key).collect();
        self.overlay.collect("", &mut touched);
        for key in &touched {
            self.hold(store, key);
            if let Some(beneath) = self.overlay.get_mut(key) {
                let entry = fresh.state().find(key).map(|row| fresh.state().entry(row));
                beneath.confirmed = entry.map(|entry| OwnedCells::of_entry(&entry));
                (beneath.done, beneath.estimated) = (0, None);
            }
        }
        self.applied = applied;
        self.epoch += u32::from(std::mem::take(&mut self.is_adrift));
        while let Some(group) = self.queue.take_numbered(applied) {
            self.forget_writes(&group);
            self.conclude(&group, false);
        }
        let telling = Telling { number: applied, origin: Origin::Load, removal: ChangeKind::Delete, is_known: false };
        self.show(store, &touched, telling, now);
    }

    /// Notes what the backend answered of a group.
    pub(super) fn acknowledge(&mut self, counter: u64, numbered: Numbered) {
        let Some(group) = self.queue.ending_with(counter) else { return };
        if !matches!(group.stage, Stage::Numbered(_)) && matches!(group.kind, Kind::Shown) {
            let (first, last) = (group.first_counter(), group.last_counter());
            self.outcomes.push(Outcome { first, last, decided: Decided::Committed(numbered.at.number) });
        }
        group.stage = Stage::Numbered(numbered);
    }

    /// Applies the acknowledged commits whose turn it is.
    pub(super) fn catch_up(&mut self, store: &mut Store, now: Millis) {
        if self.is_adrift {
            return;
        }
        while let Some((counter, numbered)) = self.queue.front().and_then(|group| match group.stage {
            Stage::Numbered(numbered) => Some((group.last_counter(), numbered)),
            _ => None,
        }) {
            let is_applied = numbered.at.number <= self.applied;
            let is_next = numbered.changed && numbered.after <= self.applied;
            if !(is_applied || is_next) {
                return;
            }
            let Some(group) = self.queue.take(counter) else { return };
            let is_sweep = matches!(group.kind, Kind::Sweep);
            if is_sweep {
                self.refusals = 0;
            }
            let mut is_as_shown = numbered.changed;
            if is_applied && !is_sweep {
                let touched = self.forget_writes(&group);
                let telling = Telling { number: self.applied, origin: Origin::Local, removal: ChangeKind::Delete, is_known: true };
                self.show(store, &touched, telling, now);
            } else {
                // Of removals that did nothing too: by the backend's time, what is due has gone in whatever way.
                let writes = self.read(&group.bytes).unwrap_or_default();
                is_as_shown &= self.confirm(store, &writes, numbered.at, Some(&group), now);
                self.applied = self.applied.max(numbered.at.number);
            }
            self.conclude(&group, is_as_shown);
        }
    }

    /// Remembers what became of a group that leaves, and tells who waits for it to be shown.
    fn conclude(&mut self, group: &Group, is_as_shown: bool) {
        let Stage::Numbered(Numbered { at, .. }) = group.stage else { return };
        self.remember(group, is_as_shown.then_some(at.number));
        if !matches!(group.kind, Kind::Shown) {
            let (first, last) = (group.first_counter(), group.last_counter());
            self.outcomes.push(Outcome { first, last, decided: Decided::Committed(at.number) });
        }
    }

    /// Remembers the number that a group got whose writes were shown before it had one; `None` when they did not come to be as they were shown.
    pub(super) fn remember(&mut self, group: &Group, number: Option<u64>) {
        if matches!(group.kind, Kind::Shown) {
            if self.decided.len() == REMEMBERED {
                self.forgotten = self.decided.pop_front().map_or(0, |(_, last, _)| last);
            }
            self.decided.push_back((group.first_counter(), group.last_counter(), number));
        }
    }

    /// Lets a commit change what is confirmed, and shows what comes of it. `group` is the one that it was sent as.
    ///
    /// Returns whether the same entries had expired by the backend's time as when the writes were shown.
    fn confirm(&mut self, store: &mut Store, writes: &[Write<'_>], at: Point, group: Option<&Group>, now: Millis) -> bool {
        let mut is_as_shown = true;
        let mut recorder = self.record.is_some().then(Recorder::default);
        let mut touched = Vec::new();
        for write in writes {
            let keys = match write {
                Write::Clear { prefix } => self.keys_with(store, prefix, now),
                other => vec![other.key().into()],
            };
            for key in &keys {
                self.hold(store, key);
                is_as_shown &= self.estimate(key, write, at.time, group);
                self.confirm_write(key, write, at, recorder.as_mut());
            }
            touched.extend(keys);
        }
        let origin = if group.is_some() { Origin::Local } else { Origin::Remote };
        if let (Some(recorder), Some(record)) = (recorder, &mut self.record) {
            let changes = recorder.changes(&|key| self.overlay.entry(key));
            if !changes.is_empty() {
                record.push(Committed { version: at.number, origin, changes });
            }
        }
        if let Some(group) = group {
            touched.extend(self.forget_writes(group));
        }
        let is_expiry = writes.iter().all(|write| matches!(write, Write::Expire { .. }));
        let removal = if is_expiry { ChangeKind::Expire } else { ChangeKind::Delete };
        let is_known = group.is_some_and(|group| matches!(group.kind, Kind::Shown));
        self.show(store, &touched, Telling { number: at.number, origin, removal, is_known }, now);
        is_as_shown
    }

    /// Whether a write that is about to be confirmed finds what it was shown to find; notes what deadline it was shown to give.
    fn estimate(&mut self, key: &str, write: &Write<'_>, time: Millis, group: Option<&Group>) -> bool {
        let Some(beneath) = self.overlay.get_mut(key) else { return true };
        let Some(made) = group.map(Group::made) else {
            beneath.estimated = None;
            return true;
        };
        let was_shown = beneath.was_shown(made, time);
        match *write {
            Write::Put { ttl, .. } | Write::Touch { ttl, .. } => match ttl {
                Ttl::Span(span) => beneath.estimated = Some(made.map(|made| made.saturating_add(span))),
                Ttl::Keep => {}
                Ttl::Until(deadline) if deadline <= time => return false,
                _ => beneath.estimated = None,
            },
            _ => {}
        }
        was_shown
    }

    /// Does one operation of a commit upon the confirmed entry of a key.
    fn confirm_write(&mut self, key: &str, write: &Write<'_>, at: Point, recorder: Option<&mut Recorder>) {
        let Some(beneath) = self.overlay.get_mut(key) else { return };
        // A removal names the version that it is for.
        let is_newer = |cells: &OwnedCells| cells.version() >= at.number && !matches!(write, Write::Expire { .. });
        if beneath.done != at.number && beneath.confirmed.as_ref().is_some_and(is_newer) {
            // It was loaded with all of this commit in it.
            return;
        }
        beneath.done = at.number;
        let before = beneath.confirmed.take();
        if let Some(recorder) = recorder {
            let kind = match write {
                Write::Put { .. } => ChangeKind::Set,
                Write::Touch { .. } | Write::Annotate { .. } => ChangeKind::Meta,
                Write::Delete { .. } | Write::Clear { .. } => ChangeKind::Delete,
                Write::Expire { .. } => ChangeKind::Expire,
            };
            recorder.note(key, before.as_ref().map(|cells| cells.entry(key)).as_ref(), kind);
        }
        let present = before.as_ref().map(|cells| cells.as_cells());
        beneath.confirmed = Cells::after(present, write, at).map(OwnedCells::of);
    }

    /// Takes a group's writes off the keys that they touch; returns those.
    pub(super) fn forget_writes(&mut self, group: &Group) -> Vec<Box<str>> {
        let (first, last) = (group.first_counter(), group.last_counter());
        let mut touched = Vec::new();
        let mut rest = Rest(&group.bytes);
        while !rest.is_empty() {
            match rest.operation(&self.options.scope) {
                Ok(Some(Write::Clear { prefix })) => self.overlay.collect(prefix, &mut touched),
                Ok(Some(write)) if self.overlay.get(write.key()).is_some() => touched.push(write.key().into()),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        for key in &touched {
            if let Some(beneath) = self.overlay.get_mut(key) {
                beneath.writes.retain(|(counter, _)| *counter < first || *counter > last);
            }
        }
        touched
    }
}

/// When an entry came to be what it is. Its version alone does not say so: in another store that number may be another commit's.
fn moments(entry: &Entry<'_>) -> (u64, Millis, Millis) {
    (entry.version(), entry.created_at, entry.updated_at)
}
