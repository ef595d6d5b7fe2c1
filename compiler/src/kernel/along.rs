//! What needs the order of the elements along an axis: the number of the largest, the few largest, running sums. Row-major
//! operands `[outer][len][inner]`; vectors lie along the inner axis, each lane a line of its own.
//!
//! Numbers of elements are f32, which holds them exactly: an axis has at most 2^24.

use super::build::{Builder, bin, constant, get, load_lanes, select};
use super::ir::{Affine, BinOp, Expr, Kernel, Lanes, ParamId};
use super::spec::KernelSpec;
use crate::base::reduce::Along;
use crate::base::target::Isa;

/// `y[o][..][i]` of the line `x[o][..][i]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct AlongSpec {
    pub along: Along,
    pub outer: usize,
    pub len: usize,
    pub inner: usize,
}

struct Line<'a> {
    spec: &'a AlongSpec,
    x: (ParamId, Affine),
    y: (ParamId, Affine),
    lanes: Lanes,
}

/// Builds the kernel: one task per outer index.
pub fn build(name: String, spec: &AlongSpec, isa: &Isa) -> Kernel {
    let mut b = Builder::new(name, isa.lanes, "row", spec.outer);
    let ids: Vec<ParamId> =
        KernelSpec::Along(*spec).params().iter().map(|p| b.param(p.name, p.role, p.len)).collect();
    let row = |len: usize| Affine::constant(0).plus(b.task(), len * spec.inner);
    let (x, y) = (row(spec.len), row(spec.along.extent(spec.len)));
    let width = b.lanes();
    let (whole, tail) = (spec.inner / width, spec.inner % width);
    if whole > 0 {
        b.for_("i", whole, |b, i| {
            let step = |at: &Affine| at.clone().plus(i, width);
            line(b, &Line { spec, x: (ids[0], step(&x)), y: (ids[1], step(&y)), lanes: Lanes::All });
        });
    }
    if tail > 0 {
        let step = |at: &Affine| at.clone().offset(whole * width);
        line(&mut b, &Line { spec, x: (ids[0], step(&x)), y: (ids[1], step(&y)), lanes: Lanes::First(tail) });
    }
    b.finish()
}

fn line(b: &mut Builder, line: &Line) {
    match line.spec.along {
        Along::ArgMax { last } => extreme(b, line, last, false),
        Along::ArgMin { last } => extreme(b, line, last, true),
        Along::TopValues { count, smallest } => top(b, line, count, smallest, false),
        Along::TopIndices { count, smallest } => top(b, line, count, smallest, true),
        Along::CumSum { exclusive } => running(b, line, exclusive),
    }
}

impl Line<'_> {
    fn load(&self, at: Affine) -> Expr {
        load_lanes(self.x.0, at, self.lanes)
    }

    fn store(&self, b: &mut Builder, at: Affine, value: Expr) {
        b.store_lanes(self.y.0, at, value, self.lanes);
    }
}

/// 1 where `a` comes before `b`.
fn before(smallest: bool, a: Expr, b: Expr) -> Expr {
    if smallest { bin(BinOp::Less, a, b) } else { bin(BinOp::Less, b, a) }
}

fn extreme(b: &mut Builder, line: &Line, last: bool, smallest: bool) {
    let [best, at, now, v, better] = ["best", "at", "now", "v", "better"].map(|name| b.regs(name));
    let step = line.spec.inner;
    b.let_(best, &[], line.load(line.x.1.clone()));
    b.let_(at, &[], constant(0.0));
    b.let_(now, &[], constant(0.0));
    if line.spec.len > 1 {
        b.for_("k", line.spec.len - 1, |b, k| {
            b.set(now, &[], bin(BinOp::Add, get(now, &[]), constant(1.0)));
            b.let_(v, &[], line.load(line.x.1.clone().offset(step).plus(k, step)));
            let test = match (last, smallest) {
                (false, _) => before(smallest, get(v, &[]), get(best, &[])),
                (true, true) => bin(BinOp::LessEqual, get(v, &[]), get(best, &[])),
                (true, false) => bin(BinOp::LessEqual, get(best, &[]), get(v, &[])),
            };
            b.let_(better, &[], test);
            b.set(at, &[], select(get(better, &[]), get(now, &[]), get(at, &[])));
            b.set(best, &[], select(get(better, &[]), get(v, &[]), get(best, &[])));
        });
    }
    line.store(b, line.y.1.clone(), get(at, &[]));
}

/// One after the other: the best of those that come after the previous one, by value and then by number.
fn top(b: &mut Builder, line: &Line, count: usize, smallest: bool, numbers: bool) {
    let [best, at, now, v, take] = ["best", "at", "now", "v", "take"].map(|name| b.regs(name));
    let [prev, prev_at] = ["prev", "prev_at"].map(|name| b.regs(name));
    let step = line.spec.inner;
    let none = constant(-1.0);
    let first = if smallest { f32::NEG_INFINITY } else { f32::INFINITY };
    b.let_(prev, &[], constant(first));
    b.let_(prev_at, &[], none.clone());
    b.for_("rank", count, |b, rank| {
        b.let_(best, &[], constant(0.0));
        b.let_(at, &[], none.clone());
        b.let_(now, &[], none);
        b.for_("k", line.spec.len, |b, k| {
            b.set(now, &[], bin(BinOp::Add, get(now, &[]), constant(1.0)));
            b.let_(v, &[], line.load(line.x.1.clone().plus(k, step)));
            let later = before(smallest, get(prev, &[]), get(v, &[]));
            let tie = bin(BinOp::Equal, get(v, &[]), get(prev, &[]));
            let tie = bin(BinOp::Mul, tie, bin(BinOp::Less, get(prev_at, &[]), get(now, &[])));
            let left = bin(BinOp::Max, later, tie);
            let better = before(smallest, get(v, &[]), get(best, &[]));
            let better = bin(BinOp::Max, better, bin(BinOp::Less, get(at, &[]), constant(0.0)));
            b.let_(take, &[], bin(BinOp::Mul, left, better));
            b.set(at, &[], select(get(take, &[]), get(now, &[]), get(at, &[])));
            b.set(best, &[], select(get(take, &[]), get(v, &[]), get(best, &[])));
        });
        line.store(b, line.y.1.clone().plus(rank, step), get(if numbers { at } else { best }, &[]));
        b.set(prev, &[], get(best, &[]));
        b.set(prev_at, &[], get(at, &[]));
    });
}

fn running(b: &mut Builder, line: &Line, exclusive: bool) {
    let sum = b.regs("sum");
    let step = line.spec.inner;
    b.let_(sum, &[], constant(0.0));
    b.for_("k", line.spec.len, |b, k| {
        let to = line.y.1.clone().plus(k, step);
        if exclusive {
            line.store(b, to.clone(), get(sum, &[]));
        }
        let element = line.load(line.x.1.clone().plus(k, step));
        b.set(sum, &[], bin(BinOp::Add, get(sum, &[]), element));
        if !exclusive {
            line.store(b, to, get(sum, &[]));
        }
    });
}
