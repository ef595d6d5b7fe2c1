//! Operators that move or convert elements without computing: Reshape, Reorder, Identity, Cast.

use std::ops::RangeInclusive;

use super::check::MISSING;
use crate::base::tensor::{DType, Elements, Tensor, TensorType};

pub(super) fn infer_same(inputs: &[&TensorType]) -> Result<TensorType, String> {
    inputs.first().map(|&x| x.clone()).ok_or_else(|| MISSING.to_owned())
}

pub(super) fn infer_cast(to: DType, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let x = inputs.first().ok_or(MISSING)?;
    Ok(TensorType { dtype: to, shape: x.shape.clone() })
}

pub(super) fn check_reshape(inputs: &[&TensorType], output: &TensorType) -> Result<(), String> {
    let x = inputs.first().ok_or(MISSING)?;
    let elements = output.shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent));
    if x.dtype == output.dtype && elements == Some(x.elements()) {
        Ok(())
    } else {
        Err(format!("{x} and {output} do not have the same elements"))
    }
}

pub(super) fn eval_same(inputs: &[&Tensor]) -> Result<Elements, String> {
    inputs.first().map(|x| x.elements.clone()).ok_or_else(|| MISSING.to_owned())
}

/// Floats round to nearest even; float to integer truncates, and must fit; to bool is "not zero".
pub(super) fn eval_cast(to: DType, inputs: &[&Tensor]) -> Result<Elements, String> {
    let x = inputs.first().ok_or(MISSING)?;
    let range = integer_range(to);
    let misfit = |value: &dyn std::fmt::Display| format!("{value} does not fit {}", to.name());
    Ok(match (&x.elements, to) {
        (Elements::Float(x), DType::Bool) => Elements::Int(x.iter().map(|&x| (x != 0.0).into()).collect()),
        (Elements::Int(x), DType::Bool) => Elements::Int(x.iter().map(|&x| (x != 0).into()).collect()),
        (Elements::Float(x), _) if to.is_float() => {
            Elements::Float(x.iter().map(|&x| round(x, to)).collect())
        }
        (Elements::Int(x), _) if to.is_float() => {
            Elements::Float(x.iter().map(|&x| round(x as f64, to)).collect())
        }
        (Elements::Float(x), _) => {
            // 2^63 is the first float that i64 cannot hold.
            let convert = |&x: &f64| {
                let fits = x.trunc() >= -(2f64.powi(63)) && x.trunc() < 2f64.powi(63);
                let whole = x.trunc() as i64;
                if fits && range.contains(&whole) { Ok(whole) } else { Err(misfit(&x)) }
            };
            Elements::Int(x.iter().map(convert).collect::<Result<_, _>>()?)
        }
        (Elements::Int(x), _) => {
            let convert = |&x: &i64| if range.contains(&x) { Ok(x) } else { Err(misfit(&x)) };
            Elements::Int(x.iter().map(convert).collect::<Result<_, _>>()?)
        }
    })
}

/// The integers that an integer type holds.
pub(super) fn integer_range(dtype: DType) -> RangeInclusive<i64> {
    match dtype {
        DType::I8 => i8::MIN.into()..=i8::MAX.into(),
        DType::U8 => 0..=u8::MAX.into(),
        DType::I32 => i32::MIN.into()..=i32::MAX.into(),
        DType::Bool => 0..=1,
        DType::I64 | DType::F32 | DType::F64 | DType::F16 | DType::BF16 => i64::MIN..=i64::MAX,
    }
}

/// The nearest value of a floating-point type, ties to even.
fn round(x: f64, to: DType) -> f64 {
    // Fraction bits and the exponents of the smallest normal and the largest number (IEEE 754, table 3.5).
    let (fraction, least, most) = match to {
        DType::F16 => (10, -14, 15),
        DType::BF16 => (7, -126, 127),
        DType::F32 => return f64::from(x as f32),
        _ => return x,
    };
    let exponent = (((x.to_bits() >> 52) & 0x7ff) as i32 - 1023).max(least);
    let ulp = 2f64.powi(exponent - fraction);
    let rounded = (x / ulp).round_ties_even() * ulp;
    if rounded.is_finite() && rounded.abs() >= 2f64.powi(most + 1) {
        f64::INFINITY.copysign(x)
    } else {
        rounded
    }
}
