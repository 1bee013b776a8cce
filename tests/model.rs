//! The model test of the engine: generated calls of everything public, on a store and its clones, beside a naive reference model
//! (`reference/`), with results, errors, contents, order, versions, times, sizes, changes and counts compared after each call.
//!
//! By default some 20,000 steps; `HOLDALL_MODEL_CASES` sets how many cases each test runs, of 200 steps on average:
//! `HOLDALL_MODEL_CASES=5000 cargo test --release --test model -- --nocapture` is two million, and tells how many it took.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod reference;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use reference::{Shape, Step, Worlds};

static NARROW: LazyLock<Vec<String>> = LazyLock::new(|| Shape::Narrow.keys());
static WIDE: LazyLock<Vec<String>> = LazyLock::new(|| Shape::Wide.keys());

fn wanted_cases() -> Option<u32> {
    std::env::var("HOLDALL_MODEL_CASES").ok()?.parse().ok()
}

fn config(cases: u32) -> Config {
    let cases = wanted_cases().unwrap_or(cases);
    Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() }
}

fn steps(keys: &'static LazyLock<Vec<String>>) -> impl Strategy<Value = Vec<Step>> {
    vec(any::<u64>().no_shrink().prop_map(|seed| Step::of(seed, keys)), 1..400)
}

/// Steps taken by all cases of this process, for those who run it for long.
static TAKEN: AtomicU64 = AtomicU64::new(0);

fn run(seed: u64, shape: Shape, steps: &[Step]) {
    let mut worlds = Worlds::new(seed, shape);
    for step in steps {
        worlds.take(step);
    }
    worlds.finish();
    let taken = TAKEN.fetch_add(steps.len() as u64, Ordering::Relaxed) + steps.len() as u64;
    if wanted_cases().is_some() && taken / 1_000_000 != (taken - steps.len() as u64) / 1_000_000 {
        println!("{taken} steps of the model test");
    }
}

proptest! {
    #![proptest_config(config(80))]
    #[test]
    fn a_store_does_what_its_contract_says(seed: u64, steps in steps(&NARROW)) {
        run(seed, Shape::Narrow, &steps);
    }
}

proptest! {
    #![proptest_config(config(20))]
    #[test]
    fn a_store_of_many_keys_does_what_its_contract_says(seed: u64, steps in steps(&WIDE)) {
        run(seed, Shape::Wide, &steps);
    }
}

#[test]
fn fixed_steps_reach_every_outcome() {
    reference::run_fixed_seeds(Shape::Narrow, 8, 250);
    reference::run_fixed_seeds(Shape::Wide, 4, 250);
}
