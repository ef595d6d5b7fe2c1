//! Activations, and arithmetic of two operands with numpy broadcasting.

use super::check::{self, MISSING};
use super::{Binary, BinaryKind};
use crate::base::epilogue::Act;
use crate::base::functions::Func;
use crate::base::tensor::{DType, Elements, Tensor, TensorType};

pub(super) fn infer_act(act: Act, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    if !act.is_none() && (x.dtype == DType::Bool || of_integer(act, 0).is_none()) {
        check::float(inputs)?;
    }
    Ok((*x).clone())
}

pub(super) fn eval_act(act: Act, inputs: &[&Tensor]) -> Result<Elements, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let range = super::shape::integer_range(x.ty.dtype);
    let overflows = || format!("it overflows {}", x.ty.dtype.name());
    let integer = |&x: &i64| of_integer(act, x).flatten().filter(|y| range.contains(y)).ok_or_else(overflows);
    Ok(match &x.elements {
        Elements::Float(x) => Elements::Float(x.iter().map(|&x| act.eval(x)).collect()),
        Elements::Int(x) => Elements::Int(x.iter().map(integer).collect::<Result<_, _>>()?),
    })
}

/// What the function makes of an integer, in shape arithmetic; `None` when it is one of floats only.
fn of_integer(act: Act, x: i64) -> Option<Option<i64>> {
    match act {
        Act::None => Some(Some(x)),
        Act::Relu => Some(Some(x.max(0))),
        Act::Func(Func::Abs, _) => Some(x.checked_abs()),
        Act::Func(Func::Neg, _) => Some(x.checked_neg()),
        Act::Func(Func::Sign, _) => Some(Some(x.signum())),
        Act::Clip { .. } | Act::Func(..) => None,
    }
}

pub(super) fn infer_binary(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [a, b] = inputs else { return Err(MISSING.to_owned()) };
    let dtype = check::same_dtype(inputs)?;
    if dtype == DType::Bool {
        return Err("it computes with numbers, not bool".to_owned());
    }
    let shape = broadcast(&a.shape, &b.shape)
        .ok_or_else(|| format!("its operands of shapes {:?} and {:?} do not broadcast", a.shape, b.shape))?;
    check::tensor_type(dtype, shape)
}

/// The common shape of two operands: axes are aligned at the last one, and an extent of 1 repeats.
fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let extent =
        |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    let pairs = (0..rank).map(|axis| (extent(a, axis), extent(b, axis)));
    pairs
        .map(|pair| match pair {
            (x, y) if x == y => Some(x),
            (1, other) | (other, 1) => Some(other),
            _ => None,
        })
        .collect()
}

/// For each element of a result of shape `output`, where in an operand of shape `operand` it comes from.
fn offsets(operand: &[usize], output: &[usize]) -> Vec<usize> {
    let new_axes = output.len() - operand.len();
    let mut offsets = vec![0];
    for (axis, &extent) in output.iter().enumerate() {
        let own = axis.checked_sub(new_axes).map_or(1, |i| operand[i]);
        let step = usize::from(own != 1);
        offsets = offsets.iter().flat_map(|base| (0..extent).map(move |i| base * own + i * step)).collect();
    }
    offsets
}

pub(super) fn eval_binary(op: Binary, inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let [a, b] = inputs else { return Err(MISSING.to_owned()) };
    let at_a = offsets(&a.ty.shape, &output.shape);
    let at_b = offsets(&b.ty.shape, &output.shape);
    let pairs = at_a.into_iter().zip(at_b);
    match (&a.elements, &b.elements) {
        (Elements::Float(a), Elements::Float(b)) => {
            let value = |(i, j): (usize, usize)| op.act.eval(float(op.kind, a[i], b[j]));
            Ok(Elements::Float(pairs.map(value).collect()))
        }
        (Elements::Int(a), Elements::Int(b)) if op.act.is_none() => {
            let value = |(i, j): (usize, usize)| integer(op.kind, a[i], b[j], output.dtype);
            Ok(Elements::Int(pairs.map(value).collect::<Result<_, _>>()?))
        }
        _ => Err("it activates floats only".to_owned()),
    }
}

fn float(kind: BinaryKind, a: f64, b: f64) -> f64 {
    match kind {
        BinaryKind::Add => a + b,
        BinaryKind::Sub => a - b,
        BinaryKind::Mul => a * b,
        BinaryKind::Div => a / b,
    }
}

/// Exact; division truncates.
fn integer(kind: BinaryKind, a: i64, b: i64, dtype: DType) -> Result<i64, String> {
    if kind == BinaryKind::Div && b == 0 {
        return Err("it divides an integer by zero".to_owned());
    }
    let exact = match kind {
        BinaryKind::Add => a.checked_add(b),
        BinaryKind::Sub => a.checked_sub(b),
        BinaryKind::Mul => a.checked_mul(b),
        BinaryKind::Div => a.checked_div(b),
    };
    let range = super::shape::integer_range(dtype);
    exact.filter(|value| range.contains(value)).ok_or_else(|| format!("it overflows {}", dtype.name()))
}
