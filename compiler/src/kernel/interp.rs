//! Runs a kernel without rustc: the meaning of the loop language, and the oracle of the emitter's tests.

use super::ir::{Addr, BinOp, Expr, Kernel, Lanes, Reg, Stmt, TASK, UnOp, Var};
use crate::base::binary::BinaryKind;
use std::collections::HashMap;

/// The state of a run.
struct Machine<'a> {
    kernel: &'a Kernel,
    memory: &'a mut [Vec<f32>],
    vars: Vec<usize>,
    regs: HashMap<(usize, Vec<usize>), Vec<f32>>,
}

/// Why a kernel could not run: the access that left its array, or a register without a value. A verified kernel has
/// neither.
pub type Fault = String;

/// Runs every task of the kernel on `memory`, one array per parameter.
///
/// # Errors
/// The first access out of range, or register without a value.
pub fn run(kernel: &Kernel, memory: &mut [Vec<f32>]) -> Result<(), Fault> {
    let mut machine = Machine { kernel, memory, vars: vec![0; kernel.vars.len()], regs: HashMap::new() };
    machine.block(&kernel.prologue)?;
    machine.count(TASK, &kernel.body)
}

impl Machine<'_> {
    fn count(&mut self, var: Var, body: &[Stmt]) -> Result<(), Fault> {
        for value in self.kernel.values(var, |of| self.vars[of.0]) {
            self.vars[var.0] = value;
            self.block(body)?;
        }
        Ok(())
    }

    fn block(&mut self, stmts: &[Stmt]) -> Result<(), Fault> {
        stmts.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result<(), Fault> {
        match stmt {
            Stmt::Comment(_) | Stmt::Prefetch(_) | Stmt::Fence => {}
            Stmt::For(var, body) | Stmt::Unroll(var, body) => self.count(*var, body)?,
            Stmt::If(var, range, body) => {
                if range.contains(&self.vars[var.0]) {
                    self.block(body)?;
                }
            }
            Stmt::Let(reg, value) | Stmt::Set(reg, value) => {
                let value = self.expr(value)?;
                self.regs.insert(self.key(reg), value);
            }
            Stmt::Store(to, value, lanes) => {
                let value = self.expr(value)?;
                let (param, range) = self.range(to, lanes.count(self.kernel.lanes))?;
                let target =
                    self.memory[param].get_mut(range.clone()).ok_or_else(|| self.kernel.name.clone())?;
                target.copy_from_slice(&value[..range.len()]);
            }
        }
        Ok(())
    }

    fn key(&self, reg: &Reg) -> (usize, Vec<usize>) {
        (reg.family, reg.index.iter().map(|var| self.vars[var.0]).collect())
    }

    fn range(&self, addr: &Addr, lanes: usize) -> Result<(usize, std::ops::Range<usize>), Fault> {
        let at: usize =
            addr.at.base + addr.at.terms.iter().map(|&(var, by)| self.vars[var.0] * by).sum::<usize>();
        let param = addr.param.0;
        match self.memory.get(param) {
            Some(array) if at + lanes <= array.len() => Ok((param, at..at + lanes)),
            _ => Err(format!(
                "{}: {}[{at}..] is out of range",
                self.kernel.name, self.kernel.params[param].name
            )),
        }
    }

    fn read(&self, addr: &Addr, lanes: usize) -> Result<&[f32], Fault> {
        let (param, range) = self.range(addr, lanes)?;
        Ok(&self.memory[param][range])
    }

    fn expr(&self, expr: &Expr) -> Result<Vec<f32>, Fault> {
        let all = self.kernel.lanes;
        Ok(match expr {
            Expr::Reg(reg) => match self.regs.get(&self.key(reg)) {
                Some(value) => value.clone(),
                None => {
                    return Err(format!(
                        "{}: {} has no value",
                        self.kernel.name, self.kernel.regs[reg.family]
                    ));
                }
            },
            Expr::Load(from, lanes) => {
                let mut value = self.read(from, lanes.count(all))?.to_vec();
                value.resize(all, 0.0);
                value
            }
            Expr::Splat(from) => vec![self.read(from, Lanes::First(1).count(all))?[0]; all],
            Expr::Const(value) => vec![value.get(); all],
            Expr::Fma(a, b, c) => {
                let (a, b, c) = (self.expr(a)?, self.expr(b)?, self.expr(c)?);
                a.iter().zip(&b).zip(&c).map(|((a, b), c)| a.mul_add(*b, *c)).collect()
            }
            Expr::Bin(op, a, b) => {
                let (a, b) = (self.expr(a)?, self.expr(b)?);
                a.iter().zip(&b).map(|(&a, &b)| binary(*op, a, b)).collect()
            }
            Expr::Un(op, a) => unary(*op, &self.expr(a)?),
            Expr::Spread(a, run, lane) => {
                let (a, lane) = (self.expr(a)?, self.vars[lane.0]);
                (0..all).map(|l| a[l / run * run + lane]).collect()
            }
            Expr::Select(test, yes, no) => {
                let (test, yes, no) = (self.expr(test)?, self.expr(yes)?, self.expr(no)?);
                let lanes = test.iter().zip(yes.iter().zip(&no));
                lanes.map(|(&test, (&yes, &no))| if test == 0.0 { no } else { yes }).collect()
            }
        })
    }
}

fn binary(op: BinOp, a: f32, b: f32) -> f32 {
    match op {
        BinOp::Add => a + b,
        BinOp::Sub => a - b,
        BinOp::Mul => a * b,
        BinOp::Div => a / b,
        BinOp::Max if a > b => a,
        BinOp::Min if a < b => a,
        BinOp::Max | BinOp::Min => b,
        BinOp::Maximum => BinaryKind::Max.float(a.into(), b.into()) as f32,
        BinOp::Minimum => BinaryKind::Min.float(a.into(), b.into()) as f32,
        BinOp::Pow => f64::from(a).powf(b.into()) as f32,
        BinOp::Fmod => a % b,
        BinOp::PRelu => {
            if a < 0.0 {
                a * b
            } else {
                a
            }
        }
        BinOp::Less => f32::from(u8::from(a < b)),
        BinOp::LessEqual => f32::from(u8::from(a <= b)),
        BinOp::Equal => f32::from(u8::from(a == b)),
    }
}

fn unary(op: UnOp, a: &[f32]) -> Vec<f32> {
    match op {
        UnOp::Func(func, parameters) => {
            a.iter().map(|&a| func.eval(f64::from(a), parameters) as f32).collect()
        }
        UnOp::HSum => vec![a.iter().sum(); a.len()],
        UnOp::HMax => vec![a.iter().copied().fold(f32::NEG_INFINITY, f32::max); a.len()],
    }
}
