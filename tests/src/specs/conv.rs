//! Convolutions.

use super::{blocked, planar};
use crate::case::{Case, Forced};
use tilewright::base::epilogue::{Act, Epilogue};
use tilewright::base::real::Real;
use tilewright::kernel::spec::{ConvSpec, KernelSpec, Taps};
use tilewright::kernel::tile::LoopOrder;

/// A convolution; the tables below name what differs from [`PLAIN`].
#[derive(Clone, Copy)]
struct Conv {
    n: usize,
    ci: usize,
    co: usize,
    /// Input rows and columns.
    hw: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    /// Padding, and halo of the input: top, left, bottom, right.
    pad: [usize; 4],
    /// Halo of the input beyond the padding.
    wider: usize,
    /// Halo of the output.
    halo: [usize; 4],
    groups: usize,
    planar: bool,
    bias: bool,
    /// Halo of the residual.
    residual: Option<[usize; 4]>,
    act: Act,
    forced: Option<Forced>,
}

const PLAIN: Conv = Conv {
    n: 1,
    ci: 16,
    co: 16,
    hw: [7, 7],
    kernel: [1, 1],
    stride: [1, 1],
    dilation: [1, 1],
    pad: [0; 4],
    wider: 0,
    halo: [0; 4],
    groups: 1,
    planar: false,
    bias: true,
    residual: None,
    act: Act::None,
    forced: None,
};

const K3: Conv = Conv { kernel: [3, 3], pad: [1; 4], ..PLAIN };

const fn clip(lo: f32, hi: f32) -> Act {
    Act::Clip { lo: Real::new(lo), hi: Real::new(hi) }
}

const fn forced(order: LoopOrder, blocks: usize, tile: [usize; 2]) -> Option<Forced> {
    Some(Forced { order, blocks, tile })
}

use LoopOrder::{ChannelsOutside, RowsOutside};

const CASES: [(&str, Conv); 34] = [
    ("conv1x1", Conv { ci: 32, co: 48, ..PLAIN }),
    ("conv1x1_no_bias", Conv { bias: false, ..PLAIN }),
    ("conv1x1_relu", Conv { act: Act::Relu, ..PLAIN }),
    ("conv1x1_clip", Conv { act: clip(-0.5, 6.0), ..PLAIN }),
    ("conv1x1_clip_open", Conv { act: clip(f32::NEG_INFINITY, 0.25), ..PLAIN }),
    ("conv1x1_stride2", Conv { co: 32, hw: [9, 14], stride: [2, 2], ..PLAIN }),
    ("conv1x1_residual_relu", Conv { co: 32, residual: Some([0; 4]), act: Act::Relu, ..PLAIN }),
    ("conv1x1_residual_halo", Conv { residual: Some([1, 2, 0, 1]), halo: [1; 4], ..PLAIN }),
    ("conv1x1_width14", Conv { hw: [3, 14], co: 32, ..PLAIN }),
    ("conv1x1_width28", Conv { hw: [2, 28], co: 32, ..PLAIN }),
    ("conv1x1_width13", Conv { hw: [5, 13], co: 32, ..PLAIN }),
    ("conv1x1_one_position", Conv { hw: [1, 1], ci: 48, co: 64, ..PLAIN }),
    ("conv3x3", K3),
    ("conv3x3_halo_out", Conv { halo: [1; 4], act: Act::Relu, ..K3 }),
    ("conv3x3_halo_uneven", Conv { halo: [2, 0, 1, 3], wider: 1, ..K3 }),
    ("conv3x3_stride2", Conv { hw: [8, 9], co: 32, stride: [2, 2], ..K3 }),
    ("conv3x3_dilation2", Conv { dilation: [2, 2], pad: [2; 4], ..K3 }),
    ("conv3x3_uneven", Conv { stride: [1, 2], dilation: [2, 1], pad: [0, 1, 2, 0], hw: [8, 9], ..K3 }),
    ("conv3x3_batch2", Conv { n: 2, hw: [4, 5], halo: [1; 4], residual: Some([1; 4]), ..K3 }),
    ("conv1x7", Conv { kernel: [1, 7], pad: [0, 3, 0, 3], hw: [3, 9], ..PLAIN }),
    ("conv7x1", Conv { kernel: [7, 1], pad: [3, 0, 3, 0], hw: [9, 3], ..PLAIN }),
    ("conv7x7_whole_map", Conv { kernel: [7, 7], ..PLAIN }),
    (
        "conv7x7_stem",
        Conv {
            ci: 3,
            co: 32,
            hw: [16, 16],
            kernel: [7, 7],
            stride: [2, 2],
            pad: [3; 4],
            planar: true,
            ..PLAIN
        },
    ),
    ("conv5x5_planar1", Conv { ci: 1, kernel: [5, 5], pad: [2; 4], planar: true, n: 2, ..PLAIN }),
    ("conv3x3_planar5", Conv { ci: 5, co: 20, planar: true, ..K3 }),
    ("conv1x1_channel_tails", Conv { ci: 20, co: 40, act: Act::Relu, ..PLAIN }),
    ("conv3x3_few_channels", Conv { ci: 5, co: 3, residual: Some([0; 4]), halo: [1; 4], ..K3 }),
    ("conv3x3_groups2", Conv { ci: 32, co: 64, groups: 2, hw: [4, 5], halo: [1; 4], ..K3 }),
    ("conv1x1_groups4", Conv { n: 2, ci: 64, co: 64, groups: 4, residual: Some([0; 4]), ..PLAIN }),
    ("conv1x1_blocks1", Conv { co: 64, forced: forced(ChannelsOutside, 1, [2, 3]), ..PLAIN }),
    ("conv1x1_blocks2", Conv { co: 64, forced: forced(ChannelsOutside, 2, [3, 2]), ..PLAIN }),
    ("conv1x1_blocks4", Conv { co: 64, forced: forced(ChannelsOutside, 4, [1, 4]), halo: [1; 4], ..PLAIN }),
    (
        "conv3x3_bands",
        Conv {
            n: 2,
            co: 32,
            hw: [6, 7],
            halo: [1, 2, 2, 1],
            residual: Some([0, 1, 0, 1]),
            forced: forced(RowsOutside(2), 1, [2, 3]),
            ..K3
        },
    ),
    ("conv1x1_bands_chosen", Conv { co: 32, hw: [20, 20], ..PLAIN }),
];

/// All convolutions.
pub fn cases() -> Vec<Case> {
    CASES
        .iter()
        .map(|&(name, conv)| Case { name: name.to_owned(), spec: spec(&conv), forced: conv.forced })
        .collect()
}

fn spec(conv: &Conv) -> KernelSpec {
    let &Conv { n, ci, co, hw, kernel, stride, dilation, pad, .. } = conv;
    let out = |axis: usize| {
        let window = (kernel[axis] - 1) * dilation[axis] + 1;
        (hw[axis] + pad[axis] + pad[axis + 2] - window) / stride[axis] + 1
    };
    let y = [n, co, out(0), out(1)];
    let map = if conv.planar { planar } else { blocked };
    KernelSpec::Conv(ConvSpec {
        x: map([n, ci, hw[0], hw[1]], pad.map(|p| p + conv.wider)),
        y: blocked(y, conv.halo),
        residual: conv.residual.map(|halo| blocked(y, halo)),
        taps: Taps { kernel, stride, dilation, pad: [pad[0], pad[1]] },
        groups: conv.groups,
        epilogue: Epilogue { bias: conv.bias, residual: conv.residual.is_some(), act: conv.act },
    })
}
