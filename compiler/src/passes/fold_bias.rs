//! Makes the addition of one constant per output channel the bias of the convolution or matrix product before it.
//!
//! ```text
//! con %c: f32[16x1x1]                             con %c@c: f32[16] = reshape(%c)
//! %y = conv(%x, %w)                         ->    %z = conv(%x, %w, %c@c) +bias
//! %z = add(%y, %c)
//! ```
//!
//! A bias that is there already is added to; a subtraction counts as well.

use super::Misses;
use super::channels::{self, Linear};
use super::edit::Editor;
use crate::base::epilogue::Act;
use crate::base::tensor::TensorType;
use crate::ir::graph::{Graph, ValueId};
use crate::ops::{Binary, BinaryKind, Op};

/// Walks forwards, so that several additions add up.
pub(super) fn run(graph: &mut Graph, misses: &mut Misses) -> usize {
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let Some(node) = edit.node(index) else { continue };
        let (&Op::Binary(Binary { kind, act: Act::None }), &[a, b]) = (&node.op, node.inputs.as_slice())
        else {
            continue;
        };
        let (y, constant) = match kind {
            BinaryKind::Add if edit.graph.is_const(a) => (b, a),
            BinaryKind::Add | BinaryKind::Sub if edit.graph.is_const(b) => (a, b),
            _ => continue,
        };
        let ty = edit.graph.value(node.output).ty.clone();
        if edit.graph.value(y).ty != ty {
            continue;
        }
        let linear = match Linear::before(&edit, y) {
            Ok(linear) => linear,
            Err(reason) => {
                misses.push(&node, reason);
                continue;
            }
        };
        let Some(vector) = channels::vector(&mut edit, constant, &ty.shape, Linear::CHANNELS) else {
            misses.push(&node, "its constant is not one number per output channel");
            continue;
        };
        let bias = sum(&mut edit, linear.bias, kind, vector);
        let inputs = linear.operands.into_iter().chain([bias]).collect();
        edit.join(linear.index, index, linear.index, linear.with_bias(), inputs);
        rewrites += 1;
    }
    rewrites
}

/// `bias + vector` or `bias - vector`, where no bias is zero.
fn sum(edit: &mut Editor, bias: Option<ValueId>, kind: BinaryKind, vector: ValueId) -> ValueId {
    let bias = match (bias, kind) {
        (None, BinaryKind::Add) => return vector,
        (None, _) => edit.add_fill(vector, "zero", 0.0),
        (Some(bias), _) => bias,
    };
    let ty: TensorType = edit.graph.value(vector).ty.clone();
    edit.add_binary(vector, "bias", ty, kind, [bias, vector])
}
