//! How large a model may be: what is counted, how much of it is allowed, and what is said beyond.
//!
//! A model file is untrusted, and a few bytes of it can ask for terabytes. Every count is checked before what it counts
//! is made, so that time and memory stay bounded. The defaults leave room for any network that is meant; each can be
//! raised.

use super::diag::Error;
use std::fmt;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Limit {
    /// Bytes of a model's file.
    FileBytes,
    /// Nodes: of the file, and of what they become.
    Nodes,
    /// Inputs and outputs of the network together.
    Ports,
    /// Bytes of a name: every value that a node needs on its way is named after its result.
    NameBytes,
    /// Axes of a tensor.
    Axes,
    /// Elements of a tensor; in memory, halo and channel padding may make it 16 times as many floats.
    Elements,
    /// Bytes of all constants that are stored, and of all weights as they are packed.
    ConstantBytes,
    /// Operations on elements to compute constants from constants.
    FoldingWork,
    /// Different kernels.
    Kernels,
    /// Bytes of generated text.
    GeneratedBytes,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What is counted.
    pub limit: Limit,
    /// The name on the command line.
    pub name: &'static str,
    /// What is counted, in words.
    pub what: &'static str,
    /// How many, where no one says.
    pub default: u64,
}

/// Every limit, in the order of [`Limit`].
#[rustfmt::skip]
pub const LIMITS: [Row; 10] = [
    Row { limit: Limit::FileBytes,      name: "file-bytes",      what: "bytes of the model's file",                     default: 2 << 30 },
    Row { limit: Limit::Nodes,          name: "nodes",           what: "nodes",                                         default: 200_000 },
    Row { limit: Limit::Ports,          name: "ports",           what: "inputs and outputs",                            default: 1024 },
    Row { limit: Limit::NameBytes,      name: "name-bytes",      what: "bytes of a name",                               default: 1024 },
    Row { limit: Limit::Axes,           name: "axes",            what: "axes of a tensor",                              default: 32 },
    Row { limit: Limit::Elements,       name: "elements",        what: "elements of a tensor",                          default: 1 << 28 },
    Row { limit: Limit::ConstantBytes,  name: "constant-bytes",  what: "bytes of constants",                            default: 2 << 30 },
    Row { limit: Limit::FoldingWork,    name: "folding-work",    what: "operations on constants",                       default: 1 << 32 },
    Row { limit: Limit::Kernels,        name: "kernels",         what: "different kernels",                             default: 4096 },
    Row { limit: Limit::GeneratedBytes, name: "generated-bytes", what: "bytes of generated text",                       default: 256 << 20 },
];

impl Limit {
    /// The row of the table.
    pub fn row(self) -> &'static Row {
        &LIMITS[self as usize]
    }
}

/// How much of everything is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    most: [u64; LIMITS.len()],
}

impl Default for Limits {
    fn default() -> Self {
        Limits { most: LIMITS.map(|row| row.default) }
    }
}

impl Limits {
    /// Without any limit but that of numbers: for models that are trusted.
    pub const NONE: Limits = Limits { most: [u64::MAX; LIMITS.len()] };

    /// How much is allowed.
    pub fn most(&self, limit: Limit) -> u64 {
        self.most[limit as usize]
    }

    /// The same with another limit.
    #[must_use]
    pub fn with(mut self, limit: Limit, most: u64) -> Self {
        self.most[limit as usize] = most;
        self
    }

    /// Fails where there are more.
    ///
    /// # Errors
    /// What was counted, how many there are and how many there may be.
    pub fn check(&self, limit: Limit, found: u64) -> Result<(), Exceeded> {
        let most = self.most(limit);
        if found <= most { Ok(()) } else { Err(Exceeded { limit, found, most }) }
    }

    /// Fails for a tensor of too many axes or elements.
    ///
    /// # Errors
    /// As [`Limits::check`].
    pub fn check_shape(&self, shape: &[usize]) -> Result<(), Exceeded> {
        self.check(Limit::Axes, shape.len() as u64)?;
        // A zero among the extents must not hide what the others come to.
        let product = shape.iter().fold(1u64, |all, &extent| all.saturating_mul(extent.max(1) as u64));
        self.check(Limit::Elements, product)
    }
}

/// More than is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exceeded {
    /// What was counted.
    pub limit: Limit,
    /// How many there are, at least.
    pub found: u64,
    /// How many there may be.
    pub most: u64,
}

impl Exceeded {
    /// How to allow it.
    pub fn remedy(&self) -> String {
        let Exceeded { limit, found, .. } = *self;
        format!(
            "where the model is meant to be so large, allow more with `--limit {}={found}`, in a build script \
             `.limit(Limit::{limit:?}, {found})`",
            limit.row().name
        )
    }

    /// The error about a node, a tensor or a file.
    pub fn at(&self, place: impl Into<String>) -> Error {
        Error::one(place, self.to_string(), self.remedy())
    }
}

impl fmt::Display for Exceeded {
    /// `it comes to 300000 nodes, the limit is 200000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it comes to {} {}; the limit is {}", self.found, self.limit.row().what, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMITS, Limit, Limits};

    #[test]
    fn the_table_is_in_order_and_each_limit_holds() {
        for (at, row) in LIMITS.iter().enumerate() {
            assert_eq!(row.limit as usize, at);
            let limits = Limits::default();
            assert_eq!(limits.check(row.limit, row.default), Ok(()));
            let exceeded = limits.check(row.limit, row.default + 1).expect_err(row.name);
            assert!(exceeded.remedy().contains(&format!("--limit {}={}", row.name, row.default + 1)));
            assert_eq!(limits.with(row.limit, u64::MAX).check(row.limit, row.default + 1), Ok(()));
        }
    }

    #[test]
    fn shapes_are_counted_without_overflow() {
        let limits = Limits::default();
        assert_eq!(limits.check_shape(&[1 << 14, 1 << 14]), Ok(()));
        for shape in [vec![1 << 14, 1 << 15], vec![usize::MAX; 3], vec![0, usize::MAX, 2]] {
            assert_eq!(limits.check_shape(&shape).expect_err("too large").limit, Limit::Elements);
        }
        assert_eq!(limits.check_shape(&[1; 33]).expect_err("too deep").limit, Limit::Axes);
    }
}
