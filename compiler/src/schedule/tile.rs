//! Tiles and loop order of direct convolutions, by a cost rule.
//!
//! The rule counts cycles per step of k of one tile: multiply-adds, loads, and the latency that too few accumulators
//! leave open. Rectangles that the main tile leaves over get tiles of their own shape, so that 14 columns are 6 + 6 + 2
//! where the last two are done three rows at a time.

use crate::base::feature_map::BLOCK;
use crate::base::target::Isa;
use crate::kernel::Schedule;
use crate::kernel::layout::ConvWeights;
use crate::kernel::layout::band::BandWeights;
use crate::kernel::spec::{ConvSpec, KernelSpec, WinogradSpec};
use crate::kernel::tile::{ConvSchedule, LoopOrder, Region};
use crate::kernel::winograd::WinogradSchedule;
use std::collections::HashMap;

/// Cycles from a multiply-add to the next that depends on it; one more than the manual says, since at exactly as many
/// accumulators as the pipeline holds any hiccup costs a slot.
const LATENCY: f64 = 5.0;
/// Loads per cycle.
const LOADS: f64 = 2.0;
/// Bytes of weights that stay in L2 beside everything else.
const SMALL_WEIGHTS: usize = 256 << 10;
/// Bytes of a band of input that stay in L1.
const L1_BAND: usize = 24 << 10;
/// Bytes of a band of input that stay in L2 beside the weights.
const L2_BAND: usize = 256 << 10;
/// Most rows of a band.
const MOST_ROWS: usize = 8;
/// Most positions of a tile.
const POSITIONS: usize = 28;

/// The schedule of a kernel.
pub fn of(spec: &KernelSpec, isa: &Isa) -> Schedule {
    match spec {
        KernelSpec::Conv(spec) => Schedule::Conv(schedule(spec, isa)),
        KernelSpec::Banded(spec) => Schedule::Conv(banded(spec, isa)),
        KernelSpec::Depthwise(spec) => Schedule::Depthwise(super::depthwise::schedule(spec, 1, isa)),
        KernelSpec::Grouped(spec) => {
            Schedule::Depthwise(super::depthwise::schedule(spec, spec.x.c / spec.groups, isa))
        }
        KernelSpec::Winograd(spec) => Schedule::Winograd(products(spec, isa)),
        _ => Schedule::Fixed,
    }
}

/// Chooses the schedule of a convolution.
pub fn schedule(spec: &ConvSpec, isa: &Isa) -> ConvSchedule {
    let sums = Sums::direct(spec);
    cheapest(&sums, isa, &sums.side_by_side(), &sums.orders(), None)
        .map_or_else(|| ConvSchedule::simplest(spec), |(_, schedule)| schedule)
}

/// Chooses the schedule of a convolution in groups that fill no blocks.
fn banded(spec: &ConvSpec, isa: &Isa) -> ConvSchedule {
    let sums = Sums::banded(spec);
    cheapest(&sums, isa, &sums.side_by_side(), &sums.orders(), None)
        .map_or_else(|| ConvSchedule::simplest(spec), |(_, schedule)| schedule)
}

/// What register tiles sum up.
pub(super) struct Sums<'a> {
    pub spec: &'a ConvSpec,
    /// Blocks of output channels that one loop runs over.
    pub blocks: usize,
    /// Most of them side by side.
    most: usize,
    /// Products per output, on average.
    steps: f64,
    /// Weights are asked for: not where groups leave few of them.
    asks: bool,
}

impl<'a> Sums<'a> {
    pub fn direct(spec: &'a ConvSpec) -> Self {
        let weights = ConvWeights::of(spec);
        let steps = (weights.kernel[0] * weights.kernel[1] * weights.in_channels()) as f64;
        Sums { spec, blocks: spec.out_blocks(), most: 4, steps, asks: true }
    }

    pub fn banded(spec: &'a ConvSpec) -> Self {
        let [kh, kw] = spec.taps.kernel;
        let steps = (kh * kw) as f64 * BandWeights::of(spec).in_channels();
        Sums { spec, blocks: spec.y.planes(), most: 1, steps, asks: false }
    }

    /// How many sweeps ahead weights are asked for where nothing else is said.
    pub const fn prefetch(&self, order: LoopOrder) -> usize {
        if self.asks { order.prefetch() } else { 0 }
    }

    /// The numbers of output blocks side by side that are worth a look.
    pub fn side_by_side(&self) -> Vec<usize> {
        let fits = |&blocks: &usize| blocks <= self.most && self.blocks.is_multiple_of(blocks);
        [1, 2, 4].into_iter().filter(fits).collect()
    }

    /// The loop orders worth a look, each with a factor on its cost: rows outside for few weights under a wide image, where
    /// a band of input is worth keeping near.
    pub fn orders(&self) -> Vec<(LoopOrder, f64)> {
        let spec = self.spec;
        let weights = 4 * ConvWeights::of(spec).len();
        let input = 4 * spec.x.pitch_n();
        if spec.groups > 1 || weights > SMALL_WEIGHTS || input <= L1_BAND || self.blocks == 1 {
            return vec![(LoopOrder::ChannelsOutside, 1.0)];
        }
        let row = 4 * spec.x.pitch_y() * spec.x.planes();
        let bytes = |rows: usize| row * ((rows - 1) * spec.taps.stride[0] + spec.taps.kernel[0]);
        let fits = |&rows: &usize| spec.y.h.is_multiple_of(rows) && (rows == 1 || bytes(rows) <= L2_BAND);
        let penalty = |rows: usize| if bytes(rows) <= L1_BAND { 1.0 } else { 1.02 };
        (1..=spec.y.h.min(MOST_ROWS))
            .filter(fits)
            .map(|rows| (LoopOrder::RowsOutside(rows), penalty(rows)))
            .collect()
    }
}

/// The cheapest schedule, and its cost, of these blocks and orders (each with a factor on its cost), with this main tile
/// if one is given; `None` when it does not fit.
pub(super) fn cheapest(
    sums: &Sums,
    isa: &Isa,
    blocks: &[usize],
    orders: &[(LoopOrder, f64)],
    tile: Option<[usize; 2]>,
) -> Option<(f64, ConvSchedule)> {
    let spec = sums.spec;
    let mut best: Option<(f64, ConvSchedule)> = None;
    for &blocks in blocks {
        let Some(mut search) = Search::new(sums, isa, blocks) else { continue };
        for &(order, penalty) in orders {
            let rows = order.rows(spec);
            let cover = match tile {
                None => Some(search.cover(rows, spec.y.w)),
                Some(tile) => search.cover_by(tile, rows, spec.y.w),
            };
            let Some(cover) = cover else { continue };
            let sweeps = sums.blocks / blocks * (spec.y.h / rows);
            let cost = cover.cost * sweeps as f64 * penalty;
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((
                    cost,
                    ConvSchedule { order, blocks, regions: cover.regions, prefetch: sums.prefetch(order) },
                ));
            }
        }
    }
    best
}

/// Chooses the register tile of a Winograd convolution's products.
pub fn products(spec: &WinogradSpec, isa: &Isa) -> WinogradSchedule {
    let sums = Sums::direct(&spec.conv);
    let searches = sums.side_by_side().into_iter().filter_map(|blocks| Search::new(&sums, isa, blocks));
    let best = searches.map(|search| search.products(spec, search.most())).min_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(WinogradSchedule::SIMPLEST, |(_, schedule)| schedule)
}

/// A set of regions and what it costs.
#[derive(Clone, Default)]
pub(super) struct Cover {
    pub cost: f64,
    pub regions: Vec<Region>,
}

/// The cheapest cover of each rectangle seen so far.
pub(super) struct Search {
    blocks: usize,
    /// Cost of a tile, by its number of positions; empty beyond what the registers hold.
    costs: Vec<f64>,
    seen: HashMap<(usize, usize), Cover>,
}

impl Search {
    /// `None` when the registers do not hold even one position.
    pub fn new(sums: &Sums, isa: &Isa, blocks: usize) -> Option<Self> {
        let vectors = blocks * BLOCK / isa.lanes;
        let spare = if isa.broadcast_operand && vectors == 1 { 2 } else { 1 };
        let positions = (isa.registers.checked_sub(spare + vectors)? / vectors).min(POSITIONS);
        let steps = sums.steps;
        let cost = |positions: usize| {
            let products = (positions * vectors) as f64 / isa.fma_per_cycle as f64;
            let loads = (positions + vectors) as f64 / LOADS;
            // Weights come from L2 once for every tile: a reason for more positions where all else is equal.
            let traffic = 0.25 * blocks as f64;
            // Filling, residual, store and loop ends, in which few multiply-adds are in flight.
            let ends = 12.0 + 1.5 * (positions * vectors) as f64;
            steps * (products.max(loads).max(LATENCY) + traffic) + ends
        };
        let costs = (0..=positions).map(cost).collect();
        (positions > 0).then(|| Search { blocks, costs, seen: HashMap::new() })
    }

    /// Most positions that the registers hold.
    pub fn most(&self) -> usize {
        self.costs.len() - 1
    }

    /// What a band of a Winograd convolution costs, per block, when a register tile has at most so many tiles: as many
    /// rounds as that takes, of as equal a size as possible.
    pub fn products(&self, spec: &WinogradSpec, most: usize) -> (f64, WinogradSchedule) {
        let tiles = spec.band_tiles();
        let rounds = tiles.div_ceil(most);
        let each = tiles.div_ceil(rounds);
        let rest = tiles % each;
        let cost = (tiles / each) as f64 * self.costs[each] + if rest > 0 { self.costs[rest] } else { 0.0 };
        let schedule =
            WinogradSchedule { blocks: self.blocks, tiles: each, prefetch: WinogradSchedule::AHEAD };
        (cost / self.blocks as f64, schedule)
    }

    /// Covers a rectangle by tiles of one shape and, recursively, what they leave at the right and below.
    pub fn cover(&mut self, height: usize, width: usize) -> Cover {
        if height == 0 || width == 0 {
            return Cover::default();
        }
        if let Some(cover) = self.seen.get(&(height, width)) {
            return cover.clone();
        }
        let most = self.most();
        let mut best = Cover { cost: f64::INFINITY, regions: Vec::new() };
        for rows in 1..=most.min(height) {
            for columns in 1..=(most / rows).min(width) {
                if let Some(cover) = self.cover_with([rows, columns], height, width, best.cost) {
                    best = cover;
                }
            }
        }
        self.seen.insert((height, width), best.clone());
        best
    }

    /// Covers a rectangle by tiles of this shape first; `None` when one does not fit into the rectangle or the registers.
    pub fn cover_by(&mut self, tile: [usize; 2], height: usize, width: usize) -> Option<Cover> {
        let positions = tile[0].checked_mul(tile[1])?;
        let fits = (1..=self.most()).contains(&positions) && tile[0] <= height && tile[1] <= width;
        if fits { self.cover_with(tile, height, width, f64::INFINITY) } else { None }
    }

    /// The same for a tile that fits; `None` when that does not cost less than `limit`.
    fn cover_with(&mut self, tile: [usize; 2], height: usize, width: usize, limit: f64) -> Option<Cover> {
        let [rows, columns] = tile;
        let tiles = [height / rows, width / columns];
        let (done_h, done_w) = (tiles[0] * rows, tiles[1] * columns);
        let main = (tiles[0] * tiles[1]) as f64 * self.costs[rows * columns];
        if main >= limit {
            return None;
        }
        let right = self.cover(height, width - done_w);
        let below = self.cover(height - done_h, done_w);
        // Each region is code of its own: worth it only for a real gain.
        let cost = (main + right.cost + below.cost) * 1.002;
        (cost < limit).then(|| {
            let mut regions = vec![Region { origin: [0, 0], tiles, tile }];
            regions.extend(right.regions.iter().map(|r| shifted(r, 0, done_w)));
            regions.extend(below.regions.iter().map(|r| shifted(r, done_h, 0)));
            Cover { cost, regions }
        })
    }
}

fn shifted(region: &Region, y: usize, x: usize) -> Region {
    Region { origin: [region.origin[0] + y, region.origin[1] + x], ..*region }
}
