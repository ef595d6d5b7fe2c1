//! The table of the operators that are read: one row per ONNX operator and change of its definition.
//!
//! To add an operator: a row here and a function in a file beside this one.

use super::attrs::Kind::{self, Float, Floats, Int, Ints, String, Tensor};
use super::fold::{Fold, index, math};
use super::site::{Imported, Site};
use super::{constant, conv, elementwise, matrix, norm, pool, reshape};

/// One definition of an operator.
pub(super) struct Row {
    pub name: &'static str,
    /// The version of the operator set from which the row holds, until the operator's next row.
    pub since: i64,
    /// Least and greatest number of operands.
    pub operands: (usize, usize),
    /// Attributes that are read, or that mean nothing at inference.
    pub attributes: &'static [(&'static str, Kind)],
    pub import: Import,
}

/// How an operator gets into the graph.
#[derive(Clone, Copy)]
pub(super) enum Import {
    /// By nodes, or by constants where its operands are.
    Graph(fn(&mut Site) -> Imported),
    /// On known numbers only.
    Fold(Fold),
}

use Import::{Fold as F, Graph as G};

const ANY: usize = usize::MAX;
const NONE: &[(&str, Kind)] = &[];
const AXES: &[(&str, Kind)] = &[("axes", Ints)];
const AXIS: &[(&str, Kind)] = &[("axis", Int)];
const ZERO: &[(&str, Kind)] = &[("allowzero", Int)];
const REDUCE: &[(&str, Kind)] = &[("axes", Ints), ("keepdims", Int)];
const REDUCE_18: &[(&str, Kind)] = &[("keepdims", Int), ("noop_with_empty_axes", Int)];
const GEMM: &[(&str, Kind)] = &[("alpha", Float), ("beta", Float), ("transA", Int), ("transB", Int)];
const CONV: &[(&str, Kind)] = &[
    ("auto_pad", String),
    ("dilations", Ints),
    ("group", Int),
    ("kernel_shape", Ints),
    ("pads", Ints),
    ("strides", Ints),
];
/// Attributes of the pools, in the order in which ONNX introduced them, so that older rows are prefixes.
const AVERAGE: &[(&str, Kind)] = &[
    ("auto_pad", String),
    ("kernel_shape", Ints),
    ("pads", Ints),
    ("strides", Ints),
    ("count_include_pad", Int),
    ("ceil_mode", Int),
    ("dilations", Ints),
];
const MAX: &[(&str, Kind)] = &[
    ("auto_pad", String),
    ("kernel_shape", Ints),
    ("pads", Ints),
    ("strides", Ints),
    ("storage_order", Int),
    ("ceil_mode", Int),
    ("dilations", Ints),
];
const BATCH_NORM: &[(&str, Kind)] = &[("epsilon", Float), ("momentum", Float)];
const BATCH_NORM_7: &[(&str, Kind)] = &[("epsilon", Float), ("momentum", Float), ("spatial", Int)];
const BATCH_NORM_14: &[(&str, Kind)] = &[("epsilon", Float), ("momentum", Float), ("training_mode", Int)];
const CONSTANT: &[(&str, Kind)] = &[
    ("value", Tensor),
    ("value_float", Float),
    ("value_floats", Floats),
    ("value_int", Int),
    ("value_ints", Ints),
];
const CAST: &[(&str, Kind)] = &[("to", Int), ("saturate", Int), ("round_mode", String)];

const fn row(
    name: &'static str,
    since: i64,
    operands: (usize, usize),
    attributes: &'static [(&'static str, Kind)],
    import: Import,
) -> Row {
    Row { name, since, operands, attributes, import }
}

/// Every row, by name and version.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("Add",                 7, (2, 2),   NONE,       G(elementwise::add)),
    row("AveragePool",         7, (1, 1),   AVERAGE.split_at(5).0, G(pool::average_pool)),
    row("AveragePool",        10, (1, 1),   AVERAGE.split_at(6).0, G(pool::average_pool)),
    row("AveragePool",        19, (1, 1),   AVERAGE,    G(pool::average_pool)),
    row("BatchNormalization",  7, (5, 5),   BATCH_NORM_7, G(norm::batch_norm)),
    row("BatchNormalization",  9, (5, 5),   BATCH_NORM, G(norm::batch_norm)),
    row("BatchNormalization", 14, (5, 5),   BATCH_NORM_14, G(norm::batch_norm)),
    row("Cast",                6, (1, 1),   CAST.split_at(1).0, G(elementwise::cast)),
    row("Cast",               19, (1, 1),   CAST.split_at(2).0, G(elementwise::cast)),
    row("Cast",               24, (1, 1),   CAST,       G(elementwise::cast)),
    row("Ceil",                6, (1, 1),   NONE,       F(math::ceil)),
    row("Clip",                6, (1, 1),   &[("max", Float), ("min", Float)], G(elementwise::clip_attributes)),
    row("Clip",               11, (1, 3),   NONE,       G(elementwise::clip_inputs)),
    row("Concat",              4, (1, ANY), AXIS,       F(index::concat)),
    row("Constant",            1, (0, 0),   CONSTANT.split_at(1).0, G(constant::constant)),
    row("Constant",           12, (0, 0),   CONSTANT,   G(constant::constant)),
    row("ConstantOfShape",     9, (1, 1),   &[("value", Tensor)], G(constant::constant_of_shape)),
    row("Conv",                1, (2, 3),   CONV,       G(conv::conv)),
    row("Div",                 7, (2, 2),   NONE,       G(elementwise::div)),
    row("Dropout",             7, (1, 1),   &[("ratio", Float)], G(elementwise::dropout)),
    row("Dropout",            12, (1, 3),   &[("seed", Int)], G(elementwise::dropout)),
    row("Equal",               7, (2, 2),   NONE,       F(math::equal)),
    row("Flatten",             1, (1, 1),   AXIS,       G(reshape::flatten)),
    row("Floor",               6, (1, 1),   NONE,       F(math::floor)),
    row("Gather",              1, (2, 2),   AXIS,       F(index::gather)),
    row("Gemm",                7, (3, 3),   GEMM,       G(matrix::gemm)),
    row("Gemm",               11, (2, 3),   GEMM,       G(matrix::gemm)),
    row("GlobalAveragePool",   1, (1, 1),   NONE,       G(pool::global_average_pool)),
    row("Identity",            1, (1, 1),   NONE,       G(elementwise::identity)),
    row("MatMul",              1, (2, 2),   NONE,       G(matrix::matmul)),
    row("MaxPool",             1, (1, 1),   MAX.split_at(4).0, G(pool::max_pool)),
    row("MaxPool",             8, (1, 1),   MAX.split_at(5).0, G(pool::max_pool)),
    row("MaxPool",            10, (1, 1),   MAX,        G(pool::max_pool)),
    row("Mul",                 7, (2, 2),   NONE,       G(elementwise::mul)),
    row("Range",              11, (3, 3),   NONE,       F(math::range)),
    row("Range",              27, (3, 3),   &[("stash_type", Int)], F(math::range)),
    row("ReduceMean",          1, (1, 1),   REDUCE,     G(pool::reduce_mean)),
    row("ReduceMean",         18, (1, 2),   REDUCE_18,  G(pool::reduce_mean)),
    row("ReduceProd",          1, (1, 1),   REDUCE,     F(math::reduce_prod)),
    row("ReduceProd",         18, (1, 2),   REDUCE_18,  F(math::reduce_prod)),
    row("Relu",                6, (1, 1),   NONE,       G(elementwise::relu)),
    row("Reshape",             5, (2, 2),   NONE,       G(reshape::reshape)),
    row("Reshape",            14, (2, 2),   ZERO,       G(reshape::reshape)),
    row("Shape",               1, (1, 1),   NONE,       G(constant::shape)),
    row("Shape",              15, (1, 1),   &[("end", Int), ("start", Int)], G(constant::shape)),
    row("Slice",               1, (1, 1),   &[("axes", Ints), ("ends", Ints), ("starts", Ints)], F(index::slice_attributes)),
    row("Slice",              10, (3, 5),   NONE,       F(index::slice_inputs)),
    row("Softmax",             1, (1, 1),   AXIS,       G(norm::flat_softmax)),
    row("Softmax",            13, (1, 1),   AXIS,       G(norm::softmax)),
    row("Squeeze",             1, (1, 1),   AXES,       G(reshape::squeeze)),
    row("Squeeze",            13, (1, 2),   NONE,       G(reshape::squeeze)),
    row("Sub",                 7, (2, 2),   NONE,       G(elementwise::sub)),
    row("Sum",                 6, (1, ANY), NONE,       G(elementwise::sum)),
    row("Transpose",           1, (1, 1),   &[("perm", Ints)], F(index::transpose)),
    row("Unsqueeze",           1, (1, 1),   AXES,       G(reshape::unsqueeze)),
    row("Unsqueeze",          13, (2, 2),   NONE,       G(reshape::unsqueeze)),
    row("Where",               9, (3, 3),   NONE,       F(math::choose)),
];

/// The row of an operator at a version of the operator set.
pub(super) fn find(name: &str, opset: i64) -> Option<&'static Row> {
    ROWS.iter().filter(|row| row.name == name && row.since <= opset).max_by_key(|row| row.since)
}

/// What the reader knows of an operator, for listings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// ONNX name.
    pub name: &'static str,
    /// Versions of the operator set at which its definition changes for this reader, oldest first.
    pub since: Vec<i64>,
    /// Attributes, of any version.
    pub attributes: Vec<&'static str>,
    /// Done only where its operands are known at import (shape arithmetic).
    pub constants_only: bool,
}

/// Every operator that is read, by name.
pub fn operators() -> Vec<Operator> {
    let mut operators: Vec<Operator> = Vec::new();
    for row in ROWS {
        if operators.last().is_none_or(|last| last.name != row.name) {
            let constants_only = matches!(row.import, Import::Fold(_));
            let operator =
                Operator { name: row.name, since: Vec::new(), attributes: Vec::new(), constants_only };
            operators.push(operator);
        }
        let Some(operator) = operators.last_mut() else { continue };
        operator.since.push(row.since);
        for (attribute, _) in row.attributes {
            if !operator.attributes.contains(attribute) {
                operator.attributes.push(attribute);
            }
        }
    }
    operators
}
