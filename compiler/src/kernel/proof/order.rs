//! Proves that a kernel reads nothing before it is written: what a task loads of its outputs and of scratch memory, it or the
//! prologue has stored.
//!
//! Other tasks do not count, since they run in any order, at the same time and in other scratch memory. Nor does what a
//! call before left in scratch memory.

use super::access::{Kind, Node, Walk, accesses, collect, conditions, offset};
use super::elements::Own;
use super::shorten::{regions, shorten};
use crate::kernel::ir::{Kernel, ParamId};
use std::ops::Range;

const KINDS: [Kind; 3] = [Kind::Load, Kind::Store, Kind::Change];

/// Checks every parameter that the kernel may write. The kernel is one that [`verify`](super::verify::verify) accepts.
///
/// # Errors
/// The first element that is read too early, in words.
pub fn check(kernel: &Kernel) -> Result<(), String> {
    let writable = kernel.params.iter().enumerate().filter(|(_, param)| param.role.writable());
    for (number, param) in writable {
        parameter(kernel, ParamId(number), param.len).map_err(|(at, task)| {
            let fault = format!("element {at} of {} before anything is written there", param.name);
            format!("kernel {}: task {task} reads {fault}", kernel.name)
        })?;
    }
    Ok(())
}

/// The first element that is read too early, and the task.
fn parameter(kernel: &Kernel, param: ParamId, len: usize) -> Result<(), (usize, usize)> {
    let prologue = accesses(kernel, &kernel.prologue, param, &KINDS);
    let body = accesses(kernel, &kernel.body, param, &KINDS);
    if !loads(&prologue) && !loads(&body) {
        return Ok(());
    }
    let (mut before, mut own) = (Own::none(len), Own::none(len));
    for region in regions(kernel, &[&prologue, &body]) {
        let [prologue, body] = [&prologue, &body].map(|nodes| shorten(kernel, nodes, &region));
        before.clear();
        let mut walk = Walk::new(kernel);
        walk.one(0, &prologue, &mut |kind, run, task| match kind {
            Kind::Load => before.first(&run, false).map_or(Ok(()), |at| Err((at, task))),
            Kind::Store | Kind::Change => {
                before.put(&run);
                Ok(())
            }
        })?;
        for task in tasks(kernel, &body, prologue.is_empty()) {
            own.clear();
            walk.one(task, &body, &mut |kind, run, task| match kind {
                Kind::Load => missing(&before, &own, &run).map_or(Ok(()), |at| Err((at, task))),
                Kind::Store | Kind::Change => {
                    own.put(&run);
                    Ok(())
                }
            })?;
        }
    }
    Ok(())
}

/// Tasks that speak for all: one behind each change of a condition, where tasks differ by an offset alone and, if there is
/// one, lean on nothing that is not theirs.
fn tasks(kernel: &Kernel, body: &[Node], alone: bool) -> Vec<usize> {
    let all = 0..kernel.tasks();
    if offset(kernel, body).is_none_or(|step| step > 0 && !alone) {
        return all.collect();
    }
    let turns = conditions(body).into_iter().flat_map(|range| [range.start, range.end]);
    let mut some: Vec<usize> = turns.chain([0]).filter(|task| all.contains(task)).collect();
    some.sort_unstable();
    some.dedup();
    some
}

/// The first element of the range that is in neither.
fn missing(before: &Own, own: &Own, range: &Range<usize>) -> Option<usize> {
    let mut from = range.start;
    while let Some(at) = own.first(&(from..range.end), false) {
        from = before.first(&(at..range.end), false)?;
        if from == at {
            return Some(at);
        }
    }
    None
}

fn loads(nodes: &[Node]) -> bool {
    let mut any = false;
    collect(nodes, &mut |node| any |= matches!(node, Node::Access(Kind::Load, ..)));
    any
}
