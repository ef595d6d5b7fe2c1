//! `--bench`: the time of whole runs, beside the peak of the same minute: that of one core times the threads.

use super::args::Measure;
use super::json;
use super::session::Session;
use super::table::{Align, Table};
use super::{Stop, tensors};
use crate::{Network, NoProbe, peak};
use std::io::Write;
use std::time::{Duration, Instant};

/// Runs before the clock is looked at: they touch every page and let the clock rate settle.
pub(super) const WARM_UP: usize = 3;

/// Times of equal runs in seconds, sorted.
pub(super) struct Times(Vec<f64>);

impl Times {
    /// Sorts the durations of at least one run.
    pub fn new(durations: &[Duration]) -> Self {
        let mut seconds: Vec<f64> = durations.iter().map(Duration::as_secs_f64).collect();
        seconds.sort_by(f64::total_cmp);
        Times(seconds)
    }

    /// The time that a share of the runs does not exceed, the nearest one measured: 0 the least, 0.5 the median. 0 where
    /// there were no runs.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((share * last as f64).round() as usize).copied().unwrap_or(0.0)
    }
}

/// `1 thread`, `2 threads`.
pub(super) fn threads<N: Network>(session: &Session<N>) -> String {
    match session.network.threads() {
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    }
}

/// Does what `work` does and returns the higher of the peaks before and after it, in FLOP per second: clock rates drift.
pub(super) fn with_peak<N: Network, T>(
    session: &mut Session<N>,
    work: impl FnOnce(&mut Session<N>) -> Result<T, Stop>,
) -> Result<(T, f64), Stop> {
    let isa = session.network.isa();
    let before = peak::measure(isa);
    let result = work(session)?;
    Ok((result, before.max(peak::measure(isa))))
}

/// Times whole runs and prints their spread.
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
    let (durations, peak) = with_peak(session, |session| {
        let once = |_| {
            let started = Instant::now();
            session.run(&inputs, &mut NoProbe)?;
            Ok(started.elapsed())
        };
        (0..measure.rounds).map(once).collect::<Result<Vec<_>, Stop>>()
    })?;
    let times = Times::new(&durations);
    let cores = session.network.threads();
    let roofline = info.flops as f64 / (peak * cores as f64);
    let isa = session.network.isa();
    let quantiles = [("min", 0.0), ("median", 0.5), ("p10", 0.1), ("p90", 0.9)]
        .map(|(name, q)| (name, times.quantile(q)));
    if measure.json {
        let mut fields = vec![
            ("model", json::string(info.name)),
            ("isa", json::string(isa.name())),
            ("threads", json::number(session.network.threads() as f64)),
            ("rounds", json::number(measure.rounds as f64)),
            ("flops", json::number(info.flops as f64)),
            ("peak_gflops", json::number(peak * 1e-9)),
        ];
        for (name, seconds) in quantiles {
            fields.push((
                name,
                json::object([
                    ("ms", json::number(seconds * 1e3)),
                    ("roofline_ratio", json::number(seconds / roofline)),
                ]),
            ));
        }
        writeln!(out, "{}", json::object(fields))?;
        return Ok(());
    }
    let mut table = Table::new([Align::Left, Align::Right, Align::Left]);
    for (name, seconds) in quantiles {
        let ratio = format!("roofline ratio {:.3}", seconds / roofline);
        table.row([name.to_owned(), format!("{:.3} ms", seconds * 1e3), ratio]);
    }
    let times = if cores == 1 { String::new() } else { format!("{cores} x ") };
    let work =
        format!("{:.3} GFLOP at the peak of {times}{:.1} GFLOP/s", info.flops as f64 * 1e-9, peak * 1e-9);
    table.row(["roofline".to_owned(), format!("{:.3} ms", roofline * 1e3), work]);
    writeln!(out, "{}: {} rounds, {isa}, {}", info.name, measure.rounds, threads(session))?;
    write!(out, "{table}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_measured_times() {
        let milliseconds: Vec<Duration> = (1..=11).rev().map(Duration::from_millis).collect();
        let times = Times::new(&milliseconds);
        for (share, want) in [(0.0, 0.001), (0.1, 0.002), (0.5, 0.006), (0.9, 0.010), (1.0, 0.011)] {
            assert_eq!(times.quantile(share), want);
        }
        assert_eq!(Times::new(&[]).quantile(0.5), 0.0);
    }
}
