//! Functions of one element of each operand: arithmetic, activations, comparisons, conversions.

use super::row::{ANY, B, G, NONE, Row, U, plain, row};
use crate::base::binary::BinaryKind;
use crate::base::functions::Func;
use crate::onnx::import::attrs::Kind::{self, Float, Int, String};
use crate::onnx::import::{activation, elementwise, logic};

const CAST_LIKE: &[(&str, Kind)] = &[("saturate", Int), ("round_mode", String)];
const CAST: &[(&str, Kind)] = &[("to", Int), ("saturate", Int), ("round_mode", String)];

const ALPHA: &[(&str, Kind)] = &[("alpha", Float)];

/// The rows, by name and version.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("Abs",              6, (1, 1),    NONE,       plain(Func::Abs)),
    row("Acos",             7, (1, 1),    NONE,       plain(Func::Acos)),
    row("Acosh",            9, (1, 1),    NONE,       plain(Func::Acosh)),
    row("Add",              7, (2, 2),    NONE,       B(BinaryKind::Add)),
    row("And",              7, (2, 2),    NONE,       B(BinaryKind::And)),
    row("Asin",             7, (1, 1),    NONE,       plain(Func::Asin)),
    row("Asinh",            9, (1, 1),    NONE,       plain(Func::Asinh)),
    row("Atan",             7, (1, 1),    NONE,       plain(Func::Atan)),
    row("Atanh",            9, (1, 1),    NONE,       plain(Func::Atanh)),
    row("Cast",             6, (1, 1),    CAST.split_at(1).0, G(elementwise::cast)),
    row("Cast",            19, (1, 1),    CAST.split_at(2).0, G(elementwise::cast)),
    row("Cast",            24, (1, 1),    CAST,       G(elementwise::cast)),
    row("CastLike",        15, (2, 2),    NONE, G(elementwise::cast_like)),
    row("CastLike",        19, (2, 2),    CAST_LIKE.split_at(1).0, G(elementwise::cast_like)),
    row("CastLike",        24, (2, 2),    CAST_LIKE,  G(elementwise::cast_like)),
    row("Ceil",             6, (1, 1),    NONE,       plain(Func::Ceil)),
    row("Celu",            12, (1, 1),    ALPHA,      G(activation::celu)),
    row("Clip",             6, (1, 1),    &[("max", Float), ("min", Float)], G(elementwise::clip_attributes)),
    row("Clip",            11, (1, 3),    NONE,       G(elementwise::clip_inputs)).limits("constant bounds"),
    row("Cos",              7, (1, 1),    NONE,       plain(Func::Cos)),
    row("Cosh",             9, (1, 1),    NONE,       plain(Func::Cosh)),
    row("Div",              7, (2, 2),    NONE,       B(BinaryKind::Div)),
    row("Dropout",          7, (1, 1),    &[("ratio", Float)], G(elementwise::dropout)),
    row("Dropout",         12, (1, 3),    &[("seed", Int)], G(elementwise::dropout)).limits("does nothing; training_mode = 0"),
    row("Elu",              6, (1, 1),    ALPHA, U(Func::Elu, [1.0, 0.0])),
    row("Equal",            7, (2, 2),    NONE,       B(BinaryKind::Equal)),
    row("Erf",              9, (1, 1),    NONE,       plain(Func::Erf)),
    row("Exp",              6, (1, 1),    NONE,       plain(Func::Exp)),
    row("Floor",            6, (1, 1),    NONE,       plain(Func::Floor)),
    row("Gelu",            20, (1, 1),    &[("approximate", String)], G(activation::gelu)),
    row("Greater",          7, (2, 2),    NONE,       B(BinaryKind::Greater)),
    row("GreaterOrEqual",  12, (2, 2),    NONE,       B(BinaryKind::GreaterOrEqual)),
    row("HardSigmoid",      6, (1, 1),    &[("alpha", Float), ("beta", Float)], U(Func::HardSigmoid, [0.2, 0.5])),
    row("HardSwish",       14, (1, 1),    NONE,       plain(Func::HardSwish)),
    row("Identity",         1, (1, 1),    NONE,       G(elementwise::identity)),
    row("IsInf",           10, (1, 1),    &[("detect_negative", Int), ("detect_positive", Int)], G(logic::is_inf)),
    row("IsNaN",            9, (1, 1),    NONE,       G(logic::is_nan)),
    row("LeakyRelu",        6, (1, 1),    ALPHA, U(Func::LeakyRelu, [0.01, 0.0])),
    row("Less",             7, (2, 2),    NONE,       B(BinaryKind::Less)),
    row("LessOrEqual",     12, (2, 2),    NONE,       B(BinaryKind::LessOrEqual)),
    row("Log",              6, (1, 1),    NONE,       plain(Func::Log)),
    row("Max",              6, (1, ANY),  NONE,       G(|site| elementwise::variadic(site, BinaryKind::Max))),
    row("Mean",             6, (1, ANY),  NONE,       G(elementwise::mean)),
    row("Min",              6, (1, ANY),  NONE,       G(|site| elementwise::variadic(site, BinaryKind::Min))),
    row("Mish",            18, (1, 1),    NONE,       plain(Func::Mish)),
    row("Mod",             10, (2, 2),    &[("fmod", Int)], G(logic::modulo)).limits("of floats with fmod = 0"),
    row("Mul",              7, (2, 2),    NONE,       B(BinaryKind::Mul)),
    row("Neg",              6, (1, 1),    NONE,       plain(Func::Neg)),
    row("Not",              1, (1, 1),    NONE,       G(logic::not)),
    row("Or",               7, (2, 2),    NONE,       B(BinaryKind::Or)),
    row("PRelu",            7, (2, 2),    NONE,       G(logic::prelu)),
    row("Pow",              7, (2, 2),    NONE,       G(logic::pow)),
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
    row("Sub",              7, (2, 2),    NONE,       B(BinaryKind::Sub)),
    row("Sum",              6, (1, ANY),  NONE,       G(|site| elementwise::variadic(site, BinaryKind::Add))),
    row("Swish",           24, (1, 1),    ALPHA, U(Func::Swish, [1.0, 0.0])),
    row("Tan",              7, (1, 1),    NONE,       plain(Func::Tan)),
    row("Tanh",             6, (1, 1),    NONE,       plain(Func::Tanh)),
    row("ThresholdedRelu", 10, (1, 1),    ALPHA, U(Func::ThresholdedRelu, [1.0, 0.0])),
    row("Where",            9, (3, 3),    NONE,       G(logic::choose)),
    row("Xor",              7, (2, 2),    NONE,       B(BinaryKind::Xor)),
];
