//! Schedules and algorithms besides the chosen ones, by the same cost rules: for reports, and for measuring.

mod algorithms;
#[cfg(test)]
mod tests;

pub use algorithms::{algorithms, convolution, few_algorithms};

use super::constrain::{Tile, Wanted, schedule};
use super::depthwise;
use super::tile::{Search, Sums};
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
/// Most candidates of the same blocks and loop order that are measured.
const PER_FAMILY: usize = 2;
/// Factor on the cost of loop orders that the rule does not consider.
const UNUSUAL: f64 = 1.05;
/// Most rows of a band that is measured.
const MOST_ROWS: usize = 8;

/// Every schedule of a kernel, the cheapest first; none for a kernel with nothing to choose.
pub fn all(kernel: &KernelSpec, isa: &Isa) -> Vec<Candidate> {
    let mut list = match kernel {
        KernelSpec::Conv(spec) => direct(&Sums::direct(spec), isa, &Sums::direct(spec).orders()),
        KernelSpec::Banded(spec) => direct(&Sums::banded(spec), isa, &Sums::banded(spec).orders()),
        KernelSpec::Winograd(spec) => winograd(spec, isa),
        KernelSpec::Depthwise(spec) | KernelSpec::Grouped(spec) => {
            depthwise(spec, inputs(kernel), isa, &[(depthwise::order(spec), 1.0)])
        }
        _ => Vec::new(),
    };
    list.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    list
}

/// At most `most` schedules that differ from `current`, those first that are worth measuring most.
pub fn few(kernel: &KernelSpec, isa: &Isa, current: &Schedule, most: usize) -> Vec<Wanted> {
    let mut list = all(kernel, isa);
    match kernel {
        KernelSpec::Conv(spec) => {
            let sums = Sums::direct(spec);
            list.extend(direct(&sums, isa, &unusual(spec, &sums.orders(), spec.groups == 1)));
        }
        KernelSpec::Banded(spec) => {
            let sums = Sums::banded(spec);
            list.extend(direct(&sums, isa, &unusual(spec, &sums.orders(), true)));
        }
        KernelSpec::Depthwise(spec) | KernelSpec::Grouped(spec) => {
            let orders = unusual(spec, &[(depthwise::order(spec), 1.0)], true);
            list.extend(depthwise(spec, inputs(kernel), isa, &orders));
        }
        _ => {}
    }
    list.sort_by(|a, b| a.cost.total_cmp(&b.cost));
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
            add(kernel, isa, candidate.wanted, &mut seen, &mut taken);
            // One of these after each of those, so that a short list has both.
            if let Some(wanted) = prefetches.next() {
                add(kernel, isa, wanted, &mut seen, &mut taken);
            }
        }
    }
    prefetches.for_each(|wanted| add(kernel, isa, wanted, &mut seen, &mut taken));
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

/// Loop orders that the rule, which considers those in `usual`, does not consider; `bands` says whether rows may be outside.
fn unusual(spec: &ConvSpec, usual: &[(LoopOrder, f64)], bands: bool) -> Vec<(LoopOrder, f64)> {
    let rows = (1..=MOST_ROWS.min(spec.y.h)).filter(|&rows| bands && spec.y.h.is_multiple_of(rows));
    let orders = std::iter::once(LoopOrder::ChannelsOutside).chain(rows.map(LoopOrder::RowsOutside));
    let new = |order: &LoopOrder| usual.iter().all(|(known, _)| known != order);
    orders.filter(new).map(|order| (order, UNUSUAL)).collect()
}

/// Input channels of a group of a depthwise convolution or one in small groups.
fn inputs(kernel: &KernelSpec) -> usize {
    match kernel {
        KernelSpec::Grouped(spec) => spec.x.c / spec.groups,
        _ => 1,
    }
}

fn direct(sums: &Sums, isa: &Isa, orders: &[(LoopOrder, f64)]) -> Vec<Candidate> {
    let (spec, mut list) = (sums.spec, Vec::new());
    for blocks in sums.side_by_side() {
        let Some(mut search) = Search::new(sums, isa, blocks) else { continue };
        for &(order, penalty) in orders {
            let height = order.rows(spec);
            let sweeps = sums.blocks / blocks * (spec.y.h / height);
            for rows in 1..=search.most().min(height) {
                for columns in 1..=(search.most() / rows).min(spec.y.w) {
                    let Some(cover) = search.cover_by([rows, columns], height, spec.y.w) else { continue };
                    let wanted = Wanted {
                        blocks: Some(blocks),
                        tile: Some(Tile::Positions([rows, columns])),
                        order: Some(order),
                        prefetch: Some(sums.prefetch(order)),
                    };
                    list.push(Candidate { cost: cover.cost * sweeps as f64 * penalty, wanted });
                }
            }
        }
    }
    list
}

fn depthwise(spec: &ConvSpec, inputs: usize, isa: &Isa, orders: &[(LoopOrder, f64)]) -> Vec<Candidate> {
    let columns = 1..=depthwise::most(spec, inputs, isa);
    let all = orders.iter().flat_map(|order| columns.clone().map(move |columns| (order, columns)));
    let candidate = |(&(order, penalty), columns): (&(LoopOrder, f64), usize)| Candidate {
        cost: penalty * depthwise::row(spec, inputs, isa, columns),
        wanted: Wanted { tile: Some(Tile::Positions([1, columns])), order: Some(order), ..Wanted::default() },
    };
    all.map(candidate).collect()
}

fn winograd(spec: &WinogradSpec, isa: &Isa) -> Vec<Candidate> {
    let mut list: Vec<Candidate> = Vec::new();
    let sums = Sums::direct(&spec.conv);
    let searches = sums.side_by_side().into_iter().filter_map(|blocks| Search::new(&sums, isa, blocks));
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
            Schedule::Depthwise(schedule) => Some(Wanted {
                tile: Some(Tile::Positions(schedule.regions.first()?.tile)),
                order: Some(schedule.order),
                ..Wanted::default()
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
