//! Rules about the source text itself: layering, sizes, docs, no panics in the library, headers of generated files.
//!
//! Each rule is a function from one file to faults; [`RULES`] lists them. `tests/tests/tidy.rs` runs them over the
//! workspace, and over planted violations. [`tracked`] has those about what git keeps.

mod layers;
mod text;
mod tokens;
pub mod tracked;

use std::fmt;
use std::path::Path;

/// A file of the workspace.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path from the root of the workspace, with `/`.
    pub path: String,
    /// Contents.
    pub text: String,
}

/// A rule that a file breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path from the root of the workspace.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what to do about it.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A rule: what a file does wrong, as (line, text).
type Rule = fn(&Source) -> Vec<(usize, String)>;

/// Every rule, with its name.
pub const RULES: [(&str, Rule); 9] = [
    ("layering", layers::inside),
    ("crates", layers::external),
    ("io", layers::io),
    ("runtime", layers::runtime),
    ("panics", layers::panics),
    ("size", text::size),
    ("module doc", text::module_doc),
    ("generated", text::generated),
    ("host paths", text::host_paths),
];

/// Runs all rules over the files.
pub fn check(files: &[Source]) -> Vec<Fault> {
    let run = |file: &Source| {
        let of = |rule: Rule| rule(file).into_iter();
        let faults: Vec<(usize, String)> = RULES.iter().flat_map(|&(_, rule)| of(rule)).collect();
        let path = file.path.clone();
        faults.into_iter().map(move |(line, what)| Fault { path: path.clone(), line, what })
    };
    files.iter().flat_map(run).collect()
}

/// Every text file below the root, in the order of their paths; build products and hidden folders (but `.ci`) are left
/// out.
pub fn workspace(root: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    collect(root, "", &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<Source>) {
    let entries = std::fs::read_dir(folder).expect("a readable folder");
    for entry in entries {
        let path = entry.expect("a readable entry").path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let hidden = name.starts_with('.') && name != ".ci";
        if hidden || name == "target" {
            continue;
        }
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{relative}/"), files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            files.push(Source { path: relative, text });
        }
    }
}
