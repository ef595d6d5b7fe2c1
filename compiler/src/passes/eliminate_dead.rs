//! Removes nodes whose results nobody reads.
//!
//! ```text
//! %a = relu(%x)
//! %b = relu(%y)        ->   %b = relu(%y)
//! out %b                    out %b
//! ```

use super::Misses;
use crate::ir::graph::Graph;

/// Walks backwards once: a node lives when a graph output or a later living node reads it.
pub(super) fn run(graph: &mut Graph, _: &mut Misses) -> usize {
    let mut alive = vec![false; graph.values.len()];
    graph.outputs.iter().for_each(|id| alive[id.0] = true);
    for node in graph.nodes.iter().rev() {
        if alive[node.output.0] {
            node.inputs.iter().for_each(|id| alive[id.0] = true);
        }
    }
    let before = graph.nodes.len();
    graph.nodes.retain(|node| alive[node.output.0]);
    before - graph.nodes.len()
}
