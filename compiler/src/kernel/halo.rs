//! The zeros around a plane, written by whoever writes the plane, so that arena memory can be reused freely.

use super::build::{Builder, constant};
use super::ir::{Affine, Lanes, ParamId, Var};
use crate::base::feature_map::{FeatureMap, Halo};

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
    if map.layout.halo == Halo::NONE {
        return;
    }
    let (halo, pitch, step) = (map.layout.halo, map.pitch_y(), map.pitch_x());
    let bottom = plane.clone().offset((halo.top + map.h) * pitch);
    let first = plane.clone().offset(halo.top * pitch);
    b.comment("halo");
    let (count, first) = match rows {
        Rows::All => {
            run(b, y, plane, halo.top * pitch);
            run(b, y, bottom, halo.bottom * pitch);
            (map.h, first)
        }
        Rows::Band { var, rows } => {
            b.if_(var, 0, |b| run(b, y, plane, halo.top * pitch));
            b.if_(var, map.h / rows - 1, |b| run(b, y, bottom, halo.bottom * pitch));
            (rows, first.plus(var, rows * pitch))
        }
    };
    if halo.left + halo.right > 0 {
        b.for_("hy", count, |b, row| {
            let at = first.clone().plus(row, pitch);
            run(b, y, at.clone(), halo.left * step);
            run(b, y, at.offset((halo.left + map.w) * step), halo.right * step);
        });
    }
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
