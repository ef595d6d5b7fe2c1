//! Convolutions and pools.

use super::row::{G, NONE, Row, row};
use crate::onnx::import::attrs::Kind::{self, Int, Ints, String};
use crate::onnx::import::{conv, conv_transpose, pool};

const CONV: &[(&str, Kind)] = &[
    ("auto_pad", String),
    ("dilations", Ints),
    ("group", Int),
    ("kernel_shape", Ints),
    ("pads", Ints),
    ("strides", Ints),
];
const TRANSPOSE: &[(&str, Kind)] = &[
    ("auto_pad", String),
    ("dilations", Ints),
    ("group", Int),
    ("kernel_shape", Ints),
    ("output_padding", Ints),
    ("output_shape", Ints),
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
const LP: &[(&str, Kind)] = &[
    ("auto_pad", String),
    ("kernel_shape", Ints),
    ("p", Int),
    ("pads", Ints),
    ("strides", Ints),
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

/// The rows, by name and version.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("AveragePool",         7, (1, 1),   AVERAGE.split_at(5).0, G(pool::average_pool)),
    row("AveragePool",        10, (1, 1),   AVERAGE.split_at(6).0, G(pool::average_pool)),
    row("AveragePool",        19, (1, 1),   AVERAGE,    G(pool::average_pool)),
    row("Conv",                1, (2, 3),   CONV,       G(conv::conv)).limits("constant weights and bias"),
    row("ConvTranspose",       1, (2, 3),   TRANSPOSE,  G(conv_transpose::conv_transpose)).limits("constant weights and bias"),
    row("GlobalAveragePool",   1, (1, 1),   NONE,       G(pool::global_average_pool)),
    row("GlobalLpPool",        2, (1, 1),   &[("p", Int)], G(pool::global_lp_pool)),
    row("GlobalMaxPool",       1, (1, 1),   NONE,       G(pool::global_max_pool)),
    row("LpPool",              2, (1, 1),   LP.split_at(5).0, G(pool::lp_pool)),
    row("LpPool",             18, (1, 1),   LP,         G(pool::lp_pool)),
    row("MaxPool",             1, (1, 1),   MAX.split_at(4).0, G(pool::max_pool)),
    row("MaxPool",             8, (1, 1),   MAX.split_at(5).0, G(pool::max_pool)),
    row("MaxPool",            10, (1, 1),   MAX,        G(pool::max_pool)).limits("storage_order = 0; without Indices"),
];
