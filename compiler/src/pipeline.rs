//! The compiler from end to end, without IO.

use crate::base::diag::Error;
use crate::base::target::{ISAS, Isa};
use crate::emit::{self, EmitOptions, File, RuntimeDep, Weights};
use crate::ir::graph::Graph;
use crate::ir::{hash, reference};
use crate::schedule::choose::Choice;
use crate::schedule::lower;
use crate::schedule::plan::Plan;
use crate::{passes, weights};
use tilewright_runtime::Preprocess;

/// What the user may choose.
#[derive(Clone, Debug)]
pub struct Options {
    /// Instruction sets to print kernels for; the CPU's best one is chosen at run time.
    pub isas: Vec<Isa>,
    /// Algorithms that may be used.
    pub choice: Choice,
    /// Name of the crate; made from the graph's name when absent.
    pub name: Option<String>,
    /// Where the crate finds its weights.
    pub weights: Weights,
    /// Where the crate finds the runtime.
    pub runtime: RuntimeDep,
    /// True for a crate that is a workspace of its own.
    pub standalone: bool,
    /// How pictures become inputs.
    pub preprocess: Preprocess,
    /// The command that regenerates the crate, as its files quote it.
    pub command: String,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            isas: ISAS.to_vec(),
            choice: Choice::Fast,
            name: None,
            weights: Weights::Embed,
            runtime: RuntimeDep::Registry,
            standalone: true,
            preprocess: Preprocess::IMAGENET,
            command: "tilewright compile".to_owned(),
        }
    }
}

/// A compiled network.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// As imported: the meaning.
    pub source: Graph,
    /// After the passes.
    pub graph: Graph,
    /// What the passes did, and what they missed.
    pub report: passes::Report,
    /// Kernels, memory, weights.
    pub plan: Plan,
    /// The source files of the crate.
    pub files: Vec<File>,
}

/// Passes and plan of a network: all that can be wrong with it is found here.
///
/// # Errors
/// Every node that cannot be compiled.
pub fn plan(source: &Graph, isas: &[Isa], choice: Choice) -> Result<(Graph, passes::Report, Plan), Error> {
    let (graph, report) = passes::run(source.clone())?;
    let plan = lower::plan(&graph, hash::graph_hash(source), isas, choice)?;
    match plan.verify().into_iter().next() {
        Some(fault) => Err(Error::one("the compiler", fault, "please report this as a bug of tilewright")),
        None => Ok((graph, report, plan)),
    }
}

/// Compiles a network as it was imported.
///
/// # Errors
/// Every node that cannot be compiled.
pub fn compile(source: Graph, options: &Options) -> Result<Compiled, Error> {
    let (graph, report, plan) = plan(&source, &options.isas, options.choice)?;
    let emit_options = EmitOptions {
        name: identifier(options.name.as_deref().unwrap_or(&source.name)),
        command: options.command.clone(),
        weights: options.weights,
        runtime: options.runtime.clone(),
        standalone: options.standalone,
        preprocess: options.preprocess,
    };
    let files = emit::crate_files(&plan, &emit_options)?;
    Ok(Compiled { source, graph, report, plan, files })
}

impl Compiled {
    /// The weights file: header and packed numbers.
    ///
    /// # Errors
    /// A model without numbers.
    pub fn weights_file(&self) -> Result<Vec<u8>, Error> {
        weights::pack::file(&self.plan, |id| reference::constant(&self.graph, id))
    }
}

/// A name as a crate may have it: letters, digits and underscores, a letter first.
pub fn identifier(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = name.chars().map(word).collect();
    let name = name.trim_matches('_');
    match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() && emit::is_identifier(name) => name.to_owned(),
        Some(_) => format!("model_{name}"),
        None => "model".to_owned(),
    }
}
