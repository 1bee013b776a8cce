//! A reference model of the store, and what runs it beside the engine: shared by the native model test and the one on wasm32.
//!
//! - `contents.rs`: what a store holds, as a sorted map and lists in the order of use, written from the contract and as naive as can be.
//! - `model.rs`: the calls of a store upon those contents.
//! - `merging.rs`, `snapshots.rs`, `transactions.rs`: what moves between stores, each beside a model of its own.
//! - `step.rs`: generated calls. `world.rs`: a store beside its model, and the comparison after each call.

mod contents;
mod merging;
mod model;
mod random;
mod snapshots;
mod step;
mod transactions;
mod world;

use std::collections::BTreeSet;

pub(crate) use step::{Shape, Step};
pub(crate) use world::Worlds;

/// Runs steps that fixed seeds give, the same on every platform, and sees that they reach every outcome there is.
pub(crate) fn run_fixed_seeds(shape: Shape, runs: u64, steps: u64) {
    let keys = shape.keys();
    let mut met = BTreeSet::new();
    for run in 0..runs {
        let mut worlds = Worlds::new(run, shape);
        (0..steps).for_each(|step| worlds.take(&Step::of(run << 32 | step, &keys)));
        met.extend(worlds.finish());
    }
    let outcomes = [
        "CONFLICT",
        "INVALID_ARGUMENT",
        "INVALID_KEY",
        "OUT_OF_RANGE",
        "QUOTA_EXCEEDED",
        "committed",
        "evicted",
        "expired",
        "made way",
        "merged",
        "restored",
    ];
    assert!(outcomes.iter().all(|outcome| met.contains(outcome)), "only {met:?} was met");
}
