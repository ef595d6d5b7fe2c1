//! Cases in processes that are watched: a panic, a case that takes too long or too much memory is counted, and the next
//! process goes on behind it.

use super::targets::Target;
use super::{case, corpus::Seed};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A case may take this long, in time of the processor.
pub const LONGEST: Duration = Duration::from_secs(10);

/// A process may use this much memory, in kilobytes.
pub const MOST_MEMORY: u64 = 2 << 20;

/// Cases of one process: its memory is the most that any of them took.
const BATCH: u64 = 5000;

/// What to try.
#[derive(Clone, Debug)]
pub struct Job {
    /// What reads the cases.
    pub target: &'static Target,
    /// Decides how files are changed.
    pub seed: u64,
    /// First case and the one behind the last.
    pub cases: std::ops::Range<u64>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Cases, whatever came of them.
    pub tried: u64,
    /// Of these, what was accepted.
    pub accepted: u64,
    /// Cases that panicked, or ended their process.
    pub panics: Vec<String>,
    /// Cases that took longer than [`LONGEST`].
    pub hangs: Vec<String>,
    /// Processes that took more than [`MOST_MEMORY`].
    pub memory: Vec<String>,
    /// The longest that a case took, in milliseconds, and which.
    pub longest: (u64, u64),
    /// The most memory that a process used, in kilobytes.
    pub peak: u64,
}

/// The words by which a program that calls [`child`] knows that it is one: target, seed, first case, the one behind the last.
pub const CHILD: &str = "--child";

/// Runs the cases in processes of this program.
///
/// # Errors
/// A process that cannot be started.
pub fn run(job: &Job, mut say: impl FnMut(&Counts)) -> std::io::Result<Counts> {
    let mut counts = Counts::default();
    let mut next = job.cases.start;
    while next < job.cases.end {
        let end = (next + BATCH).min(job.cases.end);
        next = batch(job, next..end, &mut counts)?;
        say(&counts);
    }
    Ok(counts)
}

/// One process; returns the case to go on with.
fn batch(job: &Job, cases: std::ops::Range<u64>, counts: &mut Counts) -> std::io::Result<u64> {
    let mut command = Command::new(std::env::current_exe()?);
    let numbers = [job.seed, cases.start, cases.end].map(|number| number.to_string());
    command.arg(CHILD).arg(job.target.name).args(numbers).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let lines = lines(&mut child);
    let mut at = cases.start;
    let mut since = (Duration::ZERO, Instant::now());
    loop {
        match lines.recv_timeout(LONGEST / 10) {
            // On a busy machine a process may wait for longer than it works: its own time counts, where the system tells it.
            Err(RecvTimeoutError::Timeout)
                if spent(child.id()).map_or(since.1.elapsed(), |spent| spent - since.0) < LONGEST => {}
            Ok(line) => {
                let words: Vec<&str> = line.splitn(3, ' ').collect();
                match words[..] {
                    ["done", accepted, took] => {
                        counts.accepted += u64::from(accepted == "1");
                        counts.longest = counts.longest.max((took.parse().unwrap_or(0), at));
                    }
                    ["panic", ref text @ ..] => counts.panics.push(format!("case {at}: {}", text.join(" "))),
                    ["peak", peak] => counts.peak = counts.peak.max(peak.parse().unwrap_or(0)),
                    _ => {}
                }
                since = (spent(child.id()).unwrap_or_default(), Instant::now());
                let over = u64::from(matches!(words[..], ["done" | "panic", ..]));
                (at, counts.tried) = (at + over, counts.tried + over);
            }
            Err(RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                counts.hangs.push(format!("case {at}"));
                counts.tried += 1;
                return Ok(at + 1);
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = child.wait()?;
                if status.success() && at == cases.end {
                    return Ok(at);
                }
                let list =
                    if status.code() == Some(MEMORY) { &mut counts.memory } else { &mut counts.panics };
                list.push(format!("case {at}: {status}"));
                counts.tried += 1;
                return Ok(at + 1);
            }
        }
    }
}

/// Processor time of a process so far, where the system says it: fields 14 and 15 of its line, in hundredths of a second.
fn spent(id: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields = stat.rsplit_once(')')?.1;
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).map_while(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(10 * ticks))
}

fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

/// The exit code of a process that took too much memory.
const MEMORY: i32 = 77;

/// The cases of a process, each with a line when it is over.
pub fn child(job: &Job) {
    let seeds: Vec<Seed> = (job.target.seeds)();
    let mut out = std::io::stdout().lock();
    std::panic::set_hook(Box::new(|_| ()));
    let clock = || spent(std::process::id()).unwrap_or_default();
    for number in job.cases.clone() {
        let bytes = case(job.target, &seeds, job.seed, number);
        let start = clock();
        let line = match catch_unwind(AssertUnwindSafe(|| (job.target.run)(&bytes))) {
            Ok(accepted) => format!("done {} {}", u8::from(accepted), (clock() - start).as_millis()),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
                format!("panic {}", text.replace('\n', " "))
            }
        };
        // Whoever started this process may have stopped listening.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        if peak() > MOST_MEMORY {
            std::process::exit(MEMORY);
        }
    }
    let _ = writeln!(out, "peak {}", peak());
}

/// The most memory that this process has used, in kilobytes; 0 where the system does not say.
pub fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
