//! Copies between layouts. A last block that is not full takes a step of its own.

use super::Refusal;
use super::map::simplify;
use super::state::State;
use crate::base::epilogue::Act;
use crate::base::feature_map::{BLOCK, FeatureMap, Halo, Order};
use crate::ir::graph::Node;
use crate::kernel::spec::{KernelSpec, MapFn, MapSpec, Strided};

/// Channels of one copy: `first..first + count` in blocks of `lanes`.
struct Slice {
    first: usize,
    blocks: usize,
    lanes: usize,
}

/// Adds the steps of a copy into another layout.
pub fn lower(state: &mut State, node: &Node) -> Result<(), Refusal> {
    let (x, y) = (state.map(node.inputs[0])?, state.map(node.output)?);
    let mut halo = fills(&y).then_some(y);
    for slice in slices(&x, &y) {
        let extents = vec![x.n, slice.blocks, x.h, x.w, slice.lanes];
        let (from, to) = (operand(&x, &slice), operand(&y, &slice));
        // Only the first step fills what lies around the result.
        let func = MapFn::Copy;
        let spec =
            MapSpec { func, act: Act::None, extents, y: to, xs: vec![from], halo: halo.take(), weights: 0 };
        state.call(node, KernelSpec::Map(simplify(spec)), &node.inputs, None, 0);
    }
    Ok(())
}

/// True when zeros go around the result: into its halo, or into the channels that fill up its last block.
fn fills(y: &FeatureMap) -> bool {
    y.layout.halo != Halo::NONE || y.layout.order == Order::Blocked && !y.c.is_multiple_of(BLOCK)
}

fn slices(x: &FeatureMap, y: &FeatureMap) -> Vec<Slice> {
    if x.layout.order == Order::Planar && y.layout.order == Order::Planar {
        return vec![Slice { first: 0, blocks: x.c, lanes: 1 }];
    }
    let (whole, rest) = (x.c / BLOCK, x.c % BLOCK);
    let full = Slice { first: 0, blocks: whole, lanes: BLOCK };
    let last = Slice { first: whole * BLOCK, blocks: 1, lanes: rest };
    [full, last].into_iter().filter(|slice| slice.blocks > 0 && slice.lanes > 0).collect()
}

fn operand(map: &FeatureMap, slice: &Slice) -> Strided {
    let base = map.offset(0, slice.first, 0, 0);
    let (block, lane) = match map.layout.order {
        Order::Planar => (slice.lanes * map.pitch_plane(), map.pitch_plane()),
        Order::Blocked => (map.pitch_plane(), 1),
    };
    let strides = vec![map.pitch_n(), block, map.pitch_y(), map.pitch_x(), lane];
    Strided { weights: false, len: map.len(), base, strides }
}
