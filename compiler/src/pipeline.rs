//! The compiler from end to end, without IO.

use crate::Classes;
use crate::base::diag::{Error, Problem, Problems};
use crate::base::target::{ISAS, Isa};
use crate::base::tensor::Tensor;
use crate::emit::{self, EmitOptions, File, Form, RuntimeDep, Weights};
use crate::ir::graph::{Graph, ValueId};
use crate::ir::{hash, reference};
use crate::schedule::budget::{self, Budget};
use crate::schedule::choose::Choice;
use crate::schedule::limits;
use crate::schedule::plan::Plan;
use crate::schedule::tuning::Tuning;
use crate::{passes, weights};
use tilewright_runtime::Preprocess;
use tilewright_runtime::reference::{encode, floats as made_up};

/// What the user may choose.
#[derive(Clone, Debug)]
pub struct Options {
    /// Instruction sets to print kernels for; the CPU's best one is chosen at run time.
    pub isas: Vec<Isa>,
    /// Algorithms that may be used.
    pub choice: Choice,
    /// Schedules and algorithms that are given.
    pub tuning: Tuning,
    /// What the program may take; algorithms are chosen to fit.
    pub budget: Budget,
    /// Name of the crate or module; made from the graph's name when absent.
    pub name: Option<String>,
    /// What the files are to make.
    pub form: Form,
    /// Where the model finds its weights.
    pub weights: Weights,
    /// Where the crate finds the runtime.
    pub runtime: RuntimeDep,
    /// True for a crate that is a workspace of its own.
    pub standalone: bool,
    /// True for a crate that programs in C link: it exports functions, and has a header that declares them.
    pub c_abi: bool,
    /// True for a crate with a test against outputs that the reference evaluator has computed.
    pub tests: bool,
    /// True for a crate with a bench.
    pub benches: bool,
    /// How pictures become inputs.
    pub preprocess: Preprocess,
    /// What becomes of the scores of a classifier.
    pub classes: Classes,
    /// The command that regenerates the files, as they quote it.
    pub command: String,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            isas: ISAS.to_vec(),
            choice: Choice::Fast,
            tuning: Tuning::default(),
            budget: Budget::default(),
            name: None,
            form: Form::Crate,
            weights: Weights::Embed,
            runtime: RuntimeDep::Registry,
            standalone: true,
            c_abi: false,
            tests: false,
            benches: false,
            preprocess: Preprocess::IMAGENET,
            classes: Classes::default(),
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
    /// The tuning that was given, and algorithms that the budget demanded.
    pub tuning: Tuning,
    /// The source files of the crate or module.
    pub files: Vec<File>,
    /// What is given and not used, as lines of the tuning file about other networks, and what the budget changed.
    pub warnings: Vec<Problem>,
}

/// A network that is ready for code.
#[derive(Clone, Debug)]
pub struct Planned {
    /// After the passes.
    pub graph: Graph,
    /// What the passes did, and what they missed.
    pub report: passes::Report,
    /// Kernels, memory, weights.
    pub plan: Plan,
    /// As [`Compiled::tuning`].
    pub tuning: Tuning,
    /// As [`Compiled::warnings`].
    pub warnings: Vec<Problem>,
}

/// Passes and plan of a network: all that can be wrong with it is found here.
///
/// # Errors
/// Every node that cannot be compiled.
pub fn plan(source: &Graph, isas: &[Isa], choice: Choice) -> Result<(Graph, passes::Report, Plan), Error> {
    let Planned { graph, report, plan, .. } = plan_tuned(source, isas, choice, &Tuning::default())?;
    Ok((graph, report, plan))
}

/// The same with a tuning file.
///
/// # Errors
/// Every node that cannot be compiled, everything that is wrong with the tuning file.
pub fn plan_tuned(source: &Graph, isas: &[Isa], choice: Choice, tuning: &Tuning) -> Result<Planned, Error> {
    plan_within(source, isas, choice, tuning, Budget::default())
}

/// The same within a budget.
///
/// # Errors
/// Every node that cannot be compiled, everything that is wrong with the tuning file; the layer that needs most where
/// nothing fits.
pub fn plan_within(
    source: &Graph,
    isas: &[Isa],
    choice: Choice,
    tuning: &Tuning,
    budget: Budget,
) -> Result<Planned, Error> {
    let (graph, report) = passes::run(source.clone())?;
    limits::check_graph(&graph)?;
    let hash = hash::graph_hash(source);
    let (plan, tuning, warnings) = budget::plan(&graph, hash, isas, choice, tuning, budget)?;
    limits::check_plan(&graph, &plan)?;
    match plan.verify().into_iter().next() {
        Some(fault) => Err(Error::one("the compiler", fault, "please report this as a bug of tilewright")),
        None => Ok(Planned { graph, report, plan, tuning, warnings }),
    }
}

/// Compiles a network as it was imported.
///
/// # Errors
/// Every node that cannot be compiled, everything that is wrong with the tuning file; labels of other classes.
pub fn compile(source: Graph, options: &Options) -> Result<Compiled, Error> {
    let budget = Budget { external: options.weights == Weights::External, ..options.budget };
    let mut problems = Problems::new();
    let scores = options.classes.scores(&source).map_err(|error| problems.absorb(error)).ok();
    let planned = plan_within(&source, &options.isas, options.choice, &options.tuning, budget);
    let planned = planned.map_err(|error| problems.absorb(error)).ok();
    let found = problems.into_result(planned.zip(scores))?;
    let (planned, scores) = found.ok_or_else(|| Error::one("the model", "cannot be compiled", ""))?;
    let Planned { graph, report, plan, tuning, warnings } = planned;
    let emit_options = EmitOptions {
        name: identifier(options.name.as_deref().unwrap_or(&source.name)),
        form: options.form,
        c_abi: options.c_abi,
        tests: options.tests,
        benches: options.benches,
        command: options.command.clone(),
        weights: options.weights,
        runtime: options.runtime.clone(),
        standalone: options.standalone,
        preprocess: options.preprocess,
        scores,
        limits: source.limits,
    };
    let files = emit::files(&plan, &emit_options)?;
    Ok(Compiled { source, graph, report, plan, tuning, files, warnings })
}

impl Compiled {
    /// The weights file: header and packed numbers.
    ///
    /// # Errors
    /// A model without numbers.
    pub fn weights_file(&self) -> Result<Vec<u8>, Error> {
        weights::pack::file(&self.plan, |id| reference::constant(&self.graph, id))
    }

    /// The file of reference outputs for the test of a crate: what the network as it was imported makes, in f64, of the
    /// inputs that `tilewright_runtime::reference::floats` makes up.
    ///
    /// # Errors
    /// A model without numbers.
    pub fn reference_file(&self) -> Result<Vec<u8>, Error> {
        let input = |(index, &id): (usize, &ValueId)| {
            let floats = made_up(self.source.value(id).ty.elements(), index);
            Tensor::float(self.source.shape(id), floats.into_iter().map(f64::from).collect())
        };
        let inputs: Vec<Tensor> = self.source.inputs.iter().enumerate().map(input).collect();
        let outputs = reference::evaluate(&self.source, &inputs, |_, _| ())?;
        let rounded = |output: &Tensor| output.to_f64().into_iter().map(|x| x as f32).collect();
        Ok(encode(&outputs.iter().map(rounded).collect::<Vec<_>>()))
    }
}

/// How pictures become the input of a network, where no one says: as those of ImageNet, at the size of the first input.
pub fn preprocess(graph: &Graph) -> Preprocess {
    let usual = Preprocess::IMAGENET;
    let crop = match graph.inputs.first().map(|&id| graph.shape(id)) {
        Some(&[_, _, height, width]) if height == width => u32::try_from(height).unwrap_or(usual.crop),
        _ => usual.crop,
    };
    Preprocess { crop, resize_short: resize_short(crop), ..usual }
}

/// The usual short side of a picture before the crop.
pub fn resize_short(crop: u32) -> u32 {
    (u64::from(crop) * 8 / 7).try_into().unwrap_or(u32::MAX)
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
