//! The search: which stages there are, and what becomes of their results.

use super::programs::Workshop;
use super::stage::{self, Baseline};
use crate::base::target::Isa;
use crate::cli::Skipped;
use crate::cli::progress::Progress;
use crate::ir::graph::Graph;
use crate::pipeline::plan_tuned;
use crate::schedule::choose::Choice;
use crate::schedule::plan::Plan;
use crate::schedule::tuning::experiment::{self, Compared, Unit};
use crate::schedule::tuning::{Tuning, judge};
use anyhow::Result;
use std::time::{Duration, Instant};

/// Most candidates of a kernel: schedules.
const MOST_SCHEDULES: usize = 8;
/// The same for algorithms.
const MOST_ALGORITHMS: usize = 5;
/// Part of the budget that is kept for the comparison at the end.
const RESERVE: u32 = 6;

/// What is going on.
pub struct Search<'a> {
    shop: Workshop<'a>,
    graph: &'a Graph,
    choice: Choice,
    /// True where algorithms are tried, not schedules only.
    algorithms: bool,
    progress: &'a Progress,
    /// The program as it is, per instruction set.
    baselines: Vec<(Isa, Baseline)>,
}

impl<'a> Search<'a> {
    /// Nothing is built yet.
    pub fn new(
        shop: Workshop<'a>,
        graph: &'a Graph,
        choice: Choice,
        algorithms: bool,
        progress: &'a Progress,
    ) -> Self {
        Search { shop, graph, choice, algorithms, progress, baselines: Vec::new() }
    }

    /// Builds the program as it is and looks whether the machine is quiet.
    pub fn prepare(&mut self, isa: Isa, tuning: &Tuning) -> Result<()> {
        let program = self.shop.build(isa, tuning)?;
        self.progress.say("measuring the program as it is");
        self.baselines.push((isa, Baseline::new(&self.shop, program)?));
        self.quiet()
    }

    /// An error when the program differs from itself by too much to tell it from another.
    pub fn quiet(&self) -> Result<()> {
        let noise = self.baselines.iter().map(|(_, baseline)| baseline.noise()).fold(0.0, f64::max);
        if noise <= judge::QUIET {
            return Ok(());
        }
        let text = format!(
            "the machine is too noisy to tell: one program differs from itself by {:.1} %, and {:.0} % is the limit; \
             nothing was written",
            noise * 1e2,
            judge::QUIET * 1e2
        );
        Err(Skipped(text).into())
    }

    /// Algorithms first, on the best instruction set, since schedules are of an algorithm; then the schedules of each.
    pub fn run(&mut self, isas: &[Isa], start: &Tuning, budget: Duration) -> Result<Tuning> {
        let end = Instant::now() + (budget - budget / RESERVE);
        let mut tuned = start.clone();
        let mut stages = Vec::new();
        stages.extend(isas.last().filter(|_| self.algorithms).map(|&best| (best, true)));
        stages.extend(isas.iter().map(|&isa| (isa, false)));
        let mut left = stages.len() as u32;
        for (isa, algorithms) in stages {
            let plan = self.plan(isa, &tuned)?;
            let units = match algorithms {
                true => experiment::algorithms(&plan, MOST_ALGORITHMS),
                false => experiment::schedules(&plan, &isa, MOST_SCHEDULES),
            };
            let share = end.saturating_duration_since(Instant::now()) / left;
            self.stage(isa, start, &mut tuned, &units, share)?;
            left -= 1;
        }
        Ok(tuned)
    }

    fn plan(&self, isa: Isa, tuning: &Tuning) -> Result<Plan> {
        Ok(plan_tuned(self.graph, &[isa], self.choice, tuning)?.plan)
    }

    fn stage(
        &mut self,
        isa: Isa,
        start: &Tuning,
        tuned: &mut Tuning,
        units: &[Unit],
        share: Duration,
    ) -> Result<()> {
        let until = Instant::now() + share;
        let Some((_, baseline)) = self.baselines.iter_mut().find(|(of, _)| *of == isa) else { return Ok(()) };
        if units.is_empty() || share.is_zero() {
            return Ok(());
        }
        // Schedules of another algorithm are compared with that algorithm, not with the one before.
        let other = match tuned.same_algorithms(start) {
            true => None,
            false => Some(self.shop.build(isa, tuned)?),
        };
        let variants = stage::build(&mut self.shop, isa, tuned, units, until)?;
        self.progress.say(format!(
            "measuring {} candidates of each kernel with {}",
            variants.len(),
            isa.name
        ));
        let wins = stage::measure(&self.shop, baseline, other.as_ref(), &variants, units, until)?;
        tuned.adopt(wins);
        Ok(())
    }

    /// Compares the tuned program with the program as it was on every instruction set, and keeps what is faster.
    pub fn settle(
        &mut self,
        start: &Tuning,
        tuned: &Tuning,
        budget: Duration,
    ) -> Result<(Tuning, Vec<Compared>)> {
        let mut compared = Vec::new();
        let mut left = self.baselines.len() as u32;
        let end = Instant::now() + budget / RESERVE;
        for (isa, baseline) in &mut self.baselines {
            let share = end.saturating_duration_since(Instant::now()) / left;
            left -= 1;
            if tuned.same_on(start, isa) {
                continue;
            }
            let program = self.shop.build(*isa, tuned)?;
            self.progress.say(format!("comparing the whole programs with {}", isa.name));
            let rounds = stage::compare(&self.shop, baseline, &program, Instant::now() + share)?;
            compared.push(Compared::of(*isa, &rounds));
        }
        Ok((experiment::keep(start, tuned, &compared), compared))
    }
}
