//! The identity of a network: what generated source and packed weights must agree on.

use sha2::{Digest, Sha256};

use super::graph::Graph;
use super::text;

/// SHA-256 of the topology: operators with their attributes, extents, names, order. The
/// numbers of constants do not count, so a retrained model has the same hash, and so has a model without numbers.
///
/// To be taken of the graph as imported; passes change it.
pub fn graph_hash(graph: &Graph) -> [u8; 32] {
    Sha256::digest(text::print(graph).as_bytes()).into()
}
