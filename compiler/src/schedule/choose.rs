//! Which algorithm computes a convolution: a cost rule over multiply-adds, transforms and weight bytes.
//!
//! The choice is the same for every instruction set, so that all share one weights blob.

use crate::base::feature_map::{BLOCK, Order};
use crate::kernel::layout::{ConvWeights, WinogradWeights};
use crate::kernel::spec::{ConvSpec, WinogradSpec};

/// Tiles worth a look: outputs down and across.
const TILES: [[usize; 2]; 3] = [[4, 4], [2, 4], [2, 2]];

/// Multiply-adds of one f32 lane per second, of a core; only its ratio to [`STREAM`] matters.
const PRODUCTS: f64 = 58e9;
/// Bytes per second at which one core reads weights that no cache holds.
const STREAM: f64 = 25e9;
/// Multiply-adds that one element of a transform costs, in either direction.
const TRANSFORM: f64 = 8.0;
/// Share of the smaller of computing and streaming that the larger does not hide.
const EXPOSED: f64 = 0.15;
/// Factor by which an inexact algorithm must win.
const GAIN: f64 = 0.95;
/// Bytes of the transformed input of a band that stay in L2.
const BAND: usize = 640 << 10;
/// Bytes of weights that stay in L2 while bands pass.
const KEPT: usize = 768 << 10;

/// What the user allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Choice {
    /// The fastest algorithm.
    #[default]
    Fast,
    /// Only sums of products as ONNX defines them.
    Exact,
}

impl Choice {
    /// The Winograd convolution that beats direct convolution, if one does and is allowed.
    pub fn winograd(self, spec: &ConvSpec) -> Option<WinogradSpec> {
        if self == Choice::Exact || refusal(spec, true).is_some() {
            return None;
        }
        let (cost, best) = winograds(spec).into_iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
        (cost < GAIN * direct(spec)).then_some(best)
    }
}

/// Every Winograd convolution worth a look, with its estimated seconds; only where minimal filtering is defined.
pub fn winograds(spec: &ConvSpec) -> Vec<(f64, WinogradSpec)> {
    TILES.into_iter().map(|tile| banded(spec, tile)).map(|w| (cost(&w), w)).collect()
}

/// Estimated seconds of a direct convolution.
pub fn direct(spec: &ConvSpec) -> f64 {
    time(spec.flops() as f64 / 2.0, 4 * ConvWeights::of(spec).len())
}

/// The Winograd convolution of this tile and, if it is given, this band.
///
/// # Errors
/// The reason, in words, why there is none. `dense` says that the convolution has one ONNX group.
pub fn with_tile(
    spec: &ConvSpec,
    dense: bool,
    tile: [usize; 2],
    band: Option<usize>,
) -> Result<WinogradSpec, String> {
    if let Some(reason) = refusal(spec, dense) {
        return Err(reason.to_owned());
    }
    if !TILES.contains(&tile) {
        let list: Vec<String> = TILES.iter().map(|[m, n]| format!("{m}x{n}")).collect();
        return Err(format!("there are tiles of {}", list.join(", ")));
    }
    let chosen = banded(spec, tile);
    let rows = chosen.tiles()[0];
    match band {
        None => Ok(chosen),
        Some(band) if (1..=rows).contains(&band) => Ok(WinogradSpec { band, ..chosen }),
        Some(_) => Err(format!("it has {rows} rows of tiles")),
    }
}

/// Why minimal filtering is not defined for a convolution, or not worth a thought; `None` where it is. `dense` says that
/// the convolution has one ONNX group.
pub fn refusal(spec: &ConvSpec, dense: bool) -> Option<&'static str> {
    let taps = &spec.taps;
    let reasons = [
        (taps.kernel != [3, 3], "its window is not 3x3"),
        (taps.stride != [1, 1], "its stride is not 1"),
        (taps.dilation != [1, 1], "it is dilated"),
        (spec.groups > 1 || !dense, "it is grouped"),
        (spec.y.h < 4 || spec.y.w < 4, "its output has fewer than 4 rows or columns"),
        (spec.x.layout.order != Order::Blocked, "it reads a planar image"),
        (spec.x.c < BLOCK || spec.y.c < BLOCK, "it has fewer than 16 channels"),
    ];
    reasons.into_iter().find_map(|(refused, reason)| refused.then_some(reason))
}

/// Seconds, when computing and streaming overlap.
fn time(products: f64, weight_bytes: usize) -> f64 {
    let (compute, stream) = (products / PRODUCTS, weight_bytes as f64 / STREAM);
    compute.max(stream) + EXPOSED * compute.min(stream)
}

/// Estimated seconds of a Winograd convolution.
pub fn cost(spec: &WinogradSpec) -> f64 {
    let weights = WinogradWeights::of(spec);
    let tiles = spec.conv.y.n * spec.tiles()[0] * spec.tiles()[1];
    let points = (tiles * weights.frequencies()) as f64;
    let (ci, co) = (spec.conv.x.c as f64, spec.conv.y.c as f64);
    time(points * (ci * co + TRANSFORM * (ci + co)), 4 * weights.len())
}

/// With the tallest band whose transformed input stays in L2; a single row where the weights stay there instead.
fn banded(conv: &ConvSpec, tile: [usize; 2]) -> WinogradSpec {
    let one = WinogradSpec { conv: *conv, tile, band: 1 };
    let weights = WinogradWeights::of(&one);
    if 4 * weights.len() <= KEPT {
        return one;
    }
    let row = 4 * weights.frequencies() * one.band_tiles() * weights.in_blocks * BLOCK;
    let all = one.tiles()[0];
    let band = if row * all <= BAND { all } else { (BAND / row).clamp(1, 2.min(all)) };
    WinogradSpec { band, ..one }
}
