//! Softmax along one axis, and its logarithm.

use super::check::{self, MISSING};
use crate::base::tensor::{Elements, Tensor, TensorType};

pub(super) fn infer(axis: usize, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    check::float(inputs)?;
    if axis >= x.shape.len() {
        return Err(format!("its axis is {axis}, its input has {} axes", x.shape.len()));
    }
    Ok((*x).clone())
}

pub(super) fn eval(axis: usize, inputs: &[&Tensor]) -> Result<Elements, String> {
    by_line(axis, inputs, |x, max, sum| (x - max).exp() / sum)
}

pub(super) fn eval_log(axis: usize, inputs: &[&Tensor]) -> Result<Elements, String> {
    by_line(axis, inputs, |x, max, sum| x - max - sum.ln())
}

/// `f(x, max, sum)` of each element, with the maximum of its line and the sum of e^(x - max).
fn by_line(axis: usize, inputs: &[&Tensor], f: impl Fn(f64, f64, f64) -> f64) -> Result<Elements, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let shape = &x.ty.shape;
    let extent = shape[axis];
    let step: usize = shape[axis + 1..].iter().product();
    let mut result = check::floats(x)?.to_vec();
    if result.is_empty() {
        return Ok(Elements::Float(result));
    }
    for slab in result.chunks_mut(extent * step) {
        for first in 0..step {
            // Subtracting the maximum keeps the exponentials in range and cancels out.
            let line = (0..extent).map(|i| first + i * step);
            let max = line.clone().map(|i| slab[i]).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = line.clone().map(|i| (slab[i] - max).exp()).sum();
            line.for_each(|i| slab[i] = f(slab[i], max, sum));
        }
    }
    Ok(Elements::Float(result))
}
