//! What is measured: for each kernel some candidates, and programs in which every kernel uses its i-th one.
//!
//! So a few builds of the whole program measure all kernels at once, each among the neighbours that it really has.

#[cfg(test)]
mod tests;

use super::judge::{self, Round, Verdict};
use super::{Algorithm, Line, Setting, Tuning};
use crate::base::target::Isa;
use crate::kernel::name;
use crate::kernel::spec::KernelSpec;
use crate::schedule::candidates;
use crate::schedule::plan::{Pack, Plan};

/// A kernel with its candidates.
#[derive(Clone, PartialEq, Debug)]
pub struct Unit {
    /// Name of the kernel, as lines of a tuning file have it.
    pub kernel: String,
    /// Steps that call it.
    pub steps: Vec<usize>,
    /// What is tried, each in place of what the kernel has.
    pub candidates: Vec<Setting>,
}

/// A candidate that is better than what the kernel has.
#[derive(Clone, PartialEq, Debug)]
pub struct Win {
    /// Name of the kernel.
    pub kernel: String,
    /// What it is to have.
    pub setting: Setting,
    /// Its time in units of the present one.
    pub ratio: f64,
}

/// The kernels that have other algorithms, at most `most` for each.
pub fn algorithms(plan: &Plan, most: usize) -> Vec<Unit> {
    units(plan, |id| {
        let spec = &plan.kernels[id].spec;
        let list = candidates::few_algorithms(spec, dense(plan, id), most);
        (name::as_direct(&plan.kernels[id].name), list.into_iter().map(Setting::Algorithm).collect())
    })
}

/// The kernels that have other schedules on an instruction set of the plan, at most `most` for each.
pub fn schedules(plan: &Plan, isa: &Isa, most: usize) -> Vec<Unit> {
    let Some(number) = plan.isas.iter().position(|of| of == isa) else { return Vec::new() };
    units(plan, |id| {
        let kernel = &plan.kernels[id];
        let list = candidates::few(&kernel.spec, isa, &kernel.schedules[number], most);
        (kernel.name.clone(), list.into_iter().map(|wanted| Setting::Schedule(*isa, wanted)).collect())
    })
}

fn units(plan: &Plan, candidates: impl Fn(usize) -> (String, Vec<Setting>)) -> Vec<Unit> {
    let unit = |id| {
        let (kernel, candidates) = candidates(id);
        let steps = (0..plan.steps.len()).filter(|&step| plan.steps[step].kernel.0 == id).collect();
        Unit { kernel, steps, candidates }
    };
    (0..plan.kernels.len()).map(unit).filter(|unit| !unit.candidates.is_empty()).collect()
}

/// True when no two ONNX groups of the convolution of a kernel share a block.
pub fn dense(plan: &Plan, kernel: usize) -> bool {
    let spec = &plan.kernels[kernel].spec;
    let mut packs = plan.weights.iter().map(|range| &range.pack);
    let grouped = |pack: &Pack| matches!(pack, Pack::Conv { spec: of, groups, .. } if *groups > of.groups && KernelSpec::Conv(*of) == *spec);
    !packs.any(grouped)
}

/// Number of programs that try every candidate.
pub fn variants(units: &[Unit]) -> usize {
    units.iter().map(|unit| unit.candidates.len()).max().unwrap_or(0)
}

/// The tuning of program `number`: each kernel has its candidate of this number, if there is one.
pub fn variant(base: &Tuning, units: &[Unit], number: usize) -> Tuning {
    let mut tuning = base.clone();
    for unit in units {
        if let Some(setting) = unit.candidates.get(number) {
            tuning.set(unit.kernel.clone(), setting.clone());
        }
    }
    tuning
}

/// The candidates that win. `rounds[variant]` holds a row for each round: before, candidate and after, each a list of the
/// times of all steps. A kernel that takes less than `least` of the whole time is left alone.
pub fn wins(units: &[Unit], rounds: &[Vec<[Vec<f64>; 3]>], least: f64) -> Vec<Win> {
    let whole: f64 = rounds.iter().flatten().next().map_or(0.0, |[before, ..]| before.iter().sum());
    let win = |unit: &Unit| {
        let time = |steps: &Vec<f64>| unit.steps.iter().filter_map(|&step| steps.get(step)).sum::<f64>();
        let first = rounds.iter().flatten().next().map_or(0.0, |[before, ..]| time(before));
        if first < least * whole {
            return None;
        }
        let of = |variant: &Vec<[Vec<f64>; 3]>| {
            let round = |[before, candidate, after]: &[Vec<f64>; 3]| Round {
                before: time(before),
                candidate: time(candidate),
                after: time(after),
            };
            variant.iter().map(round).collect::<Vec<Round>>()
        };
        let measured: Vec<Vec<Round>> = rounds.iter().take(unit.candidates.len()).map(of).collect();
        let (best, ratio) = judge::best(&measured)?;
        let setting = unit.candidates.get(best)?.clone();
        Some(Win { kernel: unit.kernel.clone(), setting, ratio })
    };
    units.iter().filter_map(win).collect()
}

/// Whole programs side by side: as it was, and tuned.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Compared {
    /// The instruction set.
    pub isa: Isa,
    /// Median of the times as it was, in milliseconds.
    pub before: f64,
    /// The same for the tuned one.
    pub tuned: f64,
    /// Rounds that this is the median of.
    pub rounds: usize,
    /// By how much the program as it was differs from itself.
    pub noise: f64,
    /// Whether the tuned one is faster.
    pub verdict: Verdict,
}

impl Compared {
    /// From times in milliseconds.
    pub fn of(isa: Isa, rounds: &[Round]) -> Self {
        let median =
            |time: fn(&Round) -> f64| judge::quantile(&rounds.iter().map(time).collect::<Vec<_>>(), 0.5);
        Compared {
            isa,
            before: median(|round| round.before),
            tuned: median(|round| round.candidate),
            rounds: rounds.len(),
            noise: judge::spread(&rounds.iter().map(Round::drift).collect::<Vec<_>>()),
            verdict: judge::program(rounds),
        }
    }

    /// In words.
    pub fn line(&self) -> String {
        let Compared { isa, before, tuned, rounds, noise, verdict } = self;
        let faster = if verdict.faster { "faster" } else { "not clearly faster, so its lines are left out" };
        format!(
            "{}: {tuned:.3} ms tuned, {before:.3} ms before, {:.3} of it in the median of {rounds} rounds (spread {:.1} %): {faster}",
            isa.name,
            verdict.ratio,
            noise * 1e2
        )
    }
}

/// What to keep of `tuned` after it was compared with `start` on the instruction sets where they differ: all of it where
/// it is faster on all of them; else, as long as the algorithms are the same, the lines of those on which it is faster.
pub fn keep(start: &Tuning, tuned: &Tuning, compared: &[Compared]) -> Tuning {
    if compared.iter().all(|compared| compared.verdict.faster) {
        return tuned.clone();
    }
    if !tuned.same_algorithms(start) {
        return start.clone();
    }
    let slower = |isa: &Isa| compared.iter().any(|compared| compared.isa == *isa && !compared.verdict.faster);
    let of_slower = |line: &&Line| matches!(&line.setting, Setting::Schedule(isa, _) if slower(isa));
    let mut kept = Tuning { lines: Vec::new(), ..tuned.clone() };
    kept.lines.extend(tuned.lines.iter().filter(|line| !of_slower(line)).cloned());
    kept.lines.extend(start.lines.iter().filter(of_slower).cloned());
    kept
}

impl Tuning {
    /// True when both make the same of a network on an instruction set.
    pub fn same_on(&self, other: &Tuning, isa: &Isa) -> bool {
        let of = |tuning: &Tuning| {
            let here = |line: &&Line| matches!(&line.setting, Setting::Schedule(of, _) if of == isa);
            let lines = tuning.lines.iter().filter(here);
            let mut list: Vec<_> = lines.map(|line| (line.kernel.clone(), line.setting.words().1)).collect();
            list.sort();
            list
        };
        self.same_algorithms(other) && of(self) == of(other)
    }

    /// Adds what has won, with the ratio as a note.
    pub fn adopt(&mut self, wins: Vec<Win>) {
        for Win { kernel, setting, ratio } in wins {
            if let Setting::Algorithm(_) = setting {
                self.forget_schedules(&kernel);
            }
            self.set(kernel, setting);
            if let Some(line) = self.lines.last_mut() {
                line.note = format!("{ratio:.2} of the time before");
            }
        }
    }

    /// Removes the lines about schedules of a convolution: they are of another algorithm.
    fn forget_schedules(&mut self, direct: &str) {
        let about = |line: &Line| {
            matches!(line.setting, Setting::Schedule(..)) && name::as_direct(&line.kernel) == direct
        };
        self.lines.retain(|line| !about(line));
    }

    /// True when both say the same about algorithms.
    pub fn same_algorithms(&self, other: &Tuning) -> bool {
        fn all(tuning: &Tuning) -> Vec<(&str, Algorithm)> {
            let algorithm = |line: &Line| match line.setting {
                Setting::Algorithm(algorithm) => Some(algorithm),
                Setting::Schedule(..) => None,
            };
            let lines = tuning.lines.iter();
            let mut list: Vec<_> =
                lines.filter_map(|line| Some((line.kernel.as_str(), algorithm(line)?))).collect();
            list.sort_by_key(|(kernel, _)| *kernel);
            list
        }
        all(self) == all(other)
    }
}
