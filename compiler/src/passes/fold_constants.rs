//! Turns nodes that read only constants into recipes.
//!
//! ```text
//! con %a: f32[4]                      con %a: f32[4]
//! %b: f32[4] = relu(%a)          ->   con %b: f32[4] = relu(%a)
//! ```
//!
//! Nothing is evaluated: the generated source must not depend on numbers. The weight packer runs the recipe. A node
//! stays where its result is an output of the graph, because outputs are computed.

use super::Misses;
use crate::ir::graph::{Const, Def, Graph, Node, Recipe};

/// Walks forwards, so that chains fold in one go.
pub(super) fn run(graph: &mut Graph, _: &mut Misses) -> usize {
    let mut is_output = vec![false; graph.values.len()];
    graph.outputs.iter().for_each(|id| is_output[id.0] = true);
    let nodes = std::mem::take(&mut graph.nodes);
    let before = nodes.len();
    for node in nodes {
        if is_output[node.output.0] || !node.inputs.iter().all(|&id| graph.is_const(id)) {
            graph.nodes.push(node);
        } else {
            let Node { op, inputs, output, .. } = node;
            graph.values[output.0].def = Def::Const(Const::Recipe(Recipe::Op(Box::new(op)), inputs));
        }
    }
    before - graph.nodes.len()
}
