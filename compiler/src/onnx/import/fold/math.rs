//! Range, ReduceProd on known numbers.

use super::super::site::{Site, axis};
use super::{Operands, ints, offset, operand, size};
use crate::base::tensor::{Elements, Tensor, TensorType};
use crate::onnx::refusal::Refusal;

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
