//! Text of a kernel: the loop nest on one page, for review and snapshots.

use super::ir::{
    Addr, Affine, BinOp, Expr, Kernel, Lanes, ParamId, Reg, Role, Stmt, TASK, UnOp, Values, Var,
};
use crate::base::real::Real;
use std::fmt::{self, Write};

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "kernel {} (vectors of {})", self.name, self.lanes)?;
        for param in &self.params {
            let role = match param.role {
                Role::Input => "in",
                Role::Weights => "weights",
                Role::Output => "out",
                Role::Scratch => "scratch",
            };
            writeln!(f, "  {role} {}: [{}]", param.name, param.len)?;
        }
        let mut text = String::new();
        if !self.prologue.is_empty() {
            writeln!(text, "once:")?;
            Text(self).block(&mut text, 1, &self.prologue)?;
        }
        writeln!(text, "tasks {}", Text(self).count(TASK))?;
        Text(self).block(&mut text, 1, &self.body)?;
        f.write_str(&text)
    }
}

struct Text<'a>(&'a Kernel);

impl Text<'_> {
    fn count(&self, var: Var) -> String {
        let info = &self.0.vars[var.0];
        let name = |var: Var| &self.0.vars[var.0].name;
        match &info.values {
            Values::All => format!("{} in {}:", info.name, info.count),
            Values::Within(of, ranges) => format!("{} in {ranges:?}[{}]:", info.name, name(*of)),
            Values::Quotient(of, by) => format!("{} = {} / {by}:", info.name, name(*of)),
            Values::Rest(of, by) => format!("{} = {} % {by}:", info.name, name(*of)),
        }
    }

    /// True for a variable that has one value: it says nothing.
    fn once(&self, var: Var) -> bool {
        self.0.vars[var.0].count == 1
    }

    fn block(&self, out: &mut String, depth: usize, stmts: &[Stmt]) -> fmt::Result {
        stmts.iter().try_for_each(|stmt| {
            let pad = "  ".repeat(depth);
            let mut nested = |head: String, body: &[Stmt]| {
                writeln!(out, "{pad}{head}")?;
                self.block(out, depth + 1, body)
            };
            match stmt {
                Stmt::For(var, body) => {
                    let info = &self.0.vars[var.0];
                    let word = match info.values {
                        Values::Quotient(..) | Values::Rest(..) => "let",
                        _ if info.opaque => "for opaque",
                        _ => "for",
                    };
                    nested(format!("{word} {}", self.count(*var)), body)
                }
                Stmt::Unroll(var, body) if self.once(*var) => self.block(out, depth, body),
                Stmt::Unroll(var, body) => nested(format!("unroll {}", self.count(*var)), body),
                Stmt::If(var, range, body) => {
                    let test = match range.len() {
                        1 => format!("== {}", range.start),
                        _ => format!("in {range:?}"),
                    };
                    nested(format!("if {} {test}:", self.0.vars[var.0].name), body)
                }
                Stmt::Comment(text) => writeln!(out, "{pad}# {text}"),
                Stmt::Let(reg, value) => writeln!(out, "{pad}let {} = {}", self.reg(reg), self.expr(value)),
                Stmt::Set(reg, value) => writeln!(out, "{pad}{} = {}", self.reg(reg), self.expr(value)),
                Stmt::Store(to, value, lanes) => {
                    writeln!(out, "{pad}{}{} = {}", self.addr(to), suffix(*lanes), self.expr(value))
                }
                Stmt::Prefetch(at) => writeln!(out, "{pad}prefetch {}", self.addr(at)),
                Stmt::Fence => writeln!(out, "{pad}fence"),
            }
        })
    }

    fn reg(&self, reg: &Reg) -> String {
        let index = reg.index.iter().filter(|var| !self.once(**var));
        let index: Vec<&str> = index.map(|var| self.0.vars[var.0].name.as_str()).collect();
        let name = &self.0.regs[reg.family];
        if index.is_empty() { name.clone() } else { format!("{name}<{}>", index.join(",")) }
    }

    fn addr(&self, addr: &Addr) -> String {
        format!("{}[{}]", self.0.params[addr.param.0].name, self.affine(addr.param, &addr.at))
    }

    fn affine(&self, param: ParamId, at: &Affine) -> String {
        let mut terms: Vec<String> = at
            .terms
            .iter()
            .filter(|(var, _)| !self.once(*var))
            .map(|&(var, by)| match (&self.0.vars[var.0].name, stride_name(self.0, param, by)) {
                (name, _) if by == 1 => name.clone(),
                (name, Some(stride)) => format!("{name}*{stride}"),
                (name, None) => format!("{name}*{by}"),
            })
            .collect();
        if at.base != 0 || terms.is_empty() {
            terms.push(at.base.to_string());
        }
        terms.join(" + ")
    }

    fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Reg(reg) => self.reg(reg),
            Expr::Load(from, lanes) => format!("{}{}", self.addr(from), suffix(*lanes)),
            Expr::Splat(from) => format!("splat {}", self.addr(from)),
            Expr::Const(value) => value.to_string(),
            Expr::Fma(a, b, c) => format!("fma({}, {}, {})", self.expr(a), self.expr(b), self.expr(c)),
            Expr::Bin(op, a, b) => format!("{}({}, {})", bin_name(*op), self.expr(a), self.expr(b)),
            Expr::Select(a, b, c) => {
                format!("select({}, {}, {})", self.expr(a), self.expr(b), self.expr(c))
            }
            Expr::Spread(a, run, lane) => {
                format!("spread{run}({}, {})", self.expr(a), self.0.vars[lane.0].name)
            }
            Expr::Un(op, a) => {
                let parameters = parameters(*op).into_iter().map(|value| format!(", {value}"));
                format!("{}({}{})", un_name(*op), self.expr(a), parameters.collect::<String>())
            }
        }
    }
}

fn suffix(lanes: Lanes) -> String {
    match lanes {
        Lanes::All => String::new(),
        Lanes::First(n) => format!(".{n}"),
    }
}

/// The name of a stride, when the builder gave it one.
pub fn stride_name(kernel: &Kernel, param: ParamId, by: usize) -> Option<&'static str> {
    kernel.strides.iter().find(|&&(p, _, value)| p == param && value == by).map(|&(_, name, _)| name)
}

/// Name of the operation, in text and in the runtime.
pub const fn bin_name(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => "add",
        BinOp::Sub => "sub",
        BinOp::Mul => "mul",
        BinOp::Div => "div",
        BinOp::Max => "max",
        BinOp::Min => "min",
        BinOp::Maximum => "maximum",
        BinOp::Minimum => "minimum",
        BinOp::Pow => "pow",
        BinOp::Fmod => "fmod",
        BinOp::PRelu => "prelu",
        BinOp::Less => "less",
        BinOp::LessEqual => "less_equal",
        BinOp::Equal => "equal",
    }
}

/// Name of the operation, in text and in the runtime.
pub fn un_name(op: UnOp) -> &'static str {
    match op {
        UnOp::Func(func, _) => func.name(),
        UnOp::HSum => "hsum",
        UnOp::HMax => "hmax",
    }
}

/// The numbers that the operation takes besides its operand.
pub fn parameters(op: UnOp) -> Vec<Real> {
    match op {
        UnOp::Func(func, values) => values[..func.parameters().len()].to_vec(),
        UnOp::HSum | UnOp::HMax => Vec::new(),
    }
}
