//! From graph to plan: kernels, tiles, memory, weights.

pub mod tile;
