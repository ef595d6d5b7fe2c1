//! `--info`: what the model is, for people and for programs.

use super::json::{array, number, object, string};
use super::table::{Align, Table, shape};
use crate::info::{ModelInfo, TensorInfo};
use crate::{ChannelOrder, Filter};

/// The text of `--info`.
pub(super) fn text(info: &ModelInfo) -> Table {
    let mut table = Table::new([Align::Left, Align::Left]);
    let mut row = |key: &str, value: String| table.row([key.to_owned(), value]);
    row("model", info.name.to_owned());
    row("graph", info.graph_sha256.to_owned());
    row("compiler", format!("tilewright {}", info.tool_version));
    for (key, tensors) in [("input", info.inputs), ("output", info.outputs)] {
        for tensor in tensors {
            row(key, format!("{} {}", tensor.name, shape(tensor)));
        }
    }
    row("work", format!("{:.3} GFLOP in {} steps", info.flops as f64 * 1e-9, info.steps.len()));
    row("weights", format!("{:.2} MB", info.weight_bytes as f64 * 1e-6));
    row("arena", format!("{:.2} MB", info.arena_bytes as f64 * 1e-6));
    for isa in info.isas {
        let note = if isa.available() { "" } else { " (not on this processor)" };
        row("built for", format!("{isa}{note}"));
    }
    let how = &info.preprocess;
    row(
        "pictures",
        format!(
            "short side to {} ({}), middle {} x {}",
            how.resize_short,
            filter(how.filter),
            how.crop,
            how.crop
        ),
    );
    row("", format!("less {:?}, by {:?}, of RGB from 0 to 1, as {}", how.mean, how.std, order(how.order)));
    let how = &info.postprocess;
    let scores = if how.softmax { "by softmax" } else { "as they are" };
    row("classes", format!("{} named, the {} best told, scores {scores}", how.labels.len(), how.top));
    table
}

/// The same as JSON, with bytes and the names of all classes.
pub(super) fn json(info: &ModelInfo) -> String {
    let count = |n: usize| number(n as f64);
    let numbers = |list: &[f32]| array(list.iter().map(|&x| number(x)));
    let tensor = |tensor: &TensorInfo| {
        let shape = array(tensor.shape.iter().map(|&extent| count(extent)));
        object([("name", string(tensor.name)), ("shape", shape)])
    };
    let (how, scores) = (&info.preprocess, &info.postprocess);
    let pictures = object([
        ("resize_short", number(how.resize_short)),
        ("crop", number(how.crop)),
        ("filter", string(filter(how.filter))),
        ("mean", numbers(&how.mean)),
        ("std", numbers(&how.std)),
        ("order", string(order(how.order))),
    ]);
    let classes = object([
        ("softmax", scores.softmax.to_string()),
        ("top", count(scores.top)),
        ("labels", array(scores.labels.iter().map(|label| string(label)))),
    ]);
    object([
        ("model", string(info.name)),
        ("graph_sha256", string(info.graph_sha256)),
        ("compiler", string(info.tool_version)),
        ("inputs", array(info.inputs.iter().map(tensor))),
        ("outputs", array(info.outputs.iter().map(tensor))),
        ("flops", number(info.flops as f64)),
        ("steps", count(info.steps.len())),
        ("weight_bytes", count(info.weight_bytes)),
        ("arena_bytes", count(info.arena_bytes)),
        ("isas", array(info.isas.iter().map(|isa| string(isa.name())))),
        ("pictures", pictures),
        ("classes", classes),
    ])
}

fn filter(filter: Filter) -> &'static str {
    match filter {
        Filter::Bilinear => "bilinear",
        Filter::Bicubic => "bicubic",
    }
}

fn order(order: ChannelOrder) -> &'static str {
    match order {
        ChannelOrder::Rgb => "rgb",
        ChannelOrder::Bgr => "bgr",
    }
}
