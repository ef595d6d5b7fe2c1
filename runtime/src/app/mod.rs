//! The standalone program around a model: classifies pictures, runs arrays, measures, profiles, dumps.
//!
//! `fn main() -> ExitCode { tilewright_runtime::app::main::<Model>() }` is all that the generated program says. Results
//! go to standard output, errors to standard error; the exit code is 1 after an error of a file or the machine (also when it
//! concerns one of several pictures), 2 after a wrong command line. Whoever reads the output may close it early.

mod args;
mod bench;
mod classify;
mod describe;
mod json;
mod pictures;
mod profile;
mod report;
mod session;
mod table;
mod tensors;

use crate::{Error, ErrorKind, Network};
use args::{Job, Options};
use session::Session;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

/// Runs the program with the arguments of the process.
pub fn main<N: Network>() -> ExitCode {
    let (mut input, mut errors) = (io::stdin().lock(), io::stderr());
    let piped = !input.is_terminal();
    let mut out = io::stdout().lock();
    let streams = Streams { input: &mut input, piped, out: &mut out, errors: &mut errors };
    match run::<N>(std::env::args_os().skip(1), streams) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when no one reads the error.
            let _ = writeln!(io::stderr(), "{}: {error}", N::INFO.name);
            match error.kind() {
                ErrorKind::Usage => ExitCode::from(2),
                ErrorKind::Other => ExitCode::FAILURE,
            }
        }
    }
}

/// What a program reads and writes.
pub struct Streams<'a> {
    /// Standard input.
    pub input: &'a mut dyn Read,
    /// True when it is no terminal, so that a picture may come from it without being asked for.
    pub piped: bool,
    /// Standard output: results.
    pub out: &'a mut dyn Write,
    /// Standard error, for what goes wrong before the end.
    pub errors: &'a mut dyn Write,
}

/// Runs the program with these arguments (without the program's name).
///
/// # Errors
/// What [`main`] prints to standard error at the end. A closed `out` is no error.
pub fn run<N: Network>(
    args: impl IntoIterator<Item = OsString>,
    mut streams: Streams<'_>,
) -> Result<(), Error> {
    let options = args::parse(args, N::INFO, streams.piped)?;
    match dispatch::<N>(options, &mut streams).and_then(|()| Ok(streams.out.flush()?)) {
        Ok(()) | Err(Stop::Closed) => Ok(()),
        Err(Stop::Error(error)) => Err(error),
    }
}

fn dispatch<N: Network>(options: Options, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let info = N::INFO;
    let out = &mut *streams.out;
    let load = || Session::<N>::load(&options.load);
    match options.job {
        Job::Help => write!(out, "{}", args::help(info))?,
        Job::Version => writeln!(out, "{} (tilewright {})", info.name, info.tool_version)?,
        Job::Info { json: false } => write!(out, "{}", describe::text(info))?,
        Job::Info { json: true } => writeln!(out, "{}", describe::json(info))?,
        Job::Classify(job) => classify::run(&mut load()?, &job, streams)?,
        Job::Run { inputs, outputs } => tensors::run(&mut load()?, &inputs, &outputs)?,
        Job::Dump { inputs, folder } => tensors::dump(&mut load()?, &inputs, &folder, out)?,
        Job::Bench(measure) => bench::run(&mut load()?, &measure, out)?,
        Job::Profile(measure) => profile::run(&mut load()?, &measure, out)?,
    }
    Ok(())
}

/// Why a job ends early.
enum Stop {
    /// Something went wrong.
    Error(Error),
    /// No one reads the output any more.
    Closed,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}

/// A failed write to the output; other I/O errors are turned into [`Error`] where they arise.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::Closed,
            _ => Stop::Error(Error::new(format!("the output cannot be written ({error})"))),
        }
    }
}
