//! The choices made for a kernel, and what else there was, with what the cost rules say.

use crate::base::target::Isa;
use crate::kernel::layout::band::BandWeights;
use crate::kernel::layout::{ConvWeights, WinogradWeights};
use crate::kernel::name;
use crate::kernel::spec::{ConvSpec, KernelSpec};
use crate::schedule::candidates;
use crate::schedule::choose;
use crate::schedule::constrain::Wanted;
use crate::schedule::plan::Plan;
use crate::schedule::tuning::experiment::dense;
use crate::schedule::tuning::{Algorithm, Tuning};

/// How many schedules besides the chosen one are named.
const RUNNERS_UP: usize = 4;

/// The choices for a kernel.
#[derive(Clone, PartialEq, Debug)]
pub struct KernelChoices {
    /// Algorithms, the cheapest first; none for a kernel that is no convolution.
    pub algorithms: Vec<AlgorithmChoice>,
    /// Why direct convolution is the only algorithm, where it is.
    pub direct_only: Option<&'static str>,
    /// Line of the tuning file that chose the algorithm; 0 where the budget did.
    pub algorithm_line: Option<usize>,
    /// One per instruction set of the plan; none for a kernel with one schedule only.
    pub schedules: Vec<ScheduleChoice>,
}

/// An algorithm that was considered.
#[derive(Clone, PartialEq, Debug)]
pub struct AlgorithmChoice {
    /// Which.
    pub algorithm: Algorithm,
    /// Predicted time in units of that of direct convolution.
    pub cost: f64,
    /// Multiply-adds in units of those of direct convolution, transforms left out.
    pub products: f64,
    /// Weights in units of those of direct convolution.
    pub weights: f64,
    /// True for the one that is used.
    pub chosen: bool,
}

/// The schedule on an instruction set.
#[derive(Clone, PartialEq, Debug)]
pub struct ScheduleChoice {
    /// The instruction set.
    pub isa: Isa,
    /// What is used.
    pub chosen: Wanted,
    /// Its predicted cost in units of the cheapest's; `None` where the rule does not know it.
    pub cost: Option<f64>,
    /// Line of the tuning file that says so.
    pub line: Option<usize>,
    /// The best others, each with its cost in units of the cheapest's.
    pub others: Vec<(f64, Wanted)>,
}

/// The choices made for kernel number `id`, with a tuning file.
pub fn choices(plan: &Plan, id: usize, tuning: &Tuning) -> KernelChoices {
    let kernel = &plan.kernels[id];
    let dense = dense(plan, id);
    let algorithms = considered(&kernel.spec, dense);
    let direct_only = match &kernel.spec {
        KernelSpec::Conv(spec) => choose::refusal(spec, dense),
        _ => None,
    };
    let schedule = |number: usize| {
        let isa = plan.isas[number];
        let chosen = Wanted::of(&kernel.schedules[number])?;
        let all = candidates::all(&kernel.spec, &isa);
        let least = all.first().map_or(1.0, |candidate| candidate.cost);
        let plain = |wanted: &Wanted| Wanted { prefetch: None, ..wanted.clone() };
        let is_chosen = |wanted: &Wanted| plain(wanted) == plain(&chosen);
        let cost = all.iter().find(|candidate| is_chosen(&candidate.wanted)).map(|found| found.cost / least);
        let others = all.iter().filter(|candidate| !is_chosen(&candidate.wanted));
        let others = others.take(RUNNERS_UP).map(|other| (other.cost / least, other.wanted.clone()));
        let line = tuning.schedule(&kernel.name, &isa).map(|(line, _)| line.number);
        Some(ScheduleChoice { isa, cost, line, others: others.collect(), chosen })
    };
    KernelChoices {
        algorithms,
        direct_only,
        algorithm_line: tuning.algorithm(&name::as_direct(&kernel.name)).map(|(line, _)| line.number),
        schedules: (0..plan.isas.len()).filter_map(schedule).collect(),
    }
}

/// Every algorithm, and the one that is used even where the rule does not consider it.
fn considered(kernel: &KernelSpec, dense: bool) -> Vec<AlgorithmChoice> {
    let Some(spec) = candidates::convolution(kernel) else { return Vec::new() };
    let direct = choose::direct(&spec.packed());
    let used = Algorithm::of_kernel(kernel);
    let mut list = candidates::algorithms(kernel, dense);
    if let Some(used @ Algorithm::Winograd { tile, band }) = used
        && !list.iter().any(|(_, algorithm)| *algorithm == used)
        && let Ok(spec) = choose::with_tile(spec, dense, tile, band)
    {
        list.push((choose::cost(&spec), used));
        list.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let choice = |(cost, algorithm)| {
        let [products, weights] = sizes(spec, dense, algorithm);
        let chosen = Some(algorithm) == used;
        AlgorithmChoice { algorithm, cost: cost / direct, products, weights, chosen }
    };
    list.into_iter().map(choice).collect()
}

/// Multiply-adds and weights in units of those of direct convolution.
fn sizes(spec: &ConvSpec, dense: bool, algorithm: Algorithm) -> [f64; 2] {
    let (tile, band) = match algorithm {
        Algorithm::Direct => return [1.0; 2],
        Algorithm::Grouped => return in_groups(spec, 1.0, ConvWeights::grouped(spec).len()),
        Algorithm::Banded => {
            let weights = BandWeights::of(spec);
            let group = (spec.x.c / spec.groups) as f64;
            return in_groups(spec, weights.in_channels() / group, weights.len());
        }
        Algorithm::Winograd { tile, band } => (tile, band),
    };
    let Ok(winograd) = choose::with_tile(spec, dense, tile, band) else { return [1.0; 2] };
    let product = |factors: [usize; 2]| (factors[0] * factors[1]) as f64;
    let points = product(winograd.tiles()) * product(winograd.points());
    let taps = product([spec.y.h, spec.y.w]) * product(spec.taps.kernel);
    let weights = WinogradWeights::of(&winograd).len() as f64 / ConvWeights::of(spec).len() as f64;
    [points / taps, weights]
}

/// The same of a kernel for groups that does so many products for each that the operator has.
fn in_groups(spec: &ConvSpec, products: f64, weights: usize) -> [f64; 2] {
    let packed = spec.packed();
    let of_direct = spec.flops() as f64 / packed.flops() as f64;
    [products * of_direct, weights as f64 / ConvWeights::of(&packed).len() as f64]
}
