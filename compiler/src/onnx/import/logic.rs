//! Pow, PRelu, Mod, and operators that give or take booleans.

use super::elementwise::{binary, pairwise};
use super::site::{Imported, Site};
use crate::base::epilogue::Act;
use crate::base::functions::Func;
use crate::base::tensor::{DType, Elements, Tensor, TensorType};
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::{BinaryKind, Op};

/// Pow. Exponents that hardware has an instruction for become other functions.
pub(super) fn pow(site: &mut Site) -> Imported {
    let (x, mut exponent) = (site.input(0)?, site.input(1)?);
    let known = site.builder.numbers(exponent)?.map(|numbers| numbers.to_f64());
    let float = site.ty(x).dtype.is_float() && site.shape(exponent).len() <= site.shape(x).len();
    let act = match known.as_deref() {
        Some([1.0]) if float => Some(Op::Identity),
        Some([2.0]) if float => Some(Op::Act(Act::of(Func::Square))),
        Some([0.5]) if float => Some(Op::Act(Act::of(Func::Sqrt))),
        Some([-1.0]) if float => Some(Op::Act(Act::of(Func::Reciprocal))),
        _ => None,
    };
    if let Some(op) = act {
        return site.emit(op, vec![x]);
    }
    let (to, by) = (site.ty(x).dtype, site.ty(exponent).dtype);
    if by.is_float() && !to.is_float() {
        // The exponent may be a fraction, the result becomes one of the base's type.
        let wide = Op::Cast { to: DType::F64 };
        let operands = vec![site.emit(wide.clone(), vec![x])?, site.emit(wide, vec![exponent])?];
        let result = pairwise(site, BinaryKind::Pow, operands)?;
        return site.emit(Op::Cast { to }, vec![result]);
    }
    if by != to {
        exponent = site.emit(Op::Cast { to }, vec![exponent])?;
    }
    pairwise(site, BinaryKind::Pow, vec![x, exponent])
}

/// PRelu, whose slope broadcasts to its first operand.
pub(super) fn prelu(site: &mut Site) -> Imported {
    let (x, slope) = (site.input(0)?, site.input(1)?);
    let result = pairwise(site, BinaryKind::PRelu, vec![x, slope])?;
    if site.shape(result) != site.shape(x) {
        let reason = format!("its slope {} does not broadcast to {}", site.ty(slope), site.ty(x));
        return Err(Refusal::invalid(reason));
    }
    Ok(result)
}

/// Mod: of integers with the sign of the divisor, or with `fmod` that of the dividend.
pub(super) fn modulo(site: &mut Site) -> Imported {
    let fmod = site.attrs.int("fmod").unwrap_or(0) != 0;
    if !fmod && site.ty(site.input(0)?).dtype.is_float() {
        return Err(Refusal::invalid("it works on floats with fmod = 0"));
    }
    binary(site, if fmod { BinaryKind::Fmod } else { BinaryKind::Mod })
}

/// Not.
pub(super) fn not(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    is_false(site, x)
}

fn is_false(site: &mut Site, x: ValueId) -> Imported {
    let ty = TensorType { dtype: DType::Bool, shape: Vec::new() };
    let no = site.tensor(&Tensor { ty, elements: Elements::Int(vec![0]) })?;
    pairwise(site, BinaryKind::Equal, vec![x, no])
}

/// IsNaN: what does not equal itself.
pub(super) fn is_nan(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let equal = pairwise(site, BinaryKind::Equal, vec![x, x])?;
    is_false(site, equal)
}

/// IsInf, of one or of both signs.
pub(super) fn is_inf(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let wanted = |name| site.attrs.int(name).unwrap_or(1) != 0;
    match (wanted("detect_negative"), wanted("detect_positive")) {
        (true, true) => {
            let size = site.emit(Op::Act(Act::of(Func::Abs)), vec![x])?;
            equals(site, size, f32::INFINITY)
        }
        (true, false) => equals(site, x, f32::NEG_INFINITY),
        (false, true) => equals(site, x, f32::INFINITY),
        // Nothing is less than itself.
        (false, false) => pairwise(site, BinaryKind::Less, vec![x, x]),
    }
}

fn equals(site: &mut Site, x: ValueId, number: f32) -> Imported {
    let number = site.filled(number, Vec::new());
    pairwise(site, BinaryKind::Equal, vec![x, number])
}

/// Where.
pub(super) fn choose(site: &mut Site) -> Imported {
    let operands = vec![site.input(0)?, site.input(1)?, site.input(2)?];
    site.emit(Op::Select, operands)
}
