//! The queue: commits that the backend has not decided, in the order in which they were made.
//!
//! Whole, adjacent, unconditional commits share a group, which is sent as one commit; a group that was sent is never changed. When a group is
//! refused it falls apart into its commits, each sent alone, so that a refusal is its caller's only.

use std::collections::VecDeque;

use super::cells::Point;
use super::wire::{Rest, Write};
use crate::expiry::Millis;

/// A group that is open takes no more commits when it has so many bytes.
const FULL: usize = 1 << 20;

/// Names an operation: the counter of its commit, and its place in it.
pub(super) type Place = (u64, u32);

/// A range that a conditional commit has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeRead {
    /// What the keys begin with.
    pub prefix: Box<str>,
    /// Only keys beyond this one, in the direction of the reading.
    pub after: Option<Box<str>>,
    /// From the last to the first.
    pub reverse: bool,
}

impl RangeRead {
    /// Whether a key lies in it.
    pub(super) fn contains(&self, key: &str) -> bool {
        key.starts_with(&*self.prefix) && self.after.as_deref().is_none_or(|after| if self.reverse { key < after } else { key > after })
    }
}

/// What a conditional commit was decided upon.
#[derive(Debug, Clone, Default)]
pub(super) struct Decision {
    /// The versions of the keys that it read; numbers of pending commits among them.
    pub(super) conditions: Vec<(Box<str>, u64)>,
    pub(super) ranges: Vec<RangeRead>,
    pub(super) seen: Seen,
    /// The last commit of this replica that was made when it began.
    pub(super) own: u64,
}

impl Decision {
    /// The last commit of this replica before any that was not shown, and so not read.
    pub(super) fn read_through(&self) -> u64 {
        if self.seen.hidden == 0 { self.own } else { self.own.min(self.seen.hidden - 1) }
    }
}

/// What was known when a conditional commit began to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// The last commit of the backend that was applied.
    pub(super) applied: u64,
    /// Every commit of this replica up to this one had been decided.
    pub(super) decided: u64,
    /// The first conditional commit of this replica that waited, and was not shown; 0 for none.
    pub(super) hidden: u64,
    /// How often the store had been replaced by another.
    pub(super) epoch: u32,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Unconditional writes, which are shown at once.
    Shown,
    /// A conditional commit, shown when it is accepted.
    Decided(Decision),
    /// Removals of what has expired, which nobody waits for.
    Sweep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// May still take more commits.
    Open,
    Sealed,
    Sent,
    /// Acknowledged, and not applied here yet.
    Numbered(Numbered),
}

/// What the backend answered of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) at: Point,
    pub(super) after: u64,
    pub(super) changed: bool,
}

/// One commit of a group.
#[derive(Debug, Clone, Copy)]
struct Mark {
    counter: u64,
    /// The places of its operations among those of the group.
    first: u32,
    end: u32,
    made: Millis,
}

/// Commits that are sent as one.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) kind: Kind,
    pub(super) stage: Stage,
    /// The operations as they are sent.
    pub(super) bytes: Vec<u8>,
    /// Where each operation ends.
    ends: Vec<u32>,
    marks: Vec<Mark>,
}

impl Group {
    pub(super) fn new(kind: Kind) -> Self {
        let stage = if matches!(kind, Kind::Shown) { Stage::Open } else { Stage::Sealed };
        Self { kind, stage, bytes: Vec::new(), ends: Vec::new(), marks: Vec::new() }
    }

    /// Appends a commit whose operations are written down in `bytes`, each to where `ends` says.
    pub(super) fn push(&mut self, counter: u64, made: Millis, bytes: &[u8], ends: &[u32]) {
        let (base, first) = (self.bytes.len() as u32, self.ends.len() as u32);
        self.bytes.extend_from_slice(bytes);
        self.ends.extend(ends.iter().map(|end| base + end));
        self.marks.push(Mark { counter, first, end: self.ends.len() as u32, made });
    }

    pub(super) fn first_counter(&self) -> u64 {
        self.marks.first().map_or(0, |mark| mark.counter)
    }

    pub(super) fn last_counter(&self) -> u64 {
        self.marks.last().map_or(0, |mark| mark.counter)
    }

    /// When its first and its last commit were made.
    pub(super) fn made(&self) -> [Millis; 2] {
        [self.marks.first(), self.marks.last()].map(|mark| mark.map_or(0, |mark| mark.made))
    }

    pub(super) fn is_one_commit(&self) -> bool {
        self.marks.len() == 1
    }

    fn start_of(&self, operation: u32) -> usize {
        operation.checked_sub(1).and_then(|before| self.ends.get(before as usize)).map_or(0, |end| *end as usize)
    }

    /// One operation, and when it was made.
    fn write(&self, (counter, place): Place, scope: &str) -> Option<(Write<'_>, Millis)> {
        let at = self.marks.binary_search_by_key(&counter, |mark| mark.counter).ok()?;
        let mark = self.marks.get(at)?;
        let bytes = self.bytes.get(self.start_of(mark.first + place)..)?;
        Rest(bytes).operation(scope).ok().flatten().map(|write| (write, mark.made))
    }

    /// The group as one group for each of its commits, to be sent alone.
    fn apart(self) -> Vec<Self> {
        let alone = |mark: &Mark| {
            let (from, to) = (self.start_of(mark.first), self.start_of(mark.end));
            let ends: Vec<u32> =
                self.ends.get(mark.first as usize..mark.end as usize).unwrap_or_default().iter().map(|end| end - from as u32).collect();
            let mut group = Self::new(Kind::Shown);
            group.push(mark.counter, mark.made, self.bytes.get(from..to).unwrap_or_default(), &ends);
            group.stage = Stage::Sealed;
            group
        };
        self.marks.iter().map(alone).collect()
    }
}

/// The pending commits, in groups, oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    groups: VecDeque<Group>,
    bytes: usize,
    /// Operations that clear prefixes: they touch keys that come to be later.
    clears: Vec<(Box<str>, Place)>,
}

impl Queue {
    /// Bytes of all operations that are pending.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends an unconditional commit, to the last group where that is open.
    pub(super) fn append(&mut self, counter: u64, made: Millis, bytes: &[u8], ends: &[u32], most: usize) {
        let has_room = |group: &&mut Group| group.stage == Stage::Open && group.bytes.len() + bytes.len() <= most.min(FULL);
        self.bytes += bytes.len();
        if let Some(group) = self.groups.back_mut().filter(has_room) {
            group.push(counter, made, bytes, ends);
            return;
        }
        let mut group = Group::new(Kind::Shown);
        group.push(counter, made, bytes, ends);
        self.groups.push_back(group);
    }

    /// Lets the last group take no more commits: those to come are not adjacent to it.
    pub(super) fn seal(&mut self) {
        if let Some(group) = self.groups.back_mut().filter(|group| group.stage == Stage::Open) {
            group.stage = Stage::Sealed;
        }
    }

    /// Appends a group that is complete.
    pub(super) fn push(&mut self, group: Group) {
        self.seal();
        self.bytes += group.bytes.len();
        self.groups.push_back(group);
    }

    /// Notes that an operation clears a prefix.
    pub(super) fn note_clear(&mut self, prefix: &str, place: Place) {
        self.clears.push((prefix.into(), place));
    }

    /// The operations that clear a key.
    pub(super) fn clears_of(&self, key: &str) -> impl Iterator<Item = Place> {
        self.clears.iter().filter(move |(prefix, _)| key.starts_with(&**prefix)).map(|(_, place)| *place)
    }

    /// One operation, and when it was made.
    pub(super) fn write(&self, place: Place, scope: &str) -> Option<(Write<'_>, Millis)> {
        let at = self.groups.partition_point(|group| group.last_counter() < place.0);
        self.groups.get(at)?.write(place, scope)
    }

    pub(super) fn front(&self) -> Option<&Group> {
        self.groups.front()
    }

    /// The first conditional commit that waits.
    pub(super) fn first_decision(&self) -> Option<u64> {
        self.groups.iter().find(|group| matches!(group.kind, Kind::Decided(_))).map(Group::first_counter)
    }

    /// Whether a group was sent and is not decided.
    pub(super) fn has_sent(&self) -> bool {
        self.groups.iter().any(|group| group.stage == Stage::Sent)
    }

    /// The first group that is not sent, and whether it is the first of all; from now on it is not changed any more.
    pub(super) fn next(&mut self) -> Option<(&mut Group, bool)> {
        let at = self.groups.iter().position(|group| matches!(group.stage, Stage::Open | Stage::Sealed))?;
        let group = self.groups.get_mut(at)?;
        if group.stage == Stage::Open {
            group.stage = Stage::Sealed;
        }
        Some((group, at == 0))
    }

    /// The group whose last commit has this counter.
    pub(super) fn ending_with(&mut self, counter: u64) -> Option<&mut Group> {
        let at = self.groups.partition_point(|group| group.last_counter() < counter);
        self.groups.get_mut(at).filter(|group| group.last_counter() == counter)
    }

    /// Takes that group out.
    pub(super) fn take(&mut self, counter: u64) -> Option<Group> {
        let at = self.groups.partition_point(|group| group.last_counter() < counter);
        if self.groups.get(at)?.last_counter() != counter {
            return None;
        }
        let group = self.groups.remove(at)?;
        self.bytes -= group.bytes.len();
        self.clears.retain(|(_, place)| place.0 < group.first_counter() || place.0 > group.last_counter());
        Some(group)
    }

    /// Takes out the first group that was acknowledged with a number up to this one.
    pub(super) fn take_numbered(&mut self, through: u64) -> Option<Group> {
        let is_within = |group: &&Group| matches!(group.stage, Stage::Numbered(Numbered { at, .. }) if at.number <= through);
        let counter = self.groups.iter().find(is_within)?.last_counter();
        self.take(counter)
    }

    /// Lets the numbers that unconditional commits got mean nothing. Returns the first conditional one, and whether it was sent, until there is none.
    pub(super) fn forget_numbers(&mut self) -> Option<(u64, bool)> {
        for group in &mut self.groups {
            if matches!(group.kind, Kind::Decided(_)) {
                return Some((group.last_counter(), matches!(group.stage, Stage::Sent | Stage::Numbered(_))));
            }
            if let Stage::Numbered(numbered) = &mut group.stage {
                numbered.at.number = 0;
            }
        }
        None
    }

    /// Lets a group that was sent fall apart into its commits.
    pub(super) fn split(&mut self, counter: u64) {
        let at = self.groups.partition_point(|group| group.last_counter() < counter);
        if let Some(group) = self.groups.remove(at) {
            for (index, alone) in group.apart().into_iter().enumerate() {
                self.groups.insert(at + index, alone);
            }
        }
    }
}
