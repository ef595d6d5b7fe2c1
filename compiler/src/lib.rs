//! Tilewright: an ahead-of-time compiler from ONNX models to specialised Rust source.
//!
//! Build scripts use [`configure()`]; other programs [`onnx::load_file`] and [`compile()`]. `default-features = false` leaves
//! out the command and what it depends on.

pub mod base;
pub mod classes;
#[cfg(feature = "cli")]
pub mod cli;
pub mod configure;
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

pub use classes::{Classes, Labels};
pub use configure::{Configuration, configure};
pub use emit::Weights;
pub use pipeline::{Compiled, Options, compile};
pub use tilewright_runtime::{ChannelOrder, Filter, Isa, Preprocess};
