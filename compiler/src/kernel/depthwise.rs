//! Depthwise convolution: every channel has a window of its own, so vectors of channels are multiplied element by
//! element.
//!
//! ```text
//! tasks plane (blocks of 16 channels)     | tasks band, then plane
//!   for n, then for each tile of each region, for h (parts of a block):
//!     acc = bias
//!     for ky, for kx (several at a time): w = weights of the row
//!       for each input position of the row: x, then acc += x * w wherever an output sees it
//!     y = act(acc + r)
//! ```
//!
//! What costs is loading, not multiplying: an input position is loaded once per row of the window and used for all
//! outputs of the tile that see it, and the weights of the row stay in registers meanwhile.

use super::build::{Builder, fma, get, load};
use super::conv::sweep_images;
use super::conv_frame::{Frame, Place};
use super::epilogue;
use super::ir::{Affine, Expr, Kernel, Var};
use super::spec::ConvSpec;
use super::tile::{ConvSchedule, LoopOrder, Region, taps_at_once};
use crate::base::feature_map::BLOCK;
use crate::base::real::Real;
use crate::base::target::Isa;

/// Builds the kernel.
pub fn build(name: String, spec: &ConvSpec, schedule: &ConvSchedule, isa: &Isa) -> Kernel {
    match schedule.order {
        LoopOrder::ChannelsOutside => {
            let mut b = Builder::new(name, isa.lanes, "plane", spec.groups);
            let frame = Frame::depthwise(&mut b, spec, schedule);
            let place = frame.corner().of_group(&frame, b.task());
            sweep_images(&mut b, &frame, &place, &tile);
            b.finish()
        }
        LoopOrder::RowsOutside(rows) => {
            let mut b = Builder::new(name, isa.lanes, "band", spec.y.h / rows);
            let frame = Frame::depthwise(&mut b, spec, schedule);
            let band = b.task();
            b.for_("plane", spec.groups, |b, plane| {
                let place = frame.corner().of_group(&frame, plane).of_band(&frame, band, rows);
                sweep_images(b, &frame, &place, &tile);
            });
            b.finish()
        }
    }
}

/// One register tile.
fn tile(b: &mut Builder, frame: &Frame, region: &Region, at: &Place, _: &Affine) {
    parts(b, |b, h| {
        let at = at.of_part(h, b.lanes());
        begin(b, frame, region, &at);
        let behind = at.past_bias(frame);
        b.for_opaque("ky", frame.spec.taps.kernel[0], |b, ky| {
            columns(b, frame, &behind.of_tap(frame, Some(ky), None), |b, at, count| {
                taps(b, frame, region, at, count, &|from| load(frame.x, from));
            });
        });
        end(b, frame, region, &at);
    });
}

/// Runs over the parts of a block, which share nothing.
fn parts(b: &mut Builder, body: impl FnOnce(&mut Builder, Var)) {
    match BLOCK / b.lanes() {
        1 => b.unroll("h", 1, body),
        parts => b.for_opaque("h", parts, body),
    }
}

/// Accumulators that begin with the bias.
pub fn begin(b: &mut Builder, frame: &Frame, region: &Region, at: &Place) {
    each_acc(b, region, |b, acc, r, _| {
        let bias = match frame.weights.bias {
            0 => Expr::Const(Real::new(0.0)),
            _ => load(frame.w, at.w.clone()),
        };
        b.let_(acc, &[r], bias);
    });
}

/// What follows the sums, and the stores.
pub fn end(b: &mut Builder, frame: &Frame, region: &Region, at: &Place) {
    let spec = frame.spec;
    each_acc(b, region, |b, acc, r, q| {
        let sum = match (frame.r, &spec.residual) {
            (Some(param), Some(map)) => {
                let near = at.r.clone().plus(r, map.pitch_y()).offset(q * map.pitch_x());
                epilogue::add(get(acc, &[r]), load(param, near))
            }
            _ => get(acc, &[r]),
        };
        let to = at.y.clone().plus(r, spec.y.pitch_y()).offset(q * spec.y.pitch_x());
        b.store(frame.y, to, epilogue::activate(spec.epilogue.act, sum));
    });
}

/// Runs over the columns of one row of the window: where some of them begin, and how many are done at a time.
pub fn columns(b: &mut Builder, frame: &Frame, row: &Place, body: impl Fn(&mut Builder, &Place, usize)) {
    let spec = frame.spec;
    let kw = spec.taps.kernel[1];
    let (each, rest) = taps_at_once(kw);
    b.for_("kx", kw / each, |b, kx| {
        let step = each * spec.taps.dilation[1] * spec.x.pitch_x();
        body(b, &row.advance(Some(kx), step, each * BLOCK), each);
    });
    if rest > 0 {
        body(b, &row.past_taps(frame, kw - rest), rest);
    }
}

/// `count` taps of one row of the window, from that at `at` on; `input` makes the operand of what is at an address.
pub fn taps(
    b: &mut Builder,
    frame: &Frame,
    region: &Region,
    at: &Place,
    count: usize,
    input: &dyn Fn(Affine) -> Expr,
) {
    let taps = &frame.spec.taps;
    let weights: Vec<usize> = (0..count).map(|kx| b.regs(&format!("w{kx}_"))).collect();
    for (kx, &weight) in weights.iter().enumerate() {
        b.let_(weight, &[], load(frame.w, at.w.clone().offset(kx * BLOCK)));
    }
    let (stride, dilation) = (taps.stride[1], taps.dilation[1]);
    let span = (region.tile[1] - 1) * stride + (count - 1) * dilation + 1;
    b.unroll("r", region.tile[0], |b, r| {
        let row = at.x.clone().plus(r, frame.row_step());
        for ix in 0..span {
            // Output q sees the position through tap kx where q * stride + kx * dilation = ix.
            let seen = (0..count).filter_map(|kx| {
                let ahead = ix.checked_sub(kx * dilation)?;
                let q = ahead / stride;
                (ahead % stride == 0 && q < region.tile[1]).then_some((kx, q))
            });
            let seen: Vec<(usize, usize)> = seen.collect();
            if seen.is_empty() {
                continue;
            }
            b.let_(frame.xv, &[], input(row.clone().offset(ix * frame.spec.x.pitch_x())));
            for (kx, q) in seen {
                let acc = accumulator(b, q);
                b.set(acc, &[r], fma(get(frame.xv, &[]), get(weights[kx], &[]), get(acc, &[r])));
            }
        }
    });
}

/// The registers of output column `q`, one a row.
pub fn accumulator(b: &mut Builder, q: usize) -> usize {
    b.regs(&format!("acc{q}_"))
}

/// Runs over the accumulators, with row and column.
fn each_acc(b: &mut Builder, region: &Region, body: impl Fn(&mut Builder, usize, Var, usize)) {
    b.unroll("r", region.tile[0], |b, r| {
        for q in 0..region.tile[1] {
            let acc = accumulator(b, q);
            body(b, acc, r, q);
        }
    });
}
