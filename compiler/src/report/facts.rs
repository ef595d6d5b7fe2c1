//! What there is to say about a model in numbers.

use crate::ir::graph::Graph;
use crate::ops::Op;
use crate::schedule::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

/// A model in numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Nodes of the graph as imported.
    pub nodes: usize,
    /// How often each operator occurs in it.
    pub operators: BTreeMap<&'static str, usize>,
    /// Trained numbers: constants of floats, without the statistics of normalisations.
    pub parameters: usize,
    /// True for a model without numbers.
    pub topology: bool,
    /// Steps of the plan.
    pub steps: usize,
    /// Distinct kernels.
    pub kernels: usize,
    /// Floating-point operations of a run, two per multiply-add.
    pub flops: u64,
    /// Bytes of the activations' memory.
    pub arena: usize,
    /// Bytes of the packed weights.
    pub weights: usize,
}

impl Facts {
    /// Counts; `source` is the graph as imported.
    pub fn of(source: &Graph, plan: &Plan) -> Self {
        let mut operators = BTreeMap::new();
        for node in &source.nodes {
            *operators.entry(node.op.name()).or_insert(0) += 1;
        }
        Facts {
            nodes: source.nodes.len(),
            operators,
            parameters: parameters(source),
            topology: source.is_topology(),
            steps: plan.steps.len(),
            kernels: plan.kernels.len(),
            flops: plan.flops(),
            arena: 4 * plan.arena,
            weights: 4 * plan.weight_floats,
        }
    }

    /// One line.
    pub fn line(&self) -> String {
        let operators: Vec<String> =
            self.operators.iter().map(|(name, count)| format!("{count} {name}")).collect();
        format!(
            "{} nodes ({}), {} parameters, {:.3} GFLOP; {} steps, {} kernels, arena {}, weights {}{}",
            self.nodes,
            operators.join(", "),
            grouped(self.parameters),
            self.flops as f64 * 1e-9,
            self.steps,
            self.kernels,
            bytes(self.arena as u64),
            bytes(self.weights as u64),
            if self.topology { " (the model has no numbers)" } else { "" },
        )
    }
}

/// Elements of the constants of floats that nodes use, without the means and variances of normalisations.
fn parameters(graph: &Graph) -> usize {
    let trained = graph.nodes.iter().flat_map(|node| match node.op {
        // x, scale, bias, then the statistics.
        Op::BatchNorm { .. } => node.inputs.iter().take(3),
        _ => node.inputs.iter().take(usize::MAX),
    });
    let distinct: BTreeSet<_> = trained.copied().filter(|&id| graph.is_const(id)).collect();
    let types = distinct.into_iter().map(|id| &graph.value(id).ty);
    types.filter(|ty| ty.dtype.is_float()).map(|ty| ty.elements()).sum()
}

/// `25,557,032`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `7.7 MiB`, in the largest unit that leaves at least 1.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 3] = ["KiB", "MiB", "GiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1024.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value >= 1024.0 {
            (value, unit) = (value / 1024.0, next);
        }
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (25_557_032, "25,557,032")];
        cases.iter().for_each(|&(number, text)| assert_eq!(grouped(number), text));
        let cases = [
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (8 << 20, "8.0 MiB"),
            (3 << 30, "3.0 GiB"),
            (1 << 42, "4096.0 GiB"),
        ];
        cases.iter().for_each(|&(count, text)| assert_eq!(bytes(count), text));
    }
}
