//! Direct convolution in groups that fill no whole blocks of 16 channels: each block of outputs reads the input channels of
//! its own groups only.
//!
//! ```text
//! tasks g (blocks of outputs)             | tasks band, then g
//!   for n, then for each tile of each region:
//!     acc = bias
//!     for u in the units of g (4 input channels each), for ky, kx, for i (unrolled): acc += splat(x) * w
//!     y = act(acc + r)
//! ```
//!
//! A block on the border of two groups reads both, and multiplies the one by zeros for the outputs of the other.

use super::build::Builder;
use super::conv::{begin, channels, end, sweep_images};
use super::conv_frame::{Frame, Place};
use super::ir::{Affine, Kernel, Var};
use super::layout::UNROLL_K;
use super::layout::band::BandWeights;
use super::spec::ConvSpec;
use super::tile::{ConvSchedule, LoopOrder, Region};
use crate::base::feature_map::BLOCK;
use crate::base::target::Isa;

/// Builds the kernel.
pub fn build(name: String, spec: &ConvSpec, schedule: &ConvSchedule, isa: &Isa) -> Kernel {
    let weights = BandWeights::of(spec);
    match schedule.order {
        LoopOrder::ChannelsOutside => {
            let mut b = Builder::new(name, isa.lanes, "g", spec.y.planes());
            let frame = Frame::banded(&mut b, spec, schedule, &weights);
            let g = b.task();
            block(&mut b, &frame, &weights, g, &frame.start(g));
            b.finish()
        }
        LoopOrder::RowsOutside(rows) => {
            let mut b = Builder::new(name, isa.lanes, "band", spec.y.h / rows);
            let frame = Frame::banded(&mut b, spec, schedule, &weights);
            let band = b.task();
            b.for_("g", spec.y.planes(), |b, g| {
                block(b, &frame, &weights, g, &frame.start(g).of_band(&frame, band, rows));
            });
            b.finish()
        }
    }
}

/// All tiles of block `g`.
fn block(b: &mut Builder, frame: &Frame, weights: &BandWeights, g: Var, place: &Place) {
    sweep_images(b, frame, place, &|b, frame, region, at, _| tile(b, frame, weights, g, region, at));
}

/// One register tile.
fn tile(b: &mut Builder, frame: &Frame, weights: &BandWeights, g: Var, region: &Region, at: &Place) {
    begin(b, frame, region, &Affine::constant(0).plus(g, BLOCK));
    let [kh, kw] = frame.spec.taps.kernel;
    let mut first = at.clone();
    first.w.base += weights.front;
    b.for_within("u", weights.all_units(), (g, weights.units.clone()), |b, u| {
        b.divide(["cb", "k"], u, BLOCK / UNROLL_K, |b, cb, k| {
            let unit = first.advance(Some(u), 0, weights.panels.pitch_block());
            let unit = unit.advance(Some(cb), frame.spec.x.pitch_plane(), 0).advance(Some(k), UNROLL_K, 0);
            opaque_unless_one(b, "ky", kh, |b, ky| {
                opaque_unless_one(b, "kx", kw, |b, kx| {
                    channels(b, frame, region, &unit.of_tap(frame, ky, kx), UNROLL_K);
                });
            });
        });
    });
    end(b, frame, region, at);
}

/// A loop over taps. Written out by whoever compiles it, it would keep the inputs that several taps see in registers that
/// there are not.
fn opaque_unless_one(
    b: &mut Builder,
    name: &str,
    count: usize,
    body: impl FnOnce(&mut Builder, Option<Var>),
) {
    if count == 1 { body(b, None) } else { b.for_opaque(name, count, |b, var| body(b, Some(var))) }
}
