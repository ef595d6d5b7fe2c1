//! What the operator families check of their operands, and the arithmetic of an epilogue.

use super::Op;
use crate::base::epilogue::Epilogue;
use crate::base::tensor::{DType, Elements, Tensor, TensorType};

/// Fewer operands than the operator's arity; [`arity`] has excluded it.
pub(super) const MISSING: &str = "operands are missing";

/// The number of operands is what the operator takes.
pub(super) fn arity(op: &Op, operands: usize) -> Result<(), String> {
    let arity = op.arity();
    if operands == arity || operands > arity && matches!(op, Op::Concat { .. }) {
        Ok(())
    } else {
        Err(format!("it has {operands} operands and takes {arity}"))
    }
}

/// A type whose byte count fits the address space.
pub(super) fn tensor_type(dtype: DType, shape: Vec<usize>) -> Result<TensorType, String> {
    // Eight bytes an element: the evaluator widens everything.
    let bytes = shape.iter().try_fold(8usize, |product, &extent| product.checked_mul(extent));
    match bytes {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(TensorType { dtype, shape }),
        _ => Err(format!("its result of shape {shape:?} is too large")),
    }
}

/// The element type that all operands share, which must be a floating-point type.
pub(super) fn float(inputs: &[&TensorType]) -> Result<DType, String> {
    let dtype = same_dtype(inputs)?;
    if dtype.is_float() { Ok(dtype) } else { Err(format!("it computes with floats, not {}", dtype.name())) }
}

/// The element type that all operands share.
pub(super) fn same_dtype(inputs: &[&TensorType]) -> Result<DType, String> {
    let first = inputs.first().ok_or(MISSING)?.dtype;
    match inputs.iter().find(|ty| ty.dtype != first) {
        None => Ok(first),
        Some(other) => Err(format!("its operands are {} and {}", first.name(), other.dtype.name())),
    }
}

/// The shape as four extents; `what` names the operand.
pub(super) fn rank4(what: &str, ty: &TensorType) -> Result<[usize; 4], String> {
    let shape = ty.shape.as_slice();
    shape.try_into().map_err(|_| format!("{what} has {} axes and needs 4", shape.len()))
}

/// The shape as two extents; `what` names the operand.
pub(super) fn rank2(what: &str, ty: &TensorType) -> Result<[usize; 2], String> {
    let shape = ty.shape.as_slice();
    shape.try_into().map_err(|_| format!("{what} has {} axes and needs 2", shape.len()))
}

/// The operand has exactly this shape; `what` names it.
pub(super) fn shape(what: &str, ty: &TensorType, expected: &[usize]) -> Result<(), String> {
    if ty.shape == expected {
        Ok(())
    } else {
        Err(format!("{what} has shape {:?} and needs {expected:?}", ty.shape))
    }
}

/// The tensor holds as many elements, of the kind, as its type says.
pub(super) fn elements(tensor: &Tensor) -> Result<(), String> {
    let (count, float) = match &tensor.elements {
        Elements::Float(v) => (v.len(), true),
        Elements::Int(v) => (v.len(), false),
    };
    if count == tensor.ty.elements() && float == tensor.ty.dtype.is_float() {
        Ok(())
    } else {
        Err(format!("a tensor of type {} holds other elements", tensor.ty))
    }
}

/// The elements of a float tensor.
pub(super) fn floats(tensor: &Tensor) -> Result<&[f64], String> {
    tensor.floats().ok_or_else(|| format!("it computes with floats, not {}", tensor.ty.dtype.name()))
}

/// Applies the epilogue to sums in place. `extra` are the operands that it says there are, in the order bias,
/// residual; `channel` gives the output channel of an element.
pub(super) fn finish(
    epilogue: Epilogue,
    extra: &[&Tensor],
    sums: &mut [f64],
    channel: impl Fn(usize) -> usize,
) -> Result<(), String> {
    let mut extra = extra.iter();
    if epilogue.bias {
        let bias = floats(extra.next().ok_or(MISSING)?)?;
        sums.iter_mut().enumerate().for_each(|(i, sum)| *sum += bias[channel(i)]);
    }
    if epilogue.residual {
        let residual = floats(extra.next().ok_or(MISSING)?)?;
        sums.iter_mut().zip(residual).for_each(|(sum, r)| *sum += r);
    }
    sums.iter_mut().for_each(|sum| *sum = epilogue.act.eval(*sum));
    Ok(())
}
