//! Convolutions: groups that fill no block of 16 channels are packed together until they do.

use super::super::plan::Pack;
use super::state::State;
use super::{Refusal, taps};
use crate::base::feature_map::{BLOCK, Order};
use crate::ir::graph::Node;
use crate::kernel::layout::{ConvWeights, WinogradWeights};
use crate::kernel::spec::{ConvSpec, KernelSpec};
use crate::ops::Conv;

/// Adds the step of a convolution.
pub fn lower(state: &mut State, node: &Node, conv: &Conv) -> Result<(), Refusal> {
    let (x, y) = (state.map(node.inputs[0])?, state.map(node.output)?);
    let weight = node.inputs[1];
    let operands = &node.inputs[2..];
    let (bias, rest) = operands.split_at(usize::from(conv.epilogue.bias));
    let bias = bias.first().copied();
    if !state.graph.is_const(weight) || bias.is_some_and(|bias| !state.graph.is_const(bias)) {
        return Err((
            "its weights or bias are computed at run time".to_owned(),
            "export the model with the weights as initialisers",
        ));
    }
    let residual = match rest.first() {
        Some(&residual) => Some(state.map(residual)?),
        None => None,
    };
    let depthwise = conv.groups > 1 && conv.groups == x.c && x.c == y.c;
    let groups = if depthwise { x.planes() } else { packed_groups(conv.groups, x.c, y.c) };
    if x.layout.order == Order::Planar && groups > 1 {
        return Err((
            "a grouped convolution reads a planar image".to_owned(),
            "report this as a bug of the compiler",
        ));
    }
    let spec = ConvSpec { x, y, residual, taps: taps(&conv.window), groups, epilogue: conv.epilogue };
    let [kh, kw] = conv.window.kernel;
    let flops = 2 * (y.n * y.c * y.h * y.w * kh * kw * (x.c / conv.groups)) as u64;
    let reads: Vec<_> = node.inputs[..1].iter().chain(rest).copied().collect();
    if depthwise {
        let weights = state.pack(Pack::Depthwise { spec, weight, bias }, ConvWeights::depthwise(&spec).len());
        state.call(node, KernelSpec::Depthwise(spec), &reads, Some(weights), flops);
        return Ok(());
    }
    let name = state.names.of(&KernelSpec::Conv(spec));
    if let Some(spec) = state.tuner.winograd(&name, &spec, conv.groups == 1) {
        let pack = Pack::Winograd { spec, weight, bias };
        let weights = state.pack(pack, WinogradWeights::of(&spec).len());
        state.call(node, KernelSpec::Winograd(spec), &reads, Some(weights), flops);
        return Ok(());
    }
    let pack = Pack::Conv { spec, groups: conv.groups, weight, bias };
    let weights = state.pack(pack, ConvWeights::of(&spec).len());
    state.call(node, KernelSpec::Conv(spec), &reads, Some(weights), flops);
    Ok(())
}

/// Groups of the packed convolution: as many as have whole blocks of input and output channels each. Weights between
/// channels of different ONNX groups are zeros.
fn packed_groups(groups: usize, ci: usize, co: usize) -> usize {
    let whole = |packed: &usize| (ci / packed).is_multiple_of(BLOCK) && (co / packed).is_multiple_of(BLOCK);
    let divides = |packed: &usize| groups.is_multiple_of(*packed) && whole(packed);
    (2..=groups).rev().find(divides).unwrap_or(1)
}
