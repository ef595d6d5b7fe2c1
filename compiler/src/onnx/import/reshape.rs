//! Operators that give the same elements other extents: Reshape, Flatten, Squeeze, Unsqueeze.

use super::site::{Imported, Site, axis};
use crate::base::limits::Limit;
use crate::onnx::dims::check_size;
use crate::onnx::refusal::Refusal;

/// Reshape: 0 keeps the extent of the same axis (unless allowzero), one -1 takes what is left.
pub(super) fn reshape(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let wanted = site.known_ints(1, "shape")?.unwrap_or_default();
    let old = site.shape(x);
    let allow_zero = site.attrs.int("allowzero").unwrap_or(0) != 0;
    let invalid = || Refusal::invalid(format!("the shape {wanted:?} does not fit the extents {old:?}"));
    let mut shape = Vec::new();
    let mut open = None;
    for (at, &extent) in wanted.iter().enumerate() {
        shape.push(match extent {
            0 if !allow_zero => *old.get(at).ok_or_else(invalid)?,
            -1 if open.is_none() => {
                open = Some(at);
                1
            }
            _ => usize::try_from(extent).map_err(|_| invalid())?,
        });
    }
    check_size(&shape)?;
    if let Some(slot) = open.and_then(|at| shape.get_mut(at)) {
        let all: usize = old.iter().product();
        let known: usize = wanted_product(&wanted, old, allow_zero);
        *slot = all.checked_div(known).ok_or_else(invalid)?;
    }
    site.reshape(x, shape)
}

/// Product of the extents that are not -1; [`check_size`] has seen them.
fn wanted_product(wanted: &[i64], old: &[usize], allow_zero: bool) -> usize {
    let known = wanted.iter().enumerate().filter(|(_, extent)| **extent != -1);
    known
        .map(|(at, &extent)| match extent {
            0 if !allow_zero => old.get(at).copied().unwrap_or(1),
            _ => usize::try_from(extent).unwrap_or(1),
        })
        .product()
}

/// Flatten to two axes; `axis` is the first that goes into the second.
pub(super) fn flatten(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let shape = site.shape(x);
    let at = axis(site.attrs.int("axis").unwrap_or(1), shape.len(), true)?;
    let (outer, inner) = shape.split_at(at);
    let flat = vec![outer.iter().product(), inner.iter().product()];
    site.reshape(x, flat)
}

/// The axes of Squeeze and Unsqueeze: an attribute until opset 12, then an operand.
fn axes(site: &Site, rank: usize) -> Result<Option<Vec<usize>>, Refusal> {
    let given = match site.attrs.ints("axes") {
        Some(axes) => Some(axes.to_vec()),
        None => site.known_ints(1, "axes")?,
    };
    let Some(given) = given else { return Ok(None) };
    let mut axes: Vec<usize> = given.iter().map(|&at| axis(at, rank, false)).collect::<Result<_, _>>()?;
    axes.sort_unstable();
    if axes.windows(2).any(|two| two.first() == two.last()) {
        return Err(Refusal::invalid(format!("axes = {given:?} names an axis twice")));
    }
    Ok(Some(axes))
}

/// Squeeze: drops axes of extent 1, all of them when none is named.
pub(super) fn squeeze(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let old = site.shape(x);
    let named = axes(site, old.len())?;
    let mut shape = Vec::new();
    for (at, &extent) in old.iter().enumerate() {
        let drop = named.as_ref().map_or(extent == 1, |named| named.contains(&at));
        if drop && extent != 1 {
            return Err(Refusal::invalid(format!("axis {at} has the extent {extent}, not 1")));
        }
        if !drop {
            shape.push(extent);
        }
    }
    site.reshape(x, shape)
}

/// Unsqueeze: new axes of extent 1, counted in the result.
pub(super) fn unsqueeze(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let given = match site.attrs.ints("axes") {
        Some(axes) => axes.len(),
        None => site.known_ints(1, "axes")?.map_or(0, |axes| axes.len()),
    };
    let rank = site.shape(x).len().saturating_add(given);
    site.builder.graph.limits.check(Limit::Axes, rank as u64)?;
    let named = axes(site, rank)?.ok_or_else(|| Refusal::invalid("its axes are missing"))?;
    let mut old = site.shape(x).iter().copied();
    let shape = (0..rank).map(|at| if named.contains(&at) { 1 } else { old.next().unwrap_or(1) }).collect();
    site.reshape(x, shape)
}
