//! Windows over three axes as sums: depth becomes part of the batch, and each tap along it is a window over planes.
//!
//! Each tap reads the batch once and adds to the result, so the maps are read and written as often as there are taps.

use super::elementwise::pairwise;
use super::movement::{take, too_large};
use super::pool::reshaped;
use super::site::{Imported, Site};
use super::window::{Walk, too_many_axes};
use crate::base::real::Real;
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::index::Index;
use crate::ops::{BinaryKind, Op, Pad, PadMode};

/// Most taps along the depth.
const MOST_TAPS: usize = 64;

/// The walk along the depth: output `o` is the sum over the taps of what tap `t` makes of position `starts[t] + o * step`
/// of the depth axis, after zeros have been put between its elements and around them.
pub(super) struct Depth {
    /// The distance of neighbours once there are zeros between them.
    spread: usize,
    before: usize,
    after: usize,
    starts: Vec<usize>,
    step: usize,
    /// Positions of the output.
    count: usize,
}

impl Depth {
    /// Of a convolution over `extent` positions.
    pub fn of_conv(walk: &Walk, extent: usize) -> Self {
        let &Walk { kernel, stride, dilation, before, after, .. } = walk;
        let starts = (0..kernel.min(MOST_TAPS + 1)).map(|tap| tap * dilation).collect();
        Depth { spread: 1, before, after, starts, step: stride, count: walk.output(extent) }
    }

    /// Of a transposed convolution over `extent` positions that keeps `count` of them, from `walk.before` on.
    pub fn of_transpose(walk: &Walk, extent: usize, count: usize) -> Self {
        let spread_extent = (extent - 1) * walk.stride + 1;
        let span = walk.reach() - 1;
        let before = span.saturating_sub(walk.before);
        let first = before + walk.before;
        let after = (first + count).saturating_sub(before + spread_extent);
        let starts = (0..walk.kernel.min(MOST_TAPS + 1)).map(|tap| first - tap * walk.dilation).collect();
        Depth { spread: walk.stride, before, after, starts, step: 1, count }
    }
}

/// Sums what `planes` makes of the taps. It gets images and weights with two spatial axes, and the bias once.
pub(super) fn over_depth(
    site: &mut Site,
    [x, w]: [ValueId; 2],
    bias: Option<ValueId>,
    depth: &Depth,
    planes: impl Fn(&mut Site, [ValueId; 2], Option<ValueId>) -> Imported,
) -> Imported {
    if depth.starts.len() > MOST_TAPS {
        let reason = format!("its window is more than {MOST_TAPS} deep");
        return Err(Refusal::unsupported(reason));
    }
    let &[n, c, _, rows, columns] = site.shape(x) else { return Err(too_many_axes()) };
    let mut taps = site.shape(w).to_vec();
    taps.remove(2);
    let batch = site.emit(Op::Transpose { perm: vec![0, 2, 1, 3, 4] }, vec![x])?;
    let batch = spread(site, batch, 1, depth.spread)?;
    let batch = padded(site, batch, 1, depth.before, depth.after)?;
    let step = isize::try_from(depth.step).map_err(|_| too_large())?;
    let mut sum = None;
    for (tap, &start) in depth.starts.iter().enumerate() {
        let index = Index::run(start, step, depth.count).ok_or_else(too_large)?;
        let images = take(site, batch, vec![(1, index)])?;
        let images = reshaped(site, images, vec![n * depth.count, c, rows, columns])?;
        let index = Index::run(tap, 1, 1).ok_or_else(too_large)?;
        let weights = take(site, w, vec![(2, index)])?;
        let weights = reshaped(site, weights, taps.clone())?;
        let part = planes(site, [images, weights], bias.filter(|_| tap == 0))?;
        sum = Some(match sum {
            None => part,
            Some(sum) => pairwise(site, BinaryKind::Add, vec![sum, part])?,
        });
    }
    let sum = sum.ok_or_else(|| Refusal::invalid("its weights have no elements"))?;
    let [_, outer @ ..] = site.shape(sum) else { return Err(too_many_axes()) };
    let shape = [&[n, depth.count], outer].concat();
    let batch = reshaped(site, sum, shape)?;
    site.emit(Op::Transpose { perm: vec![0, 2, 1, 3, 4] }, vec![batch])
}

/// Zeros between the elements of an axis, whose neighbours are then `distance` apart.
pub(super) fn spread(site: &mut Site, x: ValueId, axis: usize, distance: usize) -> Imported {
    if distance == 1 {
        return Ok(x);
    }
    let mut shape = site.shape(x).to_vec();
    let extent = shape[axis];
    shape.insert(axis + 1, 1);
    let split = reshaped(site, x, shape.clone())?;
    let filled = padded(site, split, axis + 1, 0, distance - 1)?;
    shape.remove(axis + 1);
    shape[axis] = extent.checked_mul(distance).ok_or_else(too_large)?;
    let joined = reshaped(site, filled, shape)?;
    let whole = Index::run(0, 1, (extent - 1) * distance + 1).ok_or_else(too_large)?;
    take(site, joined, vec![(axis, whole)])
}

/// Zeros around an axis.
pub(super) fn padded(site: &mut Site, x: ValueId, axis: usize, before: usize, after: usize) -> Imported {
    if before == 0 && after == 0 {
        return Ok(x);
    }
    let rank = site.shape(x).len();
    let on_axis = |count: usize| (0..rank).map(|at| if at == axis { count } else { 0 }).collect();
    let pad = Pad { before: on_axis(before), after: on_axis(after), mode: PadMode::Constant(Real::new(0.0)) };
    site.emit(Op::Pad(pad), vec![x])
}
