//! Winograd convolutions: whole and partial tiles, one band and several, stride 1 and 2.

use super::blocked;
use crate::case::Case;
use tilewright::base::epilogue::{Act, Epilogue};
use tilewright::base::feature_map::FeatureMap;
use tilewright::kernel::spec::{ConvSpec, KernelSpec, Taps, WinogradSpec};

/// Name; images, input and output channels, height and width of the input; stride; outputs of a tile; rows of tiles in a
/// band; halo of the output; residual.
type Row = (&'static str, [usize; 5], usize, [usize; 2], usize, usize, bool);

const ROWS: &[Row] = &[
    ("winograd_whole", [1, 16, 32, 8, 8], 1, [4, 4], 2, 0, false),
    ("winograd_bands", [1, 32, 16, 8, 8], 1, [4, 4], 1, 1, true),
    ("winograd_bands_left", [1, 16, 16, 12, 8], 1, [4, 4], 2, 1, false),
    ("winograd_partial", [1, 16, 16, 7, 6], 1, [4, 4], 2, 0, true),
    ("winograd_partial_band", [1, 16, 16, 10, 7], 1, [4, 4], 1, 1, true),
    ("winograd_nested", [1, 32, 32, 7, 7], 1, [2, 4], 4, 0, true),
    ("winograd_small", [1, 16, 64, 5, 5], 1, [2, 2], 3, 1, false),
    ("winograd_batch", [2, 16, 16, 6, 6], 1, [4, 4], 2, 0, true),
    ("winograd_batch_bands", [2, 16, 16, 9, 5], 1, [4, 4], 1, 1, false),
    ("winograd_channels", [1, 24, 40, 8, 8], 1, [4, 4], 2, 0, false),
    ("winograd_stride", [1, 16, 32, 16, 16], 2, [4, 4], 1, 0, true),
    ("winograd_stride_odd", [1, 32, 16, 13, 11], 2, [4, 4], 2, 1, false),
    ("winograd_stride_nested", [2, 24, 16, 10, 17], 2, [2, 4], 2, 1, true),
    ("winograd_stride_small", [1, 16, 16, 9, 12], 2, [2, 2], 3, 0, false),
];

/// The same in groups.
const GROUPED: &[(usize, Row)] = &[
    (2, ("winograd_groups", [1, 32, 64, 8, 8], 1, [4, 4], 2, 0, false)),
    (3, ("winograd_groups_bands", [1, 96, 48, 9, 7], 1, [4, 4], 1, 1, true)),
    (2, ("winograd_groups_batch", [2, 32, 32, 6, 6], 1, [2, 4], 3, 0, false)),
    (2, ("winograd_groups_stride", [1, 64, 64, 13, 11], 2, [4, 4], 2, 1, true)),
];

/// The cases.
pub fn cases() -> Vec<Case> {
    let plain = ROWS.iter().map(|row| case(1, row));
    plain.chain(GROUPED.iter().map(|(groups, row)| case(*groups, row))).collect()
}

fn case(groups: usize, row: &Row) -> Case {
    let &(name, [n, ci, co, h, w], stride, tile, band, halo, residual) = row;
    let x = blocked([n, ci, h, w], [1; 4]);
    let (h, w) = ((h - 1) / stride + 1, (w - 1) / stride + 1);
    let y: FeatureMap = blocked([n, co, h, w], [halo; 4]);
    let taps = Taps { kernel: [3, 3], stride: [stride; 2], dilation: [1, 1], pad: [1, 1] };
    let epilogue = Epilogue { bias: true, residual, act: Act::Relu };
    let residual = residual.then(|| blocked([n, co, h, w], [0; 4]));
    let conv = ConvSpec { x, y, residual, taps, groups, epilogue };
    Case {
        name: name.to_owned(),
        spec: KernelSpec::Winograd(WinogradSpec { conv, tile, band }),
        forced: None,
    }
}
