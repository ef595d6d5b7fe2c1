//! Algorithms of convolutions besides the chosen ones.

use crate::kernel::spec::{ConvSpec, KernelSpec, WinogradSpec};
use crate::schedule::choose;
use crate::schedule::tuning::Algorithm;

/// By how much the rule may find an algorithm worse that is measured all the same: its costs are rough.
const WORTH_A_LOOK: f64 = 2.0;

/// Every algorithm of a convolution with its estimated seconds, the cheapest first; direct alone where no other is
/// defined. `dense` says that it has one ONNX group.
pub fn algorithms(spec: &ConvSpec, dense: bool) -> Vec<(f64, Algorithm)> {
    let mut list = vec![(choose::direct(spec), Algorithm::Direct)];
    if choose::refusal(spec, dense).is_none() {
        list.extend(choose::winograds(spec).into_iter().map(|(cost, spec)| (cost, Algorithm::of(&spec))));
    }
    list.sort_by(|a, b| a.0.total_cmp(&b.0));
    list.dedup_by(|a, b| a.1 == b.1);
    list
}

/// At most `most` algorithms that differ from that of a kernel, those first that are worth measuring most.
pub fn few_algorithms(current: &KernelSpec, dense: bool, most: usize) -> Vec<Algorithm> {
    let (spec, current) = match current {
        KernelSpec::Conv(spec) => (spec, Algorithm::Direct),
        KernelSpec::Winograd(spec) => (&spec.conv, Algorithm::of(spec)),
        _ => return Vec::new(),
    };
    let mut list = algorithms(spec, dense);
    let least = list.first().map_or(0.0, |(cost, _)| *cost);
    list.retain(|(cost, _)| *cost <= WORTH_A_LOOK * least);
    let mut taken: Vec<Algorithm> = list.into_iter().map(|(_, algorithm)| algorithm).collect();
    // The rule for bands is a guess about caches: other bands of the best tile come next.
    let best = taken.iter().find_map(|algorithm| match algorithm {
        Algorithm::Winograd { tile, .. } => Some(*tile),
        Algorithm::Direct => None,
    });
    if let Some(tile) = best {
        let rows = spec.y.h.div_ceil(tile[0]);
        let bands = [1, 2, 4, rows].into_iter().filter(|&band| band <= rows);
        taken.extend(bands.map(|band| Algorithm::Winograd { tile, band: Some(band) }));
    }
    let mut seen = vec![current];
    taken.retain(|algorithm| {
        let new = !seen.contains(algorithm);
        seen.push(*algorithm);
        new
    });
    taken.truncate(most);
    taken
}

impl Algorithm {
    /// The algorithm of a kernel; `None` where there is only one.
    pub fn of_kernel(spec: &KernelSpec) -> Option<Self> {
        match spec {
            KernelSpec::Conv(_) => Some(Algorithm::Direct),
            KernelSpec::Winograd(spec) => Some(Algorithm::of(spec)),
            _ => None,
        }
    }

    /// The algorithm of a Winograd convolution.
    pub fn of(spec: &WinogradSpec) -> Self {
        Algorithm::Winograd { tile: spec.tile, band: Some(spec.band) }
    }
}
