//! The reference evaluator: what a graph means, node by node, naively and in f64.
//!
//! It ignores layouts, so a graph means the same before and after every pass. Graphs are taken as
//! [`verify`](super::verify) accepts them.

use std::collections::{HashMap, HashSet};

use super::graph::{Const, Def, Graph, Node, ValueId};
use super::recipe;
use crate::base::diag::Error;
use crate::base::memory;
use crate::base::tensor::{Tensor, TensorType};
use crate::ops;

/// Runs the graph on `inputs`, given in the graph's order, and returns its outputs in the graph's order. `visit` sees
/// the result of every node when it is computed; a tensor is freed after its last use.
///
/// # Errors
/// Inputs of another number or type, constants without numbers, memory that is short, and what [`ops::eval`] refuses.
pub fn evaluate(
    graph: &Graph,
    inputs: &[Tensor],
    mut visit: impl FnMut(ValueId, &Tensor),
) -> Result<Vec<Tensor>, Error> {
    let mut tensors = bind_inputs(graph, inputs)?;
    let last_use = last_uses(graph);
    for (index, node) in graph.nodes.iter().enumerate() {
        for &id in &node.inputs {
            if tensors[id.0].is_none() {
                tensors[id.0] = Some(constant(graph, id)?);
            }
        }
        affords(node.label(), &graph.value(node.output).ty)?;
        let result = run(graph, node, &tensors).map_err(|reason| Error::one(node.label(), reason, ""))?;
        visit(node.output, &result);
        tensors[node.output.0] = Some(result);
        for &id in node.inputs.iter().chain([&node.output]) {
            if last_use[id.0] <= Some(index) {
                tensors[id.0] = None;
            }
        }
    }
    let output = |&id: &ValueId| match &tensors[id.0] {
        Some(tensor) => Ok(tensor.clone()),
        None => constant(graph, id),
    };
    graph.outputs.iter().map(output).collect()
}

fn bind_inputs(graph: &Graph, inputs: &[Tensor]) -> Result<Vec<Option<Tensor>>, Error> {
    if inputs.len() != graph.inputs.len() {
        let reason = format!("it has {} inputs, {} were given", graph.inputs.len(), inputs.len());
        return Err(Error::one(format!("graph `{}`", graph.name), reason, ""));
    }
    let mut tensors = vec![None; graph.values.len()];
    for (&id, tensor) in graph.inputs.iter().zip(inputs) {
        let value = graph.value(id);
        if tensor.ty != value.ty {
            let reason = format!("it is {}, the tensor given is {}", value.ty, tensor.ty);
            return Err(Error::one(format!("input `{}`", value.name), reason, ""));
        }
        tensors[id.0] = Some(tensor.clone());
    }
    Ok(tensors)
}

/// For each value, the node that reads it last; `None` when no node does, a large number for outputs.
fn last_uses(graph: &Graph) -> Vec<Option<usize>> {
    let mut last = vec![None; graph.values.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        node.inputs.iter().for_each(|id| last[id.0] = Some(index));
    }
    graph.outputs.iter().for_each(|id| last[id.0] = Some(usize::MAX));
    last
}

fn run(graph: &Graph, node: &Node, tensors: &[Option<Tensor>]) -> Result<Tensor, String> {
    let operand = |id: &ValueId| tensors[id.0].as_ref().ok_or("it reads a value before it is computed");
    let operands: Vec<&Tensor> = node.inputs.iter().map(operand).collect::<Result<_, _>>()?;
    ops::eval(&node.op, &operands, &graph.value(node.output).ty)
}

/// Copies of a tensor in f64 that there are while it is computed and put to use.
const COPIES: usize = 3;

/// Refuses a tensor for which memory has no room.
fn affords(place: String, ty: &TensorType) -> Result<(), Error> {
    memory::affords(place, ty.elements().saturating_mul(COPIES * size_of::<f64>()))
}

/// The numbers of a constant: decoded, or computed by its recipe.
///
/// # Errors
/// A constant without numbers (the model is a topology), bytes that do not fit its type, memory that is short, what a recipe
/// refuses.
pub fn constant(graph: &Graph, id: ValueId) -> Result<Tensor, Error> {
    let mut done: HashMap<ValueId, Tensor> = HashMap::new();
    let mut opened = HashSet::new();
    let mut stack = vec![id];
    // Depth first with an explicit stack: chains of recipes may be long.
    while let Some(&top) = stack.last() {
        let value = graph.value(top);
        let place = || format!("constant `{}`", value.name);
        let error = |reason: &str, remedy| Error::one(place(), reason, remedy);
        let tensor = match &value.def {
            _ if done.contains_key(&top) => None,
            Def::Const(Const::Data(blob)) => {
                affords(place(), &value.ty)?;
                let tensor = Tensor::decode(value.ty.clone(), blob.bytes());
                Some(tensor.ok_or_else(|| error(&format!("its bytes are not {}", value.ty), ""))?)
            }
            Def::Const(Const::Absent) => {
                return Err(error("the model carries no numbers for it", "give the model with its weights"));
            }
            Def::Const(Const::Recipe(recipe, operands)) => {
                let missing: Vec<ValueId> =
                    operands.iter().copied().filter(|id| !done.contains_key(id)).collect();
                if missing.is_empty() {
                    affords(place(), &value.ty)?;
                    let operands: Vec<&Tensor> = operands.iter().filter_map(|id| done.get(id)).collect();
                    let result = recipe::eval(recipe, &operands, &value.ty);
                    Some(result.map_err(|reason| error(&format!("{}: {reason}", recipe.name()), ""))?)
                } else if opened.insert(top) {
                    stack.extend(missing);
                    continue;
                } else {
                    return Err(error("it is computed from itself", ""));
                }
            }
            Def::Input | Def::Node => return Err(error("it is not a constant", "")),
        };
        done.extend(tensor.map(|tensor| (top, tensor)));
        stack.pop();
    }
    done.remove(&id).ok_or_else(|| Error::one("constant", "it has no value", ""))
}
