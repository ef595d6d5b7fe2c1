//! Concatenation: operands that can are computed in their place, the others are copied there.

use super::super::Refusal;
use super::super::state::{Part, State};
use super::level::Span;
use super::lie::Lie;
use super::{along, shares_memory, whole};
use crate::base::feature_map::BLOCK;
use crate::ir::graph::{Def, Graph, Node, ValueId};
use crate::kernel::spec::KernelSpec;
use crate::ops::Op;
use std::collections::{HashMap, HashSet};

/// Where the first operands of a concatenation lie in its result, as memory of their own: first float and floats. Those
/// behind them share blocks with each other or lie in several places.
fn places(graph: &Graph, node: &Node, axis: usize) -> Vec<(usize, usize)> {
    let lie = Lie::of(graph, node.output);
    let mut start = 0;
    let place = |x: &ValueId| {
        let count = graph.shape(*x)[axis];
        let (at, len) = lie.part(axis, start, count)?;
        start += count;
        // The next operand must begin at a multiple too.
        (start == lie.shape[axis] || len.is_multiple_of(BLOCK)).then_some((at, len))
    };
    node.inputs.iter().map_while(place).collect()
}

/// The value whose memory a value is: reshapes and identities are the same bytes.
fn root(graph: &Graph, producers: &[Option<usize>], mut value: ValueId) -> ValueId {
    while let Some(node) = producers[value.0].map(|at| &graph.nodes[at])
        && let (Op::Reshape | Op::Identity | Op::Cast { .. }, &[x]) = (&node.op, node.inputs.as_slice())
    {
        value = x;
    }
    value
}

/// The values that are computed right where a concatenation wants them. Each has one place; whatever another step
/// computes in full, and is no result of the network, may have one.
pub fn parts(graph: &Graph) -> HashMap<ValueId, Part> {
    let producers = graph.producers();
    let outputs: HashSet<ValueId> = graph.outputs.iter().map(|&id| root(graph, &producers, id)).collect();
    let computed = |id: ValueId| {
        let node = producers[id.0].map(|at| &graph.nodes[at]);
        matches!(graph.value(id).def, Def::Node) && node.is_some_and(|node| !shares_memory(graph, node))
    };
    let mut parts = HashMap::new();
    for node in &graph.nodes {
        let Op::Concat { axis } = node.op else { continue };
        let layout = graph.value(node.output).layout;
        for (&x, (at, len)) in node.inputs.iter().zip(places(graph, node, axis)) {
            let from = root(graph, &producers, x);
            let alike = graph.value(x).layout == layout && Lie::of(graph, from).len == len;
            if alike && computed(from) && !outputs.contains(&from) {
                parts.entry(from).or_insert(Part { of: node.output, at });
            }
        }
    }
    parts
}

/// [`Op::Concat`].
pub fn lower(state: &mut State, node: &Node, axis: usize) -> Result<(), Refusal> {
    let graph = state.graph;
    let all = Lie::of(graph, node.output);
    let places = places(graph, node, axis);
    let buffer = state.written(node.output);
    for (&x, &(at, len)) in node.inputs.iter().zip(&places) {
        if !state.lies_at(x, buffer, at) {
            let to = all.clone().shortened(axis, graph.shape(x)[axis]);
            let spec = copy(graph, x, &to, axis, 0)?;
            let (name, map) =
                (graph.value(x).name.clone(), state.map_of_part(node.output, axis, to.shape[axis]));
            let part = state.part(buffer, &name, to.shape, map, (at, len));
            state.call_into(node, KernelSpec::Copy(spec), &[x], part, name);
        }
    }
    let rest = &node.inputs[places.len()..];
    let done: usize = node.inputs[..places.len()].iter().map(|&x| graph.shape(x)[axis]).sum();
    let to = all.clone().shortened(axis, all.shape[axis] - done);
    let name = format!("{} (part)", graph.value(node.output).name);
    let into = match places.last() {
        Some(&(at, len)) if !rest.is_empty() => {
            let map = state.map_of_part(node.output, axis, to.shape[axis]);
            state.part(buffer, &name, to.shape.clone(), map, (at + len, to.len))
        }
        _ => buffer,
    };
    let mut start = 0;
    for &x in rest {
        let spec = copy(graph, x, &to, axis, start)?;
        state.call_into(node, KernelSpec::Copy(spec), &[x], into, name.clone());
        start += graph.shape(x)[axis];
    }
    Ok(())
}

/// The copy of a whole operand to index `start` of an axis.
fn copy(
    graph: &Graph,
    x: ValueId,
    to: &Lie,
    axis: usize,
    start: usize,
) -> Result<crate::kernel::spec::movement::CopySpec, Refusal> {
    let from = Lie::of(graph, x);
    let spans: Result<Vec<Vec<Span>>, Refusal> = from.shape.iter().map(|&n| Ok(vec![whole(n)?])).collect();
    along(to, &from, &spans?, axis, start)
}
