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
    table.load_style(presets::NOTHING).set_header(["operator", "since", "attributes", "runs", "limits"]);
    for operator in operators() {
        let place = if operator.constants_only { "when compiling, on constants" } else { "in the program" };
        let since: Vec<String> = operator.since.iter().map(i64::to_string).collect();
        let attributes = operator.attributes.join(" ");
        table.add_row([operator.name, &since.join(" "), &attributes, place, operator.limits]);
    }
    writeln!(out, "operator sets {} to {}\n{table}", OPSETS.start(), OPSETS.end())?;
    Ok(())
}
