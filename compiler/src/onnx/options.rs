//! What is read: by versions of the format, and by what the user decides.

use crate::base::limits::Limits;
use std::collections::BTreeMap;

/// The metadata key that marks a model without numbers; its value is `1`. Float tensors of such a model have extents
/// and no data: enough to generate code, not to pack weights.
pub const TOPOLOGY_KEY: &str = "tilewright.topology";

/// Float tensors up to this many elements may decide what the graph computes (a bound of Clip, a scale), so their
/// numbers are read at import and a model without numbers keeps them.
pub const DECIDING_FLOATS: usize = 16;

/// The oldest and the newest version of the default operator set that is read.
pub const OPSETS: std::ops::RangeInclusive<i64> = 7..=28;

/// The newest version of the file format (`ir_version`) that is read.
pub const NEWEST_IR: i64 = 14;

/// What the user decides about the reading of a model.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Numbers for open dimensions, by name. Axis 0 of the input `x`, when it has no name, is called `x:0`.
    pub dims: BTreeMap<String, usize>,
    /// How large the model may be, and may become on its way to code.
    pub limits: Limits,
}
