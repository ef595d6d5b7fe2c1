//! A page about one step.

use super::Explained;
use super::json::MOST_USERS;
use crate::cli::facts::{bytes, grouped};
use crate::report::{AlgorithmChoice, KernelChoices, Memory, ScheduleChoice, StepFacts};
use crate::schedule::tuning::Algorithm;
use std::fmt::Write;

/// Everything there is to say.
pub fn page(explained: &Explained, step: &StepFacts) -> String {
    let choices = explained.choices(step);
    let mut text = format!("step {}: {}\n", step.index, step.kernel);
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "  {key:10} {value}");
    };
    for part in &step.nodes {
        line(part.op, format!("`{}`: {}", part.node, part.role));
    }
    if step.copy {
        line(
            "copy",
            "the network does not have it; what reads it wants another layout, or memory of its own"
                .to_owned(),
        );
    }
    for miss in &step.misses {
        line("missed", format!("{} for {}: {}", miss.pass, miss.node, miss.reason));
    }
    let users: Vec<String> = step.users.iter().take(MOST_USERS).map(usize::to_string).collect();
    let more = match step.users.len() - users.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    line(
        "used by",
        format!("{} {}{more}", if users.len() == 1 { "step" } else { "steps" }, users.join(", ")),
    );
    line("work", work(step));
    for memory in &step.reads {
        line("reads", place(memory));
    }
    step.scratch.iter().for_each(|memory| line("scratch", place(memory)));
    step.writes.iter().for_each(|memory| line("writes", place(memory)));
    algorithms(&choices, explained.tuning.file.as_str(), &mut line);
    for schedule in &choices.schedules {
        line(schedule.isa.name, chosen(schedule, &explained.tuning.file));
        for (cost, other) in &schedule.others {
            line("", format!("rather than {other}: {cost:.3}"));
        }
    }
    text.push('\n');
    text
}

fn work(step: &StepFacts) -> String {
    let (flops, moved) = (step.flops as f64, step.bytes as f64);
    let weights = match step.weight_bytes {
        0 => String::new(),
        weights => format!(", {} of them weights", bytes(weights)),
    };
    let moved_text = format!("{} read and written{weights}", bytes(step.bytes));
    match step.flops {
        0 => moved_text,
        _ => format!("{:.1} MFLOP, {moved_text}; {:.1} flop per byte", flops * 1e-6, flops / moved),
    }
}

fn place(memory: &Memory) -> String {
    let shape: Vec<String> = memory.shape.iter().map(usize::to_string).collect();
    let layout = if memory.layout.is_empty() { "row-major" } else { memory.layout.as_str() };
    let place = match memory.offset {
        Some(offset) => format!(
            "bytes {} to {} of the arena, in steps {} to {}",
            grouped(offset),
            grouped(offset + memory.bytes),
            memory.live.0,
            memory.live.1
        ),
        None => "an input of the caller's".to_owned(),
    };
    format!("`{}` {}, {layout}: {place}", memory.value, shape.join("x"))
}

/// The algorithm that is used, why, and the others with their predicted costs.
fn algorithms(choices: &KernelChoices, file: &str, line: &mut impl FnMut(&str, String)) {
    let Some(used) = choices.algorithms.iter().find(|choice| choice.chosen) else { return };
    let why = match (choices.algorithm_line, choices.direct_only) {
        (Some(0), _) => "to fit the budget".to_owned(),
        (Some(number), _) => format!("as line {number} of {file} says"),
        (None, Some(reason)) => format!("the only one, since {reason}"),
        (None, None) => "by the cost rule".to_owned(),
    };
    line("algorithm", format!("{}, {why}; {}", used.algorithm, predicted(used)));
    if matches!(used.algorithm, Algorithm::Winograd { .. }) {
        line("", "its error is that of its transforms, which `tilewright verify` measures".to_owned());
    }
    for other in choices.algorithms.iter().filter(|choice| !choice.chosen) {
        line("", format!("rather than {}; {}", other.algorithm, predicted(other)));
    }
}

fn predicted(choice: &AlgorithmChoice) -> String {
    let AlgorithmChoice { cost, products, weights, .. } = choice;
    match choice.algorithm {
        Algorithm::Direct => "predicted cost 1".to_owned(),
        _ => format!(
            "predicted cost {cost:.3} of direct, with {products:.2} of its products and {weights:.2} of its weights"
        ),
    }
}

fn chosen(schedule: &ScheduleChoice, file: &str) -> String {
    let why = schedule
        .line
        .map_or_else(|| "by the cost rule".to_owned(), |line| format!("as line {line} of {file} says"));
    let cost =
        schedule.cost.map_or_else(String::new, |cost| format!("; predicted cost {cost:.3} of the cheapest"));
    format!("{}, {why}{cost}", schedule.chosen)
}
