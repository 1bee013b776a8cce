//! What goes out to the backend, and how its answers come in.

use super::cells::Point;
use super::queue::{Decision, Group, Kind, Numbered, RangeRead, Stage};
use super::wire::write_expire;
use super::{Decided, Outcome, PENDING, Replica, Telling};
use crate::commit::{ChangeKind, Origin};
use crate::expiry::{Millis, NEVER};
use crate::store::Store;

/// How many removals are asked for at once, at most.
const SWEEP: usize = 1000;

/// After how many refusals in a row removals no longer wait twice as long: with a tenth of a second to begin with, that is two minutes.
const MOST_REFUSALS: u32 = 10;

/// A commit to be sent.
#[derive(Debug)]
pub struct Request<'a> {
    /// Names it; sending it again has the same one.
    pub counter: u64,
    /// Keys and the versions that they must have.
    pub conditions: &'a [(Box<str>, u64)],
    /// Ranges in which nothing must have changed since `since`, but for commits of this replica up to the counter `own`.
    pub ranges: &'a [RangeRead],
    /// The commit after which nothing must have changed in the ranges.
    pub since: u64,
    /// The last counter of this replica that does not count.
    pub own: u64,
    /// What it does, as it is written down.
    pub operations: &'a [u8],
}

/// What the backend answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is applied and durable.
    Committed {
        /// Its number; of a commit that changed nothing, the number of the last one.
        number: u64,
        /// The backend's time at the commit.
        time: Millis,
        /// The number of the commit before it.
        after: u64,
        /// Whether it changed anything.
        changed: bool,
    },
    /// A condition does not hold.
    Conflict {
        /// The number of the backend's last commit.
        number: u64,
    },
    /// It will never be applied as it is.
    Refused,
    /// Nobody knows whether it was applied.
    Unknown,
}

impl Replica {
    /// The next commit to be sent, when none is out. It counts as sent from now on.
    pub fn next(&mut self, store: &mut Store, now: Millis) -> Option<Request<'_>> {
        let now = self.advance(store, now);
        if self.queue.has_sent() {
            return None;
        }
        if now >= self.sweep_at {
            self.sweep(store, now);
        }
        let counter = loop {
            let (group, is_first) = self.queue.next()?;
            let counter = group.last_counter();
            let Kind::Decided(decision) = &mut group.kind else { break counter };
            if !is_first {
                return None;
            }
            let decision = std::mem::take(decision);
            match self.resolved(decision) {
                Some(resolved) => {
                    self.queue.ending_with(counter)?.kind = Kind::Decided(resolved);
                    break counter;
                }
                None => self.abandon(store, counter, Decided::Conflict(self.applied), now),
            }
        };
        let group = self.queue.ending_with(counter)?;
        group.stage = Stage::Sent;
        let group: &Group = group;
        let (conditions, ranges, since, own): (&[_], &[_], _, _) = match &group.kind {
            Kind::Decided(decision) => (&decision.conditions, &decision.ranges, decision.seen.applied, decision.read_through()),
            Kind::Shown | Kind::Sweep => (&[], &[], 0, 0),
        };
        Some(Request { counter, conditions, ranges, since, own, operations: &group.bytes })
    }

    /// Notes what the backend answered of a commit that was sent.
    pub fn answer(&mut self, store: &mut Store, counter: u64, answer: Answer, now: Millis) {
        let told = if let Answer::Committed { time, .. } = answer { time } else { 0 };
        let now = self.advance(store, now.max(told));
        let Some(group) = self.queue.ending_with(counter).filter(|group| group.stage == Stage::Sent) else {
            return;
        };
        match answer {
            Answer::Committed { number, time, after, changed } => {
                self.acknowledge(counter, Numbered { at: Point { number, time }, after, changed });
                self.catch_up(store, now);
            }
            Answer::Refused if !group.is_one_commit() => self.queue.split(counter),
            Answer::Refused => self.abandon(store, counter, Decided::Refused, now),
            Answer::Conflict { number } => self.abandon(store, counter, Decided::Conflict(number), now),
            Answer::Unknown => self.abandon(store, counter, Decided::Unknown, now),
        }
    }

    /// Takes a group back: what is confirmed shows again beneath the writes that came later.
    pub(super) fn abandon(&mut self, store: &mut Store, counter: u64, decided: Decided, now: Millis) {
        let Some(group) = self.queue.take(counter) else { return };
        self.remember(&group, None);
        let touched = self.forget_writes(&group);
        // Nobody has asked for a removal: that it is refused is nobody's failure, and it is tried again.
        let decided = if matches!(group.kind, Kind::Sweep) {
            self.refusals = MOST_REFUSALS.min(self.refusals + 1);
            Decided::Conflict(self.applied)
        } else {
            decided
        };
        self.outcomes.push(Outcome { first: group.first_counter(), last: group.last_counter(), decided });
        let telling = Telling { number: self.applied, origin: Origin::Rollback, removal: ChangeKind::Delete, is_known: false };
        self.show(store, &touched, telling, now);
        self.catch_up(store, now);
    }

    /// A decision whose conditions name no pending commits any more; `None` when what it was decided upon never came to be.
    ///
    /// That a key has the number which a pending commit got says who wrote it last, and not what was there before: a commit of others may have come
    /// between, or a later one of this replica may have been merged with it. So such a key is asked for as a range of its own, too.
    fn resolved(&self, decision: Decision) -> Option<Decision> {
        let Decision { mut conditions, mut ranges, seen, own } = decision;
        for (key, version) in &mut conditions {
            if let Some(counter) = version.checked_sub(PENDING) {
                let (.., number) = self.decided.iter().rev().find(|(first, last, _)| (*first..=*last).contains(&counter))?;
                *version = (*number)?;
                let after = [key, "\0"].concat().into();
                ranges.push(RangeRead { prefix: key.clone(), after: Some(after), reverse: true });
            }
        }
        let came_to_nothing = |(first, last, number): &(u64, u64, Option<u64>)| number.is_none() && *last > seen.decided && *first <= own;
        let is_lost = seen.decided < self.forgotten || self.decided.iter().any(came_to_nothing);
        (ranges.is_empty() || !is_lost).then_some(Decision { conditions, ranges, seen, own })
    }

    /// Makes a commit that asks for the removal of what has expired.
    fn sweep(&mut self, store: &mut Store, now: Millis) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        self.sweep_at = NEVER;
        for (key, cells) in self.overlay.expired(now) {
            let start = bytes.len();
            write_expire(&mut bytes, &self.options.scope, key, cells.version());
            if ends.len() == SWEEP || start > 0 && bytes.len() > self.options.max_commit_bytes {
                bytes.truncate(start);
                self.sweep_at = now;
                break;
            }
            ends.push(bytes.len() as u32);
        }
        if !ends.is_empty() {
            self.counter += 1;
            store.set_version(PENDING + self.counter);
            let mut group = Group::new(Kind::Sweep);
            group.push(self.counter, now, &bytes, &ends);
            self.queue.push(group);
        }
    }
}
