//! Reductions: some axes are kept, the elements along the others become one.
//!
//! Where neighbours are kept, vectors hold neighbouring results; where neighbours are reduced, vectors hold partial
//! results of one, which are taken together at the end. Sums have several stages, so that their rounding errors grow with
//! the length of a stage and not with the number of elements.

use super::build::{Builder, bin, call, constant, get, load_lanes, select, splat, un};
use super::ir::{Affine, BinOp, Expr, Kernel, Lanes, ParamId, UnOp};
use super::spec::{KernelSpec, Strided};
use super::{epilogue, halo};
use crate::base::epilogue::Act;
use crate::base::feature_map::{FeatureMap, Halo};
use crate::base::functions::Func;
use crate::base::reduce::{Fold, ReduceKind};
use crate::base::target::Isa;

/// Elements of the first stage of a sum.
const STAGE: usize = 64;

/// Vectors side by side.
const SIDE: usize = 4;

/// `y[k..] = act(fold of x[k.., r..] over all r)`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReduceSpec {
    /// The fold and the function of each element.
    pub kind: ReduceKind,
    /// Activation of the result.
    pub act: Act,
    /// Extents that are kept, outermost first.
    pub kept: Vec<usize>,
    /// Extents that are reduced, outermost first.
    pub reduced: Vec<usize>,
    /// The operand: strides of the kept axes, then of the reduced ones.
    pub x: Strided,
    /// The result: strides of the kept axes.
    pub y: Strided,
    /// The map whose halo is filled with zeros around the result.
    pub halo: Option<FeatureMap>,
}

/// How vectors lie over the work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Along the last kept axis.
    Across,
    /// Along the last reduced axis.
    Along,
    /// One by one.
    Single,
}

impl ReduceSpec {
    fn mode(&self) -> Mode {
        let kept = self.kept.len();
        let neighbours = kept > 0 && self.x.strides[kept - 1] == 1 && self.y.strides[kept - 1] == 1;
        match self.x.strides[kept..].last() {
            _ if neighbours => Mode::Across,
            Some(1) if self.kind.fold() != Fold::Product => Mode::Along,
            _ => Mode::Single,
        }
    }
}

struct Names<'a> {
    spec: &'a ReduceSpec,
    x: ParamId,
    y: ParamId,
}

/// Builds the kernel: a task per index of the outermost kept axis, unless that is vectorised.
pub fn build(name: String, spec: &ReduceSpec, isa: &Isa) -> Kernel {
    let mode = spec.mode();
    let looped = spec.kept.len() - usize::from(mode == Mode::Across);
    let tasks = if looped > 0 && spec.halo.is_none() { spec.kept[0] } else { 1 };
    let mut b = Builder::new(name, isa.lanes, "task", tasks);
    let ids: Vec<ParamId> =
        KernelSpec::Reduce(spec.clone()).params().iter().map(|p| b.param(p.name, p.role, p.len)).collect();
    let names = Names { spec, x: ids[0], y: ids[1] };
    if let Some(map) = spec.halo.as_ref().filter(|map| map.layout.halo != Halo::NONE) {
        b.for_("n", map.n, |b, n| {
            b.for_("plane", map.planes(), |b, plane| {
                let at = Affine::constant(0).plus(n, map.pitch_n()).plus(plane, map.pitch_plane());
                halo::zero(b, names.y, map, at, halo::Rows::All);
            });
        });
    }
    let (mut x, mut y) = (Affine::constant(spec.x.base), Affine::constant(spec.y.base));
    let mut axis = 0;
    if tasks > 1 {
        let task = b.task();
        (x, y) = (x.plus(task, spec.x.strides[0]), y.plus(task, spec.y.strides[0]));
        axis = 1;
    }
    kept(&mut b, &names, axis, looped, x, y);
    b.finish()
}

/// Loops over the kept axes that are not vectorised.
fn kept(b: &mut Builder, names: &Names, axis: usize, looped: usize, x: Affine, y: Affine) {
    let spec = names.spec;
    if axis < looped {
        return b.for_("k", spec.kept[axis], |b, var| {
            let (x, y) = (x.plus(var, spec.x.strides[axis]), y.plus(var, spec.y.strides[axis]));
            kept(b, names, axis + 1, looped, x, y);
        });
    }
    match spec.mode() {
        Mode::Across => across(b, names, spec.kept[axis], &x, &y),
        Mode::Along => along(b, names, &x, y),
        Mode::Single => {
            let acc = b.regs("acc");
            b.unroll("u", 1, |b, u| b.let_(acc, &[u], constant(spec.kind.fold().neutral())));
            stages(b, spec, 0, x, (acc, 1), &mut |b, at, acc| {
                b.unroll("u", 1, |b, u| {
                    b.set(acc, &[u], fold(spec.kind, get(acc, &[u]), splat(names.x, at.clone())));
                });
            });
            b.unroll("u", 1, |b, u| store(b, names, y.clone(), get(acc, &[u]), Lanes::First(1)));
        }
    }
}

/// Neighbouring results side by side.
fn across(b: &mut Builder, names: &Names, extent: usize, x: &Affine, y: &Affine) {
    let lanes = b.lanes();
    let (whole, tail) = (extent / lanes, extent % lanes);
    let (wide, single) = (whole / SIDE, whole % SIDE);
    for (count, side, first) in [(wide, SIDE, 0), (single, 1, wide * SIDE * lanes)] {
        if count > 0 {
            b.for_("i", count, |b, i| {
                let step = |at: &Affine| at.clone().offset(first).plus(i, side * lanes);
                columns(b, names, side, &step(x), &step(y), Lanes::All);
            });
        }
    }
    if tail > 0 {
        let step = |at: &Affine| at.clone().offset(whole * lanes);
        columns(b, names, 1, &step(x), &step(y), Lanes::First(tail));
    }
}

fn columns(b: &mut Builder, names: &Names, side: usize, x: &Affine, y: &Affine, lanes: Lanes) {
    let (kind, width) = (names.spec.kind, b.lanes());
    let acc = b.regs("acc");
    b.unroll("u", side, |b, u| b.let_(acc, &[u], constant(kind.fold().neutral())));
    stages(b, names.spec, 0, x.clone(), (acc, side), &mut |b, at, acc| {
        b.unroll("u", side, |b, u| {
            let element = load_lanes(names.x, at.clone().plus(u, width), lanes);
            b.set(acc, &[u], fold(kind, get(acc, &[u]), element));
        });
    });
    b.unroll("u", side, |b, u| store(b, names, y.clone().plus(u, width), get(acc, &[u]), lanes));
}

/// Partial results of one side by side.
fn along(b: &mut Builder, names: &Names, x: &Affine, y: Affine) {
    let spec = names.spec;
    let (kind, width) = (spec.kind, b.lanes());
    // Vectors side by side, those left over, and elements that fill no vector.
    let [acc, more, rest] = ["acc", "more", "rest"].map(|name| b.regs(name));
    let neutral = || constant(kind.fold().neutral());
    let length = spec.reduced.last().copied().unwrap_or(1);
    let (whole, tail) = (length / width, length % width);
    let side = if whole >= SIDE { SIDE } else { 1 };
    b.unroll("u", side, |b, u| b.let_(acc, &[u], neutral()));
    b.let_(more, &[], neutral());
    b.let_(rest, &[], neutral());
    outer(b, spec, 0, x.clone(), &mut |b, x| {
        if whole >= side {
            b.for_("i", whole / side, |b, i| {
                b.unroll("u", side, |b, u| {
                    let at = x.clone().plus(i, side * width).plus(u, width);
                    let value = load_lanes(names.x, at, Lanes::All);
                    b.set(acc, &[u], fold(kind, get(acc, &[u]), value));
                });
            });
        }
        let done = whole / side * side;
        if whole > done {
            b.for_("j", whole - done, |b, j| {
                let value = load_lanes(names.x, x.clone().offset(done * width).plus(j, width), Lanes::All);
                b.set(more, &[], fold(kind, get(more, &[]), value));
            });
        }
        if tail > 0 {
            b.for_("t", tail, |b, t| {
                let value = splat(names.x, x.clone().offset(whole * width).plus(t, 1));
                b.set(rest, &[], fold(kind, get(rest, &[]), value));
            });
        }
    });
    let total = b.regs("total");
    b.let_(total, &[], get(more, &[]));
    b.unroll("u", side, |b, u| b.set(total, &[], join(kind, get(total, &[]), get(acc, &[u]))));
    b.set(total, &[], join(kind, horizontal(kind, get(total, &[]), width), get(rest, &[])));
    store(b, names, y, get(total, &[]), Lanes::First(1));
}

/// Loops over the reduced axes but the last.
fn outer(
    b: &mut Builder,
    spec: &ReduceSpec,
    axis: usize,
    x: Affine,
    body: &mut dyn FnMut(&mut Builder, Affine),
) {
    if axis + 1 >= spec.reduced.len() {
        return body(b, x);
    }
    b.for_("r", spec.reduced[axis], |b, var| {
        outer(b, spec, axis + 1, x.plus(var, spec.x.strides[spec.kept.len() + axis]), body);
    });
}

/// Loops over the reduced axes from `axis` on, for `side` accumulators of the family `acc`. Each axis, and each stretch of
/// the last, is a stage with accumulators of its own.
fn stages(
    b: &mut Builder,
    spec: &ReduceSpec,
    axis: usize,
    x: Affine,
    (acc, side): (usize, usize),
    body: &mut dyn FnMut(&mut Builder, Affine, usize),
) {
    let Some(&extent) = spec.reduced.get(axis) else { return body(b, x, acc) };
    let by = spec.x.strides[spec.kept.len() + axis];
    let part = b.regs(["part", "part_b", "part_c", "part_d", "part_e"][axis.min(4)]);
    let stage = |b: &mut Builder, inner: &mut dyn FnMut(&mut Builder)| {
        b.unroll("u", side, |b, u| b.let_(part, &[u], constant(spec.kind.fold().neutral())));
        inner(b);
        b.unroll("u", side, |b, u| b.set(acc, &[u], join(spec.kind, get(acc, &[u]), get(part, &[u]))));
    };
    if axis + 1 < spec.reduced.len() {
        return b.for_("r", extent, |b, r| {
            stage(b, &mut |b| stages(b, spec, axis + 1, x.clone().plus(r, by), (part, side), body));
        });
    }
    if extent <= STAGE {
        return b.for_("r", extent, |b, r| body(b, x.plus(r, by), acc));
    }
    let (whole, tail) = (extent / STAGE, extent % STAGE);
    b.for_("s", whole, |b, s| {
        let x = x.clone().plus(s, STAGE * by);
        stage(b, &mut |b| b.for_("r", STAGE, |b, r| body(b, x.clone().plus(r, by), part)));
    });
    if tail > 0 {
        let x = x.offset(whole * STAGE * by);
        stage(b, &mut |b| b.for_("r", tail, |b, r| body(b, x.clone().plus(r, by), part)));
    }
}

/// One more element.
fn fold(kind: ReduceKind, acc: Expr, element: Expr) -> Expr {
    join(kind, acc, epilogue::activate(kind.of(), element))
}

/// Two partial results.
fn join(kind: ReduceKind, a: Expr, b: Expr) -> Expr {
    let op = match kind.fold() {
        Fold::Sum => BinOp::Add,
        Fold::Product => BinOp::Mul,
        Fold::Max => BinOp::Maximum,
        Fold::Min => BinOp::Minimum,
    };
    bin(op, a, b)
}

/// All lanes, in every lane. The largest of lanes knows no NaN, so those are counted.
fn horizontal(kind: ReduceKind, acc: Expr, lanes: usize) -> Expr {
    let or_nan = |value: Expr| {
        let numbers = un(UnOp::HSum, bin(BinOp::Equal, acc.clone(), acc.clone()));
        select(bin(BinOp::Less, numbers, constant(lanes as f32)), constant(f32::NAN), value)
    };
    match kind.fold() {
        Fold::Sum => un(UnOp::HSum, acc),
        Fold::Max => or_nan(un(UnOp::HMax, acc.clone())),
        Fold::Min => or_nan(call(Func::Neg, un(UnOp::HMax, call(Func::Neg, acc.clone())))),
        // There is no product of lanes: products go one by one.
        Fold::Product => acc,
    }
}

fn store(b: &mut Builder, names: &Names, at: Affine, value: Expr, lanes: Lanes) {
    let spec = names.spec;
    let count: usize = spec.reduced.iter().product();
    let value = if spec.kind.is_mean() { bin(BinOp::Div, value, constant(count as f32)) } else { value };
    b.store_lanes(names.y, at, epilogue::activate(spec.act, value), lanes);
}
