//! What every layer should be: inputs, and the reference evaluator's values of them.

use crate::Compiled;
use crate::base::tensor::Tensor;
use crate::cli::progress::Progress;
use crate::ir::graph::{Graph, ValueId};
use crate::ir::reference;
use crate::zoo::numbers::Numbers;
use anyhow::{Context, Result, bail};
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::PathBuf;
use tilewright_runtime::npy;

/// One array for each input of the graph: read from `NAME=FILE` or `FILE`, or normally distributed numbers when `files` is
/// empty.
///
/// # Errors
/// A file that is no array of the right shape, an input without a file.
pub fn inputs(graph: &Graph, files: &[OsString], seed: u64) -> Result<Vec<Tensor>> {
    let mut arrays: HashMap<&str, PathBuf> = HashMap::new();
    for argument in files {
        let (name, path) = bind(graph, argument)?;
        if arrays.insert(name, path).is_some() {
            bail!("--input: there are two files for input `{name}`");
        }
    }
    let tensor = |&id: &ValueId| {
        let value = graph.value(id);
        let shape = value.ty.shape.clone();
        let floats = match arrays.get(value.name.as_str()) {
            Some(path) => {
                let array = npy::read(path)?;
                if array.shape != shape {
                    bail!(
                        "{}: has the shape {:?}, input `{}` is {shape:?}",
                        path.display(),
                        array.shape,
                        value.name
                    );
                }
                array.floats
            }
            None if files.is_empty() => Numbers::new(seed, &value.name).normal(value.ty.elements(), 1.0),
            None => bail!("input `{}` is missing; say --input {0}=X.npy", value.name),
        };
        Ok(Tensor::float(shape, floats.into_iter().map(f64::from).collect()))
    };
    graph.inputs.iter().map(tensor).collect()
}

/// The input that an argument is for, and its file.
fn bind<'g>(graph: &'g Graph, argument: &OsString) -> Result<(&'g str, PathBuf)> {
    let names: Vec<&str> = graph.inputs.iter().map(|&id| graph.value(id).name.as_str()).collect();
    let text = argument.to_string_lossy();
    // A name counts only where an input has it: paths and names may contain `=`.
    let named = names.iter().find_map(|&name| Some((name, text.strip_prefix(name)?.strip_prefix('=')?)));
    match (named, names.as_slice()) {
        (Some((name, path)), _) => Ok((name, path.into())),
        (None, [name]) => Ok((name, argument.into())),
        (None, _) => {
            bail!("--input {text}: say for which input, as NAME=FILE; there are {}", names.join(", "))
        }
    }
}

/// The values that a program's steps are compared with.
#[derive(Debug)]
pub struct Reference {
    /// What the program is given.
    pub inputs: Vec<Tensor>,
    /// By ONNX name, row-major.
    pub values: HashMap<String, Vec<f64>>,
    /// The graph's outputs: name and value.
    pub outputs: Vec<(String, Vec<f64>)>,
    /// Names of the values that decide: outputs, and what a final softmax works on.
    pub logits: HashSet<String>,
}

impl Reference {
    /// Evaluates the graph as imported, in f64, and keeps what the steps of the plan compute.
    ///
    /// # Errors
    /// Inputs that do not fit, a model without numbers.
    pub fn evaluate(compiled: &Compiled, inputs: &[Tensor], progress: &Progress) -> Result<Self> {
        let Compiled { source, plan, .. } = compiled;
        let wanted: HashSet<&str> = plan.steps.iter().map(|step| step.value.as_str()).collect();
        let mut values = HashMap::new();
        progress.count("evaluating the reference", source.nodes.len());
        let results = reference::evaluate(source, inputs, |id, tensor| {
            let name = &source.value(id).name;
            if wanted.contains(name.as_str()) {
                values.insert(name.clone(), tensor.to_f64());
            }
            progress.step();
        });
        let results = results.context("the reference evaluator failed")?;
        let name = |&id: &ValueId| source.value(id).name.clone();
        let outputs = source.outputs.iter().map(name).zip(results.iter().map(Tensor::to_f64)).collect();
        let logits =
            source.outputs.iter().flat_map(|&id| [id, logits(source, id)]).map(|id| name(&id)).collect();
        Ok(Reference { inputs: inputs.to_vec(), values, outputs, logits })
    }
}

/// Operators that a saturated softmax hides behind: its own result agrees with anything.
const LOOKED_THROUGH: [&str; 4] = ["softmax", "reshape", "identity", "cast"];

/// The value that an output is a softmax or a reshaping of.
fn logits(graph: &Graph, output: ValueId) -> ValueId {
    let producers = graph.producers();
    let mut at = output;
    while let Some(node) = producers.get(at.0).copied().flatten().and_then(|index| graph.nodes.get(index)) {
        match node.inputs.first() {
            Some(&input) if LOOKED_THROUGH.contains(&node.op.name()) => at = input,
            _ => break,
        }
    }
    at
}
