//! What a kernel does to its result in registers before the store.

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
}

impl Act {
    /// True for the identity.
    pub fn is_none(self) -> bool {
        self == Act::None
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
