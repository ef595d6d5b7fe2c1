//! Range on known numbers.

use super::super::site::Site;
use super::{Operands, ints, operand, size};
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
