//! The products: for each frequency a matrix product of tiles by output channels.

use super::parts;
use super::place::{Band, Frame};
use crate::base::feature_map::BLOCK;
use crate::kernel::build::{Builder, constant, fma, get, load, splat};
use crate::kernel::ir::{Affine, Var};

/// Steps of k in the text of the innermost loop.
const UNROLL_K: usize = 4;

/// All frequencies of one band and one group of output blocks, into M.
pub fn products(b: &mut Builder, frame: &Frame, band: &Band, weights: &Affine) {
    let tiles = band.tiles(frame.spec);
    let rounds = tiles.div_ceil(frame.most_tiles);
    let each = tiles.div_ceil(rounds);
    b.for_("f", frame.weights.frequencies(), |b, f| {
        let w = weights.clone().offset(frame.weights.bias).plus(f, frame.weights.pitch_frequency());
        let whole = tiles / each;
        b.for_("p", whole, |b, p| {
            let v = Affine::constant(0).plus(f, frame.v_frequency()).plus(p, each * BLOCK);
            let m =
                Affine::constant(frame.m_start()).plus(f, frame.m_frequency()).plus(p, each * frame.m_tile());
            tile(b, frame, each, &v, &w, m);
        });
        if tiles > whole * each {
            let v = Affine::constant(whole * each * BLOCK).plus(f, frame.v_frequency());
            let m = Affine::constant(frame.m_start() + whole * each * frame.m_tile());
            tile(b, frame, tiles - whole * each, &v, &w, m.plus(f, frame.m_frequency()));
        }
    });
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
