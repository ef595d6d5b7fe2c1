//! For build scripts: compiles models into cargo's `OUT_DIR`, from where `tilewright_runtime::include_model!` takes them.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     tilewright::configure().dim("N", 1).compile("models/digits.onnx")?;
//!     Ok(())
//! }
//! ```
//!
//! With tilewright among the build dependencies, without its default features, and tilewright-runtime among the
//! dependencies. Call it once for each model. Nothing but `OUT_DIR` is written, no network is used, and files whose content
//! is the same are not touched.
//!
//! Cargo compiles build scripts and what they use without optimisation, in release builds too; for models of many megabytes
//! `[profile.dev.build-override]` and `[profile.release.build-override]` with `opt-level = 2` are worth it. A debug build of
//! generated code is slow: `[profile.dev.package.NAME]` with `opt-level = 3` helps for the crate NAME that includes the
//! model. In a crate of its own, a model is not compiled again when other code changes.

mod output;
mod script;
#[cfg(test)]
mod tests;

use crate::base::diag::{Error, Problem, Problems};
use crate::base::limits::{Limit, Limits};
use crate::base::target;
use crate::classes::{Classes, Labels};
use crate::emit::{Form, Weights};
use crate::ir::graph::Graph;
use crate::onnx::folder::Data;
use crate::onnx::{self, LoadOptions};
use crate::pipeline::{self, Options, identifier};
use crate::schedule::budget::Budget;
use crate::schedule::choose::Choice;
use crate::schedule::tuning::Tuning;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tilewright_runtime::{Isa, Postprocess, Preprocess};

/// What a build script may choose; [`configure()`] makes one. Methods take and return it.
#[derive(Clone, Debug)]
#[must_use = "nothing happens before .compile(\"model.onnx\")"]
pub struct Configuration {
    dims: BTreeMap<String, usize>,
    weights: Weights,
    isas: Vec<Isa>,
    choice: Choice,
    tuning: Option<PathBuf>,
    budget: Budget,
    limits: Limits,
    name: Option<String>,
    preprocess: Option<Preprocess>,
    softmax: Option<bool>,
    top: usize,
    labels: Option<PathBuf>,
}

/// The usual choices: weights embedded, every instruction set, the fastest algorithms, the name of the model's file.
pub fn configure() -> Configuration {
    Configuration {
        dims: BTreeMap::new(),
        weights: Weights::Embed,
        isas: Isa::ALL.to_vec(),
        choice: Choice::Fast,
        tuning: None,
        budget: Budget::default(),
        limits: Limits::default(),
        name: None,
        preprocess: None,
        softmax: None,
        top: Postprocess::LOGITS.top,
        labels: None,
    }
}

impl Configuration {
    /// Fixes an open dimension of the model's inputs, for example the batch: `.dim("N", 1)`.
    pub fn dim(mut self, name: impl Into<String>, size: usize) -> Self {
        self.dims.insert(name.into(), size);
        self
    }

    /// Where the weights are: in the program, or in a file that is named when the model is loaded.
    pub fn weights(mut self, weights: Weights) -> Self {
        self.weights = weights;
        self
    }

    /// Instruction sets to generate kernels for; the program takes the best one of its CPU.
    pub fn isa(mut self, isas: impl IntoIterator<Item = Isa>) -> Self {
        self.isas = isas.into_iter().collect();
        self
    }

    /// True computes convolutions as sums of products only, never by Winograd's minimal filtering.
    pub fn exact(mut self, exact: bool) -> Self {
        self.choice = if exact { Choice::Exact } else { Choice::Fast };
        self
    }

    /// Overrides schedules as this file says; `tilewright tune` writes one.
    pub fn tuning(mut self, file: impl Into<PathBuf>) -> Self {
        self.tuning = Some(file.into());
        self
    }

    /// Most bytes of the arena of a run on one thread: algorithms are chosen to fit, and where none do, the error names the
    /// layer that needs most.
    pub fn max_arena_bytes(mut self, bytes: u64) -> Self {
        self.budget.arena = Some(bytes);
        self
    }

    /// How large the model may be, where it is meant to be larger than usual: `.limit(Limit::Nodes, 500_000)`.
    pub fn limit(mut self, limit: Limit, most: u64) -> Self {
        self.limits = self.limits.with(limit, most);
        self
    }

    /// The name for `include_model!`, a Rust identifier in lower case; made from the model's file name otherwise.
    pub fn out_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How pictures become inputs; the model's `INFO` says it, and `tilewright_runtime::image` does it. Otherwise as those of
    /// ImageNet, at the size of the first input.
    pub fn preprocess(mut self, preprocess: Preprocess) -> Self {
        self.preprocess = Some(preprocess);
        self
    }

    /// Names of the classes of the first output, a file with one a line, relative to the manifest; the model's `INFO` says
    /// them, and `INFO.postprocess.apply(scores)` ranks them.
    pub fn labels(mut self, file: impl Into<PathBuf>) -> Self {
        self.labels = Some(file.into());
        self
    }

    /// Whether softmax makes probabilities of the scores. Otherwise it does, unless the network ends in a softmax or sigmoid.
    pub fn softmax(mut self, softmax: bool) -> Self {
        self.softmax = Some(softmax);
        self
    }

    /// How many of the best classes `INFO.postprocess.apply(scores)` tells; 5 otherwise.
    pub fn top(mut self, classes: usize) -> Self {
        self.top = classes;
        self
    }

    /// Largest program, in bytes, with the weights that are embedded in it and an estimate of code: algorithms are chosen to
    /// fit, and where none do, the error names the layer that needs most.
    pub fn max_binary_bytes(mut self, bytes: u64) -> Self {
        self.budget.binary = Some(bytes);
        self
    }

    /// Compiles a model, a path relative to the manifest, into `OUT_DIR`, and tells cargo on which files that depends.
    ///
    /// # Errors
    /// Everything that is wrong with the model, the tuning file and the choices, at once, each with the node or file, the
    /// reason and a remedy; files that cannot be written; a call from elsewhere than a build script. Nothing is written
    /// then, unless writing itself failed.
    pub fn compile(self, model: impl AsRef<Path>) -> Result<(), Error> {
        let model = model.as_ref();
        let compile = |folder: PathBuf| self.compile_to(model, &folder, &mut std::io::stdout().lock());
        script::folder().and_then(compile).map_err(|error| error.about(model.display().to_string()))
    }

    /// Compiles into a folder; `cargo` gets the lines for cargo.
    fn compile_to(self, model: &Path, folder: &Path, cargo: &mut dyn std::io::Write) -> Result<(), Error> {
        let mut script = script::Script::new(cargo);
        script.depends_on(model)?;
        let given = self.tuning.iter().chain(&self.labels);
        given.map(PathBuf::as_path).try_for_each(|file| script.depends_on(file))?;
        let data = Data::of(model);
        let inputs = self.inputs(model, &data);
        // Whether or not the model is right: a change of these may make it so.
        data.files().iter().try_for_each(|file| script.depends_on(file))?;
        let inputs = inputs?;
        let name = inputs.name.as_str();
        let numbers = !inputs.graph.is_topology();
        let preprocess = self.preprocess.unwrap_or_else(|| pipeline::preprocess(&inputs.graph));
        let classes = Classes { softmax: self.softmax, top: self.top, labels: inputs.labels };
        let options = Options { preprocess, classes, ..self.options(name, inputs.tuning) };
        let compiled = pipeline::compile(inputs.graph, &options)?;
        let weights = numbers.then(|| compiled.weights_file()).transpose()?;
        let place = output::Place::claim(folder, name, model)?;
        place.write(&compiled.files, weights.as_deref())?;
        if let Some(weights) = weights.filter(|_| self.weights == Weights::Embed) {
            script.identity(name, &weights)?;
        }
        compiled.warnings.iter().try_for_each(|warning: &Problem| script.warn(warning))
    }

    /// The choices as the pipeline takes them.
    fn options(&self, name: &str, tuning: Tuning) -> Options {
        // In the order of the table, each once.
        let chosen = |isa: &target::Isa| self.isas.iter().any(|chosen| chosen.name() == isa.name);
        Options {
            isas: target::ISAS.into_iter().filter(chosen).collect(),
            choice: self.choice,
            tuning,
            budget: self.budget,
            name: Some(name.to_owned()),
            form: Form::Module,
            weights: self.weights,
            command: "cargo build".to_owned(),
            ..Options::default()
        }
    }

    /// What is read, with all that is wrong with it and with the choices.
    fn inputs(&self, model: &Path, data: &Data) -> Result<Inputs, Error> {
        let mut problems = Problems::new();
        let name = self
            .name
            .clone()
            .unwrap_or_else(|| identifier(&model.file_stem().unwrap_or_default().to_string_lossy()));
        if identifier(&name) != name {
            let remedy = format!("say a Rust identifier in lower case, for example {:?}", identifier(&name));
            problems.push(".out_name(..)", format!("{name:?} names no module"), remedy);
        }
        if self.isas.is_empty() {
            problems.push(".isa(..)", "there is no instruction set", "name one, for example Isa::Portable");
        }
        if self.top == 0 {
            problems.push(".top(0)", "no class would be told", "say how many, from 1 on");
        }
        if let Some(Preprocess { crop, resize_short, .. }) = self.preprocess
            && (crop == 0 || crop > resize_short)
        {
            let reason = format!("a crop of {crop} does not fit into a short side of {resize_short}");
            problems.push(
                ".preprocess(..)",
                reason,
                "say a crop from 1 on, and a resize_short of at least that",
            );
        }
        let mut keep = |error: Error| problems.absorb(error);
        let tuning = self.tuning.as_deref().map(script::read_tuning).transpose().map_err(&mut keep).ok();
        let labels = self.labels.as_deref().map(script::read_labels).transpose().map_err(&mut keep).ok();
        let options = LoadOptions { dims: self.dims.clone(), limits: self.limits };
        let graph = script::read(model, &self.limits)
            .and_then(|bytes| onnx::load(&model.display().to_string(), bytes.into(), &options, data))
            .map_err(keep)
            .ok();
        if self.weights == Weights::Embed && graph.as_ref().is_some_and(Graph::is_topology) {
            problems.push(
                model.display().to_string(),
                "the model has no numbers to embed",
                "give one with its weights, or say .weights(Weights::External)",
            );
        }
        let read = problems.into_result(graph.zip(tuning).zip(labels))?;
        let read = read.map(|((graph, tuning), labels)| {
            let tuning = tuning.unwrap_or_default();
            Inputs { name, graph, tuning, labels }
        });
        read.ok_or_else(|| Error::one(model.display().to_string(), "cannot be read", "give an ONNX file"))
    }
}

/// What a compilation starts from.
struct Inputs {
    name: String,
    graph: Graph,
    tuning: Tuning,
    labels: Option<Labels>,
}
