//! What became of each ONNX node: a part of a step, or nothing.

use crate::ir::graph::{Def, Graph, Node};
use crate::kernel::spec::KernelSpec;
use crate::ops::{Binary, BinaryKind, Op};
use crate::schedule::plan::Plan;
use std::collections::{HashMap, HashSet};

/// An ONNX node as a part of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its name.
    pub node: String,
    /// Its operator, as reports name it.
    pub op: &'static str,
    /// What it is of the step.
    pub role: &'static str,
    /// True for the node that the kernel is there for.
    pub main: bool,
}

/// An ONNX node that no step stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gone {
    /// Its name.
    pub node: String,
    /// Its operator.
    pub op: &'static str,
    /// Why there is nothing to do for it.
    pub why: &'static str,
}

/// The nodes of a graph by name.
pub struct Parts<'g> {
    graph: &'g Graph,
    nodes: HashMap<&'g str, &'g Node>,
}

/// Indexes a graph as imported.
pub fn parts(graph: &Graph) -> Parts<'_> {
    let named = graph.nodes.iter().filter_map(|node| Some((node.sources.first()?.as_str(), node)));
    Parts { graph, nodes: named.collect() }
}

impl Parts<'_> {
    /// True when none of the names is a node's.
    pub fn none_of(&self, names: &[String]) -> bool {
        names.iter().all(|name| !self.nodes.contains_key(name.as_str()))
    }

    /// What the nodes of these names are of a step with this kernel.
    pub fn of(&self, names: &[String], spec: &KernelSpec) -> Vec<Part> {
        let found: Vec<(&String, &Node)> =
            names.iter().filter_map(|name| Some((name, *self.nodes.get(name.as_str())?))).collect();
        let main = found.iter().position(|(_, node)| computes(spec, &node.op)).unwrap_or(0);
        let part = |(index, (name, node)): (usize, &(&String, &Node))| Part {
            node: (*name).clone(),
            op: node.op.name(),
            role: if index == main { "the kernel itself" } else { self.role(spec, node, found[main].1) },
            main: index == main,
        };
        found.iter().enumerate().map(part).collect()
    }

    fn role(&self, spec: &KernelSpec, node: &Node, main: &Node) -> &'static str {
        let linear = computes(spec, &main.op) && !matches!(spec, KernelSpec::Pool(_));
        let constant = node.inputs.iter().any(|&id| self.graph.is_const(id));
        match &node.op {
            Op::BatchNorm { .. } | Op::Affine { .. } if linear => "folded into the weights and the bias",
            Op::Binary(_) if linear && constant => "folded into the weights or the bias",
            Op::Binary(Binary { kind: BinaryKind::Add, .. }) => "the other operand is added before the store",
            Op::Act(_) => "applied before the store",
            Op::Pad(_) => "part of the window's padding",
            Op::Reshape | Op::Identity | Op::Cast { .. } => "the same bytes",
            _ => "computed in the same loops",
        }
    }
}

/// True when a kernel of this spec is what computes the operator.
fn computes(spec: &KernelSpec, op: &Op) -> bool {
    match spec {
        KernelSpec::Conv(_)
        | KernelSpec::Winograd(_)
        | KernelSpec::Depthwise(_)
        | KernelSpec::Grouped(_)
        | KernelSpec::Banded(_) => matches!(op, Op::Conv(_)),
        KernelSpec::MatMul(_) => matches!(op, Op::MatMul(_)),
        KernelSpec::Pool(_) => matches!(op, Op::Pool(_)),
        _ => false,
    }
}

/// The nodes that no step stands for.
pub fn gone(source: &Graph, graph: &Graph, plan: &Plan) -> Vec<Gone> {
    let done: HashSet<&str> = plan.steps.iter().flat_map(|step| &step.sources).map(String::as_str).collect();
    let left: HashSet<&str> = graph.nodes.iter().flat_map(|node| &node.sources).map(String::as_str).collect();
    let known: HashSet<&str> = graph
        .values
        .iter()
        .filter(|value| matches!(value.def, Def::Const(_)))
        .map(|value| value.name.as_str())
        .collect();
    let why = |name: &str, node: &Node| {
        if left.contains(name) {
            "its result is the same bytes as its operand"
        } else if known.contains(source.value(node.output).name.as_str()) {
            "its result is known when weights are packed"
        } else {
            "it computes nothing that is not there already, or that is used"
        }
    };
    let gone = |node: &Node| {
        let name = node.sources.first()?;
        let absent = !done.contains(name.as_str());
        absent.then(|| Gone { node: name.clone(), op: node.op.name(), why: why(name, node) })
    };
    source.nodes.iter().filter_map(gone).collect()
}
