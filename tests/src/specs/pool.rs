//! Pools.

use super::blocked;
use crate::case::Case;
use tilewright::kernel::spec::{GlobalPoolSpec, KernelSpec, PoolKind, PoolSpec, Taps};

/// A pool; the table names what differs from [`PLAIN`]. Output extents are given, since they may be rounded up.
#[derive(Clone, Copy)]
struct Pool {
    n: usize,
    c: usize,
    from: [usize; 2],
    to: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    pad: [usize; 2],
    /// Halos of input and output.
    halos: [[usize; 4]; 2],
    kind: PoolKind,
}

const PLAIN: Pool = Pool {
    n: 1,
    c: 16,
    from: [7, 8],
    to: [4, 4],
    kernel: [3, 3],
    stride: [2, 2],
    dilation: [1, 1],
    pad: [1, 1],
    halos: [[0; 4]; 2],
    kind: PoolKind::Max,
};

use PoolKind::{Average, AveragePadded, Sum};

const CASES: [(&str, Pool); 12] = [
    ("maxpool3x3s2", PLAIN),
    ("maxpool3x3s2_halos", Pool { halos: [[1, 0, 2, 1], [1, 2, 0, 1]], n: 2, c: 20, ..PLAIN }),
    // 8 columns without padding: the fourth window has two of its three columns.
    ("maxpool3x3s2_ceil", Pool { pad: [0, 0], to: [3, 4], ..PLAIN }),
    ("maxpool3x3_dilation2", Pool { stride: [1, 1], dilation: [2, 2], pad: [2, 2], to: [7, 8], ..PLAIN }),
    ("maxpool2x2", Pool { kernel: [2, 2], pad: [0, 0], to: [3, 4], ..PLAIN }),
    ("maxpool1x5", Pool { kernel: [1, 5], stride: [1, 1], pad: [0, 2], to: [7, 8], ..PLAIN }),
    ("sumpool3x3s2", Pool { kind: Sum, ..PLAIN }),
    ("avgpool3x3s2", Pool { kind: Average, ..PLAIN }),
    ("avgpool3x3s2_padded", Pool { kind: AveragePadded([1, 1]), ..PLAIN }),
    // The last column of windows reaches beyond the padding, which only counts up to its end.
    (
        "avgpool3x3s2_padded_ceil",
        Pool { kind: AveragePadded([1, 1]), to: [4, 5], halos: [[1; 4]; 2], ..PLAIN },
    ),
    ("avgpool3x3s2_ceil", Pool { kind: Average, to: [4, 4], pad: [0, 0], from: [8, 9], ..PLAIN }),
    (
        "avgpool2x3_uneven",
        Pool { kind: Average, kernel: [2, 3], stride: [1, 2], pad: [1, 0], to: [8, 3], ..PLAIN },
    ),
];

/// All pools.
pub fn cases() -> Vec<Case> {
    let windowed = CASES.iter().map(|&(name, pool)| (name, spec(&pool)));
    let global = [
        (
            "globalavgpool7x7",
            GlobalPoolSpec { x: blocked([1, 32, 7, 7], [0; 4]), y: blocked([1, 32, 1, 1], [0; 4]) },
        ),
        (
            "globalavgpool_halos",
            GlobalPoolSpec {
                x: blocked([2, 20, 3, 5], [1, 0, 2, 1]),
                y: blocked([2, 20, 1, 1], [1, 0, 0, 1]),
            },
        ),
    ];
    let global = global.into_iter().map(|(name, spec)| (name, KernelSpec::GlobalPool(spec)));
    windowed.chain(global).map(|(name, spec)| Case { name: name.to_owned(), spec, forced: None }).collect()
}

fn spec(pool: &Pool) -> KernelSpec {
    let &Pool { n, c, from, to, kernel, stride, dilation, pad, halos, kind } = pool;
    let x = blocked([n, c, from[0], from[1]], halos[0]);
    let y = blocked([n, c, to[0], to[1]], halos[1]);
    KernelSpec::Pool(PoolSpec { x, y, taps: Taps { kernel, stride, dilation, pad }, kind })
}
