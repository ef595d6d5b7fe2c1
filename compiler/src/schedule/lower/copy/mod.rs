//! Operators that put elements elsewhere, as copies: one step each, whatever the layouts.

mod assemble;
mod concat;
mod level;
mod lie;
pub mod nest;
mod rearrange;
mod resample;

use super::Refusal;
use super::state::State;
use crate::base::feature_map::{BLOCK, FeatureMap, Halo, Order};
use crate::ir::graph::{Graph, Node};
use crate::ir::layouts::reads_as_planar;
use crate::kernel::spec::KernelSpec;
use crate::kernel::spec::movement::CopySpec;
use crate::ops::index::Index;
use crate::ops::{Op, Pad, PadMode, Rearrange, Take};
use level::{Level, Span, too_many};
use lie::Lie;

pub use concat::{lower as concat, parts};
pub use resample::lower as resample;

/// All of an axis, as it is.
fn whole(extent: usize) -> Result<Span, Refusal> {
    Index::run(0, 1, extent).map(Span::Of).ok_or_else(too_many)
}

/// A copy of which each axis of the result is made of the same axis of the operand, from index `start` of `axis` on.
fn along(to: &Lie, from: &Lie, spans: &[Vec<Span>], axis: usize, start: usize) -> Result<CopySpec, Refusal> {
    let levels = spans.iter().enumerate().map(|(at, spans)| {
        let start = if at == axis { start } else { 0 };
        Level { to, from, axis: at, start, spans }.runs()
    });
    let levels: Vec<_> = levels.collect::<Result<_, _>>()?;
    assemble::assemble(&levels, [to.len, from.len])
}

/// [`Op::Reorder`]: the same elements in another layout.
pub fn reorder(state: &mut State, node: &Node) -> Result<(), Refusal> {
    let graph = state.graph;
    let x = node.inputs[0];
    if is_alias(graph, node) {
        state.alias(node);
        return Ok(());
    }
    let (to, from) = (Lie::of(graph, node.output), Lie::of(graph, x));
    let spans: Result<Vec<Vec<Span>>, Refusal> = to.shape.iter().map(|&n| Ok(vec![whole(n)?])).collect();
    let spec = along(&to, &from, &spans?, 0, 0)?;
    state.call(node, KernelSpec::Copy(spec), &[x], None, 0);
    Ok(())
}

/// [`Op::Take`]: a part of the operand's memory where it is one, else a copy.
pub fn take(state: &mut State, node: &Node, take: &Take) -> Result<(), Refusal> {
    let graph = state.graph;
    let x = node.inputs[0];
    if let Some(part) = view(graph, node, take)
        && state.view(node, part)
    {
        return Ok(());
    }
    let (to, from) = (Lie::of(graph, node.output), Lie::of(graph, x));
    let mut spans: Vec<Vec<Span>> =
        from.shape.iter().map(|&n| Ok(vec![whole(n)?])).collect::<Result<_, Refusal>>()?;
    for (axis, index) in &take.axes {
        spans[*axis] = vec![Span::Of(index.clone())];
    }
    let spec = along(&to, &from, &spans, 0, 0)?;
    state.call(node, KernelSpec::Copy(spec), &[x], None, 0);
    Ok(())
}

/// The floats of the operand that are the result of a [`Take`], as they lie: first and count.
fn view(graph: &Graph, node: &Node, take: &Take) -> Option<(usize, usize)> {
    let ([(axis, index)], &[x]) = (take.axes.as_slice(), node.inputs.as_slice()) else { return None };
    let (first, count) = index.contiguous()?;
    let alike = graph.value(x).layout == graph.value(node.output).layout;
    if alike { Lie::of(graph, x).part(*axis, first, count) } else { None }
}

/// True for a reorder that changes nothing.
fn is_alias(graph: &Graph, node: &Node) -> bool {
    let (x, y) = (node.inputs[0], node.output);
    graph.value(x).layout == graph.value(y).layout || reads_as_planar(graph, x) && reads_as_planar(graph, y)
}

/// True for a value that is, or may be, memory of the operand of its node.
fn shares_memory(graph: &Graph, node: &Node) -> bool {
    match &node.op {
        Op::Take(take) => view(graph, node, take).is_some(),
        Op::Reorder => is_alias(graph, node),
        op => matches!(op, Op::Reshape | Op::Identity | Op::Cast { .. }),
    }
}

/// [`Op::Pad`].
pub fn pad(state: &mut State, node: &Node, pad: &Pad) -> Result<(), Refusal> {
    let PadMode::Constant(value) = pad.mode;
    let (to, from) = (Lie::of(state.graph, node.output), Lie::of(state.graph, node.inputs[0]));
    let around = from.shape.iter().zip(pad.before.iter().zip(&pad.after));
    let spans = around.map(|(&extent, (&before, &after))| {
        let parts = [Span::Fill(before, value), whole(extent)?, Span::Fill(after, value)];
        Ok(parts.into_iter().filter(|span| !matches!(span, Span::Fill(0, _))).collect())
    });
    let spans: Vec<Vec<Span>> = spans.collect::<Result<_, Refusal>>()?;
    let spec = along(&to, &from, &spans, 0, 0)?;
    state.call(node, KernelSpec::Copy(spec), &node.inputs, None, 0);
    Ok(())
}

/// [`Op::Transpose`].
pub fn transpose(state: &mut State, node: &Node, perm: &[usize]) -> Result<(), Refusal> {
    let split = state.graph.shape(node.inputs[0]).to_vec();
    rearrange(state, node, &Rearrange { split, perm: perm.to_vec() })
}

/// [`Op::Rearrange`].
pub fn rearrange(state: &mut State, node: &Node, how: &Rearrange) -> Result<(), Refusal> {
    let graph = state.graph;
    let (to, from) = (Lie::of(graph, node.output), Lie::of(graph, node.inputs[0]));
    let levels = rearrange::levels(&to, &from, how)?;
    let mut spec = assemble::assemble(&levels, [to.len, from.len])?;
    spec.halo = graph.feature_map(node.output).filter(surrounded);
    state.call(node, KernelSpec::Copy(spec), &node.inputs, None, 0);
    Ok(())
}

/// True when zeros go around the elements: into the halo, or into the channels that fill up the last block.
fn surrounded(map: &FeatureMap) -> bool {
    map.layout.halo != Halo::NONE || map.layout.order == Order::Blocked && !map.c.is_multiple_of(BLOCK)
}
