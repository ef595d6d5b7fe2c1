//! `tilewright check`: every problem at once, or what there is to say about the model.

use super::facts::Facts;
use super::model::ModelArgs;
use crate::base::target::ISAS;
use crate::passes::Miss;
use crate::pipeline::plan;
use crate::schedule::choose::Choice;
use anyhow::Result;
use std::collections::BTreeMap;
use std::io::Write;

/// Report every problem of a model at once, or its numbers
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
}

/// How many nodes a missed fusion names before it only counts.
const NAMED: usize = 3;

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let graph = args.model.load()?;
    let (_, report, plan) = plan(&graph, &ISAS, Choice::Fast)?;
    writeln!(out, "{}: {}", args.model.file_name(), Facts::of(&graph, &plan).line())?;
    for line in missed(&report.misses) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
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
