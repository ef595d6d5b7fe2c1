//! Folds a scale and shift into the convolution, or the scale and shift, before it.
//!
//! ```text
//! %y = conv(%x, %w, %b) +bias               ->    %z = conv(%x, %w * %s, %b * %s + %t) +bias
//! %z = affine(%y, %s, %t)
//!
//! %y = affine(%x, %p, %q)                   ->    %z = affine(%x, %p * %s, %q * %s + %t)
//! %z = affine(%y, %s, %t)
//! ```
//!
//! The products are recipes. This is what a normalisation becomes that the exporter wrote as a product and a sum.

use super::Misses;
use super::channels::Linear;
use super::edit::Editor;
use crate::base::epilogue::{Act, Epilogue};
use crate::base::tensor::TensorType;
use crate::ir::graph::{Graph, Node, Recipe, ValueId};
use crate::ops::{BinaryKind, Conv, Op};

/// Walks forwards, so that chains fold into their first node.
pub(super) fn run(graph: &mut Graph, _: &mut Misses) -> usize {
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let Some(node) = edit.node(index) else { continue };
        let (&Op::Affine { act }, &[y, scale, shift]) = (&node.op, node.inputs.as_slice()) else { continue };
        if ![scale, shift].iter().all(|&id| edit.graph.is_const(id)) {
            continue;
        }
        if let Some((first, op, inputs)) = into_affine(&mut edit, y, [scale, shift], act)
            .or_else(|| into_conv(&mut edit, y, [scale, shift], act))
        {
            edit.join(first, index, first, op, inputs);
            rewrites += 1;
        }
    }
    rewrites
}

type Fused = (usize, Op, Vec<ValueId>);

fn into_affine(edit: &mut Editor, y: ValueId, [scale, shift]: [ValueId; 2], act: Act) -> Option<Fused> {
    let first = edit.sole_producer(y).ok()?;
    let Node { op: Op::Affine { act: Act::None }, inputs, .. } = edit.node(first)? else { return None };
    let &[x, p, q] = inputs.as_slice() else { return None };
    if ![p, q].iter().all(|&id| edit.graph.is_const(id)) {
        return None;
    }
    let ty = edit.graph.value(p).ty.clone();
    let product = edit.add_binary(p, "scaled", ty, BinaryKind::Mul, [p, scale]);
    let sum = scale_and_add(edit, Some(q), scale, shift);
    Some((first, Op::Affine { act }, vec![x, product, sum]))
}

fn into_conv(edit: &mut Editor, y: ValueId, [scale, shift]: [ValueId; 2], act: Act) -> Option<Fused> {
    let linear = Linear::before(edit, y).ok()?;
    let Op::Conv(conv) = linear.with_bias() else { return None };
    let [x, w] = linear.operands;
    let ty = edit.graph.value(w).ty.clone();
    // One factor per output channel, which is the first axis of the weights.
    let outer = TensorType { dtype: ty.dtype, shape: vec![ty.shape.first().copied()?, 1, 1, 1] };
    let factor = edit.add_recipe(scale, "o", outer, Recipe::Op(Box::new(Op::Reshape)), &[scale]);
    let weights = edit.add_binary(w, "scaled", ty, BinaryKind::Mul, [w, factor]);
    let bias = scale_and_add(edit, linear.bias, scale, shift);
    let op = Op::Conv(Conv { epilogue: Epilogue { act, ..conv.epilogue }, ..conv });
    Some((linear.index, op, vec![x, weights, bias]))
}

/// `vector * scale + shift`, where no vector is zero.
fn scale_and_add(edit: &mut Editor, vector: Option<ValueId>, scale: ValueId, shift: ValueId) -> ValueId {
    let Some(vector) = vector else { return shift };
    let ty = edit.graph.value(shift).ty.clone();
    let scaled = edit.add_binary(vector, "scaled", ty.clone(), BinaryKind::Mul, [vector, scale]);
    edit.add_binary(shift, "sum", ty, BinaryKind::Add, [scaled, shift])
}
