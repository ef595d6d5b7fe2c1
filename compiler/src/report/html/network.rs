//! The network before and after: on the left the nodes of the model, on the right the steps that they have become,
//! between them who reads whose result.

use super::count;
use super::summary::name;
use super::svg::n;
use super::view::{Row, View};
use crate::passes::Miss;
use crate::report::{Gone, Part};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Height of a row; the style sheet has the same.
const ROW: f64 = 30.0;
/// Width of the drawing between the columns.
const GUTTER: f64 = 96.0;
/// Where the steps' dots are in it.
const DOTS: f64 = 84.0;

pub(super) fn body(view: &View) -> Markup {
    let facts = view.subject.facts;
    let gone = &view.subject.explanation.gone;
    let misses = &view.subject.explanation.misses;
    html! {
        p {
            (count(facts.nodes, "node")) " of the model, left, have become " (count(facts.steps, "step")) ", right. Filled: \
             the node that the kernel is there for; outlined: what is done in the same loops. Lines between them lead from a step to \
             those that read its result."
        }
        div.scroll {
            div.network {
                div.before {
                    @for row in &view.rows { div.row { (before(row)) } }
                }
                (edges(view))
                div.after {
                    @for row in &view.rows { div.row { (after(row)) } }
                }
            }
        }
        @if !gone.is_empty() {
            h3 { (count(gone.len(), "node")) " that became nothing" }
            ul {
                @for (why, nodes) in by_reason(gone) {
                    li { (why) ": " @for node in nodes { (chip(node.op, &node.node, "gone", why)) " " } }
                }
            }
        }
        @if !misses.is_empty() {
            h3 { (count(misses.len(), "fusion")) " that did not happen" }
            @for ((pass, reason), nodes) in by_cause(misses) {
                details {
                    summary { code { (pass) } ": " (reason) " " span.muted { (count(nodes.len(), "node")) } }
                    p { @for node in nodes { (name(node)) " " } }
                }
            }
        }
    }
}

fn before(row: &Row) -> Markup {
    let facts = row.facts;
    html! {
        @if facts.nodes.is_empty() {
            span.muted { @if facts.copy { "not in the network: a copy" } @else { "not in the network" } }
        }
        @for part in &facts.nodes {
            (chip(part.op, &part.node, class(row, part), part.role))
            @if part.main { (name(&part.node)) }
        }
        @if !facts.misses.is_empty() {
            @let reasons = facts.misses.iter().map(|miss| format!("{} not done: {}", miss.pass, miss.reason));
            span.missed title=(reasons.collect::<Vec<_>>().join("\n")) { "not fused" }
        }
    }
}

fn class(row: &Row, part: &Part) -> &'static str {
    if part.main { row.family.class() } else { "fused" }
}

/// A node, named when pointed at.
fn chip(op: &str, node: &str, class: &str, role: &str) -> Markup {
    html! { span class=(format!("chip {class}")) title=(format!("{node}: {role}")) { (op.replace('_', " ")) } }
}

fn after(row: &Row) -> Markup {
    let facts = row.facts;
    let shape = facts.writes.as_ref().map_or_else(String::new, |memory| {
        memory.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
    });
    html! {
        a.number href=(format!("#s{}", facts.index)) { (facts.index) }
        code title=(facts.kernel) { (facts.kernel) }
        span.muted { (shape) }
    }
}

/// Who reads whose result, like the history of a repository: neighbours are joined by a line, others by an arc.
fn edges(view: &View) -> Markup {
    let plan = view.subject.plan;
    let height = ROW * view.rows.len() as f64;
    let middle = |row: usize| ROW * (row as f64 + 0.5);
    let sources = plan.sources().into_iter().enumerate();
    let all = sources.flat_map(|(reader, writers)| writers.into_iter().map(move |writer| (writer, reader)));
    html! {
        svg.edges viewBox=(format!("0 0 {GUTTER} {height}")) width=(n(GUTTER)) height=(n(height)) role="img" aria-label="Data flow" {
            @for index in (1..view.rows.len()).step_by(2) {
                rect.zebra x="0" y=(n(ROW * index as f64)) width=(n(GUTTER)) height=(n(ROW)) {}
            }
            @for index in 0..view.rows.len() {
                line.fused x1="0" x2=(n(DOTS)) y1=(n(middle(index))) y2=(n(middle(index))) {}
            }
            @for (writer, reader) in all {
                @let [from, to] = [middle(writer), middle(reader)];
                @if reader == writer + 1 {
                    line.edge x1=(n(DOTS)) x2=(n(DOTS)) y1=(n(from)) y2=(n(to)) {}
                } @else {
                    @let bulge = (DOTS - 6.0) * ((reader - writer) as f64 / ((reader - writer) as f64 + 2.0));
                    path.edge d=(format!("M{DOTS} {from} C{} {from} {} {to} {DOTS} {to}", n(DOTS - bulge), n(DOTS - bulge))) {
                        title { "step " (writer) " is read by step " (reader) }
                    }
                }
            }
            @for (index, row) in view.rows.iter().enumerate() {
                circle class=(super::svg::fill(row.family)) cx=(n(DOTS)) cy=(n(middle(index))) r="4.5" {}
            }
        }
    }
}

/// Nodes by pass and reason.
fn by_cause(misses: &[Miss]) -> BTreeMap<(&str, &str), Vec<&str>> {
    let mut groups: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for miss in misses {
        groups.entry((miss.pass, miss.reason.as_str())).or_default().push(&miss.node);
    }
    groups
}

fn by_reason(gone: &[Gone]) -> BTreeMap<&str, Vec<&Gone>> {
    let mut groups: BTreeMap<&str, Vec<&Gone>> = BTreeMap::new();
    gone.iter().for_each(|gone| groups.entry(gone.why).or_default().push(gone));
    groups
}
