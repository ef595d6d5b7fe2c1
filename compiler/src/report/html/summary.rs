//! The network in numbers.

use super::count;
use super::view::{Family, View};
use crate::report::facts::{bytes, grouped};
use maud::{Markup, html};

pub(super) fn body(view: &View) -> Markup {
    let subject = view.subject;
    let (plan, facts) = (subject.plan, subject.facts);
    let (copies, moved) = plan.copies();
    let (added, more) = subject.explanation.copies();
    let convolutions = view.rows.iter().filter(|row| row.facts.algorithm.is_some()).count();
    let winograd = view.rows.iter().filter(|row| row.family == Family::Winograd).count();
    let peak = plan.peak().and_then(|(step, floats)| Some((view.rows.get(step)?, floats)));
    let roofline = facts.flops as f64 / view.peak;
    html! {
        dl.cards {
            @if view.measured() {
                (card("Time", &format!("{:.2} ms", view.total * 1e3), html! {
                    (format!("{:.3}", view.total / roofline)) " of what " (format!("{:.3}", facts.flops as f64 * 1e-9))
                    " GFLOP take at the peak of " (format!("{:.0}", view.peak * 1e-9)) " GFLOP/s"
                }))
            }
            (card("Parameters", &grouped(facts.parameters), html! {
                "packed: " (bytes(facts.weights as u64))
                @if facts.topology { "; the file has no numbers" }
            }))
            (card("Work", &format!("{:.3} GFLOP", facts.flops as f64 * 1e-9), html! {
                "per run, two per multiply-add"
            }))
            (card("Nodes to steps", &format!("{} → {}", facts.nodes, facts.steps), html! {
                (count(facts.kernels, "distinct kernel"))
            }))
            (card("Arena", &bytes(facts.arena as u64), html! {
                @if let Some((row, _)) = peak {
                    "set by step " a href=(format!("#s{}", row.facts.index)) { (row.facts.index) } " " (name(row.name()))
                }
            }))
            (card("Copies", &copies.to_string(), html! {
                (bytes(moved)) " read and written; " (added) " of them, " (bytes(more))
                ", are not in the network"
            }))
            (card("Winograd", &format!("{winograd} of {convolutions}"), html! {
                "convolutions; " a href="#algorithms" { "where, and why" }
            }))
            @if let Some(size) = subject.profile.and_then(|profile| profile.binary_bytes) {
                (card("Program", &bytes(size), html! { "weights and all instruction sets included" }))
            }
        }
    }
}

fn card(key: &str, value: &str, note: Markup) -> Markup {
    html! { div.card { dt { (key) } dd { strong { (value) } span.muted { (note) } } } }
}

/// A name that the model's author chose.
pub(super) fn name(text: &str) -> Markup {
    html! { code.name title=(text) { bdi { (text) } } }
}
