//! Runtime of models compiled by tilewright.
//!
//! Generated code needs [`simd`], [`Out`], [`Arena`], [`Weights`], [`Probe`], [`Network`] and the descriptions of
//! [`info`]; none of that has a dependency but a checksum. The features add what a program around the model wants:
//! `image` (decoding and preprocessing), `npy` (NumPy files), `mmap` (weights mapped instead of read), `app` (the
//! standalone program, with `image` and `npy`).
//!
//! This crate never uses the compiler.

pub mod abi;
mod arena;
mod error;
mod isa;
mod out;
pub mod simd;

pub use arena::{ALIGN, AlignedBuf, Arena};
pub use error::{Error, ErrorKind};
pub use isa::Isa;
pub use out::Out;
