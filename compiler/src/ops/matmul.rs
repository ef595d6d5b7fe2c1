//! Matrix product (ONNX Gemm and 2-d MatMul) with an epilogue.

use super::MatMul;
use super::check::{self, MISSING};
use crate::base::tensor::{Elements, Tensor, TensorType};

/// Rows and columns of an operand after its transposition.
fn extents(shape: [usize; 2], transposed: bool) -> [usize; 2] {
    if transposed { [shape[1], shape[0]] } else { shape }
}

pub(super) fn infer(matmul: &MatMul, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [a, b, extra @ ..] = inputs else { return Err(MISSING.to_owned()) };
    let dtype = check::float(inputs)?;
    let [m, k] = extents(check::rank2("the left operand", a)?, matmul.trans_a);
    let [b_k, n] = extents(check::rank2("the right operand", b)?, matmul.trans_b);
    if k != b_k {
        return Err(format!("its left operand has {k} columns, its right one {b_k} rows"));
    }
    if matmul.epilogue.residual {
        return Err("it takes no residual".to_owned());
    }
    if let ([bias, ..], true) = (extra, matmul.epilogue.bias) {
        check::shape("the bias", bias, &[n])?;
    }
    check::tensor_type(dtype, vec![m, n])
}

pub(super) fn eval(matmul: &MatMul, inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let [a, b, extra @ ..] = inputs else { return Err(MISSING.to_owned()) };
    let [m, n] = check::rank2("the result", output)?;
    let [a_rows, a_columns] = check::rank2("the left operand", &a.ty)?;
    let [_, b_columns] = check::rank2("the right operand", &b.ty)?;
    let k = if matmul.trans_a { a_rows } else { a_columns };
    // Distances in memory between neighbours along (m, k) and (k, n).
    let [a_m, a_k] = extents([a_columns, 1], matmul.trans_a);
    let [b_k, b_n] = extents([b_columns, 1], matmul.trans_b);
    let (a, b) = (check::floats(a)?, check::floats(b)?);
    let alpha = f64::from(matmul.alpha.get());
    let mut sums = Vec::with_capacity(m * n);
    for row in 0..m {
        for column in 0..n {
            let sum: f64 = (0..k).map(|i| a[row * a_m + i * a_k] * b[i * b_k + column * b_n]).sum();
            sums.push(alpha * sum);
        }
    }
    check::finish(matmul.epilogue, extra, &mut sums, |i| i % n)?;
    Ok(Elements::Float(sums))
}
