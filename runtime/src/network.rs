//! What every compiled model is.

use crate::info::{ModelInfo, TensorInfo};
use crate::{AlignedBuf, Error, Executor, Inline, Isa, NoProbe, Pool, Probe};
use std::path::PathBuf;
use std::sync::Arc;

/// How to load a model.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Instruction set; the fastest that was built and that the processor has, when absent.
    pub isa: Option<Isa>,
    /// Weights file; the embedded weights, or the default place of external ones, when absent.
    pub weights: Option<PathBuf>,
    /// Threads of a run, the caller's included; 0 and 1 run on the caller's alone. Results are the same bits for any
    /// number.
    pub threads: usize,
    /// Runs the steps in place of a pool that the model makes itself; `threads` does not count then.
    pub executor: Option<Arc<dyn Executor>>,
}

impl LoadOptions {
    /// What is to run the steps: the executor given, or one of its own for that many threads.
    ///
    /// # Errors
    /// When there are too many threads for the system.
    pub fn executor(&self) -> Result<Arc<dyn Executor>, Error> {
        Ok(match (&self.executor, self.threads) {
            (Some(executor), _) => Arc::clone(executor),
            (None, 0 | 1) => Arc::new(Inline),
            (None, threads) => Arc::new(Pool::new(threads)?),
        })
    }
}

/// A compiled model: weights and a choice of instruction set. A run takes memory from its caller, so that one model
/// serves any number of threads.
pub trait Network: Sized + Send + Sync {
    /// What the model is.
    const INFO: &'static ModelInfo;

    /// Gets the weights and picks the instruction set.
    ///
    /// # Errors
    /// When either is not to be had; the text says why.
    fn load(options: &LoadOptions) -> Result<Self, Error>;

    /// The instruction set that runs use.
    fn isa(&self) -> Isa;

    /// The number of threads that a run uses.
    fn threads(&self) -> usize;

    /// Reads all weights and compares them with their checksum. Those of a file were compared when they were loaded; those
    /// of a program are only on demand, since that reads the whole program from its disk.
    ///
    /// # Errors
    /// When they differ.
    fn check_weights(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Computes the outputs into `arena`, telling `probe` before and after each step.
    ///
    /// `arena` is memory of [`arena_floats`](ModelInfo::arena_floats) for [`threads`](Network::threads), aligned to 64
    /// bytes. What it holds before does not matter: steps write all that later ones read, halos too. `inputs` are
    /// row-major, as [`ModelInfo::inputs`] says.
    ///
    /// # Errors
    /// When the arena or an input does not have the size it must have.
    fn run_probed<P: Probe + ?Sized>(
        &self,
        arena: &mut [f32],
        inputs: &[&[f32]],
        probe: &mut P,
    ) -> Result<(), Error>;

    /// Output number `index` of the latest run in this arena, row-major.
    fn output<'a>(&self, arena: &'a [f32], index: usize) -> &'a [f32];

    /// Computes the outputs into `arena`.
    ///
    /// # Errors
    /// As [`run_probed`](Network::run_probed).
    fn run(&self, arena: &mut [f32], inputs: &[&[f32]]) -> Result<(), Error> {
        self.run_probed(arena, inputs, &mut NoProbe)
    }

    /// An arena on the heap for runs of this model.
    ///
    /// # Errors
    /// When there is not that much memory.
    fn new_arena(&self) -> Result<AlignedBuf, Error> {
        AlignedBuf::try_new(Self::INFO.arena_floats(self.threads())).map_err(|error| error.at("arena"))
    }
}

/// Input number `index` as the array that a kernel takes.
///
/// # Errors
/// When there is no such input or it does not have `N` elements.
pub fn input<'a, const N: usize>(
    inputs: &[&'a [f32]],
    infos: &[TensorInfo],
    index: usize,
) -> Result<&'a [f32; N], Error> {
    let name = infos.get(index).map_or("?", |info| info.name);
    let Some(floats) = inputs.get(index) else {
        return Err(Error::usage(format!(
            "the model takes {} inputs and got {}; input {name:?} is missing",
            infos.len(),
            inputs.len()
        )));
    };
    (*floats)
        .try_into()
        .map_err(|_| Error::usage(format!("input {name:?} has {} elements and must have {N}", floats.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_checked_by_name() {
        let infos = [TensorInfo { name: "data", shape: &[1, 3] }];
        assert_eq!(input::<3>(&[&[1.0, 2.0, 3.0]], &infos, 0), Ok(&[1.0, 2.0, 3.0]));
        for (inputs, part) in [(&[][..], "missing"), (&[&[1.0][..]][..], "has 1 elements and must have 3")] {
            let error = input::<3>(inputs, &infos, 0).unwrap_err().to_string();
            assert!(error.contains("\"data\"") && error.contains(part), "{error}");
        }
    }
}
