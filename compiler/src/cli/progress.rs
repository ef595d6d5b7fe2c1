//! Progress of long steps: shown on a terminal, silent elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::thread;
use std::time::Duration;

/// Time between two turns of the spinner.
const TICK: Duration = Duration::from_millis(120);

/// What is going on at the moment; disappears when dropped.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A line on standard error, if that is a terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if !bar.is_hidden() {
            tick(bar.clone());
        }
        Progress { bar }
    }

    /// Shows nothing, ever.
    pub fn hidden() -> Self {
        Progress { bar: ProgressBar::hidden() }
    }

    /// Says what begins now.
    pub fn say(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }

    /// Says what begins now and how many parts it has.
    pub fn count(&self, what: impl Into<String>, parts: usize) {
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}/{len} {bar:30}") {
            self.bar.set_style(style);
        }
        self.bar.set_length(parts as u64);
        self.bar.set_position(0);
        self.say(what);
    }

    /// One part is done.
    pub fn step(&self) {
        self.bar.inc(1);
    }

    /// Takes the line away, before other output.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// Turns the spinner until it is done. Where the system refuses a thread, it turns with what is said only: `enable_steady_tick`
/// would panic.
fn tick(bar: ProgressBar) {
    let turn = move || {
        while !bar.is_finished() {
            bar.tick();
            thread::sleep(TICK);
        }
    };
    let _ = thread::Builder::new().spawn(turn);
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
