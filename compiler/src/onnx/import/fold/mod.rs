//! Operators that are done on known numbers only: the shape arithmetic of exporters. Operators that programs run too
//! (Add, Cast, ..) are folded where they are emitted.

pub(super) mod math;

use super::builder::FOLD_LIMIT;
use super::site::Site;
use crate::base::tensor::Tensor;
use crate::onnx::refusal::Refusal;

/// The numbers of a node's operands; an absent optional one is `None`.
pub(super) type Operands<'a> = &'a [Option<Tensor>];

/// How a row folds: operands to result. Extents and types are the function's to check.
pub(super) type Fold = fn(&Site, Operands) -> Result<Tensor, Refusal>;

/// An operand that must be there.
fn operand(operands: Operands<'_>, position: usize) -> Result<&Tensor, Refusal> {
    let missing = || Refusal::invalid(format!("input {position} is missing"));
    operands.get(position).and_then(Option::as_ref).ok_or_else(missing)
}

/// The integers of an operand; `None` when it is absent.
fn ints<'a>(operands: Operands<'a>, position: usize, what: &str) -> Result<Option<&'a [i64]>, Refusal> {
    let Some(tensor) = operands.get(position).and_then(Option::as_ref) else { return Ok(None) };
    tensor.ints().map(Some).ok_or_else(|| Refusal::invalid(format!("its {what} must be integers")))
}

/// Elements in a shape, when folding it is sensible.
fn size(shape: &[usize]) -> Result<usize, Refusal> {
    let size =
        shape.iter().try_fold(1usize, |all, &dim| all.checked_mul(dim)).filter(|&size| size <= FOLD_LIMIT);
    let refuse =
        || Refusal::unsupported(format!("a constant of the extents {shape:?} is too large to compute"));
    size.ok_or_else(refuse)
}
