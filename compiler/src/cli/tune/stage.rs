//! One stage of measuring: variants of a program beside the program as it is, within a share of the time.

use super::programs::{Program, Workshop};
use crate::base::target::Isa;
use crate::schedule::tuning::Tuning;
use crate::schedule::tuning::experiment::{self, Unit, Win};
use crate::schedule::tuning::judge::{self, LEAST_ROUNDS, Round};
use anyhow::Result;
use std::time::{Duration, Instant};

/// A kernel that takes less of the whole time is left alone.
const LEAST_SHARE: f64 = 0.002;

/// How long one process measures, about.
const PROCESS: Duration = Duration::from_millis(300);

/// Rounds of the comparison at the end, at least and at most.
const FINAL: [usize; 2] = [LEAST_ROUNDS + 2, 21];

/// A program as it is, and what measuring it has shown.
pub struct Baseline {
    /// The program.
    pub program: Program,
    /// Runs per process.
    pub rounds: usize,
    /// Times of one process in units of those of the process of it before.
    pub drifts: Vec<f64>,
}

impl Baseline {
    /// Runs the program a few times against itself.
    pub fn new(shop: &Workshop, program: Program) -> Result<Self> {
        let once = shop.bench(&program, 3)?;
        let rounds = (PROCESS.as_secs_f64() * 1e3 / once.max(1e-3)).clamp(3.0, 200.0) as usize;
        let times = (0..=FINAL[0]).map(|_| shop.bench(&program, rounds)).collect::<Result<Vec<f64>>>()?;
        let drifts = times.windows(2).map(|pair| pair[1] / pair[0]).collect();
        Ok(Baseline { program, rounds, drifts })
    }

    /// By how much it differs from itself.
    pub fn noise(&self) -> f64 {
        judge::spread(&self.drifts)
    }
}

/// Runs variants beside the program as it is, or beside `other`, until the time is over, and returns what has won.
pub fn measure(
    shop: &Workshop,
    baseline: &mut Baseline,
    other: Option<&Program>,
    variants: &[Program],
    units: &[Unit],
    until: Instant,
) -> Result<Vec<Win>> {
    let Baseline { program, rounds, drifts } = baseline;
    let program = other.unwrap_or(program);
    let mut measured: Vec<Vec<[Vec<f64>; 3]>> = vec![Vec::new(); variants.len()];
    let mut before = shop.profile(program, *rounds)?;
    'time: while !variants.is_empty() {
        for (variant, measured) in variants.iter().zip(&mut measured) {
            if Instant::now() >= until {
                break 'time;
            }
            let candidate = shop.profile(variant, *rounds)?;
            let after = shop.profile(program, *rounds)?;
            let whole = |times: &[f64]| times.iter().sum::<f64>();
            drifts.push(whole(&after) / whole(&before));
            measured.push([before, candidate, after.clone()]);
            before = after;
        }
    }
    Ok(experiment::wins(units, &measured, LEAST_SHARE))
}

/// As many variants as half of the time allows.
pub fn build(
    shop: &mut Workshop,
    isa: Isa,
    tuning: &Tuning,
    units: &[Unit],
    until: Instant,
) -> Result<Vec<Program>> {
    let started = Instant::now();
    let half = until.saturating_duration_since(started) / 2;
    let mut programs = Vec::new();
    let mut longest = Duration::ZERO;
    for number in 0..experiment::variants(units) {
        let now = Instant::now();
        if now - started + longest >= half {
            break;
        }
        programs.push(shop.build(isa, &experiment::variant(tuning, units, number))?);
        longest = longest.max(now.elapsed());
    }
    Ok(programs)
}

/// Whole programs, as they were and tuned, side by side: until the time is over, but not for too few rounds.
pub fn compare(
    shop: &Workshop,
    baseline: &mut Baseline,
    tuned: &Program,
    until: Instant,
) -> Result<Vec<Round>> {
    let mut rounds = Vec::new();
    let mut before = shop.bench(&baseline.program, baseline.rounds)?;
    while rounds.len() < FINAL[0] || (rounds.len() < FINAL[1] && Instant::now() < until) {
        let candidate = shop.bench(tuned, baseline.rounds)?;
        let after = shop.bench(&baseline.program, baseline.rounds)?;
        let round = Round { before, candidate, after };
        baseline.drifts.push(round.drift());
        rounds.push(round);
        before = after;
    }
    Ok(rounds)
}
