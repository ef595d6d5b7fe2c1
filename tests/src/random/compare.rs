//! A random network run by the interpreter, against the reference and its bound.

use super::Network;
use super::bound::{self, Engine, Known, Unbounded};
use crate::plans;
use tilewright::base::target::Isa;
use tilewright::schedule::choose::Choice;
use tilewright::schedule::plan::Plan;

/// A bound beyond this share of the largest element says too little: a wrong weight could hide in it.
const DECISIVE: f64 = 1e-2;
/// How a program's outputs compare.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Verdict {
    /// Largest difference in units of what the bound allows; more than 1 is a fault.
    pub ratio: f64,
    /// Largest bound in units of the largest element of its output.
    pub allowed: f64,
}

impl Verdict {
    /// There is no bound.
    pub const VAGUE: Verdict = Verdict { ratio: 0.0, allowed: f64::INFINITY };

    /// True when the outputs say something: the bounds are small.
    pub fn is_decisive(&self) -> bool {
        self.allowed <= DECISIVE
    }
}

/// Compares outputs with what is known of them.
///
/// # Errors
/// What is wrong: another number of elements, something that is no number, a difference beyond the bound.
pub fn verdict(known: &Result<Vec<Known>, Unbounded>, outputs: &[Vec<f32>]) -> Result<Verdict, String> {
    let Ok(known) = known else { return Ok(Verdict::VAGUE) };
    if known.len() != outputs.len() {
        return Err(format!("{} outputs instead of {}", outputs.len(), known.len()));
    }
    let mut verdict = Verdict::default();
    for (number, (known, got)) in known.iter().zip(outputs).enumerate() {
        let want = known.value.to_f64();
        if want.len() != got.len() {
            return Err(format!("output {number} has {} elements instead of {}", got.len(), want.len()));
        }
        let largest = want.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        for (at, ((&want, &got), &off)) in want.iter().zip(got).zip(&known.off).enumerate() {
            let apart = (f64::from(got) - want).abs();
            // A number that is exact in the reference need not be one of f32; underflow is no fault.
            let off = off + bound::U * want.abs() + f64::from(f32::MIN_POSITIVE);
            if apart.is_nan() || apart > off {
                return Err(format!(
                    "output {number}, element {at}: {got:e} instead of {want:e}, which may be off by {off:.1e}"
                ));
            }
            verdict.ratio = verdict.ratio.max(apart / off);
            verdict.allowed = verdict.allowed.max(off / largest.max(1e-3));
        }
    }
    Ok(verdict)
}

/// Runs a network by the interpreter.
///
/// # Errors
/// What is wrong with its outputs.
///
/// # Panics
/// When it has no plan.
pub fn interpreted(network: &Network, isa: Isa) -> Result<Verdict, String> {
    let run = plans::run_planned(&network.graph, &network.floats(), isa, Choice::Fast, &network.tuning());
    let (outputs, plan) = run.map_err(|error| error.to_string())?;
    planned(network, &plan, &outputs)
}

/// Compares what a plan of a network has computed.
///
/// # Errors
/// As [`verdict`].
pub fn planned(network: &Network, plan: &Plan, outputs: &[Vec<f32>]) -> Result<Verdict, String> {
    let winograds = bound::winograds(plan);
    verdict(&bound::outputs(network, Engine::Ours(&winograds)), outputs)
}
