//! `tilewright profile`: the time of each step of the compiled program.

use super::{MeasureArgs, code_size};
use crate::cli::progress::Progress;
use anyhow::Result;
use serde_json::{Value, json};
use std::io::Write;

/// Build the model's program and time each of its steps; needs cargo
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    measure: MeasureArgs,
    /// Threads to run on [default: as many as this machine has cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print JSON, with the machine code of each kernel counted; what `tilewright report --profile` reads
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Measures on the best instruction set of this processor, or on the best of --isa. A kernel's share of the peak is that of
the multiply-adds that the network defines: Winograd's algorithm needs fewer, and may exceed 100 %.

Examples:
  tilewright profile resnet50.onnx --threads 1
  tilewright profile resnet50.onnx --json > profile.json
  tilewright report resnet50.onnx --profile profile.json -o report.html";

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model, failures of the file system, of cargo and of the program.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let program = args.measure.build(&Progress::new())?;
    let threads = args.threads.map(|threads| threads.to_string());
    let mut words = vec!["--profile"];
    if let Some(threads) = &threads {
        words.extend(["--threads", threads]);
    }
    if !args.json {
        return Ok(write!(out, "{}", args.measure.run(&program, &words)?)?);
    }
    let mut profile = args.measure.run_json(&program, &words)?;
    let isa = profile["isa"].as_str().unwrap_or_default().to_owned();
    let sizes = code_size::of_kernels(&program.path, &program.compiled.plan, &isa)?;
    let sizes = sizes.into_iter().map(|(kernel, bytes)| json!({"kernel": kernel, "code_bytes": bytes}));
    if let Some(profile) = profile.as_object_mut() {
        profile.insert("kernels".to_owned(), Value::Array(sizes.collect()));
        profile.insert("binary_bytes".to_owned(), program.size()?.into());
    }
    Ok(writeln!(out, "{profile}")?)
}
