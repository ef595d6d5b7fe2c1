//! Direct convolution: register tiles of positions by output channels, accumulated over the whole window.
//!
//! ```text
//! tasks g (groups of output blocks)       | tasks band, then g
//!   for n, then for each tile of each region:
//!     acc = bias
//!     for cb, ky, kx: for k (unrolled by 4): acc += splat(x) * w      (a last block that is not full, separately)
//!     y = act(acc + r)
//! ```

use super::build::{Builder, fma, get, load, splat};
use super::conv_frame::{Frame, Place};
use super::epilogue;
use super::halo;
use super::ir::{Affine, Expr, Kernel, Var};
use super::layout::UNROLL_K;
use super::spec::ConvSpec;
use super::tile::{ConvSchedule, LoopOrder, Region};
use crate::base::feature_map::BLOCK;
use crate::base::real::Real;
use crate::base::target::Isa;

/// Builds the kernel.
pub fn build(name: String, spec: &ConvSpec, schedule: &ConvSchedule, isa: &Isa) -> Kernel {
    let groups = spec.out_blocks() / schedule.blocks;
    match schedule.order {
        LoopOrder::ChannelsOutside if spec.groups > 1 => {
            let mut b = Builder::new(name, isa.lanes, "group", spec.groups);
            let frame = Frame::new(&mut b, spec, schedule);
            let group = b.task();
            b.for_("g", groups, |b, g| {
                let place = frame.start(g).of_group(&frame, group);
                sweep_images(b, &frame, &place, &tile);
            });
            b.finish()
        }
        LoopOrder::ChannelsOutside => {
            let mut b = Builder::new(name, isa.lanes, "g", groups);
            let frame = Frame::new(&mut b, spec, schedule);
            let place = frame.start(b.task());
            sweep_images(&mut b, &frame, &place, &tile);
            b.finish()
        }
        LoopOrder::RowsOutside(rows) => {
            let bands = spec.y.h / rows;
            let mut b = Builder::new(name, isa.lanes, "band", bands);
            let frame = Frame::new(&mut b, spec, schedule);
            let band = b.task();
            b.for_("g", groups, |b, g| {
                let place = frame.start(g).of_band(&frame, band, rows);
                sweep_images(b, &frame, &place, &tile);
            });
            b.finish()
        }
    }
}

/// Builds one register tile of a region at a place; the last argument is the number of the tile in its sweep.
pub type Tile<'a> = &'a dyn Fn(&mut Builder, &Frame, &Region, &Place, &Affine);

/// All tiles of every image.
pub fn sweep_images(b: &mut Builder, frame: &Frame, place: &Place, tile: Tile<'_>) {
    if frame.spec.y.n == 1 {
        return sweep(b, frame, place, tile);
    }
    b.for_("n", frame.spec.y.n, |b, n| sweep(b, frame, &place.of_image(frame, n), tile));
}

/// All tiles of one group of output blocks, then the halo around them.
fn sweep(b: &mut Builder, frame: &Frame, place: &Place, tile: Tile<'_>) {
    let mut first = 0;
    for region in &frame.schedule.regions {
        let number = Affine::constant(first);
        first += region.count();
        if frame.schedule.regions.len() > 1 {
            b.comment(describe(region));
        }
        loop_unless_one(b, "ty", region.tiles[0], |b, ty| {
            loop_unless_one(b, "tx", region.tiles[1], |b, tx| {
                let number = step(step(number, ty, region.tiles[1]), tx, 1);
                tile(b, frame, region, &place.of_tile(frame, region, ty, tx), &number);
            });
        });
    }
    let band = match frame.schedule.order {
        LoopOrder::ChannelsOutside => halo::Rows::All,
        LoopOrder::RowsOutside(rows) => halo::Rows::Band { var: b.task(), rows },
    };
    b.unroll("j", frame.schedule.blocks, |b, j| {
        let plane = place.plane.clone().plus(j, frame.spec.y.pitch_plane());
        halo::zero(b, frame.y, &frame.spec.y, plane, band);
    });
}

/// Where a region lies, for the reader.
fn describe(region: &Region) -> String {
    let span = |axis: usize| {
        let (first, count) = (region.origin[axis], region.tiles[axis] * region.tile[axis]);
        format!("{first}..{}", first + count)
    };
    format!("rows {}, columns {}: tiles of {}x{}", span(0), span(1), region.tile[0], region.tile[1])
}

fn step(at: Affine, var: Option<Var>, by: usize) -> Affine {
    match var {
        Some(var) => at.plus(var, by),
        None => at,
    }
}

fn loop_unless_one(b: &mut Builder, name: &str, count: usize, body: impl FnOnce(&mut Builder, Option<Var>)) {
    if count == 1 { body(b, None) } else { b.for_(name, count, |b, var| body(b, Some(var))) }
}

/// One register tile.
fn tile(b: &mut Builder, frame: &Frame, region: &Region, at: &Place, number: &Affine) {
    begin(b, frame, region, &at.w);
    let prefetch = frame.prefetch(&at.w, number);
    prefetch.emit(b, 0, 0, &[]);
    let behind = at.past_bias(frame);
    for blocks in frame.weights.in_runs() {
        let at = behind.past_in_blocks(frame, blocks.first);
        loop_unless_one(b, "cb", blocks.count, |b, cb| {
            let at = at.of_in_block(frame, cb);
            prefetch.emit(b, 1, blocks.first, &[cb]);
            loop_unless_one(b, "ky", frame.spec.taps.kernel[0], |b, ky| {
                loop_unless_one(b, "kx", frame.spec.taps.kernel[1], |b, kx| {
                    let at = at.of_tap(frame, ky, kx);
                    prefetch.emit(b, 2, blocks.first, &[cb, ky, kx]);
                    channels(b, frame, region, &at, blocks.lanes);
                });
            });
        });
    }
    end(b, frame, region, at);
}

/// Accumulators that begin with the bias of the first block, which is at `bias`; that of others is a panel further on.
pub fn begin(b: &mut Builder, frame: &Frame, region: &Region, bias: &Affine) {
    each_acc(b, frame, region, |b, index| {
        let start = match frame.spec.epilogue.bias {
            false => Expr::Const(Real::new(0.0)),
            true => {
                load(frame.w, bias.clone().plus(index[2], frame.weights.panel()).plus(index[3], b.lanes()))
            }
        };
        b.let_(frame.acc, index, start);
    });
}

/// What follows the sums, and the stores.
pub fn end(b: &mut Builder, frame: &Frame, region: &Region, at: &Place) {
    each_acc(b, frame, region, |b, index| {
        let acc = get(frame.acc, index);
        let lane = index[3];
        let sum = match (frame.r, &frame.spec.residual) {
            (Some(r), Some(map)) => {
                let near = at.r.clone().plus(index[0], map.pitch_y()).plus(index[1], map.pitch_x());
                epilogue::add(acc, load(r, near.plus(index[2], map.pitch_plane()).plus(lane, b.lanes())))
            }
            _ => acc,
        };
        let y = &frame.spec.y;
        let near = at.y.clone().plus(index[0], y.pitch_y()).plus(index[1], y.pitch_x());
        let to = near.plus(index[2], y.pitch_plane()).plus(lane, b.lanes());
        b.store(frame.y, to, epilogue::activate(frame.spec.epilogue.act, sum));
    });
}

/// The first `lanes` channels of one input block at one tap.
pub fn channels(b: &mut Builder, frame: &Frame, region: &Region, at: &Place, lanes: usize) {
    let parts = BLOCK / b.lanes();
    let pitch = frame.channel_pitch();
    let unroll = if lanes.is_multiple_of(UNROLL_K) { UNROLL_K } else { lanes };
    loop_unless_one(b, "k", lanes / unroll, |b, k| {
        let at = at.advance(k, unroll * pitch, unroll * BLOCK);
        b.unroll("i", unroll, |b, i| {
            let at = at.advance(Some(i), pitch, BLOCK);
            b.unroll("j", frame.schedule.blocks, |b, j| {
                b.unroll("h", parts, |b, h| {
                    let from = at.w.clone().plus(j, frame.weights.panel()).plus(h, b.lanes());
                    b.let_(frame.wv, &[j, h], load(frame.w, from));
                });
            });
            positions(b, region, |b, r, q| {
                b.let_(
                    frame.xv,
                    &[],
                    splat(frame.x, at.x.clone().plus(r, frame.row_step()).plus(q, frame.column_step())),
                );
                b.unroll("j", frame.schedule.blocks, |b, j| {
                    b.unroll("h", parts, |b, h| {
                        let acc = get(frame.acc, &[r, q, j, h]);
                        b.set(frame.acc, &[r, q, j, h], fma(get(frame.xv, &[]), get(frame.wv, &[j, h]), acc));
                    });
                });
            });
        });
    });
}

fn positions(b: &mut Builder, region: &Region, body: impl FnOnce(&mut Builder, Var, Var)) {
    b.unroll("r", region.tile[0], |b, r| b.unroll("q", region.tile[1], |b, q| body(b, r, q)));
}

/// Runs over the accumulators: index is row, column, block, part of the block.
fn each_acc(b: &mut Builder, frame: &Frame, region: &Region, body: impl FnOnce(&mut Builder, &[Var; 4])) {
    let parts = BLOCK / b.lanes();
    positions(b, region, |b, r, q| {
        b.unroll("j", frame.schedule.blocks, |b, j| b.unroll("h", parts, |b, h| body(b, &[r, q, j, h])));
    });
}
