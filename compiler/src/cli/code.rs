//! Arguments that decide about generated code, and the command that regenerates it.

use super::budget::BudgetArgs;
use super::file::Input;
use super::model::ModelArgs;
use super::picture::{ClassArgs, PictureArgs};
use super::schedule::ScheduleArgs;
use super::words::quoted;
use crate::Options;
use crate::ir::graph::Graph;
use crate::pipeline::identifier;
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Arguments that decide about generated code.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CodeArgs {
    #[command(flatten)]
    schedule: ScheduleArgs,
    /// Name of the crate and of its program [default: the model's file name]
    #[arg(long, value_parser = name)]
    pub name: Option<String>,
    #[command(flatten)]
    budget: BudgetArgs,
    #[command(flatten)]
    picture: PictureArgs,
    #[command(flatten)]
    classes: ClassArgs,
}

impl CodeArgs {
    /// The pipeline's options for this model: weights embedded, the runtime from the registry.
    ///
    /// # Errors
    /// A crop larger than the picture, as a usage error; a tuning file or labels that cannot be read.
    pub fn options(&self, model: &ModelArgs, graph: &Graph) -> Result<Options> {
        Ok(Options {
            isas: self.schedule.isas(),
            choice: self.schedule.choice(),
            tuning: self.schedule.tuning()?,
            budget: self.budget.budget(),
            name: Some(self.name.clone().unwrap_or_else(|| default_name(model))),
            preprocess: self.picture.preprocess(graph)?,
            classes: self.classes.classes()?,
            ..Options::default()
        })
    }

    /// The tuning file that is read.
    pub fn tuning(&self) -> Option<Input<'_>> {
        self.schedule.input()
    }

    /// The names of classes that are read.
    pub fn labels(&self) -> Option<Input<'_>> {
        self.classes.input()
    }

    /// The command that builds the program, the same for all commands that do, so that they share what they build.
    pub fn build_command(&self, model: &ModelArgs) -> String {
        format!("tilewright build {} -o <program>{}", quoted(&model.file_name()), self.words(model))
    }

    /// The arguments as one would type them, without what is default; the same for every folder and host.
    pub fn words(&self, model: &ModelArgs) -> String {
        let mut words = String::new();
        let dims: BTreeMap<_, _> = model.dims.iter().cloned().collect();
        let dims = dims.iter().map(|(name, size)| ("dim", format!("{name}={size}")));
        let name = self.name.clone().map(|name| ("name", name));
        let rest = name.into_iter().chain(self.picture.words()).chain(self.classes.words());
        for (option, value) in dims.chain(rest) {
            let _ = write!(words, " --{option} {}", quoted(&value));
        }
        words + &model.limits.words() + &self.schedule.words() + &self.budget.words()
    }
}

/// The model's file name as a Rust identifier.
fn default_name(model: &ModelArgs) -> String {
    let name = identifier(&model.model.file_stem().unwrap_or_default().to_string_lossy());
    if TAKEN.contains(&name.as_str()) { format!("model_{name}") } else { name }
}

/// Names of crates that a generated crate sees, and of folders that cargo makes.
const TAKEN: [&str; 7] = ["alloc", "build", "core", "deps", "std", "test", "tilewright_runtime"];

fn name(text: &str) -> Result<String, String> {
    match identifier(text) == text && !TAKEN.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err("say a Rust identifier of lower-case letters, digits and _".to_owned()),
    }
}
