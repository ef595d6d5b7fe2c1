//! What lowering has made so far.

use super::super::names::Names;
use super::super::plan::{Buffer, BufferId, KernelId, Pack, Place, Step, WeightId, WeightRange, WholeBuffer};
use super::super::tuning::Tuner;
use super::Refusal;
use crate::base::epilogue::Act;
use crate::base::feature_map::FeatureMap;
use crate::ir::graph::{Def, Graph, Node, ValueId};
use crate::kernel::ir::Role;
use crate::kernel::spec::{KernelSpec, MapFn, MapSpec, Strided};
use std::collections::{HashMap, HashSet};

/// Where a value is computed instead of in memory of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// The value of which it is a part.
    pub of: ValueId,
    /// First float in that.
    pub at: usize,
}

/// The plan under construction.
pub struct State<'a> {
    pub graph: &'a Graph,
    pub steps: Vec<Step>,
    pub specs: Vec<KernelSpec>,
    pub buffers: Vec<Buffer>,
    pub weights: Vec<WeightRange>,
    pub weight_floats: usize,
    pub inputs: Vec<BufferId>,
    pub outputs: Vec<BufferId>,
    pub names: Names,
    pub tuner: Tuner<'a>,
    ids: HashMap<KernelSpec, KernelId>,
    packed: HashMap<Pack, WeightId>,
    of_value: HashMap<ValueId, BufferId>,
    parts: HashMap<ValueId, Part>,
}

impl<'a> State<'a> {
    /// With a buffer for each input; `parts` are computed in their place in another value.
    pub fn new(graph: &'a Graph, tuner: Tuner<'a>, parts: HashMap<ValueId, Part>) -> Self {
        let mut state = State {
            graph,
            steps: Vec::new(),
            specs: Vec::new(),
            buffers: Vec::new(),
            weights: Vec::new(),
            weight_floats: 0,
            inputs: Vec::new(),
            outputs: Vec::new(),
            names: Names::default(),
            tuner,
            ids: HashMap::new(),
            packed: HashMap::new(),
            of_value: HashMap::new(),
            parts,
        };
        for (number, &input) in graph.inputs.iter().enumerate() {
            let id = state.new_buffer(input, Place::Input(number));
            state.inputs.push(id);
        }
        state
    }

    /// How a value lies in memory.
    pub fn map(&self, value: ValueId) -> Result<FeatureMap, Refusal> {
        self.graph.feature_map(value).ok_or_else(|| {
            let shape = self.graph.shape(value).len();
            (
                format!("it works on a tensor of {shape} dimensions"),
                "only images of 4 dimensions (N,C,H,W) are supported",
            )
        })
    }

    /// The buffer of a value that has one.
    pub fn buffer_of(&self, value: ValueId) -> Option<BufferId> {
        self.of_value.get(&value).copied()
    }

    /// Gives a value memory that it shares.
    pub fn set_buffer(&mut self, value: ValueId, id: BufferId) {
        self.of_value.insert(value, id);
    }

    /// Memory for a value, in its place in another where it has one.
    pub fn new_buffer(&mut self, value: ValueId, place: Place) -> BufferId {
        let part = self.parts.get(&value).copied();
        let whole = part.map(|part| WholeBuffer { id: self.written(part.of), at: part.at });
        let info = self.graph.value(value);
        let map = self.graph.feature_map(value);
        let len = map.map_or_else(|| info.ty.elements(), |map| map.len());
        let now = self.steps.len();
        let (name, shape) = (info.name.clone(), info.ty.shape.clone());
        self.buffers.push(Buffer { name, shape, map, len, place, live: (now, now), whole });
        let id = BufferId(self.buffers.len() - 1);
        self.of_value.insert(value, id);
        id
    }

    /// The buffer of a value that the next step reads; a constant is first copied out of the weights.
    pub fn read(&mut self, value: ValueId) -> BufferId {
        let id = match self.of_value.get(&value) {
            Some(&id) => id,
            None => self.copy_constant(value),
        };
        let now = self.steps.len();
        self.buffers[id.0].live.1 = now;
        id
    }

    fn copy_constant(&mut self, value: ValueId) -> BufferId {
        let len = self.graph.value(value).ty.elements();
        let weights = self.pack(Pack::Raw(vec![value]), super::blocks_of(len));
        let id = self.new_buffer(value, Place::Arena(0));
        let operand = |weights, len| Strided { weights, len, base: 0, strides: vec![1] };
        let spec = MapSpec {
            func: MapFn::Copy,
            act: Act::None,
            extents: vec![len],
            y: operand(false, len),
            xs: vec![operand(true, super::blocks_of(len))],
            halo: None,
            weights: super::blocks_of(len),
        };
        let name = self.graph.value(value).name.clone();
        self.push(KernelSpec::Map(spec), vec![id], Some(weights), name.clone(), vec![name], 0);
        id
    }

    /// The range that holds packed constants; equal ones are packed once.
    pub fn pack(&mut self, pack: Pack, len: usize) -> WeightId {
        if let Some(&id) = self.packed.get(&pack) {
            return id;
        }
        let id = WeightId(self.weights.len());
        self.weights.push(WeightRange { offset: self.weight_floats, len, pack: pack.clone() });
        self.weight_floats += super::blocks_of(len);
        self.packed.insert(pack, id);
        id
    }

    /// Adds the step that computes a node's result from the values in `reads`.
    pub fn call(
        &mut self,
        node: &Node,
        spec: KernelSpec,
        reads: &[ValueId],
        weights: Option<WeightId>,
        flops: u64,
    ) {
        let mut args: Vec<BufferId> = reads.iter().map(|&value| self.read(value)).collect();
        // Constants that were copied just now moved this step back.
        let now = self.steps.len();
        args.iter().for_each(|id| self.buffers[id.0].live.1 = now);
        if let Some(scratch) = spec.params().iter().find(|param| param.role == Role::Scratch) {
            args.push(self.scratch(node, scratch.len));
        }
        args.push(self.written(node.output));
        let value = self.graph.value(node.output).name.clone();
        self.push(spec, args, weights, value, node.sources.clone(), flops);
    }

    /// Memory that only the next step uses.
    fn scratch(&mut self, node: &Node, len: usize) -> BufferId {
        let name = format!("{} (scratch)", self.graph.value(node.output).name);
        let now = self.steps.len();
        let place = Place::Arena(0);
        self.buffers.push(Buffer {
            name,
            shape: vec![len],
            map: None,
            len,
            place,
            live: (now, now),
            whole: None,
        });
        BufferId(self.buffers.len() - 1)
    }

    /// Adds a step.
    pub fn push(
        &mut self,
        spec: KernelSpec,
        args: Vec<BufferId>,
        weights: Option<WeightId>,
        value: String,
        sources: Vec<String>,
        flops: u64,
    ) {
        debug_assert_eq!(spec.params().iter().any(|p| p.role == Role::Weights), weights.is_some());
        let next = KernelId(self.specs.len());
        let kernel = *self.ids.entry(spec.clone()).or_insert(next);
        if kernel == next {
            self.specs.push(spec);
        }
        let now = self.steps.len();
        args.iter().for_each(|id| self.buffers[id.0].live.1 = now);
        self.steps.push(Step { kernel, args, weights, value, sources, flops });
    }

    /// A node whose result is the same bytes as its operand.
    pub fn alias(&mut self, node: &Node) {
        let id = self.read(node.inputs[0]);
        self.of_value.insert(node.output, id);
    }

    /// Finds the buffers of the outputs. One that is an input of the caller, or shares memory with another output, is
    /// copied, so that each output is a range of the arena of its own.
    pub fn outputs(&mut self) {
        let mut given = HashSet::new();
        for &value in &self.graph.outputs {
            let is_const = matches!(self.graph.value(value).def, Def::Const(_));
            let mut id = if is_const { self.copy_constant(value) } else { self.read(value) };
            let of_caller = matches!(self.buffers[id.0].place, Place::Input(_));
            if of_caller || given.contains(&id) {
                id = self.copy_buffer(value, id);
            }
            given.insert(id);
            self.outputs.push(id);
        }
    }

    fn copy_buffer(&mut self, value: ValueId, from: BufferId) -> BufferId {
        let len = self.buffers[from.0].len;
        let operand = || Strided { weights: false, len, base: 0, strides: vec![1] };
        let (y, xs) = (operand(), vec![operand()]);
        let func = MapFn::Copy;
        let spec = MapSpec { func, act: Act::None, extents: vec![len], y, xs, halo: None, weights: 0 };
        let to = self.new_buffer(value, Place::Arena(0));
        let name = self.graph.value(value).name.clone();
        self.push(KernelSpec::Map(spec), vec![from, to], None, name.clone(), vec![name], 0);
        to
    }
}
