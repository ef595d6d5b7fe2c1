//! `tilewright bench`: the time of whole runs of the compiled program, on several numbers of threads.

use super::MeasureArgs;
use crate::cli::facts::bytes;
use crate::cli::program::Program;
use crate::cli::progress::Progress;
use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use std::io::Write;
use tilewright_runtime::cores;

/// Build the model's program and time whole runs; needs cargo
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    measure: MeasureArgs,
    /// Numbers of threads to run on; `all` is as many as this machine has cores
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,all", value_parser = threads)]
    threads: Vec<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Measures on the best instruction set of this processor, or on the best of --isa. The roofline ratio is the time in units of
what the network's multiply-adds take at the peak of the cores, measured in the same minute.

Examples:
  tilewright bench resnet50.onnx
  tilewright bench resnet50.onnx --threads 1,2,4,all --rounds 100
  tilewright bench resnet50.onnx --isa avx2 --exact --json";

/// Quantiles that the program tells, by their names in its JSON.
const QUANTILES: [&str; 4] = ["min", "median", "p10", "p90"];

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model, failures of the file system, of cargo and of the program.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let progress = Progress::new();
    let program = args.measure.build(&progress)?;
    let mut counts: Vec<usize> = Vec::new();
    args.threads.iter().for_each(|count| {
        if !counts.contains(count) {
            counts.push(*count)
        }
    });
    let mut runs = Vec::new();
    for count in counts {
        runs.push(args.measure.run_json(&program, &["--bench", "--threads", &count.to_string()])?);
    }
    let (size, start) = (program.size()?, program.start_time()?.as_secs_f64() * 1e3);
    if args.json {
        let plan = &program.compiled.plan;
        let report = json!({
            "model": plan.name,
            "binary_bytes": size,
            "start_ms": start,
            "arena_bytes": 4 * plan.arena,
            "weight_bytes": 4 * plan.weight_floats,
            "runs": runs,
        });
        return Ok(writeln!(out, "{report}")?);
    }
    write!(out, "{}\n{}", table(&runs), sizes(args, &program, size, start))?;
    Ok(())
}

/// One row per number of threads.
fn table(runs: &[Value]) -> Table {
    let mut table = Table::new();
    let header =
        ["threads", "isa", "min ms", "median ms", "p10 ms", "p90 ms", "roofline ratio", "peak GFLOP/s"];
    table.load_style(presets::NOTHING).set_header(header);
    let number = |value: &Value, digits: usize| format!("{:.digits$}", value.as_f64().unwrap_or(f64::NAN));
    for run in runs {
        let mut row = vec![run["threads"].to_string(), run["isa"].as_str().unwrap_or_default().to_owned()];
        row.extend(QUANTILES.map(|name| number(&run[name]["ms"], 3)));
        row.extend([number(&run["median"]["roofline_ratio"], 3), number(&run["peak_gflops"], 1)]);
        table.add_row(row);
    }
    table.column_iter_mut().enumerate().filter(|(index, _)| *index != 1).for_each(|(_, column)| {
        column.set_cell_alignment(CellAlignment::Right);
    });
    table
}

fn sizes(args: &Args, program: &Program, size: u64, start: f64) -> String {
    let plan = &program.compiled.plan;
    format!(
        "{}: {:.3} GFLOP, medians of {} rounds; program {}, starts in {start:.1} ms; arena {}, weights {}\n",
        args.measure.model.file_name(),
        plan.flops() as f64 * 1e-9,
        args.measure.rounds,
        bytes(size),
        bytes(4 * plan.arena as u64),
        bytes(4 * plan.weight_floats as u64)
    )
}

/// Parses a number of threads, or `all`.
fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=1024) => Ok(count),
        _ if text == "all" => Ok(cores::physical()),
        _ => Err("say numbers of threads from 1 to 1024, or `all`".to_owned()),
    }
}
