//! Tiles and loop order of depthwise convolutions, and of those in small groups: `inputs` is how many channels a group has.
//!
//! A tile is part of one row: rows below each other would share inputs, which the compiler would then keep in registers
//! that it does not have. How many columns, a cost rule says: multiply-adds against loads of whole vectors, of which a
//! core does as many per cycle.

use crate::base::target::Isa;
use crate::kernel::spec::ConvSpec;
use crate::kernel::tile::{ConvSchedule, LoopOrder, Region, taps_at_once};

/// Cycles from a multiply-add to the next that depends on it.
const LATENCY: f64 = 4.0;
/// Tiles that a core works on at a time, by executing out of order.
const OVERLAP: f64 = 2.0;
/// Cycles of a tile beside its taps: loop ends, the first loads.
const ENDS: f64 = 6.0;
/// Tasks from which on threads have enough to share.
const TASKS: usize = 8;
/// Most positions of a tile: enough to hide every latency, and few enough that the compiler, which loads far ahead, has
/// registers for that.
const POSITIONS: usize = 16;

/// Chooses the schedule.
pub fn schedule(spec: &ConvSpec, inputs: usize, isa: &Isa) -> ConvSchedule {
    let row = |columns: usize| row(spec, inputs, isa, columns);
    let columns = (1..=most(spec, inputs, isa)).min_by(|&a, &b| row(a).total_cmp(&row(b))).unwrap_or(1);
    tiled(spec, order(spec), columns)
}

/// Most columns that a tile may have.
pub(super) fn most(spec: &ConvSpec, inputs: usize, isa: &Isa) -> usize {
    // Weights of a row, bias, an input position, and a product where there is no fused multiply-add; in groups also permuted
    // inputs and by what they are permuted.
    let (weights, permuted) = match taps_at_once(spec.taps.kernel[1]) {
        (1, _) if (2..isa.lanes).contains(&inputs) => (inputs, 4),
        (each, _) => (each, if inputs > 1 { 2 } else { 0 }),
    };
    let taken = weights + permuted + if isa.features.is_empty() { 3 } else { 2 };
    isa.registers.saturating_sub(taken).clamp(1, POSITIONS.min(spec.y.w))
}

/// Cycles of one row of outputs in tiles of so many columns.
pub(super) fn row(spec: &ConvSpec, inputs: usize, isa: &Isa, columns: usize) -> f64 {
    let (count, rest) = (spec.y.w / columns, spec.y.w % columns);
    let whole = count as f64 * cost(spec, inputs, isa, columns);
    // The rest is code of its own: worth it only for a real gain.
    if rest == 0 { whole } else { 1.05 * (whole + cost(spec, inputs, isa, rest)) }
}

/// The schedule with tiles of so many columns.
pub(super) fn tiled(spec: &ConvSpec, order: LoopOrder, columns: usize) -> ConvSchedule {
    let rows = order.rows(spec);
    let (count, rest) = (spec.y.w / columns, spec.y.w % columns);
    let whole = Region { origin: [0, 0], tiles: [rows, count], tile: [1, columns] };
    let last = Region { origin: [0, count * columns], tiles: [rows, 1], tile: [1, rest] };
    let regions = [whole, last].into_iter().filter(|region| region.tile[1] > 0).collect();
    ConvSchedule { order, blocks: 1, regions, prefetch: 0 }
}

/// Blocks of channels are the tasks where there are enough of them, else bands of rows.
pub(super) fn order(spec: &ConvSpec) -> LoopOrder {
    let bands = (2..spec.y.h).rev().find(|&rows| spec.y.h.is_multiple_of(rows) && spec.y.h / rows >= TASKS);
    match bands {
        Some(rows) if spec.y.planes() < TASKS => LoopOrder::RowsOutside(rows),
        _ => LoopOrder::ChannelsOutside,
    }
}

/// Cycles of a tile.
fn cost(spec: &ConvSpec, inputs: usize, isa: &Isa, columns: usize) -> f64 {
    let [kh, kw] = spec.taps.kernel;
    let (each, rest) = taps_at_once(kw);
    let loads = kw + kw / each * seen(spec, columns, each) + seen(spec, columns, rest);
    // Each input is permuted, which no load hides.
    let permutes = if inputs > 1 { (loads - kw) / 2 } else { 0 };
    let busy = (kh * inputs * (loads.max(columns * kw) + permutes)) as f64 / isa.fma_per_cycle as f64;
    let chain = (kh * kw * inputs) as f64 * LATENCY / OVERLAP;
    busy.max(chain) + ENDS + columns as f64
}

/// Input positions of a row that `taps` neighbouring taps of `columns` neighbouring outputs see.
fn seen(spec: &ConvSpec, columns: usize, taps: usize) -> usize {
    let (stride, dilation) = (spec.taps.stride[1], spec.taps.dilation[1]);
    let mut positions: Vec<usize> =
        (0..columns).flat_map(|q| (0..taps).map(move |kx| q * stride + kx * dilation)).collect();
    positions.sort_unstable();
    positions.dedup();
    positions.len()
}
