//! Elementwise kernels over any strides: copies between layouts, residual additions that no convolution took,
//! broadcasts. The innermost axis is vectorised when every operand steps by 1 or 0 there, else done one by one.

use super::build::{Builder, bin, constant, fma, load_lanes, select, splat};
use super::ir::{Affine, BinOp, Expr, Kernel, Lanes, ParamId, Role, Var};
use super::spec::{KernelSpec, MapFn, MapSpec, Strided};
use super::{epilogue, halo};
use crate::base::binary::BinaryKind;
use crate::base::feature_map::{BLOCK, FeatureMap, Order};
use crate::base::target::Isa;

struct Operands<'a> {
    spec: &'a MapSpec,
    xs: Vec<ParamId>,
    y: ParamId,
}

/// Builds the kernel. Its tasks are the outermost axis, or one when a halo is written.
pub fn build(name: String, spec: &MapSpec, isa: &Isa) -> Kernel {
    let outer = if spec.halo.is_none() && spec.extents.len() > 1 { spec.extents[0] } else { 1 };
    let mut b = Builder::new(name, isa.lanes, "task", outer);
    let list = KernelSpec::Map(spec.clone()).params();
    let ids: Vec<ParamId> = list.iter().map(|p| b.param(p.name, p.role, p.len)).collect();
    let of = |role: Role| -> Vec<ParamId> {
        ids.iter().zip(&list).filter(|(_, p)| p.role == role).map(|(&id, _)| id).collect()
    };
    let (mut inputs, weights, outputs) = (of(Role::Input).into_iter(), of(Role::Weights), of(Role::Output));
    let packed = weights.first().copied();
    let xs = spec.xs.iter().filter_map(|x| if x.weights { packed } else { inputs.next() }).collect();
    let operands = Operands { spec, xs, y: outputs[0] };
    if let Some(map) = &spec.halo {
        surround(&mut b, operands.y, spec, map);
    }
    let mut at: Vec<Affine> = spec.xs.iter().chain([&spec.y]).map(|s| Affine::constant(s.base)).collect();
    let mut axis = 0;
    if outer > 1 {
        let task = b.task();
        step(&mut at, spec, 0, task, 1);
        axis = 1;
    }
    nest(&mut b, &operands, axis, at);
    if let Some(map) = spec.halo.as_ref().filter(|map| is_partial(map) && covers_blocks(spec, map)) {
        clear(&mut b, operands.y, map);
    }
    b.finish()
}

/// True when channels fill up the last block of the map.
fn is_partial(map: &FeatureMap) -> bool {
    map.layout.order == Order::Blocked && !map.c.is_multiple_of(BLOCK)
}

/// True when the result has an element for each channel that fills up the last block, too.
fn covers_blocks(spec: &MapSpec, map: &FeatureMap) -> bool {
    spec.extents.iter().product::<usize>() == map.n * map.planes() * map.h * map.w * BLOCK
}

/// Zeros in place of channels that do not exist, whatever the function has made of them.
fn clear(b: &mut Builder, y: ParamId, map: &FeatureMap) {
    b.comment("channels that fill up the last block");
    let used = map.c % BLOCK;
    let first = map.origin() + (map.planes() - 1) * map.pitch_plane() + used;
    b.for_("n", map.n, |b, n| {
        b.for_("row", map.h, |b, row| {
            b.for_("column", map.w, |b, column| {
                let at = Affine::constant(first).plus(n, map.pitch_n()).plus(row, map.pitch_y());
                halo::run(b, y, at.plus(column, map.pitch_x()), BLOCK - used);
            });
        });
    });
}

/// Zeros around the result; everything first when channels of the last block stay unwritten.
fn surround(b: &mut Builder, y: ParamId, spec: &MapSpec, map: &FeatureMap) {
    if is_partial(map) && !covers_blocks(spec, map) {
        return halo::run(b, y, Affine::constant(0), map.len());
    }
    b.for_("n", map.n, |b, n| {
        b.for_("plane", map.planes(), |b, plane| {
            let at = Affine::constant(0).plus(n, map.pitch_n()).plus(plane, map.pitch_plane());
            halo::zero(b, y, map, at, halo::Rows::All);
        });
    });
}

fn strided(spec: &MapSpec) -> impl Iterator<Item = &Strided> {
    spec.xs.iter().chain([&spec.y])
}

fn step(at: &mut [Affine], spec: &MapSpec, axis: usize, var: Var, by: usize) {
    for (at, operand) in at.iter_mut().zip(strided(spec)) {
        *at = std::mem::take(at).plus(var, by * operand.strides[axis]);
    }
}

fn nest(b: &mut Builder, operands: &Operands, axis: usize, at: Vec<Affine>) {
    let spec = operands.spec;
    if axis + 1 < spec.extents.len() {
        const NAMES: [&str; 4] = ["i0", "i1", "i2", "i3"];
        return b.for_(NAMES[axis.min(3)], spec.extents[axis], |b, var| {
            let mut at = at;
            step(&mut at, spec, axis, var, 1);
            nest(b, operands, axis + 1, at);
        });
    }
    let extent = spec.extents[axis];
    let vector = spec.y.strides[axis] == 1 && spec.xs.iter().all(|x| x.strides[axis] <= 1);
    let width = if vector { b.lanes() } else { 1 };
    let (whole, tail) = (extent / width, extent % width);
    if whole > 0 {
        b.for_("i", whole, |b, var| {
            let mut at = at.clone();
            step(&mut at, spec, axis, var, width);
            let lanes = if vector { Lanes::All } else { Lanes::First(1) };
            element(b, operands, axis, &at, lanes);
        });
    }
    if tail > 0 {
        let mut at = at;
        for (at, operand) in at.iter_mut().zip(strided(spec)) {
            at.base += whole * width * operand.strides[axis];
        }
        element(b, operands, axis, &at, Lanes::First(tail));
    }
}

fn element(b: &mut Builder, operands: &Operands, axis: usize, at: &[Affine], lanes: Lanes) {
    let spec = operands.spec;
    let mut values =
        spec.xs.iter().zip(&operands.xs).zip(at).map(|((x, &param), at)| match x.strides[axis] {
            0 => splat(param, at.clone()),
            _ => load_lanes(param, at.clone(), lanes),
        });
    let mut next = || values.next().unwrap_or_else(|| constant(0.0));
    let first = next();
    let value = match spec.func {
        MapFn::Copy => first,
        MapFn::Binary(kind) => binary(kind, first, next()),
        MapFn::Select => select(first, next(), next()),
        MapFn::Fma => fma(first, next(), next()),
    };
    let value: Expr = epilogue::activate(spec.act, value);
    if let Some(to) = at.last() {
        b.store_lanes(operands.y, to.clone(), value, lanes);
    }
}

/// A function of two numbers; booleans are 0 and 1.
fn binary(kind: BinaryKind, a: Expr, b: Expr) -> Expr {
    match kind {
        BinaryKind::Add => bin(BinOp::Add, a, b),
        BinaryKind::Sub => bin(BinOp::Sub, a, b),
        BinaryKind::Mul | BinaryKind::And => bin(BinOp::Mul, a, b),
        BinaryKind::Div => bin(BinOp::Div, a, b),
        // Of floats there is only this remainder.
        BinaryKind::Fmod | BinaryKind::Mod => bin(BinOp::Fmod, a, b),
        BinaryKind::Pow => bin(BinOp::Pow, a, b),
        BinaryKind::Max => bin(BinOp::Maximum, a, b),
        BinaryKind::Min => bin(BinOp::Minimum, a, b),
        BinaryKind::PRelu => bin(BinOp::PRelu, a, b),
        BinaryKind::Equal => bin(BinOp::Equal, a, b),
        BinaryKind::Less => bin(BinOp::Less, a, b),
        BinaryKind::LessOrEqual => bin(BinOp::LessEqual, a, b),
        BinaryKind::Greater => bin(BinOp::Less, b, a),
        BinaryKind::GreaterOrEqual => bin(BinOp::LessEqual, b, a),
        BinaryKind::Or => bin(BinOp::Max, a, b),
        BinaryKind::Xor => bin(BinOp::Sub, constant(1.0), bin(BinOp::Equal, a, b)),
    }
}
