//! Matrix products of two dimensions.

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
    let (&[m, n], &[rows, columns]) = (graph.shape(node.output), graph.shape(a)) else {
        let reason = "its operands are no matrices".to_owned();
        return Err((reason, "reshape them to 2 dimensions; batched products are not supported yet"));
    };
    let k = if matmul.trans_a { rows } else { columns };
    let constant = graph.is_const(b);
    let rhs = if constant { Rhs::Packed } else { Rhs::RowMajor };
    if !constant && (matmul.trans_b || matmul.alpha.get() != 1.0 || matmul.epilogue.bias) {
        let reason = "its right operand is computed at run time, and it has transB, alpha or C".to_owned();
        return Err((reason, "make the right operand an initialiser, or use plain MatMul"));
    }
    let spec = MatMulSpec { m, k, n, trans_a: matmul.trans_a, rhs, epilogue: matmul.epilogue };
    let flops = 2 * (m * k * n) as u64;
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
