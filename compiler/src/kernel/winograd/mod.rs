//! Winograd convolution F(my x mx, 3x3) of stride 1 or 2, fused by band.
//!
//! ```text
//! tasks band (rows of tiles)                     | once: the input transform; tasks g
//!   input transform of all channels -> V [f][cb][tile][16]
//!   for g (groups of output blocks):
//!     for f (frequencies): M[f][tile][block] = sum over cb, k of V * U    (register tiles of tiles by blocks)
//!     for each tile: y = act(A^T M A + bias + r)
//! ```
//!
//! Of stride 2, each axis is two filters: the outer taps over every other input, F(m, 2), and the middle tap over the inputs
//! between, whose points share their weights.
//!
//! Groups share the input transform; the products of each read their part of it.
//!
//! Tiles at the right and lower edge may be partial: the rows and columns that do not exist are left out of their
//! transforms when the kernel is built.

mod gemm;
pub mod matrices;
mod place;
mod transform;

use super::build::Builder;
use super::halo;
use super::ir::{Affine, Kernel, Var};
use super::spec::WinogradSpec;
use crate::base::feature_map::{BLOCK, Halo};
use crate::base::target::Isa;
use place::{Band, Frame};

/// How the products of a Winograd convolution run on one instruction set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WinogradSchedule {
    /// Output blocks of 16 channels computed side by side; at most [`MOST_BLOCKS`](super::spec::MOST_BLOCKS).
    pub blocks: usize,
    /// Most tiles in a register tile.
    pub tiles: usize,
    /// How far ahead of its use a line of weights is asked for, in blocks of input channels (1 KiB); 0 for never.
    pub prefetch: usize,
}

impl WinogradSchedule {
    /// One tile and one block at a time: right for every spec.
    pub const SIMPLEST: WinogradSchedule = WinogradSchedule { blocks: 1, tiles: 1, prefetch: Self::AHEAD };

    /// How far ahead weights are asked for where nothing else is said.
    pub const AHEAD: usize = 4;
}

/// Builds the kernel.
pub fn build(name: String, spec: &WinogradSpec, schedule: &WinogradSchedule, isa: &Isa) -> Kernel {
    let groups = spec.conv.groups * spec.conv.out_blocks() / schedule.blocks;
    let bands = Band::all(spec);
    let one_band = bands.len() == 1 && bands[0].count == 1;
    match (one_band, spec.conv.y.n) {
        (true, 1) => {
            let mut b = Builder::new(name, isa.lanes, "g", groups);
            let frame = Frame::new(&mut b, spec, schedule, isa);
            let band = &bands[0];
            b.prologue(|b| transform::input(b, &frame, band, &Affine::constant(0)));
            let g = b.task();
            group(&mut b, &frame, band, g, &Position::default());
            b.finish()
        }
        (true, images) => {
            let mut b = Builder::new(name, isa.lanes, "n", images);
            let frame = Frame::new(&mut b, spec, schedule, isa);
            let n = b.task();
            sweep(&mut b, &frame, &bands[0], groups, &Position { image: Some(n), number: None });
            b.finish()
        }
        (false, images) => {
            let tasks = bands.iter().map(|band| band.count).sum();
            let mut b = Builder::new(name, isa.lanes, "band", tasks);
            let frame = Frame::new(&mut b, spec, schedule, isa);
            let task = b.task();
            let mut first = 0;
            for band in &bands {
                let range = first..first + band.count;
                first += band.count;
                // A band that is alone of its kind starts at a fixed row; others count from task 0.
                let number = (band.count > 1).then_some(task);
                let body = |b: &mut Builder| {
                    b.for_("n", images, |b, n| {
                        sweep(b, &frame, band, groups, &Position { image: Some(n), number });
                    });
                };
                if band.count == tasks { body(&mut b) } else { b.if_(task, range, body) }
            }
            b.finish()
        }
    }
}

/// Which image, and which band of its kind.
#[derive(Clone, Copy, Default)]
struct Position {
    image: Option<Var>,
    number: Option<Var>,
}

impl Position {
    /// Adds the steps of the image and of the band to an address.
    fn step(&self, mut at: Affine, per_image: usize, per_band: usize) -> Affine {
        if let Some(image) = self.image {
            at = at.plus(image, per_image);
        }
        match self.number {
            Some(number) => at.plus(number, per_band),
            None => at,
        }
    }
}

/// One band: its input transform, then every group of output blocks.
fn sweep(b: &mut Builder, frame: &Frame, band: &Band, groups: usize, position: &Position) {
    let x = &frame.spec.conv.x;
    let start = position.step(Affine::constant(0), x.pitch_n(), band.input_step(frame.spec) * x.pitch_y());
    transform::input(b, frame, band, &start);
    b.for_("g", groups, |b, g| group(b, frame, band, g, position));
}

/// One group of output blocks of one band: products, inverse transform, halo.
fn group(b: &mut Builder, frame: &Frame, band: &Band, g: Var, position: &Position) {
    let weights = Affine::constant(0).plus(g, frame.blocks * frame.weights.panel());
    let per_group = frame.spec.conv.out_blocks() / frame.blocks;
    let inputs = frame.weights.in_blocks * frame.v_block();
    match frame.spec.conv.groups {
        1 => gemm::products(b, frame, band, &weights, &Affine::default()),
        _ => b.quotient("group", g, per_group, |b, group| {
            gemm::products(b, frame, band, &weights, &Affine::default().plus(group, inputs));
        }),
    }
    transform::output(b, frame, band, g, &weights, position);
    let y = &frame.spec.conv.y;
    let rows = halo::Span {
        first: position.number.map(|number| (number, band.rows * frame.spec.tile[0])),
        start: band.first_row(frame.spec),
        count: band.output_rows(frame.spec),
        top: band.first == 0,
        bottom: band.last(frame.spec),
    };
    if y.layout.halo == Halo::NONE {
        return;
    }
    b.for_("j", frame.blocks, |b, j| {
        let plane = position.step(Affine::constant(0), y.pitch_n(), 0);
        let plane = plane.plus(g, frame.blocks * y.pitch_plane()).plus(j, y.pitch_plane());
        halo::span(b, frame.y, y, &plane, &rows);
    });
}

/// Vectors of a block on this instruction set.
fn parts(b: &Builder) -> usize {
    BLOCK / b.lanes()
}
