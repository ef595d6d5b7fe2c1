//! Tuning files: a committed text that overrides schedules, one line a kernel.
//!
//! ```text
//! tilewright-tuning 1
//! tool 0.1.0
//! cpu AMD EPYC 9R14
//!
//! # kernel                        of               what is overridden
//! conv3x3_64x56x56_64_relu        algorithm        winograd 4x4 band 2
//! conv3x3_512x7x7_512_relu        algorithm        direct
//! conv1x1_64x56x56_256_add_relu   avx512           blocks 2 tile 1x14 order rows 4
//! winograd4x4_3x3_64x56x56_64_relu  avx2           blocks 1 tiles 6 prefetch 4
//! ```
//!
//! The first line names the format's version, `tool` and `cpu` say what it was measured with. A line about an algorithm
//! counts for every instruction set, since all share one weights blob; it names the convolution as a direct one, or by any
//! of its names. What a line leaves open, the cost rules choose. `#` begins a comment.
//!
//! | words | of | meaning |
//! |---|---|---|
//! | `algorithm direct` | convolutions | sums of products; groups are packed together until they fill blocks |
//! | `algorithm grouped` | groups of 2, 4 or 8 channels | sums of products of permuted inputs |
//! | `algorithm banded` | groups that fill no blocks | sums of products of the inputs of each block's groups |
//! | `algorithm winograd MxN [band B]` | 3x3 convolutions | outputs of a tile; rows of tiles that are transformed at a time |
//! | `blocks N` | direct, Winograd | blocks of 16 output channels side by side |
//! | `tile RxC` | all but Winograd | rows and columns of the main register tile; what it leaves over gets others |
//! | `tiles N` | Winograd | most tiles in a register tile |
//! | `order channels`, `order rows N` | all but Winograd | the outer loop: output channels, or bands of N output rows |
//! | `prefetch N` | direct, Winograd | how far ahead weights are asked for; 0 for never. Direct: sweeps. Winograd: blocks of input channels |

mod apply;
pub mod experiment;
pub mod judge;
mod parse;
mod print;
#[cfg(test)]
mod tests;

pub use apply::Tuner;

use super::constrain::Wanted;
use crate::base::diag::Problem;
use crate::base::target::Isa;

/// Version of the format.
pub const VERSION: usize = 1;

/// The word that a tuning file begins with.
pub const MAGIC: &str = "tilewright-tuning";

/// A tuning file as it was read. What is wrong with its text is kept, to be reported with what is wrong with its use.
#[derive(Clone, Debug, Default)]
pub struct Tuning {
    /// Name of the file, for messages.
    pub file: String,
    /// Version of the tool that measured it; empty when it does not say.
    pub tool: String,
    /// Model of the CPU that it was measured on; empty when it does not say.
    pub cpu: String,
    /// What is overridden, in the order of the file.
    pub lines: Vec<Line>,
    /// What is wrong with the text, by line.
    faults: Vec<(usize, Problem)>,
}

/// A line of a tuning file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Number of the line, from 1; 0 when it comes from no file.
    pub number: usize,
    /// Name of the kernel; for an algorithm, the one that it has as a direct convolution.
    pub kernel: String,
    /// What is overridden.
    pub setting: Setting,
    /// The comment behind it.
    pub note: String,
}

/// What a line overrides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setting {
    /// The algorithm, on every instruction set.
    Algorithm(Algorithm),
    /// The schedule on one instruction set.
    Schedule(Isa, Wanted),
}

/// An algorithm of a convolution.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// Sums of products.
    Direct,
    /// [`crate::kernel::spec::KernelSpec::Grouped`].
    Grouped,
    /// [`crate::kernel::spec::KernelSpec::Banded`].
    Banded,
    /// Winograd's minimal filtering.
    Winograd {
        /// Outputs of a tile, down and across.
        tile: [usize; 2],
        /// Rows of tiles that are transformed at a time; `None` leaves it to the rule.
        band: Option<usize>,
    },
}

impl Tuning {
    /// True when it overrides nothing and is not wrong either.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.faults.is_empty()
    }

    /// The line about the algorithm of a convolution with this (direct) name.
    pub fn algorithm(&self, kernel: &str) -> Option<(&Line, Algorithm)> {
        self.lines.iter().find_map(|line| match line.setting {
            Setting::Algorithm(algorithm) if line.kernel == kernel => Some((line, algorithm)),
            _ => None,
        })
    }

    /// The line about a kernel's schedule.
    pub fn schedule(&self, kernel: &str, isa: &Isa) -> Option<(&Line, &Wanted)> {
        self.lines.iter().find_map(|line| match &line.setting {
            Setting::Schedule(of, wanted) if line.kernel == kernel && of == isa => Some((line, wanted)),
            _ => None,
        })
    }

    /// Adds a line, in place of one about the same.
    pub fn set(&mut self, kernel: String, setting: Setting) {
        self.lines.retain(|line| line.kernel != kernel || !line.setting.same_place(&setting));
        self.lines.push(Line { number: 0, kernel, setting, note: String::new() });
    }
}

impl Setting {
    /// What it is about, and what it says, as a line has them.
    pub fn words(&self) -> (&'static str, String) {
        match self {
            Setting::Algorithm(algorithm) => ("algorithm", algorithm.to_string()),
            Setting::Schedule(isa, wanted) => (isa.name, wanted.to_string()),
        }
    }

    /// On which instruction set it overrides something; on all of them for an algorithm.
    fn isa(&self) -> Option<Isa> {
        match self {
            Setting::Algorithm(_) => None,
            Setting::Schedule(isa, _) => Some(*isa),
        }
    }

    /// True when both override the same thing of a kernel.
    fn same_place(&self, other: &Setting) -> bool {
        self.isa() == other.isa()
    }
}
