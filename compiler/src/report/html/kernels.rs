//! The distinct kernels: who uses them, how much code they are, and which schedules were considered.

use super::svg::share;
use super::view::{Row, View};
use crate::report::facts::bytes;
use crate::report::{ScheduleChoice, choices};
use crate::schedule::plan::PlannedKernel;
use maud::{Markup, html};
use std::collections::HashMap;

pub(super) fn body(view: &View) -> Markup {
    let plan = view.subject.plan;
    let machine = view.subject.profile.is_some_and(|profile| !profile.code_bytes.is_empty());
    let isa = plan.isas.get(view.isa).map_or("", |isa| isa.name);
    let sizes: Vec<u64> = plan.kernels.iter().map(|kernel| size(view, kernel, machine)).collect();
    let (all, most) = (sizes.iter().sum::<u64>(), sizes.iter().copied().max().unwrap_or(1).max(1));
    let mut users: HashMap<&str, Vec<&Row>> = HashMap::new();
    view.rows.iter().for_each(|row| users.entry(row.facts.kernel.as_str()).or_default().push(row));
    html! {
        p {
            "One function each, called by every step of the same shape. Sizes are of "
            @if machine { "machine code, measured in the program" } @else { "generated Rust source, since no profile is given" }
            ", for " (isa) ": " (bytes(all)) " in all. Open a row for the schedules that were considered."
        }
        div.kernels {
            div.line.head {
                span { "kernel" } span.number { "steps" } span.number { "time" } span { "code" } span.number {}
            }
            @for (id, (kernel, size)) in plan.kernels.iter().zip(sizes).enumerate() {
                @let users = users.remove(kernel.name.as_str()).unwrap_or_default();
                @let seconds: f64 = users.iter().map(|row| row.seconds).sum();
                @let class = users.first().map_or("other", |row| row.family.class());
                details {
                    summary.line {
                        code title=(kernel.name) { (kernel.name) }
                        span.number { (users.len()) }
                        span.number { (share(seconds, view.total)) }
                        span { span class=(format!("bar {class}")) style=(format!("width:{:.1}%", 100.0 * size as f64 / most as f64)) {} }
                        span.number { (bytes(size)) }
                    }
                    (schedules(view, id))
                }
            }
        }
    }
}

fn size(view: &View, kernel: &PlannedKernel, machine: bool) -> u64 {
    let subject = view.subject;
    let measured = subject.profile.and_then(|profile| profile.code_bytes.get(&kernel.name).copied());
    let source = || subject.source_bytes.get(&kernel.name).map_or(0, |&bytes| bytes as u64);
    if machine { measured.unwrap_or(0) } else { source() }
}

fn schedules(view: &View, id: usize) -> Markup {
    let subject = view.subject;
    let choices = choices(subject.plan, id, subject.tuning);
    if choices.schedules.is_empty() {
        return html! { p.muted { "It has one schedule only." } };
    }
    html! {
        ul {
            @for schedule in &choices.schedules {
                li {
                    strong { (schedule.isa.name) } " " code { (schedule.chosen) } ", " (why(view, schedule))
                    @if !schedule.others.is_empty() { span.muted { "; rather than " (others(schedule)) } }
                }
            }
        }
    }
}

fn why(view: &View, schedule: &ScheduleChoice) -> String {
    match (schedule.line, schedule.cost) {
        (Some(line), _) => format!("as line {line} of {} says", view.subject.tuning.file),
        (None, Some(cost)) => format!("by the cost rule: {cost:.3} of the cheapest"),
        (None, None) => "by the cost rule".to_owned(),
    }
}

fn others(schedule: &ScheduleChoice) -> String {
    let words = |(cost, other): &(f64, _)| format!("{other} at {cost:.3}");
    schedule.others.iter().map(words).collect::<Vec<_>>().join("; ")
}
