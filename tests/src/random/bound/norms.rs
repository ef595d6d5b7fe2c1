//! Operators that are no sums of products: extremes, quotients, softmax, normalisations.

use super::{Known, U, Unbounded, run};
use tilewright::base::real::Real;
use tilewright::base::tensor::Tensor;
use tilewright::ops::{Along, Binary, BinaryKind, Lrn, Op, Pool, PoolKind, Reduce, ReduceKind};

/// The bound of an operator that is no sum of products; `None` for one that is.
pub fn bound(op: &Op, x: &[&Known], value: &Tensor) -> Result<Option<Vec<f64>>, Unbounded> {
    let offs = || -> Vec<Tensor> { x.iter().map(|x| x.tensor(x.off.clone())).collect() };
    let of = |op: &Op| run(op, &offs().iter().collect::<Vec<_>>(), value);
    Ok(match op {
        // Extremes move no further than what they are taken of.
        Op::Pool(Pool { kind: PoolKind::Max, .. }) => Some(of(op)),
        Op::Reduce(Reduce { kind: ReduceKind::Max | ReduceKind::Min, axes, act }) => {
            Some(of(&Op::Reduce(Reduce { kind: ReduceKind::Max, axes: axes.clone(), act: *act })))
        }
        Op::Binary(Binary { kind: BinaryKind::Max | BinaryKind::Min, act }) => {
            Some(of(&Op::Binary(Binary { kind: BinaryKind::Max, act: *act })))
        }
        Op::Along { along: Along::TopValues { .. }, .. } => {
            let most = x[0].off.iter().fold(0.0, |most: f64, e| most.max(*e));
            Some(vec![most; value.ty.elements()])
        }
        Op::Binary(Binary { kind: BinaryKind::Div, act }) => {
            let divide = Op::Binary(Binary { kind: BinaryKind::Div, act: *act });
            let least = x[1].abs().iter().zip(&x[1].off).map(|(x, e)| (x - e).max(1e-30)).collect();
            let most = run(&divide, &[&x[0].tensor(x[0].reach()), &x[1].tensor(least)], value);
            let spread = most.iter().zip(value.to_f64()).map(|(most, y)| most - y.abs() + 8.0 * U * most);
            Some(spread.collect())
        }
        Op::Binary(Binary { kind: BinaryKind::PRelu, act }) => {
            if !x[1].is_exact() || x[1].abs().iter().any(|&slope| slope > 1.0) {
                return Unbounded::because("slopes are constants of at most 1");
            }
            let add = Op::Binary(Binary { kind: BinaryKind::Add, act: *act });
            let none = x[1].tensor(vec![0.0; x[1].off.len()]);
            let off = run(&add, &[&x[0].tensor(x[0].off.clone()), &none], value);
            Some(off.iter().zip(value.to_f64()).map(|(e, y)| e + 4.0 * U * y.abs()).collect())
        }
        _ => None,
    })
}

/// A softmax's parts change by at most a factor of `e^(2 e)`. Each exponential is of a difference, whose rounding counts as
/// its size; the sum and the quotient round as any.
pub fn softmax(axis: usize, x: &Known, value: &Tensor, log: bool) -> Vec<f64> {
    let shape = &x.value.ty.shape;
    let (len, inner): (usize, usize) = (shape[axis], shape[axis + 1..].iter().product());
    let (from, to) = (x.reach(), value.to_f64());
    let mut off = vec![0.0; to.len()];
    for line in 0..to.len() / len {
        let at = |i: usize| (line / inner * len + i) * inner + line % inner;
        let most = |list: &[f64]| (0..len).fold(0.0, |most: f64, i| most.max(list[at(i)]));
        let (e, size) = (most(&x.off), most(&from));
        let relative = (2.0 * e).exp_m1() + U * (4.0 * size + len as f64 + 16.0);
        for i in 0..len {
            let y = to[at(i)];
            off[at(i)] = if log { 2.0 * e + relative + 8.0 * U * y.abs() } else { relative * y + 1e-37 };
        }
    }
    off
}

/// `x g(x)` with `g = (bias + sums of squares)^-beta`, whose slope by the sums is largest where they are 0.
pub fn lrn(lrn: &Lrn, x: &Known, value: &Tensor) -> Result<Vec<f64>, Unbounded> {
    let [alpha, beta, bias] = [lrn.alpha, lrn.beta, lrn.bias].map(|number| f64::from(number.get()));
    if alpha < 0.0 || beta < 0.0 || bias <= 0.0 {
        return Unbounded::because(
            "the slope of a normalisation is largest at 0 where its numbers are positive",
        );
    }
    // The operator with an exponent of -1 and no bias: sizes times sums of squares.
    let product = Op::Lrn(Lrn { beta: Real::new(-1.0), bias: Real::new(0.0), ..*lrn });
    let with = |list: Vec<f64>| run(&product, &[&x.tensor(list)], value);
    let (most, least) = (with(x.reach()), with(x.abs()));
    let parts = most.iter().zip(least).zip(&x.off).zip(value.to_f64());
    let each = parts.map(|(((most, least), e), y)| {
        let sums = most - least + (lrn.size as f64 + 6.0) * U * most;
        bias.powf(-beta) * e + beta * bias.powf(-beta - 1.0) * sums + 32.0 * U * y.abs()
    });
    Ok(each.collect())
}
