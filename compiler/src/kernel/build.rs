//! The builder: closures nest as the loops do, so that a kernel's builder looks like its loop nest.

use super::ir::{
    Addr, Affine, BinOp, Expr, Kernel, Lanes, Param, ParamId, Reg, Role, Stmt, TASK, UnOp, Values, Var,
    VarInfo,
};
use crate::base::functions::Func;
use crate::base::real::Real;
use std::ops::Range;

/// Builds one kernel.
pub struct Builder {
    kernel: Kernel,
    scopes: Vec<Vec<Stmt>>,
    /// Variables of the loops around.
    around: Vec<Var>,
}

impl Builder {
    /// A kernel whose task loop runs `tasks` times with a variable of this name.
    pub fn new(name: String, lanes: usize, task: &str, tasks: usize) -> Self {
        let vars = vec![VarInfo { name: task.to_owned(), count: tasks, values: Values::All, opaque: false }];
        let kernel = Kernel {
            name,
            doc: Vec::new(),
            lanes,
            params: Vec::new(),
            vars,
            regs: Vec::new(),
            strides: Vec::new(),
            prologue: Vec::new(),
            body: Vec::new(),
        };
        Builder { kernel, scopes: vec![Vec::new()], around: vec![TASK] }
    }

    /// Lanes of a vector.
    pub fn lanes(&self) -> usize {
        self.kernel.lanes
    }

    /// The task variable.
    pub fn task(&self) -> Var {
        TASK
    }

    /// Adds a line to the doc comment.
    pub fn doc(&mut self, line: impl Into<String>) {
        self.kernel.doc.push(line.into());
    }

    /// Adds a parameter.
    pub fn param(&mut self, name: &'static str, role: Role, len: usize) -> ParamId {
        self.kernel.params.push(Param { name, role, len });
        ParamId(self.kernel.params.len() - 1)
    }

    /// Names a stride of a parameter for the printer.
    pub fn stride(&mut self, param: ParamId, name: &'static str, value: usize) {
        self.kernel.strides.push((param, name, value));
    }

    /// A family of registers; one name is one family.
    pub fn regs(&mut self, name: &str) -> usize {
        let regs = &mut self.kernel.regs;
        regs.iter().position(|reg| reg == name).unwrap_or_else(|| {
            regs.push(name.to_owned());
            regs.len() - 1
        })
    }

    /// A variable; a `ky` inside of another `ky` becomes `ky2`.
    fn var(&mut self, name: &str, count: usize) -> Var {
        let mut unique = name.to_owned();
        let mut number = 1;
        while self.around.iter().any(|var| self.kernel.vars[var.0].name == unique) {
            number += 1;
            unique = format!("{name}{number}");
        }
        self.kernel.vars.push(VarInfo { name: unique, count, values: Values::All, opaque: false });
        Var(self.kernel.vars.len() - 1)
    }

    fn push(&mut self, stmt: Stmt) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(stmt);
        }
    }

    /// The statements of a loop over `var`.
    fn body(&mut self, var: Var, fill: impl FnOnce(&mut Self, Var)) -> Vec<Stmt> {
        self.around.push(var);
        let stmts = self.scope(|b| fill(b, var));
        self.around.pop();
        stmts
    }

    fn scope(&mut self, fill: impl FnOnce(&mut Self)) -> Vec<Stmt> {
        self.scopes.push(Vec::new());
        fill(self);
        self.scopes.pop().unwrap_or_default()
    }

    /// `for name in 0..count`; what runs once needs no loop.
    pub fn for_(&mut self, name: &str, count: usize, body: impl FnOnce(&mut Self, Var)) {
        if count == 1 {
            return self.unroll(name, 1, body);
        }
        let var = self.var(name, count);
        let stmts = self.body(var, body);
        self.push(Stmt::For(var, stmts));
    }

    /// The same with an opaque variable, see [`VarInfo::opaque`].
    pub fn for_opaque(&mut self, name: &str, count: usize, body: impl FnOnce(&mut Self, Var)) {
        let var = self.var(name, count);
        self.kernel.vars[var.0].opaque = true;
        let stmts = self.body(var, body);
        self.push(Stmt::For(var, stmts));
    }

    /// The same over the values of the range whose number `of` is; all are less than `count`.
    pub fn for_within(
        &mut self,
        name: &str,
        count: usize,
        (of, ranges): (Var, Vec<Range<usize>>),
        body: impl FnOnce(&mut Self, Var),
    ) {
        self.dependent(name, count, Values::Within(of, ranges), body);
    }

    /// Declares `of / by` and `of % by`.
    pub fn divide(
        &mut self,
        [quotient, rest]: [&str; 2],
        of: Var,
        by: usize,
        body: impl FnOnce(&mut Self, Var, Var),
    ) {
        self.quotient(quotient, of, by, |b, quotient| {
            b.dependent(rest, by, Values::Rest(of, by), |b, rest| body(b, quotient, rest));
        });
    }

    /// Declares `of / by`, unless that is `of` itself.
    pub fn quotient(&mut self, name: &str, of: Var, by: usize, body: impl FnOnce(&mut Self, Var)) {
        if by == 1 {
            return body(self, of);
        }
        let count = self.kernel.vars[of.0].count.div_ceil(by);
        self.dependent(name, count, Values::Quotient(of, by), body);
    }

    fn dependent(&mut self, name: &str, count: usize, values: Values, body: impl FnOnce(&mut Self, Var)) {
        let var = self.var(name, count);
        self.kernel.vars[var.0].values = values;
        let stmts = self.body(var, body);
        self.push(Stmt::For(var, stmts));
    }

    /// The same as a loop over all, written out `count` times.
    pub fn unroll(&mut self, name: &str, count: usize, body: impl FnOnce(&mut Self, Var)) {
        let var = self.var(name, count);
        let stmts = self.body(var, body);
        if !stmts.is_empty() {
            self.push(Stmt::Unroll(var, stmts));
        }
    }

    /// `if range.contains(var)`.
    pub fn if_(&mut self, var: Var, range: Range<usize>, body: impl FnOnce(&mut Self)) {
        let stmts = self.scope(body);
        self.push(Stmt::If(var, range, stmts));
    }

    /// What each call does once before its tasks; nothing in it may depend on the task.
    pub fn prologue(&mut self, body: impl FnOnce(&mut Self)) {
        self.kernel.prologue = self.scope(body);
    }

    /// A comment for the reader of the generated code.
    pub fn comment(&mut self, text: impl Into<String>) {
        self.push(Stmt::Comment(text.into()));
    }

    /// Declares a register.
    pub fn let_(&mut self, family: usize, index: &[Var], value: Expr) {
        self.push(Stmt::Let(reg(family, index), value));
    }

    /// Changes a register.
    pub fn set(&mut self, family: usize, index: &[Var], value: Expr) {
        self.push(Stmt::Set(reg(family, index), value));
    }

    /// Stores a whole vector.
    pub fn store(&mut self, param: ParamId, at: Affine, value: Expr) {
        self.store_lanes(param, at, value, Lanes::All);
    }

    /// Stores some lanes.
    pub fn store_lanes(&mut self, param: ParamId, at: Affine, value: Expr, lanes: Lanes) {
        self.push(Stmt::Store(Addr { param, at }, value, lanes));
    }

    /// Asks for a cache line.
    pub fn prefetch(&mut self, param: ParamId, at: Affine) {
        self.push(Stmt::Prefetch(Addr { param, at }));
    }

    /// Keeps the compiler from holding in registers what is stored before and loaded after.
    pub fn fence(&mut self) {
        self.push(Stmt::Fence);
    }

    /// The kernel.
    pub fn finish(mut self) -> Kernel {
        self.kernel.body = self.scopes.pop().unwrap_or_default();
        self.kernel
    }
}

fn reg(family: usize, index: &[Var]) -> Reg {
    Reg { family, index: index.to_vec() }
}

/// A register as an operand.
pub fn get(family: usize, index: &[Var]) -> Expr {
    Expr::Reg(reg(family, index))
}

/// A whole vector from memory.
pub fn load(param: ParamId, at: Affine) -> Expr {
    load_lanes(param, at, Lanes::All)
}

/// Some lanes from memory.
pub fn load_lanes(param: ParamId, at: Affine, lanes: Lanes) -> Expr {
    Expr::Load(Addr { param, at }, lanes)
}

/// One element in every lane.
pub fn splat(param: ParamId, at: Affine) -> Expr {
    Expr::Splat(Addr { param, at })
}

/// A number in every lane.
pub fn constant(value: f32) -> Expr {
    Expr::Const(Real::new(value))
}

/// `a * b + c`.
pub fn fma(a: Expr, b: Expr, c: Expr) -> Expr {
    Expr::Fma(Box::new(a), Box::new(b), Box::new(c))
}

/// An operation on two vectors.
pub fn bin(op: BinOp, a: Expr, b: Expr) -> Expr {
    Expr::Bin(op, Box::new(a), Box::new(b))
}

/// `yes` where `test` is not 0, else `no`.
pub fn select(test: Expr, yes: Expr, no: Expr) -> Expr {
    Expr::Select(Box::new(test), Box::new(yes), Box::new(no))
}

/// Of each run of `run` lanes, that whose number in the run `lane` is, in all of them.
pub fn spread(a: Expr, run: usize, lane: Var) -> Expr {
    Expr::Spread(Box::new(a), run, lane)
}

/// A function without parameters.
pub fn call(func: Func, a: Expr) -> Expr {
    un(UnOp::Func(func, [Real::new(0.0); 2]), a)
}

/// An operation on one vector.
pub fn un(op: UnOp, a: Expr) -> Expr {
    Expr::Un(op, Box::new(a))
}
