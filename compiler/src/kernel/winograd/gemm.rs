//! The products: for each frequency a matrix product of tiles by output channels.

use super::parts;
use super::place::{Band, Frame};
use crate::base::feature_map::BLOCK;
use crate::kernel::build::{Builder, constant, fma, get, load, splat};
use crate::kernel::ir::{Affine, Var};

/// Steps of k in the text of the innermost loop.
const UNROLL_K: usize = 4;

/// All frequencies of one band and one group of output blocks, into M; `v` is the first input that these read.
pub fn products(b: &mut Builder, frame: &Frame, band: &Band, weights: &Affine, v: &Affine) {
    let weights = weights.clone().offset(frame.weights.bias);
    let frequency = frame.weights.pitch_frequency();
    if frame.points == frame.weights.grid {
        return b.for_("f", frame.frequencies(), |b, f| {
            let w = weights.clone().plus(f, frequency);
            rounds(b, frame, band, &Affine::constant(0).plus(f, 1), &w, v);
        });
    }
    let ([down, right], across) = ([0, 1].map(|axis| runs(frame, axis)), frame.weights.grid[1]);
    for down in &down {
        for right in &right {
            b.for_("fy", down.count, |b, fy| {
                b.for_("fx", right.count, |b, fx| {
                    let f = Affine::constant(down.first * frame.points[1] + right.first);
                    let f = f.plus(fy, frame.points[1]).plus(fx, 1);
                    let w = weights.clone().offset((down.first * across + right.first) * frequency);
                    let w = w.plus(fy, down.step * across * frequency).plus(fx, right.step * frequency);
                    rounds(b, frame, band, &f, &w, v);
                });
            });
        }
    }
}

/// Points `first..first + count` of an axis; those of the weights start at `first` too and go on by `step`.
struct Run {
    first: usize,
    count: usize,
    step: usize,
}

/// Of stride 1 each point has weights of its own; of stride 2 the inputs under the middle tap share the last.
fn runs(frame: &Frame, axis: usize) -> Vec<Run> {
    let (points, own) = (frame.points[axis], frame.weights.grid[axis]);
    if points == own {
        return vec![Run { first: 0, count: points, step: 1 }];
    }
    vec![
        Run { first: 0, count: own - 1, step: 1 },
        Run { first: own - 1, count: points - (own - 1), step: 0 },
    ]
}

/// The tiles of a band at frequency `f`, with the weights at `w` and the inputs from `first` on.
fn rounds(b: &mut Builder, frame: &Frame, band: &Band, f: &Affine, w: &Affine, first: &Affine) {
    let tiles = band.tiles(frame.spec);
    let each = tiles.div_ceil(tiles.div_ceil(frame.most_tiles));
    let whole = tiles / each;
    let at = |start: usize, pitch: usize| scaled(f, pitch).offset(start);
    let input = |start: usize| {
        let at = at(start, frame.v_frequency());
        first.terms.iter().fold(at, |at, &(var, by)| at.plus(var, by))
    };
    b.for_("p", whole, |b, p| {
        let v = input(0).plus(p, each * BLOCK);
        let m = at(frame.m_start(), frame.m_frequency()).plus(p, each * frame.m_tile());
        tile(b, frame, each, &v, w, m);
    });
    if tiles > whole * each {
        let v = input(whole * each * BLOCK);
        let m = at(frame.m_start() + whole * each * frame.m_tile(), frame.m_frequency());
        tile(b, frame, tiles - whole * each, &v, w, m);
    }
}

fn scaled(f: &Affine, pitch: usize) -> Affine {
    f.terms.iter().fold(Affine::constant(f.base * pitch), |at, &(var, step)| at.plus(var, step * pitch))
}

/// One register tile: `tiles` tiles by the blocks of the group.
fn tile(b: &mut Builder, frame: &Frame, tiles: usize, v: &Affine, w: &Affine, m: Affine) {
    let (acc, wv, xv) = (b.regs("acc"), b.regs("wv"), b.regs("xv"));
    let parts = parts(b);
    let each = |b: &mut Builder, body: &dyn Fn(&mut Builder, [Var; 3])| {
        b.unroll("q", tiles, |b, q| {
            b.unroll("j", frame.blocks, |b, j| b.unroll("h", parts, |b, h| body(b, [q, j, h])));
        });
    };
    each(b, &|b, index| b.let_(acc, &index, constant(0.0)));
    b.for_("cb", frame.weights.in_blocks, |b, cb| {
        let w = w.clone().plus(cb, frame.weights.pitch_block());
        b.for_("k", BLOCK / UNROLL_K, |b, k| {
            let w = w.clone().plus(k, UNROLL_K * BLOCK);
            let v = v.clone().plus(cb, frame.v_block()).plus(k, UNROLL_K);
            b.unroll("i", UNROLL_K, |b, i| {
                b.unroll("j", frame.blocks, |b, j| {
                    let line = w.clone().plus(i, BLOCK).plus(j, frame.weights.panel());
                    if frame.prefetch > 0 {
                        b.prefetch(
                            frame.w,
                            line.clone().offset(frame.prefetch * frame.weights.pitch_block()),
                        );
                    }
                    b.unroll("h", parts, |b, h| {
                        b.let_(wv, &[j, h], load(frame.w, line.clone().plus(h, b.lanes())));
                    });
                });
                b.unroll("q", tiles, |b, q| {
                    b.let_(xv, &[], splat(frame.s, v.clone().plus(i, 1).plus(q, BLOCK)));
                    b.unroll("j", frame.blocks, |b, j| {
                        b.unroll("h", parts, |b, h| {
                            let sum = fma(get(xv, &[]), get(wv, &[j, h]), get(acc, &[q, j, h]));
                            b.set(acc, &[q, j, h], sum);
                        });
                    });
                });
            });
        });
    });
    each(b, &|b, index| {
        let [q, j, h] = index;
        let to = m.clone().plus(q, frame.m_tile()).plus(j, BLOCK).plus(h, b.lanes());
        b.store(frame.s, to, get(acc, &index));
    });
}
