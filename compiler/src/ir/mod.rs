//! The graph: what the network computes.

pub mod graph;
pub mod recipe;
pub mod reference;
