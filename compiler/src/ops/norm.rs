//! Per-channel scale and shift: BatchNormalization at inference, and what it becomes.

use super::check::{self, MISSING};
use crate::base::epilogue::Act;
use crate::base::real::Real;
use crate::base::reduce::Lrn;
use crate::base::tensor::{Elements, Tensor, TensorType};

/// `x [N,C,..]` and parameters of shape `[C]`.
pub(super) fn infer(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x, parameters @ ..] = inputs else { return Err(MISSING.to_owned()) };
    check::float(inputs)?;
    let &[_, channels, ..] = x.shape.as_slice() else {
        return Err(format!("its input {x} has no axis of channels"));
    };
    parameters.iter().try_for_each(|parameter| check::shape("a parameter", parameter, &[channels]))?;
    Ok((*x).clone())
}

pub(super) fn eval_batch_norm(eps: Real, inputs: &[&Tensor]) -> Result<Elements, String> {
    let [x, scale, bias, mean, var] = inputs else { return Err(MISSING.to_owned()) };
    let (scale, bias) = (check::floats(scale)?, check::floats(bias)?);
    let (mean, var) = (check::floats(mean)?, check::floats(var)?);
    let eps = f64::from(eps.get());
    per_channel(x, |x, c| (x - mean[c]) / (var[c] + eps).sqrt() * scale[c] + bias[c])
}

pub(super) fn eval_affine(act: Act, inputs: &[&Tensor]) -> Result<Elements, String> {
    let [x, scale, shift] = inputs else { return Err(MISSING.to_owned()) };
    let (scale, shift) = (check::floats(scale)?, check::floats(shift)?);
    per_channel(x, |x, c| act.eval(x * scale[c] + shift[c]))
}

/// Maps `f(element, channel)` over `x [N,C,..]`.
fn per_channel(x: &Tensor, f: impl Fn(f64, usize) -> f64) -> Result<Elements, String> {
    let &[_, channels, ref plane @ ..] = x.ty.shape.as_slice() else { return Err(MISSING.to_owned()) };
    let plane: usize = plane.iter().product();
    let elements = check::floats(x)?.iter().enumerate();
    Ok(Elements::Float(elements.map(|(i, &x)| f(x, i / plane % channels)).collect()))
}

pub(super) fn infer_lrn(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    check::float(inputs)?;
    check::rank4("the input", x)?;
    Ok((*x).clone())
}

pub(super) fn eval_lrn(lrn: &Lrn, inputs: &[&Tensor]) -> Result<Elements, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let [_, channels, h, w] = check::rank4("the input", &x.ty)?;
    let (plane, elements) = (h * w, check::floats(x)?);
    let [alpha, beta, bias] = [lrn.alpha, lrn.beta, lrn.bias].map(|number| f64::from(number.get()));
    let before = lrn.size.saturating_sub(1) / 2;
    let value = |(i, x): (usize, &f64)| {
        let channel = i / plane % channels;
        // Counted from `before` channels ahead of the first, the window starts at `channel`.
        let window =
            (channel..channel + lrn.size).filter_map(|c| c.checked_sub(before)).filter(|&c| c < channels);
        let at = |c: usize| elements[i - channel * plane + c * plane];
        let sum: f64 = window.map(|c| at(c) * at(c)).sum();
        x / (bias + alpha / lrn.size as f64 * sum).powf(beta)
    };
    Ok(Elements::Float(elements.iter().enumerate().map(value).collect()))
}
