//! `tilewright build`: makes the standalone program.

use super::code::CodeArgs;
use super::model::ModelArgs;
use super::program::ProgramArgs;
use super::progress::Progress;
use super::{facts, schedule};
use crate::Options;
use anyhow::{Result, bail};
use std::io::Write;
use std::path::PathBuf;

/// Make a standalone program of the model; needs cargo
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    code: CodeArgs,
    #[command(flatten)]
    program: ProgramArgs,
    /// The program to write
    #[arg(short, long, value_name = "BIN")]
    output: PathBuf,
}

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model, and failures of the file system and of cargo.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    // Now rather than after a minute.
    let target = args.output.display();
    if args.output.is_dir() {
        bail!("{target} is a folder; name a file");
    }
    if args.output.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        bail!("{target} cannot be written; its folder does not exist");
    }
    let progress = Progress::new();
    progress.say("reading the model");
    let graph = args.model.load()?;
    let command = args.code.build_command(&args.model);
    let options = Options { command, ..args.code.options(&args.model, &graph)? };
    let program = args.program.build(graph, options, &progress)?;
    program.install(&args.output)?;
    let (size, start) = (facts::bytes(program.size()?), program.start_time()?);
    progress.clear();
    schedule::warn(&program.compiled.warnings);
    writeln!(
        out,
        "{}: {size}, built in {:.1} s, starts in {:.1} ms",
        args.output.display(),
        program.build_time.as_secs_f64(),
        start.as_secs_f64() * 1e3
    )?;
    Ok(())
}
