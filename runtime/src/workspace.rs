//! The memory of runs as a value: allocated once, or the caller's.

use crate::{ALIGN, AlignedBuf, Arena, Error, Executor, Inline, Network};
use std::fmt;
use std::marker::PhantomData;
use std::ops::DerefMut;

/// The memory of one run of `N` at a time. It holds all state of a run, so that a model is shared by threads that have one
/// each.
///
/// `M` is what owns the memory: an [`AlignedBuf`], or `&mut [f32]` of the caller's. It has room for a run on one thread
/// at least, and is aligned to [`ALIGN`] bytes.
pub struct Workspace<N, M = AlignedBuf> {
    memory: M,
    network: PhantomData<fn() -> N>,
}

impl<N: Network> Workspace<N> {
    /// Allocates the memory of a run on one thread, once and for all.
    ///
    /// # Errors
    /// Memory is short.
    pub fn new() -> Result<Self, Error> {
        Self::with_threads(1)
    }

    /// Allocates the memory of a run on the threads of a model.
    ///
    /// # Errors
    /// Memory is short.
    pub fn for_model(model: &N) -> Result<Self, Error> {
        Self::with_threads(model.threads())
    }

    /// Allocates the memory of a run on so many threads.
    ///
    /// # Errors
    /// Memory is short.
    pub fn with_threads(threads: usize) -> Result<Self, Error> {
        let memory =
            AlignedBuf::try_new(N::INFO.arena_floats(threads)).map_err(|error| error.at("workspace"))?;
        Ok(Workspace { memory, network: PhantomData })
    }
}

impl<'m, N: Network> Workspace<N, &'m mut [f32]> {
    /// Takes memory of the caller's: `ARENA_BYTES / 4` floats, and `SCRATCH_BYTES / 4` more for each further thread that
    /// is to work. What it holds does not matter. Nothing is allocated.
    ///
    /// # Errors
    /// Memory that is too short or not aligned to [`ALIGN`] bytes; the text says how many floats are missing, or where an
    /// aligned part begins.
    pub fn over(memory: &'m mut [f32]) -> Result<Self, Error> {
        let need = N::INFO.arena_floats(1);
        let shift = memory.as_ptr().align_offset(ALIGN);
        if shift != 0 {
            return Err(Error::usage(format!(
                "the workspace's memory begins {} bytes behind a multiple of {ALIGN}; begin {shift} floats later, or take \
                 an AlignedBuf",
                memory.as_ptr().addr() % ALIGN
            )));
        }
        if memory.len() < need {
            return Err(Error::usage(format!(
                "the workspace's memory has {} floats and the model {} needs {need} (ARENA_BYTES / 4): {} more",
                memory.len(),
                N::INFO.name,
                need - memory.len()
            )));
        }
        Ok(Workspace { memory, network: PhantomData })
    }
}

impl<N: Network, M: DerefMut<Target = [f32]>> Workspace<N, M> {
    /// Bytes of the memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.memory)
    }

    /// What is to run the steps: `wanted`, or the caller's thread alone where the memory is too short for its threads.
    pub fn executor<'e>(&self, wanted: &'e dyn Executor) -> &'e dyn Executor {
        let enough = self.memory.len() >= N::INFO.arena_floats(wanted.threads());
        if enough { wanted } else { &Inline }
    }

    /// The memory, for the steps of a run.
    pub fn arena(&mut self) -> Arena<'_> {
        Arena::new(&mut self.memory)
    }
}

impl<N: Network, M: DerefMut<Target = [f32]>> fmt::Debug for Workspace<N, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").field("model", &N::INFO.name).field("bytes", &self.bytes()).finish()
    }
}
