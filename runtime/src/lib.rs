//! Runtime of models compiled by tilewright.
//!
//! Generated code needs [`simd`], [`Out`], [`Workspace`], [`Weights`], [`Probe`], [`Executor`], [`Network`] and the
//! descriptions of [`info`]; none of that has a dependency but a checksum. The features add what a program around the model wants:
//! `image` (decoding and preprocessing of JPEG, PNG and WebP), `npy` (NumPy files), `mmap` (weights mapped instead of read), `app` (the
//! standalone program, with `image` and `npy`).
//!
//! This crate never uses the compiler.

pub mod abi;
#[cfg(feature = "app")]
pub mod app;
mod arena;
pub mod c;
pub mod cores;
mod entry;
mod error;
#[cfg(feature = "image")]
pub mod image;
mod include;
pub mod info;
mod isa;
mod memory;
pub mod network;
#[cfg(feature = "npy")]
pub mod npy;
mod out;
mod pages;
pub mod peak;
pub mod postprocess;
mod preprocess;
pub mod probe;
pub mod reference;
pub mod simd;
pub mod threads;
pub mod weights;
pub mod whole;
mod workspace;

pub use arena::{ALIGN, AlignedBuf, Arena};
pub use entry::Entry;
pub use error::{Error, ErrorKind};
pub use info::{ModelInfo, Place, StepInfo, TensorInfo};
pub use isa::Isa;
pub use network::{LoadOptions, Network};
pub use out::Out;
pub use postprocess::{Postprocess, Ranked};
pub use preprocess::{ChannelOrder, Filter, Preprocess};
pub use probe::{Dump, NoProbe, Probe, Timer};
pub use threads::{Executor, Inline, Pool};
pub use weights::{Expected, Weights};
pub use workspace::Workspace;
