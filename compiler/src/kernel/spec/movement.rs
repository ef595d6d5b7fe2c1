//! Kernels that put elements elsewhere: nests of loops over addresses that are affine on every side.

use crate::base::feature_map::FeatureMap;
use crate::base::real::Real;

/// `y[..] = x[..]` over pieces.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CopySpec {
    /// Floats of the operand.
    pub x: usize,
    /// Floats of the result.
    pub y: usize,
    /// Loops around all pieces, outermost first.
    pub outer: Vec<Walk>,
    /// What is written, each element at most once.
    pub pieces: Vec<Piece>,
    /// The map whose halo (and channel padding) is filled with zeros before all else.
    pub halo: Option<FeatureMap>,
}

/// A loop that advances both addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Walk {
    /// Iterations.
    pub count: usize,
    /// Floats of the result from one to the next.
    pub to: usize,
    /// Floats of the operand from one to the next; 0 repeats.
    pub from: usize,
}

/// A nest of loops over one affine pair of addresses.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Piece {
    /// First float that is written.
    pub to: usize,
    /// What is written there.
    pub from: Source,
    /// Loops, outermost first.
    pub loops: Vec<Walk>,
}

/// Where numbers come from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// The operand, from this float on.
    Operand(usize),
    /// This number everywhere.
    Constant(Real),
}

impl CopySpec {
    /// Floats that it writes, without those around the result.
    pub fn elements(&self) -> usize {
        let product = |walks: &[Walk]| walks.iter().map(|walk| walk.count).product::<usize>();
        let pieces = self.pieces.iter().map(|piece| product(&piece.loops));
        product(&self.outer) * pieces.sum::<usize>()
    }

    /// True when some of it is a constant.
    pub fn fills(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece.from, Source::Constant(_)))
    }
}

/// `y[..] = sum_t w[row][t] * x[.. + t * tap]`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ResampleSpec {
    /// Floats of the operand.
    pub x: usize,
    /// Floats of the result.
    pub y: usize,
    /// Floats of the weights.
    pub weights: usize,
    /// Neighbours that are summed.
    pub taps: usize,
    /// Floats of the operand from one neighbour to the next.
    pub tap: usize,
    /// Loops around the rows, outermost first: count, and steps of result, operand and weights.
    pub outer: Vec<Steps>,
    /// Groups of rows.
    pub rows: Vec<Rows>,
    /// Consecutive elements of result and operand that have the same weights.
    pub inner: usize,
    /// The map whose halo (and channel padding) is filled with zeros before all else.
    pub halo: Option<FeatureMap>,
}

/// A loop: count, and steps of result, operand and weights.
pub type Steps = (usize, [usize; 3]);

/// A nest of loops over rows, from these addresses of result, operand and weights on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Rows {
    pub at: [usize; 3],
    pub loops: Vec<Steps>,
}
