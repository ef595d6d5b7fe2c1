//! The operators of the graph: a small closed set that import maps ONNX onto.
//!
//! Shapes are static, so ONNX operators that differ only in how they say a shape (Flatten, Squeeze, Reshape ..)
//! are one operator here. This file has the enum and its few exhaustive matches; each family has a file with what
//! its operators demand of their operands (`infer`) and what they mean (`eval`, naive and in f64).

mod at_run_time;
mod check;
mod conv;
mod elementwise;
mod facts;
pub mod index;
mod matmul;
mod movement;
mod norm;
mod pad;
mod pool;
mod reduce;
mod resample;
mod shape;
mod softmax;
#[cfg(test)]
mod tests;
mod window;
mod work;

use crate::base::epilogue::{Act, Epilogue};
use crate::base::real::Real;
use crate::base::tensor::{DType, Tensor, TensorType};

pub use crate::base::binary::BinaryKind;
pub use crate::base::reduce::{Along, Lrn, ReduceKind};
pub use at_run_time::{at_run_time, held};
pub use conv::IMAGE_CHANNELS;
use index::Index;
pub use pad::{Pad, PadMode};
pub use work::work;

/// What a node computes. Operand order is given with each variant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// 2-d convolution (ONNX Conv): `x [N,C,H,W]`, `w [M,C/groups,kh,kw]`, then `bias [M]` and `residual` (shape of the
    /// output) as the epilogue says.
    Conv(Conv),
    /// Matrix product (ONNX Gemm, MatMul): `a`, `b`, then `bias [N]` as the epilogue says. 2-d operands,
    /// no residual.
    MatMul(MatMul),
    /// Max or average pooling over windows: `x [N,C,H,W]`.
    Pool(Pool),
    /// Mean over the spatial axes, kept as 1 (ONNX GlobalAveragePool): `x [N,C,H,W]`.
    GlobalAvgPool,
    /// Inference-mode normalisation: `x`, `scale`, `bias`, `mean`, `var`, each `[C]`.
    BatchNorm {
        /// epsilon.
        eps: Real,
    },
    /// `act(x * scale[c] + shift[c])`: `x [N,C,..]`, `scale [C]`, `shift [C]`.
    Affine {
        /// Activation of the result.
        act: Act,
    },
    /// An activation alone: `x`.
    Act(Act),
    /// Elementwise with numpy broadcasting: `a`, `b`.
    Binary(Binary),
    /// `condition ? a : b`, elementwise with numpy broadcasting (ONNX Where): `condition` (bool), `a`, `b`.
    Select,
    /// Softmax along one axis: `x`.
    Softmax {
        /// Axis, counted from 0.
        axis: usize,
    },
    /// The logarithm of a softmax: `x`.
    LogSoftmax {
        /// Axis, counted from 0.
        axis: usize,
    },
    /// Elements along some axes become one; the axes stay, with an extent of 1: `x`.
    Reduce(Reduce),
    /// What the order of the elements along an axis decides (ArgMax, TopK, CumSum): `x`.
    Along {
        /// What.
        along: Along,
        /// Axis, counted from 0.
        axis: usize,
    },
    /// Division by a power of the squares of neighbouring channels: `x [N,C,H,W]`.
    Lrn(Lrn),
    /// More elements before and after each axis: `x`.
    Pad(Pad),
    /// One behind the other along an axis, counted from 0: any number of operands of one shape but for that axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// Some elements, by their numbers along each axis (Slice, Gather, Tile, nearest Resize ..): `x`.
    Take(Take),
    /// Axes in another order; axis `i` of the result is axis `perm[i]`: `x`.
    Transpose {
        /// Every axis once.
        perm: Vec<usize>,
    },
    /// Reshape, Transpose and Reshape in one (DepthToSpace, channel shuffles): `x`. The shape of the result is that of
    /// the output.
    Rearrange(Rearrange),
    /// Weighted sums of neighbours along one axis (linear and cubic Resize): `x`, `weights [extent of the result, taps]`.
    Resample(Resample),
    /// Same elements, another shape, which is that of the output: `x`.
    Reshape,
    /// Conversion of the element type: `x`.
    Cast {
        /// The result's type.
        to: DType,
    },
    /// The same tensor in the layout of the output value: `x`. Made by the layout pass.
    Reorder,
    /// Same value: `x` (Identity, Dropout at inference).
    Identity,
}

/// Attributes of a convolution.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Conv {
    /// Window and its walk over the input.
    pub window: Window,
    /// Groups; divides both channel counts.
    pub groups: usize,
    /// What follows in registers.
    pub epilogue: Epilogue,
}

/// A 2-d window: (height, width) pairs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// Extents of the kernel.
    pub kernel: [usize; 2],
    /// Steps.
    pub stride: [usize; 2],
    /// Distance between taps.
    pub dilation: [usize; 2],
    /// Padding before: top, left.
    pub pad_before: [usize; 2],
    /// Padding after: bottom, right. With ceil_mode it may be more than ONNX's attribute says.
    pub pad_after: [usize; 2],
}

/// Attributes of a matrix product: `act(alpha * op(a) . op(b) + bias)`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MatMul {
    /// `a` is stored `[K,M]`.
    pub trans_a: bool,
    /// `b` is stored `[N,K]`.
    pub trans_b: bool,
    /// Factor of the product.
    pub alpha: Real,
    /// What follows in registers.
    pub epilogue: Epilogue,
}

/// Attributes of a pool.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pool {
    /// Max or average.
    pub kind: PoolKind,
    /// Window; its `pad_after` includes what ceil_mode brings in.
    pub window: Window,
    /// Padding after (bottom, right) as the attribute says: what `include_pad` counts.
    pub counted_after: [usize; 2],
}

/// Kinds of pooling.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PoolKind {
    /// Largest element; padding counts as minus infinity.
    Max,
    /// Sum of the elements.
    Sum,
    /// Mean of the elements.
    Average {
        /// Padding of the attribute counts as elements that are zero (ONNX count_include_pad); positions beyond it,
        /// which ceil_mode brings in, never count.
        include_pad: bool,
    },
}

/// Attributes of an elementwise operation on two operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Binary {
    /// Which.
    pub kind: BinaryKind,
    /// Activation of the result.
    pub act: Act,
}

/// Attributes of a reduction.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reduce {
    /// Which.
    pub kind: ReduceKind,
    /// Axes in order, counted from 0.
    pub axes: Vec<usize>,
    /// Activation of the result.
    pub act: Act,
}

/// Attributes of a [`Op::Take`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Take {
    /// For some of the axes, by their number: which elements. All others are taken whole.
    pub axes: Vec<(usize, Index)>,
}

/// Attributes of a [`Op::Rearrange`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Rearrange {
    /// The shape before the axes change places.
    pub split: Vec<usize>,
    /// As for a transpose of that shape.
    pub perm: Vec<usize>,
}

/// Attributes of a [`Op::Resample`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Resample {
    /// The axis.
    pub axis: usize,
    /// For each element of the result along the axis, the first element that is summed.
    pub first: Index,
}

/// The type of the result of `op` on operands of these types.
///
/// [`Op::Reshape`] and [`Op::Rearrange`] take the type of their result as given: use [`check_output`] for them.
///
/// # Errors
/// The reason, in words, why the operator cannot have these operands. Arithmetic on extents is checked.
pub fn infer(op: &Op, inputs: &[&TensorType]) -> Result<TensorType, String> {
    check::arity(op, inputs.len())?;
    match op {
        Op::Conv(conv) => conv::infer(conv, inputs),
        Op::MatMul(matmul) => matmul::infer(matmul, inputs),
        Op::Pool(pool) => pool::infer(pool, inputs),
        Op::GlobalAvgPool => pool::infer_global(inputs),
        Op::BatchNorm { .. } | Op::Affine { .. } => norm::infer(inputs),
        Op::Act(act) => elementwise::infer_act(*act, inputs),
        Op::Binary(binary) => elementwise::infer_binary(*binary, inputs),
        Op::Select => elementwise::infer_select(inputs),
        Op::Softmax { axis } | Op::LogSoftmax { axis } => softmax::infer(*axis, inputs),
        Op::Reduce(reduce) => reduce::infer(reduce, inputs),
        Op::Along { along, axis } => reduce::infer_along(*along, *axis, inputs),
        Op::Lrn(_) => norm::infer_lrn(inputs),
        Op::Pad(pad) => pad::infer(pad, inputs),
        Op::Concat { axis } => movement::infer_concat(*axis, inputs),
        Op::Take(take) => movement::infer_take(take, inputs),
        Op::Transpose { perm } => movement::infer_transpose(perm, inputs),
        Op::Resample(resample) => resample::infer(resample, inputs),
        Op::Reshape | Op::Rearrange(_) => Err("the shape of its result is given, not inferred".to_owned()),
        Op::Cast { to } => shape::infer_cast(*to, inputs),
        Op::Reorder | Op::Identity => shape::infer_same(inputs),
    }
}

/// Checks that `op` on operands of these types can have a result of type `output`.
///
/// # Errors
/// The reason, in words.
pub fn check_output(op: &Op, inputs: &[&TensorType], output: &TensorType) -> Result<(), String> {
    check::arity(op, inputs.len())?;
    match op {
        Op::Reshape => return shape::check_reshape(inputs, output),
        Op::Rearrange(how) => return movement::check_rearrange(how, inputs, output),
        _ => {}
    }
    let inferred = infer(op, inputs)?;
    if inferred == *output { Ok(()) } else { Err(format!("its result is {inferred}, not {output}")) }
}

/// Runs `op` naively: the meaning of every operator. Floats are computed in f64 whatever their type, only a cast
/// rounds; integers are exact. A NaN operand of a maximum or minimum gives NaN.
///
/// # Errors
/// The reason, in words: operands that do not fit the operator or their own type, an integer overflow, an integer
/// division by zero.
pub fn eval(op: &Op, inputs: &[&Tensor], output: &TensorType) -> Result<Tensor, String> {
    let types: Vec<&TensorType> = inputs.iter().map(|tensor| &tensor.ty).collect();
    check_output(op, &types, output)?;
    inputs.iter().try_for_each(|tensor| check::elements(tensor))?;
    let elements = match op {
        Op::Conv(conv) => conv::eval(conv, inputs, output)?,
        Op::MatMul(matmul) => matmul::eval(matmul, inputs, output)?,
        Op::Pool(pool) => pool::eval(pool, inputs, output)?,
        Op::GlobalAvgPool => pool::eval_global(inputs)?,
        Op::BatchNorm { eps } => norm::eval_batch_norm(*eps, inputs)?,
        Op::Affine { act } => norm::eval_affine(*act, inputs)?,
        Op::Act(act) => elementwise::eval_act(*act, inputs)?,
        Op::Binary(binary) => elementwise::eval_binary(*binary, inputs, output)?,
        Op::Select => elementwise::eval_select(inputs, output)?,
        Op::Softmax { axis } => softmax::eval(*axis, inputs)?,
        Op::LogSoftmax { axis } => softmax::eval_log(*axis, inputs)?,
        Op::Reduce(reduce) => reduce::eval(reduce, inputs, output)?,
        Op::Along { along, axis } => reduce::eval_along(*along, *axis, inputs, output)?,
        Op::Lrn(lrn) => norm::eval_lrn(lrn, inputs)?,
        Op::Pad(pad) => pad::eval(pad, inputs, output)?,
        Op::Concat { axis } => movement::eval_concat(*axis, inputs, output)?,
        Op::Take(take) => movement::eval_take(take, inputs)?,
        Op::Transpose { perm } => movement::eval_transpose(perm, inputs)?,
        Op::Rearrange(how) => movement::eval_rearrange(how, inputs)?,
        Op::Resample(resample) => resample::eval(resample, inputs, output)?,
        Op::Cast { to } => shape::eval_cast(*to, inputs)?,
        Op::Reshape | Op::Reorder | Op::Identity => shape::eval_same(inputs)?,
    };
    Ok(Tensor { ty: output.clone(), elements })
}
