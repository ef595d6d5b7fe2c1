//! `tilewright weights`: packs the weights of a retrained model for code that is compiled already.

use super::budget::BudgetArgs;
use super::facts;
use super::file::{teller, write_file};
use super::model::ModelArgs;
use super::progress::Progress;
use super::schedule::{self, ScheduleArgs};
use crate::ir::reference;
use crate::pipeline::{Planned, plan_within};
use crate::schedule::budget::Budget;
use crate::weights::pack;
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::io::Write;
use std::path::PathBuf;
use tilewright_runtime::{Expected, Weights};

/// Where a program has its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// In itself.
    Embed,
    /// In a file that is named at run time.
    External,
}

/// Pack a model's weights, for code that was compiled from a model of the same topology
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    schedule: ScheduleArgs,
    #[command(flatten)]
    budget: BudgetArgs,
    /// Where the code has its weights: --max-binary counts those that are in the program
    #[arg(long, value_enum, default_value_t = Place::Embed)]
    weights: Place,
    /// The weights file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Fail unless programs that take this weights file take the new one too
    #[arg(long, value_name = "FILE")]
    like: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Say the --exact, --tuning, --weights and budgets that the code was compiled with; another choice of algorithms packs other
weights. Where `build` had to find what fits into --max-binary, it can say so: its --save-tuning FILE is --tuning FILE here,
in place of the budgets.

Examples:
  tilewright weights retrained.onnx -o resnet50.bin
  tilewright weights retrained.onnx -o new.bin --like resnet50/weights.bin
  ./resnet50 --weights new.bin cat.jpg";

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model, weights that do not fit, a file that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let progress = Progress::new();
    progress.say("reading the model");
    let source = args.model.load_for(&[&args.output], args.schedule.input().as_slice())?;
    if source.is_topology() {
        bail!("{}: the model has no numbers to pack; give one with its weights", args.model.file_name());
    }
    let (isas, choice, tuning) = (args.schedule.isas(), args.schedule.choice(), args.schedule.tuning()?);
    let external = args.weights == Place::External;
    let budget = Budget { external, ..args.budget.budget() };
    let Planned { graph, plan, warnings, .. } = plan_within(&source, &isas, choice, &tuning, budget)?;
    if let Some(like) = &args.like {
        let expected = Expected { graph: plan.weights_hash, floats: plan.weight_floats };
        Weights::open(like, &expected).context("the new weights would not fit where this file does")?;
    }
    progress.say("packing weights");
    let bytes =
        pack::file(&plan, |id| reference::constant(&graph, id)).context("the weights cannot be packed")?;
    write_file(&args.output, &bytes)?;
    progress.clear();
    schedule::warn(&warnings);
    let graph: String = plan.graph_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(
        teller(&args.output, out),
        "{}: {}, for programs of the graph {graph}",
        args.output.display(),
        facts::bytes(bytes.len() as u64)
    )?;
    Ok(())
}
