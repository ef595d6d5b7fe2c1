//! A kernel's algorithm and tiles in words: those of tuning files, so that what a profile shows can be typed into one.

use super::constrain::Wanted;
use super::plan::PlannedKernel;
use super::tuning::Algorithm;

impl PlannedKernel {
    /// The algorithm of a convolution, as `winograd 4x4 band 1`; empty where there is only one.
    pub fn algorithm(&self) -> String {
        Algorithm::of_kernel(&self.spec).map_or_else(String::new, |algorithm| algorithm.to_string())
    }

    /// Blocks and register tile on each instruction set of the plan, as `blocks 2 tile 1x14`; none where nothing is chosen.
    pub fn tiles(&self) -> Vec<String> {
        let chosen = self.schedules.iter().filter_map(Wanted::of);
        chosen.map(|wanted| Wanted { order: None, prefetch: None, ..wanted }.to_string()).collect()
    }
}
