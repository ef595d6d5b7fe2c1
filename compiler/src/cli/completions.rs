//! `tilewright completions`: what a shell has to know to complete the command's arguments.

use super::Cli;
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use std::io::Write;

/// Print the script by which a shell completes this command's arguments
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  tilewright completions bash > ~/.local/share/bash-completion/completions/tilewright
  tilewright completions zsh > ~/.zfunc/_tilewright
  tilewright completions fish > ~/.config/fish/completions/tilewright.fish";

/// Runs the sub-command.
///
/// # Errors
/// An output that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    // Into memory first: the generator panics when a write fails, as that to a closed pipe does.
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "tilewright", &mut script);
    out.write_all(&script)?;
    Ok(())
}
