//! The same as JSON.

use super::{Explained, table};
use crate::passes::Miss;
use crate::report::{KernelChoices, Memory, StepFacts};
use serde_json::{Value, json};

/// Steps with the same kernel that each step names: all of them would be as many as the square of the steps.
pub const MOST_USERS: usize = 100;

/// The network with these steps.
pub fn network(explained: &Explained, steps: &[&StepFacts]) -> Value {
    let Explained { plan, facts, .. } = explained;
    let ((all, moved), (added, more)) = (plan.copies(), facts.copies());
    let gone: Vec<Value> =
        facts.gone.iter().map(|gone| json!({"node": gone.node, "op": gone.op, "why": gone.why})).collect();
    json!({
        "model": plan.name,
        "isas": plan.isas.iter().map(|isa| isa.name).collect::<Vec<_>>(),
        "flops": plan.flops(),
        "arena_bytes": 4 * plan.arena,
        "weight_bytes": 4 * plan.weight_floats,
        "copies": {"count": all, "bytes": moved, "added": added, "added_bytes": more},
        "steps": steps.iter().map(|step| self::step(explained, step)).collect::<Vec<_>>(),
        "gone": gone,
        "missed": facts.misses.iter().map(miss).collect::<Vec<_>>(),
    })
}

fn step(explained: &Explained, step: &StepFacts) -> Value {
    let choices = explained.choices(step);
    let KernelChoices { algorithms, direct_only, algorithm_line, schedules } = &*choices;
    let nodes: Vec<Value> =
        step.nodes.iter().map(|part| json!({"node": part.node, "op": part.op, "role": part.role})).collect();
    let algorithms: Vec<Value> = algorithms
        .iter()
        .map(|choice| {
            json!({
                "algorithm": choice.algorithm.to_string(),
                "cost": choice.cost,
                "products": choice.products,
                "weights": choice.weights,
                "chosen": choice.chosen,
            })
        })
        .collect();
    let schedules: Vec<Value> = schedules
        .iter()
        .map(|choice| {
            let others = choice.others.iter();
            let others = others.map(|(cost, other)| json!({"schedule": other.to_string(), "cost": cost}));
            json!({
                "isa": choice.isa.name,
                "schedule": choice.chosen.to_string(),
                "cost": choice.cost,
                "tuning_line": choice.line,
                "others": others.collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "step": step.index,
        "value": step.value,
        "kernel": step.kernel,
        "algorithm": table::algorithm(step.algorithm),
        "copy": step.copy,
        "nodes": nodes,
        "users": step.users.iter().take(MOST_USERS).collect::<Vec<_>>(),
        "calls": step.users.len(),
        "flops": step.flops,
        "bytes": step.bytes,
        "weight_bytes": step.weight_bytes,
        "reads": step.reads.iter().map(memory).collect::<Vec<_>>(),
        "scratch": step.scratch.as_ref().map(memory),
        "writes": step.writes.as_ref().map(memory),
        "missed": step.misses.iter().map(miss).collect::<Vec<_>>(),
        "algorithms": algorithms,
        "direct_only": direct_only,
        "algorithm_tuning_line": algorithm_line.filter(|&line| line > 0),
        "algorithm_fits_budget": *algorithm_line == Some(0),
        "schedules": schedules,
    })
}

fn memory(memory: &Memory) -> Value {
    json!({
        "value": memory.value,
        "shape": memory.shape,
        "layout": memory.layout,
        "offset": memory.offset,
        "bytes": memory.bytes,
        "steps": [memory.live.0, memory.live.1],
    })
}

fn miss(miss: &Miss) -> Value {
    json!({"pass": miss.pass, "node": miss.node, "why": miss.reason})
}
