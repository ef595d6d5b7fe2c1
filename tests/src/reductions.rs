//! Operands and results of reductions, by definition.

use crate::case::{Parts, Want};
use crate::naive;
use crate::numbers::Numbers;
use std::cmp::Ordering;
use tilewright::base::reduce::{Along, ReduceKind};
use tilewright::kernel::spec::{AlongSpec, ReduceSpec};

/// Every index of the extents, outermost axis slowest.
fn indices(extents: &[usize]) -> Vec<Vec<usize>> {
    extents.iter().fold(vec![Vec::new()], |list, &extent| {
        let more =
            |index: &Vec<usize>| (0..extent).map(|i| [index.as_slice(), &[i]].concat()).collect::<Vec<_>>();
        list.iter().flat_map(more).collect()
    })
}

pub(crate) fn reduce(spec: &ReduceSpec, numbers: &mut Numbers) -> Parts {
    let x = numbers.units(spec.x.len);
    let mut want = vec![if spec.halo.is_some() { Want::Zero } else { Want::Untouched }; spec.y.len];
    let at = |base: usize, index: &[usize], strides: &[usize]| {
        base + index.iter().zip(strides).map(|(i, by)| i * by).sum::<usize>()
    };
    let count = spec.reduced.iter().product::<usize>();
    for kept in indices(&spec.kept) {
        let of = |reduced: Vec<usize>| {
            f64::from(x[at(spec.x.base, &[kept.clone(), reduced].concat(), &spec.x.strides)])
        };
        let list: Vec<f64> = indices(&spec.reduced).into_iter().map(of).collect();
        let result = match spec.kind {
            ReduceKind::Sum => list.iter().sum(),
            ReduceKind::Mean => list.iter().sum::<f64>() / count as f64,
            ReduceKind::Product => list.iter().product(),
            ReduceKind::Max => list.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ReduceKind::Min => list.iter().copied().fold(f64::INFINITY, f64::min),
            ReduceKind::Sizes => list.iter().map(|x| x.abs()).sum(),
            ReduceKind::Squares => list.iter().map(|x| x * x).sum(),
            ReduceKind::MeanSquare => list.iter().map(|x| x * x).sum::<f64>() / count as f64,
        };
        want[at(spec.y.base, &kept, &spec.y.strides)] = Want::Value(naive::activate(spec.act, result));
    }
    (vec![x], want, count + 4, 1.0)
}

pub(crate) fn along(spec: &AlongSpec, numbers: &mut Numbers) -> Parts {
    // Few different numbers, so that some are equal.
    let x: Vec<f32> =
        numbers.units(spec.outer * spec.len * spec.inner).iter().map(|x| (x * 8.0).round()).collect();
    let count = spec.along.extent(spec.len);
    let mut want = Vec::new();
    for o in 0..spec.outer {
        for k in 0..count {
            for i in 0..spec.inner {
                let line: Vec<f64> =
                    (0..spec.len).map(|k| f64::from(x[(o * spec.len + k) * spec.inner + i])).collect();
                want.push(Want::Value(element(spec.along, &line, k)));
            }
        }
    }
    (vec![x], want, 0, 0.0)
}

/// Element `k` of the result of a line.
fn element(along: Along, line: &[f64], k: usize) -> f64 {
    // Numbers of the elements in the order of their values, equal ones in their own order.
    let sorted = |falling: bool| {
        let mut order: Vec<usize> = (0..line.len()).collect();
        order.sort_by(
            // Zeros of either sign are equal, and no line has a NaN.
            |&a, &b| {
                let (a, b) = if falling { (b, a) } else { (a, b) };
                line[a].partial_cmp(&line[b]).unwrap_or(Ordering::Equal)
            },
        );
        order
    };
    let first = |falling: bool, last: bool| {
        let order = sorted(falling);
        let best = line[order[0]];
        let equal = order.iter().copied().filter(|&i| line[i] == best);
        if last { equal.max() } else { equal.min() }
    };
    match along {
        Along::ArgMax { last } => first(true, last).map_or(f64::NAN, |i| i as f64),
        Along::ArgMin { last } => first(false, last).map_or(f64::NAN, |i| i as f64),
        Along::TopValues { smallest, .. } => line[sorted(!smallest)[k]],
        Along::TopIndices { smallest, .. } => sorted(!smallest)[k] as f64,
        Along::CumSum { exclusive } => line[..k + usize::from(!exclusive)].iter().sum(),
    }
}
