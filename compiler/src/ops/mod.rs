//! The operators of the graph: a small closed set that import maps ONNX onto.
//!
//! Shapes are static, so ONNX operators that differ only in how they say a shape (Flatten, Squeeze, Reshape ..)
//! are one operator here.

use crate::base::epilogue::{Act, Epilogue};
use crate::base::real::Real;
use crate::base::tensor::DType;

/// What a node computes. Operand order is given with each variant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// 2-d convolution (ONNX Conv): `x [N,C,H,W]`, `w [M,C/groups,kh,kw]`, then `bias [M]` and `residual` (shape of the
    /// output) as the epilogue says.
    Conv(Conv),
    /// Matrix product (ONNX Gemm, MatMul): `a`, `b`, then `bias [N]` as the epilogue says. 2-d operands.
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
    /// Softmax along one axis: `x`.
    Softmax {
        /// Axis, counted from 0.
        axis: usize,
    },
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

/// Kinds of elementwise operations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum BinaryKind {
    Add,
    Sub,
    Mul,
    Div,
}
