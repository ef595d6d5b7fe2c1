//! A build script's surroundings: what cargo gives it, and what it tells cargo.

use crate::base::diag::{Error, Problem};
use crate::base::limits::Limits;
use crate::classes::Labels;
use crate::emit::{Form, weights_identity, weights_variable};
use crate::onnx::folder::{read_model, read_text};
use crate::schedule::tuning::Tuning;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Cargo's folder for what a build script makes.
///
/// # Errors
/// When cargo did not start this program.
pub fn folder() -> Result<PathBuf, Error> {
    std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| {
        Error::one(
            "OUT_DIR",
            "is not set; tilewright::configure() is for build scripts",
            "call it in build.rs, or compile by the command `tilewright compile`",
        )
    })
}

/// The lines that cargo reads.
pub struct Script<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Script<'a> {
    /// Lines go to `out`.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Script { out }
    }

    /// The script is to run again when this file changes.
    pub fn depends_on(&mut self, file: &Path) -> Result<(), Error> {
        self.say(&format!("cargo::rerun-if-changed={}", file.display()))
    }

    /// The code that embeds these weights is to be compiled again when they change.
    pub fn identity(&mut self, name: &str, weights: &[u8]) -> Result<(), Error> {
        let variable = weights_variable(Form::Module, name);
        self.say(&format!("cargo::rustc-env={variable}={}", weights_identity(weights)))
    }

    /// Shows the user a warning.
    pub fn warn(&mut self, problem: &Problem) -> Result<(), Error> {
        self.say(&format!("cargo::warning={problem}"))
    }

    /// A line: what would end it is left out.
    fn say(&mut self, line: &str) -> Result<(), Error> {
        let line = line.replace(['\n', '\r'], " ");
        writeln!(self.out, "{line}").map_err(|error| {
            Error::one("standard output", format!("cannot be written ({error})"), "run the script by cargo")
        })
    }
}

/// The bytes of a model.
///
/// # Errors
/// A file that cannot be read.
pub fn read(file: &Path, limits: &Limits) -> Result<Vec<u8>, Error> {
    read_model(file, limits).map_err(|error| unreadable(file, &error, "the path of an ONNX file"))
}

/// A tuning file.
///
/// # Errors
/// A file that cannot be read or is no text.
pub fn read_tuning(file: &Path) -> Result<Tuning, Error> {
    let text = read_text(file)
        .map_err(|error| unreadable(file, &error, "the path of a file that `tilewright tune` wrote"))?;
    Ok(Tuning::parse(&file.file_name().unwrap_or(file.as_os_str()).to_string_lossy(), &text))
}

/// Names of classes.
///
/// # Errors
/// A file that cannot be read or is no text.
pub fn read_labels(file: &Path) -> Result<Labels, Error> {
    let text = read_text(file).map_err(|error| {
        unreadable(file, &error, "the path of a file with the name of a class on each line")
    })?;
    Ok(Labels::parse(file.display().to_string(), &text))
}

fn unreadable(file: &Path, error: &std::io::Error, wanted: &str) -> Error {
    let place = file.display().to_string();
    Error::one(place, format!("cannot be read ({error})"), format!("give {wanted}, relative to Cargo.toml"))
}
