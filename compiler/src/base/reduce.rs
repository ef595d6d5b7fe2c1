//! What reductions make of the elements that they take together.

use super::epilogue::Act;
use super::functions::Func;
use super::real::Real;

/// How two elements become one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Fold {
    Sum,
    Product,
    /// NaN where an element is.
    Max,
    /// NaN where an element is.
    Min,
}

impl Fold {
    /// What changes nothing.
    pub const fn neutral(self) -> f32 {
        match self {
            Fold::Sum => 0.0,
            Fold::Product => 1.0,
            Fold::Max => f32::NEG_INFINITY,
            Fold::Min => f32::INFINITY,
        }
    }
}

/// A reduction: a fold of a function of each element; a mean divides the sum by their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum ReduceKind {
    Sum,
    Mean,
    Product,
    Max,
    Min,
    /// Sum of absolute values.
    Sizes,
    /// Sum of squares.
    Squares,
    /// Mean of squares.
    MeanSquare,
}

impl ReduceKind {
    /// Every kind.
    pub const ALL: [ReduceKind; 8] = [
        ReduceKind::Sum,
        ReduceKind::Mean,
        ReduceKind::Product,
        ReduceKind::Max,
        ReduceKind::Min,
        ReduceKind::Sizes,
        ReduceKind::Squares,
        ReduceKind::MeanSquare,
    ];

    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            ReduceKind::Sum => "reduce_sum",
            ReduceKind::Mean => "reduce_mean",
            ReduceKind::Product => "reduce_product",
            ReduceKind::Max => "reduce_max",
            ReduceKind::Min => "reduce_min",
            ReduceKind::Sizes => "reduce_sizes",
            ReduceKind::Squares => "reduce_squares",
            ReduceKind::MeanSquare => "reduce_mean_square",
        }
    }

    /// The fold.
    pub const fn fold(self) -> Fold {
        match self {
            ReduceKind::Product => Fold::Product,
            ReduceKind::Max => Fold::Max,
            ReduceKind::Min => Fold::Min,
            _ => Fold::Sum,
        }
    }

    /// The function of each element.
    pub const fn of(self) -> Act {
        match self {
            ReduceKind::Sizes => Act::of(Func::Abs),
            ReduceKind::Squares | ReduceKind::MeanSquare => Act::of(Func::Square),
            _ => Act::None,
        }
    }

    /// True when the sum is divided by the number of elements.
    pub const fn is_mean(self) -> bool {
        matches!(self, ReduceKind::Mean | ReduceKind::MeanSquare)
    }

    /// True when finite numbers of moderate size stay finite: see [`Act::is_tame`].
    pub const fn is_tame(self) -> bool {
        matches!(
            self,
            ReduceKind::Sum | ReduceKind::Mean | ReduceKind::Max | ReduceKind::Min | ReduceKind::Sizes
        )
    }
}

/// What becomes of the elements along one axis, where their order counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Along {
    /// Number of the largest element, the first of equals.
    ArgMax {
        /// The last of equals instead.
        last: bool,
    },
    /// Number of the smallest.
    ArgMin {
        /// The last of equals instead.
        last: bool,
    },
    /// The `count` largest elements, the largest first.
    TopValues {
        /// How many.
        count: usize,
        /// The smallest instead.
        smallest: bool,
    },
    /// Their numbers; of equal elements the first comes first.
    TopIndices {
        /// How many.
        count: usize,
        /// Those of the smallest instead.
        smallest: bool,
    },
    /// Sums of all elements up to each.
    CumSum {
        /// Without the element itself.
        exclusive: bool,
    },
}

impl Along {
    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Along::ArgMax { .. } => "arg_max",
            Along::ArgMin { .. } => "arg_min",
            Along::TopValues { .. } => "top_values",
            Along::TopIndices { .. } => "top_indices",
            Along::CumSum { .. } => "cum_sum",
        }
    }

    /// Elements of the result along the axis, for `extent` of the operand.
    pub const fn extent(self, extent: usize) -> usize {
        match self {
            Along::ArgMax { .. } | Along::ArgMin { .. } => 1,
            Along::TopValues { count, .. } | Along::TopIndices { count, .. } => count,
            Along::CumSum { .. } => extent,
        }
    }

    /// True when the result are numbers of elements.
    pub const fn counts(self) -> bool {
        matches!(self, Along::ArgMax { .. } | Along::ArgMin { .. } | Along::TopIndices { .. })
    }
}

/// Numbers of a local response normalisation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Lrn {
    /// Channels of the window; the odd one of an even number comes after.
    pub size: usize,
    pub alpha: Real,
    pub beta: Real,
    pub bias: Real,
}
