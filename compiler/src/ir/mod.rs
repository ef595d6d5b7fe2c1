//! The graph: what the network computes.

pub mod graph;
