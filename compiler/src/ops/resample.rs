//! Weighted sums of neighbours along one axis: what linear and cubic resizing are.

use super::Resample;
use super::check::{self, MISSING};
use crate::base::tensor::{Elements, Tensor, TensorType};

pub(super) fn infer(op: &Resample, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let &[x, weights] = inputs else { return Err(MISSING.to_owned()) };
    let dtype = check::float(inputs)?;
    let [rows, taps] = check::rank2("its weights", weights)?;
    let extent = *x.shape.get(op.axis).ok_or_else(|| format!("it has no axis {}", op.axis))?;
    if rows != op.first.len() {
        return Err(format!("it has {rows} rows of weights for {} elements", op.first.len()));
    }
    let end = op.first.max().map_or(Some(0), |max| max.checked_add(taps));
    if end.is_none_or(|end| end > extent) {
        return Err(format!(
            "{taps} weights from element {:?} on leave the {extent} of its axis",
            op.first.max()
        ));
    }
    let mut shape = x.shape.clone();
    shape[op.axis] = rows;
    check::tensor_type(dtype, shape)
}

pub(super) fn eval(op: &Resample, inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let &[x, weights] = inputs else { return Err(MISSING.to_owned()) };
    let [rows, taps] = check::rank2("its weights", &weights.ty)?;
    let (x_shape, x, weights) = (&x.ty.shape, check::floats(x)?, check::floats(weights)?);
    let extent = x_shape[op.axis];
    let inner: usize = x_shape[op.axis + 1..].iter().product();
    let outer: usize = x_shape[..op.axis].iter().product();
    let first: Vec<usize> = op.first.iter().collect();
    let mut y = Vec::with_capacity(output.elements());
    for o in 0..outer {
        for row in 0..rows {
            for i in 0..inner {
                let at = |tap: usize| x[(o * extent + first[row] + tap) * inner + i];
                y.push((0..taps).map(|tap| weights[row * taps + tap] * at(tap)).sum());
            }
        }
    }
    Ok(Elements::Float(y))
}
