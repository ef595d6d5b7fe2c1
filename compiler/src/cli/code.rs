//! Arguments that decide about generated code, and the command that regenerates it.

use super::budget::BudgetArgs;
use super::model::ModelArgs;
use super::schedule::ScheduleArgs;
use super::usage;
use crate::Options;
use crate::ir::graph::Graph;
use crate::pipeline::{identifier, preprocess, resize_short};
use anyhow::Result;
use clap::ValueEnum;
use std::collections::BTreeMap;
use std::fmt::Write;
use tilewright_runtime::{Filter, Preprocess};

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
}

/// How pictures become inputs.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "How pictures become inputs")]
struct PictureArgs {
    /// Subtracted from red, green and blue, where a pixel is 0 to 1 [default: 0.485,0.456,0.406]
    #[arg(long, value_name = "R,G,B", value_parser = colour, allow_hyphen_values = true)]
    mean: Option<[f32; 3]>,
    /// Divides red, green and blue after that [default: 0.229,0.224,0.225]
    #[arg(long, value_name = "R,G,B", value_parser = divisor)]
    std: Option<[f32; 3]>,
    /// Resize the short side to this many pixels [default: 8/7 of the crop]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_535))]
    resize: Option<u32>,
    /// Cut this many pixels out of the middle, on both sides [default: as the model's input]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_535))]
    crop: Option<u32>,
    /// Interpolation when resizing [default: bilinear]
    #[arg(long)]
    filter: Option<Interpolation>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Interpolation {
    Bilinear,
    Bicubic,
}

impl CodeArgs {
    /// The pipeline's options for this model: weights embedded, the runtime from the registry.
    ///
    /// # Errors
    /// A crop larger than the picture, as a usage error; a tuning file that cannot be read.
    pub fn options(&self, model: &ModelArgs, graph: &Graph) -> Result<Options> {
        Ok(Options {
            isas: self.schedule.isas(),
            choice: self.schedule.choice(),
            tuning: self.schedule.tuning()?,
            budget: self.budget.budget(),
            name: Some(self.name.clone().unwrap_or_else(|| default_name(model))),
            preprocess: self.picture.preprocess(graph)?,
            ..Options::default()
        })
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
        let picture = &self.picture;
        let colours = |colours: [f32; 3]| colours.map(|x| x.to_string()).join(",");
        let rest = [
            ("name", self.name.clone()),
            ("mean", picture.mean.map(colours)),
            ("std", picture.std.map(colours)),
            ("resize", picture.resize.map(|n| n.to_string())),
            ("crop", picture.crop.map(|n| n.to_string())),
            ("filter", picture.filter.map(|filter| format!("{filter:?}").to_lowercase())),
        ];
        let rest = rest.into_iter().filter_map(|(option, value)| Some((option, value?)));
        for (option, value) in dims.chain(rest) {
            let _ = write!(words, " --{option} {}", quoted(&value));
        }
        words + &self.schedule.words() + &self.budget.words()
    }
}

impl PictureArgs {
    fn preprocess(&self, graph: &Graph) -> Result<Preprocess> {
        let usual = preprocess(graph);
        let crop = self.crop.unwrap_or(usual.crop);
        let resize_short = self.resize.unwrap_or_else(|| resize_short(crop));
        if crop > resize_short {
            return Err(usage(format!(
                "--crop {crop} does not fit into a picture with a short side of {resize_short}; say a larger --resize"
            )));
        }
        let filter = match self.filter {
            Some(Interpolation::Bicubic) => Filter::Bicubic,
            Some(Interpolation::Bilinear) => Filter::Bilinear,
            None => usual.filter,
        };
        let mean = self.mean.unwrap_or(usual.mean);
        Ok(Preprocess { resize_short, crop, filter, mean, std: self.std.unwrap_or(usual.std) })
    }
}

/// A word of a command line on one line, in quotes where a shell wants them.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:=/+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("{word:?}") }
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

fn colour(text: &str) -> Result<[f32; 3], String> {
    let numbers: Option<Vec<f32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    let finite = numbers.filter(|numbers| numbers.iter().all(|x| x.is_finite()));
    finite
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| "say three numbers, for example 0.5,0.5,0.5".to_owned())
}

fn divisor(text: &str) -> Result<[f32; 3], String> {
    let numbers = colour(text)?;
    match numbers.iter().all(|&x| x > 0.0) {
        true => Ok(numbers),
        false => Err("say three numbers above 0".to_owned()),
    }
}
