//! Snapshots of what the compiler makes of a model: the plan, the memory, hashes of the weights, the source of kernels.
//!
//! Where a project keeps them, an update of the model or of the compiler shows in review what it changes. The test is
//! `tests/snapshots.rs`; after a change that is meant, run it with `INSTA_UPDATE=always` and read the diff.

use std::path::Path;
use tilewright::base::diag::Error;
use tilewright::onnx::{LoadOptions, load_file};
use tilewright::{Compiled, Options};

/// Compiles a model for one picture at a time, as the project's build script does.
///
/// # Errors
/// Everything that is wrong with it.
pub fn compile(model: &Path) -> Result<Compiled, Error> {
    let graph =
        load_file(model, &LoadOptions { dims: [("N".to_owned(), 1)].into(), ..LoadOptions::default() })?;
    tilewright::compile(graph, &Options::default())
}
