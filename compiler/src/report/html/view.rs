//! What the parts of the page have in common: the steps with their times, and how things are named and coloured.

use crate::ir::graph::Graph;
use crate::kernel::spec::KernelSpec;
use crate::report::facts::Facts;
use crate::report::{Explanation, StepFacts};
use crate::schedule::choose;
use crate::schedule::plan::{Plan, PlannedKernel};
use crate::schedule::tuning::Tuning;
use std::collections::BTreeMap;

/// What a page is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The model's file, without its folder.
    pub file: &'a str,
    /// As imported.
    pub source: &'a Graph,
    /// As planned.
    pub plan: &'a Plan,
    /// What was given instead of the rules' choices.
    pub tuning: &'a Tuning,
    /// What became of each node.
    pub explanation: &'a Explanation,
    /// The network in numbers.
    pub facts: &'a Facts,
    /// Bytes of generated source by kernel, for the plan's best instruction set.
    pub source_bytes: &'a BTreeMap<String, usize>,
    /// Measured times, if there are any.
    pub profile: Option<&'a Profile>,
    /// Measured errors of the steps, if there are any: the largest difference to a reference relative to the largest element.
    pub errors: Option<&'a [Option<f64>]>,
}

/// What `tilewright profile --json` has measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// Name of the instruction set.
    pub isa: String,
    /// Threads of a run.
    pub threads: usize,
    /// Runs.
    pub rounds: usize,
    /// Peak of one core, in FLOP per second.
    pub peak: f64,
    /// Median time of each step, in seconds.
    pub seconds: Vec<f64>,
    /// Bytes of machine code by kernel.
    pub code_bytes: BTreeMap<String, u64>,
    /// Bytes of the program.
    pub binary_bytes: Option<u64>,
}

/// A subject with what every part needs of it.
pub(super) struct View<'a> {
    pub subject: &'a Subject<'a>,
    pub rows: Vec<Row<'a>>,
    /// Seconds of all steps.
    pub total: f64,
    /// FLOP per second of all threads at best.
    pub peak: f64,
    /// The instruction set that tiles and times are of, as an index into the plan's.
    pub isa: usize,
}

/// A step.
pub(super) struct Row<'a> {
    pub facts: &'a StepFacts,
    pub kernel: &'a PlannedKernel,
    pub family: Family,
    /// Measured or predicted.
    pub seconds: f64,
    /// When it starts.
    pub start: f64,
}

impl Row<'_> {
    /// FLOP per second, as the network defines them.
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.facts.flops as f64 / self.seconds } else { 0.0 }
    }

    /// FLOP per byte.
    pub fn intensity(&self) -> f64 {
        self.facts.flops as f64 / (self.facts.bytes as f64).max(1.0)
    }

    /// The node that the step is there for; for a copy, the value.
    pub fn name(&self) -> &str {
        let main = self.facts.nodes.iter().find(|part| part.main).or(self.facts.nodes.first());
        main.map_or(self.facts.value.as_str(), |part| part.node.as_str())
    }
}

impl<'a> View<'a> {
    pub fn new(subject: &'a Subject<'a>) -> Self {
        let plan = subject.plan;
        let mut start = 0.0;
        let row = |(facts, step): (&'a StepFacts, _)| {
            let kernel = plan.kernel(step);
            let measured = subject.profile.and_then(|profile| profile.seconds.get(facts.index).copied());
            let seconds = measured.unwrap_or_else(|| choose::predicted(&kernel.spec));
            let row = Row { facts, kernel, family: Family::of(&kernel.spec), seconds, start };
            start += seconds;
            row
        };
        let rows: Vec<Row> = subject.explanation.steps.iter().zip(&plan.steps).map(row).collect();
        let best = plan.isas.len().saturating_sub(1);
        let measured = |isa: &str| plan.isas.iter().position(|of| of.name == isa);
        View {
            subject,
            rows,
            // No page divides by nothing.
            total: start.max(1e-9),
            peak: subject.profile.map_or(choose::PEAK, |profile| profile.peak * profile.threads as f64),
            isa: subject.profile.and_then(|profile| measured(&profile.isa)).unwrap_or(best),
        }
    }

    /// True when times are measured.
    pub fn measured(&self) -> bool {
        self.subject.profile.is_some()
    }

    /// The largest measured error of some steps.
    pub fn error(&self, steps: impl IntoIterator<Item = usize>) -> Option<f64> {
        let errors = self.subject.errors?;
        let known = steps.into_iter().filter_map(|step| errors.get(step).copied().flatten());
        known.reduce(f64::max)
    }

    /// `measured` or `predicted`.
    pub fn origin(&self) -> &'static str {
        if self.measured() { "measured" } else { "predicted" }
    }

    /// The tile of a kernel, in the words of tuning files.
    pub fn tile(&self, kernel: &PlannedKernel) -> String {
        kernel.tiles().get(self.isa).cloned().unwrap_or_default()
    }

    /// Families that occur, each with the seconds that its steps take.
    pub fn families(&self) -> Vec<(Family, f64)> {
        let of = |family: Family| {
            let rows = self.rows.iter().filter(|row| row.family == family);
            let seconds = rows.clone().map(|row| row.seconds).sum();
            (rows.count() > 0).then_some((family, seconds))
        };
        Family::ALL.into_iter().filter_map(of).collect()
    }
}

/// A kind of kernels, drawn in one colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    Winograd,
    Direct,
    Depthwise,
    Matrix,
    Pool,
    Elementwise,
    Move,
    Other,
}

impl Family {
    pub const ALL: [Family; 8] = [
        Family::Winograd,
        Family::Direct,
        Family::Depthwise,
        Family::Matrix,
        Family::Pool,
        Family::Elementwise,
        Family::Move,
        Family::Other,
    ];

    fn of(spec: &KernelSpec) -> Self {
        match spec {
            spec if spec.is_copy() => Family::Move,
            KernelSpec::Winograd(_) => Family::Winograd,
            KernelSpec::Conv(_) => Family::Direct,
            KernelSpec::Depthwise(_) | KernelSpec::Grouped(_) | KernelSpec::Banded(_) => Family::Depthwise,
            KernelSpec::MatMul(_) => Family::Matrix,
            KernelSpec::Pool(_) | KernelSpec::GlobalPool(_) => Family::Pool,
            KernelSpec::Map(_) => Family::Elementwise,
            _ => Family::Other,
        }
    }

    /// Name for readers.
    pub fn name(self) -> &'static str {
        match self {
            Family::Winograd => "Winograd convolution",
            Family::Direct => "direct convolution",
            Family::Depthwise => "depthwise or grouped convolution",
            Family::Matrix => "matrix product",
            Family::Pool => "pool",
            Family::Elementwise => "elementwise",
            Family::Move => "data movement",
            Family::Other => "reduction, norm, other",
        }
    }

    /// Name of its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Family::Winograd => "winograd",
            Family::Direct => "direct",
            Family::Depthwise => "depthwise",
            Family::Matrix => "matrix",
            Family::Pool => "pool",
            Family::Elementwise => "elementwise",
            Family::Move => "move",
            Family::Other => "other",
        }
    }
}
