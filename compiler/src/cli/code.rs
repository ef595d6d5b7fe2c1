//! Arguments that decide about generated code, and the command that regenerates it.

use super::budget::BudgetArgs;
use super::model::ModelArgs;
use super::picture::{ClassArgs, PictureArgs};
use super::schedule::ScheduleArgs;
use crate::Options;
use crate::ir::graph::Graph;
use crate::pipeline::identifier;
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Arguments that decide about generated code.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CodeArgs {
    #[command(flatten)]
    schedule: ScheduleArgs,
    /// Name of the crate and of its program [default: the model's file name]
    #[arg(long, value_parser = name)]
    pub name: Option<String>,
    #[command(flatten)]
    budget: BudgetArgs,
    #[command(flatten)]
    picture: PictureArgs,
    #[command(flatten)]
    classes: ClassArgs,
}

impl CodeArgs {
    /// The pipeline's options for this model: weights embedded, the runtime from the registry.
    ///
    /// # Errors
    /// A crop larger than the picture, as a usage error; a tuning file or labels that cannot be read.
    pub fn options(&self, model: &ModelArgs, graph: &Graph) -> Result<Options> {
        Ok(Options {
            isas: self.schedule.isas(),
            choice: self.schedule.choice(),
            tuning: self.schedule.tuning()?,
            budget: self.budget.budget(),
            name: Some(self.name.clone().unwrap_or_else(|| default_name(model))),
            preprocess: self.picture.preprocess(graph)?,
            classes: self.classes.classes()?,
            ..Options::default()
        })
    }

    /// The command that builds the program, the same for all commands that do, so that they share what they build.
    pub fn build_command(&self, model: &ModelArgs) -> String {
        format!("tilewright build {} -o <program>{}", quoted(&model.file_name()), self.words(model))
    }

    /// The arguments as one would type them, without what is default; the same for every folder and host.
    pub fn words(&self, model: &ModelArgs) -> String {
        let mut words = String::new();
        let dims: BTreeMap<_, _> = model.dims.iter().cloned().collect();
        let dims = dims.iter().map(|(name, size)| ("dim", format!("{name}={size}")));
        let name = self.name.clone().map(|name| ("name", name));
        let rest = name.into_iter().chain(self.picture.words()).chain(self.classes.words());
        for (option, value) in dims.chain(rest) {
            let _ = write!(words, " --{option} {}", quoted(&value));
        }
        words + &model.limits.words() + &self.schedule.words() + &self.budget.words()
    }
}

/// A word of a command line on one line, such that a shell takes it for that word and nothing else.
///
/// In single quotes a shell expands nothing. What cannot be seen, or would end the line, is there as octal numbers, which
/// shells read between `$'` and `'` (POSIX.1-2024, section 2.2.4).
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:=/+@".contains(c);
    // The standard library escapes what has no shape of its own, and quotes.
    let hidden = |c: char| !"'\"\\".contains(c) && c.escape_debug().len() > 1;
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.chars().any(hidden) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut text = "$'".to_owned();
    for c in word.chars() {
        match c {
            '\'' | '\\' => text.extend(['\\', c]),
            c if hidden(c) => {
                let octal = |byte: &u8| format!("\\{byte:03o}");
                text.extend(c.encode_utf8(&mut [0; 4]).as_bytes().iter().map(octal));
            }
            c => text.push(c),
        }
    }
    text + "'"
}

/// The model's file name as a Rust identifier.
fn default_name(model: &ModelArgs) -> String {
    let name = identifier(&model.model.file_stem().unwrap_or_default().to_string_lossy());
    if TAKEN.contains(&name.as_str()) { format!("model_{name}") } else { name }
}

/// Names of crates that a generated crate sees, and of folders that cargo makes.
const TAKEN: [&str; 7] = ["alloc", "build", "core", "deps", "std", "test", "tilewright_runtime"];

fn name(text: &str) -> Result<String, String> {
    match identifier(text) == text && !TAKEN.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err("say a Rust identifier of lower-case letters, digits and _".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use std::process::Command;

    const WORDS: [&str; 14] = [
        "plain-1.onnx",
        "",
        "two words",
        "$(touch x).onnx",
        "`touch x`",
        "it's",
        "''",
        "\"$HOME\"",
        "!history",
        "a\\nb",
        "two\nlines'; touch x #",
        "\u{1b}[31m\u{7f}1",
        "\u{202e}gpj.x\u{2028}$(y)",
        "Modèle 模型",
    ];

    #[test]
    fn words_stay_on_one_line() {
        assert_eq!(quoted("plain-1.onnx"), "plain-1.onnx");
        assert_eq!(quoted("$(touch x).onnx"), "'$(touch x).onnx'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("a\nit's"), r"$'a\012it\'s'");
        for word in WORDS {
            let text = quoted(word);
            assert!(!text.contains(|c: char| c.is_control() || "\u{202e}\u{2028}".contains(c)), "{text:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn shells_read_the_words() {
        for word in WORDS {
            let script = format!("printf %s {}", quoted(word));
            let Ok(output) = Command::new("bash").args(["-c", &script]).output() else {
                println!("skipped: there is no bash");
                return;
            };
            assert!(output.status.success() && output.stderr.is_empty(), "{script}: {output:?}");
            assert_eq!(String::from_utf8_lossy(&output.stdout), word, "{script}");
        }
    }
}
