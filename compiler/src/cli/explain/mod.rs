//! `tilewright explain`: what became of a network and why, as a table, as pages about nodes, or as JSON.

mod json;
mod page;
mod table;

use super::budget::BudgetArgs;
use super::check::missed;
use super::facts::bytes;
use super::model::ModelArgs;
use super::schedule::{ScheduleArgs, warn};
use crate::pipeline::{Planned, plan_within};
use crate::report::{Explanation, KernelChoices, StepFacts, choices, explain};
use crate::schedule::plan::Plan;
use crate::schedule::tuning::{Algorithm, Tuning};
use anyhow::{Result, bail};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;

/// Say what became of each node: what it is fused with, algorithm, tile, memory, and what else there was
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// An ONNX node to explain in detail; also a value, a kernel or the number of a step [default: a table of all]
    node: Option<String>,
    #[command(flatten)]
    schedule: ScheduleArgs,
    #[command(flatten)]
    budget: BudgetArgs,
    /// Print JSON, with the details of every step
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Costs are predictions of the rules that choose, not measurements: those of algorithms in units of direct convolution, those
of schedules in units of the cheapest. `--profile` of the program measures time, `tilewright verify` measures errors.

Examples:
  tilewright explain resnet50.onnx            # a table of all nodes, one line a step
  tilewright explain resnet50.onnx /layer1/layer1.0/conv2/Conv --isa avx2
  tilewright explain resnet50.onnx --json --tuning resnet50.tuning  # the details of all nodes";

/// Nodes that are named when the one asked for does not exist.
const SIMILAR: usize = 5;

/// A network, planned and explained.
struct Explained {
    plan: Plan,
    tuning: Tuning,
    facts: Explanation,
    /// The choices made for each kernel, once they were asked for: many steps may call one.
    choices: RefCell<HashMap<usize, Rc<KernelChoices>>>,
}

impl Explained {
    /// The choices made for a step's kernel.
    fn choices(&self, step: &StepFacts) -> Rc<KernelChoices> {
        let id = self.plan.steps.get(step.index).map_or(0, |step| step.kernel.0);
        let mut known = self.choices.borrow_mut();
        Rc::clone(known.entry(id).or_insert_with(|| Rc::new(choices(&self.plan, id, &self.tuning))))
    }
}

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model and the tuning file; a node that does not exist.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let source = args.model.load()?;
    let tuning = args.schedule.tuning()?;
    let (isas, choice) = (args.schedule.isas(), args.schedule.choice());
    let planned = plan_within(&source, &isas, choice, &tuning, args.budget.budget())?;
    let Planned { graph, report, plan, tuning, warnings } = planned;
    warn(&warnings);
    let facts = explain(&source, &graph, &report, &plan);
    let explained = Explained { plan, tuning, facts, choices: RefCell::default() };
    let steps = match &args.node {
        None => explained.facts.steps.iter().collect(),
        Some(node) => explained.facts.find(node),
    };
    match &args.node {
        Some(node) if steps.is_empty() => absent(&explained, node, args.json, out),
        _ if args.json => Ok(writeln!(out, "{}", json::network(&explained, &steps))?),
        Some(_) => steps.iter().try_for_each(|step| Ok(write!(out, "{}", page::page(&explained, step))?)),
        None => network(args, &explained, out),
    }
}

/// A node without a step: it has become nothing, or does not exist.
fn absent(explained: &Explained, node: &str, as_json: bool, out: &mut dyn Write) -> Result<()> {
    let facts = &explained.facts;
    if let Some(gone) = facts.gone.iter().find(|gone| gone.node == node) {
        match as_json {
            true => writeln!(out, "{}", json::network(explained, &[]))?,
            false => writeln!(out, "{} `{node}` is no step: {}", gone.op, gone.why)?,
        }
        return Ok(());
    }
    let similar: Vec<&str> = facts.similar(node).into_iter().take(SIMILAR).collect();
    match similar.is_empty() {
        true => bail!("no node, value or kernel is named `{node}`; leave it out for a table of all"),
        false => bail!("no node, value or kernel is named `{node}`; there are {}", similar.join(", ")),
    }
}

/// The whole network: a table, then what does not fit into its rows.
fn network(args: &Args, explained: &Explained, out: &mut dyn Write) -> Result<()> {
    let Explained { facts, plan, .. } = explained;
    write!(out, "{}", table::steps(explained))?;
    writeln!(out, "{}: {} steps, {} kernels", args.model.file_name(), plan.steps.len(), plan.kernels.len())?;
    let convolutions = facts.steps.iter().filter_map(|step| step.algorithm);
    let (winograd, direct): (Vec<_>, Vec<_>) =
        convolutions.partition(|algorithm| matches!(algorithm, Algorithm::Winograd { .. }));
    let (by_winograd, all) = (winograd.len(), winograd.len() + direct.len());
    if by_winograd > 0 {
        writeln!(
            out,
            "  {by_winograd} of {all} convolutions by Winograd's algorithm, where fewer products are predicted to save more \
             than transforms and larger weights cost; `tilewright verify` measures the error of each, --exact forbids it"
        )?;
    }
    let ((all, moved), (added, more)) = (plan.copies(), facts.copies());
    writeln!(
        out,
        "  {all} steps only move data, {} read and written; {added} of them, {}, are copies that the network does not have",
        bytes(moved),
        bytes(more)
    )?;
    for (why, nodes) in table::gone(&facts.gone) {
        writeln!(out, "  {nodes}: {why}")?;
    }
    for line in missed(&facts.misses) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
