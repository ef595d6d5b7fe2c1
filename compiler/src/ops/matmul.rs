//! Matrix product (ONNX Gemm and MatMul) with an epilogue: of two matrices, or of as many on either side.

use super::MatMul;
use super::check::{self, MISSING};
use crate::base::tensor::{Elements, Tensor, TensorType};

/// How many matrices an operand is, and their rows and columns.
fn matrices(what: &str, ty: &TensorType) -> Result<(usize, [usize; 2]), String> {
    match *ty.shape.as_slice() {
        [rows, columns] => Ok((1, [rows, columns])),
        [batch, rows, columns] => Ok((batch, [rows, columns])),
        ref shape => Err(format!("{what} has {} axes and needs 2 or 3", shape.len())),
    }
}

/// Rows and columns of an operand after its transposition.
fn extents(shape: [usize; 2], transposed: bool) -> [usize; 2] {
    if transposed { [shape[1], shape[0]] } else { shape }
}

pub(super) fn infer(matmul: &MatMul, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [a, b, extra @ ..] = inputs else { return Err(MISSING.to_owned()) };
    let dtype = check::float(inputs)?;
    let (batch, rows_columns) = matrices("the left operand", a)?;
    let (b_batch, b_rows_columns) = matrices("the right operand", b)?;
    let [m, k] = extents(rows_columns, matmul.trans_a);
    let [b_k, n] = extents(b_rows_columns, matmul.trans_b);
    if k != b_k {
        return Err(format!("its left operand has {k} columns, its right one {b_k} rows"));
    }
    if a.shape.len() != b.shape.len() || batch != b_batch {
        return Err(format!("its operands are {batch} and {b_batch} matrices"));
    }
    let batched = a.shape.len() == 3;
    if batched && matmul.epilogue.bias {
        return Err("products in a batch take no bias".to_owned());
    }
    if matmul.epilogue.residual {
        return Err("it takes no residual".to_owned());
    }
    if let ([bias, ..], true) = (extra, matmul.epilogue.bias) {
        check::shape("the bias", bias, &[n])?;
    }
    check::tensor_type(dtype, if batched { vec![batch, m, n] } else { vec![m, n] })
}

pub(super) fn eval(matmul: &MatMul, inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let [a, b, extra @ ..] = inputs else { return Err(MISSING.to_owned()) };
    let (batch, [m, n]) = matrices("the result", output)?;
    let (_, [a_rows, a_columns]) = matrices("the left operand", &a.ty)?;
    let (_, [_, b_columns]) = matrices("the right operand", &b.ty)?;
    let k = if matmul.trans_a { a_rows } else { a_columns };
    // Distances in memory between neighbours along (m, k) and (k, n).
    let [a_m, a_k] = extents([a_columns, 1], matmul.trans_a);
    let [b_k, b_n] = extents([b_columns, 1], matmul.trans_b);
    let (a, b) = (check::floats(a)?, check::floats(b)?);
    let alpha = f64::from(matmul.alpha.get());
    let mut sums = Vec::with_capacity(batch * m * n);
    for one in 0..batch {
        let (a, b) = (&a[one * m * k..], &b[one * k * n..]);
        for row in 0..m {
            for column in 0..n {
                let sum: f64 = (0..k).map(|i| a[row * a_m + i * a_k] * b[i * b_k + column * b_n]).sum();
                sums.push(alpha * sum);
            }
        }
    }
    check::finish(matmul.epilogue, extra, &mut sums, |i| i % n)?;
    Ok(Elements::Float(sums))
}
