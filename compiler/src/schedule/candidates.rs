//! Schedules and algorithms besides the chosen ones, by the same cost rules: for reports, and for measuring.

use super::choose;
use super::constrain::{Tile, Wanted, schedule};
use super::tile::{self, Search};
use super::tuning::Algorithm;
use crate::base::target::Isa;
use crate::kernel::Schedule;
use crate::kernel::spec::{ConvSpec, KernelSpec, WinogradSpec};
use crate::kernel::tile::LoopOrder;
use crate::kernel::winograd::WinogradSchedule;

/// A schedule and what the rule says that it costs; only ratios mean something, and only for one kernel.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// Cost by the rule.
    pub cost: f64,
    /// The schedule, with every field.
    pub wanted: Wanted,
}

/// By how much the rule may find a candidate worse that is measured all the same.
const WORTH_A_LOOK: f64 = 1.35;
/// The same for algorithms, whose costs are rougher.
const ALGORITHM_WORTH_A_LOOK: f64 = 2.0;
/// Most candidates of the same blocks and loop order that are measured.
const PER_FAMILY: usize = 2;
/// Factor on the cost of loop orders that the rule does not consider.
const UNUSUAL: f64 = 1.05;
/// Most rows of a band that is measured.
const MOST_ROWS: usize = 8;

/// Every schedule of a kernel, the cheapest first; none for a kernel with nothing to choose.
pub fn all(spec: &KernelSpec, isa: &Isa) -> Vec<Candidate> {
    let mut list = match spec {
        KernelSpec::Conv(spec) => direct(spec, isa, &tile::orders(spec)),
        KernelSpec::Winograd(spec) => winograd(spec, isa),
        _ => Vec::new(),
    };
    list.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    list
}

/// At most `most` schedules that differ from `current`, those first that are worth measuring most.
pub fn few(spec: &KernelSpec, isa: &Isa, current: &Schedule, most: usize) -> Vec<Wanted> {
    let mut list = all(spec, isa);
    if let KernelSpec::Conv(spec) = spec {
        list.extend(direct(spec, isa, &unusual(spec)));
        list.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    }
    let least = list.first().map_or(0.0, |candidate| candidate.cost);
    list.retain(|candidate| candidate.cost <= WORTH_A_LOOK * least);
    let mut seen = vec![current.clone()];
    let mut taken: Vec<Wanted> = Vec::new();
    let mut prefetches = prefetches(current).into_iter();
    for candidate in list {
        let family = |wanted: &&Wanted| {
            wanted.blocks == candidate.wanted.blocks && same_order(wanted, &candidate.wanted)
        };
        if taken.iter().filter(family).count() < PER_FAMILY {
            add(spec, isa, candidate.wanted, &mut seen, &mut taken);
            // One of these after each of those, so that a short list has both.
            if let Some(wanted) = prefetches.next() {
                add(spec, isa, wanted, &mut seen, &mut taken);
            }
        }
    }
    prefetches.for_each(|wanted| add(spec, isa, wanted, &mut seen, &mut taken));
    taken.truncate(most);
    taken
}

/// Adds what is possible and not there yet.
fn add(spec: &KernelSpec, isa: &Isa, wanted: Wanted, seen: &mut Vec<Schedule>, taken: &mut Vec<Wanted>) {
    if let Ok(schedule) = schedule(spec, isa, &wanted)
        && !seen.contains(&schedule)
    {
        seen.push(schedule);
        taken.push(wanted);
    }
}

fn same_order(a: &Wanted, b: &Wanted) -> bool {
    let rows = |wanted: &Wanted| matches!(wanted.order, Some(LoopOrder::RowsOutside(_)));
    rows(a) == rows(b)
}

/// The current schedule with other distances of prefetching.
fn prefetches(current: &Schedule) -> Vec<Wanted> {
    let (Some(wanted), distances) = (Wanted::of(current), distances(current)) else { return Vec::new() };
    distances.iter().map(|&distance| Wanted { prefetch: Some(distance), ..wanted.clone() }).collect()
}

fn distances(current: &Schedule) -> &'static [usize] {
    match current {
        Schedule::Conv(schedule) if schedule.order == LoopOrder::ChannelsOutside => &[0, 1, 2],
        Schedule::Winograd(_) => &[0, 1, 2, 4, 8],
        _ => &[],
    }
}

/// Loop orders that the rule does not consider.
fn unusual(spec: &ConvSpec) -> Vec<(LoopOrder, f64)> {
    let usual = tile::orders(spec);
    let rows =
        (1..=MOST_ROWS.min(spec.y.h)).filter(|&rows| spec.groups == 1 && spec.y.h.is_multiple_of(rows));
    let orders = std::iter::once(LoopOrder::ChannelsOutside).chain(rows.map(LoopOrder::RowsOutside));
    let new = |order: &LoopOrder| usual.iter().all(|(known, _)| known != order);
    orders.filter(new).map(|order| (order, UNUSUAL)).collect()
}

fn direct(spec: &ConvSpec, isa: &Isa, orders: &[(LoopOrder, f64)]) -> Vec<Candidate> {
    let mut list = Vec::new();
    for blocks in tile::blocks(spec) {
        let Some(mut search) = Search::new(spec, isa, blocks) else { continue };
        for &(order, penalty) in orders {
            let height = order.rows(spec);
            let sweeps = spec.out_blocks() / blocks * (spec.y.h / height);
            for rows in 1..=search.most().min(height) {
                for columns in 1..=(search.most() / rows).min(spec.y.w) {
                    let Some(cover) = search.cover_by([rows, columns], height, spec.y.w) else { continue };
                    let wanted = Wanted {
                        blocks: Some(blocks),
                        tile: Some(Tile::Positions([rows, columns])),
                        order: Some(order),
                        prefetch: Some(order.prefetch()),
                    };
                    list.push(Candidate { cost: cover.cost * sweeps as f64 * penalty, wanted });
                }
            }
        }
    }
    list
}

fn winograd(spec: &WinogradSpec, isa: &Isa) -> Vec<Candidate> {
    let mut list: Vec<Candidate> = Vec::new();
    let searches =
        tile::blocks(&spec.conv).into_iter().filter_map(|blocks| Search::new(&spec.conv, isa, blocks));
    for search in searches {
        for most in 1..=search.most() {
            let (cost, WinogradSchedule { blocks, tiles, prefetch }) = search.products(spec, most);
            let wanted = Wanted {
                blocks: Some(blocks),
                tile: Some(Tile::Tiles(tiles)),
                order: None,
                prefetch: Some(prefetch),
            };
            // Several limits come to the same size of tiles.
            if list.last().is_none_or(|last| last.wanted != wanted) {
                list.push(Candidate { cost, wanted });
            }
        }
    }
    list
}

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
    list.retain(|(cost, _)| *cost <= ALGORITHM_WORTH_A_LOOK * least);
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

impl Wanted {
    /// What makes this schedule again; `None` where there is nothing to choose.
    pub fn of(schedule: &Schedule) -> Option<Self> {
        match schedule {
            Schedule::Conv(schedule) => Some(Wanted {
                blocks: Some(schedule.blocks),
                tile: Some(Tile::Positions(schedule.regions.first()?.tile)),
                order: Some(schedule.order),
                prefetch: Some(schedule.prefetch),
            }),
            Schedule::Winograd(WinogradSchedule { blocks, tiles, prefetch }) => Some(Wanted {
                blocks: Some(*blocks),
                tile: Some(Tile::Tiles(*tiles)),
                order: None,
                prefetch: Some(*prefetch),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::epilogue::Epilogue;
    use crate::base::feature_map::{FeatureMap, Halo, Layout};
    use crate::base::target::{AVX2, AVX512, ISAS};
    use crate::kernel::spec::Taps;

    fn conv(c: usize, side: usize, kernel: usize) -> ConvSpec {
        let pad = kernel / 2;
        let halo = Halo { top: pad, left: pad, bottom: pad, right: pad };
        let x = FeatureMap { n: 1, c, h: side, w: side, layout: Layout::BLOCKED.with_halo(halo) };
        let y = FeatureMap { layout: Layout::BLOCKED, ..x };
        let taps = Taps { kernel: [kernel; 2], stride: [1; 2], dilation: [1; 2], pad: [pad; 2] };
        ConvSpec { x, y, residual: None, taps, groups: 1, epilogue: Epilogue::default() }
    }

    fn kernels() -> Vec<KernelSpec> {
        let three = conv(64, 28, 3);
        let winograd = choose::with_tile(&three, true, [4, 4], None).expect("it is defined");
        vec![
            KernelSpec::Conv(conv(64, 14, 1)),
            KernelSpec::Conv(conv(256, 56, 1)),
            KernelSpec::Conv(three),
            KernelSpec::Winograd(winograd),
        ]
    }

    #[test]
    fn the_cheapest_is_the_default() {
        for spec in kernels() {
            for isa in ISAS {
                let best = all(&spec, &isa).into_iter().next().expect("a candidate");
                let default = tile::of(&spec, &isa);
                assert_eq!(schedule(&spec, &isa, &best.wanted), Ok(default.clone()), "{}", isa.name);
                assert_eq!(Wanted::of(&default), Some(best.wanted));
            }
        }
    }

    #[test]
    fn a_few_differ_from_each_other_and_from_the_current() {
        for spec in kernels() {
            for isa in [AVX2, AVX512] {
                let current = tile::of(&spec, &isa);
                let list = few(&spec, &isa, &current, 8);
                assert!((3..=8).contains(&list.len()), "{list:?}");
                let built: Vec<Schedule> =
                    list.iter().map(|wanted| schedule(&spec, &isa, wanted).expect("possible")).collect();
                for (index, one) in built.iter().enumerate() {
                    assert!(*one != current && !built[..index].contains(one), "{one:?}");
                }
                assert!(
                    list.iter()
                        .any(|wanted| wanted.prefetch != Wanted::of(&current).and_then(|w| w.prefetch))
                );
            }
        }
    }

    #[test]
    fn algorithms_other_than_the_current_one() {
        let three = conv(64, 28, 3);
        let from_direct = few_algorithms(&KernelSpec::Conv(three), true, 9);
        assert!(from_direct.len() > 3 && !from_direct.contains(&Algorithm::Direct), "{from_direct:?}");
        for algorithm in &from_direct {
            let Algorithm::Winograd { tile, band } = *algorithm else { panic!("{algorithm}") };
            assert!(choose::with_tile(&three, true, tile, band).is_ok());
        }
        let winograd = choose::with_tile(&three, true, [4, 4], Some(2)).expect("it is defined");
        let from_winograd = few_algorithms(&KernelSpec::Winograd(winograd), true, 9);
        assert!(!from_winograd.contains(&Algorithm::of(&winograd)) && !from_winograd.is_empty());
        assert_eq!(few_algorithms(&KernelSpec::Conv(three), false, 9), [], "a grouped one");
        assert_eq!(few_algorithms(&KernelSpec::Conv(conv(64, 28, 1)), true, 9), []);
    }
}
