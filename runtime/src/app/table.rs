//! Text in aligned columns.

use crate::info::TensorInfo;
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

/// `1x3x224x224`.
pub(super) fn shape(tensor: &TensorInfo) -> String {
    dims(tensor.shape)
}

/// `1x3x224x224`; a scalar is `()`.
pub(super) fn dims(shape: &[usize]) -> String {
    let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
    if extents.is_empty() { "()".to_owned() } else { extents.join("x") }
}
