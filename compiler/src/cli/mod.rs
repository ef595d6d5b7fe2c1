//! The command `tilewright`: one file per sub-command, and their parts as functions for programs that do the same.
//!
//! Results go to standard output, errors to standard error as one paragraph, progress to a terminal only. The exit code
//! is 1 after an error, 2 after a wrong command line and 3 where nothing could be found out ([`Skipped`]). Whoever reads the
//! output may close it early.

pub mod budget;
pub mod build;
pub mod cargo;
pub mod check;
pub mod code;
pub mod compile;
pub mod completions;
pub mod explain;
pub mod file;
pub mod folder;
pub mod limits;
pub mod measure;
pub mod model;
pub mod ops;
pub mod picture;
pub mod program;
pub mod progress;
pub mod report;
pub mod schedule;
pub mod sources;
pub mod tune;
pub mod verify;
pub mod weights;
pub mod words;
pub mod zoo;

pub use crate::report::facts;
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// Compiles ONNX models to specialised Rust source and standalone programs.
#[derive(Debug, Parser)]
#[command(name = "tilewright", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tilewright check resnet50.onnx
  tilewright build resnet50.onnx --labels imagenet.txt -o resnet50
  ./resnet50 cat.jpg

Results go to standard output, everything else to standard error; colours and progress are shown on terminals only.

Exit codes:
  0  done
  1  an error: the model, a file, the machine, cargo; a layer that diverges, a folder that is stale
  2  a wrong command line
  3  nothing is wrong, but the machine is too noisy to tell (tune)";

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Compile(compile::Args),
    Build(build::Args),
    Verify(verify::Args),
    Bench(measure::bench::Args),
    Profile(measure::profile::Args),
    Explain(explain::Args),
    Report(report::Args),
    Tune(tune::Args),
    Weights(weights::Args),
    Ops(ops::Args),
    Zoo(zoo::Args),
    Completions(completions::Args),
}

impl Cli {
    /// Runs the command; results go to `out`.
    ///
    /// # Errors
    /// What the sub-command reports.
    pub fn run(&self, out: &mut dyn Write) -> Result<()> {
        self.command.run(out)
    }
}

impl Command {
    fn run(&self, out: &mut dyn Write) -> Result<()> {
        match self {
            Command::Check(args) => check::run(args, out),
            Command::Compile(args) => compile::run(args, out),
            Command::Build(args) => build::run(args, out),
            Command::Verify(args) => verify::run(args, out),
            Command::Bench(args) => measure::bench::run(args, out),
            Command::Profile(args) => measure::profile::run(args, out),
            Command::Explain(args) => explain::run(args, out),
            Command::Report(args) => report::run(args, out),
            Command::Tune(args) => tune::run(args, out),
            Command::Weights(args) => weights::run(args, out),
            Command::Ops(args) => ops::run(args, out),
            Command::Zoo(args) => zoo::run(args, out),
            Command::Completions(args) => completions::run(args, out),
        }
    }
}

/// Runs the command with the arguments of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error),
    };
    let mut out = Results { out: anstream::stdout().lock() };
    let Err(error) = cli.run(&mut out).and_then(|()| Ok(out.flush()?)) else { return ExitCode::SUCCESS };
    if let Some(error) = error.downcast_ref::<clap::Error>() {
        return usage_error(error);
    }
    // Nothing is left to do when no one reads the error.
    if error.is::<Skipped>() {
        let _ = writeln!(anstream::stderr(), "skipped: {error:#}");
        return ExitCode::from(SKIPPED);
    }
    let _ = writeln!(anstream::stderr(), "error: {error:#}");
    ExitCode::FAILURE
}

/// Standard output. Once no one reads it any more, the command goes on without: its exit code still counts.
struct Results<W> {
    out: W,
}

/// An end of what was written, as one that reads no further leaves it.
fn told<T>(written: io::Result<T>, unread: T) -> io::Result<T> {
    written.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(unread),
        kind => Err(io::Error::new(kind, format!("standard output cannot be written ({error})"))),
    })
}

impl<W: Write> Write for Results<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        told(self.out.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        told(self.out.flush(), ())
    }
}

/// Nothing is wrong, but what was asked for could not be found out and nothing was written: exit code 3.
#[derive(Debug)]
pub struct Skipped(pub String);

/// The exit code of [`Skipped`].
const SKIPPED: u8 = 3;

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skipped {}

/// Prints what clap has to say, help included; 2 for an error.
fn usage_error(error: &clap::Error) -> ExitCode {
    if let Err(unwritten) = told(error.print(), ())
        && !error.use_stderr()
    {
        let _ = writeln!(anstream::stderr(), "error: {unwritten}");
        return ExitCode::FAILURE;
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// An error of the command line that clap alone cannot see: exit code 2.
fn usage(text: impl std::fmt::Display) -> anyhow::Error {
    clap::Error::raw(clap::error::ErrorKind::ValueValidation, format!("{text}\n")).into()
}
