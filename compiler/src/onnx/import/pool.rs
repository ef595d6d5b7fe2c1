//! MaxPool, AveragePool and LpPool over any number of axes, and the global ones.

use super::site::{Imported, Site};
use super::window::{Walk, numbers, spatial, walks, window};
use crate::base::epilogue::Act;
use crate::base::functions::Func;
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::{Binary, BinaryKind, Op, Pool, PoolKind};

/// MaxPool.
pub(super) fn max_pool(site: &mut Site) -> Imported {
    if site.attrs.int("storage_order").unwrap_or(0) != 0 {
        return Err(Refusal::unsupported("storage_order = 1 is not supported"));
    }
    let x = site.input(0)?;
    let walks = pool_walks(site, x)?;
    over_axes(site, x, PoolKind::Max, &walks)
}

/// AveragePool.
pub(super) fn average_pool(site: &mut Site) -> Imported {
    let include_pad = site.attrs.int("count_include_pad").unwrap_or(0) != 0;
    let x = site.input(0)?;
    let walks = pool_walks(site, x)?;
    over_axes(site, x, PoolKind::Average { include_pad }, &walks)
}

/// LpPool: the p-th root of the sum of p-th powers.
pub(super) fn lp_pool(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let walks = pool_walks(site, x)?;
    lp(site, x, &walks)
}

/// GlobalMaxPool.
pub(super) fn global_max_pool(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let walks = whole(site, x)?;
    over_axes(site, x, PoolKind::Max, &walks)
}

/// GlobalLpPool.
pub(super) fn global_lp_pool(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let walks = whole(site, x)?;
    lp(site, x, &walks)
}

/// GlobalAveragePool -> [`Op::GlobalAvgPool`].
pub(super) fn global_average_pool(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let shape = site.shape(x).to_vec();
    let extents = spatial("its input", &shape)?;
    let columns = extents.iter().skip(1).product();
    let (outer, rows) = (shape[..2].to_vec(), extents[0]);
    let planes = reshaped(site, x, [&outer[..], &[rows, columns]].concat())?;
    let mean = site.emit(Op::GlobalAvgPool, vec![planes])?;
    reshaped(site, mean, outer.into_iter().chain(extents.iter().map(|_| 1)).collect())
}

/// The walks of a pool's window; each window has a tap inside of the input.
fn pool_walks(site: &Site, x: ValueId) -> Result<Vec<Walk>, Refusal> {
    let extents = spatial("its input", site.shape(x))?;
    let kernel = numbers(site, "kernel_shape", extents.len(), 1)?;
    let kernel = kernel.ok_or_else(|| Refusal::invalid("attribute `kernel_shape` is missing"))?;
    let ceil = site.attrs.int("ceil_mode").unwrap_or(0) != 0;
    let walks = walks(site, &kernel, extents, ceil)?;
    if walks.iter().any(|walk| walk.before.max(walk.counted) >= walk.reach()) {
        return Err(Refusal::unsupported(
            "its padding is as wide as its window, so a window would be padding only",
        ));
    }
    Ok(walks)
}

/// One window over everything.
fn whole(site: &Site, x: ValueId) -> Result<Vec<Walk>, Refusal> {
    let extents = spatial("its input", site.shape(x))?;
    Ok(extents.iter().map(|&kernel| Walk { kernel, ..Walk::STILL }).collect())
}

/// The p-th root of the sum of p-th powers of what a window sees.
fn lp(site: &mut Site, x: ValueId, walks: &[Walk]) -> Imported {
    let p = site.attrs.int("p").unwrap_or(2);
    if !(1..=64).contains(&p) {
        return Err(Refusal::unsupported(format!("p = {p}; it must be 1 to 64")));
    }
    let func = |site: &mut Site, func, x| site.emit(Op::Act(Act::of(func)), vec![x]);
    let binary =
        |site: &mut Site, kind, operands| site.emit(Op::Binary(Binary { kind, act: Act::None }), operands);
    let powers = match p {
        2 => binary(site, BinaryKind::Mul, vec![x, x])?,
        _ => func(site, Func::Abs, x)?,
    };
    if p <= 2 {
        let sums = over_axes(site, powers, PoolKind::Sum, walks)?;
        return if p == 1 { Ok(sums) } else { func(site, Func::Sqrt, sums) };
    }
    let exponent = site.filled(p as f32, Vec::new());
    let powers = binary(site, BinaryKind::Pow, vec![powers, exponent])?;
    let sums = over_axes(site, powers, PoolKind::Sum, walks)?;
    let exponent = site.filled(1.0 / p as f32, Vec::new());
    binary(site, BinaryKind::Pow, vec![sums, exponent])
}

/// A pool over the last axes, one walk each: over the last two at once, then over each one before by a pool of its own.
/// Maxima and sums allow that, and means, whose counts are products over the axes.
fn over_axes(site: &mut Site, x: ValueId, kind: PoolKind, walks: &[Walk]) -> Imported {
    let shape = site.shape(x).to_vec();
    let (mut outer, extents) = (shape[..2].to_vec(), &shape[2..]);
    let (front, last, columns) = match (walks, extents) {
        (&[ref front @ .., y, x], &[.., rows, columns]) => (front, [y, x], [rows, columns]),
        (&[x], &[columns]) => (&walks[..0], [Walk::STILL, x], [1, columns]),
        _ => return Err(Refusal::invalid("it has no spatial axis")),
    };
    outer.extend(&extents[..front.len()]);
    let mut value = over_planes(site, x, kind, &outer, columns, last)?;
    let mut done = vec![last[1].output(columns[1])];
    if walks.len() > 1 {
        done.insert(0, last[0].output(columns[0]));
    }
    for &walk in front.iter().rev() {
        let rows = outer.pop().unwrap_or(1);
        let columns = done.iter().product();
        value = over_planes(site, value, kind, &outer, [rows, columns], [walk, Walk::STILL])?;
        done.insert(0, walk.output(rows));
    }
    reshaped(site, value, [outer, done].concat())
}

/// A pool of planes of these rows and columns. All of the outer axes but the first are channels.
fn over_planes(
    site: &mut Site,
    x: ValueId,
    kind: PoolKind,
    outer: &[usize],
    [rows, columns]: [usize; 2],
    walks: [Walk; 2],
) -> Imported {
    let channels = outer.iter().skip(1).product();
    let planes = reshaped(site, x, vec![outer[0], channels, rows, columns])?;
    let counted_after = walks.map(|walk| walk.counted);
    site.emit(Op::Pool(Pool { kind, window: window(walks), counted_after }), vec![planes])
}

/// The value with these extents; itself where it has them.
pub(super) fn reshaped(site: &mut Site, x: ValueId, shape: Vec<usize>) -> Imported {
    if site.shape(x) == shape { Ok(x) } else { site.reshape(x, shape) }
}
