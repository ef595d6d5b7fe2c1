//! The command line of the standalone program.

use super::pictures::STDIN;
use crate::info::ModelInfo;
use crate::{Error, Isa, LoadOptions, cores};
use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;
use std::path::PathBuf;

/// What to do, and how to load the model for it.
#[derive(Debug)]
pub(super) struct Options {
    pub job: Job,
    pub load: LoadOptions,
}

/// What to do.
#[derive(Debug)]
pub(super) enum Job {
    Help,
    Version,
    Info { json: bool },
    Classify(Classify),
    Run { inputs: Vec<OsString>, outputs: Vec<OsString> },
    Dump { inputs: Vec<OsString>, folder: PathBuf },
    Bench(Measure),
    Profile(Measure),
}

/// Which pictures to classify, and what to tell.
#[derive(Debug)]
pub(super) struct Classify {
    /// Files, folders, `-` for standard input.
    pub pictures: Vec<PathBuf>,
    /// As the model records, when absent.
    pub top: Option<usize>,
    /// As the model records, when absent.
    pub labels: Option<PathBuf>,
    pub format: Format,
}

/// How results are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Text,
    Json,
    Csv,
}

/// How to measure.
#[derive(Debug)]
pub(super) struct Measure {
    /// `FILE` or `NAME=FILE` for each input; none for made-up data.
    pub inputs: Vec<OsString>,
    pub rounds: usize,
    pub json: bool,
}

const HELP: &str = "\
Usage: {name} PICTURE.. [--top K] [--labels FILE] [--json | --csv]
       {name} --input X.npy --output Y.npy
       {name} --bench | --profile [--input X.npy] [--rounds N] [--json]
       {name} --dump FOLDER --input X.npy
       {name} --info [--json] | --help | --version

Pictures are JPEG, PNG or WebP files, folders of them, or - for one from standard input, which is also read
where nothing is said and it is no terminal. Arrays are .npy files of f32, row-major.

  --top K          print the K best classes of each picture ({top})
  --labels FILE    names of the classes, one a line{labels}
  --csv            print a line for each class of each picture, below a line of names
  --input X.npy    read an input; NAME=X.npy where the model has several
  --output Y.npy   write an output; NAME=Y.npy where the model has several
  --bench          time whole runs, beside the peak of this core
  --profile        time each step
  --rounds N       number of runs to time (50)
  --json           print results as JSON
  --dump FOLDER    write the value of each step as FOLDER/NNN.npy
  --info           describe the model
  --isa NAME       use an instruction set other than the best: {isas}
  --weights FILE   read the weights from a file
  --threads N      threads of a run ({threads})
  --help, --version

The exit code is 0; 1 when a file, a picture among several, the memory or the machine does not do; 2 after a
wrong command line.

  {name} photos/ --top 1 --csv > classes.csv
  curl -s https://example.org/cat.jpg | {name} --json
";

/// The text of `--help`.
pub(super) fn help(info: &ModelInfo) -> String {
    let isas: Vec<&str> = info.isas.iter().map(|isa| isa.name()).collect();
    let threads = format!("{}, as many as this machine has cores", cores::physical());
    HELP.replace("{name}", info.name)
        .replace("{isas}", &isas.join(", "))
        .replace("{threads}", &threads)
        .replace("{top}", &info.postprocess.top.to_string())
        .replace("{labels}", if info.postprocess.labels.is_empty() { "" } else { ", other than the model's" })
}

/// What names a job on the command line.
const PICTURES: &str = "PICTURE";
const OUTPUT: &str = "--output";
const BENCH: &str = "--bench";
const PROFILE: &str = "--profile";
const DUMP: &str = "--dump";
const INFO: &str = "--info";

/// Which options mean something for which jobs only.
const MODIFIERS: [(&str, &[&str]); 6] = [
    ("--top", &[PICTURES]),
    ("--labels", &[PICTURES]),
    ("--input", &[OUTPUT, BENCH, PROFILE, DUMP]),
    ("--rounds", &[BENCH, PROFILE]),
    ("--json", &[PICTURES, BENCH, PROFILE, INFO]),
    ("--csv", &[PICTURES]),
];

/// Reads the arguments, which do not include the program's name. Where they name no job and a picture may come from
/// standard input, that is the job.
///
/// # Errors
/// A usage error that names the argument.
pub(super) fn parse(
    args: impl IntoIterator<Item = OsString>,
    info: &ModelInfo,
    piped: bool,
) -> Result<Options, Error> {
    read(&mut Parser::from_args(args), piped)
        .map_err(|error| Error::usage(format!("{error}; see {} --help", info.name)))
}

fn read(parser: &mut Parser, piped: bool) -> Result<Options, lexopt::Error> {
    let mut jobs: Vec<&'static str> = Vec::new();
    let mut modifiers: Vec<&'static str> = Vec::new();
    let mut load = LoadOptions::default();
    let (mut pictures, mut inputs, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut top, mut rounds) = (None, 50);
    let (mut labels, mut folder) = (None, PathBuf::new());
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Short('h') | Arg::Long("help") => return Ok(Options { job: Job::Help, load }),
            Arg::Short('V') | Arg::Long("version") => return Ok(Options { job: Job::Version, load }),
            Arg::Long("info") => jobs.push(INFO),
            Arg::Long("bench") => jobs.push(BENCH),
            Arg::Long("profile") => jobs.push(PROFILE),
            Arg::Long("dump") => {
                folder = parser.value()?.into();
                jobs.push(DUMP);
            }
            Arg::Long("output") => {
                outputs.push(parser.value()?);
                jobs.push(OUTPUT);
            }
            Arg::Value(picture) => {
                pictures.push(picture.into());
                jobs.push(PICTURES);
            }
            Arg::Long("top") => {
                top = Some(count("--top", parser)?);
                modifiers.push("--top");
            }
            Arg::Long("labels") => {
                labels = Some(parser.value()?.into());
                modifiers.push("--labels");
            }
            Arg::Long("input") => {
                inputs.push(parser.value()?);
                modifiers.push("--input");
            }
            Arg::Long("rounds") => {
                rounds = count("--rounds", parser)?;
                modifiers.push("--rounds");
            }
            Arg::Long("json") => modifiers.push("--json"),
            Arg::Long("csv") => modifiers.push("--csv"),
            Arg::Long("isa") => load.isa = Some(parser.value()?.parse_with(Isa::parse)?),
            Arg::Long("weights") => load.weights = Some(parser.value()?.into()),
            Arg::Long("threads") => load.threads = count("--threads", parser)?,
            other => return Err(other.unexpected()),
        }
    }
    if load.threads == 0 {
        load.threads = cores::physical();
    }
    if piped && jobs.is_empty() && !modifiers.contains(&"--input") {
        pictures.push(STDIN.into());
        jobs.push(PICTURES);
    }
    let job = only(jobs, &modifiers)?;
    let format = format(&modifiers)?;
    let json = format == Format::Json;
    let job = match job {
        INFO => Job::Info { json },
        BENCH => Job::Bench(Measure { inputs, rounds, json }),
        PROFILE => Job::Profile(Measure { inputs, rounds, json }),
        DUMP => Job::Dump { inputs, folder },
        OUTPUT => Job::Run { inputs, outputs },
        _ => Job::Classify(Classify { pictures, top, labels, format }),
    };
    Ok(Options { job, load })
}

/// The one job that is named, after checking that each modifier means something for it.
fn only(mut jobs: Vec<&'static str>, modifiers: &[&str]) -> Result<&'static str, lexopt::Error> {
    jobs.dedup();
    let job = match jobs[..] {
        [job] => job,
        [first, second, ..] => return Err(format!("{first} and {second} exclude each other").into()),
        [] if modifiers.contains(&"--input") => return Err("--input needs an --output".into()),
        [] => {
            return Err(
                "say what to do: name a picture, or --output, --bench, --profile, --dump or --info".into()
            );
        }
    };
    for (modifier, wants) in MODIFIERS {
        if modifiers.contains(&modifier) && !wants.contains(&job) {
            return Err(format!("{modifier} goes with {} only, not with {job}", wants.join(", ")).into());
        }
    }
    if [OUTPUT, DUMP].contains(&job) && !modifiers.contains(&"--input") {
        return Err(format!("{job} needs an --input").into());
    }
    Ok(job)
}

/// How results are to be told.
fn format(modifiers: &[&str]) -> Result<Format, lexopt::Error> {
    match ["--json", "--csv"].map(|option| modifiers.contains(&option)) {
        [false, false] => Ok(Format::Text),
        [true, false] => Ok(Format::Json),
        [false, true] => Ok(Format::Csv),
        [true, true] => Err("--json and --csv exclude each other".into()),
    }
}

/// The value of an option that counts something.
fn count(option: &str, parser: &mut Parser) -> Result<usize, lexopt::Error> {
    let value = parser.value()?.string()?;
    match value.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("{option} takes a number from 1 on, not {value:?}").into()),
    }
}
