//! Depthwise convolutions.

use super::blocked;
use crate::case::{Case, Forced};
use tilewright::base::epilogue::{Act, Epilogue};
use tilewright::base::real::Real;
use tilewright::kernel::spec::{ConvSpec, KernelSpec, Taps};
use tilewright::kernel::tile::LoopOrder::{ChannelsOutside, RowsOutside};

/// A depthwise convolution; the table names what differs from [`PLAIN`].
#[derive(Clone, Copy)]
struct Depthwise {
    n: usize,
    c: usize,
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
    bias: bool,
    /// Halo of the residual.
    residual: Option<[usize; 4]>,
    act: Act,
    forced: Option<Forced>,
}

const PLAIN: Depthwise = Depthwise {
    n: 1,
    c: 32,
    hw: [7, 7],
    kernel: [3, 3],
    stride: [1, 1],
    dilation: [1, 1],
    pad: [1; 4],
    wider: 0,
    halo: [0; 4],
    bias: true,
    residual: None,
    act: Act::None,
    forced: None,
};

const CLIP: Act = Act::Clip { lo: Real::new(0.0), hi: Real::new(6.0) };

const CASES: [(&str, Depthwise); 18] = [
    ("depthwise3x3", PLAIN),
    ("depthwise3x3_no_bias", Depthwise { bias: false, ..PLAIN }),
    ("depthwise3x3_clip", Depthwise { act: CLIP, hw: [4, 14], ..PLAIN }),
    ("depthwise3x3_stride2", Depthwise { stride: [2, 2], hw: [9, 14], pad: [0, 0, 1, 1], ..PLAIN }),
    ("depthwise3x3_stride3", Depthwise { stride: [3, 1], hw: [10, 5], c: 16, ..PLAIN }),
    ("depthwise3x3_dilation2", Depthwise { dilation: [2, 2], pad: [2; 4], ..PLAIN }),
    ("depthwise3x3_residual", Depthwise { residual: Some([1, 0, 2, 1]), act: Act::Relu, ..PLAIN }),
    ("depthwise3x3_halo_out", Depthwise { halo: [2, 1, 0, 3], wider: 1, ..PLAIN }),
    ("depthwise3x3_channel_tail", Depthwise { c: 20, halo: [1; 4], ..PLAIN }),
    ("depthwise3x3_batch2", Depthwise { n: 2, hw: [5, 4], halo: [1; 4], residual: Some([0; 4]), ..PLAIN }),
    ("depthwise5x5", Depthwise { kernel: [5, 5], pad: [2; 4], hw: [6, 13], c: 16, ..PLAIN }),
    (
        "depthwise5x5_stride2",
        Depthwise { kernel: [5, 5], pad: [1, 2, 2, 1], stride: [2, 2], hw: [9, 16], c: 16, ..PLAIN },
    ),
    ("depthwise7x1", Depthwise { kernel: [7, 1], pad: [3, 0, 3, 0], hw: [8, 3], c: 16, ..PLAIN }),
    ("depthwise1x7_no_pad", Depthwise { kernel: [1, 7], pad: [0; 4], hw: [2, 20], c: 16, ..PLAIN }),
    // More columns than are done at a time: 8 are 4 + 4, 9 are 5 + 4.
    ("depthwise2x8", Depthwise { kernel: [2, 8], pad: [1, 4, 0, 3], hw: [3, 9], c: 16, ..PLAIN }),
    ("depthwise3x9_dilated", Depthwise { kernel: [3, 9], dilation: [1, 2], pad: [1, 8, 1, 8], ..PLAIN }),
    ("depthwise3x3_one_position", Depthwise { hw: [1, 1], c: 16, ..PLAIN }),
    (
        "depthwise3x3_bands",
        Depthwise {
            n: 2,
            c: 20,
            hw: [6, 7],
            halo: [1, 2, 2, 1],
            residual: Some([0, 1, 0, 1]),
            forced: Some(Forced { order: RowsOutside(2), blocks: 1, tile: [2, 3] }),
            ..PLAIN
        },
    ),
];

/// All depthwise convolutions.
pub fn cases() -> Vec<Case> {
    let forced = Forced { order: ChannelsOutside, blocks: 1, tile: [3, 2] };
    let tall = Depthwise { forced: Some(forced), stride: [1, 2], hw: [8, 11], ..PLAIN };
    let all = CASES.into_iter().chain([("depthwise3x3_tall", tall)]);
    all.map(|(name, each)| Case { name: name.to_owned(), spec: spec(&each), forced: each.forced }).collect()
}

/// Input channels, rows and columns, width of the window, stride: the depthwise convolutions of MobileNet and
/// EfficientNet.
const OF_NETWORKS: [(usize, usize, usize, usize); 12] = [
    (32, 112, 3, 1),
    (96, 112, 3, 2),
    (144, 56, 3, 1),
    (144, 56, 5, 2),
    (240, 28, 3, 2),
    (240, 28, 5, 1),
    (480, 14, 3, 1),
    (480, 14, 5, 1),
    (576, 14, 3, 2),
    (672, 14, 5, 2),
    (1152, 7, 3, 1),
    (1152, 7, 5, 1),
];

/// Depthwise convolutions as large as networks have them.
pub fn of_networks() -> Vec<Case> {
    let case = |&(c, side, window, stride): &(usize, usize, usize, usize)| {
        let (name, pad) = (format!("depthwise{window}x{window}s{stride}_{c}x{side}"), [window / 2; 4]);
        let (hw, kernel, stride) = ([side; 2], [window; 2], [stride; 2]);
        let each = Depthwise { c, hw, kernel, stride, pad, act: CLIP, ..PLAIN };
        Case { name, spec: spec(&each), forced: None }
    };
    OF_NETWORKS.iter().map(case).collect()
}

fn spec(each: &Depthwise) -> KernelSpec {
    let &Depthwise { n, c, hw, kernel, stride, dilation, pad, .. } = each;
    let out = |axis: usize| {
        let window = (kernel[axis] - 1) * dilation[axis] + 1;
        (hw[axis] + pad[axis] + pad[axis + 2] - window) / stride[axis] + 1
    };
    let y = [n, c, out(0), out(1)];
    let x = blocked([n, c, hw[0], hw[1]], pad.map(|p| p + each.wider));
    KernelSpec::Depthwise(ConvSpec {
        x,
        y: blocked(y, each.halo),
        residual: each.residual.map(|halo| blocked(y, halo)),
        taps: Taps { kernel, stride, dilation, pad: [pad[0], pad[1]] },
        groups: x.planes(),
        epilogue: Epilogue { bias: each.bias, residual: each.residual.is_some(), act: each.act },
    })
}
