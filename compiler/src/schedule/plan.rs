//! The plan: which kernels run in which order on which memory with which weights.

use crate::base::feature_map::FeatureMap;
use crate::base::real::Real;
use crate::base::target::Isa;
use crate::ir::graph::ValueId;
use crate::kernel::Schedule;
use crate::kernel::spec::{ConvSpec, KernelSpec, MatMulSpec, WinogradSpec};

/// Index into [`Plan::kernels`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KernelId(pub usize);

/// Index into [`Plan::buffers`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BufferId(pub usize);

/// Index into [`Plan::weights`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WeightId(pub usize);

/// Everything that emission and packing need to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the network.
    pub name: String,
    /// SHA-256 of the topology.
    pub graph_hash: [u8; 32],
    /// SHA-256 of the topology and of how its weights are packed: weights fit where this is equal.
    pub weights_hash: [u8; 32],
    /// In execution order.
    pub steps: Vec<Step>,
    /// Distinct kernels, in order of first use.
    pub kernels: Vec<PlannedKernel>,
    /// Memory of the activations.
    pub buffers: Vec<Buffer>,
    /// Packed weights, in execution order, one behind the other.
    pub weights: Vec<WeightRange>,
    /// Floats of the arena that one thread needs.
    pub arena: usize,
    /// Floats behind it that each further thread needs: the largest scratch memory of a kernel.
    pub scratch: usize,
    /// Floats of the weights.
    pub weight_floats: usize,
    /// Buffers that the caller fills, in ONNX's order.
    pub inputs: Vec<BufferId>,
    /// Buffers that hold the results, in ONNX's order.
    pub outputs: Vec<BufferId>,
    /// Instruction sets that the kernels are printed for.
    pub isas: Vec<Isa>,
}

/// One call of a kernel.
#[derive(Clone, Debug)]
pub struct Step {
    /// The kernel.
    pub kernel: KernelId,
    /// Activations, in the order of the kernel's parameters; the last is written.
    pub args: Vec<BufferId>,
    /// Weights, if the kernel has any.
    pub weights: Option<WeightId>,
    /// Name of the ONNX value that it computes.
    pub value: String,
    /// The ONNX nodes that it stands for.
    pub sources: Vec<String>,
    /// Floating-point operations, two per multiply-add of the network (not of the padding that packing adds).
    pub flops: u64,
}

/// A kernel and, per instruction set of the plan, its schedule.
#[derive(Clone, Debug)]
pub struct PlannedKernel {
    /// Unique name.
    pub name: String,
    /// What it computes.
    pub spec: KernelSpec,
    /// One per instruction set of the plan.
    pub schedules: Vec<Schedule>,
}

/// Memory of one or more values that share it.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// ONNX name of the first value in it.
    pub name: String,
    /// Logical shape of that value.
    pub shape: Vec<usize>,
    /// How a 4-d value lies in it; `None` for others, which are row-major.
    pub map: Option<FeatureMap>,
    /// Floats.
    pub len: usize,
    /// Where it is.
    pub place: Place,
    /// First and last step that touch it; an output lives to the end.
    pub live: (usize, usize),
    /// The buffer of which it is a part. That one lives longer.
    pub whole: Option<WholeBuffer>,
}

/// A buffer that others are parts of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WholeBuffer {
    /// The buffer.
    pub id: BufferId,
    /// First float of the part.
    pub at: usize,
}

/// Where a buffer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// At this float of the arena.
    Arena(usize),
    /// It is the caller's input of this number.
    Input(usize),
}

/// A piece of the packed weights.
#[derive(Clone, Debug)]
pub struct WeightRange {
    /// First float.
    pub offset: usize,
    /// Floats.
    pub len: usize,
    /// How to fill it.
    pub pack: Pack,
}

/// How the packer fills a range from constants of the graph. Few of these exist, so their size does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Pack {
    /// [`crate::kernel::layout::ConvWeights`].
    Conv {
        /// The kernel's spec, whose groups are those of the packed layout.
        spec: ConvSpec,
        /// Groups of the ONNX operator.
        groups: usize,
        /// `[M, C / groups, kh, kw]`.
        weight: ValueId,
        /// `[M]`.
        bias: Option<ValueId>,
    },
    /// [`crate::kernel::layout::ConvWeights::depthwise`].
    Depthwise {
        /// The kernel's spec.
        spec: ConvSpec,
        /// `[C, 1, kh, kw]`.
        weight: ValueId,
        /// `[C]`.
        bias: Option<ValueId>,
    },
    /// [`crate::kernel::layout::ConvWeights::grouped`].
    Grouped {
        /// The kernel's spec.
        spec: ConvSpec,
        /// `[M, C / groups, kh, kw]`.
        weight: ValueId,
        /// `[M]`.
        bias: Option<ValueId>,
    },
    /// [`crate::kernel::layout::band::BandWeights`].
    Banded {
        /// The kernel's spec.
        spec: ConvSpec,
        /// `[M, C / groups, kh, kw]`.
        weight: ValueId,
        /// `[M]`.
        bias: Option<ValueId>,
    },
    /// [`crate::kernel::layout::WinogradWeights`].
    Winograd {
        /// The kernel's spec.
        spec: WinogradSpec,
        /// `[M, C, 3, 3]`.
        weight: ValueId,
        /// `[M]`.
        bias: Option<ValueId>,
    },
    /// [`crate::kernel::layout::MatMulWeights`].
    MatMul {
        /// The kernel's spec.
        spec: MatMulSpec,
        /// The weight is stored `[N, K]`.
        trans_b: bool,
        /// Factor of the weights.
        alpha: Real,
        /// `[K, N]`.
        weight: ValueId,
        /// `[N]`.
        bias: Option<ValueId>,
    },
    /// The constants as they are, each filled up with zeros to a whole number of 16.
    Raw(Vec<ValueId>),
}

impl Plan {
    /// The kernel of a step.
    pub fn kernel(&self, step: &Step) -> &PlannedKernel {
        &self.kernels[step.kernel.0]
    }

    /// The buffer.
    pub fn buffer(&self, id: BufferId) -> &Buffer {
        &self.buffers[id.0]
    }

    /// The buffer that one is a part of and that is no part of another, and the first float of the part in it.
    pub fn root(&self, mut id: BufferId) -> (BufferId, usize) {
        let mut start = 0;
        while let Some(WholeBuffer { id: whole, at }) = self.buffer(id).whole {
            (id, start) = (whole, start + at);
        }
        (id, start)
    }

    /// The steps that only put elements elsewhere: their number, and the bytes that they read and write.
    pub fn copies(&self) -> (usize, u64) {
        let specs = self.steps.iter().map(|step| &self.kernel(step).spec).filter(|spec| spec.is_copy());
        specs.fold((0, 0), |(count, bytes), spec| (count + 1, bytes.saturating_add(spec.bytes())))
    }

    /// Floating-point operations of one run.
    pub fn flops(&self) -> u64 {
        self.steps.iter().fold(0, |sum: u64, step| sum.saturating_add(step.flops))
    }
}

/// For each buffer, what [`Plan::root`] says, in linear time for all. Parts come behind what they are parts of.
pub fn roots(buffers: &[Buffer]) -> Vec<(usize, usize)> {
    let mut roots: Vec<(usize, usize)> = Vec::with_capacity(buffers.len());
    for (id, buffer) in buffers.iter().enumerate() {
        let whole = buffer.whole.and_then(|whole| Some((roots.get(whole.id.0)?, whole.at)));
        roots.push(whole.map_or((id, 0), |(&(root, start), at)| (root, start + at)));
    }
    roots
}
