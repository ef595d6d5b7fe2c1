//! Constant, ConstantOfShape, Shape, Size: nodes that are known at import, since all shapes are.

use super::builder::{FOLD_LIMIT, decides};
use super::site::{Imported, Site};
use crate::base::tensor::{Blob, DType, Tensor, TensorType};
use crate::ir::graph::Const;
use crate::onnx::dims::stored;
use crate::onnx::refusal::Refusal;

/// Constant, in any of its numeric forms.
pub(super) fn constant(site: &mut Site) -> Imported {
    let widen = |floats: &[f32]| floats.iter().map(|&x| f64::from(x)).collect();
    if let Some(proto) = site.attrs.tensor("value") {
        let (ty, data) = site.stored.constant(proto)?;
        Ok(site.constant(ty, data))
    } else if let Some(int) = site.attrs.int("value_int") {
        site.tensor(&Tensor::int([], vec![int]))
    } else if let Some(float) = site.attrs.float("value_float") {
        site.tensor(&Tensor::float([], vec![float.into()]))
    } else if let Some(ints) = site.attrs.ints("value_ints") {
        site.tensor(&Tensor::int([ints.len()], ints.to_vec()))
    } else if let Some(floats) = site.attrs.floats("value_floats") {
        site.tensor(&Tensor::float([floats.len()], widen(floats)))
    } else {
        Err(Refusal::invalid("it has no value"))
    }
}

/// ConstantOfShape. A large one is a recipe: models with placeholder weights have hundreds of megabytes of them.
pub(super) fn constant_of_shape(site: &mut Site) -> Imported {
    let wanted = site.known_ints(0, "shape")?.unwrap_or_default();
    let shape = stored(&wanted)?;
    site.builder.graph.limits.check_shape(&shape)?;
    let (dtype, element) = match site.attrs.tensor("value") {
        None => (DType::F32, vec![0; 4]),
        Some(proto) => match site.stored.constant(proto)? {
            (one, Const::Data(blob)) if one.elements() == 1 => (one.dtype, blob.bytes().to_vec()),
            (other, _) => {
                return Err(Refusal::invalid(format!("its value is {other}; it must be one number")));
            }
        },
    };
    let ty = TensorType { dtype, shape };
    match <[u8; 4]>::try_from(element.as_slice()) {
        Ok(bytes) if dtype == DType::F32 && !decides(&ty) => {
            Ok(site.filled(f32::from_le_bytes(bytes), ty.shape))
        }
        _ if ty.elements() <= FOLD_LIMIT => {
            let data = Const::Data(Blob::new(element.repeat(ty.elements())));
            Ok(site.constant(ty, data))
        }
        _ => Err(Refusal::unsupported(format!("a constant {ty} is too large; only f32 ones are"))),
    }
}

/// Shape; `start` and `end` (since opset 15) are clamped to the rank.
pub(super) fn shape(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let extents = site.shape(x).to_vec();
    let rank = i64::try_from(extents.len()).unwrap_or(i64::MAX);
    let clamp = |at: i64| {
        let counted = if at < 0 { at.saturating_add(rank) } else { at };
        usize::try_from(counted.clamp(0, rank)).unwrap_or(0)
    };
    let start = clamp(site.attrs.int("start").unwrap_or(0));
    let end = clamp(site.attrs.int("end").unwrap_or(rank));
    let part = extents.get(start..end).unwrap_or_default();
    let numbers: Vec<i64> = part.iter().map(|&extent| i64::try_from(extent).unwrap_or(i64::MAX)).collect();
    site.tensor(&Tensor::int([numbers.len()], numbers))
}

/// Size: the number of elements.
pub(super) fn size(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let count = i64::try_from(site.ty(x).elements()).unwrap_or(i64::MAX);
    site.tensor(&Tensor::int([], vec![count]))
}
