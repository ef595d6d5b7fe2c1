//! What becomes of a classifier's scores: what the user says, and what the network tells.

use crate::base::diag::Error;
use crate::base::epilogue::Act;
use crate::base::functions::Func;
use crate::emit::Scores;
use crate::ir::graph::{Graph, ValueId};
use crate::ops::Op;
use tilewright_runtime::Postprocess;

/// What is recorded in the model about its first output.
#[derive(Clone, Debug)]
pub struct Classes {
    /// Whether softmax makes probabilities of the scores; as the network tells, when absent.
    pub softmax: Option<bool>,
    /// How many classes are worth telling.
    pub top: usize,
    /// Names of the classes.
    pub labels: Option<Labels>,
}

/// Names of classes, and where they come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Labels {
    /// The file, as errors name it.
    pub file: String,
    /// The name of each class.
    pub names: Vec<String>,
}

impl Labels {
    /// Reads one name a line; a byte order mark and blanks around names are no part of them.
    pub fn parse(file: impl Into<String>, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Labels { file: file.into(), names: text.lines().map(|line| line.trim().to_owned()).collect() }
    }
}

impl Default for Classes {
    fn default() -> Self {
        Classes { softmax: None, top: Postprocess::LOGITS.top, labels: None }
    }
}

impl Classes {
    /// What the generated code says.
    ///
    /// # Errors
    /// Labels that are not as many as the classes.
    pub fn scores(&self, graph: &Graph) -> Result<Scores, Error> {
        let classes = graph.outputs.first().map_or(0, |&id| count(graph.shape(id)));
        let labels = match &self.labels {
            Some(Labels { file, names }) if names.len() != classes => {
                let output = graph.outputs.first().map_or("", |&id| graph.value(id).name.as_str());
                return Err(Error::one(
                    file,
                    format!("has {} lines, and the output `{output}` has {classes} classes", names.len()),
                    "give the name of each class on a line of its own, in the order of the output",
                ));
            }
            Some(labels) => labels.names.clone(),
            None => Vec::new(),
        };
        let softmax = self.softmax.unwrap_or_else(|| !are_probabilities(graph));
        Ok(Scores { softmax, top: self.top, labels })
    }
}

/// Classes of an output: all elements but for the batch.
fn count(shape: &[usize]) -> usize {
    match shape {
        [_, classes @ ..] if !classes.is_empty() => classes.iter().product(),
        all => all.iter().product(),
    }
}

/// True when the first output comes out of a softmax over all classes, or of a sigmoid.
fn are_probabilities(graph: &Graph) -> bool {
    let producers = graph.producers();
    let Some(&output) = graph.outputs.first() else { return false };
    let producer = |id: ValueId| producers.get(id.0).copied().flatten().and_then(|at| graph.nodes.get(at));
    let mut value = output;
    while let Some(node) = producer(value) {
        let Some(&input) = node.inputs.first() else { return false };
        match &node.op {
            Op::Identity | Op::Reshape | Op::Cast { .. } => value = input,
            Op::Softmax { axis } => {
                return graph.shape(node.output).get(*axis) == Some(&count(graph.shape(output)));
            }
            Op::Act(Act::Func(Func::Sigmoid, _)) => return true,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{LoadOptions, NoExternalData, load};
    use tilewright_tests::model::{Attr, Model};

    fn graph(model: Model) -> Graph {
        load("a", model.bytes().into(), &LoadOptions::default(), &NoExternalData).expect("a graph")
    }

    /// A network that ends in these operators.
    fn ending(ops: &[&str]) -> Graph {
        let mut model = Model::new(17).input("x", "1 6 1 1").node("Relu", "x", "y0");
        for (index, op) in ops.iter().enumerate() {
            let (from, to) = (format!("y{index}"), format!("y{}", index + 1));
            let axis = match *op {
                "Softmax" | "Flatten" => vec![("axis", Attr::Int(1))],
                _ => Vec::new(),
            };
            model = model.node_with(op, &from, &to, axis);
        }
        graph(model.output(&format!("y{}", ops.len())))
    }

    #[test]
    fn networks_tell_whether_their_scores_are_probabilities() {
        for (ops, probabilities) in [
            (&["Flatten", "Softmax"][..], true),
            (&["Softmax", "Flatten"], true),
            (&["Softmax", "Identity"], true),
            (&["Sigmoid"], true),
            (&["Flatten"], false),
            (&["Flatten", "LogSoftmax"], false),
            (&["Softmax", "Sqrt"], false),
            (&[], false),
        ] {
            let scores = Classes::default().scores(&ending(ops)).expect("scores");
            assert_eq!(scores.softmax, !probabilities, "{ops:?}");
        }
        // Probabilities along another axis than that of the classes are no probabilities of classes.
        let model = Model::new(17).input("x", "1 6 2");
        let model = model.node_with("Softmax", "x", "y", vec![("axis", Attr::Int(1))]).output("y");
        assert!(Classes::default().scores(&graph(model)).expect("scores").softmax);
    }

    #[test]
    fn what_is_said_counts() {
        let labels = Labels::parse("l.txt", "\u{feff}a\r\n b \nc\nd\ne\nf");
        let classes = Classes { softmax: Some(false), top: 2, labels: Some(labels) };
        let scores = classes.scores(&ending(&["Flatten"])).expect("scores");
        assert!(!scores.softmax && scores.top == 2);
        assert_eq!(scores.labels, ["a", "b", "c", "d", "e", "f"]);
    }

    #[test]
    fn as_many_labels_as_classes() {
        let classes = Classes { labels: Some(Labels::parse("l.txt", "a\nb\n")), ..Classes::default() };
        let error = classes.scores(&ending(&["Flatten"])).expect_err("too few").to_string();
        assert!(error.starts_with("l.txt: has 2 lines, and the output `y1` has 6 classes; give"), "{error}");
    }
}
