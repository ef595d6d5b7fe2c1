//! Proves that every access of a kernel is in range, that registers are set before they are read, and that only
//! outputs are written. Generated `unsafe` rests on this.

use crate::kernel::ir::{Addr, Affine, Expr, Kernel, Lanes, Reg, Stmt, TASK, Values, Var};
use std::collections::HashSet;
use std::ops::Range;

/// The smallest and largest value of each variable in scope.
#[derive(Clone)]
pub struct Ranges(Vec<Option<(usize, usize)>>);

impl Ranges {
    /// Nothing is in scope.
    pub fn none(kernel: &Kernel) -> Self {
        Ranges(vec![None; kernel.vars.len()])
    }

    /// Only the task variable is in scope.
    pub fn of(kernel: &Kernel) -> Self {
        let mut ranges = Ranges(vec![None; kernel.vars.len()]);
        ranges.enter(kernel, TASK);
        ranges
    }

    /// Brings a loop variable into scope with its whole range.
    pub fn enter(&mut self, kernel: &Kernel, var: Var) {
        self.0[var.0] = Some((0, kernel.vars[var.0].count.saturating_sub(1)));
    }

    /// Narrows a variable to a range.
    pub fn narrow(&mut self, var: Var, range: &Range<usize>) {
        if let Some((low, high)) = self.0[var.0] {
            self.0[var.0] = Some((low.max(range.start), high.min(range.end.saturating_sub(1))));
        }
    }

    /// Fixes a variable to one value.
    pub fn fix(&mut self, var: Var, value: usize) {
        self.0[var.0] = Some((value, value));
    }

    /// The variables in scope.
    fn scope(&self) -> impl Iterator<Item = Var> {
        (0..self.0.len()).filter(|&var| self.0[var].is_some()).map(Var)
    }

    /// Largest value of a variable; `None` when it is not in scope.
    pub fn highest(&self, var: Var) -> Option<usize> {
        self.0.get(var.0).copied().flatten().map(|(_, high)| high)
    }

    /// Largest value of an address; `None` when a variable is not in scope or the arithmetic overflows.
    pub fn max(&self, at: &Affine) -> Option<usize> {
        at.terms
            .iter()
            .try_fold(at.base, |sum, &(var, by)| sum.checked_add(self.highest(var)?.checked_mul(by)?))
    }
}

struct Checker<'a> {
    kernel: &'a Kernel,
    ranges: Ranges,
    defined: HashSet<(usize, Vec<Option<usize>>)>,
    unrolled: Vec<(Var, usize)>,
    faults: Vec<String>,
}

/// Every fault of the kernel, in words; empty when it is proved.
pub fn verify(kernel: &Kernel) -> Vec<String> {
    let mut checker = Checker {
        kernel,
        ranges: Ranges::of(kernel),
        defined: HashSet::new(),
        unrolled: Vec::new(),
        faults: Vec::new(),
    };
    checker.ranges = Ranges::none(kernel);
    checker.block(&kernel.prologue);
    checker.ranges = Ranges::of(kernel);
    checker.block(&kernel.body);
    checker.faults
}

impl Checker<'_> {
    fn fault(&mut self, text: String) {
        self.faults.push(format!("kernel {}: {text}", self.kernel.name));
    }

    /// A loop body or condition: registers declared inside end with it.
    fn block(&mut self, stmts: &[Stmt]) {
        let before = self.defined.clone();
        self.stmts(stmts);
        self.defined = before;
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Comment(_) | Stmt::Prefetch(_) | Stmt::Fence => {}
            Stmt::For(var, body) => {
                self.values(*var);
                self.apart(*var);
                let outer = self.ranges.clone();
                self.ranges.enter(self.kernel, *var);
                self.block(body);
                self.ranges = outer;
            }
            Stmt::If(var, range, body) => {
                if self.ranges.highest(*var).is_none() {
                    self.fault("a condition on a variable out of scope".to_owned());
                }
                let outer = self.ranges.clone();
                self.ranges.narrow(*var, range);
                self.block(body);
                self.ranges = outer;
            }
            Stmt::Unroll(var, body) => {
                self.apart(*var);
                let outer = self.ranges.clone();
                for value in 0..self.kernel.vars[var.0].count {
                    self.ranges.fix(*var, value);
                    self.unrolled.push((*var, value));
                    self.stmts(body);
                    self.unrolled.pop();
                }
                self.ranges = outer;
            }
            Stmt::Let(reg, value) => {
                self.expr(value);
                let key = self.key(reg);
                self.defined.insert(key);
            }
            Stmt::Set(reg, value) => {
                self.expr(value);
                self.known(reg);
            }
            Stmt::Store(to, value, lanes) => {
                self.expr(value);
                self.access(to, lanes.count(self.kernel.lanes), true);
                self.lanes(*lanes);
            }
        }
    }

    /// No loop around has a variable of this name, by which it is printed; so none has this variable either.
    fn apart(&mut self, var: Var) {
        let name = &self.kernel.vars[var.0].name;
        if self.ranges.scope().any(|around| self.kernel.vars[around.0].name == *name) {
            self.fault(format!("{name} is the variable of two loops, one inside of the other"));
        }
    }

    /// What the values of a variable depend on is in scope; there are some, and none is too large.
    fn values(&mut self, var: Var) {
        let info = &self.kernel.vars[var.0];
        let Some(of) = info.values.of() else { return };
        let fits = self.ranges.highest(of).is_some_and(|most| match &info.values {
            Values::All => true,
            Values::Within(_, ranges) => {
                let fits = |range: &Range<usize>| range.start < range.end && range.end <= info.count;
                most < ranges.len() && ranges.iter().all(fits)
            }
            Values::Quotient(_, by) => most.checked_div(*by).is_some_and(|most| most < info.count),
            Values::Rest(_, by) => *by > 0 && most.min(*by - 1) < info.count,
        });
        if !fits {
            self.fault(format!("{} takes no value, or one that is not below {}", info.name, info.count));
        }
    }

    fn expr(&mut self, expr: &Expr) {
        expr.operands().into_iter().for_each(|operand| self.expr(operand));
        match expr {
            Expr::Reg(reg) => self.known(reg),
            Expr::Load(from, lanes) => {
                self.access(from, lanes.count(self.kernel.lanes), false);
                self.lanes(*lanes);
            }
            Expr::Splat(from) => self.access(from, 1, false),
            Expr::Spread(_, run, lane) => {
                let inside = self.ranges.highest(*lane).is_some_and(|most| most < *run);
                if !inside || !self.kernel.lanes.is_multiple_of(*run) {
                    self.fault(format!("a lane beyond a run of {run} of {}", self.kernel.lanes));
                }
            }
            Expr::Const(_) | Expr::Fma(..) | Expr::Select(..) | Expr::Bin(..) | Expr::Un(..) => {}
        }
    }

    fn lanes(&mut self, lanes: Lanes) {
        if let Lanes::First(n) = lanes
            && (n == 0 || n > self.kernel.lanes)
        {
            self.fault(format!("an access of {n} lanes of {}", self.kernel.lanes));
        }
    }

    fn key(&self, reg: &Reg) -> (usize, Vec<Option<usize>>) {
        let value = |var: &Var| self.unrolled.iter().rev().find(|(v, _)| v == var).map(|&(_, value)| value);
        (reg.family, reg.index.iter().map(value).collect())
    }

    fn known(&mut self, reg: &Reg) {
        let key = self.key(reg);
        if !self.defined.contains(&key) {
            let name = self.kernel.regs.get(reg.family).cloned().unwrap_or_default();
            self.fault(format!("register {name}{:?} is used before it is set", key.1));
        }
    }

    fn access(&mut self, addr: &Addr, lanes: usize, write: bool) {
        let Some(param) = self.kernel.params.get(addr.param.0) else {
            return self.fault(format!("parameter {} does not exist", addr.param.0));
        };
        let terms = &addr.at.terms;
        if (1..terms.len()).any(|at| terms[..at].iter().any(|(var, _)| *var == terms[at].0)) {
            self.fault(format!("an address of {} has a variable twice", param.name));
        }
        if write && !param.role.writable() {
            self.fault(format!("a store to {}, which is no output", param.name));
        }
        match self.ranges.max(&addr.at) {
            None => self.fault(format!("an address of {} uses a variable out of scope", param.name)),
            Some(high) if high.checked_add(lanes).is_none_or(|end| end > param.len) => {
                self.fault(format!(
                    "{}[{high}..{high} + {lanes}] is beyond its {} elements",
                    param.name, param.len
                ));
            }
            Some(_) => {}
        }
    }
}
