//! The names of the file: which values they stand for, and what is wrong with them.

use std::collections::{HashMap, HashSet};

use super::builder::Builder;
use super::source::Source;
use crate::base::diag::Problems;
use crate::base::shown::shown;
use crate::ir::graph::{Def, ValueId};
use crate::onnx::dims::Fixed;
use crate::onnx::refusal::Refusal;
use crate::onnx::schema::NodeProto;
use crate::onnx::tensor::Stored;

const AGAIN: &str = "the model is not valid ONNX: check it with `onnx.checker` and export it again";

/// What a name stands for.
#[derive(Clone, Copy)]
enum Meaning {
    Value(ValueId),
    /// The value could not be made, which has been reported.
    Lost {
        /// Programs would compute it.
        run_time: bool,
    },
}

impl Meaning {
    fn of(value: Option<ValueId>, run_time: bool) -> Self {
        value.map_or(Meaning::Lost { run_time }, Meaning::Value)
    }
}

/// The names of the file and what they stand for.
pub(super) struct Scope<'m> {
    pub builder: Builder,
    values: HashMap<&'m str, Meaning>,
    /// Names that nodes or the graph's outputs read.
    read: HashSet<&'m str>,
}

impl<'m> Scope<'m> {
    /// Defines inputs and initialisers; reports names that are defined twice or never. An initialiser that is also an
    /// input is a constant; one that nothing reads is dropped unseen.
    pub fn new(source: &Source<'m>, stored: Stored, labels: &[String], problems: &mut Problems) -> Self {
        let graph = source.graph;
        let reads = graph.node.iter().flat_map(|node| node.input.iter().map(String::as_str));
        let read: HashSet<&str> = reads.chain(graph.output.iter().map(|info| info.name())).collect();
        let tensors = graph.initializer.iter().map(|tensor| tensor.name());
        let results = graph.node.iter().flat_map(|node| node.output.iter().map(String::as_str));
        let names = tensors.clone().chain(graph.input.iter().map(|info| info.name())).chain(results);
        let builder = Builder::new(shown(graph.name().to_owned()), source.options.limits, names);
        let mut scope = Scope { builder, values: HashMap::new(), read };

        for tensor in &graph.initializer {
            let name = tensor.name();
            if scope.values.contains_key(name) {
                problems.push(format!("initialiser `{name}`"), "the name is given twice", AGAIN);
            }
            if !scope.read.contains(name) || scope.values.contains_key(name) {
                scope.values.entry(name).or_insert(Meaning::Lost { run_time: false });
                continue;
            }
            let made =
                stored.constant(tensor).map(|(ty, data)| scope.builder.named(name, ty, Def::Const(data)));
            let made =
                made.map_err(|why| problems.push(format!("initialiser `{name}`"), why.reason, why.remedy));
            scope.values.insert(name, Meaning::of(made.ok(), false));
        }
        for tensor in graph.sparse_initializer.iter().filter_map(|sparse| sparse.values.as_ref()) {
            let why = Refusal::unsupported("it is stored sparsely");
            problems.push(format!("initialiser `{}`", tensor.name()), why.reason, why.remedy);
            scope.values.insert(tensor.name(), Meaning::Lost { run_time: false });
        }
        scope.inputs(source, problems);
        scope.names(source, labels, problems);
        scope
    }

    fn inputs(&mut self, source: &Source<'m>, problems: &mut Problems) {
        let constants: HashSet<&str> = source.graph.initializer.iter().map(|tensor| tensor.name()).collect();
        let mut fixed = Fixed::new(source.options);
        for info in source.graph.input.iter().filter(|info| !constants.contains(info.name())) {
            let name = info.name();
            let place = format!("input `{name}`");
            let made = match fixed.input(info) {
                Ok(ty) => Some(self.builder.named(name, ty, Def::Input)),
                Err(all) => {
                    all.into_iter().for_each(|why| problems.push(place.as_str(), why.reason, why.remedy));
                    None
                }
            };
            self.builder.graph.inputs.extend(made);
            if self.values.insert(name, Meaning::of(made, true)).is_some() {
                problems.push(place, "the name is given twice", AGAIN);
            }
        }
        fixed.unknown().into_iter().for_each(|(place, why)| problems.push(place, why.reason, why.remedy));
    }

    /// Checks that each result has a name of its own and that each operand is something's result.
    fn names(&self, source: &Source<'m>, labels: &[String], problems: &mut Problems) {
        let mut makers: HashMap<&str, &str> = HashMap::new();
        for (node, label) in source.graph.node.iter().zip(labels) {
            for name in node.output.iter().filter(|name| !name.is_empty()) {
                let place = format!("node `{label}` ({})", node.op_type());
                if self.values.contains_key(name.as_str()) {
                    let reason = format!("its output `{name}` has the name of an input or initialiser");
                    problems.push(place, reason, AGAIN);
                } else if let Some(other) = makers.insert(name, label) {
                    problems.push(
                        place,
                        format!("its output `{name}` is also that of node `{other}`"),
                        AGAIN,
                    );
                }
            }
        }
        for (node, label) in source.graph.node.iter().zip(labels) {
            let unknown = |name: &&String| {
                !name.is_empty()
                    && !self.values.contains_key(name.as_str())
                    && !makers.contains_key(name.as_str())
            };
            for name in node.input.iter().filter(unknown) {
                let place = format!("node `{label}` ({})", node.op_type());
                problems.push(place, format!("its input `{name}` is defined nowhere"), AGAIN);
            }
        }
    }

    /// True when a node or an output of the graph reads the name.
    pub fn is_read(&self, name: &str) -> bool {
        !name.is_empty() && self.read.contains(name)
    }

    /// The operands of a node by position; `None` when one could not be made.
    pub fn operands(&self, node: &NodeProto) -> Option<Vec<Option<ValueId>>> {
        let operand = |name: &String| match self.values.get(name.as_str()) {
            _ if name.is_empty() => Some(None),
            Some(Meaning::Value(id)) => Some(Some(*id)),
            _ => None,
        };
        node.input.iter().map(operand).collect()
    }

    /// True when an operand of the node is, or would be, computed by the program.
    pub fn at_run_time(&self, node: &NodeProto) -> bool {
        node.input.iter().any(|name| match self.values.get(name.as_str()) {
            Some(Meaning::Value(id)) => !self.builder.graph.is_const(*id),
            Some(Meaning::Lost { run_time }) => *run_time,
            None => false,
        })
    }

    /// Defines the results of a node by position; those that are not there are lost.
    pub fn define(&mut self, node: &'m NodeProto, results: &[ValueId]) {
        // The shape of a run-time value is a constant all the same.
        let run_time = self.at_run_time(node) && !matches!(node.op_type(), "Shape" | "Size");
        for (position, name) in node.output.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            self.values.insert(name, Meaning::of(results.get(position).copied(), run_time));
        }
    }

    /// Sets the outputs of the graph.
    pub fn outputs(&mut self, source: &Source<'m>, problems: &mut Problems) {
        if source.graph.output.is_empty() {
            problems.push(source.name, "the graph has no outputs", AGAIN);
        }
        for info in &source.graph.output {
            match self.values.get(info.name()) {
                Some(Meaning::Value(id)) if self.builder.graph.value(*id).ty.elements() == 0 => {
                    let ty = &self.builder.graph.value(*id).ty;
                    let reason = format!("it is {ty}: it has no elements");
                    problems.push(
                        format!("output `{}`", info.name()),
                        reason,
                        "remove it from the model's outputs",
                    );
                }
                Some(Meaning::Value(id)) => self.builder.graph.outputs.push(*id),
                Some(Meaning::Lost { .. }) => {}
                None => problems.push(format!("output `{}`", info.name()), "it is defined nowhere", AGAIN),
            }
        }
    }
}
