//! Functions of one element: activations and arithmetic of one operand.

use super::site::{Imported, Site};
use crate::base::epilogue::Act;
use crate::base::functions::Func;
use crate::base::real::Real;
use crate::onnx::refusal::Refusal;
use crate::ops::Op;

/// The function of the first operand. Parameters are attributes of the same names; `defaults` are theirs.
pub(super) fn function(site: &mut Site, func: Func, defaults: [f32; 2]) -> Imported {
    let x = site.input(0)?;
    let mut values = [Real::new(0.0); 2];
    for ((slot, name), default) in values.iter_mut().zip(func.parameters()).zip(defaults) {
        let value = site.attrs.float(name).unwrap_or(default);
        if !value.is_finite() {
            return Err(Refusal::invalid(format!("attribute `{name}` is {value}")));
        }
        *slot = Real::new(value);
    }
    site.emit(Op::Act(Act::Func(func, values)), vec![x])
}

/// Celu divides by its alpha, and rises only when that is positive.
pub(super) fn celu(site: &mut Site) -> Imported {
    if site.attrs.float("alpha").is_some_and(|alpha| alpha <= 0.0) {
        return Err(Refusal::unsupported("alpha is not above 0"));
    }
    function(site, Func::Celu, [1.0, 0.0])
}

/// Gelu in one of its two forms.
pub(super) fn gelu(site: &mut Site) -> Imported {
    match site.attrs.string("approximate").as_deref() {
        None | Some("none") => function(site, Func::Gelu, [0.0; 2]),
        Some("tanh") => function(site, Func::GeluTanh, [0.0; 2]),
        Some(other) => Err(Refusal::invalid(format!("approximate is `{other}`, neither `none` nor `tanh`"))),
    }
}
