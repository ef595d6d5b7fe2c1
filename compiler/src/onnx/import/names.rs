//! The names of the file, before anything is called by them: they end up in messages, reports and generated code.

use super::source::Source;
use crate::base::diag::{Error, Problems};
use crate::base::limits::Limit;
use crate::base::shown::is_control;

/// Nodes, under their labels, and values.
fn names<'a>(source: &Source<'a>, labels: &'a [String]) -> impl Iterator<Item = (&'static str, &'a str)> {
    let graph = source.graph;
    let nodes = labels.iter().map(|label| ("node", label.as_str()));
    let inputs = graph.input.iter().map(|info| ("input", info.name()));
    let constants = graph.initializer.iter().map(|tensor| ("initialiser", tensor.name()));
    let results = graph.node.iter().flat_map(|node| &node.output).map(|name| ("value", name.as_str()));
    nodes.chain(inputs).chain(constants).chain(results)
}

/// Reports names with characters that are obeyed instead of shown.
///
/// # Errors
/// Names that are too long to repeat them.
pub(super) fn check(source: &Source, labels: &[String], problems: &mut Problems) -> Result<(), Error> {
    let mut long = Problems::new();
    for (what, name) in names(source, labels) {
        let place = || format!("{what} `{name}`");
        if let Err(exceeded) = source.options.limits.check(Limit::NameBytes, name.len() as u64) {
            long.absorb(exceeded.at(place()));
        }
        if let Some(c) = name.chars().find(|&c| is_control(c)) {
            let reason =
                format!("its name has the character U+{:04X}, which is not shown but obeyed", u32::from(c));
            problems.push(place(), reason, "rename it: names appear in messages and in generated code");
        }
    }
    long.into_result(())
}
