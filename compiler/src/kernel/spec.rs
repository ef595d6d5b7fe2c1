//! What a kernel computes, in numbers alone: equal specs are one generated function.

pub mod movement;

pub use super::along::AlongSpec;
pub use super::lrn::LrnSpec;
pub use super::reduce::ReduceSpec;
use crate::base::binary::BinaryKind;
use crate::base::epilogue::{Act, Epilogue};
use crate::base::feature_map::{BLOCK, FeatureMap};
use movement::{CopySpec, ResampleSpec};

/// Everything that the compiler has a kernel for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum KernelSpec {
    /// Direct convolution.
    Conv(ConvSpec),
    /// Convolution of each channel by itself, as many outputs as inputs. Its groups are blocks of 16 channels.
    Depthwise(ConvSpec),
    /// Convolution in groups of 2, 4 or 8 channels, as many outputs as inputs. Its groups are those of the operator.
    Grouped(ConvSpec),
    /// Direct convolution in groups that fill no whole blocks of 16 channels. Its groups are those of the operator.
    Banded(ConvSpec),
    /// Winograd convolution.
    Winograd(WinogradSpec),
    /// Matrix product.
    MatMul(MatMulSpec),
    /// Max or average pool.
    Pool(PoolSpec),
    /// Mean of each plane.
    GlobalPool(GlobalPoolSpec),
    /// Elementwise work and copies between layouts.
    Map(MapSpec),
    /// Softmax along one axis.
    Softmax(SoftmaxSpec),
    /// Elements put elsewhere.
    Copy(CopySpec),
    /// Weighted sums of neighbours.
    Resample(ResampleSpec),
    /// Reduction over some axes.
    Reduce(ReduceSpec),
    /// What the order of elements along an axis decides.
    Along(AlongSpec),
    /// Local response normalisation.
    Lrn(LrnSpec),
}

/// Output blocks for which the scratch memory of a Winograd convolution has room.
pub const MOST_BLOCKS: usize = 4;

/// Kernel extents, stride, dilation and the padding before; (height, width) pairs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Taps {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub pad: [usize; 2],
}

/// A convolution of blocked (or, for few channels, planar) maps into a blocked map.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ConvSpec {
    /// Input; its halo covers the padding.
    pub x: FeatureMap,
    /// Output, blocked.
    pub y: FeatureMap,
    /// The tensor that the epilogue adds, blocked.
    pub residual: Option<FeatureMap>,
    /// Window.
    pub taps: Taps,
    /// Groups after packing: each reads and writes whole blocks (see [`ConvWeights`](super::layout::ConvWeights)).
    pub groups: usize,
    /// Bias, residual and activation.
    pub epilogue: Epilogue,
}

/// A 3x3 convolution of stride 1 or 2 by Winograd's minimal filtering.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WinogradSpec {
    /// What it computes.
    pub conv: ConvSpec,
    /// Outputs of a tile, down and across: m of F(m, 3) by axis; of stride 2, m of F(m, 2) and F(m, 1).
    pub tile: [usize; 2],
    /// Rows of tiles that are transformed at a time.
    pub band: usize,
}

impl WinogradSpec {
    /// Tiles down and across the output; those at the edge may be partial.
    pub fn tiles(&self) -> [usize; 2] {
        [self.conv.y.h.div_ceil(self.tile[0]), self.conv.y.w.div_ceil(self.tile[1])]
    }

    /// Tiles of a band.
    pub fn band_tiles(&self) -> usize {
        self.band * self.tiles()[1]
    }

    /// Points at which a tile is multiplied, down and across. Of stride 2, some share their weights.
    pub fn points(&self) -> [usize; 2] {
        [0, 1].map(|axis| match self.conv.taps.stride[axis] {
            1 => self.tile[axis] + 2,
            _ => 2 * self.tile[axis] + 1,
        })
    }

    /// Inputs that `outputs` neighbours along an axis read.
    pub fn inputs(&self, axis: usize, outputs: usize) -> usize {
        self.conv.taps.stride[axis] * (outputs - 1) + 3
    }

    /// Floats of scratch memory: the transformed input of a band, the products of a group of output blocks, and one tile
    /// between the passes of a transform.
    pub fn scratch(&self) -> usize {
        let [down, across] = self.points();
        down * across * BLOCK * (self.band_tiles() * (self.conv.x.planes() + MOST_BLOCKS) + 1)
    }
}

/// `y[b][m][n] = act(sum_k x[b][m][k] * w[b][k][n] + bias[n])` over row-major operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct MatMulSpec {
    /// Products of as many matrices, which lie one behind the other; 1 where the right operand is packed.
    pub batch: usize,
    pub m: usize,
    pub k: usize,
    pub n: usize,
    /// The left operand is stored `[K,M]`.
    pub trans_a: bool,
    /// The right operand: packed weights, or a row-major `[K,N]` activation.
    pub rhs: Rhs,
    /// Bias (only with packed weights) and activation.
    pub epilogue: Epilogue,
}

/// Where the right operand of a matrix product comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rhs {
    /// Constant: [`MatMulWeights`](super::layout::MatMulWeights).
    Packed,
    /// Computed at run time.
    RowMajor,
}

/// A pool over blocked maps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct PoolSpec {
    pub x: FeatureMap,
    pub y: FeatureMap,
    pub taps: Taps,
    pub kind: PoolKind,
}

/// What a pool makes of its window.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PoolKind {
    /// Largest element inside the map.
    Max,
    /// Sum of the elements inside the map.
    Sum,
    /// Mean of the elements inside the map.
    Average,
    /// Mean that counts `[bottom, right]` padding, and that before, as elements.
    AveragePadded([usize; 2]),
}

/// Mean over the plane of each channel of a blocked map.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct GlobalPoolSpec {
    pub x: FeatureMap,
    pub y: FeatureMap,
}

/// `y[i..] = act(f(x0[i..], x1[i..], ..))` over a nest of extents with one stride per axis and operand.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MapSpec {
    /// What is computed.
    pub func: MapFn,
    /// Activation of the result.
    pub act: Act,
    /// Loop extents, outermost first; the last may be vectorised.
    pub extents: Vec<usize>,
    /// The result.
    pub y: Strided,
    /// The operands.
    pub xs: Vec<Strided>,
    /// The map whose halo (and channel padding) is filled with zeros around the result.
    pub halo: Option<FeatureMap>,
    /// Length of the packed weights, when an operand is constant.
    pub weights: usize,
}

/// Elementwise functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MapFn {
    /// `x0`.
    Copy,
    /// A function of `x0` and `x1`.
    Binary(BinaryKind),
    /// `x0 ? x1 : x2`.
    Select,
    /// `x0 * x1 + x2`.
    Fma,
}

/// An operand of a map: array, first element, stride of each axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Strided {
    /// True when it lies in the packed weights.
    pub weights: bool,
    /// Length of its array.
    pub len: usize,
    /// First element.
    pub base: usize,
    /// Elements from one index to the next, per axis; 0 broadcasts.
    pub strides: Vec<usize>,
}

/// Softmax, or its logarithm, over the middle axis of `[outer][len][inner]`, row-major.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct SoftmaxSpec {
    pub log: bool,
    pub outer: usize,
    pub len: usize,
    pub inner: usize,
}

impl KernelSpec {
    /// Floating-point operations by the usual count: two per multiply-add of a convolution or matrix product (padding
    /// included, channel padding not), none elsewhere.
    pub fn flops(&self) -> u64 {
        match self {
            KernelSpec::Conv(spec)
            | KernelSpec::Grouped(spec)
            | KernelSpec::Banded(spec)
            | KernelSpec::Winograd(WinogradSpec { conv: spec, .. }) => spec.flops(),
            KernelSpec::Depthwise(ConvSpec { y, taps, .. }) => {
                2 * (y.n * y.c * y.h * y.w * taps.kernel[0] * taps.kernel[1]) as u64
            }
            KernelSpec::MatMul(spec) => 2 * (spec.batch * spec.m * spec.k * spec.n) as u64,
            _ => 0,
        }
    }

    /// True for a kernel that only puts elements elsewhere.
    pub fn is_copy(&self) -> bool {
        match self {
            KernelSpec::Copy(_) => true,
            KernelSpec::Map(spec) => spec.func == MapFn::Copy && spec.act.is_none(),
            _ => false,
        }
    }

    /// Bytes that one run reads and writes at least.
    pub fn bytes(&self) -> u64 {
        if let KernelSpec::Copy(spec) = self {
            // Its arrays may be larger than what it takes of them.
            return 8 * spec.elements() as u64;
        }
        self.params().iter().map(|param| 4 * param.len as u64).sum()
    }
}

impl ConvSpec {
    /// Two per multiply-add, see [`KernelSpec::flops`]. Grouped weights that packing makes denser count as packed.
    pub fn flops(&self) -> u64 {
        let FeatureMap { n, c, h, w, .. } = self.y;
        let taps = self.taps.kernel[0] * self.taps.kernel[1];
        2 * (n * c * h * w * taps * self.x.c / self.groups) as u64
    }

    /// The same with as few groups as have whole blocks of inputs and outputs each: as many as that takes of the operator's are
    /// one, with zeros between them.
    #[must_use]
    pub fn packed(&self) -> ConvSpec {
        let whole = |c: usize, groups: usize| (c / groups).is_multiple_of(BLOCK);
        let fits = |groups: &usize| {
            self.groups.is_multiple_of(*groups) && whole(self.x.c, *groups) && whole(self.y.c, *groups)
        };
        ConvSpec { groups: (2..=self.groups).rev().find(fits).unwrap_or(1), ..*self }
    }

    /// True for what [`KernelSpec::Grouped`] computes: groups of 2, 4 or 8 inputs and as many outputs. Its groups are those of
    /// the operator.
    pub const fn small_groups(&self) -> bool {
        let size = self.x.c / self.groups;
        self.x.c == self.y.c && self.x.c == size * self.groups && matches!(size, 2 | 4 | 8)
    }

    /// Blocks of output channels per group.
    pub fn out_blocks(&self) -> usize {
        self.y.c.div_ceil(BLOCK) / self.groups
    }
}
