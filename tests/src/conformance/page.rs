//! The page of operators: what is read, and how the ONNX package's cases end.

use super::archive::Case;
use super::form::Form;
use super::run::Outcome;
use super::scope::{is_convolutional, operator};
use std::collections::BTreeMap;
use std::fmt::Write;
use tilewright::onnx::{OPSETS, operators};

/// Passed, in each form, and all.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    forms: [usize; Form::ALL.len()],
    passed: usize,
    all: usize,
}

impl Count {
    fn add(&mut self, outcome: &Outcome) {
        self.all += 1;
        if let Outcome::Passed(form, _) = outcome {
            self.passed += 1;
            self.forms[*form as usize] += 1;
        }
    }

    /// A row of the summary.
    fn row(self, what: &str) -> String {
        let [as_is, integers, all_but_one] = self.forms;
        format!("| {what} | {} | {as_is} | {integers} | {all_but_one} | {} |\n", self.passed, self.all)
    }

    fn text(self) -> String {
        if self.all == 0 { String::new() } else { format!("{} / {}", self.passed, self.all) }
    }
}

/// `OPERATORS.md`; `update` is the command that writes it.
pub fn page(outcomes: &[(Case, Outcome)], update: &str) -> String {
    let cases: Vec<Case> = outcomes.iter().map(|(case, _)| case.clone()).collect();
    let (mut whole, mut convolutional, mut functions) =
        (Count::default(), Count::default(), Count::default());
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut refused = 0;
    for (case, outcome) in outcomes {
        whole.add(outcome);
        refused += usize::from(matches!(outcome, Outcome::Refused(_)));
        if is_convolutional(case) {
            convolutional.add(outcome);
        }
        if case.name.contains("_expanded") {
            functions.add(outcome);
        } else {
            counts.entry(operator(case, &cases)).or_default().add(outcome);
        }
    }
    let mut text = format!(
        "# Operators\n\n<!-- Written by a test; update it with `{update}`. -->\n\n\
         What is read of ONNX, operator sets {} to {}, and how many of the ONNX package's own cases of it pass \
         (`tests/conformance`). What is not listed, or not done, is refused at import with the node, the reason and a \
         remedy.\n\n",
        OPSETS.start(),
        OPSETS.end()
    );
    text.push_str(
        "Programs take and give f32; on constants, integers are exact. The cases give every input at run time, also those \
         that models have as constants; one that is refused as it is runs with its integers, then with all but its first \
         input, as constants.\n\n\
         | cases | passed | as they are | with constant integers | with all but one input constant | all |\n\
         |---|---|---|---|---|---|\n",
    );
    text.push_str(&whole.row("of f32 and int64"));
    text.push_str(&convolutional.row("of these, of convolutional networks: one node, f32 alone"));
    text.push_str(&functions.row("of these, operators written as functions of others"));
    let _ = write!(text, "\nThe other {refused} are refused; none gives a wrong result.\n\n");
    text.push_str("| operator | since | attributes | limits | cases |\n|---|---|---|---|---|\n");
    for operator in operators() {
        let since: Vec<String> = operator.since.iter().map(i64::to_string).collect();
        let limits = if operator.constants_only { "on constants only" } else { operator.limits };
        let count = counts.remove(operator.name).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {limits} | {} |",
            operator.name,
            since.join(", "),
            operator.attributes.join(", "),
            count.text()
        );
    }
    text.push_str("\nOperators with cases that are not read: ");
    let names: Vec<String> = counts.iter().map(|(name, count)| format!("{name} ({})", count.all)).collect();
    let _ = writeln!(text, "{}.", names.join(", "));
    text
}
