//! Functions of one element of each operand: arithmetic, activations, comparisons, conversions.

use super::{ANY, F, G, NONE, Row, U, plain, row};
use crate::base::functions::Func;
use crate::onnx::import::attrs::Kind::{self, Float, Int, String};
use crate::onnx::import::{activation, elementwise, fold::math};

const CAST: &[(&str, Kind)] = &[("to", Int), ("saturate", Int), ("round_mode", String)];

const ALPHA: &[(&str, Kind)] = &[("alpha", Float)];

/// The rows, by name and version.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("Abs",              6, (1, 1),    NONE,       plain(Func::Abs)),
    row("Acos",             7, (1, 1),    NONE,       plain(Func::Acos)),
    row("Acosh",            9, (1, 1),    NONE,       plain(Func::Acosh)),
    row("Add",              7, (2, 2),    NONE,       G(elementwise::add)),
    row("Asin",             7, (1, 1),    NONE,       plain(Func::Asin)),
    row("Asinh",            9, (1, 1),    NONE,       plain(Func::Asinh)),
    row("Atan",             7, (1, 1),    NONE,       plain(Func::Atan)),
    row("Atanh",            9, (1, 1),    NONE,       plain(Func::Atanh)),
    row("Cast",             6, (1, 1),    CAST.split_at(1).0, G(elementwise::cast)),
    row("Cast",            19, (1, 1),    CAST.split_at(2).0, G(elementwise::cast)),
    row("Cast",            24, (1, 1),    CAST,       G(elementwise::cast)),
    row("Ceil",             6, (1, 1),    NONE,       plain(Func::Ceil)),
    row("Celu",            12, (1, 1),    ALPHA,      G(activation::celu)),
    row("Clip",             6, (1, 1),    &[("max", Float), ("min", Float)], G(elementwise::clip_attributes)),
    row("Clip",            11, (1, 3),    NONE,       G(elementwise::clip_inputs)),
    row("Cos",              7, (1, 1),    NONE,       plain(Func::Cos)),
    row("Cosh",             9, (1, 1),    NONE,       plain(Func::Cosh)),
    row("Div",              7, (2, 2),    NONE,       G(elementwise::div)),
    row("Dropout",          7, (1, 1),    &[("ratio", Float)], G(elementwise::dropout)),
    row("Dropout",         12, (1, 3),    &[("seed", Int)], G(elementwise::dropout)),
    row("Elu",              6, (1, 1),    ALPHA, U(Func::Elu, [1.0, 0.0])),
    row("Equal",            7, (2, 2),    NONE,       F(math::equal)),
    row("Erf",              9, (1, 1),    NONE,       plain(Func::Erf)),
    row("Exp",              6, (1, 1),    NONE,       plain(Func::Exp)),
    row("Floor",            6, (1, 1),    NONE,       plain(Func::Floor)),
    row("Gelu",            20, (1, 1),    &[("approximate", String)], G(activation::gelu)),
    row("HardSigmoid",      6, (1, 1),    &[("alpha", Float), ("beta", Float)], U(Func::HardSigmoid, [0.2, 0.5])),
    row("HardSwish",       14, (1, 1),    NONE,       plain(Func::HardSwish)),
    row("Identity",         1, (1, 1),    NONE,       G(elementwise::identity)),
    row("LeakyRelu",        6, (1, 1),    ALPHA, U(Func::LeakyRelu, [0.01, 0.0])),
    row("Log",              6, (1, 1),    NONE,       plain(Func::Log)),
    row("Mish",            18, (1, 1),    NONE,       plain(Func::Mish)),
    row("Mul",              7, (2, 2),    NONE,       G(elementwise::mul)),
    row("Neg",              6, (1, 1),    NONE,       plain(Func::Neg)),
    row("Reciprocal",       6, (1, 1),    NONE,       plain(Func::Reciprocal)),
    row("Relu",             6, (1, 1),    NONE,       G(elementwise::relu)),
    row("Round",           11, (1, 1),    NONE,       plain(Func::Round)),
    row("Selu",             6, (1, 1),    &[("alpha", Float), ("gamma", Float)], U(Func::Selu, [1.673_263_2, 1.050_701])),
    row("Shrink",           9, (1, 1),    &[("bias", Float), ("lambd", Float)], U(Func::Shrink, [0.5, 0.0])),
    row("Sigmoid",          6, (1, 1),    NONE,       plain(Func::Sigmoid)),
    row("Sign",             9, (1, 1),    NONE,       plain(Func::Sign)),
    row("Sin",              7, (1, 1),    NONE,       plain(Func::Sin)),
    row("Sinh",             9, (1, 1),    NONE,       plain(Func::Sinh)),
    row("Softplus",         1, (1, 1),    NONE,       plain(Func::Softplus)),
    row("Softsign",         1, (1, 1),    NONE,       plain(Func::Softsign)),
    row("Sqrt",             6, (1, 1),    NONE,       plain(Func::Sqrt)),
    row("Sub",              7, (2, 2),    NONE,       G(elementwise::sub)),
    row("Sum",              6, (1, ANY),  NONE,       G(elementwise::sum)),
    row("Swish",           24, (1, 1),    ALPHA, U(Func::Swish, [1.0, 0.0])),
    row("Tan",              7, (1, 1),    NONE,       plain(Func::Tan)),
    row("Tanh",             6, (1, 1),    NONE,       plain(Func::Tanh)),
    row("ThresholdedRelu", 10, (1, 1),    ALPHA, U(Func::ThresholdedRelu, [1.0, 0.0])),
    row("Where",            9, (3, 3),    NONE,       F(math::choose)),
];
