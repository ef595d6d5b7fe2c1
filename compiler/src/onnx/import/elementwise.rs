//! Operators of several elements, one of each operand, and those that give an operand back: Clip, Sum, Where, Identity,
//! Cast and others.

use super::site::{Imported, Site};
use crate::base::epilogue::Act;
use crate::base::real::Real;
use crate::base::tensor::DType;
use crate::ir::graph::{Const, Def, ValueId};
use crate::onnx::dtype::dtype;
use crate::onnx::refusal::Refusal;
use crate::ops::{Binary, BinaryKind, Op};

/// Relu.
pub(super) fn relu(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    site.emit(Op::Act(Act::Relu), vec![x])
}

/// Clip with bounds as attributes, until opset 10.
pub(super) fn clip_attributes(site: &mut Site) -> Imported {
    let lo = site.attrs.float("min").unwrap_or(f32::NEG_INFINITY);
    let hi = site.attrs.float("max").unwrap_or(f32::INFINITY);
    clip(site, lo, hi)
}

/// Clip with bounds as operands, since opset 11. Where they are no known constants, it is a maximum and a minimum.
pub(super) fn clip_inputs(site: &mut Site) -> Imported {
    let known = |site: &Site, position| match site.optional(position) {
        Some(bound) => Ok(site.builder.numbers(bound)?.is_some_and(|bound| bound.ty.dtype.is_float())),
        None => Ok::<bool, Refusal>(true),
    };
    if known(site, 1)? && known(site, 2)? {
        let lo = site.known_scalar(1, "lower bound")?.map_or(f32::NEG_INFINITY, |lo| lo as f32);
        let hi = site.known_scalar(2, "upper bound")?.map_or(f32::INFINITY, |hi| hi as f32);
        return clip(site, lo, hi);
    }
    let mut x = site.input(0)?;
    for (position, kind) in [(1, BinaryKind::Max), (2, BinaryKind::Min)] {
        let Some(bound) = site.optional(position) else { continue };
        if site.ty(bound).elements() != 1 {
            return Err(Refusal::invalid(format!("a bound is {}, not one number", site.ty(bound))));
        }
        x = pairwise(site, kind, vec![x, bound])?;
    }
    Ok(x)
}

fn clip(site: &mut Site, lo: f32, hi: f32) -> Imported {
    if lo.is_nan() || hi.is_nan() {
        return Err(Refusal::invalid("a bound is not a number"));
    }
    let x = site.input(0)?;
    site.emit(Op::Act(Act::Clip { lo: Real::new(lo), hi: Real::new(hi) }), vec![x])
}

/// An operation on both operands.
pub(super) fn binary(site: &mut Site, kind: BinaryKind) -> Imported {
    let operands = vec![site.input(0)?, site.input(1)?];
    pairwise(site, kind, operands)
}

/// One elementwise operation on two values.
pub(super) fn pairwise(site: &mut Site, kind: BinaryKind, operands: Vec<ValueId>) -> Imported {
    site.emit(Op::Binary(Binary { kind, act: Act::None }), operands)
}

/// Any number of operands, two by two from left to right.
pub(super) fn variadic(site: &mut Site, kind: BinaryKind) -> Imported {
    let mut total = site.input(0)?;
    if site.inputs.len() == 1 {
        return site.emit(Op::Identity, vec![total]);
    }
    for position in 1..site.inputs.len() {
        let operands = vec![total, site.input(position)?];
        total = pairwise(site, kind, operands)?;
    }
    Ok(total)
}

/// Mean of any number of operands.
pub(super) fn mean(site: &mut Site) -> Imported {
    let total = variadic(site, BinaryKind::Add)?;
    let count = site.filled(site.inputs.len() as f32, Vec::new());
    pairwise(site, BinaryKind::Div, vec![total, count])
}

/// Identity.
pub(super) fn identity(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    same(site, x)
}

/// The same value under another name; of a stored constant, the same bytes.
pub(super) fn same(site: &mut Site, x: ValueId) -> Imported {
    let value = site.builder.graph.value(x);
    match &value.def {
        Def::Const(data @ (Const::Data(_) | Const::Absent)) => {
            let (ty, data) = (value.ty.clone(), data.clone());
            Ok(site.constant(ty, data))
        }
        _ => site.emit(Op::Identity, vec![x]),
    }
}

/// Dropout at inference. Until opset 11 it has no mode; then `training_mode` must be a constant that is false.
pub(super) fn dropout(site: &mut Site) -> Imported {
    if site.known_scalar(2, "training_mode")?.is_some_and(|mode| mode != 0.0) {
        return Err(Refusal::new("it is in training mode", "export the model for inference: `model.eval()`"));
    }
    identity(site)
}

/// Cast.
pub(super) fn cast(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let number = site.attrs.int("to").ok_or_else(|| Refusal::invalid("attribute `to` is missing"))?;
    cast_to(site, x, dtype(i32::try_from(number).unwrap_or(i32::MAX))?)
}

/// CastLike: to the type of its second operand, whose numbers do not matter.
pub(super) fn cast_like(site: &mut Site) -> Imported {
    let (x, like) = (site.input(0)?, site.input(1)?);
    cast_to(site, x, site.ty(like).dtype)
}

fn cast_to(site: &mut Site, x: ValueId, to: DType) -> Imported {
    if site.ty(x).dtype == to { identity(site) } else { site.emit(Op::Cast { to }, vec![x]) }
}
