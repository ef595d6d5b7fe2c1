//! The option that raises, or lowers, how large a model may be.

use crate::base::limits::{LIMITS, Limit, Limits};
use std::fmt::Write;

/// How large a model may be.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LimitArgs {
    /// How large the model may be, where it is meant to be larger than usual, for example nodes=500000; one of file-bytes,
    /// nodes, ports, name-bytes, axes, elements, constant-bytes, folding-work, kernels, generated-bytes
    #[arg(long = "limit", value_name = "WHAT=NUMBER", value_parser = limit, hide_short_help = true)]
    limits: Vec<(Limit, u64)>,
}

impl LimitArgs {
    /// The defaults with what was said instead.
    pub fn limits(&self) -> Limits {
        self.limits.iter().fold(Limits::default(), |limits, &(limit, most)| limits.with(limit, most))
    }

    /// The arguments as one would type them.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for (limit, most) in &self.limits {
            let _ = write!(words, " --limit {}={most}", limit.row().name);
        }
        words
    }
}

/// Parses `nodes=500000`.
fn limit(text: &str) -> Result<(Limit, u64), String> {
    let parts = text.split_once('=');
    let row = parts.and_then(|(name, most)| Some((LIMITS.iter().find(|row| row.name == name)?, most)));
    let found = row.and_then(|(row, most)| Some((row.limit, most.parse().ok()?)));
    found.ok_or_else(|| {
        let names: Vec<String> = LIMITS.iter().map(|row| format!("{}={}", row.name, row.default)).collect();
        format!("say one of these with a number; the defaults are {}", names.join(", "))
    })
}
