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

pub(super) fn infer_binary(op: Binary, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let dtype = op.kind.result(check::same_dtype(inputs)?)?;
    if !op.act.is_none() && !dtype.is_float() {
        return Err("it activates floats only".to_owned());
    }
    check::tensor_type(dtype, common(inputs)?)
}

pub(super) fn infer_select(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [condition, values @ ..] = inputs else { return Err(MISSING.to_owned()) };
    if condition.dtype != DType::Bool {
        return Err(format!("its condition is {condition}, not of bool"));
    }
    check::tensor_type(check::same_dtype(values)?, common(inputs)?)
}

/// The shape to which all operands broadcast.
fn common(inputs: &[&TensorType]) -> Result<Vec<usize>, String> {
    inputs.iter().try_fold(Vec::new(), |shape, input| {
        broadcast(&shape, &input.shape).ok_or_else(|| {
            let shapes: Vec<_> = inputs.iter().map(|input| format!("{:?}", input.shape)).collect();
            format!("its operands of shapes {} do not broadcast", shapes.join(" and "))
        })
    })
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
    Ok(match (&a.elements, &b.elements) {
        (Elements::Float(a), Elements::Float(b)) => {
            let values = pairs.map(|(i, j)| op.act.eval(op.kind.float(a[i], b[j])));
            if output.dtype.is_float() {
                Elements::Float(values.collect())
            } else {
                Elements::Int(values.map(|truth| truth as i64).collect())
            }
        }
        (Elements::Int(a), Elements::Int(b)) => {
            let values = pairs.map(|(i, j)| integer(op.kind, a[i], b[j], output.dtype));
            Elements::Int(values.collect::<Result<_, _>>()?)
        }
        _ => return Err("its operands differ in type".to_owned()),
    })
}

/// Exact; what does not fit the type is an error.
fn integer(kind: BinaryKind, a: i64, b: i64, dtype: DType) -> Result<i64, String> {
    if matches!(kind, BinaryKind::Div | BinaryKind::Mod | BinaryKind::Fmod) && b == 0 {
        return Err("it divides an integer by zero".to_owned());
    }
    let range = super::shape::integer_range(dtype);
    let exact = kind.integer(a, b).filter(|value| range.contains(value));
    exact.ok_or_else(|| format!("it overflows {}", dtype.name()))
}

pub(super) fn eval_select(inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let [condition, a, b] = inputs else { return Err(MISSING.to_owned()) };
    let truths = condition.ints().ok_or("its condition is not of bool")?;
    let [at, at_a, at_b] = [condition, a, b].map(|operand| offsets(&operand.ty.shape, &output.shape));
    fn choose<T: Copy>(truths: &[i64], at: &[usize], a: [(&[T], &[usize]); 2]) -> Vec<T> {
        let [(yes, at_yes), (no, at_no)] = a;
        let pick = |i: usize| if truths[at[i]] != 0 { yes[at_yes[i]] } else { no[at_no[i]] };
        (0..at.len()).map(pick).collect()
    }
    Ok(match (&a.elements, &b.elements) {
        (Elements::Float(a), Elements::Float(b)) => {
            Elements::Float(choose(truths, &at, [(a, &at_a), (b, &at_b)]))
        }
        (Elements::Int(a), Elements::Int(b)) => Elements::Int(choose(truths, &at, [(a, &at_a), (b, &at_b)])),
        _ => return Err("its operands differ in type".to_owned()),
    })
}
