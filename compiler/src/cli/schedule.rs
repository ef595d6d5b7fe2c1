//! Arguments that decide how kernels run: instruction sets, algorithms, the tuning file.

use super::file::{Input, read_text, write_file};
use super::words::{file_name, quoted};
use crate::base::diag::Problem;
use crate::base::target::{ISAS, Isa};
use crate::schedule::choose::Choice;
use crate::schedule::tuning::Tuning;
use anyhow::Result;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Arguments that decide how kernels run.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ScheduleArgs {
    /// Instruction sets to generate kernels for; the program picks at start-up
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = isa)]
    pub isa: Vec<Isa>,
    /// Compute convolutions only as sums of products, never by Winograd's minimal filtering
    #[arg(long)]
    pub exact: bool,
    /// Override schedules as this file says; `tilewright tune` writes one
    #[arg(long, value_name = "FILE")]
    pub tuning: Option<PathBuf>,
}

impl ScheduleArgs {
    /// The chosen instruction sets in the order of the table, each once; all of them where none is chosen.
    pub fn isas(&self) -> Vec<Isa> {
        let chosen = |isa: &Isa| self.isa.is_empty() || self.isa.contains(isa);
        ISAS.into_iter().filter(chosen).collect()
    }

    /// Algorithms that may be used.
    pub fn choice(&self) -> Choice {
        if self.exact { Choice::Exact } else { Choice::Fast }
    }

    /// The tuning file; an empty one where none is given. What is wrong in it is found when a network is planned.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn tuning(&self) -> Result<Tuning> {
        self.tuning.as_deref().map_or_else(|| Ok(Tuning::default()), read)
    }

    /// The file that is read.
    pub fn input(&self) -> Option<Input<'_>> {
        self.tuning.as_deref().map(|path| ("the tuning file", path))
    }

    /// The arguments as one would type them, the same for every folder and host.
    pub fn words(&self) -> String {
        let mut words = String::new();
        if !self.isa.is_empty() {
            let names: Vec<&str> = self.isas().iter().map(|isa| isa.name).collect();
            let _ = write!(words, " --isa {}", names.join(","));
        }
        if self.exact {
            words.push_str(" --exact");
        }
        if let Some(path) = &self.tuning {
            let _ = write!(words, " --tuning {}", quoted(&file_name(path)));
        }
        words
    }
}

/// Where to write what was chosen.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SaveArgs {
    /// Write --tuning and the algorithms that budgets demand as a tuning file, which makes the same weights elsewhere
    #[arg(long, value_name = "FILE")]
    save_tuning: Option<PathBuf>,
}

impl SaveArgs {
    /// The file to write.
    pub fn target(&self) -> Option<&Path> {
        self.save_tuning.as_deref()
    }

    /// Writes the file, where one is wanted.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, chosen: &Tuning) -> Result<()> {
        let text = || chosen.to_string();
        self.save_tuning.as_deref().map_or(Ok(()), |path| write_file(path, text().as_bytes()))
    }
}

/// Reads a tuning file.
///
/// # Errors
/// A file that cannot be read or is no text.
pub fn read(path: &Path) -> Result<Tuning> {
    Ok(Tuning::parse(&file_name(path), &read_text(path)?))
}

/// Prints what is given and not used, on standard error; where no one reads that, nothing is lost.
pub fn warn(warnings: &[Problem]) {
    let mut errors = anstream::stderr().lock();
    for warning in warnings {
        let _ = writeln!(errors, "warning: {warning}");
    }
}

fn isa(name: &str) -> Result<Isa, String> {
    let names = ISAS.map(|isa| isa.name);
    crate::base::target::isa(name).ok_or_else(|| format!("there are {}", names.join(", ")))
}
