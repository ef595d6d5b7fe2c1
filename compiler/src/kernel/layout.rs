//! Where each number of packed weights lies: one definition for the kernel builders and for the weight packer.

pub mod band;

use super::spec::{ConvSpec, MatMulSpec, WinogradSpec};
use crate::base::feature_map::{BLOCK, Order};

/// Packed convolution weights: per block of 16 output channels a panel of
/// `[bias 16][input block][kh][kw][channel of the block][16 output channels]`.
///
/// One panel is a stream that a kernel reads in order. Instruction sets differ only in how many panels they read side
/// by side, so all share one blob. A planar input has no blocks: all its channels are one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct ConvWeights {
    /// Groups of the packed convolution.
    pub groups: usize,
    /// Output panels in all.
    pub panels: usize,
    /// Floats of bias at the start of a panel: 16 or 0.
    pub bias: usize,
    /// Blocks of input channels per group.
    pub in_blocks: usize,
    pub kernel: [usize; 2],
    /// Channels of an input block: 16, or all of a planar input.
    pub in_lanes: usize,
    /// Channels of the last input block that there are, in steps of the innermost loop.
    pub last_lanes: usize,
}

/// Steps of k in the text of the innermost loop of a convolution.
pub const UNROLL_K: usize = 4;

/// Neighbouring blocks of input channels of which as many channels exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InRun {
    /// The first block.
    pub first: usize,
    /// Blocks.
    pub count: usize,
    /// Channels of each that are to be summed; the others do not exist.
    pub lanes: usize,
}

impl ConvWeights {
    /// The layout that the kernel of this spec reads.
    pub fn of(spec: &ConvSpec) -> Self {
        let (in_blocks, in_lanes) = match spec.x.layout.order {
            Order::Planar => (1, spec.x.c),
            Order::Blocked => (spec.x.c.div_ceil(BLOCK) / spec.groups, BLOCK),
        };
        let missing = match spec.groups {
            1 => in_blocks * in_lanes - spec.x.c,
            _ => 0,
        };
        let last_lanes = in_lanes - missing / UNROLL_K * UNROLL_K;
        ConvWeights {
            groups: spec.groups,
            panels: spec.y.c.div_ceil(BLOCK),
            bias: if spec.epilogue.bias { BLOCK } else { 0 },
            in_blocks,
            kernel: spec.taps.kernel,
            in_lanes,
            last_lanes,
        }
    }

    /// The layout that the depthwise kernel of this spec reads: every channel is a group of its own, and what is stored
    /// of a tap is the one vector of 16 numbers by which those of the block are multiplied.
    pub fn depthwise(spec: &ConvSpec) -> Self {
        let bias = if spec.epilogue.bias { BLOCK } else { 0 };
        let (groups, panels) = (spec.x.c, spec.y.planes());
        ConvWeights {
            groups,
            panels,
            bias,
            in_blocks: 1,
            kernel: spec.taps.kernel,
            in_lanes: 1,
            last_lanes: 1,
        }
    }

    /// The layout that the kernel of small groups reads, several of which are in a block of 16 channels: what is stored of a
    /// tap is, for each input of a group, the vector of 16 numbers by which it is multiplied for the outputs of the block.
    pub fn grouped(spec: &ConvSpec) -> Self {
        ConvWeights { groups: spec.groups, in_blocks: spec.x.c / spec.groups, ..Self::depthwise(spec) }
    }

    /// The blocks of input channels: those that are full, then the last if it is not.
    pub fn in_runs(&self) -> impl Iterator<Item = InRun> {
        let full = if self.last_lanes == self.in_lanes { self.in_blocks } else { self.in_blocks - 1 };
        let whole = InRun { first: 0, count: full, lanes: self.in_lanes };
        let last = InRun { first: full, count: self.in_blocks - full, lanes: self.last_lanes };
        [whole, last].into_iter().filter(|run| run.count > 0)
    }

    /// Channels that are summed: all that exist, in steps of the innermost loop.
    pub fn in_channels(&self) -> usize {
        self.in_runs().map(|run| run.count * run.lanes).sum()
    }

    /// Floats from one tap to the next.
    pub const fn pitch_tap(&self) -> usize {
        self.in_lanes * BLOCK
    }

    /// Floats from one block of input channels to the next.
    pub const fn pitch_block(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.pitch_tap()
    }

    /// Floats of one panel.
    pub const fn panel(&self) -> usize {
        self.bias + self.in_blocks * self.pitch_block()
    }

    /// Floats in all.
    pub const fn len(&self) -> usize {
        self.panels * self.panel()
    }

    /// True when there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of the weight from input channel `i` of its group to output channel `o` at tap `(ky, kx)`.
    pub const fn index(&self, o: usize, i: usize, ky: usize, kx: usize) -> usize {
        o / BLOCK * self.panel()
            + self.bias
            + i / self.in_lanes * self.pitch_block()
            + (ky * self.kernel[1] + kx) * self.pitch_tap()
            + i % self.in_lanes * BLOCK
            + o % BLOCK
    }

    /// Index of the bias of output channel `o`.
    pub const fn bias_index(&self, o: usize) -> usize {
        o / BLOCK * self.panel() + o % BLOCK
    }
}

/// Packed weights of a Winograd convolution: per block of 16 output channels a panel of
/// `[bias 16][frequency][input block][channel of the block][16 output channels]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct WinogradWeights {
    /// Frequencies down and across a tile.
    pub grid: [usize; 2],
    /// Output panels in all.
    pub panels: usize,
    /// Floats of bias at the start of a panel: 16 or 0.
    pub bias: usize,
    /// Blocks of input channels per group.
    pub in_blocks: usize,
}

impl WinogradWeights {
    /// The layout that the kernel of this spec reads.
    pub fn of(spec: &WinogradSpec) -> Self {
        WinogradWeights {
            grid: spec.tile.map(|m| m + 2),
            panels: spec.conv.y.c.div_ceil(BLOCK),
            bias: if spec.conv.epilogue.bias { BLOCK } else { 0 },
            in_blocks: spec.conv.x.c.div_ceil(BLOCK) / spec.conv.groups,
        }
    }

    /// Number of frequencies.
    pub const fn frequencies(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Floats from one block of input channels to the next.
    pub const fn pitch_block(&self) -> usize {
        BLOCK * BLOCK
    }

    /// Floats from one frequency to the next.
    pub const fn pitch_frequency(&self) -> usize {
        self.in_blocks * self.pitch_block()
    }

    /// Floats of one panel.
    pub const fn panel(&self) -> usize {
        self.bias + self.frequencies() * self.pitch_frequency()
    }

    /// Floats in all.
    pub const fn len(&self) -> usize {
        self.panels * self.panel()
    }

    /// True when there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of the weight from input channel `i` to output channel `o` at frequency `f`.
    pub const fn index(&self, o: usize, i: usize, f: usize) -> usize {
        o / BLOCK * self.panel()
            + self.bias
            + f * self.pitch_frequency()
            + i / BLOCK * self.pitch_block()
            + i % BLOCK * BLOCK
            + o % BLOCK
    }

    /// Index of the bias of output channel `o`.
    pub const fn bias_index(&self, o: usize) -> usize {
        o / BLOCK * self.panel() + o % BLOCK
    }
}

/// Packed right operand of a matrix product: per block of 16 columns `[bias 16][k][16]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct MatMulWeights {
    pub k: usize,
    /// Panels of 16 columns, the last filled up with zeros.
    pub panels: usize,
    /// Floats of bias at the start of a panel: 16 or 0.
    pub bias: usize,
}

impl MatMulWeights {
    /// The layout that the kernel of this spec reads.
    pub fn of(spec: &MatMulSpec) -> Self {
        let bias = if spec.epilogue.bias { BLOCK } else { 0 };
        MatMulWeights { k: spec.k, panels: spec.n.div_ceil(BLOCK), bias }
    }

    /// Floats of one panel.
    pub const fn panel(&self) -> usize {
        self.bias + self.k * BLOCK
    }

    /// Floats in all.
    pub const fn len(&self) -> usize {
        self.panels * self.panel()
    }

    /// True when there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of the weight of row `k`, column `n`.
    pub const fn index(&self, k: usize, n: usize) -> usize {
        n / BLOCK * self.panel() + self.bias + k * BLOCK + n % BLOCK
    }

    /// Index of the bias of column `n`.
    pub const fn bias_index(&self, n: usize) -> usize {
        n / BLOCK * self.panel() + n % BLOCK
    }
}
