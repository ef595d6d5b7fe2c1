//! `tilewright zoo`: writes networks with made-up weights.

use super::facts;
use super::file::{self, teller, write_file};
use crate::base::limits::{Limit, Limits};
use crate::base::memory;
use crate::zoo::{ZooOptions, build, least_image, names, weight_bytes};
use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

/// Write a well-known network with made-up weights as an ONNX file
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The network
    #[arg(required_unless_present = "list", value_parser = PossibleValuesParser::new(names()))]
    name: Option<String>,
    /// The ONNX file to write
    #[arg(short, long, value_name = "FILE", required_unless_present = "list")]
    output: Option<PathBuf>,
    /// Seed of the weights
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Leave out the weights: enough to generate code
    #[arg(long)]
    topology: bool,
    /// Height and width of the input
    #[arg(long, value_name = "PIXELS", default_value_t = 224, value_parser = clap::value_parser!(u16).range(32..=4096))]
    image: u16,
    /// Images per run; 0 leaves it open, under the name N
    #[arg(long, value_name = "IMAGES", default_value_t = 1)]
    batch: u16,
    /// Only list the networks
    #[arg(long, conflicts_with_all = ["name", "output"])]
    list: bool,
    /// Print the list as JSON, with the least size of images
    #[arg(long, requires = "list")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tilewright zoo resnet50 -o resnet50.onnx
  tilewright zoo mobilenet_v2 --image 160 --seed 7 -o small.onnx
  tilewright zoo resnet50 --topology --batch 0 -o open.onnx
  tilewright zoo --list --json";

/// Runs the sub-command.
///
/// # Errors
/// A file that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (Some(name), Some(path)) = (&args.name, &args.output) else {
        if args.json {
            let all: Vec<Value> =
                names().map(|name| json!({ "name": name, "least_image": least_image(name) })).collect();
            return Ok(writeln!(out, "{}", Value::from(all))?);
        }
        return names().try_for_each(|name| Ok(writeln!(out, "{name}")?));
    };
    file::check(&[path], &[])?;
    let image = usize::from(args.image);
    let least = least_image(name).context("the zoo has no network of this name")?;
    let batch = Some(args.batch).filter(|&batch| batch > 0).map(usize::from);
    let options = ZooOptions { seed: args.seed, topology: args.topology, batch, image };
    let small = || format!("{name} needs images of at least {least} x {least}; see --image");
    let weights = weight_bytes(name, &options).filter(|_| !args.topology).unwrap_or_default();
    if weights > Limits::default().most(Limit::FileBytes) {
        bail!(
            "{name} has {} of weights at {image} x {image}, more than an ONNX file holds; say a smaller --image, or \
             --topology",
            facts::bytes(weights)
        );
    }
    // As numbers, as bytes of the model, and as those of the file.
    memory::affords(name, usize::try_from(weights)?.saturating_mul(3))?;
    let bytes = build(name, &options).with_context(small)?;
    write_file(path, &bytes)?;
    writeln!(teller(path, out), "{}: {name}, {:.1} MB", path.display(), bytes.len() as f64 * 1e-6)?;
    Ok(())
}
