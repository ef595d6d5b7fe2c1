//! Steps that compute element by element, or along axes.

use crate::random::net::{Dice, Net};
use tilewright::base::epilogue::Act;
use tilewright::base::functions::Func;
use tilewright::base::real::Real;
use tilewright::ops::{Along, BinaryKind, Op, Reduce, ReduceKind};

pub fn relu(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    net.add(Op::Act(Act::Relu), &[x]).map(drop)
}

pub fn clip(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let (lo, hi) = dice.pick(&[(0.0, 6.0), (-0.5, 0.75), (0.25, f32::INFINITY), (f32::NEG_INFINITY, 0.5)]);
    net.add(Op::Act(Act::Clip { lo: Real::new(lo), hi: Real::new(hi) }), &[x]).map(drop)
}

/// Functions with their parameters; the last ones jump and need exact operands.
const FUNCTIONS: [(Func, [f32; 2]); 30] = [
    (Func::LeakyRelu, [0.1, 0.0]),
    (Func::Sigmoid, [0.0; 2]),
    (Func::Tanh, [0.0; 2]),
    (Func::HardSwish, [0.0; 2]),
    (Func::HardSigmoid, [0.2, 0.5]),
    (Func::Swish, [1.0, 0.0]),
    (Func::Gelu, [0.0; 2]),
    (Func::GeluTanh, [0.0; 2]),
    (Func::Elu, [1.0, 0.0]),
    (Func::Celu, [1.5, 0.0]),
    (Func::Selu, [1.673_263_2, 1.050_701]),
    (Func::Softplus, [0.0; 2]),
    (Func::Softsign, [0.0; 2]),
    (Func::Mish, [0.0; 2]),
    (Func::Erf, [0.0; 2]),
    (Func::Abs, [0.0; 2]),
    (Func::Neg, [0.0; 2]),
    (Func::Sin, [0.0; 2]),
    (Func::Cos, [0.0; 2]),
    (Func::Atan, [0.0; 2]),
    (Func::Asinh, [0.0; 2]),
    (Func::Square, [0.0; 2]),
    (Func::Sign, [0.0; 2]),
    (Func::Floor, [0.0; 2]),
    (Func::Ceil, [0.0; 2]),
    (Func::Round, [0.0; 2]),
    (Func::Trunc, [0.0; 2]),
    (Func::Shrink, [0.75, 0.25]),
    (Func::ThresholdedRelu, [0.5, 0.0]),
    (Func::Nonzero, [0.0; 2]),
];

pub fn function(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (func, parameters) = dice.pick(&FUNCTIONS);
    let x = net.pick(dice, |_| true)?;
    net.func(func, parameters, x).map(drop)
}

/// Arithmetic with a constant: one number, one per channel, one per position, or one per element.
pub fn constant(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let shape = net.shape(x);
    let channels = |at: usize, extent: &usize| if at + 3 == shape.len() { *extent } else { 1 };
    let per_channel: Vec<usize> = shape.iter().enumerate().map(|(at, extent)| channels(at, extent)).collect();
    let of = match dice.roll(5) {
        0 => vec![1],
        1 | 2 => per_channel,
        3 => shape.iter().skip(2).copied().collect(),
        _ => shape.clone(),
    };
    use BinaryKind::{Add, Div, Max, Min, Mul, PRelu, Sub};
    let (kind, low, high) = dice.pick(&[
        (Add, -1.0, 1.0),
        (Mul, 0.5, 1.5),
        (Mul, -1.0, 1.0),
        (Sub, -1.0, 1.0),
        (Div, 0.5, 2.5),
        (Max, -0.5, 0.5),
        (Min, -0.5, 1.5),
        (PRelu, 0.0, 0.5),
    ]);
    let c = net.constant(&of, low, high)?;
    let swapped = dice.roll(4) == 3 && !matches!(kind, Div | PRelu);
    let operands = if swapped { [c, x] } else { [x, c] };
    net.binary(kind, operands[0], operands[1]).map(drop)
}

/// Arithmetic with what is computed from constants.
pub fn computed(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| !shape.is_empty())?;
    let shape = net.shape(x);
    let c = net.constant(&shape[shape.len() - 1..], -1.0, 1.0)?;
    let c = match dice.roll(3) {
        0 => net.func(Func::Neg, [0.0; 2], c)?,
        1 => net.func(Func::Square, [0.0; 2], c)?,
        _ => net.binary(BinaryKind::Mul, c, c)?,
    };
    net.binary(dice.pick(&[BinaryKind::Add, BinaryKind::Mul]), x, c).map(drop)
}

/// Two values whose shapes broadcast.
pub fn binary(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let a = net.pick(dice, |_| true)?;
    let shape = net.shape(a);
    let fits = |other: &[usize]| {
        other.len() == shape.len() && other.iter().zip(&shape).all(|(o, s)| o == s || *o == 1)
    };
    let b = net.pick(dice, fits)?;
    let kind =
        dice.pick(&[BinaryKind::Add, BinaryKind::Mul, BinaryKind::Sub, BinaryKind::Max, BinaryKind::Min]);
    net.binary(kind, a, b).map(drop)
}

/// A sum of two different values of one shape, mostly with an activation behind it.
pub fn residual(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let a = net.pick(dice, |_| true)?;
    let shape = net.shape(a);
    let same = |id| id != a && net.shape(id) == shape;
    let b = net.pick_value(dice, same)?;
    let sum = net.binary(BinaryKind::Add, a, b)?;
    if dice.roll(3) < 2 {
        net.add(Op::Act(Act::Relu), &[sum])?;
    }
    Some(())
}

pub fn reduce(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let shape = net.shape(x);
    let kind = dice.pick(&ReduceKind::ALL);
    let chosen = 1 + dice.roll((1 << shape.len()) - 1);
    let axes: Vec<usize> = (0..shape.len()).filter(|axis| chosen >> axis & 1 == 1).collect();
    let elements: usize = axes.iter().map(|&axis| shape[axis]).product();
    if kind == ReduceKind::Product && elements > 32 {
        return None;
    }
    let y = net.add(Op::Reduce(Reduce { kind, axes: axes.clone(), act: Act::None }), &[x])?;
    if dice.roll(3) == 2 && axes.len() < shape.len() {
        let kept = (0..shape.len()).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]);
        net.reshape(y, &kept.collect::<Vec<_>>())?;
    }
    Some(())
}

pub fn along(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let shape = net.shape(x);
    let axis = dice.roll(shape.len());
    let count = 1 + dice.roll(shape[axis].min(6));
    let other = dice.roll(2) == 1;
    let along = dice.pick(&[
        Along::CumSum { exclusive: other },
        Along::ArgMax { last: other },
        Along::ArgMin { last: other },
        Along::TopValues { count, smallest: other },
        Along::TopIndices { count, smallest: other },
    ]);
    net.add(Op::Along { along, axis }, &[x]).map(drop)
}

/// `a < b ? a : b / 2` and the like, of exact values.
pub fn select(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick_value(dice, |id| net.is_exact(id))?;
    let shape = net.shape(x);
    let y = net.pick(dice, |other| other == shape)?;
    let limit = net.constant(&[1], -0.5, 0.5)?;
    use BinaryKind::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let kind = dice.pick(&[Less, LessOrEqual, Greater, GreaterOrEqual, Equal]);
    let test = net.binary(kind, x, limit)?;
    let other = net.constant(&shape[shape.len() - 1..], -1.0, 1.0)?;
    let operands = if dice.roll(2) == 0 { [test, y, other] } else { [test, other, y] };
    net.add(Op::Select, &operands).map(drop)
}

/// Activations that are written as several operators.
pub fn swish(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let factor = match dice.roll(3) {
        0 => net.func(Func::Sigmoid, [0.0; 2], x)?,
        1 => net.func(Func::HardSigmoid, [1.0 / 6.0, 0.5], x)?,
        _ => {
            let (three, six) = (net.list(&[], &[3.0]), net.list(&[], &[6.0]));
            let moved = net.binary(BinaryKind::Add, x, three)?;
            let clipped = net.add(Op::Act(Act::Clip { lo: Real::new(0.0), hi: Real::new(6.0) }), &[moved])?;
            net.binary(BinaryKind::Div, clipped, six)?
        }
    };
    net.binary(BinaryKind::Mul, x, factor).map(drop)
}
