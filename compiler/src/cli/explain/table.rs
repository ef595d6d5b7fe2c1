//! The steps of a network as a table, one line each.

use super::Explained;
use crate::report::{Gone, Part, StepFacts};
use crate::schedule::tuning::Algorithm;
use comfy_table::{CellAlignment, Table, presets};
use std::collections::BTreeMap;

/// Columns of numbers.
const NUMBERS: [usize; 4] = [0, 4, 5, 6];

/// One row per step; schedules are those of the plan's best instruction set.
pub fn steps(explained: &Explained) -> String {
    let isa = explained.plan.isas.last().map_or("", |isa| isa.name);
    let mut table = Table::new();
    let schedule = format!("schedule of {isa}");
    let header = ["step", "kernel", "algorithm", schedule.as_str(), "MFLOP", "kB", "arena kB", "nodes"];
    table.load_style(presets::NOTHING).set_header(header);
    for step in &explained.facts.steps {
        let choices = explained.choices(step);
        let schedule = choices.schedules.last().map_or_else(String::new, |schedule| {
            let tuned = if schedule.line.is_some() { " (tuned)" } else { "" };
            format!("{}{tuned}", schedule.chosen)
        });
        let offset = step.writes.as_ref().and_then(|memory| memory.offset);
        table.add_row([
            step.index.to_string(),
            step.kernel.clone(),
            algorithm(step.algorithm),
            schedule,
            if step.flops == 0 { String::new() } else { format!("{:.1}", step.flops as f64 * 1e-6) },
            format!("{:.0}", step.bytes as f64 * 1e-3),
            offset.map_or_else(String::new, |offset| format!("{:.0}", offset as f64 * 1e-3)),
            nodes(step),
        ]);
    }
    for index in NUMBERS {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{table}\n")
}

/// The algorithm, or nothing where there is no choice.
pub fn algorithm(algorithm: Option<Algorithm>) -> String {
    algorithm.map_or_else(String::new, |algorithm| algorithm.to_string())
}

/// The node that the kernel is there for, and the operators of the others.
fn nodes(step: &StepFacts) -> String {
    let (main, others): (Vec<&Part>, Vec<&Part>) = step.nodes.iter().partition(|part| part.main);
    let main: Vec<&str> = main.iter().map(|part| part.node.as_str()).collect();
    let others: Vec<&str> = others.iter().map(|part| part.op).collect();
    match (main.is_empty(), others.is_empty()) {
        (true, _) => if step.copy { "(copy)" } else { "" }.to_owned(),
        (_, true) => main.join(" "),
        _ => format!("{} + {}", main.join(" "), others.join(", ")),
    }
}

/// Nodes without a step, counted by operator, for each reason.
pub fn gone(gone: &[Gone]) -> BTreeMap<&'static str, String> {
    let mut reasons: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for gone in gone {
        *reasons.entry(gone.why).or_default().entry(gone.op).or_default() += 1;
    }
    let words = |operators: BTreeMap<&str, usize>| {
        operators.into_iter().map(|(op, count)| format!("{count} {op}")).collect::<Vec<_>>().join(", ")
    };
    reasons.into_iter().map(|(why, operators)| (why, words(operators))).collect()
}
