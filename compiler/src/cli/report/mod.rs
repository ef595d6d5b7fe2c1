//! `tilewright report`: what became of a network, as one HTML file to look at.

mod errors;
mod profile;

use super::budget::BudgetArgs;
use super::facts::{Facts, bytes};
use super::file::{Input, teller, write_file};
use super::model::ModelArgs;
use super::progress::Progress;
use super::schedule::{ScheduleArgs, warn};
use crate::report::explain;
use crate::report::html::{Profile, Subject, page};
use crate::{Compiled, Options};
use anyhow::Result;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

/// Write what became of the network as one HTML file that needs no network
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    schedule: ScheduleArgs,
    #[command(flatten)]
    budget: BudgetArgs,
    /// Measured times, as `tilewright profile --json` or `BIN --profile --json` prints them [default: predicted ones]
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Measured errors of each layer, as `tilewright verify --json` prints them
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// The HTML file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

const EXAMPLES: &str = "\
The file shows the network before and after fusion, the steps with their times, a roofline, memory over time, algorithms and
schedules with what was considered, and the code size of each kernel. Give the measurements the same options as the report.

Examples:
  tilewright report resnet50.onnx -o report.html
  tilewright profile resnet50.onnx --threads 1 --json > profile.json
  tilewright verify resnet50.onnx --json > errors.json
  tilewright report resnet50.onnx --profile profile.json --errors errors.json -o report.html";

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model and the tuning file; a profile of another program; a file that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let progress = Progress::new();
    progress.say("reading the model");
    let measured = [("the profile", &args.profile), ("the file of errors", &args.errors)];
    let measured = measured.iter().filter_map(|(what, path)| Some((*what, path.as_deref()?)));
    let inputs: Vec<Input> = measured.chain(args.schedule.input()).collect();
    let graph = args.model.load_for(&[&args.output], &inputs)?;
    let (isas, choice) = (args.schedule.isas(), args.schedule.choice());
    progress.say("generating code");
    let budget = args.budget.budget();
    let options = Options { isas, choice, tuning: args.schedule.tuning()?, budget, ..Options::default() };
    let compiled = crate::compile(graph, &options)?;
    let profile = args.profile.as_deref().map(|path| profile::read(path, &compiled.plan)).transpose()?;
    let errors = args.errors.as_deref().map(|path| errors::read(path, &compiled.plan)).transpose()?;
    progress.clear();
    warn(&compiled.warnings);
    let Compiled { source, graph, report, plan, tuning, .. } = &compiled;
    let html = page(&Subject {
        file: &args.model.file_name(),
        source,
        plan,
        tuning,
        explanation: &explain(source, graph, report, plan),
        facts: &Facts::of(source, plan),
        source_bytes: &source_bytes(&compiled, profile.as_ref()),
        profile: profile.as_ref(),
        errors: errors.as_deref(),
    });
    write_file(&args.output, html.as_bytes())?;
    writeln!(
        teller(&args.output, out),
        "{}: {}, {} steps",
        args.output.display(),
        bytes(html.len() as u64),
        plan.steps.len()
    )?;
    Ok(())
}

/// Bytes of generated source by kernel, for the instruction set that was measured or the best one.
fn source_bytes(compiled: &Compiled, profile: Option<&Profile>) -> BTreeMap<String, usize> {
    let isas = &compiled.plan.isas;
    let measured = profile.and_then(|profile| isas.iter().find(|isa| isa.name == profile.isa));
    let Some(isa) = measured.or(isas.last()) else { return BTreeMap::new() };
    let folder = format!("src/kernels/{}/", isa.module);
    let kernel = |path: &str| Some(path.strip_prefix(&folder)?.strip_suffix(".rs")?.to_owned());
    compiled.files.iter().filter_map(|file| Some((kernel(&file.path)?, file.text.len()))).collect()
}
