//! What a kernel does to its result in registers before the store.

use super::functions::{self, Func};
use super::real::Real;

/// An activation, applied elementwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Act {
    /// The identity.
    #[default]
    None,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, lo), hi)`; an absent bound of ONNX's Clip is an infinity.
    Clip {
        /// Lower bound.
        lo: Real,
        /// Upper bound.
        hi: Real,
    },
    /// A function with its parameters; those that it does not have are 0.
    Func(Func, [Real; 2]),
}

/// Parameters of functions beyond this may make infinite what is finite.
const MODERATE: f32 = 16.0;

impl Act {
    /// A function without parameters.
    pub const fn of(func: Func) -> Act {
        Act::Func(func, [Real::new(0.0); 2])
    }

    /// True for the identity.
    pub fn is_none(self) -> bool {
        self == Act::None
    }

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Act::None => "none",
            Act::Relu => "relu",
            Act::Clip { .. } => "clip",
            Act::Func(func, _) => func.name(),
        }
    }

    /// Names and values of its parameters.
    pub fn parameters(self) -> Vec<(&'static str, Real)> {
        match self {
            Act::None | Act::Relu => Vec::new(),
            Act::Clip { lo, hi } => vec![("lo", lo), ("hi", hi)],
            Act::Func(func, values) => func.parameters().iter().copied().zip(values).collect(),
        }
    }

    /// The activation of this name; `value` gives each of its parameters. `None` when there is no such activation.
    ///
    /// # Errors
    /// Those of `value`.
    pub fn parse<E>(name: &str, mut value: impl FnMut(&str) -> Result<Real, E>) -> Result<Option<Act>, E> {
        Ok(Some(match name {
            "none" => Act::None,
            "relu" => Act::Relu,
            "clip" => Act::Clip { lo: value("lo")?, hi: value("hi")? },
            _ => {
                let Some(&func) = Func::ALL.iter().find(|func| func.name() == name) else { return Ok(None) };
                let mut values = [Real::new(0.0); 2];
                for (slot, parameter) in values.iter_mut().zip(func.parameters()) {
                    *slot = value(parameter)?;
                }
                Act::Func(func, values)
            }
        }))
    }

    /// What it means. A NaN stays NaN.
    pub fn eval(self, x: f64) -> f64 {
        match self {
            Act::None => x,
            Act::Relu => functions::clip(x, 0.0, f64::INFINITY),
            Act::Clip { lo, hi } => functions::clip(x, lo.get().into(), hi.get().into()),
            Act::Func(func, parameters) => func.eval(x, parameters),
        }
    }

    /// True when numbers that mean nothing (those that fill up the last block of a blocked map) stay finite: those that mean
    /// something may be on the other side of a function's knee, so parameters that only the former meet count too.
    pub fn is_tame(self) -> bool {
        match self {
            Act::None | Act::Relu => true,
            Act::Clip { .. } => self.eval(0.0).abs() <= MODERATE.into(),
            Act::Func(func, parameters) => {
                func.is_tame()
                    && parameters.iter().all(|parameter| (0.0..=MODERATE).contains(&parameter.get()))
            }
        }
    }

    /// True when it never falls as x rises, and costs next to nothing: it may move in front of a maximum.
    pub fn moves_over_max(self) -> bool {
        match self {
            Act::None | Act::Relu | Act::Clip { .. } => true,
            Act::Func(Func::LeakyRelu, [alpha, _]) => alpha.get() >= 0.0,
            Act::Func(..) => false,
        }
    }
}

/// `y = act(sum + bias + residual)`: the tail of a convolution or matrix product.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Epilogue {
    /// A bias of one number per output channel is an operand.
    pub bias: bool,
    /// A tensor of the output's shape is added before the activation.
    pub residual: bool,
    /// The activation.
    pub act: Act,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_that_is_infinite_on_the_wrong_side_is_not_tame() {
        let clip = |lo, hi| Act::Clip { lo: Real::new(lo), hi: Real::new(hi) };
        assert!(clip(f32::NEG_INFINITY, f32::INFINITY).is_tame() && clip(5.0, f32::INFINITY).is_tame());
        assert!(!clip(f32::INFINITY, f32::INFINITY).is_tame());
        assert!(!clip(f32::NEG_INFINITY, f32::NEG_INFINITY).is_tame());
    }
}
