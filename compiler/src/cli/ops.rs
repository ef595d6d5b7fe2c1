//! `tilewright ops`: what the compiler reads of ONNX.

use crate::onnx::{OPSETS, Operator, operators};
use anyhow::Result;
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use std::io::Write;

/// List the ONNX operators and attributes that are supported
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tilewright ops
  tilewright ops --json";

/// Runs the sub-command.
///
/// # Errors
/// An output that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    if args.json {
        let operator = |operator: &Operator| {
            json!({
                "name": operator.name,
                "since": operator.since,
                "attributes": operator.attributes,
                "constants_only": operator.constants_only,
                "limits": operator.limits,
            })
        };
        let all: Vec<Value> = operators().iter().map(operator).collect();
        let list = json!({ "opsets": [OPSETS.start(), OPSETS.end()], "operators": all });
        return Ok(writeln!(out, "{list}")?);
    }
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
