//! `tilewright verify --passes`: what each pass did to the meaning of the graph.

use super::table::{plain, right};
use crate::base::tensor::Tensor;
use crate::cli::progress::Progress;
use crate::ir::graph::Graph;
use crate::passes::equivalence::{Checked, check};
use crate::passes::{PASSES, Pass};
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::io::Write;

/// Checks every pass on a graph and reports, as a table or as JSON; `model` is its name.
///
/// # Errors
/// The first pass that diverges, a model without numbers, an output that cannot be written.
pub fn run(model: &str, graph: Graph, inputs: &[Tensor], as_json: bool, out: &mut dyn Write) -> Result<()> {
    let progress = Progress::new();
    progress.count("checking passes", PASSES.len());
    let checked = check(graph, PASSES, inputs, |_: &Pass| progress.step())?;
    progress.clear();
    if as_json {
        writeln!(out, "{}", report(model, &checked))?;
    } else {
        write!(out, "{}", table(&checked))?;
    }
    match fault(&checked) {
        None => Ok(()),
        Some(fault) => bail!("{model}: {fault}"),
    }
}

/// What is wrong, with the first pass that diverges.
pub fn fault(checked: &[Checked]) -> Option<String> {
    let first = checked.iter().find(|checked| checked.diverges())?;
    Some(format!(
        "pass `{}` is the first to change what the network means: an output is off by {:.1e} of its largest element, \
         {:.0e} is allowed; please report this as a bug of tilewright",
        first.pass,
        first.difference.unwrap_or_default(),
        first.limit(),
    ))
}

/// One row per pass.
fn table(checked: &[Checked]) -> String {
    let mut table = plain(["pass", "rewrites", "nodes before", "after", "off by", ""]);
    for one in checked {
        table.add_row([
            one.pass.to_owned(),
            one.rewrites.to_string(),
            one.before.to_string(),
            one.after.to_string(),
            one.difference.map_or_else(|| "-".to_owned(), |difference| format!("{difference:.1e}")),
            match one.difference {
                None => "unchanged",
                Some(_) if one.diverges() => "diverges",
                Some(_) => "agrees",
            }
            .to_owned(),
        ]);
    }
    right(&mut table, 1..=4);
    format!("{table}\n")
}

/// The same as JSON, which has no number for what is infinite: that is null, as is what was not compared.
fn report(model: &str, checked: &[Checked]) -> Value {
    let passes = checked.iter().map(|one| {
        json!({
            "pass": one.pass,
            "rewrites": one.rewrites,
            "nodes_before": one.before,
            "nodes_after": one.after,
            "changed": one.difference.is_some(),
            "relative": one.difference,
            "diverges": one.diverges(),
        })
    });
    json!({"model": model, "agrees": fault(checked).is_none(), "passes": passes.collect::<Vec<_>>()})
}
