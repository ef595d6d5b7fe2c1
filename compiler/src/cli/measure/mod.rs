//! Measurements of the compiled program: built as `tilewright build` does, run with `--json`.

pub mod bench;
mod code_size;
pub mod profile;

use super::code::CodeArgs;
use super::model::ModelArgs;
use super::program::{Program, ProgramArgs};
use super::progress::Progress;
use super::schedule;
use crate::Options;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::ffi::OsString;
use std::process::{Command, Stdio};

/// What to measure, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct MeasureArgs {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    code: CodeArgs,
    #[command(flatten)]
    program: ProgramArgs,
    /// Array to run it on, NAME=FILE where the model has several inputs [default: made-up numbers]
    #[arg(long = "input", value_name = "X.npy")]
    inputs: Vec<OsString>,
    /// Runs to time
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

impl MeasureArgs {
    /// Builds the program, or takes the one that an earlier command has built from the same arguments.
    ///
    /// # Errors
    /// Everything that is wrong with the model, and failures of the file system and of cargo.
    fn build(&self, progress: &Progress) -> Result<Program> {
        progress.say("reading the model");
        let graph = self.model.load()?;
        let command = self.code.build_command(&self.model);
        let options = Options { command, ..self.code.options(&self.model, &graph)? };
        let program = self.program.build(graph, options, progress)?;
        progress.clear();
        schedule::warn(&program.compiled.warnings);
        Ok(program)
    }

    /// Runs the program and returns what it prints.
    ///
    /// # Errors
    /// When it does not start or does not succeed.
    fn run(&self, program: &Program, args: &[&str]) -> Result<String> {
        let mut command = Command::new(&program.path);
        command.args(args).args(["--rounds", &self.rounds.to_string()]).stdin(Stdio::null());
        for input in &self.inputs {
            command.arg("--input").arg(input);
        }
        let output =
            command.output().with_context(|| format!("{} does not start", program.path.display()))?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!("the program failed ({}): {}", output.status, errors.trim());
        }
        String::from_utf8(output.stdout).context("the program wrote no text")
    }

    /// The same as JSON.
    ///
    /// # Errors
    /// As [`MeasureArgs::run`].
    fn run_json(&self, program: &Program, args: &[&str]) -> Result<Value> {
        let text = self.run(program, &[args, &["--json"]].concat())?;
        serde_json::from_str(&text).context("the program wrote no JSON")
    }
}
