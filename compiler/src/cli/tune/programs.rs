//! Programs of one network with different tunings: built, kept, run.

use crate::Options;
use crate::base::target::Isa;
use crate::cli::file::{scratch, write_file};
use crate::cli::program::ProgramArgs;
use crate::cli::progress::Progress;
use crate::emit::Weights;
use crate::ir::graph::Graph;
use crate::schedule::choose::Choice;
use crate::schedule::tuning::Tuning;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The crate's name: other than that of a program to keep, so that neither disturbs the other's build.
const NAME: &str = "tilewright_tune";

/// Where programs are built and kept until this is dropped.
pub struct Workshop<'a> {
    graph: &'a Graph,
    args: &'a ProgramArgs,
    choice: Choice,
    threads: usize,
    progress: &'a Progress,
    folder: TempDir,
    built: usize,
}

/// A program for one instruction set.
pub struct Program {
    path: PathBuf,
    weights: PathBuf,
    isa: Isa,
}

impl<'a> Workshop<'a> {
    /// An empty one.
    ///
    /// # Errors
    /// There is no place for temporary files.
    pub fn new(
        graph: &'a Graph,
        args: &'a ProgramArgs,
        choice: Choice,
        threads: usize,
        progress: &'a Progress,
    ) -> Result<Self> {
        let folder = scratch()?;
        Ok(Workshop { graph, args, choice, threads, progress, folder, built: 0 })
    }

    /// Builds the program with this tuning. Programs with equal algorithms share a file of weights.
    ///
    /// # Errors
    /// A tuning that does not fit, failures of the file system and of cargo.
    pub fn build(&mut self, isa: Isa, tuning: &Tuning) -> Result<Program> {
        let options = Options {
            isas: vec![isa],
            choice: self.choice,
            tuning: tuning.clone(),
            name: Some(NAME.to_owned()),
            weights: Weights::External,
            command: "tilewright tune".to_owned(),
            ..Options::default()
        };
        let program = self.args.build_as(self.graph.clone(), options, self.progress)?;
        let hash: String =
            program.compiled.plan.weights_hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let weights = self.folder.path().join(hash);
        if !weights.exists() {
            self.progress.say("packing weights");
            write_file(&weights, &program.compiled.weights_file()?)?;
        }
        let path = self.folder.path().join(format!("{}{}", self.built, std::env::consts::EXE_SUFFIX));
        fs::copy(&program.path, &path).with_context(|| format!("{} cannot be written", path.display()))?;
        self.built += 1;
        Ok(Program { path, weights, isa })
    }

    /// The time of each step in milliseconds: medians of `rounds` runs in a process of its own.
    ///
    /// # Errors
    /// A program that fails.
    pub fn profile(&self, program: &Program, rounds: usize) -> Result<Vec<f64>> {
        let profile = self.run(program, "--profile", rounds)?;
        let steps = profile["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
        let times: Option<Vec<f64>> = steps.iter().map(|step| step["ms"].as_f64()).collect();
        times.filter(|times| !times.is_empty()).context("the program's profile has no times")
    }

    /// The median time of whole runs in milliseconds, of `rounds` in a process of its own.
    ///
    /// # Errors
    /// A program that fails.
    pub fn bench(&self, program: &Program, rounds: usize) -> Result<f64> {
        let bench = self.run(program, "--bench", rounds)?;
        bench["median"]["ms"].as_f64().context("the program's measurement has no median")
    }

    fn run(&self, program: &Program, job: &str, rounds: usize) -> Result<Value> {
        let mut command = Command::new(&program.path);
        command.args([job, "--json", "--isa", program.isa.name]);
        command.args(["--rounds", &rounds.to_string(), "--threads", &self.threads.to_string(), "--weights"]);
        command.arg(&program.weights).stdin(Stdio::null());
        let output =
            command.output().with_context(|| format!("{} does not start", program.path.display()))?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!("a program to measure failed ({}): {}", output.status, errors.trim());
        }
        serde_json::from_slice(&output.stdout).context("a program to measure wrote no JSON")
    }
}
