//! From graph to plan: kernels, tiles, memory, weights.

pub mod choose;
pub mod lower;
pub mod memory;
pub mod plan;
pub mod tile;
