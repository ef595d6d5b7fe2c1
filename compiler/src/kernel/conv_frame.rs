//! Names and addresses of a convolution kernel: where each loop stands in each array.

use super::build::Builder;
use super::ir::{Affine, ParamId, Role, Var};
use super::layout::ConvWeights;
use super::layout::band::BandWeights;
use super::spec::{ConvSpec, KernelSpec};
use super::tile::{ConvSchedule, LoopOrder, Region};
use crate::base::feature_map::{BLOCK, Order};

/// Parameters, registers and strides of the kernel.
pub struct Frame<'a> {
    pub spec: &'a ConvSpec,
    pub schedule: &'a ConvSchedule,
    pub weights: ConvWeights,
    pub x: ParamId,
    pub w: ParamId,
    pub r: Option<ParamId>,
    pub y: ParamId,
    pub acc: usize,
    pub wv: usize,
    pub xv: usize,
}

/// The current index into each array; `plane` is the start of the output plane, halo included.
#[derive(Clone)]
pub struct Place {
    pub x: Affine,
    pub w: Affine,
    pub r: Affine,
    pub y: Affine,
    pub plane: Affine,
}

impl<'a> Frame<'a> {
    pub fn new(b: &mut Builder, spec: &'a ConvSpec, schedule: &'a ConvSchedule) -> Self {
        Self::over(b, &KernelSpec::Conv(*spec), spec, schedule, ConvWeights::of(spec))
    }

    pub fn depthwise(b: &mut Builder, spec: &'a ConvSpec, schedule: &'a ConvSchedule) -> Self {
        Self::over(b, &KernelSpec::Depthwise(*spec), spec, schedule, ConvWeights::depthwise(spec))
    }

    pub fn grouped(b: &mut Builder, spec: &'a ConvSpec, schedule: &'a ConvSchedule) -> Self {
        Self::over(b, &KernelSpec::Grouped(*spec), spec, schedule, ConvWeights::grouped(spec))
    }

    /// Its weights begin behind all bias.
    pub fn banded(
        b: &mut Builder,
        spec: &'a ConvSpec,
        schedule: &'a ConvSchedule,
        weights: &BandWeights,
    ) -> Self {
        Self::over(b, &KernelSpec::Banded(*spec), spec, schedule, weights.panels)
    }

    fn over(
        b: &mut Builder,
        kernel: &KernelSpec,
        spec: &'a ConvSpec,
        schedule: &'a ConvSchedule,
        weights: ConvWeights,
    ) -> Self {
        let mut find = [None; 4];
        for param in kernel.params() {
            let id = b.param(param.name, param.role, param.len);
            let slot = match (param.role, param.name) {
                (Role::Input, "x") => 0,
                (Role::Weights, _) => 1,
                (Role::Input, _) => 2,
                (Role::Output | Role::Scratch, _) => 3,
            };
            find[slot] = Some(id);
        }
        let id = |slot: usize| find[slot].unwrap_or(ParamId(0));
        let (x, w, r, y) = (id(0), id(1), find[2], id(3));
        b.stride(x, "X_ROW", spec.x.pitch_y());
        b.stride(x, "X_PLANE", spec.x.pitch_plane());
        b.stride(w, "W_TAP", weights.pitch_tap());
        b.stride(w, "W_PANEL", weights.panel());
        b.stride(y, "Y_ROW", spec.y.pitch_y());
        b.stride(y, "Y_PLANE", spec.y.pitch_plane());
        let (acc, wv, xv) = (b.regs("acc"), b.regs("wv"), b.regs("xv"));
        Frame { spec, schedule, weights, x, w, r, y, acc, wv, xv }
    }

    /// From an input channel to the next within its block.
    pub fn channel_pitch(&self) -> usize {
        match self.spec.x.layout.order {
            Order::Planar => self.spec.x.pitch_plane(),
            Order::Blocked => 1,
        }
    }

    /// In the input, from an output row to the next.
    pub fn row_step(&self) -> usize {
        self.spec.taps.stride[0] * self.spec.x.pitch_y()
    }

    /// In the input, from an output column to the next.
    pub fn column_step(&self) -> usize {
        self.spec.taps.stride[1] * self.spec.x.pitch_x()
    }

    /// The first tile of group `g` of output blocks: output planes, weights, and the input at the window's corner.
    pub fn start(&self, g: Var) -> Place {
        let blocks = self.schedule.blocks;
        let r_plane = self.spec.residual.map_or(0, |r| r.pitch_plane());
        let y_plane = self.spec.y.pitch_plane();
        let (w, r, y) = (blocks * self.weights.panel(), blocks * r_plane, blocks * y_plane);
        let mut place = self.corner().moved(Some(g), 0, w, r, y);
        place.plane = place.plane.plus(g, y);
        place
    }

    /// The first tile of the first output block.
    pub fn corner(&self) -> Place {
        let (x, y, taps) = (&self.spec.x, &self.spec.y, &self.spec.taps);
        let corner = x.origin() - taps.pad[0] * x.pitch_y() - taps.pad[1] * x.pitch_x();
        Place {
            x: Affine::constant(corner),
            w: Affine::constant(0),
            r: Affine::constant(self.spec.residual.map_or(0, |r| r.origin())),
            y: Affine::constant(y.origin()),
            plane: Affine::constant(0),
        }
    }

    /// How to spread the prefetch of the weights behind those of this sweep (at `w`) over its tiles.
    pub fn prefetch(&self, w: &Affine, tile: &Affine) -> Prefetch<'_> {
        let tiles: usize = self.schedule.regions.iter().map(Region::count).sum();
        let kernel = self.weights.kernel[0] * self.weights.kernel[1];
        let runs = [tiles, tiles * self.weights.in_blocks, tiles * self.weights.in_blocks * kernel];
        let lines = (self.schedule.blocks * self.weights.panel()).div_ceil(BLOCK);
        let level = runs.iter().rposition(|&runs| runs <= lines).unwrap_or(0);
        let wanted = self.schedule.prefetch > 0 && self.schedule.order == LoopOrder::ChannelsOutside;
        let each = if wanted && runs[0] <= lines { lines.div_ceil(runs[level]) } else { 0 };
        Prefetch { frame: self, w: w.clone(), tile: tile.clone(), level, each }
    }
}

/// Prefetch of the panels that the next sweep (or one further on) reads, a few lines at a time. The last sweep of a
/// layer runs over into the weights of the next layer, which lie behind.
pub struct Prefetch<'a> {
    frame: &'a Frame<'a>,
    w: Affine,
    tile: Affine,
    level: usize,
    each: usize,
}

impl Prefetch<'_> {
    /// Emits the lines of this run when `level` (0: tile, 1: input block, 2: tap) is where they belong. Input blocks are
    /// counted from `first` on.
    pub fn emit(&self, b: &mut Builder, level: usize, first: usize, at: &[Option<Var>]) {
        if level != self.level || self.each == 0 {
            return;
        }
        let weights = &self.frame.weights;
        let [kh, kw] = weights.kernel;
        let scale = match level {
            0 => [1, 0, 0, 0],
            1 => [weights.in_blocks, 1, 0, 0],
            _ => [weights.in_blocks * kh * kw, kh * kw, kw, 1],
        };
        let line = self.each * BLOCK;
        let next = self.frame.schedule.prefetch * self.frame.schedule.blocks * weights.panel();
        let start = self.tile.base * scale[0] + first * scale[1];
        let mut to = self.w.clone().offset(next + start * line);
        for &(var, by) in &self.tile.terms {
            to = to.plus(var, by * scale[0] * line);
        }
        for (var, by) in at.iter().zip(&scale[1..]) {
            if let Some(var) = *var {
                to = to.plus(var, by * line);
            }
        }
        b.unroll("p", self.each, |b, p| b.prefetch(self.frame.w, to.plus(p, BLOCK)));
    }
}

impl Place {
    fn moved(&self, var: Option<Var>, x: usize, w: usize, r: usize, y: usize) -> Place {
        let Some(var) = var else { return self.clone() };
        Place {
            x: self.x.clone().plus(var, x),
            w: self.w.clone().plus(var, w),
            r: self.r.clone().plus(var, r),
            y: self.y.clone().plus(var, y),
            plane: self.plane.clone(),
        }
    }

    /// In group `group` of a grouped convolution.
    pub fn of_group(&self, frame: &Frame, group: Var) -> Place {
        let (spec, weights) = (frame.spec, &frame.weights);
        let out = spec.out_blocks();
        let r = spec.residual.map_or(0, |r| out * r.pitch_plane());
        let y = out * spec.y.pitch_plane();
        let mut place =
            self.moved(Some(group), weights.in_blocks * spec.x.pitch_plane(), out * weights.panel(), r, y);
        place.plane = place.plane.plus(group, y);
        place
    }

    /// In band `band` of `rows` output rows.
    pub fn of_band(&self, frame: &Frame, band: Var, rows: usize) -> Place {
        let r = frame.spec.residual.map_or(0, |r| rows * r.pitch_y());
        self.moved(Some(band), rows * frame.row_step(), 0, r, rows * frame.spec.y.pitch_y())
    }

    /// In image `n` of the batch.
    pub fn of_image(&self, frame: &Frame, n: Var) -> Place {
        let spec = frame.spec;
        let r = spec.residual.map_or(0, |r| r.pitch_n());
        let mut place = self.moved(Some(n), spec.x.pitch_n(), 0, r, spec.y.pitch_n());
        place.plane = place.plane.plus(n, spec.y.pitch_n());
        place
    }

    /// At tile `(ty, tx)` of a region.
    pub fn of_tile(&self, frame: &Frame, region: &Region, ty: Option<Var>, tx: Option<Var>) -> Place {
        let ([y0, x0], [rows, columns]) = (region.origin, region.tile);
        let spec = frame.spec;
        let (r_row, r_column) = spec.residual.map_or((0, 0), |r| (r.pitch_y(), r.pitch_x()));
        let (y_row, y_column) = (spec.y.pitch_y(), spec.y.pitch_x());
        let mut at = self.clone();
        at.x.base += y0 * frame.row_step() + x0 * frame.column_step();
        at.r.base += y0 * r_row + x0 * r_column;
        at.y.base += y0 * y_row + x0 * y_column;
        let at = at.moved(ty, rows * frame.row_step(), 0, rows * r_row, rows * y_row);
        at.moved(tx, columns * frame.column_step(), 0, columns * r_column, columns * y_column)
    }

    /// At the weights behind the bias.
    pub fn past_bias(&self, frame: &Frame) -> Place {
        let mut at = self.clone();
        at.w.base += frame.weights.bias;
        at
    }

    /// At input block number `blocks`.
    pub fn past_in_blocks(&self, frame: &Frame, blocks: usize) -> Place {
        let mut at = self.clone();
        at.x.base += blocks * frame.spec.x.pitch_plane();
        at.w.base += blocks * frame.weights.pitch_block();
        at
    }

    /// At input block `cb`.
    pub fn of_in_block(&self, frame: &Frame, cb: Option<Var>) -> Place {
        self.moved(cb, frame.spec.x.pitch_plane(), frame.weights.pitch_block(), 0, 0)
    }

    /// At tap `(ky, kx)`.
    pub fn of_tap(&self, frame: &Frame, ky: Option<Var>, kx: Option<Var>) -> Place {
        let (x, dilation, tap) = (&frame.spec.x, frame.spec.taps.dilation, frame.weights.pitch_tap());
        let at = self.moved(ky, dilation[0] * x.pitch_y(), frame.weights.kernel[1] * tap, 0, 0);
        at.moved(kx, dilation[1] * x.pitch_x(), tap, 0, 0)
    }

    /// At tap `kx` of a row.
    pub fn past_taps(&self, frame: &Frame, kx: usize) -> Place {
        let mut at = self.clone();
        at.x.base += kx * frame.spec.taps.dilation[1] * frame.spec.x.pitch_x();
        at.w.base += kx * frame.weights.pitch_tap();
        at
    }

    /// In block `plane` of a convolution of as many outputs as inputs.
    pub fn of_plane(&self, frame: &Frame, plane: Var) -> Place {
        let spec = frame.spec;
        let r = spec.residual.map_or(0, |r| r.pitch_plane());
        let y = spec.y.pitch_plane();
        let mut place = self.moved(Some(plane), spec.x.pitch_plane(), frame.weights.panel(), r, y);
        place.plane = place.plane.plus(plane, y);
        place
    }

    /// In vector `i` of outputs that read the same inputs.
    pub fn of_outputs(&self, i: Var, lanes: usize) -> Place {
        self.moved(Some(i), 0, lanes, lanes, lanes)
    }

    /// In part `h` of each block, a vector of `lanes` channels.
    pub fn of_part(&self, h: Var, lanes: usize) -> Place {
        self.moved(Some(h), lanes, lanes, lanes, lanes)
    }

    /// Further by some channels.
    pub fn advance(&self, var: Option<Var>, x: usize, w: usize) -> Place {
        self.moved(var, x, w, 0, 0)
    }
}
