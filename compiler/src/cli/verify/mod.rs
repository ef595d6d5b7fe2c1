//! `tilewright verify`: the compiled program against the reference evaluator, layer by layer.
//!
//! The reference is the graph as imported, no pass applied, in f64. Each step of the program writes its value, named as in
//! the ONNX graph, and is compared with the reference's value of that name. A difference counts relative to the largest
//! element of the layer, since an element near zero is a sum of large terms that cancel.
//!
//! `--passes` compares what the network means before and after each pass instead, without building anything.

mod compare;
mod json;
mod passes;
mod reference;
mod table;

pub use compare::{Difference, IsaReport, LAYER_LIMIT, OUTPUT_LIMIT, Role, compare};
pub use reference::{Reference, inputs};

use super::code::CodeArgs;
use super::file::scratch;
use super::model::ModelArgs;
use super::program::ProgramArgs;
use super::progress::Progress;
use super::schedule;
use crate::Options;
use crate::base::target::Isa;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Compare the compiled program with a reference evaluator, layer by layer; needs cargo
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    code: CodeArgs,
    #[command(flatten)]
    program: ProgramArgs,
    /// Array to run it on, NAME=FILE where the model has several inputs [default: random numbers]
    #[arg(long = "input", value_name = "X.npy")]
    inputs: Vec<OsString>,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 0, conflicts_with = "inputs")]
    seed: u64,
    /// Print every layer, not the worst ones only
    #[arg(long)]
    layers: bool,
    /// Print JSON, with every layer; what `tilewright report --errors` reads
    #[arg(long, conflicts_with = "layers")]
    json: bool,
    /// Check each pass of the compiler instead, by the reference evaluator before and after it; builds nothing
    #[arg(long, conflicts_with = "layers")]
    passes: bool,
}

const EXAMPLES: &str = "\
Every instruction set of --isa that this processor has is run. The exit code is 1 where a layer diverges, and the error
names the first node that does.

Examples:
  tilewright verify resnet50.onnx
  tilewright verify resnet50.onnx --layers --isa avx2
  tilewright verify resnet50.onnx --input x.npy --json > errors.json";

/// Runs the sub-command.
///
/// # Errors
/// A layer that diverges, everything that is wrong with the model, and failures of the file system and of cargo.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let progress = Progress::new();
    progress.say("reading the model");
    let graph = args.model.load()?;
    let inputs = inputs(&graph, &args.inputs, args.seed)?;
    if args.passes {
        progress.clear();
        return passes::run(&args.model.file_name(), graph, &inputs, args.json, out);
    }
    // Now rather than after a minute.
    let scratch = scratch()?;
    let options = args.code.options(&args.model, &graph)?;
    let (isas, absent): (Vec<Isa>, Vec<Isa>) = options.isas.iter().copied().partition(available);
    if isas.is_empty() {
        bail!("this processor has none of the chosen instruction sets");
    }
    let command = format!("tilewright verify {}", super::words::quoted(&args.model.file_name()));
    let program = args.program.build(graph, Options { command, ..options }, &progress)?;
    let reference = Reference::evaluate(&program.compiled, &inputs, &progress)?;
    let mut reports = Vec::new();
    for isa in isas {
        progress.say(format!("running with {}", isa.name));
        reports.push(compare(&program.path, &program.compiled, &reference, isa, scratch.path())?);
    }
    progress.clear();
    schedule::warn(&program.compiled.warnings);
    if args.json {
        writeln!(out, "{}", json::reports(&program.compiled.plan.name, &reports))?;
    } else {
        write!(out, "{}", table::summary(&reports))?;
        for isa in absent {
            writeln!(out, " {} was not run: this processor does not have it", isa.name)?;
        }
        for report in &reports {
            write!(out, "\n{}", table::layers(report, args.layers))?;
        }
    }
    let faults: Vec<String> = reports.iter().filter_map(IsaReport::fault).collect();
    match faults.is_empty() {
        true => Ok(()),
        false => bail!("{}: {}", args.model.file_name(), faults.join("; ")),
    }
}

/// True when this processor has the instruction set.
pub fn available(isa: &Isa) -> bool {
    tilewright_runtime::Isa::parse(isa.name).is_ok_and(tilewright_runtime::Isa::available)
}

/// Runs a program silently.
fn execute(program: &Path, args: &[OsString]) -> Result<()> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{} does not start", program.display()))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("the compiled program failed ({}): {}", output.status, errors.trim());
    }
    Ok(())
}
