//! Local response normalisation: `y = x / (bias + alpha / size * sum of squares of neighbouring channels)^beta`.
//!
//! The squares of all channels of a position go into scratch memory, one behind the other with zeros on both sides, so
//! that the neighbours of 16 channels are loads at other offsets.

use super::build::{Builder, bin, call, fma, get, load, load_lanes};
use super::halo::{self, Rows};
use super::ir::{Affine, BinOp, Expr, Kernel, Lanes, ParamId};
use super::spec::KernelSpec;
use crate::base::feature_map::{BLOCK, FeatureMap};
use crate::base::functions::Func;
use crate::base::real::Real;
use crate::base::reduce::Lrn;
use crate::base::target::Isa;

/// A normalisation of blocked maps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LrnSpec {
    /// Input.
    pub x: FeatureMap,
    /// Output.
    pub y: FeatureMap,
    /// Its numbers.
    pub lrn: Lrn,
}

impl LrnSpec {
    /// Zeros on each side of the squares: whole blocks.
    fn margin(&self) -> usize {
        self.lrn.size.div_ceil(BLOCK) * BLOCK
    }

    /// Floats of scratch memory.
    pub fn scratch(&self) -> usize {
        self.x.planes() * BLOCK + 2 * self.margin()
    }
}

/// Builds the kernel: one task per row.
pub fn build(name: String, spec: &LrnSpec, isa: &Isa) -> Kernel {
    let mut b = Builder::new(name, isa.lanes, "row", spec.y.h);
    let ids: Vec<ParamId> =
        KernelSpec::Lrn(*spec).params().iter().map(|p| b.param(p.name, p.role, p.len)).collect();
    let (x, s, y) = (ids[0], ids[1], ids[2]);
    let row = b.task();
    b.prologue(|b| halo::run(b, s, Affine::constant(0), spec.scratch()));
    b.for_("n", spec.y.n, |b, n| {
        let near =
            |map: &FeatureMap| Affine::constant(map.origin()).plus(n, map.pitch_n()).plus(row, map.pitch_y());
        b.for_("ox", spec.y.w, |b, ox| {
            let from = near(&spec.x).plus(ox, BLOCK);
            let to = near(&spec.y).plus(ox, BLOCK);
            squares(b, spec, (x, &from), s);
            b.for_("block", spec.y.planes(), |b, block| {
                b.unroll("h", BLOCK / b.lanes(), |b, h| {
                    let lane = |at: &Affine, pitch: usize| at.clone().plus(block, pitch).plus(h, b.lanes());
                    let from = lane(&from, spec.x.pitch_plane());
                    let to = lane(&to, spec.y.pitch_plane());
                    let first = spec.margin() - (spec.lrn.size - 1) / 2;
                    let window = lane(&Affine::constant(first), BLOCK);
                    normalise(b, &spec.lrn, load(x, from), (s, window), |b, value| b.store(y, to, value));
                });
            });
        });
        b.for_("plane", spec.y.planes(), |b, plane| {
            let at = Affine::constant(0).plus(n, spec.y.pitch_n()).plus(plane, spec.y.pitch_plane());
            halo::zero(b, y, &spec.y, at, Rows::Band { var: row, rows: 1 });
        });
    });
    b.finish()
}

/// The squares of the channels that exist.
fn squares(b: &mut Builder, spec: &LrnSpec, (x, from): (ParamId, &Affine), s: ParamId) {
    let v = b.regs("v");
    let (whole, rest, width) = (spec.x.c / BLOCK, spec.x.c % BLOCK, b.lanes());
    let square = |b: &mut Builder, from: Affine, to: Affine, lanes: Lanes| {
        b.let_(v, &[], load_lanes(x, from, lanes));
        b.store_lanes(s, to, bin(BinOp::Mul, get(v, &[]), get(v, &[])), lanes);
    };
    if whole > 0 {
        b.for_("block", whole, |b, block| {
            b.unroll("h", BLOCK / width, |b, h| {
                let from = from.clone().plus(block, spec.x.pitch_plane()).plus(h, width);
                let to = Affine::constant(spec.margin()).plus(block, BLOCK).plus(h, width);
                square(b, from, to, Lanes::All);
            });
        });
    }
    for first in (0..rest).step_by(width) {
        let lanes = if rest - first >= width { Lanes::All } else { Lanes::First(rest - first) };
        let from = from.clone().offset(whole * spec.x.pitch_plane() + first);
        square(b, from, Affine::constant(spec.margin() + whole * BLOCK + first), lanes);
    }
}

/// `x` by the power of the sum of the squares in the window.
fn normalise(
    b: &mut Builder,
    lrn: &Lrn,
    x: Expr,
    (s, window): (ParamId, Affine),
    store: impl FnOnce(&mut Builder, Expr),
) {
    let [sum, root] = ["sum", "root"].map(|name| b.regs(name));
    b.let_(sum, &[], load(s, window.clone()));
    if lrn.size > 1 {
        let rest = window.offset(1);
        let add = |b: &mut Builder, at: Affine| b.set(sum, &[], bin(BinOp::Add, get(sum, &[]), load(s, at)));
        b.for_("i", lrn.size - 1, |b, i| add(b, rest.plus(i, 1)));
    }
    let scale = Real::new(lrn.alpha.get() / lrn.size as f32);
    b.set(sum, &[], fma(Expr::Const(scale), get(sum, &[]), Expr::Const(lrn.bias)));
    let sqrt = |value: Expr| call(Func::Sqrt, value);
    let divisor = match lrn.beta.get() {
        0.75 => {
            b.let_(root, &[], sqrt(get(sum, &[])));
            bin(BinOp::Mul, get(root, &[]), sqrt(get(root, &[])))
        }
        0.5 => sqrt(get(sum, &[])),
        1.0 => get(sum, &[]),
        _ => bin(BinOp::Pow, get(sum, &[]), Expr::Const(lrn.beta)),
    };
    store(b, bin(BinOp::Div, x, divisor));
}
