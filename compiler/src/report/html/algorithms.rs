//! Which convolutions are computed by which algorithm, and why.

use super::view::{Family, Row, View};
use crate::report::{AlgorithmChoice, KernelChoices, choices};
use crate::schedule::tuning::Algorithm;
use maud::{Markup, html};
use std::collections::{BTreeMap, HashSet};

pub(super) fn body(view: &View) -> Markup {
    let mut seen = HashSet::new();
    let open = view.rows.iter().filter(|row| row.facts.algorithm.is_some());
    let kernels: Vec<&Row> = open.filter(|row| seen.insert(row.facts.kernel.as_str())).collect();
    if kernels.is_empty() {
        return html! { p { "This network has no convolution with a choice of algorithms." } };
    }
    let (open, direct): (Vec<&Row>, Vec<&Row>) =
        kernels.into_iter().partition(|row| chosen(view, row).direct_only.is_none());
    html! {
        p {
            "Winograd's algorithm trades products for transforms and larger weights; it is used where the rule predicts a gain. Costs \
             are predicted, in units of direct convolution, as are products and weights. Its rounding errors are larger than those \
             of direct convolution: "
            @match errors(view) {
                Some([winograd, direct]) => {
                    "against a reference in f64, measured, the worst layer by Winograd's algorithm is off by "
                    strong { (scientific(winograd)) } " of its largest element, the worst direct one by " (scientific(direct))
                    ". "
                }
                None => { code { "tilewright verify --json" } " measures them for each layer. " }
            }
            code { "--exact" } " forbids it."
        }
        @if !open.is_empty() {
            div.scroll {
                table {
                    thead {
                        tr {
                            th { "kernel" } th.number { "steps" } th { "algorithm" } th { "why" } th.number { "cost" }
                            th.number { "products" } th.number { "weights" }
                            @if view.subject.errors.is_some() { th.number { "error" } }
                            th { "rather than" }
                        }
                    }
                    @for row in open { (kernel(view, row)) }
                }
            }
        }
        @if !direct.is_empty() {
            h3 { "Direct, since nothing else is possible" }
            ul {
                @for (reason, rows) in by_reason(view, &direct) {
                    li {
                        (reason) ": "
                        @for (number, row) in rows.into_iter().enumerate() {
                            @if number > 0 { ", " }
                            a href=(format!("#s{}", row.facts.index)) { code { (row.facts.kernel) } }
                        }
                    }
                }
            }
        }
    }
}

/// The choices made for a step's kernel.
fn chosen(view: &View, row: &Row) -> KernelChoices {
    let plan = view.subject.plan;
    let id = plan.steps.get(row.facts.index).map_or(0, |step| step.kernel.0);
    choices(plan, id, view.subject.tuning)
}

fn by_reason<'a, 'b>(view: &View, rows: &[&'a Row<'b>]) -> BTreeMap<&'static str, Vec<&'a Row<'b>>> {
    let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(chosen(view, row).direct_only.unwrap_or_default()).or_default().push(row);
    }
    groups
}

fn kernel(view: &View, row: &Row) -> Markup {
    let choices = chosen(view, row);
    let Some(used) = choices.algorithms.iter().find(|choice| choice.chosen) else { return html! {} };
    let others = choices.algorithms.iter().filter(|choice| !choice.chosen);
    html! {
        tr {
            td { a href=(format!("#s{}", row.facts.index)) { code { (row.facts.kernel) } } }
            td.number { (row.facts.users.len()) }
            td { span class=(format!("chip {}", row.family.class())) { (used.algorithm) } }
            td { (why(view, &choices, used)) }
            td.number { (format!("{:.2}", used.cost)) }
            td.number { (format!("{:.2}", used.products)) }
            td.number { (format!("{:.2}", used.weights)) }
            @if view.subject.errors.is_some() {
                td.number { (view.error(row.facts.users.iter().copied()).map_or_else(String::new, scientific)) }
            }
            td.muted { (others.take(3).map(rejected).collect::<Vec<_>>().join(", ")) }
        }
    }
}

fn why(view: &View, choices: &KernelChoices, used: &AlgorithmChoice) -> String {
    match (choices.algorithm_line, used.algorithm) {
        (Some(0), _) => "to fit the budget".to_owned(),
        (Some(line), _) => format!("line {line} of {} says so", view.subject.tuning.file),
        (None, Algorithm::Direct) => "the cheapest that is allowed".to_owned(),
        (None, Algorithm::Grouped | Algorithm::Banded) => "no products across its groups".to_owned(),
        (None, Algorithm::Winograd { .. }) => "fewer products save more than transforms cost".to_owned(),
    }
}

fn rejected(other: &AlgorithmChoice) -> String {
    format!("{} at {:.2}", other.algorithm, other.cost)
}

/// The largest errors of convolutions by Winograd's algorithm and of direct ones.
fn errors(view: &View) -> Option<[f64; 2]> {
    let steps = |family| view.rows.iter().filter(move |row| row.family == family).map(|row| row.facts.index);
    let [winograd, direct] = [Family::Winograd, Family::Direct].map(|family| view.error(steps(family)));
    Some([winograd?, direct.unwrap_or(0.0)])
}

/// `1.7e-6`.
fn scientific(x: f64) -> String {
    format!("{x:.1e}")
}
