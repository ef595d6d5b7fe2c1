//! Resampling: rows whose neighbours are equally far apart become loops.

use super::super::super::plan::Pack;
use super::super::Refusal;
use super::super::state::State;
use super::lie::Lie;
use super::nest::{Nest, coalesce, join};
use super::{level::too_many, surrounded};
use crate::base::feature_map::{BLOCK, round_up};
use crate::ir::graph::Node;
use crate::kernel::spec::KernelSpec;
use crate::kernel::spec::movement::{ResampleSpec, Rows};
use crate::ops::Resample;

/// More groups of rows are too much code.
const MOST_GROUPS: usize = 512;

/// Adds the step of a resampling.
pub fn lower(state: &mut State, node: &Node, op: &Resample) -> Result<(), Refusal> {
    let graph = state.graph;
    let (x, weights) = (node.inputs[0], node.inputs[1]);
    let &[_, taps] = graph.shape(weights) else {
        return Err(("its weights are no matrix".to_owned(), "report this as a bug of the compiler"));
    };
    if !graph.is_const(weights) {
        return Err(("its weights are computed at run time".to_owned(), "use constant scales and sizes"));
    }
    let (to, from, axis) = (Lie::of(graph, node.output), Lie::of(graph, x), op.axis);
    if !to.is_linear(axis) || to.blocked != from.blocked {
        return Err(("it resamples blocked channels".to_owned(), "report this as a bug of the compiler"));
    }
    let point = |(row, first): (usize, usize)| {
        Nest::point([to.offset(axis, row), from.offset(axis, first), row * taps])
    };
    let groups = join(op.first.iter().enumerate().map(point).collect());
    if groups.len() > MOST_GROUPS {
        return Err(too_many());
    }
    let rows = groups.into_iter().map(|nest| Rows { at: nest.at, loops: coalesce(nest.loops) });
    // Along the other axes both sides step alike, and the weights stay; blocks are whole.
    let mut loops = Vec::new();
    let mut start = [0; 3];
    for other in (0..to.shape.len()).filter(|&other| other != axis) {
        let extent = to.shape[other];
        let count = if to.is_linear(other) { extent } else { extent.div_ceil(BLOCK) };
        loops.push((count, [to.strides[other], from.strides[other], 0]));
        start = [start[0] + to.offset(other, 0), start[1] + from.offset(other, 0), 0];
    }
    if to.blocked {
        loops.push((BLOCK, [1, 1, 0]));
    }
    let mut outer = coalesce(loops);
    let inner = match outer.last() {
        Some(&(count, [1, 1, 0])) => {
            outer.pop();
            count
        }
        _ => 1,
    };
    let rows =
        rows.map(|rows| Rows { at: [0, 1, 2].map(|side| rows.at[side] + start[side]), ..rows }).collect();
    let floats = round_up(graph.value(weights).ty.elements());
    let halo = graph.feature_map(node.output).filter(surrounded);
    let spec = ResampleSpec {
        x: from.len,
        y: to.len,
        weights: floats,
        taps,
        tap: from.strides[axis],
        outer,
        rows,
        inner,
        halo,
    };
    let packed = state.pack(Pack::Raw(vec![weights]), floats);
    state.call(node, KernelSpec::Resample(spec), &[x], Some(packed), 0);
    Ok(())
}
