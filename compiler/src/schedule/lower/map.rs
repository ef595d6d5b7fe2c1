//! Elementwise operators as loops over strides.
//!
//! A blocked map is done in whole blocks, the channels that fill up the last one included. Where the function could make
//! something else than a finite number of those, the kernel writes zeros over them.

use super::super::plan::Pack;
use super::state::State;
use super::{Refusal, blocks_of};
use crate::base::epilogue::Act;
use crate::base::feature_map::{BLOCK, FeatureMap, Halo, Order};
use crate::ir::graph::{Node, ValueId};
use crate::ir::layouts::along_map;
use crate::kernel::spec::{KernelSpec, MapFn, MapSpec, Strided};

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

/// The map whose surroundings the kernel fills: a halo, and channels that must not stay what the function makes of them.
fn surround(y: &FeatureMap, func: MapFn, act: Act) -> Option<FeatureMap> {
    let tame = act.is_tame()
        && match func {
            MapFn::Binary(kind) => kind.is_tame(),
            MapFn::Copy | MapFn::Select | MapFn::Fma => true,
        };
    (y.layout.halo != Halo::NONE || !tame && !y.c.is_multiple_of(BLOCK)).then_some(*y)
}

/// Operands that a kernel reads: activations in the order of its parameters, and constants in one piece of the weights.
#[derive(Default)]
struct Reads {
    activations: Vec<ValueId>,
    constants: Vec<ValueId>,
    weights: usize,
}

impl Reads {
    /// The operand `id` with these strides.
    fn add(&mut self, state: &State, id: ValueId, strides: Vec<usize>, map: Option<&FeatureMap>) -> Strided {
        let elements = state.graph.value(id).ty.elements();
        if state.graph.is_const(id) {
            self.constants.push(id);
            let base = self.weights;
            self.weights += blocks_of(elements);
            return Strided { weights: true, len: 0, base, strides };
        }
        self.activations.push(id);
        let (len, base) = map.map_or((elements, 0), |map| (map.len(), map.origin()));
        Strided { weights: false, len, base, strides }
    }

    /// Adds the step.
    fn call(self, state: &mut State, node: &Node, mut spec: MapSpec) {
        spec.weights = self.weights;
        let packed = (self.weights > 0).then(|| state.pack(Pack::Raw(self.constants), self.weights));
        state.call(node, KernelSpec::Map(simplify(spec)), &self.activations, packed, 0);
    }
}

/// A function of the elements of all operands, which broadcast to the result, and an activation.
pub fn elementwise(state: &mut State, node: &Node, func: MapFn, act: Act) -> Result<(), Refusal> {
    match state.graph.feature_map(node.output) {
        Some(y) if y.layout.order == Order::Blocked => over_blocks(state, node, &y, func, act),
        _ => {
            row_major(state, node, func, act);
            Ok(())
        }
    }
}

fn row_major(state: &mut State, node: &Node, func: MapFn, act: Act) {
    let graph = state.graph;
    let shape = graph.shape(node.output);
    let mut reads = Reads::default();
    let operand = |&id: &ValueId| reads.add(state, id, broadcast(graph.shape(id), shape), None);
    let xs = node.inputs.iter().map(operand).collect();
    let y =
        Strided { weights: false, len: shape.iter().product(), base: 0, strides: broadcast(shape, shape) };
    let extents = if shape.is_empty() { vec![1] } else { shape.to_vec() };
    reads.call(state, node, MapSpec { func, act, extents, y, xs, halo: None, weights: 0 });
}

/// Over the axes n, block, row, column, lane.
fn over_blocks(state: &mut State, node: &Node, y: &FeatureMap, func: MapFn, act: Act) -> Result<(), Refusal> {
    let graph = state.graph;
    let mut reads = Reads::default();
    let mut xs = Vec::new();
    for &id in &node.inputs {
        let map = graph.feature_map(id);
        let [n, c, h, w] = along_map(graph.shape(id)).ok_or_else(bug)?;
        let step = |extent: usize, by: usize| if extent == 1 { 0 } else { by };
        let strides = match map {
            Some(map) if map.layout.order == Order::Blocked || c == 1 => {
                let positions = [step(h, map.pitch_y()), step(w, map.pitch_x())];
                [step(n, map.pitch_n()), step(c, map.pitch_plane()), positions[0], positions[1], step(c, 1)]
            }
            _ if c == 1 => [step(n, h * w), 0, step(h, w), step(w, 1), 0],
            _ if graph.is_const(id) && [n, h, w] == [1; 3] => [0, BLOCK, 0, 0, 1],
            _ => return Err(bug()),
        };
        xs.push(reads.add(state, id, strides.to_vec(), map.as_ref()));
    }
    let spec = MapSpec {
        func,
        act,
        extents: vec![y.n, y.planes(), y.h, y.w, BLOCK],
        y: over_lanes(y),
        xs,
        halo: surround(y, func, act),
        weights: 0,
    };
    reads.call(state, node, spec);
    Ok(())
}

fn over_lanes(map: &FeatureMap) -> Strided {
    let strides = vec![map.pitch_n(), map.pitch_plane(), map.pitch_y(), BLOCK, 1];
    Strided { weights: false, len: map.len(), base: map.origin(), strides }
}

fn bug() -> Refusal {
    let reason = "it mixes layouts or broadcasts over a blocked tensor".to_owned();
    (reason, "report this as a bug of the compiler")
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
            let by_lane = |base| parameter(base, vec![0, BLOCK, 0, 0, 1]);
            let extents = vec![y.n, y.planes(), y.h, y.w, BLOCK];
            let xs = vec![over_lanes(&x), by_lane(0), by_lane(per)];
            let halo = surround(&y, MapFn::Fma, act);
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
