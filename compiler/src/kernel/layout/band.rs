//! Weights of a convolution in groups that fill no whole blocks: what lies along the diagonal, and little else.

use super::{ConvWeights, UNROLL_K};
use crate::base::feature_map::BLOCK;
use crate::kernel::spec::ConvSpec;
use std::ops::Range;

/// Packed weights by blocks of 16 outputs and units of [`UNROLL_K`] input channels. A block has only the units from the first
/// of its first group to the last of its last group; in these, what connects different groups is zero.
///
/// `[bias of all blocks][block][unit][kh][kw][channel of the unit][16 output channels]`, where blocks begin at the distance
/// that the widest overlap needs. So an address is affine in the block and in the unit, counted from the first channel of
/// all, as if each block had all units: the units that it has not are where other blocks have theirs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BandWeights {
    /// Inputs and outputs of a group.
    pub group: [usize; 2],
    /// The units of each block.
    pub units: Vec<Range<usize>>,
    /// Floats of bias before all else.
    pub front: usize,
    /// From there on: panels that overlap, of blocks of one unit.
    pub panels: ConvWeights,
}

impl BandWeights {
    /// The layout that the kernel of this spec reads. Its groups are those of the operator.
    pub fn of(spec: &ConvSpec) -> Self {
        let group = [spec.x.c, spec.y.c].map(|c| c / spec.groups.max(1));
        let [inputs, outputs] = group.map(|count| count.max(1));
        let units = |first: usize| {
            let last = (first + BLOCK).min(spec.y.c) - 1;
            let channels = first / outputs * inputs..(last / outputs + 1) * inputs;
            channels.start / UNROLL_K..channels.end.div_ceil(UNROLL_K)
        };
        let units: Vec<Range<usize>> = (0..spec.y.c).step_by(BLOCK).map(units).collect();
        let overlaps = units.windows(2).map(|pair| pair[0].end.saturating_sub(pair[1].start));
        let panels = ConvWeights {
            groups: spec.groups,
            panels: units.len(),
            bias: 0,
            in_blocks: overlaps.max().unwrap_or(0),
            kernel: spec.taps.kernel,
            in_lanes: UNROLL_K,
            last_lanes: UNROLL_K,
        };
        let front = if spec.epilogue.bias { BLOCK * units.len() } else { 0 };
        BandWeights { group, units, front, panels }
    }

    /// Units of all input channels.
    pub fn all_units(&self) -> usize {
        self.units.last().map_or(0, |units| units.end)
    }

    /// Input channels that are summed for an output, on average; what connects different groups counts.
    pub fn in_channels(&self) -> f64 {
        let units: usize = self.units.iter().map(ExactSizeIterator::len).sum();
        (UNROLL_K * units) as f64 / self.units.len().max(1) as f64
    }

    /// Floats in all.
    pub fn len(&self) -> usize {
        let before = self.units.len().saturating_sub(1) * self.panels.panel();
        self.front + before + self.all_units() * self.panels.pitch_block()
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of the bias of output channel `o`.
    pub const fn bias_index(&self, o: usize) -> usize {
        o
    }

    /// Index of the weight from input channel `i` of its group to output channel `o` at tap `(ky, kx)`.
    pub const fn index(&self, o: usize, i: usize, ky: usize, kx: usize) -> usize {
        let [inputs, outputs] = self.group;
        self.front + self.panels.index(o, o / outputs * inputs + i, ky, kx)
    }
}
