//! The simulator: replicas with clocks of their own, a backend, and a network between them that delays, drops and repeats, and lets
//! answers overtake each other (the contract of backends keeps requests and news in their order), on histories that a seed decides; what replicas hold, show and tell is checked after each step against a naive recomputation (`simulator/`).
//!
//! By default some 200,000 steps. `HOLDALL_SIMULATOR_STEPS` sets how many, `HOLDALL_SIMULATOR_SEED` the first seed; a history that fails prints
//! its seed. `HOLDALL_SIMULATOR_STEPS=10000000 cargo test --release --test simulator` is ten million.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "reference/random.rs"]
mod random;

mod simulator {
    mod actions;
    mod backend;
    mod check;
    mod choices;
    mod drafts;
    mod items;
    mod peer;
    pub(crate) mod world;
}

use simulator::world::World;

/// How many steps a history has before the network heals.
const HISTORY: u64 = 1_000;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn replicas_hold_to_their_contract_whatever_happens() {
    let steps = setting("HOLDALL_SIMULATOR_STEPS").unwrap_or(200_000);
    let first = setting("HOLDALL_SIMULATOR_SEED").unwrap_or(1);
    for seed in first..first + steps.div_ceil(HISTORY) {
        let history = std::panic::AssertUnwindSafe(|| World::new(seed).run(HISTORY));
        if let Err(panic) = std::panic::catch_unwind(history) {
            eprintln!("to see it again: HOLDALL_SIMULATOR_SEED={seed} HOLDALL_SIMULATOR_STEPS=1 cargo test --test simulator");
            std::panic::resume_unwind(panic);
        }
    }
}
