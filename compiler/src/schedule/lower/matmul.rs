//! Matrix products, one or a batch of them.

use super::super::plan::Pack;
use super::Refusal;
use super::state::State;
use crate::ir::graph::Node;
use crate::kernel::layout::MatMulWeights;
use crate::kernel::spec::{KernelSpec, MatMulSpec, Rhs};
use crate::ops::MatMul;

/// Adds the step of a matrix product.
pub fn lower(state: &mut State, node: &Node, matmul: &MatMul) -> Result<(), Refusal> {
    let graph = state.graph;
    let (a, b) = (node.inputs[0], node.inputs[1]);
    let (batch, m, n, rows, columns) = match (graph.shape(node.output), graph.shape(a)) {
        (&[m, n], &[rows, columns]) => (1, m, n, rows, columns),
        (&[batch, m, n], &[_, rows, columns]) => (batch, m, n, rows, columns),
        _ => return Err(("its operands are no matrices".to_owned(), "reshape them to 2 or 3 dimensions")),
    };
    let k = if matmul.trans_a { rows } else { columns };
    // Matrices of a batch are read where they lie, constant ones too.
    let constant = graph.is_const(b) && graph.shape(b).len() == 2;
    let rhs = if constant { Rhs::Packed } else { Rhs::RowMajor };
    if !constant && (matmul.trans_b || matmul.alpha.get() != 1.0 || matmul.epilogue.bias) {
        let reason = "its right operand is computed at run time, and it has transB, alpha or C".to_owned();
        return Err((reason, "make the right operand an initialiser, or use plain MatMul"));
    }
    let spec = MatMulSpec { batch, m, k, n, trans_a: matmul.trans_a, rhs, epilogue: matmul.epilogue };
    let flops = 2 * (batch * m * k * n) as u64;
    if !constant {
        state.call(node, KernelSpec::MatMul(spec), &[a, b], None, flops);
        return Ok(());
    }
    let bias = matmul.epilogue.bias.then(|| node.inputs[2]);
    if bias.is_some_and(|bias| !graph.is_const(bias)) {
        return Err(("its bias is computed at run time".to_owned(), "use MatMul and Add"));
    }
    let pack = Pack::MatMul { spec, trans_b: matmul.trans_b, alpha: matmul.alpha, weight: b, bias };
    let weights = state.pack(pack, MatMulWeights::of(&spec).len());
    state.call(node, KernelSpec::MatMul(spec), &[a], Some(weights), flops);
    Ok(())
}
