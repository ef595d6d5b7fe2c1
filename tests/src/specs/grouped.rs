//! Convolutions in groups: small ones, several in a block, and those that fill no whole blocks.

use super::blocked;
use crate::case::{Case, Forced};
use tilewright::base::epilogue::{Act, Epilogue};
use tilewright::base::real::Real;
use tilewright::kernel::spec::{ConvSpec, KernelSpec, Taps};
use tilewright::kernel::tile::LoopOrder::{ChannelsOutside, RowsOutside};

/// A convolution in groups; the table names what differs from [`PLAIN`].
#[derive(Clone, Copy)]
struct Grouped {
    n: usize,
    groups: usize,
    /// Input and output channels of a group.
    size: [usize; 2],
    /// Input rows and columns.
    hw: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    /// Padding, and halo of the input: top, left, bottom, right.
    pad: [usize; 4],
    /// Halo of the output.
    halo: [usize; 4],
    bias: bool,
    /// Halo of the residual.
    residual: Option<[usize; 4]>,
    act: Act,
    forced: Option<Forced>,
}

const PLAIN: Grouped = Grouped {
    n: 1,
    groups: 8,
    size: [4, 4],
    hw: [7, 7],
    kernel: [3, 3],
    stride: [1, 1],
    dilation: [1, 1],
    pad: [1; 4],
    halo: [0; 4],
    bias: true,
    residual: None,
    act: Act::None,
    forced: None,
};

const ONE: Grouped = Grouped { kernel: [1, 1], pad: [0; 4], ..PLAIN };

const CLIP: Act = Act::Clip { lo: Real::new(0.0), hi: Real::new(6.0) };

const BANDS: Forced = Forced { order: RowsOutside(2), blocks: 1, tile: [1, 3] };

/// Several groups in each block.
const SMALL: [(&str, Grouped); 17] = [
    ("grouped3x3_of2", Grouped { size: [2, 2], groups: 16, ..PLAIN }),
    ("grouped3x3_of4", PLAIN),
    ("grouped3x3_of8", Grouped { size: [8, 8], groups: 4, ..PLAIN }),
    ("grouped3x3_no_bias", Grouped { bias: false, hw: [4, 13], act: CLIP, ..PLAIN }),
    ("grouped3x3_stride2", Grouped { stride: [2, 2], hw: [9, 14], pad: [0, 0, 1, 1], ..PLAIN }),
    ("grouped3x3_stride2_of8", Grouped { stride: [2, 2], hw: [9, 14], size: [8, 8], groups: 2, ..PLAIN }),
    ("grouped3x3_dilation2", Grouped { dilation: [2, 2], pad: [2; 4], size: [2, 2], groups: 8, ..PLAIN }),
    ("grouped3x3_residual", Grouped { residual: Some([1, 0, 2, 1]), act: Act::Relu, ..PLAIN }),
    ("grouped3x3_channel_tail", Grouped { groups: 5, halo: [1, 0, 2, 1], ..PLAIN }),
    ("grouped3x3_channel_tail_of8", Grouped { groups: 3, size: [8, 8], ..PLAIN }),
    ("grouped3x3_batch2", Grouped { n: 2, hw: [5, 4], halo: [1; 4], residual: Some([0; 4]), ..PLAIN }),
    ("grouped5x5", Grouped { kernel: [5, 5], pad: [2; 4], hw: [6, 13], groups: 4, ..PLAIN }),
    ("grouped1x9", Grouped { kernel: [1, 9], pad: [0, 4, 0, 4], hw: [3, 11], groups: 4, ..PLAIN }),
    ("grouped3x1_of2", Grouped { kernel: [3, 1], pad: [1, 0, 1, 0], size: [2, 2], groups: 8, ..PLAIN }),
    ("grouped1x1_stride2", Grouped { stride: [2, 2], hw: [9, 21], residual: Some([0; 4]), ..ONE }),
    ("grouped1x1_of8", Grouped { size: [8, 8], groups: 3, act: Act::Relu, ..ONE }),
    ("grouped3x3_bands", Grouped { n: 2, groups: 5, hw: [6, 7], halo: [1; 4], forced: Some(BANDS), ..PLAIN }),
];

/// Groups across the borders of blocks, or several outputs to an input.
const BAND: [(&str, Grouped); 13] = [
    ("banded1x1_28", Grouped { groups: 4, size: [28, 28], hw: [5, 7], ..ONE }),
    ("banded1x1_34_relu", Grouped { groups: 4, size: [34, 34], hw: [3, 4], act: Act::Relu, ..ONE }),
    ("banded1x1_6_to_28", Grouped { groups: 4, size: [6, 28], hw: [5, 7], bias: false, ..ONE }),
    ("banded1x1_20_to_5", Grouped { groups: 3, size: [20, 5], residual: Some([1, 0, 2, 1]), ..ONE }),
    ("banded1x1_stride2", Grouped { groups: 3, size: [24, 24], hw: [9, 6], stride: [2, 2], ..ONE }),
    ("banded3x3_24", Grouped { groups: 3, size: [24, 24], hw: [6, 5], act: CLIP, ..PLAIN }),
    ("banded3x3_stride2", Grouped { groups: 2, size: [40, 20], hw: [9, 7], stride: [2, 2], ..PLAIN }),
    ("banded3x3_dilation2", Grouped { groups: 7, size: [3, 3], dilation: [2, 2], pad: [2; 4], ..PLAIN }),
    ("banded5x5_1_to_2", Grouped { groups: 20, size: [1, 2], kernel: [5, 5], pad: [2; 4], ..PLAIN }),
    ("banded3x3_4_to_16", Grouped { groups: 4, size: [4, 16], hw: [4, 9], ..PLAIN }),
    (
        "banded3x3_batch2",
        Grouped { n: 2, groups: 5, size: [6, 10], hw: [5, 4], halo: [1; 4], residual: Some([0; 4]), ..PLAIN },
    ),
    (
        "banded1x1_bands_one_block",
        Grouped { groups: 3, size: [4, 5], hw: [4, 7], forced: Some(BANDS), ..ONE },
    ),
    (
        "banded1x1_bands",
        Grouped {
            n: 2,
            groups: 3,
            size: [12, 20],
            hw: [6, 7],
            halo: [1, 2, 2, 1],
            forced: Some(BANDS),
            ..ONE
        },
    ),
];

/// All of them.
pub fn cases() -> Vec<Case> {
    let forced = Forced { order: ChannelsOutside, blocks: 1, tile: [3, 2] };
    let tall = Grouped { forced: Some(forced), stride: [1, 2], hw: [8, 11], ..PLAIN };
    let small = SMALL.into_iter().chain([("grouped3x3_tall", tall)]);
    let small = small.map(|(name, each)| case(name, &each, KernelSpec::Grouped));
    small.chain(BAND.into_iter().map(|(name, each)| case(name, &each, KernelSpec::Banded))).collect()
}

/// Groups, their size, rows and columns, width of the window, stride: of ResNeXt-50, and of it with fewer groups.
const RESNEXT: [(usize, usize, usize, usize, usize); 8] = [
    (32, 4, 56, 3, 1),
    (32, 8, 56, 3, 2),
    (32, 8, 28, 3, 1),
    (64, 4, 28, 3, 1),
    (64, 4, 28, 3, 2),
    (64, 2, 56, 3, 1),
    (64, 4, 14, 1, 1),
    (32, 4, 28, 5, 1),
];

/// The same of ShuffleNet and RegNet.
const SHUFFLENET: [(usize, usize, usize, usize, usize); 6] = [
    (4, 28, 28, 1, 1),
    (4, 34, 28, 1, 1),
    (4, 68, 14, 1, 1),
    (4, 136, 7, 1, 1),
    (10, 24, 14, 3, 1),
    (4, 40, 28, 3, 2),
];

/// Convolutions in groups as large as networks have them.
pub fn of_networks() -> Vec<Case> {
    let all = |list: &[(usize, usize, usize, usize, usize)],
               kernel: fn(ConvSpec) -> KernelSpec,
               family: &str| {
        let case = |&(groups, size, side, window, stride): &(usize, usize, usize, usize, usize)| {
            let name = format!("{family}{window}x{window}s{stride}_{groups}of{size}x{side}");
            let (hw, pad, stride) = ([side; 2], [window / 2; 4], [stride; 2]);
            let (kernel_, size) = ([window; 2], [size; 2]);
            let each = Grouped { groups, size, hw, kernel: kernel_, stride, pad, act: Act::Relu, ..PLAIN };
            case(&name, &each, kernel)
        };
        list.iter().map(case).collect::<Vec<_>>()
    };
    [all(&RESNEXT, KernelSpec::Grouped, "grouped"), all(&SHUFFLENET, KernelSpec::Banded, "banded")].concat()
}

fn case(name: &str, each: &Grouped, kernel: fn(ConvSpec) -> KernelSpec) -> Case {
    Case { name: name.to_owned(), spec: kernel(spec(each)), forced: each.forced }
}

fn spec(each: &Grouped) -> ConvSpec {
    let &Grouped { n, groups, size, hw, kernel, stride, dilation, pad, .. } = each;
    let out = |axis: usize| {
        let window = (kernel[axis] - 1) * dilation[axis] + 1;
        (hw[axis] + pad[axis] + pad[axis + 2] - window) / stride[axis] + 1
    };
    let y = [n, groups * size[1], out(0), out(1)];
    ConvSpec {
        x: blocked([n, groups * size[0], hw[0], hw[1]], pad),
        y: blocked(y, each.halo),
        residual: each.residual.map(|halo| blocked(y, halo)),
        taps: Taps { kernel, stride, dilation, pad: [pad[0], pad[1]] },
        groups,
        epilogue: Epilogue { bias: each.bias, residual: each.residual.is_some(), act: each.act },
    }
}
