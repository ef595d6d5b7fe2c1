//! Max, sum and average pools over blocked maps. Windows are clipped when the kernel is built: each rectangle of outputs
//! whose windows lose the same taps has loops of its own, so the input needs no halo and no mask.

use super::build::{Builder, bin, constant, get, load};
use super::halo;
use super::ir::{Affine, BinOp, Expr, Kernel, ParamId, Var};
use super::spec::{GlobalPoolSpec, KernelSpec, PoolKind, PoolSpec};
use crate::base::feature_map::BLOCK;
use crate::base::target::Isa;

/// Most columns of a window that are written out.
const UNROLL: usize = 8;

/// Outputs `start..start + count` along one axis whose windows keep taps `first..first + taps`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Segment {
    start: usize,
    count: usize,
    first: usize,
    taps: usize,
    /// Taps that count as elements of an average.
    counted: usize,
}

/// Groups the outputs of an axis by the taps that they keep.
fn segments(spec: &PoolSpec, axis: usize) -> Vec<Segment> {
    let (input, output) = if axis == 0 { (spec.x.h, spec.y.h) } else { (spec.x.w, spec.y.w) };
    let taps = &spec.taps;
    let (pad, step, spread) = (taps.pad[axis], taps.stride[axis], taps.dilation[axis]);
    let padded = match spec.kind {
        PoolKind::AveragePadded(after) => pad + input + after[axis],
        _ => 0,
    };
    let mut list: Vec<Segment> = Vec::new();
    for start in 0..output {
        let at = |tap: usize| start * step + tap * spread;
        let inside = |tap: &usize| (pad..pad + input).contains(&at(*tap));
        let kept: Vec<usize> = (0..taps.kernel[axis]).filter(inside).collect();
        let counted = match spec.kind {
            PoolKind::AveragePadded(_) => (0..taps.kernel[axis]).filter(|&tap| at(tap) < padded).count(),
            _ => kept.len(),
        };
        let first = kept.first().copied().unwrap_or(0);
        let next = Segment { start, count: 1, first, taps: kept.len(), counted };
        match list.last_mut() {
            Some(last) if (last.first, last.taps, last.counted) == (next.first, next.taps, next.counted) => {
                last.count += 1;
            }
            _ => list.push(next),
        }
    }
    list
}

impl PoolSpec {
    /// Rectangles of outputs whose windows lose different taps: each is code of its own.
    pub fn rectangles(&self) -> usize {
        segments(self, 0).len() * segments(self, 1).len()
    }
}

/// Builds the kernel of a pool: one task per block of channels.
pub fn build(name: String, spec: &PoolSpec, isa: &Isa) -> Kernel {
    let mut b = Builder::new(name, isa.lanes, "plane", spec.y.planes());
    let [x, y] = params(&mut b, &KernelSpec::Pool(*spec));
    let acc = b.regs("acc");
    let plane = b.task();
    b.for_("n", spec.y.n, |b, n| {
        let corner = Affine::constant(0).plus(plane, spec.x.pitch_plane()).plus(n, spec.x.pitch_n());
        let out = Affine::constant(0).plus(plane, spec.y.pitch_plane()).plus(n, spec.y.pitch_n());
        for rows in segments(spec, 0) {
            for columns in segments(spec, 1) {
                rectangle(b, spec, (x, &corner), (y, &out), acc, rows, columns);
            }
        }
        halo::zero(b, y, &spec.y, out, halo::Rows::All);
    });
    b.finish()
}

fn params(b: &mut Builder, spec: &KernelSpec) -> [ParamId; 2] {
    let list: Vec<ParamId> = spec.params().iter().map(|p| b.param(p.name, p.role, p.len)).collect();
    [list[0], list[1]]
}

/// The outputs of one row segment and one column segment.
fn rectangle(
    b: &mut Builder,
    spec: &PoolSpec,
    (x, corner): (ParamId, &Affine),
    (y, out): (ParamId, &Affine),
    acc: usize,
    rows: Segment,
    columns: Segment,
) {
    let (from, taps) = (&spec.x, &spec.taps);
    // Index of the first tap that is kept, relative to position (0, 0): never negative, since that tap is inside.
    let first = |axis: usize, s: Segment| {
        (s.start * taps.stride[axis] + s.first * taps.dilation[axis]).saturating_sub(taps.pad[axis])
    };
    let base = from.origin() + first(0, rows) * from.pitch_y() + first(1, columns) * from.pitch_x();
    let base = corner.clone().offset(base);
    let to = out
        .clone()
        .offset(spec.y.origin() + rows.start * spec.y.pitch_y() + columns.start * spec.y.pitch_x());
    let empty = rows.taps == 0 || columns.taps == 0;
    b.for_("oy", rows.count, |b, oy| {
        b.for_("ox", columns.count, |b, ox| {
            let base = base
                .clone()
                .plus(oy, taps.stride[0] * from.pitch_y())
                .plus(ox, taps.stride[1] * from.pitch_x());
            let to = to.clone().plus(oy, spec.y.pitch_y()).plus(ox, spec.y.pitch_x());
            b.unroll("h", BLOCK / b.lanes(), |b, h| {
                let base = base.clone().plus(h, b.lanes());
                let start = if spec.kind == PoolKind::Max { f32::NEG_INFINITY } else { 0.0 };
                b.let_(acc, &[h], constant(start));
                if !empty {
                    b.for_("ky", rows.taps, |b, ky| {
                        let tap = |b: &mut Builder, kx: Var| {
                            let tap = tap_at(base.clone(), spec, ky, kx);
                            b.set(acc, &[h], accumulate(spec.kind, load(x, tap), get(acc, &[h])));
                        };
                        match columns.taps {
                            taps @ ..=UNROLL => b.unroll("kx", taps, tap),
                            taps => b.for_("kx", taps, tap),
                        }
                    });
                }
                let counted = rows.counted * columns.counted;
                b.store(y, to.clone().plus(h, b.lanes()), finish(spec.kind, get(acc, &[h]), counted));
            });
        });
    });
}

fn tap_at(base: Affine, spec: &PoolSpec, ky: Var, kx: Var) -> Affine {
    base.plus(ky, spec.taps.dilation[0] * spec.x.pitch_y()).plus(kx, spec.taps.dilation[1] * spec.x.pitch_x())
}

fn accumulate(kind: PoolKind, value: Expr, acc: Expr) -> Expr {
    match kind {
        PoolKind::Max => bin(BinOp::Max, value, acc),
        PoolKind::Sum | PoolKind::Average | PoolKind::AveragePadded(_) => bin(BinOp::Add, acc, value),
    }
}

fn finish(kind: PoolKind, acc: Expr, counted: usize) -> Expr {
    match kind {
        PoolKind::Max | PoolKind::Sum => acc,
        // A window outside of everything is an average of nothing: zero.
        PoolKind::Average | PoolKind::AveragePadded(_) => {
            bin(BinOp::Div, acc, constant(counted.max(1) as f32))
        }
    }
}

/// Builds the kernel of a global average pool: one task per block of channels; rows are summed on their own first,
/// which keeps the chains short.
pub fn build_global(name: String, spec: &GlobalPoolSpec, isa: &Isa) -> Kernel {
    let mut b = Builder::new(name, isa.lanes, "plane", spec.y.planes());
    let [x, y] = params(&mut b, &KernelSpec::GlobalPool(*spec));
    let (acc, row) = (b.regs("acc"), b.regs("row"));
    let plane = b.task();
    b.for_("n", spec.y.n, |b, n| {
        let from =
            Affine::constant(spec.x.origin()).plus(plane, spec.x.pitch_plane()).plus(n, spec.x.pitch_n());
        let to = Affine::constant(0).plus(plane, spec.y.pitch_plane()).plus(n, spec.y.pitch_n());
        b.unroll("h", BLOCK / b.lanes(), |b, h| {
            b.let_(acc, &[h], constant(0.0));
            b.for_("iy", spec.x.h, |b, iy| {
                b.let_(row, &[h], constant(0.0));
                b.for_("ix", spec.x.w, |b, ix| {
                    let at = from.clone().plus(iy, spec.x.pitch_y()).plus(ix, spec.x.pitch_x());
                    let value = load(x, at.plus(h, b.lanes()));
                    b.set(row, &[h], bin(BinOp::Add, get(row, &[h]), value));
                });
                b.set(acc, &[h], bin(BinOp::Add, get(acc, &[h]), get(row, &[h])));
            });
            let mean = bin(BinOp::Div, get(acc, &[h]), constant((spec.x.h * spec.x.w) as f32));
            b.store(y, to.clone().plus(h, b.lanes()).offset(spec.y.origin()), mean);
        });
        halo::zero(b, y, &spec.y, to, halo::Rows::All);
    });
    b.finish()
}
