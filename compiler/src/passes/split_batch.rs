//! Runs a batch image by image through the nodes whose maps would not stay in the cache otherwise.
//!
//! ```text
//! in %x: f32[2x64x56x56]                    in %x: f32[2x64x56x56]
//!                                           %x@image0: f32[1x64x56x56] = take(%x) 0..1
//!                                           %a@image0, %b@image0 = conv, conv
//! %a = conv(%x, ..)                    ->   %x@image1: f32[1x64x56x56] = take(%x) 1..2
//! %b = conv(%a, ..)                         %a@image1, %b@image1 = conv, conv
//!                                           %b: f32[2x64x56x56] = concat(%b@image0, %b@image1)
//! ```
//!
//! Images lie one behind the other, so taking one and joining them costs nothing: they are parts of one buffer. All images
//! are computed by the same kernels, those of a batch of one. What reads large weights for few numbers, such as a matrix
//! product, keeps the batch.

use std::collections::HashMap;

use super::Misses;
use super::edit::Names;
use crate::ir::graph::{Def, Graph, Node, Value, ValueId};
use crate::ops::index::Index;
use crate::ops::{Op, Take};

/// Bytes of operand and result, of the whole batch, that stay in L2 beside the weights.
const NEAR: usize = 512 << 10;

/// Most nodes that a run of nodes becomes; above, several images go together.
const MOST_NODES: usize = 4096;

/// Splits the batch; returns the number of nodes that were.
pub(super) fn run(graph: &mut Graph, _: &mut Misses) -> usize {
    let nodes = std::mem::take(&mut graph.nodes);
    let mut names = Names::of(graph);
    let outside = readers_outside(graph, &nodes);
    let mut split = 0;
    for (batch, start, end) in runs(graph, &nodes) {
        let run = &nodes[start..end];
        match batch {
            None => graph.nodes.extend_from_slice(run),
            Some(batch) => {
                split += run.len();
                by_image(graph, &mut names, run, batch, &outside);
            }
        }
    }
    split
}

/// Neighbours that are split alike: the batch, or `None` for those that stay; first node and the one behind the last.
fn runs(graph: &Graph, nodes: &[Node]) -> Vec<(Option<usize>, usize, usize)> {
    let mut list: Vec<(Option<usize>, usize, usize)> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        let batch = batch(graph, node);
        match list.last_mut() {
            Some((last, _, end)) if *last == batch => *end = at + 1,
            _ => list.push((batch, at, at + 1)),
        }
    }
    list
}

/// The batch of a node that is to be split.
fn batch(graph: &Graph, node: &Node) -> Option<usize> {
    let &batch = graph.shape(node.output).first()?;
    let whole = |id: &&ValueId| is_batch(graph, **id, batch);
    let bytes: usize =
        node.inputs.iter().filter(whole).chain([&node.output]).map(|&id| bytes(graph, id)).sum();
    let worth = batch > 1 && bytes > NEAR && node.inputs.iter().any(|id| is_batch(graph, *id, batch));
    (worth && is_by_image(graph, node, batch)).then_some(batch)
}

fn bytes(graph: &Graph, id: ValueId) -> usize {
    4 * graph.value(id).ty.elements()
}

/// True for a run-time value whose first axis is the batch.
fn is_batch(graph: &Graph, id: ValueId, batch: usize) -> bool {
    graph.shape(id).first() == Some(&batch) && !graph.is_const(id)
}

/// True when image `i` of the result depends on image `i` of the operands alone, and on operands that have no batch.
fn is_by_image(graph: &Graph, node: &Node, batch: usize) -> bool {
    let rank = graph.shape(node.output).len();
    let has_batch = |id: &ValueId| is_batch(graph, *id, batch);
    match &node.op {
        Op::Conv(conv) => {
            has_batch(&node.inputs[0])
                && (!conv.epilogue.residual || node.inputs.last().is_some_and(has_batch))
        }
        Op::Pool(_) | Op::GlobalAvgPool | Op::Act(_) | Op::Identity => true,
        Op::Affine { .. } => rank > 1,
        Op::Softmax { axis } => *axis > 0,
        Op::Reshape => node.inputs.iter().all(has_batch),
        // An operand that repeats along the batch is the same for each image.
        Op::Binary(_) => node.inputs.iter().all(|id| {
            let shape = graph.shape(*id);
            shape.len() < rank || shape[0] == 1 || (shape.len() == rank && has_batch(id))
        }),
        _ => false,
    }
}

/// For each value, how often something reads it; runs subtract what they read themselves.
fn readers_outside(graph: &Graph, nodes: &[Node]) -> Vec<usize> {
    let mut counts = vec![0; graph.values.len()];
    let reads = nodes.iter().flat_map(|node| &node.inputs).chain(&graph.outputs);
    reads.for_each(|id| counts[id.0] += 1);
    counts
}

/// Adds the nodes of a run once for each image, and joins the results that others read.
fn by_image(graph: &mut Graph, names: &mut Names, run: &[Node], batch: usize, readers: &[usize]) {
    let divides = |images: &usize| batch.is_multiple_of(*images) && batch / images * run.len() <= MOST_NODES;
    let images = (1..=batch).find(divides).unwrap_or(batch);
    let mut parts: HashMap<ValueId, Vec<ValueId>> = HashMap::new();
    for first in (0..batch).step_by(images) {
        let mut of_image: HashMap<ValueId, ValueId> = HashMap::new();
        for node in run {
            let mut inputs = Vec::with_capacity(node.inputs.len());
            for &id in &node.inputs {
                inputs.push(match of_image.get(&id) {
                    Some(&part) => part,
                    None if is_batch(graph, id, batch) => {
                        let part = take(graph, names, id, first, images);
                        of_image.insert(id, part);
                        part
                    }
                    None => id,
                });
            }
            let output = part_of(graph, names, node.output, first, images);
            of_image.insert(node.output, output);
            parts.entry(node.output).or_default().push(output);
            let (op, sources) = (node.op.clone(), node.sources.clone());
            graph.nodes.push(Node { op, inputs, output, sources });
        }
    }
    let mut reads: HashMap<ValueId, usize> = HashMap::new();
    run.iter().flat_map(|node| &node.inputs).for_each(|&id| *reads.entry(id).or_default() += 1);
    let inside = |id: ValueId| reads.get(&id).copied().unwrap_or_default();
    for node in run.iter().filter(|node| readers[node.output.0] > inside(node.output)) {
        let inputs = parts.remove(&node.output).unwrap_or_default();
        let (op, output) = (Op::Concat { axis: 0 }, node.output);
        graph.nodes.push(Node { op, inputs, output, sources: node.sources.clone() });
    }
}

/// A value for some images of another.
fn part_of(graph: &mut Graph, names: &mut Names, id: ValueId, first: usize, images: usize) -> ValueId {
    let Value { name, ty, layout, .. } = graph.value(id);
    let (mut ty, layout) = (ty.clone(), *layout);
    ty.shape[0] = images;
    let name = names.fresh(name, &format!("image{first}"));
    graph.add_value(Value { name, ty, def: Def::Node, layout })
}

/// Adds the node that takes some images.
fn take(graph: &mut Graph, names: &mut Names, id: ValueId, first: usize, images: usize) -> ValueId {
    let output = part_of(graph, names, id, first, images);
    let axes = Index::run(first, 1, images).map(|index| (0, index)).into_iter().collect();
    graph.nodes.push(Node { op: Op::Take(Take { axes }), inputs: vec![id], output, sources: Vec::new() });
    output
}
