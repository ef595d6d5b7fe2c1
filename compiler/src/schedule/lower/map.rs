//! Elementwise operators as loops over strides.

use super::super::plan::Pack;
use super::state::State;
use super::{Refusal, blocks_of};
use crate::base::epilogue::Act;
use crate::base::feature_map::{BLOCK, FeatureMap, Halo, Order};
use crate::ir::graph::{Node, ValueId};
use crate::kernel::spec::{KernelSpec, MapFn, MapSpec, Strided};
use crate::ops::{Binary, BinaryKind};

/// A value as an operand over the axes n, plane, row, lane-within-row of a blocked map.
fn over_rows(map: &FeatureMap) -> Strided {
    let strides = vec![map.pitch_n(), map.pitch_plane(), map.pitch_y(), 1];
    Strided { weights: false, len: map.len(), base: map.origin(), strides }
}

/// The halo to fill around a result that covers every block.
fn surround(y: &FeatureMap) -> Option<FeatureMap> {
    (y.layout.halo != Halo::NONE).then_some(*y)
}

fn remove(spec: &mut MapSpec, axis: usize) {
    spec.extents.remove(axis);
    for operand in spec.xs.iter_mut().chain([&mut spec.y]) {
        operand.strides.remove(axis);
    }
}

/// Drops axes of extent 1 and joins neighbours that every operand walks as one.
pub fn simplify(mut spec: MapSpec) -> MapSpec {
    let mut axis = 0;
    while axis < spec.extents.len() && spec.extents.len() > 1 {
        let operands = || spec.xs.iter().chain([&spec.y]);
        let next = axis + 1;
        let joins = next < spec.extents.len()
            && operands().all(|o| o.strides[axis] == o.strides[next] * spec.extents[next]);
        if spec.extents[axis] == 1 {
            remove(&mut spec, axis);
            axis = 0;
        } else if joins {
            spec.extents[next] *= spec.extents[axis];
            remove(&mut spec, axis);
            axis = 0;
        } else {
            axis += 1;
        }
    }
    spec
}

/// One loop over all elements of values that lie alike.
fn alike(
    func: MapFn,
    act: Act,
    operands: usize,
    y: Option<FeatureMap>,
    maps: &[FeatureMap],
    len: usize,
) -> MapSpec {
    match y {
        Some(y) if y.layout.order == Order::Blocked => MapSpec {
            func,
            act,
            extents: vec![y.n, y.planes(), y.h, y.w * BLOCK],
            y: over_rows(&y),
            xs: maps.iter().map(over_rows).collect(),
            halo: surround(&y),
            weights: 0,
        },
        _ => {
            let flat = || Strided { weights: false, len, base: 0, strides: vec![1] };
            let xs = (0..operands).map(|_| flat()).collect();
            MapSpec { func, act, extents: vec![len], y: flat(), xs, halo: None, weights: 0 }
        }
    }
}

/// An activation alone.
pub fn activation(state: &mut State, node: &Node, act: Act) -> Result<(), Refusal> {
    let graph = state.graph;
    let maps: Vec<FeatureMap> = graph.feature_map(node.inputs[0]).into_iter().collect();
    let len = graph.value(node.output).ty.elements();
    let spec = alike(MapFn::Copy, act, 1, graph.feature_map(node.output), &maps, len);
    state.call(node, KernelSpec::Map(simplify(spec)), &node.inputs, None, 0);
    Ok(())
}

/// Two operands, one of which may broadcast.
pub fn binary(state: &mut State, node: &Node, binary: &Binary) -> Result<(), Refusal> {
    let graph = state.graph;
    let func = match binary.kind {
        BinaryKind::Add => MapFn::Add,
        BinaryKind::Sub => MapFn::Sub,
        BinaryKind::Mul => MapFn::Mul,
        BinaryKind::Div => MapFn::Div,
    };
    let shape = graph.shape(node.output);
    let blocked = |id: &ValueId| graph.value(*id).layout.order == Order::Blocked;
    if blocked(&node.output) || node.inputs.iter().any(blocked) {
        let maps: Vec<FeatureMap> = node.inputs.iter().filter_map(|&id| graph.feature_map(id)).collect();
        if !node.inputs.iter().chain([&node.output]).all(|id| graph.shape(*id) == shape && blocked(id)) {
            let reason = "it mixes layouts or broadcasts over a blocked tensor".to_owned();
            return Err((reason, "report this as a bug of the compiler"));
        }
        if func == MapFn::Div && !shape[1].is_multiple_of(BLOCK) {
            let reason = format!("it divides images of {} channels", shape[1]);
            return Err((
                reason,
                "only multiples of 16 channels are supported there; multiply by a reciprocal",
            ));
        }
        let spec = alike(func, binary.act, 2, graph.feature_map(node.output), &maps, 0);
        state.call(node, KernelSpec::Map(simplify(spec)), &node.inputs, None, 0);
        return Ok(());
    }
    let mut weights = 0;
    let mut constants = Vec::new();
    let mut reads = Vec::new();
    let xs: Vec<Strided> = node
        .inputs
        .iter()
        .map(|&id| {
            let elements = graph.value(id).ty.elements();
            let strides = broadcast(graph.shape(id), shape);
            if !graph.is_const(id) {
                reads.push(id);
                return Strided { weights: false, len: elements, base: 0, strides };
            }
            constants.push(id);
            let base = weights;
            weights += blocks_of(elements);
            Strided { weights: true, len: 0, base, strides }
        })
        .collect();
    let y =
        Strided { weights: false, len: shape.iter().product(), base: 0, strides: broadcast(shape, shape) };
    let extents = if shape.is_empty() { vec![1] } else { shape.to_vec() };
    let packed = (!constants.is_empty()).then(|| state.pack(Pack::Raw(constants), weights));
    let spec = MapSpec { func, act: binary.act, extents, y, xs, halo: None, weights };
    state.call(node, KernelSpec::Map(simplify(spec)), &reads, packed, 0);
    Ok(())
}

/// Strides of a row-major operand over the axes of the result; 0 where it broadcasts.
fn broadcast(shape: &[usize], result: &[usize]) -> Vec<usize> {
    let mut strides = vec![0; result.len().max(1)];
    let mut step = 1;
    for (stride, &extent) in strides[result.len() - shape.len()..].iter_mut().zip(shape).rev() {
        *stride = if extent == 1 { 0 } else { step };
        step *= extent;
    }
    strides
}

/// `x * scale[c] + shift[c]`.
pub fn affine(state: &mut State, node: &Node, act: Act) -> Result<(), Refusal> {
    let graph = state.graph;
    let constants = node.inputs[1..].to_vec();
    if !constants.iter().all(|&id| graph.is_const(id)) {
        return Err((
            "its scale or shift is not a constant".to_owned(),
            "export the model in inference mode",
        ));
    }
    let channels = graph.value(constants[0]).ty.elements();
    let per = blocks_of(channels);
    let packed = state.pack(Pack::Raw(constants), 2 * per);
    let parameter = |base, strides| Strided { weights: true, len: 0, base, strides };
    let spec = match graph.feature_map(node.output) {
        Some(y) if y.layout.order == Order::Blocked => {
            let x = state.map(node.inputs[0])?;
            let over_lanes = |map: &FeatureMap| {
                let strides = vec![map.pitch_n(), map.pitch_plane(), map.pitch_y(), BLOCK, 1];
                Strided { weights: false, len: map.len(), base: map.origin(), strides }
            };
            let by_lane = |base| parameter(base, vec![0, BLOCK, 0, 0, 1]);
            let extents = vec![y.n, y.planes(), y.h, y.w, BLOCK];
            let xs = vec![over_lanes(&x), by_lane(0), by_lane(per)];
            let halo = surround(&y);
            MapSpec { func: MapFn::Fma, act, extents, y: over_lanes(&y), xs, halo, weights: 2 * per }
        }
        _ => {
            let shape = graph.shape(node.output);
            let len: usize = shape.iter().product();
            let inner: usize = shape.iter().skip(2).product();
            let outer = len / (channels * inner);
            let row = || Strided { weights: false, len, base: 0, strides: vec![channels * inner, inner, 1] };
            let by_channel = |base| parameter(base, vec![0, 1, 0]);
            let xs = vec![row(), by_channel(0), by_channel(per)];
            let extents = vec![outer, channels, inner];
            MapSpec { func: MapFn::Fma, act, extents, y: row(), xs, halo: None, weights: 2 * per }
        }
    };
    state.call(node, KernelSpec::Map(simplify(spec)), &node.inputs[..1], Some(packed), 0);
    Ok(())
}
