//! The model that a sub-command works on, and how to read it.

use super::file::{self, Input};
use super::limits::LimitArgs;
use super::words::file_name;
use crate::ir::graph::Graph;
use crate::onnx::LoadOptions;
use crate::onnx::folder::{Data, load_with};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Arguments that every sub-command with a model takes.
#[derive(Clone, Debug, clap::Args)]
pub struct ModelArgs {
    /// The ONNX file
    pub model: PathBuf,
    /// Fix an open dimension, for example a batch: --dim N=1
    #[arg(long = "dim", value_name = "NAME=SIZE", value_parser = dim)]
    pub dims: Vec<(String, usize)>,
    /// How large it may be.
    #[command(flatten)]
    pub limits: LimitArgs,
}

impl ModelArgs {
    /// Reads the model.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(&self) -> Result<Graph> {
        self.load_for(&[], &[])
    }

    /// Reads the model for a command that writes these files, and reads those: what would be in vain, or take the place of
    /// what is read, is refused at once.
    ///
    /// # Errors
    /// The same, and what [`file::check`] says.
    pub fn load_for(&self, outputs: &[&Path], inputs: &[Input]) -> Result<Graph> {
        file::check(outputs, inputs)?;
        file::check(outputs, &[("the model", &self.model)])?;
        let dims = self.dims.iter().cloned().collect();
        let data = Data::of(&self.model);
        let graph = load_with(&self.model, &LoadOptions { dims, limits: self.limits.limits() }, &data)?;
        for part in data.files() {
            file::check(outputs, &[("a part of the model", &part)])?;
        }
        Ok(graph)
    }

    /// The file's name without its folder; messages and generated code must not depend on where it lies.
    pub fn file_name(&self) -> String {
        file_name(&self.model)
    }
}

/// Parses `NAME=SIZE`; a name may contain `=`.
fn dim(text: &str) -> Result<(String, usize), String> {
    let parts = text.rsplit_once('=').filter(|(name, _)| !name.is_empty());
    let (name, size) = parts.ok_or("say NAME=SIZE, for example N=1")?;
    match size.parse() {
        Ok(size) if size > 0 => Ok((name.to_owned(), size)),
        _ => Err(format!("{size:?} is no size; say a number from 1 on")),
    }
}
