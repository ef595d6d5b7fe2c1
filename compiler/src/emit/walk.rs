//! Walks over the statements of a kernel: what its accesses have in common.

use crate::kernel::ir::{Addr, Expr, Kernel, Stmt, Var};
use crate::kernel::proof::verify::Ranges;
use std::collections::HashSet;

/// Per parameter the largest index of an access and the lanes from there on; `None` where there is no access.
fn ends(kernel: &Kernel) -> Vec<Option<(usize, usize)>> {
    let mut ends: Vec<Option<(usize, usize)>> = vec![None; kernel.params.len()];
    let mut see = |addr: &Addr, lanes: usize, ranges: &Ranges| {
        if let Some(high) = ranges.max(&addr.at) {
            let end = &mut ends[addr.param.0];
            if end.is_none_or(|(start, known)| start + known < high + lanes) {
                *end = Some((high, lanes));
            }
        }
    };
    each_access(kernel, &kernel.prologue, &mut Ranges::none(kernel), &mut see);
    each_access(kernel, &kernel.body, &mut Ranges::of(kernel), &mut see);
    ends
}

/// The proof in numbers: the largest index of each array.
pub fn proof(kernel: &Kernel) -> String {
    let list = kernel.params.iter().zip(ends(kernel)).filter_map(|(param, end)| {
        let (start, lanes) = end?;
        Some(format!("{}: {start} + {lanes} <= {}", param.name, param.len))
    });
    let list: Vec<String> = list.collect();
    format!("SAFETY: the largest index of each array, as proved; {}", list.join("; "))
}

/// Every load and store with the ranges of the variables at that point.
fn each_access(
    kernel: &Kernel,
    stmts: &[Stmt],
    ranges: &mut Ranges,
    see: &mut impl FnMut(&Addr, usize, &Ranges),
) {
    for stmt in stmts {
        match stmt {
            Stmt::For(var, body) | Stmt::Unroll(var, body) => {
                ranges.enter(kernel, *var);
                each_access(kernel, body, ranges, see);
            }
            Stmt::If(var, range, body) => {
                let mut inner = ranges.clone();
                inner.narrow(*var, range);
                each_access(kernel, body, &mut inner, see);
            }
            Stmt::Comment(_) | Stmt::Prefetch(_) | Stmt::Fence => {}
            Stmt::Let(_, value) | Stmt::Set(_, value) => {
                value.each_load(&mut |a, l| see(a, l.count(kernel.lanes), ranges))
            }
            Stmt::Store(to, value, lanes) => {
                see(to, lanes.count(kernel.lanes), ranges);
                value.each_load(&mut |a, l| see(a, l.count(kernel.lanes), ranges));
            }
        }
    }
}

/// Every address, and whether it is only prefetched.
pub fn each_addr(stmts: &[Stmt], see: &mut impl FnMut(&Addr, bool)) {
    for stmt in stmts {
        match stmt {
            Stmt::For(_, body) | Stmt::Unroll(_, body) | Stmt::If(_, _, body) => each_addr(body, see),
            Stmt::Comment(_) | Stmt::Fence => {}
            Stmt::Prefetch(addr) => see(addr, true),
            Stmt::Let(_, value) | Stmt::Set(_, value) => value.each_load(&mut |addr, _| see(addr, false)),
            Stmt::Store(to, value, _) => {
                see(to, false);
                value.each_load(&mut |addr, _| see(addr, false));
            }
        }
    }
}

/// Register families that are changed after their declaration.
pub fn changed_families(kernel: &Kernel) -> HashSet<usize> {
    fn collect(stmts: &[Stmt], changed: &mut HashSet<usize>) {
        for stmt in stmts {
            match stmt {
                Stmt::For(_, body) | Stmt::Unroll(_, body) | Stmt::If(_, _, body) => collect(body, changed),
                Stmt::Set(reg, _) => {
                    changed.insert(reg.family);
                }
                _ => {}
            }
        }
    }
    let mut changed = HashSet::new();
    collect(&kernel.prologue, &mut changed);
    collect(&kernel.body, &mut changed);
    changed
}

/// True when an address, a condition, another variable or a choice of lanes depends on the variable.
pub fn uses(kernel: &Kernel, stmts: &[Stmt], var: Var) -> bool {
    let mut used = false;
    each_addr(stmts, &mut |addr, _| used |= addr.at.terms.iter().any(|&(v, _)| v == var));
    used || stmts.iter().any(|stmt| match stmt {
        Stmt::If(v, _, body) => *v == var || uses(kernel, body, var),
        Stmt::For(v, body) | Stmt::Unroll(v, body) => {
            kernel.vars[v.0].values.of() == Some(var) || uses(kernel, body, var)
        }
        Stmt::Let(_, value) | Stmt::Set(_, value) | Stmt::Store(_, value, _) => chooses(value, var),
        _ => false,
    })
}

/// True when the variable chooses lanes of the expression.
fn chooses(expr: &Expr, var: Var) -> bool {
    matches!(expr, Expr::Spread(_, _, lane) if *lane == var)
        || expr.operands().into_iter().any(|operand| chooses(operand, var))
}
