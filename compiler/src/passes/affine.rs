//! Arithmetic of a feature map with one constant per channel becomes a scale and shift, which keeps the map blocked.
//!
//! ```text
//! con %c: f32[64x1x1]                             con %c@c: f32[64] = reshape(%c)
//! %y = mul(%x, %c)                          ->    con %c@c@shift: f32[64] = fill() value=0
//!                                                 %y = affine(%x, %c@c, %c@c@shift)
//! ```
//!
//! | node | scale | shift |
//! |---|---|---|
//! | `x + c`, `c + x` | 1 | c |
//! | `x - c` | 1 | 0 - c |
//! | `c - x` | -1 | c |
//! | `x * c`, `c * x` | c | 0 |
//! | `x / c` | 1 / c | 0 |
//!
//! Images, that is maps of few channels, are left alone: they stay planar, where any broadcasting is one loop nest.

use super::Misses;
use super::channels;
use super::edit::Editor;
use crate::ir::graph::{Graph, ValueId};
use crate::ops::{Binary, BinaryKind, IMAGE_CHANNELS, Op};

/// Rewrites every such node.
pub(super) fn run(graph: &mut Graph, _: &mut Misses) -> usize {
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let Some(node) = edit.node(index) else { continue };
        let (&Op::Binary(Binary { kind, act }), &[a, b]) = (&node.op, node.inputs.as_slice()) else {
            continue;
        };
        let swapped = edit.graph.is_const(a);
        let (x, constant) = if swapped { (b, a) } else { (a, b) };
        let shape = edit.graph.shape(node.output).to_vec();
        let is_map = matches!(*shape, [_, channels, _, _] if channels > IMAGE_CHANNELS);
        // Asked first: what is made for a constant stays in the graph.
        let in_table = match kind {
            BinaryKind::Add | BinaryKind::Sub | BinaryKind::Mul => true,
            BinaryKind::Div => !swapped,
            _ => false,
        };
        if !in_table || !is_map || edit.graph.is_const(x) || edit.graph.shape(x) != shape {
            continue;
        }
        let Some(vector) = channels::vector(&mut edit, constant, &shape, 1) else { continue };
        let Some([scale, shift]) = scale_and_shift(&mut edit, kind, swapped, vector) else { continue };
        edit.set(index, Op::Affine { act }, vec![x, scale, shift]);
        rewrites += 1;
    }
    rewrites
}

/// The row of the table; `None` when there is none. `swapped` means that the constant is on the left.
fn scale_and_shift(edit: &mut Editor, kind: BinaryKind, swapped: bool, c: ValueId) -> Option<[ValueId; 2]> {
    let ty = edit.graph.value(c).ty.clone();
    Some(match kind {
        BinaryKind::Add => [edit.add_fill(c, "scale", 1.0), c],
        BinaryKind::Sub if swapped => [edit.add_fill(c, "scale", -1.0), c],
        BinaryKind::Sub => {
            let scale = edit.add_fill(c, "scale", 1.0);
            let zero = edit.add_fill(c, "zero", 0.0);
            [scale, edit.add_binary(c, "shift", ty, BinaryKind::Sub, [zero, c])]
        }
        BinaryKind::Mul => [c, edit.add_fill(c, "shift", 0.0)],
        BinaryKind::Div => {
            let one = edit.add_fill(c, "one", 1.0);
            let scale = edit.add_binary(c, "scale", ty, BinaryKind::Div, [one, c]);
            [scale, edit.add_fill(c, "shift", 0.0)]
        }
        _ => return None,
    })
}
