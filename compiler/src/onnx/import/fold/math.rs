//! Equal, Where, Range, ReduceProd on known numbers.

use super::super::site::{Site, axis};
use super::{Operands, ints, offset, operand, pick, size};
use crate::base::tensor::{DType, Elements, Tensor, TensorType};
use crate::onnx::refusal::Refusal;

/// The shape to which all broadcast (numpy rules).
fn common(shapes: &[&[usize]]) -> Result<Vec<usize>, Refusal> {
    let rank = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let mut common = vec![1; rank];
    for shape in shapes {
        for (slot, &extent) in common.iter_mut().rev().zip(shape.iter().rev()) {
            match (*slot, extent) {
                (1, _) => *slot = extent,
                (_, 1) => {}
                (known, extent) if known == extent => {}
                _ => return Err(Refusal::invalid(format!("the extents {shapes:?} do not broadcast"))),
            }
        }
    }
    size(&common)?;
    Ok(common)
}

fn broadcast(x: &Tensor, shape: &[usize]) -> Result<Tensor, Refusal> {
    let old = &x.ty.shape;
    let skipped = shape.len().saturating_sub(old.len());
    pick(x, shape.to_vec(), |index| {
        let own = index.iter().skip(skipped).zip(old);
        offset(old, own.map(|(&i, &extent)| if extent == 1 { 0 } else { i }))
    })
}

/// Equal, elementwise.
pub(in super::super) fn equal(_: &Site, operands: Operands) -> Result<Tensor, Refusal> {
    let (a, b) = (operand(operands, 0)?, operand(operands, 1)?);
    if a.ty.dtype != b.ty.dtype {
        return Err(Refusal::invalid(format!("{} and {} differ in type", a.ty, b.ty)));
    }
    let shape = common(&[&a.ty.shape, &b.ty.shape])?;
    let (a, b) = (broadcast(a, &shape)?, broadcast(b, &shape)?);
    let equal: Vec<i64> = match (&a.elements, &b.elements) {
        (Elements::Int(a), Elements::Int(b)) => a.iter().zip(b).map(|(a, b)| i64::from(a == b)).collect(),
        _ => a.to_f64().iter().zip(b.to_f64()).map(|(a, b)| i64::from(*a == b)).collect(),
    };
    Ok(Tensor { ty: TensorType { dtype: DType::Bool, shape }, elements: Elements::Int(equal) })
}

/// Where: `condition ? a : b`, elementwise.
pub(in super::super) fn choose(_: &Site, operands: Operands) -> Result<Tensor, Refusal> {
    let (condition, a, b) = (operand(operands, 0)?, operand(operands, 1)?, operand(operands, 2)?);
    let shape = common(&[&condition.ty.shape, &a.ty.shape, &b.ty.shape])?;
    let (condition, a, b) = (broadcast(condition, &shape)?, broadcast(a, &shape)?, broadcast(b, &shape)?);
    let (Some(condition), true) = (condition.ints(), a.ty.dtype == b.ty.dtype) else {
        return Err(Refusal::invalid(format!("it chooses between {} and {}", a.ty, b.ty)));
    };
    fn pairs<T: Copy>(condition: &[i64], a: &[T], b: &[T]) -> Vec<T> {
        let both = a.iter().zip(b);
        condition.iter().zip(both).map(|(&yes, (&a, &b))| if yes != 0 { a } else { b }).collect()
    }
    let elements = match (&a.elements, &b.elements) {
        (Elements::Int(a), Elements::Int(b)) => Elements::Int(pairs(condition, a, b)),
        (Elements::Float(a), Elements::Float(b)) => Elements::Float(pairs(condition, a, b)),
        _ => return Err(Refusal::invalid("its operands differ in type")),
    };
    Ok(Tensor { ty: a.ty.clone(), elements })
}

/// Range of integers: start, limit, delta.
pub(in super::super) fn range(_: &Site, operands: Operands) -> Result<Tensor, Refusal> {
    let mut numbers = [0i64; 3];
    for (position, (slot, what)) in numbers.iter_mut().zip(["start", "limit", "delta"]).enumerate() {
        operand(operands, position)?;
        match ints(operands, position, what)?.unwrap_or_default() {
            [one] => *slot = *one,
            _ => return Err(Refusal::invalid(format!("its {what} must be one number"))),
        }
    }
    let [start, limit, delta] = numbers.map(i128::from);
    if delta == 0 {
        return Err(Refusal::invalid("its delta is 0"));
    }
    let span = limit - start;
    let count = (span / delta + i128::from(span % delta != 0 && (span > 0) == (delta > 0))).max(0);
    let count = size(&[usize::try_from(count).unwrap_or(usize::MAX)])?;
    let dtype = operand(operands, 0)?.ty.dtype;
    let all = (0..count as i128).map(|i| i64::try_from(start + i * delta).unwrap_or(i64::MAX)).collect();
    Ok(Tensor { ty: TensorType { dtype, shape: vec![count] }, elements: Elements::Int(all) })
}

/// ReduceProd of integers over axes: an attribute until opset 17, then an operand; none means all.
pub(in super::super) fn reduce_prod(site: &Site, operands: Operands) -> Result<Tensor, Refusal> {
    let x = operand(operands, 0)?;
    let numbers = ints(operands, 0, "operand")?.unwrap_or_default();
    let old = &x.ty.shape;
    let given = match site.attrs.ints("axes") {
        Some(axes) => axes,
        None => ints(operands, 1, "axes")?.unwrap_or_default(),
    };
    let axes: Vec<usize> = given.iter().map(|&at| axis(at, old.len(), false)).collect::<Result<_, _>>()?;
    if axes.is_empty() && site.attrs.int("noop_with_empty_axes").unwrap_or(0) != 0 {
        return Ok(x.clone());
    }
    let gone = |at: usize| axes.is_empty() || axes.contains(&at);
    let kept: Vec<usize> =
        old.iter().enumerate().map(|(at, &extent)| if gone(at) { 1 } else { extent }).collect();
    let mut products = vec![1i64; size(&kept)?];
    let overflow = || Refusal::invalid("its product overflows");
    let mut index = vec![0; old.len()];
    for &number in numbers {
        let target = index.iter().enumerate().map(|(at, &i)| if gone(at) { 0 } else { i });
        let slot = offset(&kept, target).and_then(|at| products.get_mut(at)).ok_or_else(overflow)?;
        *slot = slot.checked_mul(number).ok_or_else(overflow)?;
        for (at, &extent) in index.iter_mut().zip(old).rev() {
            *at += 1;
            if *at < extent {
                break;
            }
            *at = 0;
        }
    }
    let keep = site.attrs.int("keepdims").unwrap_or(1) != 0;
    let shape = if keep {
        kept
    } else {
        old.iter().enumerate().filter(|(at, _)| !gone(*at)).map(|(_, &extent)| extent).collect()
    };
    Ok(Tensor { ty: TensorType { dtype: x.ty.dtype, shape }, elements: Elements::Int(products) })
}
