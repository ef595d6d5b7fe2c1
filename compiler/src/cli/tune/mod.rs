//! `tilewright tune`: measures other schedules on this processor and writes those that win as a tuning file.
//!
//! A bounded list of candidates per kernel, tried all kernels at once in a few builds of the whole program, each run beside
//! the program as it is. What wins clearly is combined, and the whole is compared once more: the file never says what is
//! slower than the default. What counts as clear is decided by `schedule::tuning::judge`, without a clock.

mod programs;
mod search;
mod stage;

use super::budget::BudgetArgs;
use super::file::write_file;
use super::model::ModelArgs;
use super::program::ProgramArgs;
use super::progress::Progress;
use super::schedule::{ScheduleArgs, warn};
use super::usage;
use super::verify::available;
use crate::base::target::{ISAS, Isa};
use crate::pipeline::plan_within;
use crate::schedule::budget::Budget;
use crate::schedule::choose::Choice;
use crate::schedule::tuning::Tuning;
use crate::schedule::tuning::experiment::Compared;
use anyhow::{Result, bail};
use comfy_table::{Table, presets};
use programs::Workshop;
use search::Search;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Measure other schedules on this processor and write those that are faster; needs cargo
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    schedule: ScheduleArgs,
    #[command(flatten)]
    limits: BudgetArgs,
    #[command(flatten)]
    program: ProgramArgs,
    /// Time to spend on candidates, as 90s, 5m or 1h; what has begun is finished
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = budget)]
    budget: Duration,
    /// Threads to measure with
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,
    /// The tuning file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

const EXAMPLES: &str = "\
Measures on the best instruction set of this processor, or on those of --isa; the algorithm of a convolution is one for all
of them, and is measured on the best. With --tuning FILE it starts from that file's schedules and keeps its lines. The file
has no lines where nothing is clearly faster than what there is. With a budget, algorithms are those that fit, which the file
then says, and only schedules are tried.

Exit code 3: the machine is too noisy to tell, and nothing is written. Stop other programs, or take another machine.

Examples:
  tilewright tune resnet50.onnx -o resnet50.tuning
  tilewright tune resnet50.onnx --budget 20m --isa avx2,avx512 -o resnet50.tuning
  tilewright tune resnet50.onnx --max-arena 6MiB -o small.tuning
  tilewright build resnet50.onnx --tuning resnet50.tuning -o resnet50";

/// Runs the sub-command.
///
/// # Errors
/// Everything that is wrong with the model and the tuning file to start from, failures of the file system and of cargo;
/// [`super::Skipped`] on a machine that is too noisy.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let isas = isas(&args.schedule)?;
    let progress = Progress::new();
    progress.say("reading the model");
    let graph = args.model.load_for(&[&args.output], &[])?;
    if graph.is_topology() {
        bail!("the model has no numbers; a program to measure needs one with its weights");
    }
    let (start, choice, limits) = (args.schedule.tuning()?, args.schedule.choice(), args.limits.budget());
    let planned = plan_within(&graph, &args.schedule.isas(), choice, &start, limits)?;
    warn(&planned.warnings);
    let start = planned.tuning;
    let shop = Workshop::new(&graph, &args.program, choice, args.threads.into(), &progress)?;
    // What fits is a matter of algorithms, which a budget has chosen.
    let algorithms = choice == Choice::Fast && limits == Budget::default();
    let mut search = Search::new(shop, &graph, choice, algorithms, &progress);
    for &isa in &isas {
        search.prepare(isa, &start)?;
    }
    let tuned = search.run(&isas, &start, args.budget)?;
    let (mut kept, compared) = search.settle(&start, &tuned, args.budget)?;
    search.quiet()?;
    kept.tool = env!("CARGO_PKG_VERSION").to_owned();
    kept.cpu = cpu();
    write_file(&args.output, text(&kept, &compared, args.threads).as_bytes())?;
    progress.clear();
    report(args, &kept, &compared, out)
}

/// What there is to measure on, the best last.
fn isas(args: &ScheduleArgs) -> Result<Vec<Isa>> {
    if let Some(absent) = args.isa.iter().find(|isa| !available(isa)) {
        return Err(usage(format!("this processor does not have {}; leave it out of --isa", absent.name)));
    }
    match args.isa.is_empty() {
        true => Ok(ISAS.into_iter().rfind(available).into_iter().collect()),
        false => Ok(args.isas()),
    }
}

/// The file: its lines, and what was measured as a comment.
fn text(kept: &Tuning, compared: &[Compared], threads: u16) -> String {
    let mut text = kept.to_string();
    if kept.lines.is_empty() {
        text.push_str("# Nothing was faster than what the cost rules choose.\n");
    }
    for line in compared.iter().map(Compared::line) {
        let _ = writeln!(text, "# {threads} thread{}, {line}", if threads == 1 { "" } else { "s" });
    }
    text
}

/// What was found, for the terminal.
fn report(args: &Args, kept: &Tuning, compared: &[Compared], out: &mut dyn Write) -> Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["kernel", "of", "now", ""]);
    for line in &kept.lines {
        let (of, now) = line.setting.words();
        table.add_row([line.kernel.clone(), of.to_owned(), now, line.note.clone()]);
    }
    if !kept.lines.is_empty() {
        writeln!(out, "{table}")?;
    }
    compared.iter().try_for_each(|compared| writeln!(out, "{}", compared.line()))?;
    let target = args.output.display();
    match kept.lines.len() {
        0 => writeln!(out, "{target}: no lines, since nothing was faster than what the cost rules choose")?,
        1 => writeln!(out, "{target}: 1 line")?,
        lines => writeln!(out, "{target}: {lines} lines")?,
    }
    Ok(())
}

/// The processor's model, as the system tells it.
fn cpu() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == "model name");
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// Parses `90s`, `5m`, `1h`.
fn budget(text: &str) -> Result<Duration, String> {
    const UNITS: [(char, u64); 3] = [('s', 1), ('m', 60), ('h', 3600)];
    let found = UNITS.iter().find_map(|&(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let seconds = found.and_then(|(count, seconds)| count.parse::<u64>().ok()?.checked_mul(seconds));
    match seconds {
        // A day is more than any search takes, and far from what a clock cannot hold.
        Some(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err("say a time of a second to a day, as 90s, 5m or 1h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::budget;
    use std::time::Duration;

    #[test]
    fn budgets_have_units() {
        for (text, seconds) in [("1s", 1), ("90s", 90), ("5m", 300), ("24h", 86_400)] {
            assert_eq!(budget(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "5", "m", "0s", "-1s", "1.5m", "25h", "99999999999999999999h", "5 m", "5d"] {
            assert!(budget(text).is_err(), "{text}");
        }
    }
}
