//! Tilewright: an ahead-of-time compiler from ONNX models to specialised Rust source.

pub mod base;
#[cfg(feature = "cli")]
pub mod cli;
pub mod emit;
pub mod ir;
pub mod kernel;
pub mod onnx;
pub mod ops;
pub mod passes;
pub mod pipeline;
pub mod report;
pub mod schedule;
pub mod weights;
pub mod zoo;

pub use pipeline::{Compiled, Options, compile};
