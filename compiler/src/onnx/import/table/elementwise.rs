//! Functions of one element of each operand: arithmetic, activations, comparisons, conversions.

use super::{ANY, F, G, NONE, Row, row};
use crate::onnx::import::attrs::Kind::{self, Float, Int, String};
use crate::onnx::import::{elementwise, fold::math};

const CAST: &[(&str, Kind)] = &[("to", Int), ("saturate", Int), ("round_mode", String)];

/// The rows, by name and version.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("Add",                 7, (2, 2),   NONE,       G(elementwise::add)),
    row("Cast",                6, (1, 1),   CAST.split_at(1).0, G(elementwise::cast)),
    row("Cast",               19, (1, 1),   CAST.split_at(2).0, G(elementwise::cast)),
    row("Cast",               24, (1, 1),   CAST,       G(elementwise::cast)),
    row("Ceil",                6, (1, 1),   NONE,       F(math::ceil)),
    row("Clip",                6, (1, 1),   &[("max", Float), ("min", Float)], G(elementwise::clip_attributes)),
    row("Clip",               11, (1, 3),   NONE,       G(elementwise::clip_inputs)),
    row("Div",                 7, (2, 2),   NONE,       G(elementwise::div)),
    row("Dropout",             7, (1, 1),   &[("ratio", Float)], G(elementwise::dropout)),
    row("Dropout",            12, (1, 3),   &[("seed", Int)], G(elementwise::dropout)),
    row("Equal",               7, (2, 2),   NONE,       F(math::equal)),
    row("Floor",               6, (1, 1),   NONE,       F(math::floor)),
    row("Identity",            1, (1, 1),   NONE,       G(elementwise::identity)),
    row("Mul",                 7, (2, 2),   NONE,       G(elementwise::mul)),
    row("Relu",                6, (1, 1),   NONE,       G(elementwise::relu)),
    row("Sub",                 7, (2, 2),   NONE,       G(elementwise::sub)),
    row("Sum",                 6, (1, ANY), NONE,       G(elementwise::sum)),
    row("Where",               9, (3, 3),   NONE,       F(math::choose)),
];
