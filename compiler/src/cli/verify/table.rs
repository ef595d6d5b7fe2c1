//! Reports of `verify` as tables.

use super::compare::{Difference, IsaReport, Role};
use comfy_table::{CellAlignment, Table, presets};

/// Layers to show where not all are wanted.
const WORST: usize = 5;

/// One row per instruction set.
pub fn summary(reports: &[IsaReport]) -> String {
    let mut table = plain(["isa", "compared", "worst layer", "off by", "logits", "outputs", ""]);
    for report in reports {
        let layer = report.worst(&[Role::Layer]);
        let relative = |difference: Option<&Difference>| {
            difference.map_or_else(|| "-".to_owned(), |difference| format!("{:.1e}", difference.relative()))
        };
        let compared = report.differences.iter().filter(|difference| difference.role != Role::Output).count();
        table.add_row([
            report.isa.name.to_owned(),
            format!("{compared} of {} steps", report.steps),
            layer.map_or_else(|| "-".to_owned(), |difference| difference.value.clone()),
            relative(layer),
            relative(report.worst(&[Role::Logits])),
            relative(report.worst(&[Role::Output])),
            if report.fault().is_some() { "diverges" } else { "agrees" }.to_owned(),
        ]);
    }
    right(&mut table, 3..=5);
    format!("{table}\n")
}

/// One row per value: all of them, in order, or the worst ones.
pub fn layers(report: &IsaReport, all: bool) -> String {
    let mut chosen: Vec<&Difference> = report.differences.iter().collect();
    if !all {
        let excess = |difference: &Difference| difference.relative() / difference.role.limit();
        chosen.sort_by(|a, b| excess(b).total_cmp(&excess(a)));
        chosen.truncate(WORST);
    }
    let head = if all { "" } else { ", worst first" };
    let mut table = plain(["step", "kernel", "algorithm", "value", "largest", "difference", "relative", ""]);
    for difference in chosen {
        let place = match difference.role {
            Role::Output => format!("output {}", difference.index),
            Role::Layer | Role::Logits => difference.index.to_string(),
        };
        table.add_row([
            place,
            difference.kernel.clone(),
            difference.algorithm.clone(),
            difference.value.clone(),
            format!("{:.3e}", difference.largest),
            format!("{:.1e}", difference.absolute),
            format!("{:.1e}", difference.relative()),
            if difference.diverges() { "diverges" } else { "" }.to_owned(),
        ]);
    }
    right(&mut table, 4..=6);
    format!("{}{head}:\n{table}\n", report.isa.name)
}

/// A table without lines.
pub fn plain<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

/// Aligns columns of numbers.
pub fn right(table: &mut Table, columns: std::ops::RangeInclusive<usize>) {
    for index in columns {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
