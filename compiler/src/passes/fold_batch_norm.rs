//! Folds a BatchNormalization into the convolution or matrix product before it, else makes it a scale and shift.
//!
//! ```text
//! %y = conv(%x, %w)                               %y@.. gone
//! %z = batch_norm(%y, %g, %b, %m, %v)       ->    con %w@bn = bn_weight(%w, %g, %v)
//!                                                 con %b@bn = bn_bias(%g, %b, %m, %v)
//!                                                 %z = conv(%x, %w@bn, %b@bn) +bias
//!
//! %z = batch_norm(%x, %g, %b, %m, %v)       ->    con %g@scale = bn_scale(%g, %v)
//!                                                 con %b@shift = bn_bias(%g, %b, %m, %v)
//!                                                 %z = affine(%x, %g@scale, %b@shift)
//! ```
//!
//! Only recipes are recorded; numbers are computed in f64 when weights are packed. A matrix product qualifies when its
//! weights are stored `[N,K]`, with the channel outermost as in a convolution.

use super::Misses;
use super::channels::Linear;
use super::edit::Editor;
use crate::base::epilogue::Act;
use crate::base::real::Real;
use crate::ir::graph::{Graph, Recipe, ValueId};
use crate::ops::Op;

/// Operands of the normalisation.
struct Operands {
    x: ValueId,
    gamma: ValueId,
    beta: ValueId,
    mean: ValueId,
    var: ValueId,
}

/// Every normalisation with constant parameters goes; the others are misses.
pub(super) fn run(graph: &mut Graph, misses: &mut Misses) -> usize {
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let Some(node) = edit.node(index) else { continue };
        let (&Op::BatchNorm { eps }, &[x, gamma, beta, mean, var]) = (&node.op, node.inputs.as_slice())
        else {
            continue;
        };
        if ![gamma, beta, mean, var].iter().all(|&id| edit.graph.is_const(id)) {
            misses.push(&node, "its parameters are computed at run time");
            continue;
        }
        let operands = Operands { x, gamma, beta, mean, var };
        match linear_before(&edit, x) {
            Ok(linear) => fold(&mut edit, &linear, index, eps, &operands),
            Err(reason) => {
                misses.push(&node, format!("it stays as a scale and shift per channel: {reason}"));
                make_affine(&mut edit, index, eps, &operands);
            }
        }
        rewrites += 1;
    }
    rewrites
}

fn linear_before(edit: &Editor, x: ValueId) -> Result<Linear, &'static str> {
    let linear = Linear::before(edit, x)?;
    match &linear.node.op {
        Op::MatMul(matmul) if !matmul.trans_b => Err("the weights before it are stored [K,N]"),
        _ => Ok(linear),
    }
}

fn fold(edit: &mut Editor, linear: &Linear, index: usize, eps: Real, operands: &Operands) {
    let &Operands { gamma, beta, mean, var, .. } = operands;
    let [x, w] = linear.operands;
    let ty = edit.graph.value(w).ty.clone();
    let weights = edit.add_recipe(w, "bn", ty, Recipe::BnWeight { eps }, &[w, gamma, var]);
    let ty = edit.graph.value(beta).ty.clone();
    let parameters: Vec<ValueId> = [gamma, beta, mean, var].into_iter().chain(linear.bias).collect();
    let bias = edit.add_recipe(beta, "bn", ty, Recipe::BnBias { eps }, &parameters);
    edit.join(linear.index, index, linear.index, linear.with_bias(), vec![x, weights, bias]);
}

fn make_affine(edit: &mut Editor, index: usize, eps: Real, operands: &Operands) {
    let &Operands { x, gamma, beta, mean, var } = operands;
    let ty = edit.graph.value(gamma).ty.clone();
    let scale = edit.add_recipe(gamma, "scale", ty.clone(), Recipe::BnScale { eps }, &[gamma, var]);
    let shift = edit.add_recipe(beta, "shift", ty, Recipe::BnBias { eps }, &[gamma, beta, mean, var]);
    let op = Op::Affine { act: Act::None };
    edit.set(index, op, vec![x, scale, shift]);
}
