//! A tuning file while a plan is made: who asks gets what is overridden, and every fault is kept.

use super::{Algorithm, Line, Setting, Tuning};
use crate::base::diag::{Problem, Problems};
use crate::base::target::Isa;
use crate::kernel::Schedule;
use crate::kernel::name;
use crate::kernel::spec::{ConvSpec, KernelSpec};
use crate::schedule::choose::Choice;
use crate::schedule::plan::PlannedKernel;
use crate::schedule::{constrain, tile};
use std::collections::HashSet;

/// Answers from a tuning file, and from the cost rules where it is silent.
pub struct Tuner<'a> {
    tuning: &'a Tuning,
    choice: Choice,
    faults: Vec<(usize, Problem)>,
    /// Direct names of the convolutions seen.
    convolutions: HashSet<String>,
}

impl Tuning {
    /// Where a line is.
    pub(super) fn place(&self, number: usize) -> String {
        format!("{} line {number}", self.file)
    }
}

impl<'a> Tuner<'a> {
    /// Begins with the faults of the text.
    pub fn new(tuning: &'a Tuning, choice: Choice) -> Self {
        Tuner { tuning, choice, faults: tuning.faults.clone(), convolutions: HashSet::new() }
    }

    fn fault(&mut self, line: usize, reason: String, remedy: &str) {
        let place = self.tuning.place(line);
        self.faults.push((line, Problem::new(place, reason, remedy)));
    }

    /// The kernel that computes a convolution whose groups are the operator's. `name` is the one that it has as a direct
    /// convolution.
    pub fn algorithm(&mut self, name: &str, spec: &ConvSpec) -> KernelSpec {
        self.convolutions.insert(name.to_owned());
        let Some((line, algorithm)) = self.tuning.algorithm(name) else { return self.choice.kernel(spec) };
        if self.choice == Choice::Exact && matches!(algorithm, Algorithm::Winograd { .. }) {
            let reason = format!("--exact forbids `{algorithm}`");
            self.fault(line.number, reason, "leave out the line or --exact");
            return self.choice.kernel(spec);
        }
        algorithm.kernel(spec).unwrap_or_else(|reason| {
            self.fault(line.number, format!("`{name}` cannot be `{algorithm}`: {reason}"), "");
            self.choice.kernel(spec)
        })
    }

    /// The schedule of a kernel on one instruction set.
    pub fn schedule(&mut self, name: &str, spec: &KernelSpec, isa: &Isa) -> Schedule {
        let Some((line, wanted)) = self.tuning.schedule(name, isa) else { return tile::of(spec, isa) };
        constrain::schedule(spec, isa, wanted).unwrap_or_else(|reason| {
            self.fault(line.number, format!("`{name}` cannot be `{wanted}` on {}: {reason}", isa.name), "");
            tile::of(spec, isa)
        })
    }

    /// Everything that is wrong with the file, in the order of its lines; else what it says for nothing: lines about
    /// kernels that the network does not have. `kernels` are those that it has.
    ///
    /// A line for nothing is no fault: one file may serve several networks, and those with other dimensions.
    pub fn finish(mut self, kernels: &[PlannedKernel], problems: &mut Problems) -> Vec<Problem> {
        self.faults.sort_by_key(|(line, _)| *line);
        for (_, Problem { place, reason, remedy }) in std::mem::take(&mut self.faults) {
            problems.push(place, reason, remedy);
        }
        self.tuning.lines.iter().filter_map(|line| self.unused(line, kernels)).collect()
    }

    fn unused(&self, line: &Line, kernels: &[PlannedKernel]) -> Option<Problem> {
        let name = line.kernel.as_str();
        let found = match line.setting {
            Setting::Algorithm(_) => self.convolutions.contains(name),
            Setting::Schedule(..) => kernels.iter().any(|kernel| kernel.name == name),
        };
        if found {
            return None;
        }
        let same = |kernel: &&PlannedKernel| name::as_direct(&kernel.name) == name::as_direct(name);
        let reason = match kernels.iter().find(same) {
            Some(kernel) if kernel.name == name => format!("the kernel `{name}` has one algorithm only"),
            Some(kernel) => format!("the kernel `{name}` is not used; in its place is `{}`", kernel.name),
            None => format!("the network has no kernel `{name}`"),
        };
        let remedy = "`tilewright explain` lists its kernels".to_owned();
        Some(Problem::new(self.tuning.place(line.number), reason, remedy))
    }
}
