//! `tilewright check`: every problem at once, or what there is to say about the model.

use super::budget::BudgetArgs;
use super::facts::Facts;
use super::model::ModelArgs;
use super::schedule;
use crate::base::diag::{Error, Problem};
use crate::base::target::ISAS;
use crate::passes::Miss;
use crate::pipeline::{Planned, plan_within};
use crate::schedule::choose::Choice;
use crate::schedule::tuning::Tuning;
use anyhow::Result;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// Report every problem of a model at once, or its numbers
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    budget: BudgetArgs,
    /// Print JSON; problems too, beside the exit code
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
A model without a problem compiles, builds and runs; what was not fused is said with the reason. The exit code is 1 where
there are problems.

Examples:
  tilewright check resnet50.onnx
  tilewright check detector.onnx --dim N=1 --dim width=640
  tilewright check resnet50.onnx --max-arena 4MiB --json";

/// How many nodes a missed fusion names before it only counts.
const NAMED: usize = 3;

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model; what does not fit into a budget.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let planned = args.model.load().and_then(|graph| {
        let tuning = Tuning::default();
        let planned = plan_within(&graph, &ISAS, Choice::Fast, &tuning, args.budget.budget())?;
        Ok((Facts::of(&graph, &planned.plan), planned))
    });
    let (facts, planned) = match planned {
        Err(error) if args.json => {
            let found = error.downcast_ref::<Error>();
            let (found, more) = found.map_or((&[][..], 0), |error| (error.problems(), error.more()));
            writeln!(
                out,
                "{}",
                json!({ "model": args.model.file_name(), "problems": problems(found), "more": more })
            )?;
            return Err(error);
        }
        planned => planned?,
    };
    let Planned { report, warnings, .. } = planned;
    if args.json {
        let misses = report.misses.iter();
        let misses =
            misses.map(|miss| json!({ "pass": miss.pass, "node": miss.node, "reason": miss.reason }));
        let report = json!({
            "model": args.model.file_name(),
            "problems": [],
            "nodes": facts.nodes,
            "operators": facts.operators,
            "parameters": facts.parameters,
            "topology": facts.topology,
            "steps": facts.steps,
            "kernels": facts.kernels,
            "flops": facts.flops,
            "arena_bytes": facts.arena,
            "weight_bytes": facts.weights,
            "not_fused": misses.collect::<Vec<_>>(),
            "notes": problems(&warnings),
        });
        return Ok(writeln!(out, "{report}")?);
    }
    schedule::warn(&warnings);
    writeln!(out, "{}: {}", args.model.file_name(), facts.line())?;
    missed(&report.misses).iter().try_for_each(|line| Ok(writeln!(out, "  {line}")?))
}

/// Problems as JSON.
fn problems(list: &[Problem]) -> Vec<Value> {
    let one = |problem: &Problem| {
        let Problem { place, reason, remedy } = problem;
        json!({ "place": place, "reason": reason, "remedy": remedy })
    };
    list.iter().map(one).collect()
}

/// Fusions that did not happen, one line a reason.
pub fn missed(misses: &[Miss]) -> Vec<String> {
    let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for miss in misses {
        groups.entry((miss.pass, &miss.reason)).or_default().push(&miss.node);
    }
    let line = |((pass, reason), nodes): ((&str, &str), Vec<&str>)| {
        let named = nodes.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = nodes.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{pass} not done for {named}{more}: {reason}")
    };
    groups.into_iter().map(line).collect()
}
