//! The zeros around a plane, written by whoever writes the plane, so that arena memory can be reused freely.

use super::build::{Builder, constant};
use super::ir::{Affine, Lanes, ParamId, Var};
use crate::base::feature_map::{BLOCK, FeatureMap, Halo, Order};

/// Which rows of the plane the caller has written.
#[derive(Clone, Copy)]
pub enum Rows {
    /// All.
    All,
    /// Those of one of the bands of `rows` rows that `var` counts.
    Band {
        /// Number of the band.
        var: Var,
        /// Rows of a band; divides the height.
        rows: usize,
    },
}

/// Zeros of the halo around those rows of the plane that starts (halo included) at `plane`.
pub fn zero(b: &mut Builder, y: ParamId, map: &FeatureMap, plane: Affine, rows: Rows) {
    let (first, count) = match rows {
        Rows::All => (None, map.h),
        Rows::Band { var, rows } => (Some((var, rows)), rows),
    };
    span(b, y, map, &plane, &Span { first, start: 0, count, top: true, bottom: true });
}

/// Rows of a plane that were written: which zeros go around them.
#[derive(Clone, Copy)]
pub struct Span {
    /// A loop variable and the rows it steps by.
    pub first: Option<(Var, usize)>,
    /// First row where that variable is 0.
    pub start: usize,
    /// Number of rows.
    pub count: usize,
    /// The first of these spans is at the top of the plane.
    pub top: bool,
    /// The last of these spans is at the bottom of the plane.
    pub bottom: bool,
}

/// Zeros around a span of rows. The halo above belongs to the first span of all, that below to the last.
pub fn span(b: &mut Builder, y: ParamId, map: &FeatureMap, plane: &Affine, rows: &Span) {
    if map.layout.halo == Halo::NONE {
        return;
    }
    let (halo, pitch, step) = (map.layout.halo, map.pitch_y(), map.pitch_x());
    b.comment("halo");
    let below = plane.clone().offset((halo.top + map.h) * pitch);
    let above = |b: &mut Builder| run(b, y, plane.clone(), halo.top * pitch);
    let under = |b: &mut Builder| run(b, y, below.clone(), halo.bottom * pitch);
    let mut first = plane.clone().offset((halo.top + rows.start) * pitch);
    match rows.first {
        None => {
            rows.top.then(|| above(b));
            rows.bottom.then(|| under(b));
        }
        Some((var, by)) => {
            first = first.plus(var, by * pitch);
            let last = (map.h - rows.start) / by;
            if rows.top {
                b.if_(var, 0..1, above);
            }
            if rows.bottom {
                b.if_(var, last - 1..last, under);
            }
        }
    }
    if halo.left + halo.right > 0 {
        b.for_("hy", rows.count, |b, row| {
            let at = first.clone().plus(row, pitch);
            run(b, y, at.clone(), halo.left * step);
            run(b, y, at.offset((halo.left + map.w) * step), halo.right * step);
        });
    }
}

/// Zeros around all planes of a map before anything else is written; everywhere when channels of the last block stay
/// unwritten.
pub fn frame(b: &mut Builder, y: ParamId, map: &FeatureMap) {
    if map.layout.order == Order::Blocked && !map.c.is_multiple_of(BLOCK) {
        return run(b, y, Affine::constant(0), map.len());
    }
    b.for_("n", map.n, |b, n| {
        b.for_("plane", map.planes(), |b, plane| {
            let at = Affine::constant(0).plus(n, map.pitch_n()).plus(plane, map.pitch_plane());
            zero(b, y, map, at, Rows::All);
        });
    });
}

/// `count` zeros from `at` on.
pub fn run(b: &mut Builder, y: ParamId, at: Affine, count: usize) {
    let lanes = b.lanes();
    let (whole, tail) = (count / lanes, count % lanes);
    if whole == 1 {
        b.store(y, at.clone(), constant(0.0));
    } else if whole > 1 {
        b.for_("z", whole, |b, z| b.store(y, at.clone().plus(z, lanes), constant(0.0)));
    }
    if tail > 0 {
        b.store_lanes(y, at.offset(whole * lanes), constant(0.0), Lanes::First(tail));
    }
}
