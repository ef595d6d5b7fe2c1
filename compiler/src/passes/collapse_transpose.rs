//! Makes one step of a transpose and the reshapes around it.
//!
//! ```text
//! %a: f32[1x2x8x7x7] = reshape(%x)
//! %b: f32[1x8x2x7x7] = transpose(%a) perm=0,2,1,3,4
//! %y: f32[1x16x7x7] = reshape(%b)                     ->   %y: f32[1x16x7x7] = take(%x) axis1=0:2/8*8/1
//!
//! %a: f32[1x2x2x4x7x7] = reshape(%x)
//! %b: f32[1x4x7x2x7x2] = transpose(%a) perm=0,3,4,1,5,2
//! %y: f32[1x4x14x14] = reshape(%b)                    ->   %y: f32[1x4x14x14] = rearrange(%x) split=1,2,2,4,7,7 perm=..
//!
//! %t: f32[1x5x1x9] = transpose(%z) perm=0,3,2,1       ->   %t: f32[1x5x1x9] = reshape(%z)     (of a 1x9x1x5 tensor
//!                                                          only where the axes of more than one element keep order)
//! ```
//!
//! A map in blocks would otherwise become planar for the five axes in between, and blocked again behind them.

use super::Misses;
use super::edit::Editor;
use crate::ir::graph::{Graph, Node, ValueId};
use crate::ops::index::Index;
use crate::ops::{Op, Rearrange, Take};

/// Longer axes are not looked at element by element.
const LONGEST: usize = 1 << 20;

/// Walks forwards: a transpose takes the reshape before it, then the reshape behind takes the transpose.
pub(super) fn run(graph: &mut Graph, _: &mut Misses) -> usize {
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let Some(node) = edit.node(index) else { continue };
        let joined = match node.op {
            Op::Transpose { .. } => reshape_before(&mut edit, index, &node),
            Op::Reshape => transpose_before(&mut edit, index, &node),
            _ => false,
        };
        rewrites += usize::from(joined);
        if let Some(node) = edit.node(index)
            && let Some(op) = simpler(edit.graph, &node)
        {
            edit.set(index, op, node.inputs);
            rewrites += 1;
        }
    }
    rewrites
}

/// Joins a transpose and the reshape that it alone reads.
fn reshape_before(edit: &mut Editor, index: usize, node: &Node) -> bool {
    let (Op::Transpose { perm }, &[x]) = (&node.op, node.inputs.as_slice()) else { return false };
    let Ok(first) = edit.sole_producer(x) else { return false };
    let Some(Node { op: Op::Reshape, inputs, .. }) = edit.node(first) else { return false };
    let how = Rearrange { split: edit.graph.shape(x).to_vec(), perm: perm.clone() };
    let Some(&origin) = inputs.first() else { return false };
    if how.axes_of(edit.graph.shape(origin)).is_none() {
        return false;
    }
    edit.join(first, index, index, Op::Rearrange(how), inputs);
    true
}

/// Joins a reshape and the transpose that it alone reads, where both ends are maps.
fn transpose_before(edit: &mut Editor, index: usize, node: &Node) -> bool {
    let &[x] = node.inputs.as_slice() else { return false };
    let Ok(first) = edit.sole_producer(x) else { return false };
    let Some(Node { op, inputs, .. }) = edit.node(first) else { return false };
    let Some(&origin) = inputs.first() else { return false };
    let how = match op {
        Op::Rearrange(how) => how,
        Op::Transpose { perm } => Rearrange { split: edit.graph.shape(origin).to_vec(), perm },
        _ => return false,
    };
    let map = |id: ValueId| edit.graph.shape(id).len() == 4;
    if !map(origin) || !map(node.output) || how.axes_of_result(edit.graph.shape(node.output)).is_none() {
        return false;
    }
    edit.join(first, index, index, Op::Rearrange(how), inputs);
    true
}

/// What means the same and is less: another shape, or other elements of one axis.
fn simpler(graph: &Graph, node: &Node) -> Option<Op> {
    let &[x] = node.inputs.as_slice() else { return None };
    let how = match &node.op {
        Op::Rearrange(how) => how.clone(),
        Op::Transpose { perm } => Rearrange { split: graph.shape(x).to_vec(), perm: perm.clone() },
        _ => return None,
    };
    if how.keeps_order() {
        return Some(Op::Reshape);
    }
    let shape = graph.shape(x);
    if shape != graph.shape(node.output) {
        return None;
    }
    let (from, to) = (how.axes_of(shape)?, how.axes_of_result(shape)?);
    // Each axis holds the same factors, and one of them in another order.
    let same = |a: &[usize], b: &[usize]| {
        let sorted = |list: &[usize]| {
            let some = list.iter().copied().filter(|&factor| how.split[factor] != 1);
            let mut list: Vec<usize> = some.collect();
            list.sort_unstable();
            list
        };
        sorted(a) == sorted(b)
    };
    if !from.iter().zip(&to).all(|(a, b)| same(a, b)) {
        return None;
    }
    let mut axes = Vec::new();
    for (axis, factors) in to.iter().enumerate() {
        if shape[axis] > LONGEST {
            return None;
        }
        let index = Index::of(&numbers(&how.split, &from[axis], factors))?;
        if !index.is_whole(shape[axis]) {
            axes.push((axis, index));
        }
    }
    Some(Op::Take(Take { axes }))
}

/// For each element of an axis whose factors are in the order `to`, its number where they are in the order `from`.
fn numbers(split: &[usize], from: &[usize], to: &[usize]) -> Vec<usize> {
    let stride = |factor: &usize| -> usize {
        let behind = from.iter().skip_while(|other| *other != factor).skip(1);
        behind.map(|&factor| split[factor]).product()
    };
    let mut numbers = vec![0];
    for factor in to.iter().filter(|&&factor| split[factor] != 1) {
        let (count, stride) = (split[*factor], stride(factor));
        numbers = numbers.iter().flat_map(|base| (0..count).map(move |i| base + i * stride)).collect();
    }
    numbers
}
