//! What is written and read at random.

use holdall::{MetadataPatch, OwnedValue, Ttl};

use super::actions::Action;
use crate::random::Random;

/// Every key that is ever written, in order.
pub(crate) const KEYS: [&str; 16] =
    ["", "a", "b", "s", "s:", "s:a", "s:a:b", "s:b", "s:c", "s:u:", "s:u:a", "s:u:b", "s:v", "t:a", "t:b", "é"];

/// What replicas hold: all, or what keys with this prefix name.
pub(crate) const SCOPES: [&str; 5] = ["", "", "", "s:", "s:u:"];

const NAMES: [&str; 4] = ["ant", "bee", "cat", "dog"];

/// A key within a scope, without it.
pub(crate) fn key(random: &mut Random, scope: &str) -> String {
    let keys: Vec<&str> = KEYS.iter().filter_map(|key| key.strip_prefix(scope)).collect();
    (*random.pick(&keys)).into()
}

pub(crate) fn prefix(random: &mut Random, scope: &str) -> String {
    let prefixes: Vec<&str> = ["", "s:", "s:u:", "t", "s:a", "a"].iter().filter_map(|prefix| prefix.strip_prefix(scope)).collect();
    (*random.pick(&prefixes)).into()
}

fn value(random: &mut Random) -> OwnedValue {
    let length = if random.once_in(40) { 60 } else { random.below(3) };
    let byte = random.below(4) as u8;
    OwnedValue { encoding: random.below(2) as u8, bytes: vec![byte; length as usize].into() }
}

fn ttl(random: &mut Random, now: u64) -> Ttl {
    match random.below(10) {
        0..5 => Ttl::Default,
        5 | 6 => Ttl::Span(1 + random.below(400)),
        7 => Ttl::Keep,
        8 => Ttl::Never,
        _ => Ttl::Until(now + 1 + random.below(300)),
    }
}

fn patch(random: &mut Random) -> MetadataPatch {
    let name = *random.pick(&NAMES);
    let mut patch = MetadataPatch::default();
    for _ in 0..=random.below(2) {
        match random.below(7) {
            0 => patch.tags = Some(NAMES.iter().take(random.below(4) as usize).map(|tag| (*tag).into()).collect()),
            1 => patch.add_tag = Some(name.into()),
            2 => patch.remove_tag = Some(name.into()),
            3 => patch.properties = Some((0..random.below(3)).map(|at| (NAMES[at as usize].into(), value(random))).collect()),
            4 => patch.set_property = Some((name.into(), value(random))),
            5 => patch.remove_property = Some(name.into()),
            _ => patch.description = Some(if random.once_in(3) { None } else { Some(name.into()) }),
        }
    }
    patch
}

/// A write, on keys within a scope.
pub(crate) fn action(random: &mut Random, scope: &str, now: u64) -> Action {
    let key = key(random, scope);
    match random.below(20) {
        0..9 => Action::Put { key, value: value(random), ttl: ttl(random, now), patch: MetadataPatch::default() },
        9 | 10 => Action::Put { key, value: value(random), ttl: ttl(random, now), patch: patch(random) },
        11..14 => Action::Delete { key },
        14 | 15 => Action::Touch { key, ttl: ttl(random, now) },
        16..19 => Action::Annotate { key, patch: patch(random) },
        _ => Action::Clear { prefix: prefix(random, scope) },
    }
}

/// The writes of one commit.
pub(crate) fn actions(random: &mut Random, scope: &str, now: u64) -> Vec<Action> {
    let count = if random.once_in(3) { random.below(4) } else { 1 };
    (0..count).map(|_| action(random, scope, now)).collect()
}
