//! Weighted sums of neighbours along an axis: linear and cubic resizing, one axis at a time. Weights are data, so that
//! one loop serves all elements whose neighbours are equally far apart.

use super::build::{Builder, constant, fma, get, load_lanes, splat};
use super::halo;
use super::ir::{Affine, Kernel, Lanes, ParamId, Role, Var};
use super::spec::movement::{ResampleSpec, Steps};
use crate::base::target::Isa;

/// Sums of more neighbours are loops.
const UNROLLED: usize = 8;

type At = [Affine; 3];

fn step(at: &At, var: Var, by: [usize; 3]) -> At {
    [0, 1, 2].map(|side| at[side].clone().plus(var, by[side]))
}

/// Builds the kernel. Its tasks are the outermost loop around all rows, or one when a halo is written.
pub fn build(name: String, spec: &ResampleSpec, isa: &Isa) -> Kernel {
    let spread = spec.halo.is_none() && !spec.outer.is_empty();
    let tasks = if spread { spec.outer[0].0 } else { 1 };
    let mut b = Builder::new(name, isa.lanes, "task", tasks);
    let x = b.param("x", Role::Input, spec.x);
    let w = b.param("w", Role::Weights, spec.weights);
    let y = b.param("y", Role::Output, spec.y);
    let acc = b.regs("acc");
    if let Some(map) = &spec.halo {
        halo::frame(&mut b, y, map);
    }
    let kernel = Sums { spec, x, w, y, acc };
    let at = [0, 1, 2].map(|_| Affine::constant(0));
    match spec.outer.split_first() {
        Some((&(_, by), rest)) if spread => {
            let at = step(&at, b.task(), by);
            kernel.around(&mut b, rest, &at);
        }
        _ => kernel.around(&mut b, &spec.outer, &at),
    }
    b.finish()
}

struct Sums<'a> {
    spec: &'a ResampleSpec,
    x: ParamId,
    w: ParamId,
    y: ParamId,
    acc: usize,
}

impl Sums<'_> {
    fn around(&self, b: &mut Builder, loops: &[Steps], at: &At) {
        if let Some((&(count, by), rest)) = loops.split_first() {
            return b.for_("o", count, |b, var| self.around(b, rest, &step(at, var, by)));
        }
        for rows in &self.spec.rows {
            let at = [0, 1, 2].map(|side| at[side].clone().offset(rows.at[side]));
            self.rows(b, &rows.loops, &at);
        }
    }

    fn rows(&self, b: &mut Builder, loops: &[Steps], at: &At) {
        if let Some((&(count, by), rest)) = loops.split_first() {
            return b.for_("row", count, |b, var| self.rows(b, rest, &step(at, var, by)));
        }
        let lanes = b.lanes();
        let (whole, tail) = (self.spec.inner / lanes, self.spec.inner % lanes);
        if whole > 0 {
            b.for_("i", whole, |b, var| self.sum(b, &step(at, var, [lanes, lanes, 0]), Lanes::All));
        }
        if tail > 0 {
            let done = whole * lanes;
            let [y, x, w] = at.clone();
            self.sum(b, &[y.offset(done), x.offset(done), w], Lanes::First(tail));
        }
    }

    fn sum(&self, b: &mut Builder, [y, x, w]: &At, lanes: Lanes) {
        let taps = self.spec.taps;
        let term = |tap: Var, sum| {
            let from = x.clone().plus(tap, self.spec.tap);
            fma(splat(self.w, w.clone().plus(tap, 1)), load_lanes(self.x, from, lanes), sum)
        };
        b.let_(self.acc, &[], constant(0.0));
        let body = |b: &mut Builder, tap: Var| b.set(self.acc, &[], term(tap, get(self.acc, &[])));
        if taps <= UNROLLED {
            b.unroll("tap", taps, body);
        } else {
            b.for_("tap", taps, body);
        }
        b.store_lanes(self.y, y.clone(), get(self.acc, &[]), lanes);
    }
}
