//! Reductions (Reduce*), and operators along one axis: ArgMax, ArgMin, TopK, CumSum.

use super::elementwise::pairwise;
use super::movement::{take, too_large};
use super::site::{Imported, ImportedAll, Site, axis};
use crate::base::epilogue::Act;
use crate::base::functions::Func;
use crate::base::real::Real;
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::index::Index;
use crate::ops::{Along, BinaryKind, Op, Reduce, ReduceKind};

/// The axes that a node reduces: an attribute in older operator sets, then an operand. None named are all, or none where
/// the node says so.
fn axes(site: &Site, rank: usize) -> Result<Vec<usize>, Refusal> {
    let given = match site.attrs.ints("axes") {
        Some(axes) => Some(axes.to_vec()),
        None => site.known_ints(1, "axes")?,
    };
    let given = given.unwrap_or_default();
    if given.is_empty() {
        let none = site.attrs.int("noop_with_empty_axes").unwrap_or(0) != 0;
        return Ok(if none { Vec::new() } else { (0..rank).collect() });
    }
    let mut axes: Vec<usize> = given.iter().map(|&at| axis(at, rank, false)).collect::<Result<_, _>>()?;
    axes.sort_unstable();
    if axes.windows(2).any(|two| two.first() == two.last()) {
        return Err(Refusal::invalid(format!("axes = {given:?} names an axis twice")));
    }
    Ok(axes)
}

/// One reduction whose axes stay; over no axes, what it does to each element.
pub(super) fn over(site: &mut Site, x: ValueId, kind: ReduceKind, axes: &[usize]) -> Imported {
    if axes.is_empty() {
        let of = kind.of();
        return site.emit(if of.is_none() { Op::Identity } else { Op::Act(of) }, vec![x]);
    }
    if kind == ReduceKind::Mean && axes == [2, 3] && site.shape(x).len() == 4 && site.ty(x).elements() > 0 {
        return site.emit(Op::GlobalAvgPool, vec![x]);
    }
    site.emit(Op::Reduce(Reduce { kind, axes: axes.to_vec(), act: Act::None }), vec![x])
}

/// Drops the reduced axes where the node does not keep them.
fn dropped(site: &mut Site, result: ValueId, axes: &[usize]) -> Imported {
    if site.attrs.int("keepdims").unwrap_or(1) != 0 {
        return Ok(result);
    }
    let shape = site.shape(result).iter().enumerate();
    let shape = shape.filter(|(at, _)| !axes.contains(at)).map(|(_, &extent)| extent).collect();
    site.reshape(result, shape)
}

/// A reduction, and a function of its result.
pub(super) fn reduce(site: &mut Site, kind: ReduceKind, act: Act) -> Imported {
    let x = site.input(0)?;
    let axes = axes(site, site.shape(x).len())?;
    let mut result = over(site, x, kind, &axes)?;
    if !act.is_none() {
        result = site.emit(Op::Act(act), vec![result])?;
    }
    dropped(site, result, &axes)
}

/// The logarithm of a sum of exponentials; the largest element is taken out of them, so that they stay in range.
pub(super) fn log_sum_exp(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let axes = axes(site, site.shape(x).len())?;
    let top = over(site, x, ReduceKind::Max, &axes)?;
    // An infinite one would leave differences that are no numbers.
    let finite = Act::Clip { lo: Real::new(f32::MIN), hi: Real::new(f32::MAX) };
    let top = site.emit(Op::Act(finite), vec![top])?;
    let below = pairwise(site, BinaryKind::Sub, vec![x, top])?;
    let exp = site.emit(Op::Act(Act::of(Func::Exp)), vec![below])?;
    let sum = over(site, exp, ReduceKind::Sum, &axes)?;
    let log = site.emit(Op::Act(Act::of(Func::Log)), vec![sum])?;
    let result = pairwise(site, BinaryKind::Add, vec![log, top])?;
    dropped(site, result, &axes)
}

/// ArgMax and ArgMin.
pub(super) fn arg(site: &mut Site, smallest: bool) -> Imported {
    let x = site.input(0)?;
    let along_axis = axis(site.attrs.int("axis").unwrap_or(0), site.shape(x).len(), false)?;
    let last = site.attrs.int("select_last_index").unwrap_or(0) != 0;
    let along = if smallest { Along::ArgMin { last } } else { Along::ArgMax { last } };
    let result = site.emit(Op::Along { along, axis: along_axis }, vec![x])?;
    dropped(site, result, &[along_axis])
}

/// TopK; the number of elements is an attribute until opset 9, then an operand. The result is always sorted.
pub(super) fn top_k(site: &mut Site) -> ImportedAll {
    let x = site.input(0)?;
    let along_axis = axis(site.attrs.int("axis").unwrap_or(-1), site.shape(x).len(), false)?;
    let count = match (site.attrs.int("k"), site.known_ints(1, "k")?.as_deref()) {
        (Some(count), _) | (None, Some(&[count])) => count,
        (None, _) => return Err(Refusal::invalid("its k is not one number")),
    };
    let count = usize::try_from(count).ok().filter(|&count| count > 0);
    let count = count.ok_or_else(|| Refusal::invalid("its k is not above 0"))?;
    let smallest = site.attrs.int("largest").unwrap_or(1) == 0;
    let values = Op::Along { along: Along::TopValues { count, smallest }, axis: along_axis };
    let indices = Op::Along { along: Along::TopIndices { count, smallest }, axis: along_axis };
    Ok(vec![site.emit(values, vec![x])?, site.emit(indices, vec![x])?])
}

/// CumSum; backwards, it is one of the elements in reverse.
pub(super) fn cum_sum(site: &mut Site) -> Imported {
    let mut x = site.input(0)?;
    let shape = site.shape(x).to_vec();
    let given = match site.known_ints(1, "axis")?.as_deref() {
        Some(&[at]) => at,
        _ => return Err(Refusal::invalid("its axis is not one number")),
    };
    let at = axis(given, shape.len(), false)?;
    let along = Along::CumSum { exclusive: site.attrs.int("exclusive").unwrap_or(0) != 0 };
    if site.attrs.int("reverse").unwrap_or(0) == 0 {
        return site.emit(Op::Along { along, axis: at }, vec![x]);
    }
    let extent = shape.get(at).copied().unwrap_or(0);
    let backwards = Index::run(extent.saturating_sub(1), -1, extent).ok_or_else(too_large)?;
    x = take(site, x, vec![(at, backwards.clone())])?;
    let sums = site.emit(Op::Along { along, axis: at }, vec![x])?;
    take(site, sums, vec![(at, backwards)])
}
