//! Softmax along one axis: largest element, exponentials and their sum, scale. Its logarithm: largest element, sum of
//! exponentials, difference.

use super::build::{Builder, bin, call, constant, get, load, load_lanes, splat, un};
use super::ir::{Affine, BinOp, Expr, Kernel, Lanes, ParamId, UnOp};
use super::spec::{KernelSpec, SoftmaxSpec};
use crate::base::functions::Func;
use crate::base::target::Isa;

struct Names {
    x: ParamId,
    y: ParamId,
    top: usize,
    sum: usize,
    e: usize,
}

/// Builds the kernel: one task per outer index.
pub fn build(name: String, spec: &SoftmaxSpec, isa: &Isa) -> Kernel {
    let mut b = Builder::new(name, isa.lanes, "row", spec.outer);
    let ids: Vec<ParamId> =
        KernelSpec::Softmax(*spec).params().iter().map(|p| b.param(p.name, p.role, p.len)).collect();
    let names = Names { x: ids[0], y: ids[1], top: b.regs("top"), sum: b.regs("sum"), e: b.regs("e") };
    let row = Affine::constant(0).plus(b.task(), spec.len * spec.inner);
    if spec.inner == 1 {
        along(&mut b, spec, &names, &row);
    } else {
        across(&mut b, spec, &names, &row);
    }
    b.finish()
}

fn exp_minus(value: Expr, top: Expr) -> Expr {
    call(Func::Exp, bin(BinOp::Sub, value, top))
}

/// The axis is contiguous: vectors along it, its last few elements one by one.
fn along(b: &mut Builder, spec: &SoftmaxSpec, names: &Names, row: &Affine) {
    let &Names { x, top, sum, e, .. } = names;
    let (rest, lanes) = (b.regs("rest"), b.lanes());
    let (whole, tail) = (spec.len / lanes, spec.len % lanes);
    let tail_at = row.clone().offset(whole * lanes);
    b.let_(top, &[], constant(f32::NEG_INFINITY));
    b.let_(sum, &[], constant(0.0));
    b.let_(rest, &[], constant(0.0));
    some(b, whole, |b, i| {
        b.set(top, &[], bin(BinOp::Max, load(x, row.clone().plus(i, lanes)), get(top, &[])));
    });
    some(b, tail, |b, i| {
        b.set(top, &[], bin(BinOp::Max, splat(x, tail_at.clone().plus(i, 1)), get(top, &[])))
    });
    b.set(top, &[], un(UnOp::HMax, get(top, &[])));
    some(b, whole, |b, i| {
        let at = row.clone().plus(i, lanes);
        b.let_(e, &[], exp_minus(load(x, at.clone()), get(top, &[])));
        b.set(sum, &[], bin(BinOp::Add, get(sum, &[]), get(e, &[])));
        keep(b, spec, names, at, Lanes::All);
    });
    some(b, tail, |b, i| {
        let at = tail_at.clone().plus(i, 1);
        b.let_(e, &[], exp_minus(splat(x, at.clone()), get(top, &[])));
        b.set(rest, &[], bin(BinOp::Add, get(rest, &[]), get(e, &[])));
        keep(b, spec, names, at, Lanes::First(1));
    });
    b.set(sum, &[], bin(BinOp::Add, un(UnOp::HSum, get(sum, &[])), get(rest, &[])));
    end_sum(b, spec, names);
    some(b, whole, |b, i| {
        last(b, spec, names, row.clone().plus(i, lanes), Lanes::All);
    });
    if tail > 0 {
        last(b, spec, names, tail_at, Lanes::First(tail));
    }
}

/// Before the last pass: of logarithms, that of the sum.
fn end_sum(b: &mut Builder, spec: &SoftmaxSpec, names: &Names) {
    if spec.log {
        b.set(names.sum, &[], call(Func::Log, get(names.sum, &[])));
    }
}

/// The result at `at`: what the second pass left there, scaled, or the logarithm of that.
fn last(b: &mut Builder, spec: &SoftmaxSpec, names: &Names, at: Affine, lanes: Lanes) {
    let &Names { x, y, top, sum, .. } = names;
    let value = if spec.log {
        let below = bin(BinOp::Sub, load_lanes(x, at.clone(), lanes), get(top, &[]));
        bin(BinOp::Sub, below, get(sum, &[]))
    } else {
        bin(BinOp::Div, load_lanes(y, at.clone(), lanes), get(sum, &[]))
    };
    b.store_lanes(y, at, value, lanes);
}

/// An exponential, for the last pass.
fn keep(b: &mut Builder, spec: &SoftmaxSpec, names: &Names, at: Affine, lanes: Lanes) {
    if !spec.log {
        b.store_lanes(names.y, at, get(names.e, &[]), lanes);
    }
}

/// The axis steps by `inner`: each lane is a softmax of its own.
fn across(b: &mut Builder, spec: &SoftmaxSpec, names: &Names, row: &Affine) {
    let lanes = b.lanes();
    let (whole, tail) = (spec.inner / lanes, spec.inner % lanes);
    some(b, whole, |b, i| columns(b, spec, names, &row.clone().plus(i, lanes), Lanes::All));
    if tail > 0 {
        columns(b, spec, names, &row.clone().offset(whole * lanes), Lanes::First(tail));
    }
}

fn columns(b: &mut Builder, spec: &SoftmaxSpec, names: &Names, at: &Affine, lanes: Lanes) {
    let &Names { x, top, sum, e, .. } = names;
    b.let_(top, &[], constant(f32::NEG_INFINITY));
    b.let_(sum, &[], constant(0.0));
    b.for_("k", spec.len, |b, k| {
        let value = load_lanes(x, at.clone().plus(k, spec.inner), lanes);
        b.set(top, &[], bin(BinOp::Max, value, get(top, &[])));
    });
    b.for_("k", spec.len, |b, k| {
        let at = at.clone().plus(k, spec.inner);
        b.let_(e, &[], exp_minus(load_lanes(x, at.clone(), lanes), get(top, &[])));
        b.set(sum, &[], bin(BinOp::Add, get(sum, &[]), get(e, &[])));
        keep(b, spec, names, at, lanes);
    });
    end_sum(b, spec, names);
    b.for_("k", spec.len, |b, k| last(b, spec, names, at.clone().plus(k, spec.inner), lanes));
}

fn some(b: &mut Builder, count: usize, body: impl FnOnce(&mut Builder, super::ir::Var)) {
    if count > 0 {
        b.for_("i", count, body);
    }
}
