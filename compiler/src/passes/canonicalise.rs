//! One form for what means the same, and nothing that computes nothing.
//!
//! ```text
//! %a: f32[4] = identity(%x)
//! %b: f32[4] = reshape(%a)                     (same shape)
//! %c: f32[2x2] = reshape(%b)
//! %d: f32[1x4] = reshape(%c)              ->   %d: f32[1x4] = reshape(%x)
//!
//! %e: f32[1x8x1x1] = avg_pool(%y) kernel=7x7   (of a 7x7 map)
//!                                         ->   %e: f32[1x8x1x1] = global_avg_pool(%y)
//! ```
//!
//! A name of a graph output moves to the value that takes its place. Where that is an input, a constant or another
//! output, the node stays, as an `identity`.

use super::Misses;
use crate::base::epilogue::Act;
use crate::ir::graph::{Def, Graph, Node, ValueId};
use crate::ops::{Op, Pool, PoolKind};

/// Walks forwards with what each value has become.
pub(super) fn run(graph: &mut Graph, _: &mut Misses) -> usize {
    let mut rewrites = 0;
    let mut is_output = vec![false; graph.values.len()];
    graph.outputs.iter().for_each(|id| is_output[id.0] = true);
    let mut became: Vec<ValueId> = (0..graph.values.len()).map(ValueId).collect();
    // For results of Reshape, the operand: shapes in between do not matter.
    let mut unshaped: Vec<Option<ValueId>> = vec![None; graph.values.len()];
    for mut node in std::mem::take(&mut graph.nodes) {
        node.inputs.iter_mut().for_each(|id| *id = became[id.0]);
        let same = same_as(graph, &node).is_some();
        if let (Op::Reshape, [x]) = (&node.op, node.inputs.as_mut_slice()) {
            // One into the same shape goes: past its operand, it would be a second reader of what is before.
            if let Some(origin) = unshaped[x.0].filter(|_| !same) {
                *x = origin;
                rewrites += 1;
            }
            unshaped[node.output.0] = Some(*x);
        }
        if is_global(graph, &node) {
            node.op = Op::GlobalAvgPool;
            rewrites += 1;
        }
        match same_as(graph, &node) {
            Some(x) if !is_output[node.output.0] => {
                became[node.output.0] = x;
                rewrites += 1;
            }
            Some(x) if matches!(graph.value(x).def, Def::Node) && !is_output[x.0] => {
                swap_names(graph, node.output, x);
                is_output[x.0] = true;
                became[node.output.0] = x;
                rewrites += 1;
            }
            Some(_) => {
                rewrites += usize::from(node.op != Op::Identity);
                node.op = Op::Identity;
                graph.nodes.push(node);
            }
            None => graph.nodes.push(node),
        }
    }
    graph.outputs.iter_mut().for_each(|id| *id = became[id.0]);
    rewrites
}

/// The operand, when the node's result is the same tensor.
fn same_as(graph: &Graph, node: &Node) -> Option<ValueId> {
    let &[x] = node.inputs.as_slice() else { return None };
    match node.op {
        Op::Identity | Op::Act(Act::None) => Some(x),
        Op::Pad(ref pad) => pad.is_empty().then_some(x),
        Op::Reshape | Op::Cast { .. } => (graph.value(x).ty == graph.value(node.output).ty).then_some(x),
        _ => None,
    }
}

fn swap_names(graph: &mut Graph, a: ValueId, b: ValueId) {
    let name = std::mem::take(&mut graph.values[a.0].name);
    graph.values[a.0].name = std::mem::replace(&mut graph.values[b.0].name, name);
}

/// True for an average pool with one window, which is the whole plane.
fn is_global(graph: &Graph, node: &Node) -> bool {
    let (Op::Pool(Pool { kind: PoolKind::Average { .. }, window, .. }), [x]) =
        (&node.op, node.inputs.as_slice())
    else {
        return false;
    };
    let whole = graph.shape(*x).get(2..) == Some(window.kernel.as_slice());
    whole && window.dilation == [1, 1] && !window.is_padded()
}
