//! What it costs to run an operator naively: an upper bound on operations, for a limit to what is computed when compiling.

use super::Op;
use crate::base::tensor::TensorType;

/// About how many elements [`super::eval`] looks at for a result of type `output`, never fewer by more than a small factor.
pub fn work(op: &Op, inputs: &[&TensorType], output: &TensorType) -> u64 {
    let all = |shape: &[usize]| shape.iter().fold(1u64, |all, &extent| all.saturating_mul(extent as u64));
    let read = inputs.iter().fold(0u64, |sum, ty| sum.saturating_add(all(&ty.shape)));
    let written = all(&output.shape);
    let each = match (op, inputs) {
        (Op::Conv(_), [_, weights, ..]) => all(weights.shape.get(1..).unwrap_or_default()),
        (Op::MatMul(matmul), [a, ..]) => {
            let inner = a.shape.get(if matmul.trans_a { 0 } else { 1 });
            inner.map_or(1, |&inner| inner as u64)
        }
        (Op::Pool(pool), _) => all(&pool.window.kernel),
        (Op::Lrn(lrn), _) => lrn.size as u64,
        // Each element of the result sorts its whole line.
        (Op::Along { axis, .. }, [x, ..]) => x.shape.get(*axis).map_or(1, |&extent| 16 * extent as u64),
        (Op::Resample(_), [_, weights]) => weights.shape.last().map_or(1, |&taps| taps as u64),
        _ => 1,
    };
    written.saturating_mul(each.max(1)).saturating_add(read)
}
