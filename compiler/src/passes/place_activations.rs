//! Moves activations over max-pools, reshapes and other moves of elements to the kernel that can absorb them.
//!
//! ```text
//! %c = conv(%x, %w)                               %c = conv(%x, %w)
//! %p = max_pool(%c) ..                      ->    %c@act = relu(%c)
//! %y = relu(%p)                                   %y = max_pool(%c@act) ..
//! ```
//!
//! An activation that never falls commutes with a maximum; every window of a max-pool holds at least one element,
//! so the padding's minus infinity never gets through. The values in between get new names: they now are what no ONNX
//! value is.

use super::Misses;
use super::edit::Editor;
use super::fuse_activation::absorb;
use crate::base::epilogue::Act;
use crate::ir::graph::{Graph, Node, ValueId};
use crate::ops::{Op, Pool, PoolKind};

/// Most nodes that an activation moves over.
const MOST_MOVES: usize = 16;

/// Moves every activation that ends up in another kernel.
pub(super) fn run(graph: &mut Graph, misses: &mut Misses) -> usize {
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let Some(node) = edit.node(index) else { continue };
        let (&Op::Act(act), &[x]) = (&node.op, node.inputs.as_slice()) else { continue };
        let (chain, root) = movable_before(&edit, x, act);
        if chain.is_empty() {
            continue;
        }
        match edit.sole_producer(root).map(|producer| edit.node(producer)) {
            Ok(Some(producer)) if absorb(edit.graph, &producer, act).is_some() => {
                hoist(&mut edit, &chain, root, index);
                rewrites += 1;
            }
            Ok(_) => misses.push(&node, "nothing before it takes an activation"),
            Err(reason) => misses.push(&node, reason),
        }
    }
    rewrites
}

/// The max-pools and moves of elements that lead to `id`, the last one first, and what the first one reads.
fn movable_before(edit: &Editor, mut id: ValueId, act: Act) -> (Vec<usize>, ValueId) {
    let mut chain = Vec::new();
    while let Ok(index) = edit.sole_producer(id)
        && chain.len() < MOST_MOVES
    {
        let Some(node) = edit.node(index) else { break };
        match node.op {
            Op::Reshape | Op::Transpose { .. } | Op::Rearrange(_) | Op::Take(_) => {}
            Op::Pool(Pool { kind: PoolKind::Max, .. }) if act.moves_over_max() => {}
            _ => break,
        }
        chain.push(index);
        id = node.inputs.first().copied().unwrap_or(id);
    }
    (chain, id)
}

/// The nodes of `chain` and the activation at `last` share their places anew: the activation, reading `root`, takes
/// the first one.
fn hoist(edit: &mut Editor, chain: &[usize], root: ValueId, last: usize) {
    let places: Vec<usize> = chain.iter().rev().copied().chain([last]).collect();
    let nodes: Vec<Node> = places.iter().map(|&place| edit.graph.nodes[place].clone()).collect();
    let result = edit.graph.nodes[last].output;
    let mut read = root;
    let activation_first = nodes.iter().rev().take(1).chain(nodes.iter().take(chain.len()));
    for (node, &place) in activation_first.zip(&places) {
        let like = if place == places[0] { root } else { node.output };
        let output = if place == last { result } else { edit.add_result(like, "act") };
        edit.replace(place, Node { inputs: vec![read], output, ..node.clone() });
        read = output;
    }
}
