//! Convolution in small groups, several of which lie in a block of 16 channels, with as many outputs as inputs each.
//!
//! ```text
//! tasks plane (blocks of 16 channels)     | tasks band, then plane
//!   for n, then for each tile of each region, for h (parts of a block):
//!     acc = bias
//!     for t: ky = t / inputs of a group, j = t % inputs; for kx (several at a time): w = weights of the row
//!       for each input position of the row: x = input j of each lane's group, then acc += x * w wherever an output sees it
//!     y = act(acc + r)
//! ```
//!
//! It is the depthwise kernel with one more loop: a group of 4 costs 4 products a tap, where whole blocks would cost 16. What
//! it loads it permutes before it multiplies; an input position is permuted once per row of the window, for all the outputs
//! that see it; a window of one column has but one such output, and loads a position for all the inputs of the group at once.
//! Where a vector lies inside of one group, the input is one number in every lane.
//!
//! Rows and inputs are one loop, since the loads of a loop over inputs alone would depend on nothing in it, and be done before
//! it into registers that there are not.

use super::build::{Builder, fma, get, load, splat, spread};
use super::conv::sweep_images;
use super::conv_frame::{Frame, Place};
use super::depthwise::{accumulator, begin, columns, end, taps};
use super::ir::{Affine, Expr, Kernel, Var};
use super::spec::ConvSpec;
use super::tile::{ConvSchedule, LoopOrder, Region};
use crate::base::feature_map::BLOCK;
use crate::base::target::Isa;

/// Builds the kernel.
pub fn build(name: String, spec: &ConvSpec, schedule: &ConvSchedule, isa: &Isa) -> Kernel {
    let planes = spec.y.planes();
    match schedule.order {
        LoopOrder::ChannelsOutside => {
            let mut b = Builder::new(name, isa.lanes, "plane", planes);
            let frame = Frame::grouped(&mut b, spec, schedule);
            let place = frame.corner().of_plane(&frame, b.task());
            sweep_images(&mut b, &frame, &place, &tile);
            b.finish()
        }
        LoopOrder::RowsOutside(rows) => {
            let mut b = Builder::new(name, isa.lanes, "band", spec.y.h / rows);
            let frame = Frame::grouped(&mut b, spec, schedule);
            let band = b.task();
            b.for_("plane", planes, |b, plane| {
                let place = frame.corner().of_plane(&frame, plane).of_band(&frame, band, rows);
                sweep_images(b, &frame, &place, &tile);
            });
            b.finish()
        }
    }
}

/// One register tile.
fn tile(b: &mut Builder, frame: &Frame, region: &Region, at: &Place, _: &Affine) {
    let (spec, inputs) = (frame.spec, frame.weights.in_blocks);
    let [kh, kw] = spec.taps.kernel;
    parts(b, inputs, at, |b, at| {
        begin(b, frame, region, at);
        let behind = at.past_bias(frame);
        if kw == 1 && inputs < b.lanes() {
            b.for_opaque("ky", kh, |b, ky| column(b, frame, region, &behind.of_tap(frame, Some(ky), None)));
        } else {
            b.for_opaque("t", kh * inputs, |b, t| {
                b.divide(["ky", "j"], t, inputs, |b, ky, j| {
                    let row = behind.of_tap(frame, Some(ky), None);
                    let row = row.advance(Some(j), 0, frame.weights.pitch_block());
                    columns(b, frame, &row, |b, at, count| {
                        let lanes = b.lanes();
                        taps(b, frame, region, at, count, &|from| input(frame, lanes, from, j));
                    });
                });
            });
        }
        end(b, frame, region, at);
    });
}

/// One tap of a window of one column, with all inputs of the groups.
fn column(b: &mut Builder, frame: &Frame, region: &Region, at: &Place) {
    let (spec, inputs, lanes) = (frame.spec, frame.weights.in_blocks, b.lanes());
    b.unroll("j", inputs, |b, j| {
        b.let_(frame.wv, &[j], load(frame.w, at.w.clone().plus(j, frame.weights.pitch_block())));
    });
    b.unroll("r", region.tile[0], |b, r| {
        for q in 0..region.tile[1] {
            let (from, acc) = (at.x.clone().plus(r, frame.row_step()), accumulator(b, q));
            let from = from.offset(q * spec.taps.stride[1] * spec.x.pitch_x());
            b.unroll("j", inputs, |b, j| {
                b.let_(frame.xv, &[j], input(frame, lanes, from.clone(), j));
                b.set(acc, &[r], fma(get(frame.xv, &[j]), get(frame.wv, &[j]), get(acc, &[r])));
            });
        }
    });
}

/// Input `j` of the group of each lane, of the channels from `from` on.
fn input(frame: &Frame, lanes: usize, from: Affine, j: Var) -> Expr {
    match frame.weights.in_blocks {
        inputs if inputs < lanes => spread(load(frame.x, from), inputs, j),
        _ => splat(frame.x, from.plus(j, 1)),
    }
}

/// Runs over the vectors of a block, which share nothing; those of one group read the same inputs.
fn parts(b: &mut Builder, inputs: usize, at: &Place, body: impl Fn(&mut Builder, &Place)) {
    let lanes = b.lanes();
    let each = inputs.max(lanes);
    let several = |b: &mut Builder, name: &str, count: usize, inner: &dyn Fn(&mut Builder, Var)| match count {
        1 => b.unroll(name, 1, inner),
        _ => b.for_opaque(name, count, inner),
    };
    several(b, "h", BLOCK / each, &|b, h| {
        let at = at.of_part(h, each);
        several(b, "i", each / lanes, &|b, i| body(b, &at.of_outputs(i, lanes)));
    });
}
