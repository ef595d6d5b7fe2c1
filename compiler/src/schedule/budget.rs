//! Budgets: algorithms that need less memory or fewer weights, where the fastest ones need more than there is.
//!
//! What costs is Winograd's: its scratch memory, and weights of up to four times the size. While a plan is too large, one
//! kernel gets another algorithm: of those that a step at the peak calls, the one of least predicted cost; for the program's
//! size, that which costs least time per byte that it saves. What a tuning file says stays.

#[cfg(test)]
mod tests;

use super::candidates::algorithms;
use super::choose::{self, Choice};
use super::lower;
use super::plan::{Place, Plan};
use super::tuning::{Algorithm, Setting, Tuning};
use crate::base::diag::{Error, Problem};
use crate::base::target::Isa;
use crate::ir::graph::Graph;
use crate::kernel::layout::{ConvWeights, WinogradWeights};
use crate::kernel::name::as_direct;
use crate::kernel::spec::{ConvSpec, KernelSpec, WinogradSpec};

/// What a program may take at most, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    /// The arena of a run on one thread.
    pub arena: Option<u64>,
    /// The program, with the weights that are embedded in it.
    pub binary: Option<u64>,
    /// True for weights in a file of their own, which are no part of the program.
    pub external: bool,
    /// What the program is besides its weights, where it was measured; an estimate otherwise.
    pub code: Option<u64>,
}

/// A program without kernels, at least: the C library, the runtime, the decoders of pictures.
const EMPTY: u64 = 2_000_000;
/// A kernel for one instruction set, at least on average. Estimates are low, so that nothing is refused that might fit.
const KERNEL: u64 = 4 << 10;

/// Another algorithm for a kernel.
struct Change {
    kernel: usize,
    algorithm: Algorithm,
    /// Predicted seconds of the step, and those of the kernel as it is.
    seconds: [f64; 2],
}

/// A plan within a budget, the tuning that makes it, and what is worth knowing: lines of the tuning file that are not used,
/// and algorithms that the budget demanded.
///
/// # Errors
/// As [`lower::plan`]; the layer that needs most, where nothing fits.
pub fn plan(
    graph: &Graph,
    hash: [u8; 32],
    isas: &[Isa],
    choice: Choice,
    tuning: &Tuning,
    budget: Budget,
) -> Result<(Plan, Tuning, Vec<Problem>), Error> {
    let mut tuning = tuning.clone();
    let mut changes = Vec::new();
    if budget.arena.is_some() || budget.binary.is_some() {
        // Schedules do not matter for sizes, so none are made yet.
        loop {
            let (trial, _) = lower::plan(graph, hash, &[], choice, &tuning)?;
            let Some(excess) = budget.excess(&trial, isas.len()) else { break };
            let Some(change) = excess.change(&trial, &tuning) else { return Err(excess.error(&trial)) };
            let kernel = as_direct(&trial.kernels[change.kernel].name);
            changes.retain(|(of, _)| *of != kernel);
            changes.push((kernel.clone(), excess.note(&kernel, &change)));
            tuning.set(kernel, Setting::Algorithm(change.algorithm));
        }
    }
    let (plan, mut warnings) = lower::plan(graph, hash, isas, choice, &tuning)?;
    warnings.extend(changes.into_iter().map(|(_, note)| note));
    Ok((plan, tuning, warnings))
}

/// What is too large.
enum Excess {
    /// Bytes of the arena, and how many there may be.
    Arena(u64, u64),
    /// Bytes of the program, how many there may be, and how many are not weights.
    Binary(u64, u64, u64),
}

impl Budget {
    /// What of a plan for so many instruction sets is too large.
    fn excess(&self, plan: &Plan, isas: usize) -> Option<Excess> {
        let arena = 4 * plan.arena as u64;
        let weights = if self.external { 0 } else { 4 * plan.weight_floats as u64 };
        let code = self.code.unwrap_or(EMPTY + KERNEL * (plan.kernels.len() * isas) as u64);
        let over_arena = self.arena.filter(|&most| arena > most).map(|most| Excess::Arena(arena, most));
        let all = weights.saturating_add(code);
        let over_binary =
            || self.binary.filter(|&most| all > most).map(|most| Excess::Binary(all, most, code));
        over_arena.or_else(over_binary)
    }
}

impl Excess {
    /// The change to try next; `None` when there is none left.
    fn change(&self, plan: &Plan, tuning: &Tuning) -> Option<Change> {
        match self {
            Excess::Arena(_, most) => less_scratch(plan, tuning, *most),
            Excess::Binary(..) => fewer_weights(plan, tuning),
        }
    }

    fn option(&self) -> String {
        match self {
            Excess::Arena(_, most) => format!("--max-arena {most}"),
            Excess::Binary(_, most, _) => format!("--max-binary {most}"),
        }
    }

    fn note(&self, kernel: &str, change: &Change) -> Problem {
        let [now, before] = change.seconds;
        let reason = format!(
            "`{kernel}` is `{}` to fit, at {:.2} of its predicted time",
            change.algorithm,
            now / before
        );
        Problem::new(self.option(), reason, "")
    }

    /// The layer that needs most, and what would fit.
    fn error(&self, plan: &Plan) -> Error {
        match self {
            Excess::Arena(least, _) => arena_error(plan, *least, self.option()),
            Excess::Binary(least, _, code) => binary_error(plan, *least, *code, self.option()),
        }
    }
}

/// Less scratch memory for a step that is alive with what lies at the end of the arena, the fullest first.
fn less_scratch(plan: &Plan, tuning: &Tuning, most: u64) -> Option<Change> {
    let occupancy = plan.occupancy();
    let at_end = plan.buffers.iter().filter(|buffer| match buffer.place {
        Place::Arena(at) => buffer.whole.is_none() && at + buffer.len.next_multiple_of(16) >= plan.arena,
        Place::Input(_) => false,
    });
    let mut steps: Vec<usize> = at_end.flat_map(|buffer| buffer.live.0..=buffer.live.1).collect();
    steps.sort_by_key(|&step| (std::cmp::Reverse(occupancy.get(step).copied()), step));
    steps.into_iter().find_map(|step| {
        let (kernel, now) = winograd(plan, plan.steps.get(step)?.kernel.0, tuning)?;
        let rest = 4 * occupancy.get(step)?.saturating_sub(now.scratch()) as u64;
        let smaller = |(spec, _): &(Option<WinogradSpec>, f64)| scratch(spec) < now.scratch();
        let list: Vec<_> = alternatives(&now).into_iter().filter(smaller).collect();
        let fits = |(spec, _): &&(Option<WinogradSpec>, f64)| rest + 4 * scratch(spec) as u64 <= most;
        let least = list.iter().min_by_key(|(spec, _)| scratch(spec));
        let (spec, seconds) = list.iter().find(fits).or(least)?;
        Some(Change { kernel, algorithm: algorithm(spec), seconds: [*seconds, choose::cost(&now)] })
    })
}

/// Fewer weights for the kernel that then loses least time per byte.
fn fewer_weights(plan: &Plan, tuning: &Tuning) -> Option<Change> {
    let mut best: Option<(f64, Change)> = None;
    for id in 0..plan.kernels.len() {
        let Some((kernel, now)) = winograd(plan, id, tuning) else { continue };
        let seconds = choose::cost(&now);
        for (spec, other) in alternatives(&now) {
            let saved = weights(&now.conv, &Some(now)).saturating_sub(weights(&now.conv, &spec));
            let price = (other - seconds) / saved as f64;
            if saved > 0 && best.as_ref().is_none_or(|(least, _)| price < *least) {
                best =
                    Some((price, Change { kernel, algorithm: algorithm(&spec), seconds: [other, seconds] }));
            }
        }
    }
    best.map(|(_, change)| change)
}

/// The spec of a Winograd kernel whose algorithm no tuning file has given.
fn winograd(plan: &Plan, id: usize, tuning: &Tuning) -> Option<(usize, WinogradSpec)> {
    let kernel = plan.kernels.get(id)?;
    let KernelSpec::Winograd(spec) = kernel.spec else { return None };
    let given = tuning.algorithm(&as_direct(&kernel.name)).is_some_and(|(line, _)| line.number > 0);
    (!given).then_some((id, spec))
}

/// Every algorithm of the convolution with its predicted seconds, the cheapest first; `None` is direct.
fn alternatives(now: &WinogradSpec) -> Vec<(Option<WinogradSpec>, f64)> {
    let list = algorithms(&KernelSpec::Winograd(*now), true).into_iter();
    let spec = |algorithm| match algorithm {
        Algorithm::Direct => Some(None),
        // Groups that have Winograd's algorithm fill whole blocks.
        Algorithm::Grouped | Algorithm::Banded => None,
        Algorithm::Winograd { tile, band } => choose::with_tile(&now.conv, true, tile, band).ok().map(Some),
    };
    list.filter_map(|(seconds, algorithm)| Some((spec(algorithm)?, seconds))).collect()
}

fn algorithm(spec: &Option<WinogradSpec>) -> Algorithm {
    spec.as_ref().map_or(Algorithm::Direct, Algorithm::of)
}

/// Floats of scratch memory.
fn scratch(spec: &Option<WinogradSpec>) -> usize {
    spec.as_ref().map_or(0, WinogradSpec::scratch)
}

/// Floats of packed weights.
fn weights(conv: &ConvSpec, spec: &Option<WinogradSpec>) -> usize {
    spec.as_ref().map_or_else(|| ConvWeights::of(conv).len(), |spec| WinogradWeights::of(spec).len())
}

fn arena_error(plan: &Plan, least: u64, option: String) -> Error {
    let Some((peak, floats)) = plan.peak() else {
        return Error::one(option, format!("the network needs {least} bytes"), "allow more");
    };
    let buffers = plan.alive(peak).into_iter().map(|id| plan.buffer(id));
    let list: Vec<String> =
        buffers.map(|buffer| format!("{} bytes of `{}`", 4 * buffer.len, buffer.name)).collect();
    let gaps = match 4 * floats as u64 {
        alive if alive < least => format!("; {} bytes are gaps between buffers", least - alive),
        _ => String::new(),
    };
    Error::one(
        layer(plan, peak),
        format!("it sets the peak of the arena, with {}{gaps}; {option} is too little", list.join(" and ")),
        format!("the least that fits is --max-arena {least}; a smaller picture or batch needs less"),
    )
}

fn binary_error(plan: &Plan, least: u64, code: u64, option: String) -> Error {
    let floats = |step: &usize| plan.steps[*step].weights.map_or(0, |id| plan.weights[id.0].len);
    let largest = (0..plan.steps.len()).max_by_key(floats).unwrap_or(0);
    let bytes = if plan.steps.is_empty() { 0 } else { 4 * floats(&largest) };
    Error::one(
        layer(plan, largest),
        format!(
            "it has the most weights, {bytes} bytes of {}, and the rest of the program takes about {code}; {option} is too little",
            4 * plan.weight_floats
        ),
        format!(
            "about the least that fits is --max-binary {least}; weights in a file of their own take no space in it"
        ),
    )
}

/// A step as messages name it.
fn layer(plan: &Plan, step: usize) -> String {
    let Some(found) = plan.steps.get(step) else { return "the network".to_owned() };
    let node = found.sources.first().unwrap_or(&found.value);
    format!("node `{node}`, step {step} (`{}`)", plan.kernel(found).name)
}
