//! Convolutions: the kernel that computes each, and how its weights are packed.

use super::super::plan::Pack;
use super::state::State;
use super::{Refusal, taps};
use crate::base::feature_map::Order;
use crate::ir::graph::Node;
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
    let (taps, epilogue) = (taps(&conv.window), conv.epilogue);
    let spec = ConvSpec { x, y, residual, taps, groups: conv.groups, epilogue };
    let depthwise = conv.groups > 1 && conv.groups == x.c && x.c == y.c;
    if x.layout.order == Order::Planar && (depthwise || spec.packed().groups > 1) {
        return Err((
            "a grouped convolution reads a planar image".to_owned(),
            "report this as a bug of the compiler",
        ));
    }
    let kernel = match depthwise {
        true => KernelSpec::Depthwise(ConvSpec { groups: x.planes(), ..spec }),
        false => {
            let name = state.names.of(&KernelSpec::Conv(spec));
            state.tuner.algorithm(&name, &spec)
        }
    };
    let pack = match kernel {
        KernelSpec::Depthwise(spec) => Pack::Depthwise { spec, weight, bias },
        KernelSpec::Grouped(spec) => Pack::Grouped { spec, weight, bias },
        KernelSpec::Banded(spec) => Pack::Banded { spec, weight, bias },
        KernelSpec::Winograd(spec) => Pack::Winograd { spec, weight, bias },
        _ => Pack::Conv { spec: spec.packed(), groups: conv.groups, weight, bias },
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
