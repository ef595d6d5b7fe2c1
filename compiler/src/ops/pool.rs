//! Max, sum and average pooling over windows, and the mean over whole planes.

use super::check::{self, MISSING};
use super::{Pool, PoolKind, Window};
use crate::base::tensor::{Elements, Tensor, TensorType};

pub(super) fn infer(pool: &Pool, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let dtype = check::float(inputs)?;
    let [n, c, h, w] = check::rank4("the input", x)?;
    let output = pool.window.output_extent([h, w])?;
    for (axis, input) in [h, w].into_iter().enumerate() {
        if pool.counted_after[axis] > pool.window.pad_after[axis] {
            return Err("it counts more padding than it has".to_owned());
        }
        // A sum of nothing is zero; a maximum or mean is not defined.
        let zero = matches!(pool.kind, PoolKind::Sum | PoolKind::Average { include_pad: true });
        if !zero && pool.window.misses_input(axis, input, output[axis]) {
            return Err("one of its windows lies entirely in the padding".to_owned());
        }
    }
    check::tensor_type(dtype, vec![n, c, output[0], output[1]])
}

pub(super) fn infer_global(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let dtype = check::float(inputs)?;
    let [n, c, h, w] = check::rank4("the input", x)?;
    if h == 0 || w == 0 {
        return Err(format!("its input of {h}x{w} positions has no mean"));
    }
    check::tensor_type(dtype, vec![n, c, 1, 1])
}

pub(super) fn eval(pool: &Pool, inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let [_, _, ih, iw] = check::rank4("the input", &x.ty)?;
    let [n, c, oh, ow] = check::rank4("the output", output)?;
    let x = check::floats(x)?;
    let start = match pool.kind {
        PoolKind::Max => f64::NEG_INFINITY,
        PoolKind::Sum | PoolKind::Average { .. } => 0.0,
    };
    let mut result = vec![start; n * c * oh * ow];
    for plane in 0..n * c {
        let from = &x[plane * ih * iw..][..ih * iw];
        let to = &mut result[plane * oh * ow..][..oh * ow];
        for_each_tap(&pool.window, [ih, iw], [oh, ow], |i, o| {
            to[o] = match pool.kind {
                PoolKind::Max if from[i] > to[o] || from[i].is_nan() => from[i],
                PoolKind::Max => to[o],
                PoolKind::Sum | PoolKind::Average { .. } => to[o] + from[i],
            }
        });
    }
    if let PoolKind::Average { include_pad } = pool.kind {
        let rows = counts(pool, 0, ih, oh, include_pad);
        let columns = counts(pool, 1, iw, ow, include_pad);
        for (i, sum) in result.iter_mut().enumerate() {
            *sum /= rows[i / ow % oh] * columns[i % ow];
        }
    }
    Ok(Elements::Float(result))
}

/// Calls `visit(input offset, output offset)` within a plane for every tap that is inside the input.
fn for_each_tap(
    window: &Window,
    [ih, iw]: [usize; 2],
    [oh, ow]: [usize; 2],
    mut visit: impl FnMut(usize, usize),
) {
    for ky in 0..window.kernel[0] {
        for kx in 0..window.kernel[1] {
            for oy in window.reached(0, ky, ih, oh) {
                let iy = oy * window.stride[0] + ky * window.dilation[0] - window.pad_before[0];
                for ox in window.reached(1, kx, iw, ow) {
                    let ix = ox * window.stride[1] + kx * window.dilation[1] - window.pad_before[1];
                    visit(iy * iw + ix, oy * ow + ox);
                }
            }
        }
    }
}

/// For each output position along an axis, how many taps the mean counts.
fn counts(pool: &Pool, axis: usize, input: usize, output: usize, include_pad: bool) -> Vec<f64> {
    // Counting padding is counting the elements of a larger input without padding.
    let mut window = pool.window;
    let mut counted = input;
    if include_pad {
        counted += window.pad_before[axis] + pool.counted_after[axis];
        window.pad_before[axis] = 0;
    }
    let mut counts = vec![0.0; output];
    for tap in 0..window.kernel[axis] {
        counts[window.reached(axis, tap, counted, output)].iter_mut().for_each(|count| *count += 1.0);
    }
    counts
}

pub(super) fn eval_global(inputs: &[&Tensor]) -> Result<Elements, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let [_, _, h, w] = check::rank4("the input", &x.ty)?;
    let means = check::floats(x)?.chunks(h * w).map(|plane| plane.iter().sum::<f64>() / (h * w) as f64);
    Ok(Elements::Float(means.collect()))
}
