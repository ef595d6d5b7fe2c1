//! A loaded model and the memory of its runs.

use crate::{AlignedBuf, Error, LoadOptions, Network, Probe};

/// A loaded model and the memory of its runs.
pub(super) struct Session<N> {
    pub network: N,
    arena: AlignedBuf,
}

impl<N: Network> Session<N> {
    /// Loads the model.
    pub fn load(options: &LoadOptions) -> Result<Self, Error> {
        let network = N::load(options)?;
        let arena = network.new_arena()?;
        Ok(Session { network, arena })
    }

    /// Runs it on one row-major array for each input.
    pub fn run<P: Probe + ?Sized>(&mut self, inputs: &[Vec<f32>], probe: &mut P) -> Result<(), Error> {
        let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        self.network.run_probed(&mut self.arena, &inputs, probe)
    }

    /// Output number `index` of the latest run.
    pub fn output(&self, index: usize) -> &[f32] {
        self.network.output(&self.arena, index)
    }
}
