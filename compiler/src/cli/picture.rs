//! Arguments that say how pictures become inputs, and what becomes of a classifier's scores: the model records them.

use super::file::{Input, read_text};
use super::{usage, words};
use crate::ir::graph::Graph;
use crate::pipeline::{preprocess, resize_short};
use crate::{Classes, Labels};
use anyhow::Result;
use clap::ValueEnum;
use std::path::PathBuf;
use tilewright_runtime::{ChannelOrder, Filter, Postprocess, Preprocess};

/// How pictures become inputs.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "How pictures become inputs")]
pub struct PictureArgs {
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
    /// Which colour the input has first [default: rgb]
    #[arg(long)]
    order: Option<Order>,
}

/// What becomes of a classifier's scores.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "What becomes of the first output")]
pub struct ClassArgs {
    /// Names of the classes, one a line; the program tells them
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// How scores become probabilities [default: softmax, unless the network ends in one or in a sigmoid]
    #[arg(long)]
    postprocess: Option<Probabilities>,
    /// How many of the best classes the program tells [default: 5]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Interpolation {
    Bilinear,
    Bicubic,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    Rgb,
    Bgr,
}

#[derive(Clone, Copy, PartialEq, Debug, ValueEnum)]
enum Probabilities {
    None,
    Softmax,
}

impl PictureArgs {
    /// What the model records.
    ///
    /// # Errors
    /// A crop larger than the picture.
    pub fn preprocess(&self, graph: &Graph) -> Result<Preprocess> {
        let usual = preprocess(graph);
        let crop = self.crop.unwrap_or(usual.crop);
        let resize_short = self.resize.unwrap_or_else(|| resize_short(crop));
        if crop > resize_short {
            return Err(usage(format!(
                "--crop {crop} does not fit into a picture with a short side of {resize_short}; say a larger --resize"
            )));
        }
        let filter = self.filter.map_or(usual.filter, |filter| match filter {
            Interpolation::Bilinear => Filter::Bilinear,
            Interpolation::Bicubic => Filter::Bicubic,
        });
        let order = self.order.map_or(usual.order, |order| match order {
            Order::Rgb => ChannelOrder::Rgb,
            Order::Bgr => ChannelOrder::Bgr,
        });
        let (mean, std) = (self.mean.unwrap_or(usual.mean), self.std.unwrap_or(usual.std));
        Ok(Preprocess { resize_short, crop, filter, mean, std, order })
    }

    /// The arguments that are given, by their names, as one would type them.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        let colours = |colours: [f32; 3]| colours.map(|x| x.to_string()).join(",");
        let given = [
            ("mean", self.mean.map(colours)),
            ("std", self.std.map(colours)),
            ("resize", self.resize.map(|n| n.to_string())),
            ("crop", self.crop.map(|n| n.to_string())),
            ("filter", self.filter.map(lower)),
            ("order", self.order.map(lower)),
        ];
        given.into_iter().filter_map(|(option, value)| Some((option, value?))).collect()
    }
}

impl ClassArgs {
    /// The file that is read.
    pub fn input(&self) -> Option<Input<'_>> {
        self.labels.as_deref().map(|path| ("the file of labels", path))
    }

    /// What the model records.
    ///
    /// # Errors
    /// Labels that cannot be read.
    pub fn classes(&self) -> Result<Classes> {
        let read = |path: &PathBuf| anyhow::Ok(Labels::parse(path.display().to_string(), &read_text(path)?));
        Ok(Classes {
            softmax: self.postprocess.map(|how| how == Probabilities::Softmax),
            top: self.top.map_or(Postprocess::LOGITS.top, |top| top as usize),
            labels: self.labels.as_ref().map(read).transpose()?,
        })
    }

    /// The arguments that are given, by their names, the same for every folder.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        let given = [
            ("labels", self.labels.as_deref().map(words::file_name)),
            ("postprocess", self.postprocess.map(lower)),
            ("top", self.top.map(|top| top.to_string())),
        ];
        given.into_iter().filter_map(|(option, value)| Some((option, value?))).collect()
    }
}

/// The name of a choice on the command line.
fn lower(choice: impl std::fmt::Debug) -> String {
    format!("{choice:?}").to_lowercase()
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
