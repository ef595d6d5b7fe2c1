//! Random networks as files, with what another engine needs to be held against us.
//!
//! `NUMBER.onnx` is the network and `NUMBER.f64` its numbers, little-endian f64: all inputs; then for each output what the
//! reference evaluator makes of the file, how far another engine may be from it, and what the compiled plan gives. The
//! evaluator and the compiler start from the file, as the other engine does; the bound is that of the network that was grown.

use super::bound::{self, Engine, Known, Unbounded, Winograds};
use super::compare::verdict;
use super::{Network, onnx};
use crate::plans;
use std::path::Path;
use tilewright::base::target::Isa;
use tilewright::base::tensor::Tensor;
use tilewright::ir::reference;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::schedule::choose::Choice;

/// A network, ready to be written.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The ONNX file.
    pub file: Vec<u8>,
    /// Inputs.
    pub inputs: Vec<Vec<f32>>,
    /// For each output: what the file means to the evaluator, the bound, and what the plan of the file gives.
    pub outputs: Vec<[Vec<f64>; 3]>,
}

impl Exported {
    /// Writes a network, reads it again, and computes it.
    ///
    /// # Errors
    /// The file cannot be read, or does not mean the network.
    pub fn new(network: &Network, isa: Isa) -> Result<Self, String> {
        let file = onnx::model(network).bytes();
        let known = bound::outputs(network, Engine::Ours(&Winograds::new()));
        let graph = load("random", file.clone().into(), &LoadOptions::default(), &NoExternalData);
        let graph = graph.map_err(|error| error.to_string())?;
        let read = reference::evaluate(&graph, &network.inputs, |_, _| ());
        let read = read.map_err(|error| error.to_string())?;
        same(&known, &read)?;
        let inputs = network.floats();
        let ours = plans::try_run(&graph, &inputs, isa, Choice::Exact).map_err(|error| error.to_string())?;
        verdict(&known, &ours)?;
        let wide = |list: Vec<f32>| list.into_iter().map(f64::from).collect();
        let others = bound::outputs(network, Engine::Another);
        let each = read.into_iter().zip(ours).enumerate();
        let outputs = each.map(|(number, (read, ours))| {
            let off = |known: &Vec<Known>| known[number].off.clone();
            let off = others.as_ref().map_or_else(|_| vec![f64::INFINITY; ours.len()], off);
            [read.to_f64(), off, wide(ours)]
        });
        let outputs = outputs.collect();
        Ok(Exported { file, inputs, outputs })
    }

    /// Writes both files.
    ///
    /// # Panics
    /// When the folder cannot be written.
    pub fn write(&self, folder: &Path, number: usize) {
        let inputs = self.inputs.iter().flatten().map(|&x| f64::from(x));
        let numbers = inputs.chain(self.outputs.iter().flatten().flatten().copied());
        let bytes: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
        let path = |kind: &str| folder.join(format!("{number:05}.{kind}"));
        std::fs::write(path("onnx"), &self.file).expect("a writable folder");
        std::fs::write(path("f64"), bytes).expect("a writable folder");
    }
}

/// Holds what the file means against what was grown, both in f64: constants may have been rounded once more.
fn same(known: &Result<Vec<Known>, Unbounded>, read: &[Tensor]) -> Result<(), String> {
    let lists = read.iter().map(|tensor| tensor.to_f64().into_iter().map(|x| x as f32).collect());
    verdict(known, &lists.collect::<Vec<Vec<f32>>>()).map_err(|fault| format!("read again: {fault}"))?;
    Ok(())
}
