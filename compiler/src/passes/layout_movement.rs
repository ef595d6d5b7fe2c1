//! What the layout pass asks of operators that put elements elsewhere: which of their results are blocked maps, and
//! which values share one halo, because one is memory of the other.

use crate::base::feature_map::{BLOCK, Halo, Order};
use crate::ir::graph::{Graph, Node, ValueId};
use crate::ops::Op;

/// For each value, whether something reads it that has a use for blocks of channels.
pub(super) fn wanted(graph: &Graph) -> Vec<bool> {
    let mut wanted = vec![false; graph.values.len()];
    for node in &graph.nodes {
        let planar = match &node.op {
            Op::Reshape | Op::MatMul(_) | Op::Softmax { .. } => true,
            Op::Transpose { .. } | Op::Rearrange(_) => !keeps_blocks(graph, node),
            _ => false,
        };
        if !planar {
            node.inputs.iter().for_each(|id| wanted[id.0] = true);
        }
    }
    wanted
}

/// True when the result of an operator that puts elements elsewhere, or resamples, can be a map in blocks.
pub(super) fn keeps_blocks(graph: &Graph, node: &Node) -> bool {
    let map = |id: ValueId| graph.shape(id).len() == 4;
    let x = node.inputs.first().copied();
    let maps = map(node.output) && node.inputs.iter().all(|&id| map(id) || graph.is_const(id));
    maps && match &node.op {
        Op::Transpose { perm } => perm.starts_with(&[0, 1]),
        Op::Rearrange(how) => {
            let of_result = how.axes_of_result(graph.shape(node.output));
            of_result.is_some() && x.is_some_and(|x| how.axes_of(graph.shape(x)).is_some())
        }
        Op::Resample(resample) => resample.axis != 1,
        _ => true,
    }
}

/// Gives values one halo that may lie in the same memory: some images of a batch, or a part of an image's channels in
/// whole blocks, and the whole.
pub(super) fn share_halos(graph: &Graph, orders: &[Order], halos: &mut [[Halo; 2]]) {
    let mut sets = Sets((0..graph.values.len()).collect());
    let blocked = |id: ValueId| orders[id.0] == Order::Blocked;
    for node in graph.nodes.iter().filter(|node| blocked(node.output)) {
        let alone = graph.shape(node.output).first() == Some(&1);
        match &node.op {
            Op::Concat { axis: 0 } => {
                node.inputs.iter().filter(|x| blocked(**x)).for_each(|x| sets.join(*x, node.output));
            }
            Op::Concat { axis: 1 } if alone => {
                let mut start = 0;
                for &x in &node.inputs {
                    if start % BLOCK == 0 && blocked(x) {
                        sets.join(x, node.output);
                    }
                    start += graph.shape(x)[1];
                }
            }
            Op::Take(take) => {
                if let (&[(axis, ref index)], &[x]) = (take.axes.as_slice(), node.inputs.as_slice())
                    && (axis == 0 || axis == 1 && alone && graph.shape(x).first() == Some(&1))
                    && index.contiguous().is_some_and(|(first, _)| axis == 0 || first.is_multiple_of(BLOCK))
                    && blocked(x)
                {
                    sets.join(x, node.output);
                }
            }
            _ => {}
        }
    }
    let mut shared = vec![Halo::NONE; halos.len()];
    for (id, halo) in halos.iter().enumerate() {
        let set = sets.find(id);
        shared[set] = shared[set].union(halo[Order::Blocked as usize]);
    }
    for (id, halo) in halos.iter_mut().enumerate() {
        halo[Order::Blocked as usize] = shared[sets.find(id)];
    }
}

/// Disjoint sets of values.
struct Sets(Vec<usize>);

impl Sets {
    /// The value that stands for the set of a value.
    fn find(&mut self, mut id: usize) -> usize {
        while self.0[id] != id {
            self.0[id] = self.0[self.0[id]];
            id = self.0[id];
        }
        id
    }

    fn join(&mut self, a: ValueId, b: ValueId) {
        let (a, b) = (self.find(a.0), self.find(b.0));
        self.0[a] = b;
    }
}
