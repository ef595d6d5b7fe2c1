//! Reductions, operators along an axis, local response normalisation.

use super::blocked;
use crate::case::Case;
use tilewright::base::epilogue::Act;
use tilewright::base::feature_map::BLOCK;
use tilewright::base::functions::Func;
use tilewright::base::real::Real;
use tilewright::base::reduce::{Along, Lrn, ReduceKind};
use tilewright::kernel::spec::{AlongSpec, KernelSpec, LrnSpec, ReduceSpec, Strided};

/// Row-major: the kept and the reduced axes with their steps in the operand.
fn reduce(kind: ReduceKind, kept: &[(usize, usize)], reduced: &[(usize, usize)]) -> ReduceSpec {
    let extents = |axes: &[(usize, usize)]| axes.iter().map(|axis| axis.0).collect::<Vec<_>>();
    let all = [kept, reduced].concat();
    let mut steps = Vec::new();
    let mut step = 1;
    for &(extent, _) in kept.iter().rev() {
        steps.insert(0, step);
        step *= extent;
    }
    let x = Strided {
        weights: false,
        len: 1 + all.iter().map(|&(extent, step)| (extent - 1) * step).sum::<usize>(),
        base: 0,
        strides: all.iter().map(|axis| axis.1).collect(),
    };
    let y = Strided { weights: false, len: step, base: 0, strides: steps };
    ReduceSpec { kind, act: Act::None, kept: extents(kept), reduced: extents(reduced), x, y, halo: None }
}

/// The positions of a blocked map, into one with a halo.
fn positions(kind: ReduceKind, channels: usize) -> ReduceSpec {
    let (x, y) = (blocked([2, channels, 3, 5], [1; 4]), blocked([2, channels, 1, 1], [0, 1, 1, 0]));
    let operand = |len, base, strides| Strided { weights: false, len, base, strides };
    ReduceSpec {
        kind,
        act: Act::None,
        kept: vec![2, x.planes(), BLOCK],
        reduced: vec![3, 5],
        x: operand(x.len(), x.origin(), vec![x.pitch_n(), x.pitch_plane(), 1, x.pitch_y(), x.pitch_x()]),
        y: operand(y.len(), y.origin(), vec![y.pitch_n(), y.pitch_plane(), 1]),
        halo: Some(y),
    }
}

const fn along(along: Along, outer: usize, len: usize, inner: usize) -> AlongSpec {
    AlongSpec { along, outer, len, inner }
}

const ALONG: [(&str, AlongSpec); 8] = [
    ("arg_max", along(Along::ArgMax { last: false }, 3, 21, 1)),
    ("arg_max_last", along(Along::ArgMax { last: true }, 2, 9, 37)),
    ("arg_min_across", along(Along::ArgMin { last: false }, 1, 6, 16)),
    ("top_values", along(Along::TopValues { count: 5, smallest: false }, 2, 30, 1)),
    ("top_values_smallest", along(Along::TopValues { count: 3, smallest: true }, 1, 7, 19)),
    ("top_indices", along(Along::TopIndices { count: 6, smallest: false }, 1, 6, 18)),
    ("cum_sum", along(Along::CumSum { exclusive: false }, 2, 5, 35)),
    ("cum_sum_exclusive", along(Along::CumSum { exclusive: true }, 3, 7, 1)),
];

fn lrn(channels: usize, size: usize, beta: f32) -> LrnSpec {
    let lrn = Lrn { size, alpha: Real::new(0.5), beta: Real::new(beta), bias: Real::new(1.5) };
    LrnSpec { x: blocked([1, channels, 3, 4], [0; 4]), y: blocked([1, channels, 3, 4], [1, 2, 0, 1]), lrn }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    use ReduceKind as K;
    let rows = |kind, rows: usize, columns: usize| reduce(kind, &[(rows, columns)], &[(columns, 1)]);
    let columns = |kind, rows: usize, columns: usize| reduce(kind, &[(columns, 1)], &[(rows, columns)]);
    let reductions = [
        ("reduce_sum_rows", rows(K::Sum, 3, 150)),
        ("reduce_sum_rows_short", rows(K::Sum, 3, 5)),
        ("reduce_max_rows", rows(K::Max, 2, 37)),
        ("reduce_min_rows", rows(K::Min, 2, 90)),
        ("reduce_product_rows", rows(K::Product, 2, 9)),
        ("reduce_mean_square_rows", rows(K::MeanSquare, 2, 35)),
        ("reduce_sizes_columns", columns(K::Sizes, 7, 101)),
        ("reduce_mean_columns", columns(K::Mean, 150, 21)),
        ("reduce_max_columns", columns(K::Max, 4, 16)),
        ("reduce_sum_all", reduce(K::Sum, &[], &[(77, 1)])),
        ("reduce_sum_middle", reduce(K::Sum, &[(3, 4 * 18), (18, 1)], &[(4, 18)])),
        ("reduce_sum_outer_and_inner", reduce(K::Sum, &[(5, 9)], &[(3, 45), (9, 1)])),
        ("reduce_min_apart", reduce(K::Min, &[(2, 60)], &[(3, 20), (10, 2)])),
        ("reduce_mean_positions", positions(K::Mean, 32)),
        ("reduce_max_positions_tail", positions(K::Max, 20)),
        ("reduce_squares_sqrt", ReduceSpec { act: Act::of(Func::Sqrt), ..rows(K::Squares, 3, 40) }),
    ];
    let spec = |(name, spec)| (name, KernelSpec::Reduce(spec));
    let lrns = [
        ("lrn", lrn(32, 5, 0.75)),
        ("lrn_tail", lrn(20, 4, 0.75)),
        ("lrn_one", lrn(16, 1, 0.5)),
        ("lrn_wide", lrn(7, 19, 1.0)),
        ("lrn_power", lrn(16, 3, 0.6)),
    ];
    let all = reductions.map(spec).into_iter();
    let all = all.chain(ALONG.map(|(name, spec)| (name, KernelSpec::Along(spec))));
    let all = all.chain(lrns.map(|(name, spec)| (name, KernelSpec::Lrn(spec))));
    all.map(|(name, spec)| Case { name: name.to_owned(), spec, forced: None }).collect()
}
