//! Where things lie in a Winograd kernel: bands of tiles, the scratch memory, the arrays.

use super::WinogradSchedule;
use super::matrices::{Matrices, matrices};
use crate::base::feature_map::BLOCK;
use crate::base::target::Isa;
use crate::kernel::build::Builder;
use crate::kernel::ir::ParamId;
use crate::kernel::layout::WinogradWeights;
use crate::kernel::spec::{KernelSpec, WinogradSpec};

/// Parameters, registers and matrices of the kernel.
pub struct Frame<'a> {
    pub spec: &'a WinogradSpec,
    pub weights: WinogradWeights,
    pub blocks: usize,
    pub most_tiles: usize,
    pub prefetch: usize,
    pub x: ParamId,
    pub w: ParamId,
    pub r: Option<ParamId>,
    pub s: ParamId,
    pub y: ParamId,
    /// By axis.
    pub matrices: [Matrices; 2],
    /// Points of a tile, by axis.
    pub points: [usize; 2],
    /// Registers do not hold what is between the passes of a transform.
    pub fenced: bool,
}

impl<'a> Frame<'a> {
    pub fn new(b: &mut Builder, spec: &'a WinogradSpec, schedule: &WinogradSchedule, isa: &Isa) -> Self {
        let params = KernelSpec::Winograd(*spec).params();
        let ids: Vec<(&str, ParamId)> =
            params.iter().map(|p| (p.name, b.param(p.name, p.role, p.len))).collect();
        let find = |name: &str| ids.iter().find(|(n, _)| *n == name).map(|&(_, id)| id);
        let id = |name: &str| find(name).unwrap_or(ParamId(0));
        let (x, w, s, y) = (id("x"), id("w"), id("s"), id("y"));
        let weights = WinogradWeights::of(spec);
        b.stride(x, "X_ROW", spec.conv.x.pitch_y());
        b.stride(x, "X_PLANE", spec.conv.x.pitch_plane());
        b.stride(w, "W_PANEL", weights.panel());
        b.stride(w, "W_FREQUENCY", weights.pitch_frequency());
        b.stride(y, "Y_ROW", spec.conv.y.pitch_y());
        b.stride(y, "Y_PLANE", spec.conv.y.pitch_plane());
        let matrices = [0, 1].map(|axis| matrices(spec.tile[axis], spec.conv.taps.stride[axis]));
        let points = spec.points();
        let &WinogradSchedule { blocks, tiles: most_tiles, prefetch } = schedule;
        let (r, fenced) = (find("r"), isa.registers < points[0] * points[1]);
        Frame { spec, weights, blocks, most_tiles, prefetch, x, w, r, s, y, matrices, points, fenced }
    }

    /// Points of a tile.
    pub fn frequencies(&self) -> usize {
        self.points[0] * self.points[1]
    }

    /// In V, from a frequency to the next.
    pub fn v_frequency(&self) -> usize {
        self.spec.conv.x.planes() * self.v_block()
    }

    /// In V, from a block of input channels to the next.
    pub fn v_block(&self) -> usize {
        self.spec.band_tiles() * BLOCK
    }

    /// First float of M: the products, `[f][tile][block][16]`.
    pub fn m_start(&self) -> usize {
        self.frequencies() * self.v_frequency()
    }

    /// First float of what is between the two passes of a transform: a vector of 16 channels per frequency.
    pub fn t_start(&self) -> usize {
        self.spec.scratch() - self.frequencies() * BLOCK
    }

    /// In M, from a frequency to the next.
    pub fn m_frequency(&self) -> usize {
        self.spec.band_tiles() * self.m_tile()
    }

    /// In M, from a tile to the next.
    pub fn m_tile(&self) -> usize {
        self.blocks * BLOCK
    }
}

/// Bands of the same kind: `count` of them, `rows` rows of tiles each, from tile row `first` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Band {
    pub first: usize,
    pub rows: usize,
    pub count: usize,
}

/// Tiles `first..first + count` along an axis, each with this many outputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    pub first: usize,
    pub count: usize,
    pub outputs: usize,
}

impl Band {
    /// The kinds of bands of a spec, from the top: whole bands of whole tiles, then what is left.
    pub fn all(spec: &WinogradSpec) -> Vec<Band> {
        let rows = spec.tiles()[0];
        let whole = spec.conv.y.h / spec.tile[0] / spec.band;
        let mut list = vec![Band { first: 0, rows: spec.band, count: whole }];
        let mut first = whole * spec.band;
        while first < rows {
            let rows = spec.band.min(rows - first);
            list.push(Band { first, rows, count: 1 });
            first += rows;
        }
        list.retain(|band| band.count > 0);
        list
    }

    /// Tiles of one band.
    pub fn tiles(&self, spec: &WinogradSpec) -> usize {
        self.rows * spec.tiles()[1]
    }

    /// First output row of the first band.
    pub fn first_row(&self, spec: &WinogradSpec) -> usize {
        self.first * spec.tile[0]
    }

    /// Rows of input from one band to the next.
    pub fn input_step(&self, spec: &WinogradSpec) -> usize {
        self.rows * spec.tile[0] * spec.conv.taps.stride[0]
    }

    /// Output rows of one band.
    pub fn output_rows(&self, spec: &WinogradSpec) -> usize {
        let rows = self.rows * spec.tile[0];
        if self.count > 1 { rows } else { rows.min(spec.conv.y.h - self.first_row(spec)) }
    }

    /// True when the last of these bands is the last of the map.
    pub fn last(&self, spec: &WinogradSpec) -> bool {
        self.first + self.rows * self.count == spec.tiles()[0]
    }

    /// Runs of alike tiles down the band.
    pub fn down(&self, spec: &WinogradSpec) -> Vec<Run> {
        runs(self.output_rows(spec), spec.tile[0])
    }
}

/// Runs of alike tiles across the map.
pub fn across(spec: &WinogradSpec) -> Vec<Run> {
    runs(spec.conv.y.w, spec.tile[1])
}

fn runs(outputs: usize, tile: usize) -> Vec<Run> {
    let (whole, rest) = (outputs / tile, outputs % tile);
    let all = [Run { first: 0, count: whole, outputs: tile }, Run { first: whole, count: 1, outputs: rest }];
    all.into_iter().filter(|run| run.count > 0 && run.outputs > 0).collect()
}
