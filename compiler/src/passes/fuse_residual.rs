//! Adds the other operand of an addition in the epilogue of the convolution that computes one of them.
//!
//! ```text
//! %a = conv(%x, %w)                               ..
//! ..                                        ->    %y = conv(%x, %w, %b) +residual
//! %y = add(%a, %b)
//! ```
//!
//! The joined node takes the place of the addition, where the other operand is known. When both operands are
//! convolutions that nothing else reads, as in ResNet's downsampling blocks, the one at the end of the longer path, the
//! main branch, takes the other: so all blocks of a stage end in the same kernel, whichever branch the exporter wrote
//! first.

use super::Misses;
use super::edit::Editor;
use crate::base::epilogue::{Act, Epilogue};
use crate::ir::graph::{Graph, ValueId};
use crate::ops::{Binary, BinaryKind, Conv, Op};

/// Joins every addition of two computed maps of one shape where a convolution can take it.
pub(super) fn run(graph: &mut Graph, misses: &mut Misses) -> usize {
    let depths = depths(graph);
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let Some(node) = edit.node(index) else { continue };
        let (&Op::Binary(Binary { kind: BinaryKind::Add, act }), &[a, b]) =
            (&node.op, node.inputs.as_slice())
        else {
            continue;
        };
        let graph = &*edit.graph;
        let maps = graph.shape(a) == graph.shape(b) && graph.shape(a).len() == 4;
        if !maps || graph.is_const(a) || graph.is_const(b) {
            continue;
        }
        let candidates = [candidate(&edit, a, b), candidate(&edit, b, a)];
        match candidates.iter().flatten().max_by_key(|candidate| (depths[candidate.sum.0], candidate.place)) {
            Some(&Candidate { place, conv, other, .. }) => {
                let mut inputs = edit.graph.nodes[place].inputs.clone();
                inputs.push(other);
                let epilogue = Epilogue { residual: true, act, ..conv.epilogue };
                edit.join(place, index, index, Op::Conv(Conv { epilogue, ..conv }), inputs);
                rewrites += 1;
            }
            None => candidates
                .iter()
                .take(1)
                .flat_map(|it| it.as_ref().err())
                .for_each(|why| misses.push(&node, *why)),
        }
    }
    rewrites
}

/// A convolution that could add the other operand.
struct Candidate {
    place: usize,
    conv: Conv,
    /// Its result.
    sum: ValueId,
    other: ValueId,
}

/// The convolution that computes `sum`, when this addition is its only reader and nothing follows its sum.
fn candidate(edit: &Editor, sum: ValueId, other: ValueId) -> Result<Candidate, &'static str> {
    let place = edit.sole_producer(sum)?;
    match edit.node(place).map(|node| node.op) {
        Some(Op::Conv(conv)) if conv.epilogue.residual => {
            Err("the convolution before it adds another map already")
        }
        Some(Op::Conv(conv)) if conv.epilogue.act != Act::None => {
            Err("the convolution before it is activated first")
        }
        Some(Op::Conv(conv)) => Ok(Candidate { place, conv, sum, other }),
        _ => Err("no convolution computes what it reads"),
    }
}

/// For each value, the nodes on the longest path to it.
fn depths(graph: &Graph) -> Vec<usize> {
    let mut depths = vec![0; graph.values.len()];
    for node in &graph.nodes {
        let deepest = node.inputs.iter().map(|id| depths[id.0]).max();
        depths[node.output.0] = deepest.unwrap_or(0) + 1;
    }
    depths
}
