//! `tilewright ops`: what the compiler reads of ONNX.

use crate::onnx::{OPSETS, operators};
use anyhow::Result;
use comfy_table::{Table, presets};
use std::io::Write;

/// List the ONNX operators and attributes that are supported
#[derive(Clone, Debug, clap::Args)]
pub struct Args {}

/// Runs the sub-command.
///
/// # Errors
/// An output that cannot be written.
pub fn run(_: &Args, out: &mut dyn Write) -> Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["operator", "attributes", "runs"]);
    for operator in operators() {
        let place = if operator.constants_only { "when compiling, on constants" } else { "in the program" };
        table.add_row([operator.name.to_owned(), operator.attributes.join(" "), place.to_owned()]);
    }
    writeln!(out, "operator sets {} to {}\n{table}", OPSETS.start(), OPSETS.end())?;
    Ok(())
}
