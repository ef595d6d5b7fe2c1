//! What became of a network and why: which nodes are one step, which choices were made and what else there was.
//!
//! Only facts of the plan and predictions of the cost rules; nothing here is measured.

mod choices;
pub mod facts;
#[cfg(feature = "cli")]
pub mod html;
mod nodes;
#[cfg(test)]
mod tests;

pub use choices::{AlgorithmChoice, KernelChoices, ScheduleChoice, choices};
pub use nodes::{Gone, Part};

use crate::base::feature_map;
use crate::ir::graph::Graph;
use crate::passes::{Miss, Report};
use crate::schedule::plan::{Buffer, BufferId, Place, Plan};
use crate::schedule::tuning::Algorithm;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A network after compilation.
#[derive(Clone, PartialEq, Debug)]
pub struct Explanation {
    /// The steps, in order.
    pub steps: Vec<StepFacts>,
    /// ONNX nodes that no step stands for.
    pub gone: Vec<Gone>,
    /// Fusions that did not happen.
    pub misses: Vec<Miss>,
}

/// A step.
#[derive(Clone, PartialEq, Debug)]
pub struct StepFacts {
    /// Its number.
    pub index: usize,
    /// The ONNX value that it computes.
    pub value: String,
    /// The ONNX nodes that it stands for; none for a copy between layouts.
    pub nodes: Vec<Part>,
    /// Name of the kernel.
    pub kernel: String,
    /// Steps that call the same kernel, itself included.
    pub users: Arc<[usize]>,
    /// The algorithm, where there are several.
    pub algorithm: Option<Algorithm>,
    /// True for a copy that the network does not have: into another layout, or of a constant.
    pub copy: bool,
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes read and written at least.
    pub bytes: u64,
    /// Bytes of weights among them.
    pub weight_bytes: u64,
    /// What it reads besides weights.
    pub reads: Vec<Memory>,
    /// Memory that only it uses, while it runs.
    pub scratch: Option<Memory>,
    /// What it writes.
    pub writes: Option<Memory>,
    /// Fusions with one of its nodes that did not happen; of a node that became many, the first few that differ.
    pub misses: Vec<Miss>,
}

/// A buffer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memory {
    /// Name of the first value in it.
    pub value: String,
    /// Logical shape.
    pub shape: Vec<usize>,
    /// Layout in words; empty for row-major.
    pub layout: String,
    /// First byte in the arena; `None` for an input of the caller's.
    pub offset: Option<usize>,
    /// Bytes.
    pub bytes: usize,
    /// First and last step that touch it.
    pub live: (usize, usize),
}

/// Explains a network: as imported, after the passes with what they report, and as planned.
pub fn explain(source: &Graph, graph: &Graph, report: &Report, plan: &Plan) -> Explanation {
    let context = Context {
        plan,
        parts: nodes::parts(source),
        users: users(plan),
        misses: &report.misses,
        missed: missed(&report.misses),
    };
    let step = |index| step(&context, index);
    Explanation {
        steps: (0..plan.steps.len()).map(step).collect(),
        gone: nodes::gone(source, graph, plan),
        misses: report.misses.clone(),
    }
}

/// What the steps' facts are taken from.
struct Context<'a> {
    plan: &'a Plan,
    parts: nodes::Parts<'a>,
    /// Steps by the number of their kernel.
    users: Vec<Arc<[usize]>>,
    misses: &'a [Miss],
    missed: HashMap<&'a str, Vec<usize>>,
}

/// For each kernel, the steps that call it.
fn users(plan: &Plan) -> Vec<Arc<[usize]>> {
    let mut users = vec![Vec::new(); plan.kernels.len()];
    plan.steps.iter().enumerate().for_each(|(number, step)| users[step.kernel.0].push(number));
    users.into_iter().map(Arc::from).collect()
}

/// Fusions that did not happen that a step names for each of its nodes. One node of the model may be many of the graph, of
/// which each step is a part: naming all of them would make as many as the square of the steps.
const MOST_MISSES: usize = 8;

/// Misses by what may be the name of their node: a label ends with it, in backticks, of which it may have some itself.
fn missed(misses: &[Miss]) -> HashMap<&str, Vec<usize>> {
    let mut missed: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, miss) in misses.iter().enumerate() {
        let Some(label) = miss.node.strip_suffix('`') else { continue };
        for (at, before) in label.match_indices(" `") {
            let list = missed.entry(&label[at + before.len()..]).or_default();
            if list.len() < MOST_MISSES && list.iter().all(|&other| misses[other] != *miss) {
                list.push(number);
            }
        }
    }
    missed
}

fn step(context: &Context, index: usize) -> StepFacts {
    let Context { plan, parts, users, misses, missed } = context;
    let step = &plan.steps[index];
    let kernel = plan.kernel(step);
    let memory = |id: &BufferId| memory(plan.buffer(*id));
    let scratch = plan.scratch_of(step);
    let (writes, reads) = match step.args.split_last() {
        Some((last, rest)) => {
            let reads = rest.iter().filter(|id| Some(**id) != scratch);
            (Some(memory(last)), reads.map(memory).collect())
        }
        None => (None, Vec::new()),
    };
    let about: BTreeSet<usize> =
        step.sources.iter().filter_map(|source| missed.get(source.as_str())).flatten().copied().collect();
    StepFacts {
        index,
        value: step.value.clone(),
        nodes: parts.of(&step.sources, &kernel.spec),
        kernel: kernel.name.clone(),
        users: Arc::clone(&users[step.kernel.0]),
        algorithm: Algorithm::of_kernel(&kernel.spec),
        copy: kernel.spec.is_copy() && parts.none_of(&step.sources),
        flops: step.flops,
        bytes: kernel.spec.bytes(),
        weight_bytes: step.weights.map_or(0, |id| 4 * plan.weights[id.0].len as u64),
        reads,
        scratch: scratch.as_ref().map(memory),
        writes,
        misses: about.into_iter().map(|number| misses[number].clone()).collect(),
    }
}

fn memory(buffer: &Buffer) -> Memory {
    Memory {
        value: buffer.name.clone(),
        shape: buffer.shape.clone(),
        layout: buffer
            .map
            .map_or_else(String::new, |map| feature_map::describe(&map.layout).trim_start().to_owned()),
        offset: match buffer.place {
            Place::Arena(at) => Some(4 * at),
            Place::Input(_) => None,
        },
        bytes: 4 * buffer.len,
        live: buffer.live,
    }
}

impl Explanation {
    /// Steps that match a name: of an ONNX node, of the value computed, of a kernel, or the number of a step.
    pub fn find(&self, name: &str) -> Vec<&StepFacts> {
        let matches: [fn(&StepFacts, &str) -> bool; 4] = [
            |step, name| step.nodes.iter().any(|part| part.node == name),
            |step, name| step.value == name,
            |step, name| step.kernel == name,
            |step, name| name.parse() == Ok(step.index),
        ];
        let found =
            matches.iter().map(|matches| self.steps.iter().filter(|step| matches(step, name)).collect());
        found.into_iter().find(|list: &Vec<_>| !list.is_empty()).unwrap_or_default()
    }

    /// Names of ONNX nodes that contain this text in any case, for those who do not know the whole name.
    pub fn similar(&self, name: &str) -> Vec<&str> {
        let wanted = name.to_lowercase();
        let of_steps = self.steps.iter().flat_map(|step| &step.nodes).map(|part| part.node.as_str());
        let all = of_steps.chain(self.gone.iter().map(|gone| gone.node.as_str()));
        all.filter(|node| node.to_lowercase().contains(&wanted)).collect()
    }

    /// The copies that the network does not have: how many, and the bytes that they read and write.
    pub fn copies(&self) -> (usize, u64) {
        let copies = self.steps.iter().filter(|step| step.copy);
        copies.fold((0, 0), |(count, bytes), step| (count + 1, bytes + step.bytes))
    }
}
