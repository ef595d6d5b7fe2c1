//! Convolutions, and which kernel computes those in groups.

use super::super::choose::{self, Groups};
use super::super::plan::Pack;
use super::state::State;
use super::{Refusal, taps};
use crate::base::feature_map::{BLOCK, Order};
use crate::ir::graph::{Node, ValueId};
use crate::kernel::ir::Role;
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
    let (kernel, pack) = if depthwise {
        (KernelSpec::Depthwise(spec), Pack::Depthwise { spec, weight, bias })
    } else {
        algorithm(state, spec, conv.groups, (weight, bias))
    };
    let [kh, kw] = conv.window.kernel;
    let flops = 2 * (y.n * y.c * y.h * y.w * kh * kw * (x.c / conv.groups)) as u64;
    let reads: Vec<_> = node.inputs[..1].iter().chain(rest).copied().collect();
    let weights =
        kernel.params().iter().filter(|param| param.role == Role::Weights).map(|param| param.len).sum();
    let weights = state.pack(pack, weights);
    state.call(node, kernel, &reads, Some(weights), flops);
    Ok(())
}

/// The kernel of a convolution whose packed groups are those of `packed`, and how its weights are packed.
fn algorithm(
    state: &mut State,
    packed: ConvSpec,
    groups: usize,
    (weight, bias): (ValueId, Option<ValueId>),
) -> (KernelSpec, Pack) {
    let spec = ConvSpec { groups, ..packed };
    match choose::in_groups(&spec, &packed) {
        Some(Groups::Small) => return (KernelSpec::Grouped(spec), Pack::Grouped { spec, weight, bias }),
        Some(Groups::Band) => return (KernelSpec::Banded(spec), Pack::Banded { spec, weight, bias }),
        None => {}
    }
    let name = state.names.of(&KernelSpec::Conv(packed));
    match state.tuner.winograd(&name, &packed, groups == 1) {
        Some(spec) => (KernelSpec::Winograd(spec), Pack::Winograd { spec, weight, bias }),
        None => (KernelSpec::Conv(packed), Pack::Conv { spec: packed, groups, weight, bias }),
    }
}

/// Groups of the packed convolution: as many as have whole blocks of input and output channels each. Weights between
/// channels of different ONNX groups are zeros.
fn packed_groups(groups: usize, ci: usize, co: usize) -> usize {
    let whole = |packed: &usize| (ci / packed).is_multiple_of(BLOCK) && (co / packed).is_multiple_of(BLOCK);
    let divides = |packed: &usize| groups.is_multiple_of(*packed) && whole(packed);
    (2..=groups).rev().find(divides).unwrap_or(1)
}
