//! Steps that are layers: convolutions, pools, matrix products, normalisations.

use crate::random::net::{Dice, Net};
use tilewright::base::epilogue::{Act, Epilogue};
use tilewright::base::functions::Func;
use tilewright::base::real::Real;
use tilewright::ir::graph::ValueId;
use tilewright::ops::{BinaryKind, Conv, Lrn, MatMul, Op, Pool, PoolKind, Reduce, ReduceKind, Window};

/// Pads of an axis: as many as keep its extent, none, or any.
fn pads(dice: &mut Dice, reach: usize) -> (usize, usize) {
    match dice.roll(4) {
        0 | 1 => (reach / 2, reach - reach / 2),
        2 => (0, 0),
        _ => (dice.roll(reach + 1), dice.roll(reach + 1)),
    }
}

fn window(dice: &mut Dice, kernel: [usize; 2], stride: [usize; 2], dilation: [usize; 2]) -> Window {
    let [(top, bottom), (left, right)] = [0, 1].map(|axis| pads(dice, dilation[axis] * (kernel[axis] - 1)));
    Window { kernel, stride, dilation, pad_before: [top, left], pad_after: [bottom, right] }
}

/// A convolution of a map, with a bias or without.
fn convolve(
    net: &mut Net,
    dice: &mut Dice,
    x: ValueId,
    out: usize,
    groups: usize,
    window: Window,
) -> Option<ValueId> {
    let inputs = net.shape(x).get(1)? / groups;
    let [kh, kw] = window.kernel;
    let mut operands = vec![x, net.weights(dice, &[out, inputs, kh, kw], inputs * kh * kw)?];
    let bias = dice.roll(2) == 1;
    if bias {
        operands.push(net.constant(&[out], -0.5, 0.5)?);
    }
    let epilogue = Epilogue { bias, ..Epilogue::default() };
    net.add(Op::Conv(Conv { window, groups, epilogue }), &operands)
}

const KERNELS: [usize; 6] = [1, 3, 2, 5, 4, 7];

pub fn conv(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (x, _) = net.map(dice)?;
    let out = dice.pick(&[16, 1, 3, 8, 16, 17, 20, 32, 33, 48]);
    let kernel = dice.pair(&KERNELS);
    let window = match dice.roll(3) {
        0 => window(dice, kernel, [1, 1], [1, 1]),
        1 => window(dice, kernel, [2, 2], [1, 1]),
        _ => {
            let stride = dice.pair(&[1, 2, 3]);
            let dilation = dice.pair(&[1, 2, 3]);
            window(dice, kernel, stride, dilation)
        }
    };
    convolve(net, dice, x, out, 1, window).map(drop)
}

/// What Winograd's algorithm computes: 3x3 of stride 1 or 2, mostly followed by an activation.
pub fn square(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| shape.len() == 4 && shape[1] >= 16 && shape[2] >= 4 && shape[3] >= 4)?;
    let out = dice.pick(&[16, 32, 17, 40]);
    let stride = dice.pick(&[1, 1, 1, 2]);
    let window = window(dice, [3, 3], [stride, stride], [1, 1]);
    let y = convolve(net, dice, x, out, 1, window)?;
    if dice.roll(2) == 1 {
        net.add(Op::Act(Act::Relu), &[y])?;
    }
    Some(())
}

pub fn depthwise(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (x, [_, c, ..]) = net.map(dice)?;
    let kernel = dice.pair(&[3, 5, 2, 7]);
    let (stride, dilation) = (dice.pair(&[1, 2]), dice.pair(&[1, 1, 2]));
    let window = window(dice, kernel, stride, dilation);
    convolve(net, dice, x, c, c, window).map(drop)
}

/// In groups of any size, with as many outputs or others.
pub fn grouped(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (x, [_, c, ..]) = net.map(dice)?;
    let divisors: Vec<usize> = (2..=c).filter(|&groups| c.is_multiple_of(groups)).collect();
    let groups = *divisors.get(dice.roll(divisors.len()))?;
    let out = groups * dice.pick(&[c / groups, 1, 2, 3, 16]);
    let (kernel, stride) = (dice.pick(&[1, 3, 3, 2]), dice.pick(&[1, 1, 2]));
    let window = window(dice, [kernel; 2], [stride; 2], [1, 1]);
    convolve(net, dice, x, out, groups, window).map(drop)
}

pub fn batch_norm(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| shape.len() == 4)?;
    let c = net.shape(x)[1];
    let scale = net.constant(&[c], 0.25, 1.25)?;
    let (bias, mean) = (net.constant(&[c], -0.5, 0.5)?, net.constant(&[c], -0.5, 0.5)?);
    let variance = net.constant(&[c], 0.5, 2.0)?;
    let y = net.add(Op::BatchNorm { eps: Real::new(1e-3) }, &[x, scale, bias, mean, variance])?;
    if dice.roll(2) == 1 {
        net.add(Op::Act(Act::Relu), &[y])?;
    }
    Some(())
}

pub fn pool(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (x, [_, _, h, w]) = net.map(dice)?;
    let kernel = dice.pair(&[2, 3, 1, 4]);
    let (stride, dilation) = (dice.pair(&[1, 2, 3]), dice.pair(&[1, 1, 1, 2]));
    let kind = dice.pick(&[
        PoolKind::Max,
        PoolKind::Average { include_pad: false },
        PoolKind::Average { include_pad: true },
        PoolKind::Sum,
    ]);
    let window = window(dice, kernel, stride, dilation);
    // A window that lies in the padding alone has no maximum.
    let extents = [h, w];
    let inside = (0..2).all(|axis| {
        let (before, after) = (window.pad_before[axis], window.pad_after[axis]);
        before < kernel[axis] && after < kernel[axis] && extents[axis] >= dilation[axis] * kernel[axis]
    });
    let simple = dilation == [1, 1] || kind == PoolKind::Max;
    (inside && simple).then_some(())?;
    net.add(Op::Pool(Pool { kind, window, counted_after: window.pad_after }), &[x]).map(drop)
}

pub fn global_pool(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (x, _) = net.map(dice)?;
    net.add(Op::GlobalAvgPool, &[x]).map(drop)
}

/// Squeeze and excite: a map times a factor per channel that is computed from it.
pub fn squeeze(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (x, [_, c, ..]) = net.map(dice)?;
    let mean = net.add(Op::GlobalAvgPool, &[x])?;
    let one = window(&mut *dice, [1, 1], [1, 1], [1, 1]);
    let few = convolve(net, dice, mean, c.div_ceil(4), 1, one)?;
    let few = net.add(Op::Act(Act::Relu), &[few])?;
    let factor = convolve(net, dice, few, c, 1, one)?;
    let factor = net.func(Func::Sigmoid, [0.0; 2], factor)?;
    net.binary(BinaryKind::Mul, x, factor).map(drop)
}

/// A fully connected layer on all elements of an image, or on the last axis of a matrix.
pub fn gemm(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| shape.len() >= 2)?;
    let shape = net.shape(x);
    let (rows, k) = (shape[0], shape[1..].iter().product());
    let x = if shape.len() == 2 { x } else { net.reshape(x, &[rows, k])? };
    let n = dice.pick(&[10, 1, 16, 7, 33, 20]);
    let trans_b = dice.roll(2) == 1;
    let alpha = Real::new(dice.pick(&[1.0, 1.0, 0.5]));
    let bias = dice.roll(2) == 1;
    let weights = if trans_b { [n, k] } else { [k, n] };
    let mut operands = vec![x, net.weights(dice, &weights, k)?];
    if bias {
        operands.push(net.constant(&[n], -0.5, 0.5)?);
    }
    let epilogue = Epilogue { bias, ..Epilogue::default() };
    let y = net.add(Op::MatMul(MatMul { trans_a: false, trans_b, alpha, epilogue }), &operands)?;
    if dice.roll(2) == 1 {
        net.add(Op::Act(Act::Relu), &[y])?;
    }
    Some(())
}

/// The product of a value's matrices and their own transposes, over the number of terms.
pub fn matmul(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |shape| shape.len() == 2 || shape.len() == 3)?;
    let rank = net.shape(x).len();
    let mut perm: Vec<usize> = (0..rank).collect();
    perm.swap(rank - 2, rank - 1);
    let turned = net.add(Op::Transpose { perm }, &[x])?;
    let trans_a = dice.roll(3) == 2;
    let (a, b) = if trans_a { (x, x) } else { (x, turned) };
    let k = net.shape(b)[rank - 2];
    let op = MatMul { trans_a, trans_b: false, alpha: Real::new(1.0), epilogue: Epilogue::default() };
    let y = net.add(Op::MatMul(op), &[a, b])?;
    let scale = net.list(&[], &[1.0 / k as f32]);
    net.binary(BinaryKind::Mul, y, scale).map(drop)
}

pub fn softmax(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let rank = net.shape(x).len();
    let axis = rank.checked_sub(1 + dice.roll(rank))?;
    let op = if dice.roll(3) == 2 { Op::LogSoftmax { axis } } else { Op::Softmax { axis } };
    net.add(op, &[x]).map(drop)
}

pub fn lrn(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let (x, _) = net.map(dice)?;
    let size = dice.pick(&[5, 3, 2, 1]);
    let [alpha, beta, bias] = [0.1, 0.75, 1.0].map(Real::new);
    net.add(Op::Lrn(Lrn { size, alpha, beta, bias }), &[x]).map(drop)
}

/// A layer normalisation, written out: minus the mean, over the root of the mean square.
pub fn normalise(net: &mut Net, dice: &mut Dice) -> Option<()> {
    let x = net.pick(dice, |_| true)?;
    let rank = net.shape(x).len();
    let axes: Vec<usize> = (dice.pick(&[1, 2, 0]).min(rank.checked_sub(1)?)..rank).collect();
    let mean_of = |net: &mut Net, kind, x| {
        net.add(Op::Reduce(Reduce { kind, axes: axes.clone(), act: Act::None }), &[x])
    };
    let mean = mean_of(net, ReduceKind::Mean, x)?;
    let centred = net.binary(BinaryKind::Sub, x, mean)?;
    let variance = mean_of(net, ReduceKind::MeanSquare, centred)?;
    let epsilon = net.list(&[], &[0.5]);
    let moved = net.binary(BinaryKind::Add, variance, epsilon)?;
    let root = net.func(Func::Sqrt, [0.0; 2], moved)?;
    net.binary(BinaryKind::Div, centred, root).map(drop)
}
