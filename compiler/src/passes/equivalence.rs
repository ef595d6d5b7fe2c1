//! Whether each pass keeps the meaning of a graph: the reference evaluator before and after it, on the same inputs.
//!
//! Passes fold constants in f64, as the evaluator computes, and change the order of few operations. So what a right pass
//! changes is some units of f64's last place, and what a wrong one changes is not.

use super::{Moment, Pass, run_some};
use crate::base::diag::Error;
use crate::base::tensor::Tensor;
use crate::ir::graph::Graph;
use crate::ir::{reference, text};

/// How far an output may move, relative to its largest element.
///
/// A sum of K products in f64 is off by at most K * 1.1e-16 of its terms, 1e-12 for K of ten thousand; what cancels and what
/// layers pass on may make a thousand times more of it. A wrong constant, shape or operand is off by 1e-6 or more.
pub const LIMIT: f64 = 1e-9;

/// The same of passes that write numbers into attributes, which are f32: `x / 6` becomes a multiple of x.
pub const LIMIT_ROUNDED: f64 = 1e-6;

/// Those passes.
const ROUNDED: [&str; 1] = ["recognise"];

/// What one pass did.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// The pass.
    pub pass: &'static str,
    /// Rewrites that it made.
    pub rewrites: usize,
    /// Nodes before.
    pub before: usize,
    /// Nodes after.
    pub after: usize,
    /// Largest change of an output, relative to its largest element; infinite where the outputs have other shapes, one is
    /// a number and the other is not, or the graph cannot be computed any more. `None` where the pass left the graph as it was, so that there is nothing to compare.
    pub difference: Option<f64>,
}

impl Checked {
    /// How far an output may move.
    pub fn limit(&self) -> f64 {
        if ROUNDED.contains(&self.pass) { LIMIT_ROUNDED } else { LIMIT }
    }

    /// True when the graph means something else behind the pass.
    pub fn diverges(&self) -> bool {
        self.difference.is_some_and(|difference| difference > self.limit())
    }
}

/// Runs the passes on a graph with numbers, and compares its outputs before and after each; `starts` hears of each pass.
///
/// # Errors
/// Inputs that do not fit, a model without numbers, and as [`super::run`]: a graph that a pass made illegal.
pub fn check(
    graph: Graph,
    passes: &[Pass],
    inputs: &[Tensor],
    mut starts: impl FnMut(&Pass),
) -> Result<Vec<Checked>, Error> {
    let mut outputs = reference::evaluate(&graph, inputs, |_, _| ())?;
    let mut printed = text::print(&graph);
    let mut nodes = graph.nodes.len();
    let mut all: Vec<Checked> = Vec::new();
    let (_, report) = run_some(graph, passes, |pass, moment, graph| {
        if moment == Moment::Before {
            starts(pass);
            return;
        }
        let text = text::print(graph);
        let changed = (text != printed).then(|| reference::evaluate(graph, inputs, |_, _| ()));
        let difference = changed.map(|after| match after {
            Ok(after) => apart(&std::mem::replace(&mut outputs, after.clone()), &after),
            Err(_) => f64::INFINITY,
        });
        let (before, after) = (nodes, graph.nodes.len());
        (printed, nodes) = (text, after);
        all.push(Checked { pass: pass.name, rewrites: 0, before, after, difference });
    })?;
    for (checked, (_, rewrites)) in all.iter_mut().zip(report.rewrites) {
        checked.rewrites = rewrites;
    }
    Ok(all)
}

/// Largest difference between outputs, each relative to its largest element.
fn apart(before: &[Tensor], after: &[Tensor]) -> f64 {
    let same = before.len() == after.len() && before.iter().zip(after).all(|(a, b)| a.ty == b.ty);
    if !same {
        return f64::INFINITY;
    }
    let pairs = before.iter().zip(after).map(|(a, b)| relative(&a.to_f64(), &b.to_f64()));
    pairs.fold(0.0, f64::max)
}

/// Largest difference between two lists, relative to the largest number of the first.
fn relative(before: &[f64], after: &[f64]) -> f64 {
    let finite = before.iter().filter(|x| x.is_finite());
    let largest = finite.fold(0.0, |most: f64, x| most.max(x.abs()));
    let apart = before.iter().zip(after).map(|(a, b)| match (a - b).abs() {
        _ if a == b || a.is_nan() && b.is_nan() => 0.0,
        off if off.is_nan() => f64::INFINITY,
        off => off,
    });
    match apart.fold(0.0, f64::max) {
        0.0 => 0.0,
        most => most / largest,
    }
}
