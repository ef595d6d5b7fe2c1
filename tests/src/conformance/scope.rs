//! Which cases are those of convolutional networks.

use super::archive::Case;

/// Operators that a convolutional network is made of, as exporters write it.
#[rustfmt::skip]
pub const OPERATORS: &[&str] = &[
    "Add", "AveragePool", "BatchNormalization", "Clip", "Concat", "Constant", "Conv", "ConvTranspose", "DepthToSpace",
    "Div", "Dropout", "Elu", "Erf", "Exp", "Flatten", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool",
    "GroupNormalization", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization", "LRN", "LayerNormalization",
    "LeakyRelu", "Log", "LogSoftmax", "LpNormalization", "LpPool", "MatMul", "Max", "MaxPool", "Min", "Mish", "Mul",
    "PRelu", "Pow", "ReduceMax", "ReduceMin", "ReduceProd", "Relu", "Resize", "Selu", "Sigmoid", "Softmax",
    "SpaceToDepth", "Split", "Sqrt", "Sub", "Sum", "Tanh", "Transpose", "Upsample",
];

/// A case of f32 alone, of one node, whose operator is one of [`OPERATORS`].
pub fn is_convolutional(case: &Case) -> bool {
    case.is_float() && matches!(case.operators()[..], [operator] if OPERATORS.contains(&operator))
}

/// The operator that a case is about: that of its one node, or the one that its functions define.
pub fn operator<'a>(case: &'a Case, all: &'a [Case]) -> &'a str {
    let whole = case.name.split_once("_expanded").map_or(case.name.as_str(), |(whole, _)| whole);
    let found = all.binary_search_by(|other| other.name.as_str().cmp(whole));
    let case = found.map_or(case, |at| &all[at]);
    case.operators().first().copied().unwrap_or_default()
}
