//! From graph to plan: kernels, tiles, memory, weights.

pub mod budget;
pub mod candidates;
pub mod choose;
pub mod constrain;
mod depthwise;
pub mod limits;
mod live;
pub mod lower;
pub mod memory;
mod names;
pub mod plan;
pub mod tile;
pub mod tuning;
mod verify;
mod words;
