//! Gemm and MatMul, which Einsum uses too.

use super::elementwise::pairwise;
use super::movement::{permute, spread};
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
    let mut b = site.input(1)?;
    let trans_a = site.attrs.int("transA").unwrap_or(0) != 0;
    let mut trans_b = site.attrs.int("transB").unwrap_or(0) != 0;
    let alpha = site.attrs.float("alpha").unwrap_or(1.0);
    let beta = site.attrs.float("beta").unwrap_or(1.0);
    let &[rows, columns] = site.shape(b) else {
        return Err(Refusal::invalid(format!(
            "its second operand has the extents {:?}, not 2",
            site.shape(b)
        )));
    };
    let n = if trans_b { rows } else { columns };
    let constant = site.builder.graph.is_const(b);
    // What is packed is transposed and scaled then; what is computed, in operations of their own.
    let (late, alpha) = if constant { (1.0, alpha) } else { (alpha, 1.0) };
    if !constant && trans_b {
        (b, trans_b) = (permute(site, b, vec![1, 0])?, false);
    }
    let c = site.optional(2).filter(|_| beta != 0.0);
    let mut inputs = vec![a, b];
    let bias = match c {
        Some(c) if constant => bias(site, c, beta, n)?,
        _ => None,
    };
    inputs.extend(bias);
    let epilogue = Epilogue { bias: bias.is_some(), ..Epilogue::default() };
    let op = MatMul { trans_a, trans_b, alpha: Real::new(alpha), epilogue };
    let product = site.emit(Op::MatMul(op), inputs)?;
    let product = scaled(site, product, late)?;
    match c {
        Some(c) if bias.is_none() => add_scaled(site, product, c, beta),
        _ => Ok(product),
    }
}

/// A value times a number.
fn scaled(site: &mut Site, x: ValueId, by: f32) -> Imported {
    if by == 1.0 {
        return Ok(x);
    }
    let by = site.filled(by, Vec::new());
    pairwise(site, BinaryKind::Mul, vec![x, by])
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
    let c = scaled(site, c, beta)?;
    let result = pairwise(site, BinaryKind::Add, vec![product, c])?;
    if site.shape(result) != site.shape(product) {
        return Err(Refusal::invalid(format!("C of {} does not broadcast to the product", site.ty(c))));
    }
    Ok(result)
}

/// The product of two matrices, or of as many on either side.
pub(super) fn product(site: &mut Site, a: ValueId, b: ValueId) -> Imported {
    let plain =
        MatMul { trans_a: false, trans_b: false, alpha: Real::new(1.0), epilogue: Epilogue::default() };
    site.emit(Op::MatMul(plain), vec![a, b])
}

/// MatMul as numpy does it: a vector is a row on the left and a column on the right, axes before the last two number
/// the products, and those of extent 1 repeat.
pub(super) fn matmul(site: &mut Site) -> Imported {
    let (a, b) = (site.input(0)?, site.input(1)?);
    let (a_shape, b_shape) = (site.shape(a).to_vec(), site.shape(b).to_vec());
    let (a_outer, [m, k], row) = match *a_shape.as_slice() {
        [] => return Err(Refusal::invalid("its first operand is a single number")),
        [k] => (Vec::new(), [1, k], true),
        [ref outer @ .., m, k] => (outer.to_vec(), [m, k], false),
    };
    let (b_outer, [b_k, n], column) = match *b_shape.as_slice() {
        [] => return Err(Refusal::invalid("its second operand is a single number")),
        [k] => (Vec::new(), [k, 1], true),
        [ref outer @ .., k, n] => (outer.to_vec(), [k, n], false),
    };
    let repeated = b_outer.iter().all(|&extent| extent == 1) && b_outer.len() <= a_outer.len();
    let (result, outer) = if repeated {
        // One matrix on the right: all rows on the left are those of one product.
        let a = shaped(site, a, vec![a_outer.iter().product::<usize>() * m, k])?;
        let b = shaped(site, b, vec![b_k, n])?;
        (product(site, a, b)?, a_outer)
    } else {
        let outer = common(&a_outer, &b_outer)?;
        let matrices = |site: &mut Site, x: ValueId, last: [usize; 2]| {
            let shape = |outer: &[usize]| [outer, last.as_slice()].concat();
            let own = if last == [m, k] { &a_outer } else { &b_outer };
            let x = shaped(site, x, shape(own))?;
            let x = spread(site, x, &shape(&outer))?;
            shaped(site, x, shape(&[outer.iter().product()]))
        };
        let (a, b) = (matrices(site, a, [m, k])?, matrices(site, b, [b_k, n])?);
        (product(site, a, b)?, outer)
    };
    let last = [(m, row), (n, column)].into_iter().filter(|(_, vector)| !vector).map(|(extent, _)| extent);
    shaped(site, result, outer.into_iter().chain(last).collect())
}

/// A value in this shape; itself where it has that already.
fn shaped(site: &mut Site, x: ValueId, shape: Vec<usize>) -> Imported {
    if site.shape(x) == shape { Ok(x) } else { site.reshape(x, shape) }
}

/// The extents that both expand to, counted from the last axis.
fn common(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Refusal> {
    let extent = |from: &[usize], axis: usize| from.iter().rev().nth(axis).copied().unwrap_or(1);
    let both = |axis: usize| match (extent(a, axis), extent(b, axis)) {
        (1, extent) | (extent, 1) => Ok(extent),
        (a, b) if a == b => Ok(a),
        _ => Err(Refusal::invalid(format!("its operands are {a:?} and {b:?} matrices"))),
    };
    (0..a.len().max(b.len())).rev().map(both).collect()
}
