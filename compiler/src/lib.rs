//! Tilewright: an ahead-of-time compiler from ONNX models to specialised Rust source.
//!
//! Build scripts use [`configure()`]; other programs [`onnx::load_file`] and [`compile()`]. `default-features = false` leaves
//! out the command and what it depends on.
//!
//! ```standalone_crate
//! use tilewright::onnx::{LoadOptions, load_file};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # std::env::set_current_dir(folder.path())?;
//! # let small = tilewright::zoo::ZooOptions { image: 32, ..Default::default() };
//! # std::fs::write("resnet50.onnx", tilewright::zoo::build("resnet18", &small).ok_or("no such network")?)?;
//! let graph = load_file("resnet50.onnx".as_ref(), &LoadOptions::default())?;
//! let compiled = tilewright::compile(graph, &tilewright::Options::default())?;
//! for file in &compiled.files {
//!     println!("{}: {} lines", file.path, file.text.lines().count());
//! }
//! let weights: Vec<u8> = compiled.weights_file()?;
//! # assert!(compiled.plan.weight_floats * 4 < weights.len());
//! # Ok(())
//! # }
//! ```

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
pub mod snapshot;
pub mod weights;
pub mod zoo;

pub use base::limits::{Limit, Limits};
pub use classes::{Classes, Labels};
pub use configure::{Configuration, configure};
pub use emit::Weights;
pub use pipeline::{Compiled, Options, compile};
pub use tilewright_runtime::{ChannelOrder, Filter, Isa, Preprocess};
