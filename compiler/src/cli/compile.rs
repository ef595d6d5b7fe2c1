//! `tilewright compile`: writes the generated crate and its weights.

use super::code::CodeArgs;
use super::facts::Facts;
use super::folder::{self, Content, WEIGHTS};
use super::model::ModelArgs;
use super::progress::Progress;
use super::schedule::{self, SaveArgs};
use super::weights::Place;
use super::words::quoted;
use crate::emit::{REFERENCE_FILE, RuntimeDep, Weights};
use crate::{Compiled, Options};
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Write the model as a Rust crate, with its packed weights
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    code: CodeArgs,
    /// The crate's folder; only what changed is written, and no file of yours
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Write nothing; fail when the folder is not as it would be written
    #[arg(long)]
    check: bool,
    /// Where the crate finds its weights: in the binary, or in a file named at run time
    #[arg(long, value_enum, default_value_t = Place::Embed)]
    weights: Place,
    #[command(flatten)]
    save: SaveArgs,
    /// The crate has a test: the model on made-up inputs, against outputs that the reference evaluator computes now
    #[arg(long)]
    tests: bool,
    /// The crate has a bench: the time of a run on each instruction set
    #[arg(long)]
    benches: bool,
    /// The crate is also a static library for programs in C, with a header in include/
    #[arg(long)]
    c_abi: bool,
    /// Folder of the crate tilewright-runtime, as the manifest is to name it [default: the registry]
    #[arg(long, value_name = "PATH")]
    runtime: Option<String>,
    /// The crate is a member of the workspace around it, not one of its own
    #[arg(long)]
    member: bool,
}

const EXAMPLES: &str = "\
Examples:
  tilewright compile resnet50.onnx -o resnet50
  tilewright compile resnet50.onnx -o resnet50 --check
  tilewright compile resnet50.onnx -o resnet50 --weights external --isa avx2,avx512 --max-arena 8MiB
  tilewright compile resnet50.onnx -o resnet50 --labels imagenet.txt --c-abi --tests --benches";

impl Args {
    /// The command that regenerates the crate, without what depends on the host.
    fn command(&self) -> String {
        let mut command = format!("tilewright compile {} -o <this folder>", quoted(&self.model.file_name()));
        command.push_str(&self.code.words(&self.model));
        if self.weights == Place::External {
            command.push_str(" --weights external");
        }
        let flags = [(self.tests, " --tests"), (self.benches, " --benches"), (self.c_abi, " --c-abi")];
        flags.iter().filter(|(given, _)| *given).for_each(|(_, flag)| command.push_str(flag));
        if self.member {
            command.push_str(" --member");
        }
        if let Some(runtime) = &self.runtime {
            let _ = write!(command, " --runtime {}", quoted(runtime));
        }
        command
    }
}

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model, files that are in the way, with `--check` also a folder that is stale.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let progress = Progress::new();
    progress.say("reading the model");
    let saved: Vec<&Path> = args.save.target().into_iter().collect();
    let graph = args.model.load_for(&saved, args.code.labels().as_slice())?;
    let topology = graph.is_topology();
    if topology && args.weights == Place::Embed {
        bail!(
            "{}: the model has no numbers to embed; give one with its weights, or say --weights external to write the \
             source alone",
            args.model.model.display()
        );
    }
    if topology && args.tests {
        bail!(
            "{}: the model has no numbers to compute outputs with; give one with its weights, or leave out --tests",
            args.model.model.display()
        );
    }
    let weights = match args.weights {
        Place::Embed => Weights::Embed,
        Place::External => Weights::External,
    };
    let runtime = args.runtime.clone().map_or(RuntimeDep::Registry, RuntimeDep::Path);
    let options = Options {
        weights,
        runtime,
        standalone: !args.member,
        c_abi: args.c_abi,
        tests: args.tests,
        benches: args.benches,
        command: args.command(),
        ..args.code.options(&args.model, &graph)?
    };
    progress.say("generating code");
    let compiled = crate::compile(graph, &options)?;
    progress.say("packing weights");
    let mut files = contents(&compiled, !topology)?;
    if args.tests {
        progress.say("computing reference outputs");
        let bytes = compiled.reference_file()?;
        files.push(Content { path: REFERENCE_FILE.to_owned(), bytes });
    }
    progress.clear();
    schedule::warn(&compiled.warnings);
    let place = args.output.display();
    if args.check {
        let changes = folder::compare(&args.output, &files)?;
        if changes.is_empty() {
            writeln!(out, "{place}: up to date")?;
            return Ok(());
        }
        bail!("{place}: not up to date:\n  {}", changes.lines().join("\n  "));
    }
    let changes = folder::write(&args.output, &files)?;
    args.save.save(&compiled.tuning)?;
    writeln!(
        out,
        "{place}: {} files, {} written, {} removed; {}",
        files.len(),
        changes.missing.iter().chain(&changes.stale).filter(|path| *path != folder::LIST).count(),
        changes.obsolete.len(),
        Facts::of(&compiled.source, &compiled.plan).line()
    )?;
    if topology {
        writeln!(out, "{place}: no {WEIGHTS}, since the model has no numbers")?;
    }
    Ok(())
}

/// The files of the crate: its source and, where the model has numbers, its weights.
///
/// # Errors
/// Weights that cannot be packed.
pub fn contents(compiled: &Compiled, weights: bool) -> Result<Vec<Content>> {
    let sources = compiled.files.iter();
    let mut files: Vec<Content> = sources
        .map(|file| Content { path: file.path.clone(), bytes: file.text.clone().into_bytes() })
        .collect();
    if weights {
        let bytes = compiled.weights_file().context("the weights cannot be packed")?;
        files.push(Content { path: WEIGHTS.to_owned(), bytes });
    }
    Ok(files)
}
