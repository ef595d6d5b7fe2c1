//! Reductions, and operators along one axis.

use super::Refusal;
use super::state::State;
use crate::base::feature_map::{BLOCK, FeatureMap, Halo, Order};
use crate::ir::graph::Node;
use crate::kernel::spec::{AlongSpec, KernelSpec, LrnSpec, ReduceSpec, SoftmaxSpec, Strided};
use crate::ops::{Along, Lrn, Reduce};

/// An axis of the work: extent, step in the operand, and step in the result where it is kept.
#[derive(Clone, Copy)]
struct Axis {
    extent: usize,
    x: usize,
    y: Option<usize>,
}

impl Axis {
    /// This axis and the one inside of it as one.
    fn join(self, inner: Axis) -> Option<Axis> {
        let steps = |outer: usize, step: usize| outer == step * inner.extent;
        let fits = match (self.y, inner.y) {
            (Some(outer), Some(step)) => steps(outer, step),
            (None, None) => true,
            _ => false,
        };
        let joined = Axis { extent: self.extent * inner.extent, ..inner };
        (fits && steps(self.x, inner.x)).then_some(joined)
    }
}

/// Adds the step of a reduction.
pub fn lower(state: &mut State, node: &Node, reduce: &Reduce) {
    let graph = state.graph;
    let [x, y] = [node.inputs[0], node.output].map(|id| graph.feature_map(id));
    let (axes, [from, to], halo) = match (x, y) {
        (Some(x), Some(y)) if x.layout.order == Order::Blocked => {
            let halo = (y.layout.halo != Halo::NONE).then_some(y);
            (of_blocks(&x, &y), [&x, &y].map(|map| (map.len(), map.origin())), halo)
        }
        _ => {
            let shape = graph.shape(node.inputs[0]);
            let sizes = [node.inputs[0], node.output].map(|id| (graph.value(id).ty.elements(), 0));
            (row_major(shape, &reduce.axes), sizes, None)
        }
    };
    let mut joined: Vec<Axis> = Vec::new();
    for axis in axes.into_iter().filter(|axis| axis.extent != 1) {
        match joined.last().and_then(|last| last.join(axis)) {
            Some(both) => {
                joined.pop();
                joined.push(both);
            }
            None => joined.push(axis),
        }
    }
    let (kept, reduced): (Vec<Axis>, Vec<Axis>) = joined.into_iter().partition(|axis| axis.y.is_some());
    let extents = |axes: &[Axis]| axes.iter().map(|axis| axis.extent).collect();
    let operand = |(len, base), strides| Strided { weights: false, len, base, strides };
    let spec = ReduceSpec {
        kind: reduce.kind,
        act: reduce.act,
        kept: extents(&kept),
        reduced: extents(&reduced),
        x: operand(from, kept.iter().chain(&reduced).map(|axis| axis.x).collect()),
        y: operand(to, kept.iter().filter_map(|axis| axis.y).collect()),
        halo,
    };
    state.call(node, KernelSpec::Reduce(spec), &node.inputs, None, 0);
}

/// All positions of a blocked map to one.
fn of_blocks(x: &FeatureMap, y: &FeatureMap) -> Vec<Axis> {
    vec![
        Axis { extent: x.n, x: x.pitch_n(), y: Some(y.pitch_n()) },
        Axis { extent: x.planes(), x: x.pitch_plane(), y: Some(y.pitch_plane()) },
        Axis { extent: x.h, x: x.pitch_y(), y: None },
        Axis { extent: x.w, x: x.pitch_x(), y: None },
        Axis { extent: BLOCK, x: 1, y: Some(1) },
    ]
}

fn row_major(shape: &[usize], reduced: &[usize]) -> Vec<Axis> {
    let (mut x, mut y) = (1, 1);
    let mut axes: Vec<Axis> = Vec::new();
    for (number, &extent) in shape.iter().enumerate().rev() {
        let kept = !reduced.contains(&number);
        axes.push(Axis { extent, x, y: kept.then_some(y) });
        x *= extent;
        y *= if kept { extent } else { 1 };
    }
    axes.reverse();
    axes
}

/// Extents around an axis: outside, of it, inside.
fn around(shape: &[usize], axis: usize) -> [usize; 3] {
    [shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product()]
}

/// Adds the step of a softmax or its logarithm.
pub fn softmax(state: &mut State, node: &Node, axis: usize, log: bool) {
    let [outer, len, inner] = around(state.graph.shape(node.output), axis);
    let spec = SoftmaxSpec { log, outer, len, inner };
    state.call(node, KernelSpec::Softmax(spec), &node.inputs, None, 0);
}

/// Adds the step of an operator along an axis.
pub fn along(state: &mut State, node: &Node, along: Along, axis: usize) {
    let [outer, len, inner] = around(state.graph.shape(node.inputs[0]), axis);
    let spec = AlongSpec { along, outer, len, inner };
    state.call(node, KernelSpec::Along(spec), &node.inputs, None, 0);
}

/// Adds the step of a local response normalisation.
pub fn lrn(state: &mut State, node: &Node, lrn: &Lrn) -> Result<(), Refusal> {
    let (x, y) = (state.map(node.inputs[0])?, state.map(node.output)?);
    state.call(node, KernelSpec::Lrn(LrnSpec { x, y, lrn: *lrn }), &node.inputs, None, 0);
    Ok(())
}
