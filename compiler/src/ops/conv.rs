//! 2-d convolution (ONNX Conv), with groups, dilation and an epilogue.

use super::check::{self, MISSING};
use super::{Conv, Window};
use crate::base::tensor::{Elements, Tensor, TensorType};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Multiply-adds below which threads cost more than they save.
const WORTH_A_THREAD: usize = 1 << 22;

/// A map of at most this many channels is an image: it stays planar where a convolution reads it, because a block of
/// 16 channels would be mostly padding.
pub const IMAGE_CHANNELS: usize = 4;

impl Conv {
    /// True when the convolution can read a planar map of `channels` channels; every other input is blocked.
    pub const fn reads_planar(&self, channels: usize) -> bool {
        self.groups == 1 && channels <= IMAGE_CHANNELS
    }
}

pub(super) fn infer(conv: &Conv, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x, w, extra @ ..] = inputs else { return Err(MISSING.to_owned()) };
    let dtype = check::float(inputs)?;
    let [n, c, ih, iw] = check::rank4("the input", x)?;
    let [m, c_group, kh, kw] = check::rank4("the weights", w)?;
    let groups = conv.groups;
    if groups == 0 || c % groups != 0 || m % groups != 0 {
        return Err(format!("its {groups} groups do not divide {c} input and {m} output channels"));
    }
    if c_group != c / groups {
        return Err(format!(
            "its weights take {c_group} input channels a group, the input has {}",
            c / groups
        ));
    }
    if [kh, kw] != conv.window.kernel {
        return Err(format!("its weights are {kh}x{kw}, its kernel is {:?}", conv.window.kernel));
    }
    let [oh, ow] = conv.window.output_extent([ih, iw])?;
    let output = check::tensor_type(dtype, vec![n, m, oh, ow])?;
    let mut extra = extra.iter();
    if conv.epilogue.bias {
        check::shape("the bias", extra.next().ok_or(MISSING)?, &[m])?;
    }
    if conv.epilogue.residual {
        check::shape("the residual", extra.next().ok_or(MISSING)?, &output.shape)?;
    }
    Ok(output)
}

pub(super) fn eval(conv: &Conv, inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let [x, w, extra @ ..] = inputs else { return Err(MISSING.to_owned()) };
    let [_, c, ih, iw] = check::rank4("the input", &x.ty)?;
    let [n, m, oh, ow] = check::rank4("the output", output)?;
    let problem = Problem {
        window: conv.window,
        channels: c / conv.groups,
        groups: conv.groups,
        outputs: m,
        input: [ih, iw],
        output: [oh, ow],
        x: check::floats(x)?,
        w: check::floats(w)?,
    };
    let plane = oh * ow;
    let mut sums = vec![0.0; n * m * plane];
    if !sums.is_empty() {
        let work = output.elements().saturating_mul(w.ty.elements() / m);
        let threads = if work < WORTH_A_THREAD { 1 } else { threads() };
        let planes = Mutex::new(sums.chunks_mut(plane).enumerate());
        let next = || planes.lock().unwrap_or_else(PoisonError::into_inner).next();
        let run = || {
            while let Some((number, sums)) = next() {
                problem.output_plane(number, sums);
            }
        };
        thread::scope(|scope| {
            // Where the system refuses a thread, the others do its part.
            let started = |_: &usize| thread::Builder::new().spawn_scoped(scope, run).is_ok();
            (1..threads).take_while(started).for_each(drop);
            run();
        });
    }
    check::finish(conv.epilogue, extra, &mut sums, |i| i / plane % m)?;
    Ok(Elements::Float(sums))
}

/// Threads for the evaluator; the result does not depend on them.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

struct Problem<'a> {
    window: Window,
    /// Input channels of one group.
    channels: usize,
    groups: usize,
    outputs: usize,
    input: [usize; 2],
    output: [usize; 2],
    x: &'a [f64],
    w: &'a [f64],
}

impl Problem<'_> {
    /// Sums the output plane number `index`, which is `image * outputs + channel`.
    fn output_plane(&self, index: usize, sums: &mut [f64]) {
        let (image, o) = (index / self.outputs, index % self.outputs);
        let group = o / (self.outputs / self.groups);
        let [kh, kw] = self.window.kernel;
        let input_plane = self.input[0] * self.input[1];
        let first = (image * self.groups + group) * self.channels;
        for ic in 0..self.channels {
            let plane = &self.x[(first + ic) * input_plane..][..input_plane];
            let weights = &self.w[(o * self.channels + ic) * kh * kw..][..kh * kw];
            for ky in 0..kh {
                for kx in 0..kw {
                    self.add_tap([ky, kx], weights[ky * kw + kx], plane, sums);
                }
            }
        }
    }

    /// `sums[oy][ox] += weight * plane[oy * stride + ky * dilation - pad][..]` wherever that is inside the plane.
    fn add_tap(&self, [ky, kx]: [usize; 2], weight: f64, plane: &[f64], sums: &mut [f64]) {
        let window = &self.window;
        let ([ih, iw], [oh, ow]) = (self.input, self.output);
        if window.kernel == [1, 1] && window.stride == [1, 1] && !window.is_padded() {
            return add_scaled(sums, plane, 1, weight); // Rows follow each other: one long one.
        }
        let columns = window.reached(1, kx, iw, ow);
        if columns.is_empty() {
            return;
        }
        let ix = columns.start * window.stride[1] + kx * window.dilation[1] - window.pad_before[1];
        for oy in window.reached(0, ky, ih, oh) {
            let iy = oy * window.stride[0] + ky * window.dilation[0] - window.pad_before[0];
            let row = &mut sums[oy * ow..][columns.clone()];
            add_scaled(row, &plane[iy * iw + ix..], window.stride[1], weight);
        }
    }
}

/// `sums[i] += weight * x[i * stride]`.
fn add_scaled(sums: &mut [f64], x: &[f64], stride: usize, weight: f64) {
    match stride {
        1 => sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += weight * x),
        _ => sums.iter_mut().zip(x.iter().step_by(stride)).for_each(|(sum, x)| *sum += weight * x),
    }
}
