//! From a graph after the passes to a plan: one file per family of operators.

mod conv;
mod copy;
mod map;
mod matmul;
mod part;
mod reduce;
mod state;

use super::choose::Choice;
use super::memory;
use super::names::Names;
use super::plan::{Plan, PlannedKernel, WeightRange};
use super::tuning::{Tuner, Tuning};
use crate::base::diag::{Error, Problem, Problems};
use crate::base::epilogue::Act;
use crate::base::feature_map::{BLOCK, Order};
use crate::base::functions::Func;
use crate::base::target::Isa;
use crate::base::tensor::DType;
use crate::ir::graph::{Graph, Node};
use crate::kernel::ir::Role;
use crate::kernel::spec::{GlobalPoolSpec, KernelSpec, MapFn, PoolKind, PoolSpec, Taps};
use crate::ops::{self, Binary, Op, Window};
use sha2::{Digest, Sha256};
use state::State;

/// Most ways in which the padding of a pool may cut its windows: a window of 13x13
/// has at most 27 along each axis.
const MOST_WINDOWS: usize = 729;

/// Why a node has no kernel, and what to do about it.
type Refusal = (String, &'static str);

/// Makes the plan, and says what is not used of the tuning file.
///
/// # Errors
/// Every node that no kernel can compute yet, everything that is wrong with the tuning file.
pub fn plan(
    graph: &Graph,
    graph_hash: [u8; 32],
    isas: &[Isa],
    choice: Choice,
    tuning: &Tuning,
) -> Result<(Plan, Vec<Problem>), Error> {
    let mut problems = Problems::new();
    let mut state = State::new(graph, Tuner::new(tuning, choice), copy::parts(graph));
    for node in &graph.nodes {
        if let Err((reason, remedy)) = lower(&mut state, node) {
            problems.push(place(graph, node), reason, remedy);
        }
    }
    state.outputs();
    state.finish_lives();
    let State { steps, mut buffers, weights, weight_floats, inputs, outputs, specs, .. } = state;
    let State { mut names, mut tuner, .. } = state;
    let scratch = scratch(&specs);
    let kernels = kernels(specs, isas, &mut names, &mut tuner);
    let warnings = tuner.finish(&kernels, &mut problems);
    problems.into_result(())?;
    let arena = memory::place(&mut buffers);
    let name = graph.name.clone();
    let isas = isas.to_vec();
    let weights_hash = weights_hash(&graph_hash, &weights);
    let plan = Plan {
        name,
        graph_hash,
        weights_hash,
        steps,
        kernels,
        buffers,
        weights,
        arena,
        scratch,
        weight_floats,
        inputs,
        outputs,
        isas,
    };
    Ok((plan, warnings))
}

/// Floats that a thread needs for itself in the kernel that needs most.
fn scratch(specs: &[KernelSpec]) -> usize {
    let params = specs.iter().flat_map(KernelSpec::params);
    blocks_of(params.filter(|param| param.role == Role::Scratch).map(|param| param.len).max().unwrap_or(0))
}

/// Identifies packed weights: whose they are, and where each number lies.
fn weights_hash(graph: &[u8; 32], weights: &[WeightRange]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(graph);
    weights.iter().for_each(|range| hash.update(format!("{range:?}")));
    hash.finalize().into()
}

fn place(graph: &Graph, node: &Node) -> String {
    let source = node.sources.first().map_or(graph.value(node.output).name.as_str(), String::as_str);
    format!("node `{source}` ({})", node.op.name())
}

fn lower(state: &mut State, node: &Node) -> Result<(), Refusal> {
    let graph = state.graph;
    let types: Vec<_> = node.inputs.iter().map(|&id| &graph.value(id).ty).collect();
    ops::at_run_time(&node.op, &types, &graph.value(node.output).ty)
        .map_err(|reason| (reason, "export the model in f32; integers may only compute shapes"))?;
    match &node.op {
        Op::Conv(conv) => conv::lower(state, node, conv),
        Op::MatMul(matmul) => matmul::lower(state, node, matmul),
        Op::Pool(pool) => pooling(state, node, pool),
        Op::GlobalAvgPool => {
            let (x, y) = (state.map(node.inputs[0])?, state.map(node.output)?);
            state.call(node, KernelSpec::GlobalPool(GlobalPoolSpec { x, y }), &node.inputs, None, 0);
            Ok(())
        }
        Op::Affine { act } => map::affine(state, node, *act),
        Op::Act(act) => map::elementwise(state, node, MapFn::Copy, *act),
        Op::Binary(Binary { kind, act }) => map::elementwise(state, node, MapFn::Binary(*kind), *act),
        Op::Select => map::elementwise(state, node, MapFn::Select, Act::None),
        Op::Cast { .. } => cast(state, node),
        Op::Softmax { axis } => {
            reduce::softmax(state, node, *axis, false);
            Ok(())
        }
        Op::LogSoftmax { axis } => {
            reduce::softmax(state, node, *axis, true);
            Ok(())
        }
        Op::Reduce(how) => {
            reduce::lower(state, node, how);
            Ok(())
        }
        Op::Along { along, axis } => {
            reduce::along(state, node, *along, *axis);
            Ok(())
        }
        Op::Lrn(lrn) => reduce::lrn(state, node, lrn),
        Op::Reshape | Op::Identity => {
            state.alias(node);
            Ok(())
        }
        Op::Concat { axis } => copy::concat(state, node, *axis),
        Op::Take(take) => copy::take(state, node, take),
        Op::Pad(pad) => copy::pad(state, node, pad),
        Op::Transpose { perm } => copy::transpose(state, node, perm),
        Op::Rearrange(how) => copy::rearrange(state, node, how),
        Op::Resample(resample) => copy::resample(state, node, resample),
        Op::Reorder => copy::reorder(state, node),
        Op::BatchNorm { .. } => Err((
            "its scale, bias, mean or variance is not a constant".to_owned(),
            "export the model in inference mode, with the statistics as initialisers",
        )),
    }
}

/// Memory holds every type as f32: a truth is made of a number, and a whole number of a fraction; all else stays.
fn cast(state: &mut State, node: &Node) -> Result<(), Refusal> {
    let [from, to] = [node.inputs[0], node.output].map(|id| state.graph.value(id).ty.dtype);
    let func = match (from, to) {
        (DType::Bool, _) => None,
        (_, DType::Bool) => Some(Func::Nonzero),
        (DType::F32, DType::I32 | DType::I64) => Some(Func::Trunc),
        _ => None,
    };
    match func {
        Some(func) => map::elementwise(state, node, MapFn::Copy, Act::of(func)),
        None => {
            state.alias(node);
            Ok(())
        }
    }
}

fn taps(window: &Window) -> Taps {
    let Window { kernel, stride, dilation, pad_before, .. } = *window;
    Taps { kernel, stride, dilation, pad: pad_before }
}

fn pooling(state: &mut State, node: &Node, pool: &ops::Pool) -> Result<(), Refusal> {
    let (x, y) = (state.map(node.inputs[0])?, state.map(node.output)?);
    let kind = match pool.kind {
        ops::PoolKind::Max => PoolKind::Max,
        ops::PoolKind::Sum => PoolKind::Sum,
        ops::PoolKind::Average { include_pad: false } => PoolKind::Average,
        ops::PoolKind::Average { include_pad: true } => PoolKind::AveragePadded(pool.counted_after),
    };
    if x.layout.order != Order::Blocked {
        return Err((
            "its input is not in blocked layout".to_owned(),
            "report this as a bug of the compiler",
        ));
    }
    let spec = PoolSpec { x, y, taps: taps(&pool.window), kind };
    let windows = spec.rectangles();
    if windows > MOST_WINDOWS {
        let reason = format!("its padding cuts its windows in {windows} different ways");
        return Err((
            reason,
            "use less padding; each way is code of its own, and more than 729 would be too much",
        ));
    }
    state.call(node, KernelSpec::Pool(spec), &node.inputs, None, 0);
    Ok(())
}

/// Names the distinct specs and schedules them for each instruction set.
fn kernels(specs: Vec<KernelSpec>, isas: &[Isa], names: &mut Names, tuner: &mut Tuner) -> Vec<PlannedKernel> {
    let planned = |spec: KernelSpec| {
        let name = names.of(&spec);
        let schedules = isas.iter().map(|isa| tuner.schedule(&name, &spec, isa)).collect();
        PlannedKernel { name, spec, schedules }
    };
    specs.into_iter().map(planned).collect()
}

/// Floats that hold `count` numbers in whole blocks.
fn blocks_of(count: usize) -> usize {
    count.div_ceil(BLOCK) * BLOCK
}
