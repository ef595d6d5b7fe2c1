//! The packer: evaluates the constants (in f64) and puts each number where its kernel reads it (as f32).

use crate::base::diag::{Error, Problems};
use crate::base::feature_map::round_up;
use crate::base::memory;
use crate::base::tensor::Tensor;
use crate::ir::graph::ValueId;
use crate::kernel::layout::band::BandWeights;
use crate::kernel::layout::{ConvWeights, MatMulWeights, WinogradWeights};
use crate::kernel::winograd::matrices::{Matrices, TAPS, matrices};
use crate::schedule::plan::{Pack, Plan};
use tilewright_runtime::weights::header::{HEADER_BYTES, Header};

/// What memory is for.
const PLACE: &str = "the packed weights";

/// Packs all weights of a plan. `constant` gives the numbers of a constant of the graph.
///
/// # Errors
/// Every constant that has no numbers, or memory is short.
pub fn pack(plan: &Plan, constant: impl Fn(ValueId) -> Result<Tensor, Error>) -> Result<Vec<f32>, Error> {
    let mut blob = memory::room(PLACE, plan.weight_floats)?;
    blob.resize(plan.weight_floats, 0.0);
    let mut problems = Problems::new();
    for (number, range) in plan.weights.iter().enumerate() {
        let target = &mut blob[range.offset..range.offset + range.len];
        match fill(&range.pack, target, &constant) {
            Ok(()) => {}
            Err(Fault::Constant(error)) => problems.absorb(error),
            Err(Fault::Overflow) => {
                let step = plan.steps.iter().find(|step| step.weights.is_some_and(|id| id.0 == number));
                let node = step.and_then(|step| step.sources.first()).map_or("", String::as_str);
                let reason = "its weights are so large that they overflow where they are transformed for Winograd's algorithm";
                problems.push(
                    format!("node `{node}`"),
                    reason,
                    "forbid the algorithm: `--exact`, in a build script `.exact(true)`",
                );
            }
        }
    }
    problems.into_result(blob)
}

/// The whole weights file: header and payload.
///
/// # Errors
/// As [`pack`].
pub fn file(plan: &Plan, constant: impl Fn(ValueId) -> Result<Tensor, Error>) -> Result<Vec<u8>, Error> {
    let floats = pack(plan, constant)?;
    let mut bytes = memory::room(PLACE, HEADER_BYTES + size_of_val(floats.as_slice()))?;
    bytes.extend([0; HEADER_BYTES]);
    bytes.extend(floats.iter().flat_map(|x| x.to_le_bytes()));
    if let Some((header, payload)) = bytes.split_first_chunk_mut() {
        *header = Header::of(plan.weights_hash, payload).encode();
    }
    Ok(bytes)
}

/// Why weights cannot be packed.
enum Fault {
    /// A constant has no numbers.
    Constant(Error),
    /// Finite weights are infinite where they are transformed.
    Overflow,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Constant(error)
    }
}

fn fill(
    pack: &Pack,
    target: &mut [f32],
    constant: &impl Fn(ValueId) -> Result<Tensor, Error>,
) -> Result<(), Fault> {
    match pack {
        Pack::Conv { spec, groups, weight, bias } => {
            let layout = ConvWeights::of(spec);
            fill_bias(*bias, target, constant, |o| layout.bias_index(o))?;
            // A packed group holds one or more of the operator's side by side; what would connect two of them stays zero.
            let side_by_side = groups / layout.groups;
            let [outputs, inputs] = [spec.y.c, spec.x.c].map(|c| c / groups);
            conv(&constant(*weight)?, target, |o, i, ky, kx| {
                layout.index(o, o / outputs % side_by_side * inputs + i, ky, kx)
            });
        }
        Pack::Depthwise { spec, weight, bias } => {
            let layout = ConvWeights::depthwise(spec);
            fill_bias(*bias, target, constant, |o| layout.bias_index(o))?;
            conv(&constant(*weight)?, target, |o, i, ky, kx| layout.index(o, i, ky, kx));
        }
        Pack::Grouped { spec, weight, bias } => {
            let layout = ConvWeights::grouped(spec);
            fill_bias(*bias, target, constant, |o| layout.bias_index(o))?;
            conv(&constant(*weight)?, target, |o, i, ky, kx| layout.index(o, i, ky, kx));
        }
        Pack::Banded { spec, weight, bias } => {
            let layout = BandWeights::of(spec);
            fill_bias(*bias, target, constant, |o| layout.bias_index(o))?;
            conv(&constant(*weight)?, target, |o, i, ky, kx| layout.index(o, i, ky, kx));
        }
        Pack::Winograd { spec, weight, bias } => {
            let layout = WinogradWeights::of(spec);
            fill_bias(*bias, target, constant, |o| layout.bias_index(o))?;
            let axes = [0, 1].map(|axis| matrices(spec.tile[axis], spec.conv.taps.stride[axis]));
            winograd(&layout, axes, &constant(*weight)?, target)?;
        }
        Pack::MatMul { spec, trans_b, alpha, weight, bias } => {
            let layout = MatMulWeights::of(spec);
            fill_bias(*bias, target, constant, |n| layout.bias_index(n))?;
            let (row, column) = if *trans_b { (1, spec.k) } else { (spec.n, 1) };
            let weight = constant(*weight)?.to_f64();
            let alpha = f64::from(alpha.get());
            for n in 0..spec.n {
                for k in 0..spec.k {
                    target[layout.index(k, n)] = (alpha * weight[k * row + n * column]) as f32;
                }
            }
        }
        Pack::Raw(values) => {
            let mut at = 0;
            for &value in values {
                let numbers = constant(value)?.to_f64();
                for (slot, number) in target[at..].iter_mut().zip(&numbers) {
                    *slot = *number as f32;
                }
                at += round_up(numbers.len());
            }
        }
    }
    Ok(())
}

/// One number per output to where `index` says.
fn fill_bias(
    bias: Option<ValueId>,
    target: &mut [f32],
    constant: &impl Fn(ValueId) -> Result<Tensor, Error>,
    index: impl Fn(usize) -> usize,
) -> Result<(), Error> {
    let Some(bias) = bias else { return Ok(()) };
    for (output, value) in constant(bias)?.to_f64().into_iter().enumerate() {
        target[index(output)] = value as f32;
    }
    Ok(())
}

/// `[M, C / groups, kh, kw]` to where `index` says for an output, an input of its group, and a tap.
fn conv(weight: &Tensor, target: &mut [f32], index: impl Fn(usize, usize, usize, usize) -> usize) {
    let [m, per_group, kh, kw] = weight.ty.shape[..] else { return };
    let numbers = weight.to_f64();
    for o in 0..m {
        for i in 0..per_group {
            for ky in 0..kh {
                for kx in 0..kw {
                    let value = numbers[((o * per_group + i) * kh + ky) * kw + kx];
                    target[index(o, i, ky, kx)] = value as f32;
                }
            }
        }
    }
}

/// `U = G g G^T` of each filter, in f64.
fn winograd(
    layout: &WinogradWeights,
    [down, across]: [Matrices; 2],
    weight: &Tensor,
    target: &mut [f32],
) -> Result<(), Fault> {
    let [m, c, ..] = weight.ty.shape[..] else { return Ok(()) };
    let numbers = weight.to_f64();
    let dot = |a: &[f64], b: &[f64; TAPS]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for (number, filter) in numbers.as_chunks::<{ TAPS * TAPS }>().0.iter().enumerate().take(m * c) {
        let (o, i) = (number / c, number % c);
        let rows = filter.as_chunks::<TAPS>().0;
        let finite = filter.iter().all(|&weight| (weight as f32).is_finite());
        for (fx, gx) in across.weight.iter().enumerate() {
            let column: [f64; TAPS] = std::array::from_fn(|k| dot(gx, &rows[k]));
            for (fy, gy) in down.weight.iter().enumerate() {
                let weight = dot(gy, &column) as f32;
                if finite && !weight.is_finite() {
                    return Err(Fault::Overflow);
                }
                target[layout.index(o, i, fy * layout.grid[1] + fx)] = weight;
            }
        }
    }
    Ok(())
}
