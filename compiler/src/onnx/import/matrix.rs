//! Gemm and MatMul.

use super::elementwise::pairwise;
use super::site::{Imported, Site};
use crate::base::epilogue::Epilogue;
use crate::base::real::Real;
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::{BinaryKind, MatMul, Op};

/// `alpha * op(a) . op(b) + beta * c`. A constant `c` with one number per column, or one for all, is the bias of
/// [`Op::MatMul`]; any other is added by an operation of its own.
pub(super) fn gemm(site: &mut Site) -> Imported {
    let a = site.input(0)?;
    let b = site.weight(1, "second operand")?;
    let trans_a = site.attrs.int("transA").unwrap_or(0) != 0;
    let trans_b = site.attrs.int("transB").unwrap_or(0) != 0;
    let alpha = Real::new(site.attrs.float("alpha").unwrap_or(1.0));
    let beta = site.attrs.float("beta").unwrap_or(1.0);
    let &[rows, columns] = site.shape(b) else {
        return Err(Refusal::invalid(format!(
            "its second operand has the extents {:?}, not 2",
            site.shape(b)
        )));
    };
    let n = if trans_b { rows } else { columns };
    let c = site.optional(2).filter(|_| beta != 0.0);
    let mut inputs = vec![a, b];
    let bias = match c {
        Some(c) => bias(site, c, beta, n)?,
        None => None,
    };
    inputs.extend(bias);
    let epilogue = Epilogue { bias: bias.is_some(), ..Epilogue::default() };
    let product = site.emit(Op::MatMul(MatMul { trans_a, trans_b, alpha, epilogue }), inputs)?;
    match c {
        Some(c) if bias.is_none() => add_scaled(site, product, c, beta),
        _ => Ok(product),
    }
}

/// `c` as a constant `[n]`, when it is one.
fn bias(site: &mut Site, c: ValueId, beta: f32, n: usize) -> Result<Option<ValueId>, Refusal> {
    let shape = site.shape(c).to_vec();
    let per_column = shape == [n] || shape == [1, n];
    let one_for_all = shape.is_empty() || shape == [1];
    if !site.builder.graph.is_const(c) || !(per_column || one_for_all) {
        return Ok(None);
    }
    let c = if shape == [1, n] { site.reshape(c, vec![n])? } else { c };
    if beta == 1.0 && per_column {
        return Ok(Some(c));
    }
    // The product with a vector of betas scales and broadcasts at once.
    let betas = site.filled(beta, vec![n]);
    pairwise(site, BinaryKind::Mul, vec![c, betas]).map(Some)
}

fn add_scaled(site: &mut Site, product: ValueId, c: ValueId, beta: f32) -> Imported {
    let scaled = if beta == 1.0 {
        c
    } else {
        let beta = site.filled(beta, Vec::new());
        pairwise(site, BinaryKind::Mul, vec![c, beta])?
    };
    let result = pairwise(site, BinaryKind::Add, vec![product, scaled])?;
    if site.shape(result) != site.shape(product) {
        return Err(Refusal::invalid(format!("C of {} does not broadcast to the product", site.ty(c))));
    }
    Ok(result)
}

/// MatMul of two matrices, the second one constant.
pub(super) fn matmul(site: &mut Site) -> Imported {
    let a = site.input(0)?;
    let b = site.weight(1, "second operand")?;
    if site.shape(a).len() != 2 || site.shape(b).len() != 2 {
        let reason =
            format!("the product of {} and {}; only matrices are multiplied", site.ty(a), site.ty(b));
        return Err(Refusal::unsupported(reason));
    }
    let product =
        MatMul { trans_a: false, trans_b: false, alpha: Real::new(1.0), epilogue: Epilogue::default() };
    site.emit(Op::MatMul(product), vec![a, b])
}
