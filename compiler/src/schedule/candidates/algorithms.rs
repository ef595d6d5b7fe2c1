//! Algorithms of convolutions besides the chosen ones.

use crate::kernel::spec::{ConvSpec, KernelSpec, WinogradSpec};
use crate::schedule::choose;
use crate::schedule::tuning::Algorithm;

/// By how much the rule may find an algorithm worse that is measured all the same: its costs are rough.
const WORTH_A_LOOK: f64 = 2.0;

/// Every algorithm of a convolution with its estimated seconds, the cheapest first; direct alone where no other is
/// defined, none for what is no convolution. `dense` says that no two of its ONNX groups share a block.
pub fn algorithms(kernel: &KernelSpec, dense: bool) -> Vec<(f64, Algorithm)> {
    let Some(spec) = convolution(kernel) else { return Vec::new() };
    let packed = spec.packed();
    let mut list = vec![(choose::direct(&packed), Algorithm::Direct)];
    let in_groups = choose::in_groups(spec).into_iter();
    list.extend(in_groups.filter_map(|(cost, kernel)| Some((cost, Algorithm::of_kernel(&kernel)?))));
    if choose::refusal(&packed, dense && packed.groups == spec.groups).is_none() {
        list.extend(choose::winograds(spec).into_iter().map(|(cost, spec)| (cost, Algorithm::of(&spec))));
    }
    list.sort_by(|a, b| a.0.total_cmp(&b.0));
    list.dedup_by(|a, b| a.1 == b.1);
    list
}

/// At most `most` algorithms that differ from that of a kernel, those first that are worth measuring most.
pub fn few_algorithms(current: &KernelSpec, dense: bool, most: usize) -> Vec<Algorithm> {
    let (Some(spec), Some(used)) = (convolution(current), Algorithm::of_kernel(current)) else {
        return Vec::new();
    };
    let mut list = algorithms(current, dense);
    let least = list.first().map_or(0.0, |(cost, _)| *cost);
    list.retain(|(cost, _)| *cost <= WORTH_A_LOOK * least);
    let mut taken: Vec<Algorithm> = list.into_iter().map(|(_, algorithm)| algorithm).collect();
    // The rule for bands is a guess about caches: other bands of the best tile come next.
    let best = taken.iter().find_map(|algorithm| match algorithm {
        Algorithm::Winograd { tile, .. } => Some(*tile),
        _ => None,
    });
    if let Some(tile) = best {
        let rows = spec.y.h.div_ceil(tile[0]);
        let bands = [1, 2, 4, rows].into_iter().filter(|&band| band <= rows);
        taken.extend(bands.map(|band| Algorithm::Winograd { tile, band: Some(band) }));
    }
    let mut seen = vec![used];
    taken.retain(|algorithm| {
        let new = !seen.contains(algorithm);
        seen.push(*algorithm);
        new
    });
    taken.truncate(most);
    taken
}

/// What a kernel with a choice of algorithms computes.
pub fn convolution(kernel: &KernelSpec) -> Option<&ConvSpec> {
    match kernel {
        KernelSpec::Conv(spec) | KernelSpec::Grouped(spec) | KernelSpec::Banded(spec) => Some(spec),
        KernelSpec::Winograd(spec) => Some(&spec.conv),
        _ => None,
    }
}

impl Algorithm {
    /// The kernel that computes a convolution so, whose groups are the operator's.
    ///
    /// # Errors
    /// The reason, in words, why there is none.
    pub fn kernel(self, spec: &ConvSpec) -> Result<KernelSpec, String> {
        let packed = spec.packed();
        let in_groups = |refusal: &str| {
            let mut kernels = choose::in_groups(spec).into_iter().map(|(_, kernel)| kernel);
            let found = kernels.find(|kernel| Algorithm::of_kernel(kernel) == Some(self));
            found.ok_or_else(|| refusal.to_owned())
        };
        match self {
            Algorithm::Direct => Ok(KernelSpec::Conv(packed)),
            Algorithm::Grouped => in_groups("it has no groups of 2, 4 or 8 inputs and as many outputs"),
            Algorithm::Banded => in_groups("it has no groups, or they fill whole blocks of 16 channels"),
            Algorithm::Winograd { tile, band } => {
                let dense = packed.groups == spec.groups;
                choose::with_tile(&packed, dense, tile, band).map(KernelSpec::Winograd)
            }
        }
    }

    /// The algorithm of a kernel; `None` where there is only one.
    pub fn of_kernel(spec: &KernelSpec) -> Option<Self> {
        match spec {
            KernelSpec::Conv(_) => Some(Algorithm::Direct),
            KernelSpec::Grouped(_) => Some(Algorithm::Grouped),
            KernelSpec::Banded(_) => Some(Algorithm::Banded),
            KernelSpec::Winograd(spec) => Some(Algorithm::of(spec)),
            _ => None,
        }
    }

    /// The algorithm of a Winograd convolution.
    pub fn of(spec: &WinogradSpec) -> Self {
        Algorithm::Winograd { tile: spec.tile, band: Some(spec.band) }
    }
}
