//! Matrix products, reductions, normalisations, softmax.

use super::row::{ANY, AXIS, G, NONE, Row, S, row};
use crate::base::epilogue::Act;
use crate::base::functions::Func;
use crate::onnx::import::attrs::Kind::{self, Float, Int, Ints, String};
use crate::onnx::import::norm::Soft;
use crate::onnx::import::{einsum, matrix, norm, normalise, reduce};
use crate::ops::ReduceKind;

const BATCH_NORM: &[(&str, Kind)] = &[("epsilon", Float), ("momentum", Float)];
const BATCH_NORM_7: &[(&str, Kind)] = &[("epsilon", Float), ("momentum", Float), ("spatial", Int)];
const BATCH_NORM_14: &[(&str, Kind)] = &[("epsilon", Float), ("momentum", Float), ("training_mode", Int)];
const GEMM: &[(&str, Kind)] = &[("alpha", Float), ("beta", Float), ("transA", Int), ("transB", Int)];
const REDUCE: &[(&str, Kind)] = &[("axes", Ints), ("keepdims", Int)];
const REDUCE_18: &[(&str, Kind)] = &[("keepdims", Int), ("noop_with_empty_axes", Int)];

const ARG: &[(&str, Kind)] = &[("axis", Int), ("keepdims", Int), ("select_last_index", Int)];
const LAYER: &[(&str, Kind)] = &[("axis", Int), ("epsilon", Float), ("stash_type", Int)];
const GROUP: &[(&str, Kind)] = &[("epsilon", Float), ("num_groups", Int), ("stash_type", Int)];

/// The rows, by name and version.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("ArgMax",                     1, (1, 1),    ARG.split_at(2).0, G(|site| reduce::arg(site, false))),
    row("ArgMax",                    12, (1, 1),    ARG,        G(|site| reduce::arg(site, false))),
    row("ArgMin",                     1, (1, 1),    ARG.split_at(2).0, G(|site| reduce::arg(site, true))),
    row("ArgMin",                    12, (1, 1),    ARG,        G(|site| reduce::arg(site, true))),
    row("BatchNormalization",         7, (5, 5),    BATCH_NORM_7, G(norm::batch_norm)),
    row("BatchNormalization",         9, (5, 5),    BATCH_NORM, G(norm::batch_norm)),
    row("BatchNormalization",        14, (5, 5),    BATCH_NORM_14, G(norm::batch_norm)).limits("constant parameters; training_mode = 0"),
    row("CumSum",                    11, (2, 2),    &[("exclusive", Int), ("reverse", Int)], G(reduce::cum_sum)).limits("constant axis"),
    row("Einsum",                    12, (1, ANY), &[("equation", String)], G(einsum::einsum)).limits("no label twice in a term"),
    row("Gemm",                       7, (3, 3),    GEMM,       G(matrix::gemm)),
    row("Gemm",                      11, (2, 3),    GEMM,       G(matrix::gemm)),
    row("GroupNormalization",        18, (3, 3),    GROUP.split_at(2).0, G(normalise::group)),
    row("GroupNormalization",        21, (3, 3),    GROUP,      G(normalise::group)),
    row("Hardmax",                    1, (1, 1),    AXIS,       G(|site| norm::flat_soft(site, Soft::HardMax))),
    row("Hardmax",                   13, (1, 1),    AXIS,       G(|site| norm::soft(site, Soft::HardMax))),
    row("InstanceNormalization",      6, (3, 3),    &[("epsilon", Float)], G(normalise::instance)),
    row("LRN",                        1, (1, 1),    &[("alpha", Float), ("beta", Float), ("bias", Float), ("size", Int)], G(normalise::local_response)),
    row("LayerNormalization",        17, (2, 3),    LAYER,      S(normalise::layer)),
    row("LogSoftmax",                 1, (1, 1),    AXIS,       G(|site| norm::flat_soft(site, Soft::LogMax))),
    row("LogSoftmax",                13, (1, 1),    AXIS,       G(|site| norm::soft(site, Soft::LogMax))),
    row("LpNormalization",            1, (1, 1),    &[("axis", Int), ("p", Int)], G(normalise::lp)),
    row("MatMul",                     1, (2, 2),    NONE,       G(matrix::matmul)),
    row("MeanVarianceNormalization",  9, (1, 1),    &[("axes", Ints)], G(normalise::mean_variance)),
    row("RMSNormalization",          23, (2, 2),    LAYER,      G(normalise::root_mean_square)),
    row("ReduceL1",                   1, (1, 1),    REDUCE,     G(|site| reduce::reduce(site, ReduceKind::Sizes, Act::None))),
    row("ReduceL1",                  18, (1, 2),    REDUCE_18,  G(|site| reduce::reduce(site, ReduceKind::Sizes, Act::None))).limits("constant axes"),
    row("ReduceL2",                   1, (1, 1),    REDUCE,     G(|site| reduce::reduce(site, ReduceKind::Squares, Act::of(Func::Sqrt)))),
    row("ReduceL2",                  18, (1, 2),    REDUCE_18,  G(|site| reduce::reduce(site, ReduceKind::Squares, Act::of(Func::Sqrt)))).limits("constant axes"),
    row("ReduceLogSum",               1, (1, 1),    REDUCE,     G(|site| reduce::reduce(site, ReduceKind::Sum, Act::of(Func::Log)))),
    row("ReduceLogSum",              18, (1, 2),    REDUCE_18,  G(|site| reduce::reduce(site, ReduceKind::Sum, Act::of(Func::Log)))).limits("constant axes"),
    row("ReduceLogSumExp",            1, (1, 1),    REDUCE,     G(reduce::log_sum_exp)),
    row("ReduceLogSumExp",           18, (1, 2),    REDUCE_18,  G(reduce::log_sum_exp)).limits("constant axes"),
    row("ReduceMax",                  1, (1, 1),    REDUCE,     G(|site| reduce::reduce(site, ReduceKind::Max, Act::None))),
    row("ReduceMax",                 18, (1, 2),    REDUCE_18,  G(|site| reduce::reduce(site, ReduceKind::Max, Act::None))).limits("constant axes"),
    row("ReduceMean",                 1, (1, 1),    REDUCE,     G(|site| reduce::reduce(site, ReduceKind::Mean, Act::None))),
    row("ReduceMean",                18, (1, 2),    REDUCE_18,  G(|site| reduce::reduce(site, ReduceKind::Mean, Act::None))).limits("constant axes"),
    row("ReduceMin",                  1, (1, 1),    REDUCE,     G(|site| reduce::reduce(site, ReduceKind::Min, Act::None))),
    row("ReduceMin",                 18, (1, 2),    REDUCE_18,  G(|site| reduce::reduce(site, ReduceKind::Min, Act::None))).limits("constant axes"),
    row("ReduceProd",                 1, (1, 1),    REDUCE,     G(|site| reduce::reduce(site, ReduceKind::Product, Act::None))),
    row("ReduceProd",                18, (1, 2),    REDUCE_18,  G(|site| reduce::reduce(site, ReduceKind::Product, Act::None))).limits("constant axes"),
    row("ReduceSum",                  1, (1, 1),    REDUCE,     G(|site| reduce::reduce(site, ReduceKind::Sum, Act::None))),
    row("ReduceSum",                 13, (1, 2),    REDUCE_18,  G(|site| reduce::reduce(site, ReduceKind::Sum, Act::None))).limits("constant axes"),
    row("ReduceSumSquare",            1, (1, 1),    REDUCE,     G(|site| reduce::reduce(site, ReduceKind::Squares, Act::None))),
    row("ReduceSumSquare",           18, (1, 2),    REDUCE_18,  G(|site| reduce::reduce(site, ReduceKind::Squares, Act::None))).limits("constant axes"),
    row("Softmax",                    1, (1, 1),    AXIS,       G(|site| norm::flat_soft(site, Soft::Max))),
    row("Softmax",                   13, (1, 1),    AXIS,       G(|site| norm::soft(site, Soft::Max))),
    row("TopK",                       1, (1, 1),    &[("axis", Int), ("k", Int)], S(reduce::top_k)),
    row("TopK",                      10, (2, 2),    AXIS,       S(reduce::top_k)),
    row("TopK",                      11, (2, 2),    &[("axis", Int), ("largest", Int), ("sorted", Int)], S(reduce::top_k)).limits("constant k"),
];
