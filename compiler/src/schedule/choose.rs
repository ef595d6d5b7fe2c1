//! Which algorithm computes a convolution: a cost rule over multiply-adds, transforms and weight bytes.
//!
//! The choice is the same for every instruction set, so that all share one weights blob.

use crate::base::feature_map::{BLOCK, Order};
use crate::kernel::layout::band::BandWeights;
use crate::kernel::layout::{ConvWeights, WinogradWeights};
use crate::kernel::spec::{ConvSpec, KernelSpec, WinogradSpec};

/// Tiles worth a look: outputs down and across.
const TILES: [[usize; 2]; 3] = [[4, 4], [2, 4], [2, 2]];

/// Multiply-adds of one f32 lane per second, of a core; only its ratio to [`STREAM`] matters.
const PRODUCTS: f64 = 58e9;
/// Bytes per second at which one core reads weights that no cache holds.
const STREAM: f64 = 25e9;
/// Bytes per second at which one core reads from the last cache.
const NEAR: f64 = 70e9;
/// Multiply-adds that one element of a transform costs, in either direction.
const TRANSFORM: f64 = 8.0;
/// The same in groups, whose sums are short: of 16 and 32 channels they took 1.2 to 1.6 of the time of direct convolution.
const TRANSFORM_GROUPS: f64 = 36.0;
/// Share of the smaller of computing and streaming that the larger does not hide.
const EXPOSED: f64 = 0.15;
/// The same where most products share few of the weights: F(m x m) of stride 2.
const EXPOSED_SHARING: f64 = 0.5;
/// Factor by which an inexact algorithm must win.
const GAIN: f64 = 0.95;
/// Bytes of the transformed input of a band that stay in L2.
const BAND: usize = 640 << 10;
/// Bytes of weights that stay in L2 while bands pass.
const KEPT: usize = 768 << 10;
/// Bytes of weights that stay in the last cache while bands pass.
const SHARED: usize = 16 << 20;
/// Output blocks that share one reading of the transformed input.
const SIDE_BY_SIDE: usize = 2;

/// Time of a product in small groups in units of one elsewhere: an input is permuted for several of them.
const PERMUTED: f64 = 1.2;
/// The same where each permuted input has one product.
const PERMUTED_ONCE: f64 = 1.6;

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
    /// The kernel that computes a convolution whose groups are the operator's at the least cost.
    pub fn kernel(self, spec: &ConvSpec) -> KernelSpec {
        let packed = spec.packed();
        // Groups that were packed into one are mostly zeros, which no transform keeps.
        let dense = packed.groups == spec.groups;
        if let Some(winograd) = self.winograd(&packed).filter(|_| dense) {
            return KernelSpec::Winograd(winograd);
        }
        let direct = (direct(&packed), KernelSpec::Conv(packed));
        let cheapest = in_groups(spec).into_iter().fold(direct, |a, b| if b.0 < a.0 { b } else { a });
        cheapest.1
    }

    /// The Winograd convolution that beats direct convolution, if one does and is allowed.
    pub fn winograd(self, spec: &ConvSpec) -> Option<WinogradSpec> {
        if self == Choice::Exact || refusal(spec, true).is_some() {
            return None;
        }
        let (cost, best) = winograds(spec).into_iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
        (cost < GAIN * direct(spec)).then_some(best)
    }
}

/// The kernels for the groups of a convolution, each with its estimated seconds; none where groups fill whole blocks, so that
/// they are convolutions of their own. The groups of `spec` are the operator's.
pub fn in_groups(spec: &ConvSpec) -> Vec<(f64, KernelSpec)> {
    let packed = spec.packed();
    if packed.groups == spec.groups || spec.x.layout.order != Order::Blocked {
        return Vec::new();
    }
    let small = spec.small_groups().then(|| (small(spec), KernelSpec::Grouped(*spec)));
    [Some((band(spec), KernelSpec::Banded(*spec))), small].into_iter().flatten().collect()
}

/// Estimated seconds of the kernel of small groups.
fn small(spec: &ConvSpec) -> f64 {
    let permuted = if spec.taps.kernel[1] == 1 { PERMUTED_ONCE } else { PERMUTED };
    let products = permuted * spec.flops() as f64 / 2.0;
    time(products, stream(4 * ConvWeights::grouped(spec).len(), 1), EXPOSED)
}

/// Estimated seconds of the kernel of groups that fill no blocks.
fn band(spec: &ConvSpec) -> f64 {
    let weights = BandWeights::of(spec);
    let (y, [kh, kw]) = (&spec.y, spec.taps.kernel);
    let products = (y.n * y.planes() * BLOCK * y.h * y.w * kh * kw) as f64 * weights.in_channels();
    time(products, stream(4 * weights.len(), 1), EXPOSED)
}

/// Every Winograd convolution worth a look, with its estimated seconds; only where minimal filtering is defined.
pub fn winograds(spec: &ConvSpec) -> Vec<(f64, WinogradSpec)> {
    let candidates = TILES.into_iter().flat_map(|tile| banded(spec, tile));
    candidates.map(|candidate| (cost(&candidate), candidate)).collect()
}

/// Estimated seconds of a direct convolution.
pub fn direct(spec: &ConvSpec) -> f64 {
    time(spec.flops() as f64 / 2.0, stream(4 * ConvWeights::of(spec).len(), 1), EXPOSED)
}

/// Multiply-adds and additions per second of the core that estimates are about.
pub const PEAK: f64 = 2.0 * PRODUCTS;

/// Estimated seconds of any kernel. Only that of convolutions decides something; that of others is the longer of computing
/// and of moving bytes within the last cache.
pub fn predicted(spec: &KernelSpec) -> f64 {
    match spec {
        KernelSpec::Conv(spec) => direct(spec),
        KernelSpec::Winograd(spec) => cost(spec),
        other => (other.flops() as f64 / PEAK).max(other.bytes() as f64 / NEAR),
    }
}

/// The Winograd convolution of this tile and, if it is given, this band.
///
/// # Errors
/// The reason, in words, why there is none. `dense` says that no two ONNX groups share a block.
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
    let one = WinogradSpec { conv: *spec, tile, band: 1 };
    let rows = one.tiles()[0];
    match band {
        None => {
            let cheapest = banded(spec, tile).into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b)));
            Ok(cheapest.unwrap_or(one))
        }
        Some(band) if (1..=rows).contains(&band) => Ok(WinogradSpec { band, ..one }),
        Some(_) => Err(format!("it has {rows} rows of tiles")),
    }
}

/// Why minimal filtering is not defined for a convolution, or not worth a thought; `None` where it is. `dense` says that
/// no two of its ONNX groups share a block.
pub fn refusal(spec: &ConvSpec, dense: bool) -> Option<&'static str> {
    let taps = &spec.taps;
    let reasons = [
        (taps.kernel != [3, 3], "its window is not 3x3"),
        (!matches!(taps.stride, [1, 1] | [2, 2]), "its stride is neither 1 nor 2"),
        (taps.dilation != [1, 1], "it is dilated"),
        (!dense, "its groups fill no blocks of 16 channels"),
        (spec.y.h < 4 || spec.y.w < 4, "its output has fewer than 4 rows or columns"),
        (spec.x.layout.order != Order::Blocked, "it reads a planar image"),
        (spec.x.c < BLOCK || spec.y.c < BLOCK, "it has fewer than 16 channels"),
    ];
    reasons.into_iter().find_map(|(refused, reason)| refused.then_some(reason))
}

/// Seconds, when `products` multiply-adds and `stream` seconds of reading overlap, but for the exposed share.
fn time(products: f64, stream: f64, exposed: f64) -> f64 {
    let compute = products / PRODUCTS;
    compute.max(stream) + exposed * compute.min(stream)
}

/// Seconds in which weights are read, once for each of some bands.
fn stream(bytes: usize, bands: usize) -> f64 {
    let speeds = [(KEPT, f64::INFINITY), (SHARED, NEAR), (usize::MAX, STREAM)];
    let speed = speeds.into_iter().find(|(most, _)| bytes <= *most).map_or(STREAM, |(_, speed)| speed);
    bytes as f64 * (1.0 / STREAM + (bands - 1) as f64 / speed)
}

/// Estimated seconds of a Winograd convolution.
pub fn cost(spec: &WinogradSpec) -> f64 {
    let weights = WinogradWeights::of(spec);
    let bands = spec.tiles()[0].div_ceil(spec.band);
    let tiles = spec.conv.y.n * spec.tiles()[0] * spec.tiles()[1];
    let points = (tiles * points_of(spec)) as f64;
    let (ci, co, groups) = (spec.conv.x.c as f64, spec.conv.y.c as f64, spec.conv.groups as f64);
    let exposed = if points_of(spec) > weights.frequencies() { EXPOSED_SHARING } else { EXPOSED };
    let transform = if groups > 1.0 { TRANSFORM_GROUPS } else { TRANSFORM };
    let products = points * (ci * co / groups + transform * (ci + co));
    let computed = time(products, stream(4 * weights.len(), bands), exposed);
    // What L2 does not hold is read from the last cache for each group of output blocks.
    let groups = weights.panels.div_ceil(SIDE_BY_SIDE);
    let far = if transformed(spec) > BAND { transformed(spec) * bands * groups } else { 0 };
    computed + far as f64 / NEAR
}

fn points_of(spec: &WinogradSpec) -> usize {
    spec.points().iter().product()
}

/// Bytes of the transformed input of a band.
fn transformed(spec: &WinogradSpec) -> usize {
    4 * points_of(spec) * spec.band_tiles() * spec.conv.x.planes() * BLOCK
}

/// With the bands worth a look: one or two rows of tiles, or all; a single row where the weights stay in L2.
fn banded(conv: &ConvSpec, tile: [usize; 2]) -> Vec<WinogradSpec> {
    let one = WinogradSpec { conv: *conv, tile, band: 1 };
    if 4 * WinogradWeights::of(&one).len() <= KEPT {
        return vec![one];
    }
    let all = one.tiles()[0];
    [1, 2, all].into_iter().filter(|&band| band <= all).map(|band| WinogradSpec { band, ..one }).collect()
}
