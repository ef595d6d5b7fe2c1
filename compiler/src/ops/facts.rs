//! What is known of an operator by its kind: name, number of operands, whether it computes.

use super::{Binary, Conv, MatMul, Op, Pool, PoolKind};

impl Op {
    /// Short lower-case name, as graph text and reports print it.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Conv(_) => "conv",
            Op::MatMul(_) => "matmul",
            Op::Pool(Pool { kind: PoolKind::Max, .. }) => "max_pool",
            Op::Pool(Pool { kind: PoolKind::Sum, .. }) => "sum_pool",
            Op::Pool(Pool { kind: PoolKind::Average { .. }, .. }) => "avg_pool",
            Op::GlobalAvgPool => "global_avg_pool",
            Op::BatchNorm { .. } => "batch_norm",
            Op::Affine { .. } => "affine",
            Op::Act(act) => act.name(),
            Op::Binary(Binary { kind, .. }) => kind.name(),
            Op::Select => "select",
            Op::Softmax { .. } => "softmax",
            Op::LogSoftmax { .. } => "log_softmax",
            Op::Reduce(reduce) => reduce.kind.name(),
            Op::Along { along, .. } => along.name(),
            Op::Lrn(_) => "lrn",
            Op::Pad(_) => "pad",
            Op::Concat { .. } => "concat",
            Op::Take(_) => "take",
            Op::Transpose { .. } => "transpose",
            Op::Rearrange(_) => "rearrange",
            Op::Resample(_) => "resample",
            Op::Reshape => "reshape",
            Op::Cast { .. } => "cast",
            Op::Reorder => "reorder",
            Op::Identity => "identity",
        }
    }

    /// True where each element of the result is one of an operand: put elsewhere, chosen, or of another type.
    pub const fn moves(&self) -> bool {
        match self {
            Op::Select
            | Op::Pad(_)
            | Op::Concat { .. }
            | Op::Take(_)
            | Op::Transpose { .. }
            | Op::Rearrange(_)
            | Op::Reshape
            | Op::Cast { .. }
            | Op::Reorder
            | Op::Identity => true,
            Op::Conv(_)
            | Op::MatMul(_)
            | Op::Pool(_)
            | Op::GlobalAvgPool
            | Op::BatchNorm { .. }
            | Op::Affine { .. }
            | Op::Act(_)
            | Op::Binary(_)
            | Op::Softmax { .. }
            | Op::LogSoftmax { .. }
            | Op::Reduce(_)
            | Op::Along { .. }
            | Op::Lrn(_)
            | Op::Resample(_) => false,
        }
    }

    /// How many operands a node of this operator has; of [`Op::Concat`], at least.
    pub const fn arity(&self) -> usize {
        match self {
            Op::Conv(Conv { epilogue, .. }) | Op::MatMul(MatMul { epilogue, .. }) => {
                2 + epilogue.bias as usize + epilogue.residual as usize
            }
            Op::BatchNorm { .. } => 5,
            Op::Affine { .. } | Op::Select => 3,
            Op::Binary(_) | Op::Resample(_) => 2,
            _ => 1,
        }
    }
}
