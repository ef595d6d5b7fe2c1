//! Kernels over row-major arrays: matrix products and softmax.

use crate::case::Case;
use tilewright::base::epilogue::{Act, Epilogue};
use tilewright::base::real::Real;
use tilewright::kernel::spec::{KernelSpec, MatMulSpec, Rhs, SoftmaxSpec};

const BIAS: Epilogue = Epilogue { bias: true, residual: false, act: Act::None };
const BARE: Epilogue = Epilogue { bias: false, ..BIAS };
const RELU: Epilogue = Epilogue { act: Act::Relu, ..BIAS };
const CLIP: Epilogue = Epilogue { act: Act::Clip { lo: Real::new(-1.0), hi: Real::new(1.0) }, ..BARE };

/// A product with packed weights.
const fn packed(m: usize, k: usize, n: usize, epilogue: Epilogue) -> MatMulSpec {
    MatMulSpec { batch: 1, m, k, n, trans_a: false, rhs: Rhs::Packed, epilogue }
}

const MATMULS: [(&str, MatMulSpec); 13] = [
    ("matmul_row", packed(1, 64, 32, BIAS)),
    ("matmul_row_no_bias", packed(1, 64, 32, BARE)),
    ("matmul_row_few_columns", packed(1, 37, 10, BIAS)),
    ("matmul_row_tail", packed(1, 24, 61, RELU)),
    ("matmul_one", packed(1, 1, 1, BIAS)),
    ("matmul_rows", packed(5, 24, 48, RELU)),
    ("matmul_rows_tail", packed(9, 12, 33, CLIP)),
    ("matmul_many_rows", packed(30, 6, 16, BIAS)),
    ("matmul_transposed", MatMulSpec { trans_a: true, ..packed(9, 10, 20, BIAS) }),
    ("matmul_batch", MatMulSpec { batch: 3, rhs: Rhs::RowMajor, ..packed(5, 12, 37, CLIP) }),
    (
        "matmul_batch_transposed",
        MatMulSpec { batch: 2, trans_a: true, rhs: Rhs::RowMajor, ..packed(9, 7, 5, BARE) },
    ),
    ("matmul_activations", MatMulSpec { rhs: Rhs::RowMajor, ..packed(3, 10, 21, BARE) }),
    (
        "matmul_activations_transposed",
        MatMulSpec { trans_a: true, rhs: Rhs::RowMajor, ..packed(8, 16, 39, CLIP) },
    ),
];

const fn softmax(outer: usize, len: usize, inner: usize) -> SoftmaxSpec {
    SoftmaxSpec { log: false, outer, len, inner }
}

const SOFTMAXES: [(&str, SoftmaxSpec); 7] = [
    ("softmax", softmax(1, 64, 1)),
    ("softmax_tail", softmax(3, 37, 1)),
    ("softmax_short", softmax(2, 3, 1)),
    ("softmax_across", softmax(2, 5, 32)),
    ("softmax_across_tail", softmax(2, 5, 21)),
    ("log_softmax_tail", SoftmaxSpec { log: true, ..softmax(3, 37, 1) }),
    ("log_softmax_across_tail", SoftmaxSpec { log: true, ..softmax(2, 5, 21) }),
];

/// All of them.
pub fn cases() -> Vec<Case> {
    let matmuls = MATMULS.iter().map(|&(name, spec)| (name, KernelSpec::MatMul(spec)));
    let softmaxes = SOFTMAXES.iter().map(|&(name, spec)| (name, KernelSpec::Softmax(spec)));
    matmuls.chain(softmaxes).map(|(name, spec)| Case { name: name.to_owned(), spec, forced: None }).collect()
}
