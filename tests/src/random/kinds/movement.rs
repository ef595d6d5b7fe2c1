//! Steps that put elements elsewhere.

use crate::random::net::{Dice, Net};
use tilewright::base::real::Real;
use tilewright::base::tensor::TensorType;
use tilewright::ir::graph::ValueId;
use tilewright::ops::index::{Index, Piece};
use tilewright::ops::{Op, Pad, PadMode, Resample, Take};

/// Takes elements of one axis.
fn take(net: &mut Net, x: ValueId, axis: usize, index: Index) -> Option<ValueId> {
    net.add(Op::Take(Take { axes: vec![(axis, index)] }), &[x])
}

/// An axis, mostly that of channels.
fn axis(dice: &mut Dice, rank: usize) -> usize {
    let channels = rank.saturating_sub(3);
    [channels, channels, rank - 1, rank.saturating_sub(2), 0][dice.roll(5)]
}

/// Two or three values that have all other extents in common; one may be there twice.
pub fn concat(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let a = net.pick(dice, |shape| !shape.is_empty())?;
    let shape = net.shape(a);
    let axis = axis(dice, shape.len());
    let fits = |other: &[usize]| {
        other.len() == shape.len() && (0..shape.len()).all(|at| at == axis || other[at] == shape[at])
    };
    let mut operands = vec![a];
    for _ in 0..1 + dice.roll(2) {
        operands.push(net.pick(dice, fits)?);
    }
    net.add(Op::Concat { axis }, &operands).map(drop)
}

/// A slice: some elements of an axis, every second one, or backwards.
pub fn slice(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| !shape.is_empty())?;
    let shape = net.shape(x);
    let axis = axis(dice, shape.len());
    let extent = shape[axis];
    let start = dice.pick(&[0, extent / 2, extent / 3, extent / 16 * 16]).min(extent - 1);
    let rest = extent - start;
    let index = match dice.roll(4) {
        0 => Index::run(start, 1, rest),
        1 => Index::run(start, 1, rest.div_ceil(2)),
        2 => Index::run(start, 2, rest.div_ceil(2)),
        _ => Index::run(extent - 1, -1, rest),
    };
    take(net, x, axis, index?).map(drop)
}

/// Two parts, both of which may be read.
pub fn split(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| !shape.is_empty())?;
    let shape = net.shape(x);
    let axis = axis(dice, shape.len());
    let extent = shape[axis];
    let at = dice.pick(&[extent / 2, extent / 3, extent / 32 * 16, 1]);
    (0 < at && at < extent).then_some(())?;
    take(net, x, axis, Index::run(0, 1, at)?)?;
    take(net, x, axis, Index::run(at, 1, extent - at)?).map(drop)
}

/// Elements of an axis in any order.
pub fn gather(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| !shape.is_empty())?;
    let shape = net.shape(x);
    let axis = axis(dice, shape.len());
    let list: Vec<usize> = (0..1 + dice.roll(4)).map(|_| dice.roll(shape[axis])).collect();
    take(net, x, axis, Index::of(&list)?).map(drop)
}

pub fn pad(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let rank = net.shape(x).len();
    // Mostly of the last two axes.
    let side = |dice: &mut Dice| -> Vec<usize> {
        let all = dice.roll(4) == 3;
        (0..rank).map(|axis| if axis + 2 >= rank || all { dice.roll(3) } else { 0 }).collect()
    };
    let (before, after) = (side(dice), side(dice));
    let mode = PadMode::Constant(Real::new(dice.pick(&[0.0, 0.0, 0.5])));
    net.add(Op::Pad(Pad { before, after, mode }), &[x]).map(drop)
}

pub fn transpose(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let mut left: Vec<usize> = (0..net.shape(x).len()).rev().collect();
    let mut perm = Vec::new();
    while !left.is_empty() {
        perm.push(left.remove(dice.roll(left.len())));
    }
    net.add(Op::Transpose { perm }, &[x]).map(drop)
}

/// Flattened behind an axis, or as a sequence of positions.
pub fn reshape(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| shape.len() >= 2)?;
    let shape = net.shape(x);
    let product = |list: &[usize]| list.iter().product::<usize>();
    let new = match dice.roll(4) {
        0 => vec![shape[0], product(&shape[1..])],
        1 => [&shape[..shape.len() - 2], &[product(&shape[shape.len() - 2..])]].concat(),
        2 => [&shape[..], &[1]].concat().into_iter().skip(usize::from(shape[0] == 1)).collect(),
        _ => vec![1, shape[0], shape[1], product(&shape[2..])],
    };
    net.reshape(x, &new).map(drop)
}

/// Channels of two groups in turn, or squares of positions out of channels.
pub fn shuffle(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (x, [n, c, h, w]) = net.map(dice)?;
    let groups = dice.pick(&[2, 3, 4]);
    let squares = dice.roll(3) == 2;
    let (split, perm, shape) = if squares {
        (vec![n, 2, 2, c / 4, h, w], vec![0, 3, 4, 1, 5, 2], [n, c / 4, 2 * h, 2 * w])
    } else {
        (vec![n, groups, c / groups, h, w], vec![0, 2, 1, 3, 4], [n, c, h, w])
    };
    let x = net.reshape(x, &split)?;
    let x = net.add(Op::Transpose { perm }, &[x])?;
    net.reshape(x, &shape).map(drop)
}

/// Each position twice, down or across.
pub fn nearest(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (x, shape) = net.map(dice)?;
    let axis = 2 + dice.roll(2);
    let twice = Piece { start: 0, count: 2, step: 0, times: shape[axis], stride: 1 };
    let wider = take(net, x, axis, Index::new(vec![twice])?)?;
    if dice.roll(2) == 0 {
        let axis = 5 - axis;
        let twice = Piece { start: 0, count: 2, step: 0, times: shape[axis], stride: 1 };
        take(net, wider, axis, Index::new(vec![twice])?)?;
    }
    Some(())
}

/// Weighted sums of two or three neighbours along an axis.
pub fn linear(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| shape.len() >= 2)?;
    let shape = net.shape(x);
    let axis = shape.len() - 1 - dice.roll(2);
    let taps = dice.pick(&[2, 3]);
    let places = (shape[axis] + 1).checked_sub(taps)?;
    let rows = dice.pick(&[shape[axis], 2 * shape[axis], shape[axis].div_ceil(2)]);
    let first: Vec<usize> = (0..rows).map(|row| row * places / rows).collect();
    (places > 0).then_some(())?;
    let weights = net.constant(&[rows, taps], 0.0, 1.0)?;
    net.add(Op::Resample(Resample { axis, first: Index::of(&first)? }), &[x, weights]).map(drop)
}

/// One more input, of the shape of a value.
pub fn input(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let shape = TensorType::f32(net.shape(x)).shape;
    net.input(&shape);
    Some(())
}
