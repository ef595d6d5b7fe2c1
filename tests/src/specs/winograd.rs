//! Winograd convolutions: whole and partial tiles, one band and several.

use super::blocked;
use crate::case::Case;
use tilewright::base::epilogue::{Act, Epilogue};
use tilewright::base::feature_map::FeatureMap;
use tilewright::kernel::spec::{ConvSpec, KernelSpec, Taps, WinogradSpec};

/// Name; images, input and output channels, height, width; outputs of a tile; rows of tiles in a band; halo of the output;
/// residual.
type Row = (&'static str, [usize; 5], [usize; 2], usize, usize, bool);

const ROWS: &[Row] = &[
    ("winograd_whole", [1, 16, 32, 8, 8], [4, 4], 2, 0, false),
    ("winograd_bands", [1, 32, 16, 8, 8], [4, 4], 1, 1, true),
    ("winograd_bands_left", [1, 16, 16, 12, 8], [4, 4], 2, 1, false),
    ("winograd_partial", [1, 16, 16, 7, 6], [4, 4], 2, 0, true),
    ("winograd_partial_band", [1, 16, 16, 10, 7], [4, 4], 1, 1, true),
    ("winograd_nested", [1, 32, 32, 7, 7], [2, 4], 4, 0, true),
    ("winograd_small", [1, 16, 64, 5, 5], [2, 2], 3, 1, false),
    ("winograd_batch", [2, 16, 16, 6, 6], [4, 4], 2, 0, true),
    ("winograd_batch_bands", [2, 16, 16, 9, 5], [4, 4], 1, 1, false),
    ("winograd_channels", [1, 24, 40, 8, 8], [4, 4], 2, 0, false),
];

/// The cases.
pub fn cases() -> Vec<Case> {
    ROWS.iter().map(case).collect()
}

fn case(&(name, [n, ci, co, h, w], tile, band, halo, residual): &Row) -> Case {
    let y: FeatureMap = blocked([n, co, h, w], [halo; 4]);
    let taps = Taps { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pad: [1, 1] };
    let epilogue = Epilogue { bias: true, residual, act: Act::Relu };
    let residual = residual.then(|| blocked([n, co, h, w], [0; 4]));
    let conv = ConvSpec { x: blocked([n, ci, h, w], [1; 4]), y, residual, taps, groups: 1, epilogue };
    Case {
        name: name.to_owned(),
        spec: KernelSpec::Winograd(WinogradSpec { conv, tile, band }),
        forced: None,
    }
}
