//! A reference model of the store, and what runs it beside the engine: shared by the native model test and the one on wasm32.
//!
//! - `contents.rs`: what a store holds, as a sorted map and lists in the order of use, written from the contract and as naive as can be.
//! - `model.rs`: the calls of a store upon those contents.
//! - `step.rs`: generated calls. `world.rs`: a store beside its model, and the comparison after each call.

mod contents;
mod model;
mod random;
mod step;
mod world;

pub(crate) use step::{Shape, Step};
pub(crate) use world::Worlds;
