//! Elementwise kernels and copies between layouts.

use super::{blocked, planar};
use crate::case::Case;
use tilewright::base::binary::BinaryKind;
use tilewright::base::epilogue::Act;
use tilewright::base::feature_map::{BLOCK, FeatureMap, Order};
use tilewright::base::functions::Func;
use tilewright::base::real::Real;
use tilewright::kernel::spec::{KernelSpec, MapFn, MapSpec, Strided};

/// A row-major array of activations over the axes of the result; strides of 0 broadcast.
fn array(len: usize, strides: &[usize]) -> Strided {
    Strided { weights: false, len, base: 0, strides: strides.to_vec() }
}

/// A constant in the packed weights.
fn constant(base: usize, strides: &[usize]) -> Strided {
    Strided { weights: true, len: 0, base, strides: strides.to_vec() }
}

/// The blocks of a map over (n, block, row, column and lane).
fn over_rows(map: &FeatureMap) -> Strided {
    let strides = vec![map.pitch_n(), map.pitch_plane(), map.pitch_y(), 1];
    Strided { weights: false, len: map.len(), base: map.origin(), strides }
}

/// Channels from `first` on of a map over (block, row, column, lane); one image.
fn over_channels(map: &FeatureMap, first: usize) -> Strided {
    let (block, lane) = match map.layout.order {
        Order::Planar => (BLOCK * map.pitch_plane(), map.pitch_plane()),
        Order::Blocked => (map.pitch_plane(), 1),
    };
    let strides = vec![block, map.pitch_y(), map.pitch_x(), lane];
    Strided { weights: false, len: map.len(), base: map.offset(0, first, 0, 0), strides }
}

fn map(func: MapFn, extents: &[usize], y: Strided, xs: Vec<Strided>) -> MapSpec {
    MapSpec { func, act: Act::None, extents: extents.to_vec(), y, xs, halo: None, weights: 0 }
}

/// The sum of two blocked maps into a third.
fn sum(channels: usize, halos: [[usize; 4]; 3]) -> MapSpec {
    let [a, b, y] = halos.map(|halo| blocked([2, channels, 3, 5], halo));
    let extents = [2, y.planes(), 3, 5 * BLOCK];
    let halo = (halos[2] != [0; 4]).then_some(y);
    MapSpec {
        halo,
        ..map(MapFn::Binary(BinaryKind::Add), &extents, over_rows(&y), vec![over_rows(&a), over_rows(&b)])
    }
}

/// The product of a blocked map and one number per channel, and its exponential: channels that do not exist end as 0.
fn gate(channels: usize) -> MapSpec {
    let y = blocked([1, channels, 3, 5], [1; 4]);
    let gate = blocked([1, channels, 1, 1], [0; 4]);
    let lanes = |map: &FeatureMap, strides: [usize; 4]| Strided {
        weights: false,
        len: map.len(),
        base: map.origin(),
        strides: strides.to_vec(),
    };
    let whole = lanes(&y, [y.pitch_plane(), y.pitch_y(), BLOCK, 1]);
    let xs = vec![whole.clone(), lanes(&gate, [gate.pitch_plane(), 0, 0, 1])];
    let spec = map(MapFn::Binary(BinaryKind::Mul), &[y.planes(), 3, 5, BLOCK], whole, xs);
    MapSpec { halo: Some(y), act: Act::of(Func::Exp), ..spec }
}

/// A copy of `blocks` times `lanes` channels from `first` on into another layout.
fn copy(
    x: &FeatureMap,
    y: &FeatureMap,
    [first, blocks, lanes]: [usize; 3],
    halo: Option<FeatureMap>,
) -> MapSpec {
    let extents = [blocks, x.h, x.w, lanes];
    MapSpec { halo, ..map(MapFn::Copy, &extents, over_channels(y, first), vec![over_channels(x, first)]) }
}

/// Scale and shift per channel of a blocked map.
fn affine_blocked() -> MapSpec {
    let y = blocked([1, 32, 3, 5], [1; 4]);
    let lanes = |map: &FeatureMap| over_channels(map, 0);
    let per_channel = [BLOCK, 0, 0, 1];
    let xs =
        vec![lanes(&blocked([1, 32, 3, 5], [0; 4])), constant(0, &per_channel), constant(32, &per_channel)];
    let spec = map(MapFn::Fma, &[2, 3, 5, BLOCK], lanes(&y), xs);
    MapSpec { halo: Some(y), weights: 64, act: Act::Relu, ..spec }
}

/// Scale and shift per channel of a row-major tensor.
fn affine_planar() -> MapSpec {
    let row = || array(2 * 3 * 21, &[63, 21, 1]);
    let xs = vec![row(), constant(0, &[0, 1, 0]), constant(16, &[0, 1, 0])];
    MapSpec { weights: 32, ..map(MapFn::Fma, &[2, 3, 21], row(), xs) }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let flat = |len: usize| array(len, &[1]);
    // Two whole blocks of channels, and four channels.
    let (shape, whole, rest) = ([1, 36, 3, 5], [0, 2, BLOCK], [32, 1, 4]);
    let (rows, framed) = (planar(shape, [0; 4]), planar(shape, [1, 2, 0, 1]));
    let (blocks, halo) = (blocked(shape, [0; 4]), blocked(shape, [1; 4]));
    let cases = [
        ("map_relu_tail", MapSpec { act: Act::Relu, ..map(MapFn::Copy, &[37], flat(37), vec![flat(37)]) }),
        (
            "map_clip",
            MapSpec {
                act: Act::Clip { lo: Real::new(-0.25), hi: Real::new(f32::INFINITY) },
                ..map(MapFn::Copy, &[3], flat(3), vec![flat(3)])
            },
        ),
        (
            "map_scalar",
            map(MapFn::Binary(BinaryKind::Mul), &[1], array(1, &[0]), vec![array(1, &[0]), array(1, &[0])]),
        ),
        ("map_div_tail", map(MapFn::Binary(BinaryKind::Div), &[21], flat(21), vec![flat(21), flat(21)])),
        (
            "map_sub_by_scalar",
            map(
                MapFn::Binary(BinaryKind::Sub),
                &[2, 19],
                array(38, &[19, 1]),
                vec![array(38, &[19, 1]), array(1, &[0, 0])],
            ),
        ),
        (
            "map_mul_outer",
            map(
                MapFn::Binary(BinaryKind::Mul),
                &[4, 3, 18],
                array(216, &[54, 18, 1]),
                vec![array(72, &[18, 0, 1]), array(3, &[0, 1, 0])],
            ),
        ),
        (
            "map_add_columns",
            map(
                MapFn::Binary(BinaryKind::Add),
                &[5, 4],
                array(20, &[4, 1]),
                vec![array(20, &[1, 5]), constant(0, &[0, 1])],
            ),
        ),
        (
            "map_leaky_relu",
            MapSpec {
                act: Act::Func(Func::LeakyRelu, [Real::new(0.25), Real::new(0.0)]),
                ..map(MapFn::Copy, &[21], flat(21), vec![flat(21)])
            },
        ),
        (
            "map_less_gelu",
            MapSpec {
                act: Act::of(Func::Gelu),
                ..map(MapFn::Binary(BinaryKind::GreaterOrEqual), &[21], flat(21), vec![flat(21), flat(21)])
            },
        ),
        ("map_xor", map(MapFn::Binary(BinaryKind::Xor), &[21], flat(21), vec![flat(21), array(1, &[0])])),
        ("map_prelu", map(MapFn::Binary(BinaryKind::PRelu), &[21], flat(21), vec![flat(21), flat(21)])),
        ("map_select", map(MapFn::Select, &[21], flat(21), vec![flat(21), flat(21), array(1, &[0])])),
        ("map_mul_exp_channel_tail", gate(20)),
        ("map_add_blocked", sum(32, [[0; 4], [1; 4], [0; 4]])),
        ("map_add_halo", sum(32, [[0; 4], [1, 0, 1, 2], [2, 1, 0, 1]])),
        ("map_add_channel_tail", sum(20, [[1; 4], [0; 4], [1; 4]])),
        ("map_affine_blocked", affine_blocked()),
        ("map_affine_planar", affine_planar()),
        ("block_first", copy(&rows, &halo, whole, Some(halo))),
        ("block_last", copy(&rows, &halo, rest, None)),
        ("unblock_first", copy(&halo, &rows, whole, None)),
        ("unblock_last", copy(&blocks, &rows, rest, None)),
        ("pad_planar", pad(&rows, &framed)),
    ];
    let spec = |mut spec: MapSpec| {
        if spec.weights == 0 && spec.xs.iter().any(|x| x.weights) {
            spec.weights = BLOCK;
        }
        KernelSpec::Map(spec)
    };
    cases
        .into_iter()
        .map(|(name, map)| Case { name: name.to_owned(), spec: spec(map), forced: None })
        .collect()
}

/// A planar image into one with a halo.
fn pad(x: &FeatureMap, y: &FeatureMap) -> MapSpec {
    let rows = |map: &FeatureMap| Strided {
        weights: false,
        len: map.len(),
        base: map.origin(),
        strides: vec![map.pitch_plane(), map.pitch_y(), 1],
    };
    MapSpec { halo: Some(*y), ..map(MapFn::Copy, &[x.c, x.h, x.w], rows(y), vec![rows(x)]) }
}
