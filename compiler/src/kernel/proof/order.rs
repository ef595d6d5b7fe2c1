//! Proves that a kernel reads nothing before it is written: what a task loads of its outputs and of scratch memory, it or the
//! prologue has stored.
//!
//! Other tasks do not count, since they run in any order, at the same time and in other scratch memory. Nor does what a
//! call before left in scratch memory. The walk is that of [`super::coverage`]; a loop whose variable nothing inside depends
//! on runs once, since what it loads in its first round it may load in all.

use super::access::{Kind, Node, Walk, accesses, offset};
use super::elements::Own;
use crate::kernel::ir::{Kernel, ParamId, Stmt, Var};
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
    let nodes = |stmts: &[Stmt]| once(kernel, accesses(kernel, stmts, param, &KINDS));
    let (prologue, body) = (nodes(&kernel.prologue), nodes(&kernel.body));
    if !loads(&prologue) && !loads(&body) {
        return Ok(());
    }
    let mut walk = Walk::new(kernel);
    let (mut before, mut own) = (Own::none(len), Own::none(len));
    walk.one(0, &prologue, &mut |kind, run, task| match kind {
        Kind::Load => before.first(&run, false).map_or(Ok(()), |at| Err((at, task))),
        Kind::Store | Kind::Change => {
            before.put(&run);
            Ok(())
        }
    })?;
    // Where tasks differ by an offset alone and lean on nothing that is not theirs, one of them speaks for all.
    let alike = match offset(kernel, &body) {
        Some(0) => true,
        Some(_) => prologue.is_empty(),
        None => false,
    };
    for task in 0..if alike { kernel.tasks().min(1) } else { kernel.tasks() } {
        own.clear();
        walk.one(task, &body, &mut |kind, run: Range<usize>, task| {
            if kind == Kind::Load {
                return missing(&before, &own, run).map_or(Ok(()), |at| Err((at, task)));
            }
            own.put(&run);
            Ok(())
        })?;
    }
    Ok(())
}

/// The first element of the range that is in neither.
fn missing(before: &Own, own: &Own, range: Range<usize>) -> Option<usize> {
    let mut from = range.start;
    while let Some(at) = own.first(&(from..range.end), false) {
        if before.first(&(at..at + 1), false).is_some() {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn loads(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Loop(_, body) | Node::If(_, _, body) => loads(body),
        Node::Access(kind, ..) => *kind == Kind::Load,
    })
}

/// The same without loops on whose variables nothing depends.
fn once(kernel: &Kernel, nodes: Vec<Node>) -> Vec<Node> {
    let same = |node| match node {
        Node::Loop(var, body) => {
            let body = once(kernel, body);
            let runs = kernel.vars.get(var.0).is_some_and(|info| info.count > 0);
            if runs && !depends(kernel, &body, var) { body } else { vec![Node::Loop(var, body)] }
        }
        Node::If(var, range, body) => vec![Node::If(var, range, once(kernel, body))],
        Node::Access(..) => vec![node],
    };
    nodes.into_iter().flat_map(same).collect()
}

/// True when an address, a condition or another variable depends on the variable.
fn depends(kernel: &Kernel, nodes: &[Node], var: Var) -> bool {
    nodes.iter().any(|node| match node {
        Node::Loop(inner, body) => {
            let values = kernel.vars.get(inner.0).and_then(|info| info.values.of());
            values == Some(var) || depends(kernel, body, var)
        }
        Node::If(of, _, body) => *of == var || depends(kernel, body, var),
        Node::Access(_, at, _) => at.terms.iter().any(|&(of, _)| of == var),
    })
}
