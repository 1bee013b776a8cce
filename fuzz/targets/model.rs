//! The calls of the model test (`tests/reference`) in orders that coverage picks: each eight bytes are a step.
#![no_main]

#[path = "../../tests/reference/mod.rs"]
#[allow(dead_code)] // Not all of it is used here.
mod reference;

use libfuzzer_sys::fuzz_target;
use reference::{Shape, Step, Worlds};

fuzz_target!(|data: &[u8]| {
    let numbers: Vec<u64> = data.chunks_exact(8).map(|chunk| u64::from_le_bytes(chunk.try_into().expect("eight bytes"))).collect();
    let Some((&seed, steps)) = numbers.split_first() else { return };
    let shape = if seed % 4 == 0 { Shape::Wide } else { Shape::Narrow };
    let keys = shape.keys();
    let mut worlds = Worlds::new(seed, shape);
    for step in steps {
        worlds.take(&Step::of(*step, &keys));
    }
    worlds.finish();
});
