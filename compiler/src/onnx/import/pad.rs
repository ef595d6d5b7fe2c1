//! Pad, in all modes, and CenterCropPad. Constants around a tensor are a node of its own, which windows may take over;
//! the other modes repeat elements.

use super::movement::{take, too_large};
use super::site::{Imported, Site, axis};
use crate::base::real::Real;
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::index::Index;
use crate::ops::{Op, Pad, PadMode};

/// No side of an axis may get more elements.
const LIMIT: i64 = 1 << 24;

/// Elements of a repeating border are looked at one by one.
const BORDER: usize = 1 << 16;

/// Pad with everything in attributes.
pub(super) fn pad_attributes(site: &mut Site) -> Imported {
    let pads = site.attrs.ints("pads").ok_or_else(|| Refusal::invalid("attribute `pads` is missing"))?;
    let value = f64::from(site.attrs.float("value").unwrap_or(0.0));
    pad(site, pads, None, value)
}

/// Pad whose pads, value and (since opset 18) axes are operands, which must be constants.
pub(super) fn pad_inputs(site: &mut Site) -> Imported {
    let pads = site.known_ints(1, "pads")?.ok_or_else(|| Refusal::invalid("its pads are missing"))?;
    let value = site.known_scalar(2, "constant_value")?.unwrap_or(0.0);
    let axes = site.known_ints(3, "axes")?;
    pad(site, &pads, axes, value)
}

/// `pads` are those before each of `axes` (all when absent), then those behind. Negative ones take elements away.
fn pad(site: &mut Site, pads: &[i64], axes: Option<Vec<i64>>, value: f64) -> Imported {
    let x = site.input(0)?;
    let rank = site.shape(x).len();
    let axes: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|&at| axis(at, rank, false)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(Refusal::invalid(format!("it has {} pads for {} axes", pads.len(), axes.len())));
    }
    if pads.iter().any(|pad| !(-LIMIT..=LIMIT).contains(pad)) {
        return Err(Refusal::unsupported(format!("pads = {pads:?}; each must be {} to {LIMIT}", -LIMIT)));
    }
    let (starts, ends) = pads.split_at(axes.len());
    let mut sides = vec![(0, 0); rank];
    for (&at, (&start, &end)) in axes.iter().zip(starts.iter().zip(ends)) {
        if let Some(side) = sides.get_mut(at) {
            *side = (start, end);
        }
    }
    let inside = crop(site, x, &sides)?;
    let sides: Vec<(usize, usize)> = sides.iter().map(|&(start, end)| (count(start), count(end))).collect();
    let mode = site.attrs.string("mode").unwrap_or_else(|| "constant".to_owned());
    let source: fn(i64, i64) -> i64 = match mode.as_str() {
        "constant" => return constant(site, inside, &sides, value),
        "edge" => |at, extent| at.clamp(0, extent - 1),
        "wrap" => |at, extent| at.rem_euclid(extent),
        "reflect" => |at, extent| {
            let period = (2 * (extent - 1)).max(1);
            let at = at.rem_euclid(period);
            if at < extent { at } else { period - at }
        },
        _ => return Err(Refusal::unsupported(format!("mode = `{mode}`"))),
    };
    repeat(site, inside, &sides, source)
}

/// A number of elements that a side gets.
fn count(pad: i64) -> usize {
    usize::try_from(pad).unwrap_or(0)
}

/// What negative pads leave.
fn crop(site: &mut Site, x: ValueId, sides: &[(i64, i64)]) -> Imported {
    let shape = site.shape(x).to_vec();
    let mut axes = Vec::new();
    for (at, (&extent, &(start, end))) in shape.iter().zip(sides).enumerate() {
        let (first, last) = (count(-start), count(-end));
        let left = extent.checked_sub(first).and_then(|left| left.checked_sub(last));
        let left = left.ok_or_else(|| Refusal::invalid(format!("nothing is left of axis {at}")))?;
        if left != extent {
            axes.push((at, Index::run(first, 1, left).ok_or_else(too_large)?));
        }
    }
    if axes.is_empty() { Ok(x) } else { take(site, x, axes) }
}

fn constant(site: &mut Site, x: ValueId, sides: &[(usize, usize)], value: f64) -> Imported {
    let (before, after) = sides.iter().copied().unzip();
    let mode = PadMode::Constant(Real::new(value as f32));
    site.emit(Op::Pad(Pad { before, after, mode }), vec![x])
}

/// Borders of elements: `source` says which, by its number from the first on, of an axis of some extent.
fn repeat(site: &mut Site, x: ValueId, sides: &[(usize, usize)], source: fn(i64, i64) -> i64) -> Imported {
    let shape = site.shape(x).to_vec();
    let mut axes = Vec::new();
    for (at, (&extent, &(before, after))) in shape.iter().zip(sides).enumerate() {
        if (before, after) == (0, 0) {
            continue;
        }
        let length = i64::try_from(extent).ok().filter(|&extent| extent > 0);
        let length =
            length.ok_or_else(|| Refusal::invalid(format!("axis {at} has no elements to repeat")))?;
        if before.max(after) > BORDER {
            return Err(Refusal::unsupported(format!("a border of more than {BORDER} elements")));
        }
        let border = |from: i64, count: usize| {
            let numbers = (from..).take(count).map(|at| usize::try_from(source(at, length)).unwrap_or(0));
            Index::of(&numbers.collect::<Vec<usize>>()).ok_or_else(too_large)
        };
        let first = border(-i64::try_from(before).unwrap_or(0), before)?;
        let whole = Index::run(0, 1, extent).ok_or_else(too_large)?;
        axes.push((at, first.then(whole).then(border(length, after)?)));
    }
    take(site, x, axes)
}

/// CenterCropPad: each axis cut or padded with zeros on both sides; the odd element goes behind.
pub(super) fn center(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let shape = site.shape(x).to_vec();
    let axes: Vec<usize> = match site.attrs.ints("axes") {
        Some(axes) => axes.iter().map(|&at| axis(at, shape.len(), false)).collect::<Result<_, _>>()?,
        None => (0..shape.len()).collect(),
    };
    let wanted = site.known_ints(1, "shape")?.unwrap_or_default();
    if wanted.len() != axes.len() {
        return Err(Refusal::invalid(format!("it has {} extents for {} axes", wanted.len(), axes.len())));
    }
    let mut sides = vec![(0, 0); shape.len()];
    for (&at, &wanted) in axes.iter().zip(&wanted) {
        let extent = shape.get(at).and_then(|&extent| i64::try_from(extent).ok()).unwrap_or(0);
        let more = (0..=LIMIT).contains(&wanted).then(|| wanted - extent);
        let more = more.ok_or_else(|| Refusal::invalid(format!("an extent of {wanted}")))?;
        // Rounded towards zero: of an odd number, the smaller half comes first.
        if let Some(side) = sides.get_mut(at) {
            *side = (more / 2, more - more / 2);
        }
    }
    let inside = crop(site, x, &sides)?;
    let sides: Vec<(usize, usize)> = sides.iter().map(|&(start, end)| (count(start), count(end))).collect();
    constant(site, inside, &sides, 0.0)
}
