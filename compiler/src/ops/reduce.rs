//! Reductions over axes, and operators along one axis.

use std::cmp::Ordering;

use super::Reduce;
use super::check::{self, MISSING};
use crate::base::reduce::{Along, Fold};
use crate::base::tensor::{DType, Elements, Tensor, TensorType};

/// The axes stay, with an extent of 1.
pub(super) fn infer(reduce: &Reduce, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let of_floats = !reduce.act.is_none() || !reduce.kind.of().is_none() || reduce.kind.is_mean();
    let picks = matches!(reduce.kind.fold(), Fold::Max | Fold::Min);
    if of_floats || x.dtype == DType::Bool && !picks {
        check::float(inputs)?;
    }
    if reduce.axes.is_empty() || !reduce.axes.is_sorted_by(|a, b| a < b) {
        return Err(format!("its axes {:?} are none, or not in order", reduce.axes));
    }
    let mut shape = x.shape.clone();
    for &axis in &reduce.axes {
        *shape.get_mut(axis).ok_or_else(|| no_axis(axis, x.shape.len()))? = 1;
    }
    check::tensor_type(x.dtype, shape)
}

fn no_axis(axis: usize, rank: usize) -> String {
    format!("its axis is {axis}, its input has {rank} axes")
}

pub(super) fn eval(reduce: &Reduce, inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let targets = targets(&x.ty.shape, &reduce.axes);
    Ok(match &x.elements {
        Elements::Float(x) => {
            let fold = reduce.kind.fold();
            let mut results = vec![f64::from(fold.neutral()); output.elements()];
            for (&x, target) in x.iter().zip(targets) {
                let (a, b) = (results[target], reduce.kind.of().eval(x));
                results[target] = match fold {
                    Fold::Sum => a + b,
                    Fold::Product => a * b,
                    Fold::Max if a > b || a.is_nan() => a,
                    Fold::Min if a < b || a.is_nan() => a,
                    Fold::Max | Fold::Min => b,
                };
            }
            let count = x.len() as f64 / results.len() as f64;
            let divisor = if reduce.kind.is_mean() { count } else { 1.0 };
            Elements::Float(results.iter().map(|&result| reduce.act.eval(result / divisor)).collect())
        }
        Elements::Int(x) => Elements::Int(integers(reduce.kind.fold(), x, targets, output)?),
    })
}

/// Exact.
fn integers(fold: Fold, x: &[i64], targets: Vec<usize>, output: &TensorType) -> Result<Vec<i64>, String> {
    let range = super::shape::integer_range(output.dtype);
    let neutral = match fold {
        Fold::Sum => 0,
        Fold::Product => 1,
        Fold::Max => *range.start(),
        Fold::Min => *range.end(),
    };
    let mut results = vec![neutral; output.elements()];
    for (&x, target) in x.iter().zip(targets) {
        let folded = match fold {
            Fold::Sum => results[target].checked_add(x),
            Fold::Product => results[target].checked_mul(x),
            Fold::Max => Some(results[target].max(x)),
            Fold::Min => Some(results[target].min(x)),
        };
        let overflows = || format!("it overflows {}", output.dtype.name());
        results[target] = folded.filter(|value| range.contains(value)).ok_or_else(overflows)?;
    }
    Ok(results)
}

/// For each element of an operand of this shape, the element of the result that it goes into.
fn targets(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    let mut targets = vec![0];
    for (axis, &extent) in shape.iter().enumerate() {
        let (own, step) = if axes.contains(&axis) { (1, 0) } else { (extent, 1) };
        targets = targets.iter().flat_map(|base| (0..extent).map(move |i| base * own + i * step)).collect();
    }
    targets
}

pub(super) fn infer_along(along: Along, axis: usize, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let mut shape = x.shape.clone();
    let extent = shape.get_mut(axis).ok_or_else(|| no_axis(axis, x.shape.len()))?;
    let count = along.extent(*extent);
    if x.dtype == DType::Bool {
        return Err("it works on numbers, not bool".to_owned());
    }
    if count > *extent || *extent == 0 {
        return Err(format!("it takes {count} of the {extent} elements of axis {axis}"));
    }
    *extent = count;
    check::tensor_type(if along.counts() { DType::I64 } else { x.dtype }, shape)
}

pub(super) fn eval_along(
    along: Along,
    axis: usize,
    inputs: &[&Tensor],
    output: &TensorType,
) -> Result<Elements, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let (extent, count) = (x.ty.shape[axis], output.shape[axis]);
    let inner: usize = x.ty.shape[axis + 1..].iter().product();
    let outer = output.elements() / (count * inner).max(1);
    // For each element of the result, its line of the operand and its number in the line.
    let lines = (0..outer).flat_map(|o| (0..count).flat_map(move |k| (0..inner).map(move |i| (o, k, i))));
    let at = |o: usize, i: usize, k: usize| (o * extent + k) * inner + i;
    if let Along::CumSum { exclusive } = along {
        let last = |k: usize| if exclusive { k } else { k + 1 };
        return Ok(match &x.elements {
            Elements::Float(x) => {
                Elements::Float(lines.map(|(o, k, i)| (0..last(k)).map(|k| x[at(o, i, k)]).sum()).collect())
            }
            Elements::Int(x) => {
                let sum = |(o, k, i): (usize, usize, usize)| {
                    (0..last(k)).try_fold(0i64, |sum, k| sum.checked_add(x[at(o, i, k)]))
                };
                Elements::Int(lines.map(sum).collect::<Option<_>>().ok_or("it overflows i64")?)
            }
        });
    }
    let mut picked = Vec::with_capacity(output.elements());
    for (o, k, i) in lines {
        let less = |&a: &usize, &b: &usize| compare(&x.elements, at(o, i, a), at(o, i, b));
        // As NumPy has it: sorting puts NaN behind all numbers, but the first NaN is also what `argmin` gives.
        let nan = |&k: &usize| x.floats().is_some_and(|x| x[at(o, i, k)].is_nan());
        let mut order: Vec<usize> = (0..extent).collect();
        // Stable: equal elements keep their order.
        match along {
            Along::ArgMax { last: true } | Along::ArgMin { last: true } => order.reverse(),
            _ => {}
        }
        match along {
            Along::ArgMin { .. } => order.sort_by(|a, b| nan(b).cmp(&nan(a)).then_with(|| less(a, b))),
            Along::TopValues { smallest: true, .. } | Along::TopIndices { smallest: true, .. } => {
                order.sort_by(less)
            }
            _ => order.sort_by(|a, b| less(b, a)),
        }
        picked.push((at(o, i, order[k]), order[k]));
    }
    Ok(match &x.elements {
        _ if along.counts() => Elements::Int(picked.iter().map(|&(_, number)| number as i64).collect()),
        Elements::Float(x) => Elements::Float(picked.iter().map(|&(at, _)| x[at]).collect()),
        Elements::Int(x) => Elements::Int(picked.iter().map(|&(at, _)| x[at]).collect()),
    })
}

fn compare(elements: &Elements, a: usize, b: usize) -> Ordering {
    match elements {
        Elements::Float(x) => x[a].partial_cmp(&x[b]).unwrap_or_else(|| x[a].is_nan().cmp(&x[b].is_nan())),
        Elements::Int(x) => x[a].cmp(&x[b]),
    }
}
