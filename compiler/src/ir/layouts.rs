//! Which layouts each operator reads and writes, once the layout pass has run.
//!
//! Convolutions, pools and per-channel operators work on blocked maps; everything else on planar tensors without a
//! halo. `Reorder` converts. Two exceptions save copies: a convolution of few channels reads a planar image, and a
//! `Reshape` reads a blocked `[N,C,1,1]` without a halo whose channels fill their blocks, since its bytes are those of
//! the planar tensor. Elementwise operations on blocked maps also read what broadcasts over them, see [`Over`]. Operators
//! that put elements elsewhere take and make any layout, and a resampled map stays in its order.

use super::graph::{Graph, Node, ValueId};
use crate::base::feature_map::{BLOCK, Halo, Layout, Order};
use crate::ops::{Conv, Op};

/// Checks the layouts of a node's operands and result.
///
/// # Errors
/// The reason, in words.
pub(super) fn check(graph: &Graph, node: &Node) -> Result<(), String> {
    let blocked = |id: &ValueId| graph.value(*id).layout.order == Order::Blocked;
    let planar = |id: &ValueId| graph.value(*id).layout == Layout::PLANAR;
    let (inputs, output) = (node.inputs.as_slice(), node.output);
    let legal = match (&node.op, inputs) {
        (Op::Conv(conv), [x, ..]) => {
            check_conv(graph, conv, *x)?;
            let residual = inputs.last().filter(|_| conv.epilogue.residual);
            blocked(&output) && residual.is_none_or(blocked)
        }
        (Op::Pool(_) | Op::GlobalAvgPool, [x]) => blocked(x) && blocked(&output),
        (Op::Affine { .. }, [x, ..]) if graph.shape(*x).len() == 4 => blocked(x) && blocked(&output),
        (Op::Lrn(_), [x]) => blocked(x) && blocked(&output),
        (Op::Reduce(_), [x]) if reduces_positions(graph, node) => blocked(x) == blocked(&output),
        (Op::Act(_) | Op::Identity, [x]) => planar(x) && planar(&output) || blocked(x) && blocked(&output),
        (Op::Binary(_) | Op::Select, _) if blocked(&output) => {
            let fits = |id: &ValueId| match over_blocks(graph, *id, graph.shape(output)) {
                Over::Blocks => blocked(id),
                Over::Anything => true,
                Over::Nothing => false,
            };
            inputs.iter().all(fits)
        }
        (Op::Reshape, [x]) => planar(&output) && (planar(x) || reads_as_planar(graph, *x)),
        (Op::Reorder, _) => true,
        (op, _) if moves(op) => true,
        (Op::Resample(_), [x, weights]) => {
            planar(weights) && graph.value(*x).layout.order == graph.value(output).layout.order
        }
        _ => inputs.iter().chain([&output]).all(planar),
    };
    if legal {
        Ok(())
    } else {
        Err("its operands or its result have a layout that it does not take".to_owned())
    }
}

/// True for operators that put elements elsewhere: they read and write any layout, each operand another.
pub(crate) const fn moves(op: &Op) -> bool {
    matches!(op, Op::Concat { .. } | Op::Take(_) | Op::Pad(_) | Op::Transpose { .. } | Op::Rearrange(_))
}

fn check_conv(graph: &Graph, conv: &Conv, x: ValueId) -> Result<(), String> {
    let Some(map) = graph.feature_map(x) else { return Err("its input is not 4-d".to_owned()) };
    let needed = conv.window.halo();
    if map.layout.halo.union(needed) != map.layout.halo {
        return Err(format!("its padding needs {needed:?}, its input has {:?}", map.layout.halo));
    }
    if map.layout.order == Order::Planar && !conv.reads_planar(map.c) {
        return Err(format!("its input of {} channels is planar", map.c));
    }
    Ok(())
}

/// True when the bytes of a value are those of the planar tensor, whatever its layout says: `[N,C,1,1]` in whole
/// blocks without a halo.
pub(crate) fn reads_as_planar(graph: &Graph, id: ValueId) -> bool {
    graph.feature_map(id).is_some_and(|map| {
        map.h == 1 && map.w == 1 && map.c.is_multiple_of(BLOCK) && map.layout.halo == Halo::NONE
    })
}

/// True for a reduction that works on blocked maps: over all positions, and such that channels that fill up the last
/// block stay finite.
pub(crate) fn reduces_positions(graph: &Graph, node: &Node) -> bool {
    let (Op::Reduce(reduce), &[x]) = (&node.op, node.inputs.as_slice()) else { return false };
    let tame = reduce.kind.is_tame() && reduce.act.is_tame();
    match *graph.shape(x) {
        [_, channels, _, _] => reduce.axes == [2, 3] && (tame || channels.is_multiple_of(BLOCK)),
        _ => false,
    }
}

/// How an operand of an elementwise operation whose result is a blocked map must lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Over {
    /// Blocked: it has the result's channels.
    Blocks,
    /// Any way: it is one number for all channels of a position, or a constant per channel.
    Anything,
    /// There is no way.
    Nothing,
}

/// The extents of an operand along the four axes of a map; `None` when it has more axes.
pub(crate) fn along_map(shape: &[usize]) -> Option<[usize; 4]> {
    let mut extents = [1; 4];
    let first = extents.len().checked_sub(shape.len())?;
    extents[first..].copy_from_slice(shape);
    Some(extents)
}

/// How this operand must lie for a blocked result of this shape.
pub(crate) fn over_blocks(graph: &Graph, id: ValueId, result: &[usize]) -> Over {
    let shape = graph.shape(id);
    match along_map(shape) {
        Some(_) if result.len() != 4 => Over::Nothing,
        Some([_, 1, _, _]) => Over::Anything,
        Some([1, _, 1, 1]) if graph.is_const(id) => Over::Anything,
        Some(_) if shape.len() == 4 && !graph.is_const(id) => Over::Blocks,
        _ => Over::Nothing,
    }
}
