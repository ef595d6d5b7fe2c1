//! Why a node, a tensor or an input cannot be imported; the importer's loop adds the place and groups what is alike.

use std::collections::HashMap;

use crate::base::diag::{KEPT, Problems};
use crate::base::limits::Exceeded;
use crate::base::shown::shown;

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

    /// The same, no longer than it is shown.
    fn shown(self) -> Self {
        Refusal { reason: shown(self.reason), remedy: shown(self.remedy) }
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

/// Refusals of nodes; those with the same operator, reason and remedy become one problem.
#[derive(Default)]
pub(super) struct Refusals<'m> {
    groups: Vec<Group<'m>>,
    index: HashMap<(&'m str, Refusal), usize>,
    /// Refusals beyond the groups that are kept.
    more: usize,
}

struct Group<'m> {
    op: &'m str,
    refusal: Refusal,
    /// The first nodes.
    labels: Vec<&'m str>,
    /// How many there are.
    count: usize,
}

impl<'m> Refusals<'m> {
    /// Adds the refusal of the node `label`, whose operator is `op`.
    pub fn push(&mut self, op: &'m str, label: &'m str, refusal: Refusal) {
        let refusal = refusal.shown();
        let key = (op, refusal);
        let at = match self.index.get(&key) {
            Some(&at) => at,
            None if self.groups.len() == KEPT => return self.more += 1,
            None => {
                let at = self.groups.len();
                self.groups.push(Group { op, refusal: key.1.clone(), labels: Vec::new(), count: 0 });
                *self.index.entry(key).or_insert(at)
            }
        };
        if let Some(group) = self.groups.get_mut(at) {
            group.count += 1;
            group.labels.extend((group.count <= NAMED).then_some(label));
        }
    }

    /// Turns the groups into problems, in the order in which they were found.
    pub fn report(self, problems: &mut Problems) {
        for group in self.groups {
            let place = place(&group);
            problems.push(place, group.refusal.reason, group.refusal.remedy);
        }
        problems.count(self.more);
    }
}

fn place(&Group { op, ref labels, count, .. }: &Group) -> String {
    let mut names: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
    if count > names.len() {
        names.push(format!("and {} more", count - names.len()));
    }
    match count {
        1 => format!("node {} ({op})", names.join("")),
        count => format!("{count} nodes of {op} ({})", names.join(", ")),
    }
}
