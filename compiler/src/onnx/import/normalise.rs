//! Normalisations that depend on what they normalise, made of reductions and elementwise operations: InstanceNormalization,
//! LayerNormalization, GroupNormalization, RMSNormalization, LpNormalization, MeanVarianceNormalization; and LRN.

use super::elementwise::pairwise;
use super::reduce::over;
use super::site::{Imported, ImportedAll, Site, axis};
use crate::base::epilogue::Act;
use crate::base::functions::Func;
use crate::base::real::Real;
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::{BinaryKind, Lrn, Op, ReduceKind};

fn epsilon(site: &Site) -> f32 {
    site.attrs.float("epsilon").unwrap_or(1e-5)
}

/// What the statistics are computed in: f32 is 1, the only value that is done.
fn check_stash(site: &Site) -> Result<(), Refusal> {
    match site.attrs.int("stash_type").unwrap_or(1) {
        1 => Ok(()),
        other => Err(Refusal::unsupported(format!("stash_type = {other} is not supported"))),
    }
}

/// 1 / sqrt(mean of squares + epsilon).
fn inverse_size(site: &mut Site, x: ValueId, axes: &[usize], epsilon: f32) -> Imported {
    let mean = over(site, x, ReduceKind::MeanSquare, axes)?;
    let root = Act::Func(Func::InvSqrt, [Real::new(epsilon), Real::new(0.0)]);
    site.emit(Op::Act(root), vec![mean])
}

/// A normalised value with the mean that was taken away and the factor.
struct Normal {
    value: ValueId,
    mean: ValueId,
    factor: ValueId,
}

/// `(x - mean) / sqrt(variance + epsilon)` over axes.
fn standardise(site: &mut Site, x: ValueId, axes: &[usize], epsilon: f32) -> Result<Normal, Refusal> {
    let mean = over(site, x, ReduceKind::Mean, axes)?;
    let apart = pairwise(site, BinaryKind::Sub, vec![x, mean])?;
    let factor = inverse_size(site, apart, axes, epsilon)?;
    let value = pairwise(site, BinaryKind::Mul, vec![apart, factor])?;
    Ok(Normal { value, mean, factor })
}

/// `x * scale + bias`, of which the bias may be absent; the result keeps the extents of `x`.
fn scaled(site: &mut Site, x: ValueId, scale: ValueId, bias: Option<ValueId>) -> Imported {
    let product = pairwise(site, BinaryKind::Mul, vec![x, scale])?;
    let result = match bias {
        Some(bias) => pairwise(site, BinaryKind::Add, vec![product, bias])?,
        None => product,
    };
    if site.shape(result) != site.shape(x) {
        return Err(Refusal::invalid(format!(
            "its scale {} or bias does not broadcast to {}",
            site.ty(scale),
            site.ty(x)
        )));
    }
    Ok(result)
}

/// An operand `[count]` as one number for each index of axis 1 of `rank`.
fn per_channel(site: &mut Site, position: usize, count: usize, rank: usize) -> Imported {
    let id = site.input(position)?;
    if site.shape(id) != [count] {
        let reason = format!("input {position} is {}; it must have {count} numbers", site.ty(id));
        return Err(Refusal::invalid(reason));
    }
    let mut shape = vec![count];
    shape.resize(rank.saturating_sub(1).max(1), 1);
    site.reshape(id, shape)
}

/// Extents `[N, C, ..]` with at least one axis of positions.
fn channels(site: &Site, x: ValueId) -> Result<usize, Refusal> {
    match site.shape(x) {
        &[_, channels, _, ..] => Ok(channels),
        shape => Err(Refusal::invalid(format!("its input has the extents {shape:?}, without positions"))),
    }
}

/// InstanceNormalization: over the positions of each channel.
pub(super) fn instance(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let (count, rank) = (channels(site, x)?, site.shape(x).len());
    let scale = per_channel(site, 1, count, rank)?;
    let bias = per_channel(site, 2, count, rank)?;
    let axes: Vec<usize> = (2..rank).collect();
    let normal = standardise(site, x, &axes, epsilon(site))?;
    scaled(site, normal.value, scale, Some(bias))
}

/// LayerNormalization: over all axes from `axis` on. Further outputs are the mean and the factor.
pub(super) fn layer(site: &mut Site) -> ImportedAll {
    check_stash(site)?;
    let x = site.input(0)?;
    let rank = site.shape(x).len();
    let first = axis(site.attrs.int("axis").unwrap_or(-1), rank, false)?;
    let axes: Vec<usize> = (first..rank).collect();
    let (scale, bias) = (site.input(1)?, site.optional(2));
    let normal = standardise(site, x, &axes, epsilon(site))?;
    Ok(vec![scaled(site, normal.value, scale, bias)?, normal.mean, normal.factor])
}

/// RMSNormalization: division by the root of the mean square over all axes from `axis` on.
pub(super) fn root_mean_square(site: &mut Site) -> Imported {
    check_stash(site)?;
    let x = site.input(0)?;
    let rank = site.shape(x).len();
    let first = axis(site.attrs.int("axis").unwrap_or(-1), rank, false)?;
    let axes: Vec<usize> = (first..rank).collect();
    let factor = inverse_size(site, x, &axes, epsilon(site))?;
    let value = pairwise(site, BinaryKind::Mul, vec![x, factor])?;
    let scale = site.input(1)?;
    scaled(site, value, scale, None)
}

/// GroupNormalization: over the positions of a group of channels. Scale and bias are one number per group until opset 20,
/// then one per channel.
pub(super) fn group(site: &mut Site) -> Imported {
    check_stash(site)?;
    let x = site.input(0)?;
    let (count, shape) = (channels(site, x)?, site.shape(x).to_vec());
    let groups = site.attrs.int("num_groups").and_then(|groups| usize::try_from(groups).ok());
    let groups = groups.filter(|&groups| groups > 0 && count.is_multiple_of(groups));
    let groups =
        groups.ok_or_else(|| Refusal::invalid(format!("num_groups does not divide {count} channels")))?;
    let batch = shape.first().copied().unwrap_or(1);
    let rest = site.ty(x).elements() / (batch * groups).max(1);
    let flat = site.reshape(x, vec![batch, groups, rest])?;
    let normal = standardise(site, flat, &[2], epsilon(site))?;
    if site.opset < 21 {
        let scale = per_channel(site, 1, groups, 3)?;
        let bias = per_channel(site, 2, groups, 3)?;
        let result = scaled(site, normal.value, scale, Some(bias))?;
        return site.reshape(result, shape);
    }
    let scale = per_channel(site, 1, count, shape.len())?;
    let bias = per_channel(site, 2, count, shape.len())?;
    let value = site.reshape(normal.value, shape)?;
    scaled(site, value, scale, Some(bias))
}

/// LpNormalization: division by the sum of absolute values, or the root of that of squares, along an axis.
pub(super) fn lp(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let along = axis(site.attrs.int("axis").unwrap_or(-1), site.shape(x).len(), false)?;
    let size = match site.attrs.int("p").unwrap_or(2) {
        1 => over(site, x, ReduceKind::Sizes, &[along])?,
        2 => {
            let sum = over(site, x, ReduceKind::Squares, &[along])?;
            site.emit(Op::Act(Act::of(Func::Sqrt)), vec![sum])?
        }
        other => return Err(Refusal::invalid(format!("p is {other}, neither 1 nor 2"))),
    };
    // Of nothing but zeros it is zeros: the smallest number divides them.
    let least = site.filled(f32::from_bits(1), Vec::new());
    let size = pairwise(site, BinaryKind::Max, vec![size, least])?;
    pairwise(site, BinaryKind::Div, vec![x, size])
}

/// MeanVarianceNormalization: `(x - mean) / (standard deviation + 1e-9)`.
pub(super) fn mean_variance(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let rank = site.shape(x).len();
    let given = site.attrs.ints("axes").unwrap_or(&[0, 2, 3]);
    let mut axes: Vec<usize> = given.iter().map(|&at| axis(at, rank, false)).collect::<Result<_, _>>()?;
    axes.sort_unstable();
    axes.dedup();
    let mean = over(site, x, ReduceKind::Mean, &axes)?;
    let apart = pairwise(site, BinaryKind::Sub, vec![x, mean])?;
    let variance = over(site, apart, ReduceKind::MeanSquare, &axes)?;
    let deviation = site.emit(Op::Act(Act::of(Func::Sqrt)), vec![variance])?;
    let least = site.filled(1e-9, Vec::new());
    let deviation = pairwise(site, BinaryKind::Add, vec![deviation, least])?;
    pairwise(site, BinaryKind::Div, vec![apart, deviation])
}

/// The largest window of LRN: beyond, it would be better done otherwise.
const MOST_CHANNELS: usize = 1 << 12;

/// LRN over neighbouring channels; positions of any number of axes are two.
pub(super) fn local_response(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    channels(site, x)?;
    let shape = site.shape(x).to_vec();
    let size = site.attrs.int("size").and_then(|size| usize::try_from(size).ok());
    let size = size.filter(|size| (1..=MOST_CHANNELS).contains(size));
    let size = size.ok_or_else(|| Refusal::invalid("its size is missing or out of range"))?;
    let number = |name, default| site.attrs.float(name).unwrap_or(default);
    let (alpha, beta, bias) = (number("alpha", 1e-4), number("beta", 0.75), number("bias", 1.0));
    if !(alpha.is_finite() && alpha >= 0.0 && beta.is_finite() && bias.is_finite() && bias > 0.0) {
        return Err(Refusal::unsupported(format!(
            "alpha = {alpha}, beta = {beta} and bias = {bias} are not supported; alpha must not be below 0, bias must be above"
        )));
    }
    let lrn = Lrn { size, alpha: Real::new(alpha), beta: Real::new(beta), bias: Real::new(bias) };
    if shape.len() == 4 {
        return site.emit(Op::Lrn(lrn), vec![x]);
    }
    let (outer, positions) = shape.split_at(2);
    let flat = [outer, &[1, positions.iter().product()]].concat();
    let flat = site.reshape(x, flat)?;
    let result = site.emit(Op::Lrn(lrn), vec![flat])?;
    site.reshape(result, shape)
}
