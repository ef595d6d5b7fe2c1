//! Why a node, a tensor or an input cannot be imported; the importer's loop adds the place and groups what is alike.

use std::collections::HashMap;

use crate::base::diag::Problems;
use crate::base::limits::Exceeded;

/// A reason and a remedy, not yet with a place.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Refusal {
    pub reason: String,
    pub remedy: String,
}

impl Refusal {
    pub fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Refusal { reason: reason.into(), remedy: remedy.into() }
    }

    /// The file contradicts the ONNX specification.
    pub fn invalid(reason: impl Into<String>) -> Self {
        Refusal::new(reason, "the model is not valid ONNX: check it with `onnx.checker` and export it again")
    }

    /// Valid ONNX that this compiler does not do.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Refusal::new(reason, "the supported operators and attributes are listed by `tilewright ops`")
    }
}

impl From<Exceeded> for Refusal {
    fn from(exceeded: Exceeded) -> Self {
        Refusal::new(exceeded.to_string(), exceeded.remedy())
    }
}

/// How many nodes a problem names before it only counts.
const NAMED: usize = 6;

/// Refusals of nodes; those with the same operator, reason and remedy become one problem that names all its nodes.
#[derive(Default)]
pub(super) struct Refusals<'m> {
    groups: Vec<(&'m str, Refusal, Vec<String>)>,
    index: HashMap<(&'m str, Refusal), usize>,
}

impl<'m> Refusals<'m> {
    /// Adds the refusal of the node `label`, whose operator is `op`.
    pub fn push(&mut self, op: &'m str, label: &str, refusal: Refusal) {
        let at = *self.index.entry((op, refusal.clone())).or_insert_with(|| {
            self.groups.push((op, refusal, Vec::new()));
            self.groups.len() - 1
        });
        if let Some((_, _, labels)) = self.groups.get_mut(at) {
            labels.push(label.to_owned());
        }
    }

    /// Turns the groups into problems, in the order in which they were found.
    pub fn report(self, problems: &mut Problems) {
        for (op, refusal, labels) in self.groups {
            problems.push(place(op, &labels), refusal.reason, refusal.remedy);
        }
    }
}

fn place(op: &str, labels: &[String]) -> String {
    let mut names: Vec<String> = labels.iter().take(NAMED).map(|label| format!("`{label}`")).collect();
    if labels.len() > NAMED {
        names.push(format!("and {} more", labels.len() - NAMED));
    }
    match labels.len() {
        1 => format!("node {} ({op})", names.join("")),
        count => format!("{count} nodes of {op} ({})", names.join(", ")),
    }
}
