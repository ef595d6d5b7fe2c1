//! What follows a sum in registers.

use super::build::{bin, constant, un};
use super::ir::{BinOp, Expr, UnOp};
use crate::base::epilogue::Act;

/// `a + b`.
pub fn add(a: Expr, b: Expr) -> Expr {
    bin(BinOp::Add, a, b)
}

/// The activation. The value is the second operand of max and min, so that NaN stays NaN.
pub fn activate(act: Act, value: Expr) -> Expr {
    match act {
        Act::None => value,
        Act::Relu => bin(BinOp::Max, constant(0.0), value),
        Act::Clip { lo, hi } => {
            let raised = bin(BinOp::Max, Expr::Const(lo), value);
            bin(BinOp::Min, Expr::Const(hi), raised)
        }
        Act::Func(func, parameters) => un(UnOp::Func(func, parameters), value),
    }
}
