//! Proves that a kernel writes no element of its outputs twice, whatever order its tasks run in, and says which it writes.
//!
//! All stores are walked with the values that loop variables really take, and marked in a set of the output's elements: one
//! that is marked already is a fault. So no two tasks, which threads run at the same time, write the same element. Two
//! arguments make the walk short, both of mixed radix: the stores of a loop that advances by the lanes of its one store are
//! one run; and where tasks differ by a constant offset and one of them covers a run as long as that offset, all of them
//! cover as many runs, one behind the other. That what is written is all that is read later is
//! [`crate::emit`]'s to prove, since several steps may write parts of one buffer.
//!
//! Two kinds of stores are second ones by intention, and each is marked apart, once too. *Zeros* at the very beginning or end
//! of a kernel of one task surround what is written between, and may lie over it: a halo, or channels that fill up the last
//! block. Stores *in place* change what the same task has written, as the second sweep of a softmax does.
//!
//! The prologue, which every thread repeats, writes no output.

use super::access::{Kind, Walk, accesses, conditions, offset};
use super::elements::{Elements, Own};
use crate::kernel::ir::{Expr, Kernel, ParamId, Role, Stmt, TASK};
use std::ops::Range;

/// The elements of each output that a kernel writes, as runs in order. The kernel is one that
/// [`verify`](super::verify::verify) accepts.
///
/// # Errors
/// What is wrong with its stores, in words.
pub fn written(kernel: &Kernel) -> Result<Vec<Vec<Range<usize>>>, String> {
    let outputs = kernel.params.iter().enumerate().filter(|(_, param)| param.role == Role::Output);
    let runs = outputs.map(|(number, param)| {
        let elements = output(kernel, ParamId(number), param.len);
        elements
            .map(|set| set.runs())
            .map_err(|fault| format!("kernel {}: {} {fault}", kernel.name, param.name))
    });
    runs.collect()
}

/// What is written of one output of this length.
fn output(kernel: &Kernel, param: ParamId, len: usize) -> Result<Elements, String> {
    if !accesses(kernel, &kernel.prologue, param, &[Kind::Store, Kind::Change]).is_empty() {
        return Err("is written by the prologue, which every thread runs".to_owned());
    }
    let body = kernel.body.as_slice();
    let first = body.iter().position(|stmt| !is_zero(stmt)).unwrap_or(0);
    let end = body.iter().rposition(|stmt| !is_zero(stmt)).map_or(body.len(), |last| last + 1);
    let part = |range: Range<usize>| body.get(range).unwrap_or_default();
    let mut written = stored(kernel, part(first..end), param, len)?;
    for zeros in [part(0..first), part(end..body.len())] {
        let cleared = stored(kernel, zeros, param, len)?;
        if written.add_all(&cleared) && kernel.tasks() > 1 {
            return Err("has zeros over what other tasks may write".to_owned());
        }
    }
    in_place(kernel, param, len)?;
    Ok(written)
}

/// What all tasks store, where none is stored twice.
fn stored(kernel: &Kernel, stmts: &[Stmt], param: ParamId, len: usize) -> Result<Elements, String> {
    let nodes = accesses(kernel, stmts, param, &[Kind::Store]);
    let mut written = Elements::none(len);
    let mut walk = Walk::new(kernel);
    let alike = kernel.tasks() > 1 && conditions(&nodes).is_empty();
    if let Some(step) = offset(kernel, &nodes).filter(|step| *step > 0 && alike) {
        let mut one = Elements::none(len);
        walk.one(0, &nodes, &mut |_, run, task| mark(&mut one, &run, task))?;
        if let [run] = one.runs().as_slice()
            && run.len() == step
        {
            let all = run.start..run.start.saturating_add(step.saturating_mul(kernel.tasks()));
            return mark(&mut written, &all, 0).map(|()| written);
        }
    }
    walk.each(TASK, &nodes, &mut |_, run, task| mark(&mut written, &run, task))?;
    Ok(written)
}

/// Adds a run, in which nothing may be there already.
fn mark(written: &mut Elements, run: &Range<usize>, task: usize) -> Result<(), String> {
    written.add(run).map_err(|at| match at < written.len() {
        true => format!("has element {at} written twice, the second time by task {task}"),
        false => format!("has no element {at}, to which task {task} writes"),
    })
}

/// Each task changes only what it has written itself, and that once.
fn in_place(kernel: &Kernel, param: ParamId, len: usize) -> Result<(), String> {
    let changes = accesses(kernel, &kernel.body, param, &[Kind::Change]);
    if changes.is_empty() {
        return Ok(());
    }
    let stores = accesses(kernel, &kernel.body, param, &[Kind::Store]);
    let (mut own, mut changed) = (Own::none(len), Own::none(len));
    let mut walk = Walk::new(kernel);
    for task in 0..kernel.tasks() {
        own.clear();
        changed.clear();
        walk.one(task, &stores, &mut |_, run, _| {
            own.put(&run);
            Ok::<(), String>(())
        })?;
        walk.one(task, &changes, &mut |_, run, _| {
            if let Some(at) = own.first(&run, false) {
                return Err(format!("is changed by task {task} at {at}, where it has not written"));
            }
            if let Some(at) = changed.first(&run, true) {
                return Err(format!("has element {at} changed twice by task {task}"));
            }
            changed.put(&run);
            Ok(())
        })?;
    }
    Ok(())
}

/// True for a statement that stores zeros, or nothing.
fn is_zero(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Store(_, value, _) => matches!(value, Expr::Const(number) if number.get() == 0.0),
        Stmt::For(_, body) | Stmt::Unroll(_, body) | Stmt::If(_, _, body) => body.iter().all(is_zero),
        Stmt::Let(..) | Stmt::Set(..) => false,
        Stmt::Comment(_) | Stmt::Prefetch(_) | Stmt::Fence => true,
    }
}
