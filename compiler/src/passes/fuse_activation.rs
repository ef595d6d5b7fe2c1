//! Applies an activation in the epilogue of the node before it.
//!
//! ```text
//! %a = conv(%x, %w)                         ->    %y = conv(%x, %w) +relu
//! %y = relu(%a)
//! ```

use super::Misses;
use super::edit::Editor;
use crate::base::epilogue::{Act, Epilogue};
use crate::base::feature_map::BLOCK;
use crate::base::real::Real;
use crate::ir::graph::{Graph, Node};
use crate::ops::{Binary, Conv, MatMul, Op, Reduce};

/// Walks forwards, so that chains of activations compose.
pub(super) fn run(graph: &mut Graph, misses: &mut Misses) -> usize {
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let Some(node) = edit.node(index) else { continue };
        let (&Op::Act(act), &[x]) = (&node.op, node.inputs.as_slice()) else { continue };
        let producer = edit.sole_producer(x).map(|place| (place, edit.node(place)));
        match producer {
            Ok((place, Some(before))) => match absorb(edit.graph, &before, act) {
                Some(op) => {
                    edit.join(place, index, place, op, before.inputs);
                    rewrites += 1;
                }
                None => misses.push(&node, format!("{} does not take it", before.label())),
            },
            Ok((_, None)) => {}
            Err(reason) => misses.push(&node, reason),
        }
    }
    rewrites
}

/// The operator with the activation behind what it does already; `None` when it has no place for it.
///
/// A convolution activates whole blocks. Channels that fill up the last one must stay finite.
pub(super) fn absorb(graph: &Graph, node: &Node, act: Act) -> Option<Op> {
    let with = |epilogue: Epilogue| Some(Epilogue { act: compose(epilogue.act, act)?, ..epilogue });
    let whole = || graph.shape(node.output).get(1).is_some_and(|channels| channels.is_multiple_of(BLOCK));
    Some(match &node.op {
        Op::Conv(_) | Op::Reduce(_) if !act.is_tame() && !whole() && graph.shape(node.output).len() == 4 => {
            return None;
        }
        Op::Conv(conv) => Op::Conv(Conv { epilogue: with(conv.epilogue)?, ..*conv }),
        Op::MatMul(matmul) => Op::MatMul(MatMul { epilogue: with(matmul.epilogue)?, ..*matmul }),
        Op::Affine { act: first } => Op::Affine { act: compose(*first, act)? },
        Op::Binary(binary) => Op::Binary(Binary { act: compose(binary.act, act)?, ..*binary }),
        Op::Reduce(reduce) => Op::Reduce(Reduce { act: compose(reduce.act, act)?, ..reduce.clone() }),
        Op::Act(first) => Op::Act(compose(*first, act)?),
        _ => return None,
    })
}

/// `second(first(x))` as one activation: where one is nothing, or both clip to intervals that overlap.
fn compose(first: Act, second: Act) -> Option<Act> {
    let ((lo_1, hi_1), (lo_2, hi_2)) = match (first, second) {
        (Act::None, act) | (act, Act::None) => return Some(act),
        _ => (interval(first)?, interval(second)?),
    };
    let (lo, hi) = (lo_1.max(lo_2), hi_1.min(hi_2));
    let valid = lo_1 <= hi_1 && lo_2 <= hi_2 && lo <= hi;
    let clip = Act::Clip { lo: Real::new(lo), hi: Real::new(hi) };
    valid.then_some(if (lo, hi) == (0.0, f32::INFINITY) { Act::Relu } else { clip })
}

/// What the activation clips to, when that is all it does.
fn interval(act: Act) -> Option<(f32, f32)> {
    match act {
        Act::None => Some((f32::NEG_INFINITY, f32::INFINITY)),
        Act::Relu => Some((0.0, f32::INFINITY)),
        Act::Clip { lo, hi } => Some((lo.get(), hi.get())),
        Act::Func(..) => None,
    }
}
