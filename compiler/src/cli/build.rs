//! `tilewright build`: makes the standalone program.

use super::code::CodeArgs;
use super::model::ModelArgs;
use super::program::ProgramArgs;
use super::progress::Progress;
use super::schedule::{self, SaveArgs};
use super::{facts, file};
use crate::Options;
use anyhow::Result;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Make a standalone program of the model; needs cargo
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
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
    #[command(flatten)]
    save: SaveArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tilewright build resnet50.onnx -o resnet50
  tilewright build resnet50.onnx -o resnet50 --labels imagenet.txt --top 3 --max-binary 120MB
  tilewright build caffe.onnx -o caffe --order bgr --mean 0.408,0.459,0.482 --std 0.00392,0.00392,0.00392
  ./resnet50 photos/ --json";

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model, and failures of the file system and of cargo.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let progress = Progress::new();
    progress.say("reading the model");
    let outputs: Vec<&Path> = [args.output.as_path()].into_iter().chain(args.save.target()).collect();
    // A tuning file may become another, but no program.
    file::check(&[&args.output], args.code.tuning().as_slice())?;
    let graph = args.model.load_for(&outputs, args.code.labels().as_slice())?;
    let target = args.output.display();
    let command = args.code.build_command(&args.model);
    let options = Options { command, ..args.code.options(&args.model, &graph)? };
    let program = args.program.build(graph, options, &progress)?;
    program.install(&args.output)?;
    args.save.save(&program.compiled.tuning)?;
    let (size, start) = (program.size()?, program.start_time()?.as_secs_f64() * 1e3);
    let seconds = program.build_time.as_secs_f64();
    progress.clear();
    schedule::warn(&program.compiled.warnings);
    if args.json {
        let path = target.to_string();
        let report = json!({ "program": path, "bytes": size, "build_s": seconds, "start_ms": start });
        return Ok(writeln!(out, "{report}")?);
    }
    writeln!(out, "{target}: {}, built in {seconds:.1} s, starts in {start:.1} ms", facts::bytes(size))?;
    Ok(())
}
