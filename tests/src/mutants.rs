//! Mutants of kernels: faults planted in one statement at a time.

use tilewright::kernel::ir::{Kernel, Stmt, Var};

/// What surrounds a statement: variables that a condition holds, with their largest value.
pub type Fixed = Vec<(Var, usize)>;

/// Statements to put in place of one; an empty one removes it.
pub type Change = dyn Fn(&Kernel, &Stmt, &Fixed) -> Vec<Vec<Stmt>>;

/// Every way to change one statement of a body.
pub fn rewrites(kernel: &Kernel, stmts: &[Stmt], fixed: &Fixed, change: &Change) -> Vec<Vec<Stmt>> {
    let mut all = Vec::new();
    for (at, stmt) in stmts.iter().enumerate() {
        let mut put = |new: Vec<Stmt>| all.push([&stmts[..at], &new, &stmts[at + 1..]].concat());
        change(kernel, stmt, fixed).into_iter().for_each(&mut put);
        let inner = match stmt {
            Stmt::If(var, range, body) => {
                let fixed = [fixed.as_slice(), &[(*var, range.end - 1)]].concat();
                rewrites(kernel, body, &fixed, change)
            }
            Stmt::For(_, body) | Stmt::Unroll(_, body) => rewrites(kernel, body, fixed, change),
            _ => Vec::new(),
        };
        for body in inner {
            put(vec![match stmt {
                Stmt::If(var, range, _) => Stmt::If(*var, range.clone(), body),
                Stmt::For(var, _) => Stmt::For(*var, body),
                Stmt::Unroll(var, _) => Stmt::Unroll(*var, body),
                other => other.clone(),
            }]);
        }
    }
    all
}
