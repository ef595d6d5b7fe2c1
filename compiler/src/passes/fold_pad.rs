//! Makes constant padding part of the window that reads it.
//!
//! ```text
//! %p = pad(%x) before=0,0,0,0 after=0,0,1,1 value=0
//! %y = conv(%p, %w) kernel=3x3 stride=2x2           ->   %y = conv(%x, %w) kernel=3x3 stride=2x2 pads=0,0,1,1
//! ```
//!
//! A convolution takes zeros, which is what its own padding is. An average pool takes zeros and counts them as elements,
//! unless it has padding of its own that does not count. A max-pool takes minus infinity, and also zeros where what it
//! reads is never below; no window may then see padding alone.

use super::Misses;
use super::edit::Editor;
use crate::base::epilogue::Act;
use crate::ir::graph::{Graph, Node, ValueId};
use crate::ops::{self, Op, Pad, PadMode, PoolKind, Window};

/// Most paddings in a row that one window takes.
const MOST_PADDINGS: usize = 16;

/// Walks forwards; of several paddings in a row, a window takes one after the other. A padding that something else reads
/// too stays for that.
pub(super) fn run(graph: &mut Graph, misses: &mut Misses) -> usize {
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let Some(mut node) = edit.node(index) else { continue };
        for _ in 0..MOST_PADDINGS {
            let Some((place, padding, x)) = padding_before(&edit, &node) else { break };
            let op = match with_padding(&edit, &node, &padding, x) {
                Ok(op) => op,
                Err(reason) => {
                    misses.push(&node, reason);
                    break;
                }
            };
            node.op = op;
            node.inputs[0] = x;
            let sources = [edit.sources(place), edit.sources(index)].concat();
            edit.replace(index, Node { sources, ..node.clone() });
            rewrites += 1;
        }
    }
    rewrites
}

/// The padding that a convolution or pool reads, and what that reads.
fn padding_before(edit: &Editor, node: &Node) -> Option<(usize, Op, ValueId)> {
    let (Op::Conv(_) | Op::Pool(_), [x, ..]) = (&node.op, node.inputs.as_slice()) else { return None };
    let (place, padding) = edit.producer(*x)?;
    let (Op::Pad(_), &[x]) = (&padding.op, padding.inputs.as_slice()) else { return None };
    Some((place, padding.op, x))
}

/// The node's operator when it reads `x`, which `padding` padded.
///
/// # Errors
/// Why there is none.
fn with_padding(edit: &Editor, node: &Node, padding: &Op, x: ValueId) -> Result<Op, &'static str> {
    let Op::Pad(Pad { before, after, mode: PadMode::Constant(value) }) = padding else {
        return Err("the padding before it is not a constant");
    };
    let (&[0, 0, top, left], &[0, 0, bottom, right]) = (before.as_slice(), after.as_slice()) else {
        return Err("the padding before it is not of rows and columns alone");
    };
    let (before, after) = ([top, left], [bottom, right]);
    let value = value.get();
    let op = match &node.op {
        Op::Conv(conv) if value == 0.0 => {
            let mut conv = *conv;
            widen(&mut conv.window, before, after);
            Op::Conv(conv)
        }
        Op::Pool(pool) => {
            let mut pool = *pool;
            match &mut pool.kind {
                PoolKind::Max if value == f32::NEG_INFINITY || value <= 0.0 && is_positive(edit, x) => {}
                PoolKind::Sum if value == 0.0 => {}
                PoolKind::Average { include_pad } if value == 0.0 => {
                    if !*include_pad && pool.window.pad_before != [0, 0] {
                        return Err("it has padding of its own that does not count");
                    }
                    if !*include_pad {
                        pool.counted_after = [0, 0];
                    }
                    *include_pad = true;
                }
                _ => return Err("the padding before it is another number than its own"),
            }
            widen(&mut pool.window, before, after);
            pool.counted_after = sum(pool.counted_after, after);
            Op::Pool(pool)
        }
        _ => return Err("the padding before it is another number than its own"),
    };
    let types: Vec<_> = [x].iter().chain(&node.inputs[1..]).map(|&id| &edit.graph.value(id).ty).collect();
    match ops::infer(&op, &types) {
        Ok(ty) if ty == edit.graph.value(node.output).ty => Ok(op),
        _ => Err("one of its windows would see padding alone"),
    }
}

fn widen(window: &mut Window, before: [usize; 2], after: [usize; 2]) {
    window.pad_before = sum(window.pad_before, before);
    window.pad_after = sum(window.pad_after, after);
}

fn sum(a: [usize; 2], b: [usize; 2]) -> [usize; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

/// True when no element can be below zero.
fn is_positive(edit: &Editor, x: ValueId) -> bool {
    match edit.producer(x).map(|(_, node)| node.op) {
        Some(Op::Act(Act::Relu)) => true,
        // Where the bounds are the wrong way round, the upper one holds.
        Some(Op::Act(Act::Clip { lo, hi })) => lo.get() >= 0.0 && hi.get() >= 0.0,
        _ => false,
    }
}
