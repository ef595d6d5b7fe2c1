//! The invariants of a graph, checked after import and after every pass.
//!
//! - Every index is in range, every name is unique, every value has one definition, and that is before its uses.
//! - Operand counts and types are what the operators and recipes demand.
//! - Recipes depend on constants only, and not on themselves.
//! - Inputs, outputs and constants are planar without a halo; only 4-d values are anything else. Once any value is, the
//!   layout pass has run, and every node has layouts that its operator takes.

use std::collections::HashSet;

use super::graph::{Const, Def, Graph, Node, ValueId};
use super::{layouts, recipe};
use crate::base::diag::{Error, Problems};
use crate::base::feature_map::Layout;
use crate::base::tensor::TensorType;
use crate::ops;

/// Checks every invariant. `after` names what has made the graph, such as a pass.
///
/// # Errors
/// Everything that is wrong; each problem is a bug of the compiler.
pub fn verify(graph: &Graph, after: &str) -> Result<(), Error> {
    let mut check = Check { graph, after, problems: Problems::new() };
    check.indices();
    if check.problems.is_empty() {
        check.values();
        check.order();
        check.types();
        check.layouts();
    }
    check.problems.into_result(())
}

struct Check<'a> {
    graph: &'a Graph,
    after: &'a str,
    problems: Problems,
}

impl Check<'_> {
    fn report(&mut self, place: &str, reason: impl Into<String>) {
        let remedy = "this is a compiler bug: please report it";
        self.problems.push(format!("after {}: {place}", self.after), reason, remedy);
    }

    fn report_value(&mut self, id: ValueId, reason: &str) {
        let place = format!("value `{}`", self.graph.value(id).name);
        self.report(&place, reason);
    }

    fn indices(&mut self) {
        let graph = self.graph;
        let of_nodes = graph.nodes.iter().flat_map(|node| node.inputs.iter().chain([&node.output]));
        let of_recipes = graph.values.iter().flat_map(|value| recipe_operands(&value.def));
        let all = of_nodes.chain(of_recipes).chain(&graph.inputs).chain(&graph.outputs);
        if let Some(id) = all.into_iter().find(|id| id.0 >= graph.values.len()) {
            self.report("the graph", format!("there is no value {}", id.0));
        }
    }

    /// Names, and definitions that agree with the lists of inputs and nodes.
    fn values(&mut self) {
        let graph = self.graph;
        let mut names = HashSet::new();
        let mut definitions = vec![0; graph.values.len()];
        let inputs = graph.inputs.iter().map(|id| (id, "input"));
        for (id, kind) in inputs.chain(graph.nodes.iter().map(|node| (&node.output, "node"))) {
            definitions[id.0] += 1;
            let agrees = match graph.value(*id).def {
                Def::Input => kind == "input",
                Def::Node => kind == "node",
                Def::Const(_) => false,
            };
            if !agrees || definitions[id.0] > 1 {
                self.report_value(*id, "it is not defined exactly once");
            }
        }
        for (index, value) in graph.values.iter().enumerate() {
            if !names.insert(value.name.as_str()) {
                self.report_value(ValueId(index), "its name is not unique");
            }
        }
    }

    /// Definitions come before uses; recipes depend on constants that end somewhere.
    fn order(&mut self) {
        let graph = self.graph;
        let mut defined: Vec<bool> =
            graph.values.iter().map(|value| matches!(value.def, Def::Const(_))).collect();
        graph.inputs.iter().for_each(|id| defined[id.0] = true);
        for node in &graph.nodes {
            for id in node.inputs.iter().filter(|id| !defined[id.0]) {
                self.report(&node.label(), format!("it reads `{}` too early", graph.value(*id).name));
            }
            defined[node.output.0] = true;
        }
        for &id in graph.outputs.iter().filter(|id| !defined[id.0]) {
            self.report_value(id, "it is an output that nothing computes");
        }
        for id in cyclic_recipes(graph) {
            self.report_value(id, "its recipe depends on itself or on something that is not constant");
        }
    }

    fn types(&mut self) {
        let graph = self.graph;
        let types =
            |ids: &[ValueId]| -> Vec<&TensorType> { ids.iter().map(|&id| &graph.value(id).ty).collect() };
        for node in &graph.nodes {
            let output = &graph.value(node.output).ty;
            if let Err(reason) = ops::check_output(&node.op, &types(&node.inputs), output) {
                self.report(&node.label(), reason);
            }
        }
        for (index, value) in graph.values.iter().enumerate() {
            let Def::Const(Const::Recipe(recipe, operands)) = &value.def else { continue };
            if let Err(reason) = recipe::check(recipe, &types(operands), &value.ty) {
                self.report_value(ValueId(index), &format!("{}: {reason}", recipe.name()));
            }
        }
    }

    fn layouts(&mut self) {
        let graph = self.graph;
        if graph.values.iter().all(|value| value.layout == Layout::PLANAR) {
            return;
        }
        for (index, value) in graph.values.iter().enumerate() {
            let planar = !matches!(value.def, Def::Node) || value.ty.shape.len() != 4;
            if planar && value.layout != Layout::PLANAR {
                self.report_value(ValueId(index), "it must be planar without a halo");
            }
        }
        for &id in graph.outputs.iter().filter(|id| graph.value(**id).layout != Layout::PLANAR) {
            self.report_value(id, "it is an output and must be planar without a halo");
        }
        let check = |node: &Node| layouts::check(graph, node).err().map(|reason| (node.label(), reason));
        for (label, reason) in graph.nodes.iter().filter_map(check) {
            self.report(&label, reason);
        }
    }
}

fn recipe_operands(def: &Def) -> &[ValueId] {
    match def {
        Def::Const(Const::Recipe(_, operands)) => operands,
        _ => &[],
    }
}

/// Recipes that cannot be computed: those left when all that depend on computable constants only are taken away.
fn cyclic_recipes(graph: &Graph) -> Vec<ValueId> {
    let mut missing: Vec<usize> =
        graph.values.iter().map(|value| recipe_operands(&value.def).len()).collect();
    let mut users = vec![Vec::new(); graph.values.len()];
    for (index, value) in graph.values.iter().enumerate() {
        recipe_operands(&value.def).iter().for_each(|operand| users[operand.0].push(index));
    }
    let constant = |index: &usize| matches!(graph.values[*index].def, Def::Const(_));
    let mut ready: Vec<usize> = (0..missing.len()).filter(|i| missing[*i] == 0).filter(constant).collect();
    while let Some(index) = ready.pop() {
        for &user in &users[index] {
            missing[user] -= 1;
            ready.extend((missing[user] == 0).then_some(user));
        }
    }
    (0..missing.len()).filter(|i| missing[*i] > 0).map(ValueId).collect()
}
