//! `--profile`: the time of each step, beside the peak of one core times the threads.

use super::args::Measure;
use super::bench::{Times, WARM_UP, threads, with_peak};
use super::json;
use super::session::Session;
use super::table::{Align, Table};
use super::{Stop, tensors};
use crate::{Network, NoProbe, StepInfo, Timer};
use std::io::Write;

/// Times each step and prints the medians.
pub(super) fn run<N: Network>(
    session: &mut Session<N>,
    measure: &Measure,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let info = N::INFO;
    let inputs = tensors::read_or_make(&measure.inputs, info.inputs)?;
    for _ in 0..WARM_UP {
        session.run(&inputs, &mut NoProbe)?;
    }
    let (timer, peak) = with_peak(session, |session| {
        let mut timer = Timer::new(info.steps.len());
        for _ in 0..measure.rounds {
            session.run(&inputs, &mut timer)?;
        }
        Ok(timer)
    })?;
    let medians: Vec<f64> =
        timer.durations().iter().map(|durations| Times::new(durations).quantile(0.5)).collect();
    let rows: Vec<(&StepInfo, f64)> = info.steps.iter().zip(medians).collect();
    let text = if measure.json {
        as_json::<N>(session, measure.rounds, peak, &rows)
    } else {
        as_table::<N>(session, measure.rounds, peak, &rows)
    };
    write!(out, "{text}")?;
    Ok(())
}

fn as_json<N: Network>(session: &Session<N>, rounds: usize, peak: f64, rows: &[(&StepInfo, f64)]) -> String {
    let threads = session.network.threads() as f64;
    let steps = rows.iter().enumerate().map(|(step, (info, seconds))| {
        json::object([
            ("step", json::number(step as f64)),
            ("ms", json::number(seconds * 1e3)),
            ("gflops", json::number(info.flops as f64 / seconds * 1e-9)),
            ("of_peak", json::number(info.flops as f64 / seconds / peak / threads)),
            ("flops", json::number(info.flops as f64)),
            ("bytes", json::number(info.bytes as f64)),
            ("kernel", json::string(info.name)),
            ("algorithm", or_null(info.algorithm)),
            ("tile", or_null(N::INFO.tile(info, session.network.isa()))),
            ("value", json::string(info.value)),
            ("nodes", json::array(info.nodes.iter().map(|node| json::string(node)))),
        ])
    });
    let profile = json::object([
        ("model", json::string(N::INFO.name)),
        ("isa", json::string(session.network.isa().name())),
        ("threads", json::number(threads)),
        ("rounds", json::number(rounds as f64)),
        ("peak_gflops", json::number(peak * 1e-9)),
        ("ms", json::number(rows.iter().map(|row| row.1).sum::<f64>() * 1e3)),
        ("steps", json::array(steps)),
    ]);
    profile + "\n"
}

/// What a kernel has no choice of is no empty text.
fn or_null(words: &str) -> String {
    if words.is_empty() { "null".to_owned() } else { json::string(words) }
}

fn as_table<N: Network>(session: &Session<N>, rounds: usize, peak: f64, rows: &[(&StepInfo, f64)]) -> String {
    use Align::{Left, Right};
    let total: f64 = rows.iter().map(|row| row.1).sum();
    let cores = session.network.threads() as f64;
    let mut table = Table::new([Right, Right, Right, Right, Right, Right, Left, Left, Left, Left]);
    const HEADER: [&str; 10] =
        ["step", "ms", "% time", "GFLOP/s", "% peak", "MB", "kernel", "algorithm", "tile", "nodes"];
    table.row(HEADER.map(str::to_owned));
    let cells = |flops: u64, bytes: u64, seconds: f64| {
        let rate = flops as f64 / seconds;
        [
            format!("{:.4}", seconds * 1e3),
            format!("{:.1}", seconds / total * 100.0),
            if flops == 0 { "-".to_owned() } else { format!("{:.1}", rate * 1e-9) },
            if flops == 0 { "-".to_owned() } else { format!("{:.1}", rate / peak / cores * 100.0) },
            format!("{:.3}", bytes as f64 * 1e-6),
        ]
    };
    for (step, (info, seconds)) in rows.iter().enumerate() {
        let [ms, share, rate, of_peak, size] = cells(info.flops, info.bytes, *seconds);
        let tile = N::INFO.tile(info, session.network.isa());
        let [algorithm, tile] =
            [info.algorithm, tile].map(|words| if words.is_empty() { "-" } else { words });
        let [kernel, algorithm, tile] = [info.name, algorithm, tile].map(str::to_owned);
        let step = format!("{step:03}");
        table.row([step, ms, share, rate, of_peak, size, kernel, algorithm, tile, info.nodes.join(" ")]);
    }
    let bytes = rows.iter().map(|row| row.0.bytes).sum();
    let [ms, share, rate, of_peak, size] = cells(rows.iter().map(|row| row.0.flops).sum(), bytes, total);
    let [kernel, algorithm, tile, nodes] = [const { String::new() }; 4];
    table.row(["all".to_owned(), ms, share, rate, of_peak, size, kernel, algorithm, tile, nodes]);
    format!(
        "{}: medians of {rounds} rounds, {}, {}, FMA peak {:.1} GFLOP/s\n{table}",
        N::INFO.name,
        session.network.isa(),
        threads(session),
        peak * 1e-9
    )
}
