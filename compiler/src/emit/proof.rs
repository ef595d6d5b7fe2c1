//! What is proved of all kernels of a plan together, for one instruction set: each float is written before it is read, and no
//! two steps write the same one.
//!
//! A kernel alone is proved by [`crate::kernel::proof`], memory by [`Plan::verify`]. Here the
//! runs that each step writes are collected for each buffer that is no part of another, in the order of the steps.

use crate::kernel::ir::Role;
use crate::kernel::proof::Runs;
use crate::schedule::plan::{BufferId, Place, Plan};
use std::collections::HashMap;
use std::ops::Range;

/// Every fault of the steps of a plan, whose kernels write these runs; empty when they are proved.
pub fn steps(plan: &Plan, kernels: &[Runs]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut written: HashMap<BufferId, Runs> = HashMap::new();
    let unread = |written: &HashMap<BufferId, Runs>, id: BufferId| {
        let buffer = plan.buffer(id);
        let (root, start) = plan.root(id);
        let all = start..start + buffer.len;
        let known = written.get(&root).is_some_and(|runs| contains(runs, &all));
        !known && matches!(plan.buffer(root).place, Place::Arena(_))
    };
    for (number, step) in plan.steps.iter().enumerate() {
        let Some(to) = step.args.last() else { continue };
        let params = plan.kernel(step).spec.params();
        let roles = params.iter().map(|param| param.role).filter(|role| *role != Role::Weights);
        for (_, &id) in
            roles.zip(&step.args).filter(|&(role, &id)| role == Role::Input && unread(&written, id))
        {
            faults.push(format!("step {number} reads {} before all of it is written", plan.buffer(id).name));
        }
        let Some(runs) = kernels.get(step.kernel.0) else { continue };
        let (root, start) = plan.root(*to);
        let moved = runs.iter().map(|run| start + run.start..start + run.end);
        if let Some(twice) = add(written.entry(root).or_default(), moved) {
            let name = &plan.buffer(*to).name;
            faults.push(format!("step {number} writes float {} of {name} a second time", twice - start));
        }
    }
    let lost = plan.outputs.iter().filter(|&&id| unread(&written, id));
    faults.extend(lost.map(|&id| format!("not all of the output {} is written", plan.buffer(id).name)));
    faults
}

/// True when one of the runs contains the range.
fn contains(runs: &Runs, range: &Range<usize>) -> bool {
    let at = runs.partition_point(|run| run.end < range.end);
    range.is_empty() || runs.get(at).is_some_and(|run| run.start <= range.start && range.end <= run.end)
}

/// Adds runs in order to others; returns the first float that was there already.
fn add(runs: &mut Runs, more: impl Iterator<Item = Range<usize>>) -> Option<usize> {
    let before = std::mem::take(runs);
    let mut twice = None;
    let (mut old, mut new) = (before.into_iter().peekable(), more.peekable());
    while let Some(run) = match (old.peek(), new.peek()) {
        (Some(a), Some(b)) if a.start <= b.start => old.next(),
        (_, Some(_)) => new.next(),
        _ => old.next(),
    } {
        match runs.last_mut() {
            Some(last) if run.start <= last.end => {
                if run.start < last.end {
                    twice = twice.or(Some(run.start));
                }
                last.end = last.end.max(run.end);
            }
            _ => runs.push(run),
        }
    }
    twice
}
