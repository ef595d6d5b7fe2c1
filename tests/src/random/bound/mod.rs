//! How far a program may be from the reference: a bound of the rounding of f32, carried through a network.
//!
//! It is a running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, 2002, chapters 3 and 4). Each value
//! `x` of the reference has a bound `e` of what a program may differ there, element by element. With `u = 2^-24`, a sum of
//! products of `n` terms, added in *any* order and with products rounded or not, is off by at most `n u` of the sum of the
//! products' sizes; so for every operator that is a sum of products, and `|op|` the operator on sizes alone,
//!
//! ```text
//! e(y) = |op|(|x| + e(x)) - |op|(|x|) + n u |op|(s(x) + e(x))
//! ```
//!
//! where `n` is the number of terms and 6 more for what fusions add: constants that are folded in f64 and rounded once, a
//! bias, a residual, a factor. `s(x)` is `|x|`, or, behind arithmetic with constants, the size of its terms: a pass may fold
//! these constants into the weights of what follows, where terms that cancel each other are rounded before they do.
//!
//! Winograd's algorithm computes each output from a whole tile of inputs, so that of `|x|` there counts the largest element
//! of each plane, times the *amplification* of the transforms, for each axis the largest over outputs `i` of
//! `sum_f |A(i,f)| max_k |G(f,k)| sum_k |B(f,k)|`: the products of frequency `f` have a weight of at most `max |G(f,k)|` of
//! the filter's sizes and an input of at most `sum |B(f,k)|` of the largest element, and reach output `i` with the factor
//! `|A(i,f)|`. The number of roundings is that of the terms of a frequency's sum, and of both passes of both transforms.
//!
//! A function adds its slope times `e`, and its own error as `tests/tests/functions.rs` holds the runtime to it. Where an
//! operator jumps, operands have to be exact. What underflows is off by less than the least normal number.
//!
//! Networks that others made may have what there is no bound for: they are [`Unbounded`].

mod functions;
mod norms;
mod sums;

use super::Network;
use std::collections::{HashMap, HashSet};
use tilewright::base::tensor::{DType, Tensor};
use tilewright::ir::graph::{Graph, Node, ValueId};
use tilewright::ir::reference;
use tilewright::kernel::spec::{KernelSpec, WinogradSpec};
use tilewright::ops::{self, Binary, BinaryKind, Op};
use tilewright::schedule::plan::Plan;

/// The unit roundoff of f32.
pub const U: f64 = 1.0 / (1 << 24) as f64;

/// A value and what is known of a program's.
#[derive(Clone, Debug)]
pub struct Known {
    /// What the reference computes.
    pub value: Tensor,
    /// For each element, how far a program may be from it.
    pub off: Vec<f64>,
    /// For each element, the size of the terms that it is the sum of.
    size: Vec<f64>,
}

/// The convolutions that a plan computes by Winograd's algorithm, by the name of their node.
pub type Winograds = HashMap<String, WinogradSpec>;

/// Those of a plan.
pub fn winograds(plan: &Plan) -> Winograds {
    let steps = plan.steps.iter().filter_map(|step| match plan.kernel(step).spec {
        KernelSpec::Winograd(spec) => Some((step, spec)),
        _ => None,
    });
    steps.flat_map(|(step, spec)| step.sources.iter().map(move |name| (name.clone(), spec))).collect()
}

impl Known {
    fn exact(value: Tensor) -> Self {
        let size: Vec<f64> = value.to_f64().iter().map(|x| x.abs()).collect();
        Known { off: vec![0.0; size.len()], size, value }
    }

    /// The value with a bound; the size is its own.
    fn new(value: Tensor, off: Vec<f64>) -> Self {
        Known { off, ..Known::exact(value) }
    }

    /// These numbers in the shape of the value.
    fn tensor(&self, list: Vec<f64>) -> Tensor {
        Tensor::float(self.value.ty.shape.clone(), list)
    }

    fn abs(&self) -> Vec<f64> {
        self.value.to_f64().iter().map(|x| x.abs()).collect()
    }

    /// `|x| + e`.
    fn reach(&self) -> Vec<f64> {
        self.abs().iter().zip(&self.off).map(|(x, e)| x + e).collect()
    }

    /// `s + e`.
    fn terms(&self) -> Vec<f64> {
        self.size.iter().zip(&self.off).map(|(x, e)| x + e).collect()
    }

    fn is_exact(&self) -> bool {
        self.off.iter().all(|&e| e == 0.0)
    }
}

/// Floats beyond this have no bound: f32 may overflow where the reference does not.
const LARGE: f64 = 1e12;

/// Programs hold integers as f32, which has all of them up to here.
const WHOLE: f64 = (1 << 24) as f64;

/// Why there is no bound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unbounded(pub String);

impl Unbounded {
    fn because<T>(why: impl Into<String>) -> Result<T, Unbounded> {
        Err(Unbounded(why.into()))
    }
}

/// Whose rounding a bound is of.
#[derive(Clone, Copy, Debug)]
pub enum Engine<'a> {
    /// One of our programs, with these of its convolutions by Winograd's algorithm.
    Ours(&'a Winograds),
    /// Another engine, which computes what the operators say in f32: sums in any order, and functions by formulas of its own,
    /// such as `e^x - 1`, whose error is one of the terms' size.
    Another,
}

/// What the reference computes for each output, with the bounds.
///
/// # Errors
/// The first node that has none.
///
/// # Panics
/// On a graph that cannot be evaluated.
pub fn outputs(network: &Network, engine: Engine) -> Result<Vec<Known>, Unbounded> {
    let graph = &network.graph;
    let mut known: HashMap<ValueId, Known> = HashMap::new();
    for (&id, tensor) in graph.inputs.iter().zip(&network.inputs) {
        known.insert(id, Known::exact(tensor.clone()));
    }
    let mut computed: HashSet<ValueId> = HashSet::new();
    for node in &graph.nodes {
        for &id in &node.inputs {
            known.entry(id).or_insert_with(|| Known::exact(constant(graph, id)));
        }
        let operands: Vec<&Known> = node.inputs.iter().map(|id| &known[id]).collect();
        let values: Vec<&Tensor> = operands.iter().map(|operand| &operand.value).collect();
        let ty = &graph.value(node.output).ty;
        let value = ops::eval(&node.op, &values, ty).unwrap_or_else(|error| panic!("{error}"));
        if let Some(operand) = operands.iter().find(|operand| !is_usual(&operand.value)) {
            return Unbounded::because(format!(
                "{} reads large numbers of {:?}",
                node.label(),
                operand.value.ty
            ));
        }
        let is_constant = |id: &ValueId| graph.is_const(*id) || computed.contains(id);
        let constants: Vec<bool> = node.inputs.iter().map(is_constant).collect();
        computed.extend(constants.iter().all(|&constant| constant).then_some(node.output));
        let mut result = of(node, &operands, &constants, value, engine)?;
        if !result.is_exact() {
            result.off.iter_mut().for_each(|off| *off += f64::from(f32::MIN_POSITIVE));
        }
        known.insert(node.output, result);
    }
    let output =
        |&id: &ValueId| match known.get(&id).cloned().unwrap_or_else(|| Known::exact(constant(graph, id))) {
            output if is_usual(&output.value) => Ok(output),
            _ => Unbounded::because("an output has large numbers"),
        };
    graph.outputs.iter().map(output).collect()
}

fn constant(graph: &Graph, id: ValueId) -> Tensor {
    reference::constant(graph, id).unwrap_or_else(|error| panic!("{error}"))
}

fn is_usual(tensor: &Tensor) -> bool {
    let most = if tensor.ty.dtype == DType::F32 { LARGE } else { WHOLE };
    tensor.to_f64().iter().all(|x| x.abs() <= most)
}

/// The bound of one node's result.
fn of(
    node: &Node,
    x: &[&Known],
    constants: &[bool],
    value: Tensor,
    engine: Engine,
) -> Result<Known, Unbounded> {
    if super::net::jumps(&node.op) || value.ty.dtype != DType::F32 {
        return match x.iter().all(|x| x.is_exact()) {
            true => Ok(Known::exact(value)),
            false => Unbounded::because(format!("{} jumps", node.label())),
        };
    }
    Ok(match &node.op {
        Op::Binary(Binary { kind: BinaryKind::Fmod | BinaryKind::Mod | BinaryKind::Pow, .. }) => {
            return Unbounded::because(format!("there is no bound for {}", node.op.name()));
        }
        Op::Conv(_) | Op::MatMul(_) | Op::GlobalAvgPool | Op::BatchNorm { .. } | Op::Resample(_) => {
            let winograd = match engine {
                Engine::Ours(winograds) => node.sources.first().and_then(|name| winograds.get(name)),
                Engine::Another => None,
            };
            sums::bound(&node.op, x, constants, value, winograd)
        }
        Op::Pool(_) | Op::Binary(_) | Op::Reduce(_) | Op::Along { .. } => {
            match norms::bound(&node.op, x, &value)? {
                Some(off) => Known::new(value, off),
                None => sums::bound(&node.op, x, constants, value, None),
            }
        }
        Op::Act(act) => Known::new(value.clone(), functions::bound(*act, x[0], &value, engine)?),
        Op::Softmax { axis } => Known::new(value.clone(), norms::softmax(*axis, x[0], &value, false)),
        Op::LogSoftmax { axis } => Known::new(value.clone(), norms::softmax(*axis, x[0], &value, true)),
        Op::Lrn(lrn) => Known::new(value.clone(), norms::lrn(lrn, x[0], &value)?),
        Op::Select | Op::Pad(_) | Op::Concat { .. } | Op::Take(_) | Op::Transpose { .. } | Op::Reshape => {
            let off = moved(&node.op, x, &value, |x| x.off.clone());
            // What pads has its own size.
            let size = moved(&node.op, x, &value, |x| x.size.clone());
            let size = size.iter().zip(value.to_f64()).map(|(size, x)| size.max(x.abs())).collect();
            Known { value, off, size }
        }
        other => return Unbounded::because(format!("there is no bound for {}", other.name())),
    })
}

/// What goes where the elements go.
fn moved(op: &Op, x: &[&Known], value: &Tensor, list: impl Fn(&Known) -> Vec<f64>) -> Vec<f64> {
    let op = match op {
        Op::Pad(pad) => {
            let mode = ops::PadMode::Constant(tilewright::base::real::Real::new(0.0));
            &Op::Pad(ops::Pad { mode, ..pad.clone() })
        }
        other => other,
    };
    let lists: Vec<Tensor> = x
        .iter()
        .map(|x| if x.value.floats().is_some() { x.tensor(list(x)) } else { x.value.clone() })
        .collect();
    run(op, &lists.iter().collect::<Vec<_>>(), value)
}

/// An operator on other numbers of the same shapes.
fn run(op: &Op, x: &[&Tensor], like: &Tensor) -> Vec<f64> {
    ops::eval(op, x, &like.ty).unwrap_or_else(|error| panic!("{}: {error}", op.name())).to_f64()
}
