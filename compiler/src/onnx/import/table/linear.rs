//! Matrix products, reductions, normalisations, softmax.

use super::{AXIS, F, G, NONE, Row, row};
use crate::onnx::import::attrs::Kind::{self, Float, Int, Ints};
use crate::onnx::import::{fold::math, matrix, norm, pool};

const BATCH_NORM: &[(&str, Kind)] = &[("epsilon", Float), ("momentum", Float)];
const BATCH_NORM_7: &[(&str, Kind)] = &[("epsilon", Float), ("momentum", Float), ("spatial", Int)];
const BATCH_NORM_14: &[(&str, Kind)] = &[("epsilon", Float), ("momentum", Float), ("training_mode", Int)];
const GEMM: &[(&str, Kind)] = &[("alpha", Float), ("beta", Float), ("transA", Int), ("transB", Int)];
const REDUCE: &[(&str, Kind)] = &[("axes", Ints), ("keepdims", Int)];
const REDUCE_18: &[(&str, Kind)] = &[("keepdims", Int), ("noop_with_empty_axes", Int)];

/// The rows, by name and version.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("BatchNormalization",  7, (5, 5),   BATCH_NORM_7, G(norm::batch_norm)),
    row("BatchNormalization",  9, (5, 5),   BATCH_NORM, G(norm::batch_norm)),
    row("BatchNormalization", 14, (5, 5),   BATCH_NORM_14, G(norm::batch_norm)),
    row("Gemm",                7, (3, 3),   GEMM,       G(matrix::gemm)),
    row("Gemm",               11, (2, 3),   GEMM,       G(matrix::gemm)),
    row("MatMul",              1, (2, 2),   NONE,       G(matrix::matmul)),
    row("ReduceMean",          1, (1, 1),   REDUCE,     G(pool::reduce_mean)),
    row("ReduceMean",         18, (1, 2),   REDUCE_18,  G(pool::reduce_mean)),
    row("ReduceProd",          1, (1, 1),   REDUCE,     F(math::reduce_prod)),
    row("ReduceProd",         18, (1, 2),   REDUCE_18,  F(math::reduce_prod)),
    row("Softmax",             1, (1, 1),   AXIS,       G(norm::flat_softmax)),
    row("Softmax",            13, (1, 1),   AXIS,       G(norm::softmax)),
];
