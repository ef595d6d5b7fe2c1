//! Text in aligned columns.

use crate::info::{ModelInfo, TensorInfo};
use crate::{ChannelOrder, Filter};
use std::fmt;

/// To which side of its column a cell goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows of as many cells as there are columns; the first row may be a header.
pub(super) struct Table {
    columns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: impl Into<Vec<Align>>) -> Self {
        Table { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let columns: Vec<_> =
            self.columns.iter().enumerate().map(|(index, &align)| (align, width(index))).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, &(align, width)) in row.iter().zip(&columns) {
                let cell = match align {
                    Align::Left => format!("{cell:<width$}  "),
                    Align::Right => format!("{cell:>width$}  "),
                };
                line.push_str(&cell);
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// The text of `--info`.
pub(super) fn describe(info: &ModelInfo) -> Table {
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
    let filter = match how.filter {
        Filter::Bilinear => "bilinear",
        Filter::Bicubic => "bicubic",
    };
    row(
        "pictures",
        format!("short side to {} ({filter}), middle {} x {}", how.resize_short, how.crop, how.crop),
    );
    let order = match how.order {
        ChannelOrder::Rgb => "red first",
        ChannelOrder::Bgr => "blue first",
    };
    row("", format!("less {:?}, by {:?}, of RGB from 0 to 1, {order}", how.mean, how.std));
    let how = &info.postprocess;
    let scores = if how.softmax { "by softmax" } else { "as they are" };
    row("classes", format!("{} named, the {} best told, scores {scores}", how.labels.len(), how.top));
    table
}

/// `1x3x224x224`.
pub(super) fn shape(tensor: &TensorInfo) -> String {
    dims(tensor.shape)
}

/// `1x3x224x224`; a scalar is `()`.
pub(super) fn dims(shape: &[usize]) -> String {
    let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
    if extents.is_empty() { "()".to_owned() } else { extents.join("x") }
}
