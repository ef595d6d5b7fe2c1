//! Constants that are one number per channel, however broadcasting spells them.

use super::edit::Editor;
use crate::base::epilogue::{Act, Epilogue};
use crate::base::real::Real;
use crate::base::tensor::TensorType;
use crate::ir::graph::{Node, Recipe, ValueId};
use crate::ops::{BinaryKind, Conv, MatMul, Op};

/// The constant as a vector `[C]`, when broadcasting it over a tensor of shape `target` gives each index of the axis
/// `axis` one number: `[C,1,1]`, `[1,C,1,1]`, `[1]`, `[]` for `[N,C,H,W]` and axis 1.
pub(super) fn vector(edit: &mut Editor, constant: ValueId, target: &[usize], axis: usize) -> Option<ValueId> {
    let &channels = target.get(axis)?;
    let ty = &edit.graph.value(constant).ty;
    let (dtype, elements, shape) = (ty.dtype, ty.elements(), ty.shape.clone());
    let first_axis = target.len().checked_sub(shape.len())?;
    let fits = |(i, &extent): (usize, &usize)| extent == 1 || (first_axis + i == axis && extent == channels);
    if !edit.graph.is_const(constant) || !shape.iter().enumerate().all(fits) {
        return None;
    }
    let reshape = |edit: &mut Editor, extent: usize| {
        if shape == [extent] {
            return constant;
        }
        let ty = TensorType { dtype, shape: vec![extent] };
        edit.add_recipe(constant, "c", ty, Recipe::Op(Box::new(Op::Reshape)), &[constant])
    };
    if elements == channels {
        return Some(reshape(edit, channels));
    }
    let single = reshape(edit, 1);
    let ty = TensorType { dtype, shape: vec![channels] };
    let zero = Recipe::Fill { value: Real::new(0.0) };
    let zeros = edit.add_recipe(constant, "zero", ty.clone(), zero, &[]);
    Some(edit.add_binary(constant, "c", ty, BinaryKind::Add, [zeros, single]))
}

/// A convolution or matrix product whose constants may still change: it ends in a sum of products and a bias.
pub(super) struct Linear {
    /// Where it is.
    pub index: usize,
    /// The node.
    pub node: Node,
    /// Input, weights.
    pub operands: [ValueId; 2],
    /// The constant bias.
    pub bias: Option<ValueId>,
}

impl Linear {
    /// The producer of `id`, when `id` is read once and the producer is linear with constant weights and bias.
    ///
    /// # Errors
    /// Why not.
    pub fn before(edit: &Editor, id: ValueId) -> Result<Linear, &'static str> {
        let index = edit.sole_producer(id)?;
        let node = edit.node(index).ok_or("no node computes what it reads")?;
        let (Op::Conv(Conv { epilogue, .. }) | Op::MatMul(MatMul { epilogue, .. })) = node.op else {
            return Err("it does not follow a convolution or matrix product");
        };
        if epilogue.residual || epilogue.act != Act::None {
            return Err("the node before it does more than a sum of products");
        }
        let &[x, w, ref bias @ ..] = node.inputs.as_slice() else {
            return Err("the node before it has no weights");
        };
        let bias = bias.first().copied();
        if edit.graph.shape(w).len() == 3 {
            return Err("the node before it multiplies a batch of matrices");
        }
        if !edit.graph.is_const(w) || bias.is_some_and(|bias| !edit.graph.is_const(bias)) {
            return Err("the node before it has weights that are computed at run time");
        }
        Ok(Linear { index, node, operands: [x, w], bias })
    }

    /// The axis of output channels in the result.
    pub const CHANNELS: usize = 1;

    /// The operator, with a bias.
    pub fn with_bias(&self) -> Op {
        let biased = |epilogue: Epilogue| Epilogue { bias: true, ..epilogue };
        match &self.node.op {
            Op::Conv(conv) => Op::Conv(Conv { epilogue: biased(conv.epilogue), ..*conv }),
            Op::MatMul(matmul) => Op::MatMul(MatMul { epilogue: biased(matmul.epilogue), ..*matmul }),
            other => other.clone(),
        }
    }
}
