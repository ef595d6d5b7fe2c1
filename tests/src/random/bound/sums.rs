//! Operators that are sums of products.

use super::{Known, U, run};
use tilewright::base::epilogue::Act;
use tilewright::base::real::Real;
use tilewright::base::tensor::Tensor;
use tilewright::kernel::spec::WinogradSpec;
use tilewright::kernel::winograd::matrices::matrices;
use tilewright::ops::{Binary, BinaryKind, Conv, MatMul, Op};

/// Roundings that fusions may add to those of the terms.
const FUSED: usize = 6;

/// The bound by the formula of the [module](super).
pub fn bound(
    op: &Op,
    x: &[&Known],
    constants: &[bool],
    value: Tensor,
    winograd: Option<&WinogradSpec>,
) -> Known {
    let sizes = sizes_alone(op);
    let on = |list: fn(&Known) -> Vec<f64>| {
        let lists = operands(op, x, list);
        run(&sizes, &lists.iter().collect::<Vec<_>>(), &value)
    };
    let (reach, size, terms) = (on(Known::reach), on(Known::abs), on(Known::terms));
    let (roundings, rounded) = match (winograd, op) {
        (Some(spec), Op::Conv(conv)) => {
            let points = spec.points()[0] + spec.points()[1];
            // Two passes of the input transform and of the inverse, a sum over the channels.
            let channels = x[1].value.ty.shape[1];
            (channels + 4 * points + FUSED, transformed(conv, spec, x, &value))
        }
        _ => (count(op, x) + FUSED, terms.clone()),
    };
    let parts = reach.iter().zip(&size).zip(&rounded);
    let off = parts
        .map(|((reach, size), rounded)| (reach - size).max(0.0) + roundings as f64 * U * rounded)
        .collect();
    let constant = matches!(op, Op::Binary(_)) && constants.contains(&true);
    let folds = constant || matches!(op, Op::BatchNorm { .. });
    let size = if folds { terms } else { value.to_f64().iter().map(|x| x.abs()).collect() };
    Known { value, off, size }
}

/// The operator whose result on sizes is the sum of the sizes of its products.
fn sizes_alone(op: &Op) -> Op {
    match op {
        Op::Binary(Binary { kind: BinaryKind::Sub, act }) => {
            Op::Binary(Binary { kind: BinaryKind::Add, act: *act })
        }
        Op::MatMul(matmul) => Op::MatMul(MatMul { alpha: Real::new(matmul.alpha.get().abs()), ..*matmul }),
        Op::BatchNorm { .. } => Op::Affine { act: Act::None },
        other => other.clone(),
    }
}

/// Its operands.
fn operands(op: &Op, x: &[&Known], list: fn(&Known) -> Vec<f64>) -> Vec<Tensor> {
    if let (Op::BatchNorm { eps }, [x, gamma, beta, mean, variance]) = (op, x) {
        let root = |v: f64| (v + f64::from(eps.get())).sqrt();
        let scale: Vec<f64> = list(gamma).iter().zip(list(variance)).map(|(g, v)| g / root(v)).collect();
        let moved = list(mean).into_iter().zip(&scale).map(|(m, s)| m * s);
        let shift = list(beta).iter().zip(moved).map(|(b, m)| b + m).collect();
        return vec![x.tensor(list(x)), gamma.tensor(scale), beta.tensor(shift)];
    }
    x.iter().map(|x| x.tensor(list(x))).collect()
}

/// Terms of the longest sum.
fn count(op: &Op, x: &[&Known]) -> usize {
    let shape = &x[0].value.ty.shape;
    match op {
        Op::Conv(_) => x[1].value.ty.shape[1..].iter().product(),
        Op::MatMul(matmul) => shape[shape.len() - if matmul.trans_a { 2 } else { 1 }],
        Op::Pool(pool) => pool.window.kernel[0] * pool.window.kernel[1],
        Op::GlobalAvgPool => shape[2] * shape[3],
        Op::Resample(_) => x[1].value.ty.shape[1],
        Op::Reduce(reduce) => reduce.axes.iter().map(|&axis| shape[axis]).product::<usize>() + 2,
        Op::Along { axis, .. } => shape[*axis],
        _ => 2,
    }
}

/// Sizes of what Winograd's algorithm adds up for each output: for each channel the largest element of the plane times all
/// weights, whatever of the window lies in the padding; and the bias.
fn transformed(conv: &Conv, spec: &WinogradSpec, x: &[&Known], value: &Tensor) -> Vec<f64> {
    let (shape, weights) = (&x[0].value.ty.shape, &x[1].value.ty.shape);
    let largest = |plane: &[f64]| plane.iter().fold(0.0, |most: f64, x| most.max(*x));
    let planes: Vec<f64> = x[0].terms().chunks(shape[2] * shape[3]).map(largest).collect();
    let filters: Vec<f64> =
        x[1].abs().chunks(weights[2] * weights[3]).map(|taps| taps.iter().sum()).collect();
    let bias = x.get(2).map_or_else(|| vec![0.0; weights[0]], |bias| bias.abs());
    let (inputs, outputs) = (weights[1], weights[0] / conv.groups);
    let factor = amplification(spec);
    let positions: usize = value.ty.shape[2..].iter().product();
    let mut all = Vec::with_capacity(value.ty.elements());
    for image in planes.chunks(shape[1]) {
        for (out, filter) in filters.chunks(inputs).enumerate() {
            let inputs = image.iter().skip(out / outputs * inputs);
            let sum: f64 = inputs.zip(filter).map(|(x, w)| x * w).sum();
            all.extend(std::iter::repeat_n(factor * sum + bias[out], positions));
        }
    }
    all
}

/// What the transforms make of the sizes of products, over both axes.
pub fn amplification(spec: &WinogradSpec) -> f64 {
    let along = |axis: usize| {
        let all = matrices(spec.tile[axis], spec.conv.taps.stride[axis]);
        let largest = |row: &[f64]| row.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let total = |row: &[f64]| row.iter().map(|x| x.abs()).sum::<f64>();
        let weight = |point: usize| largest(&all.weight[point.min(all.weight.len() - 1)]);
        let of = |row: &Vec<f64>| -> f64 {
            let points = row.iter().zip(&all.input).enumerate();
            points.map(|(f, (a, input))| a.abs() * weight(f) * total(input)).sum()
        };
        all.output.iter().map(of).fold(0.0, f64::max)
    };
    along(0) * along(1)
}
