//! Which task of a kernel writes which element, and what it reads before, by walking its loops without computing anything.

use tilewright::kernel::ir::{Addr, Expr, Kernel, Stmt, TASK};

/// How often each element of the output is written, and by which task last.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Writes per element.
    pub writes: Vec<u32>,
    /// The task of the last write.
    pub task: Vec<usize>,
    /// Elements that two tasks write.
    pub shared: usize,
}

/// Walks all stores; the kernel has one output, its last parameter.
pub fn coverage(kernel: &Kernel) -> Coverage {
    let len = kernel.params.last().map_or(0, |param| param.len);
    let coverage = Coverage { writes: vec![0; len], task: vec![0; len], shared: 0 };
    let mut walk = Walk { kernel, vars: vec![0; kernel.vars.len()], coverage };
    for task in 0..kernel.tasks() {
        walk.vars[TASK.0] = task;
        walk.block(&kernel.body);
    }
    walk.coverage
}

struct Walk<'a> {
    kernel: &'a Kernel,
    vars: Vec<usize>,
    coverage: Coverage,
}

impl Walk<'_> {
    fn block(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match stmt {
                // Most loops store nothing: they sum.
                Stmt::For(_, body) | Stmt::Unroll(_, body) if !stores(body) => {}
                Stmt::For(var, body) | Stmt::Unroll(var, body) => {
                    for value in self.kernel.values(*var, |of| self.vars[of.0]) {
                        self.vars[var.0] = value;
                        self.block(body);
                    }
                }
                Stmt::If(var, range, body) if range.contains(&self.vars[var.0]) => self.block(body),
                Stmt::Store(to, _, lanes) if to.param.0 + 1 == self.kernel.params.len() => {
                    self.store(to, lanes.count(self.kernel.lanes))
                }
                _ => {}
            }
        }
    }

    fn store(&mut self, to: &Addr, lanes: usize) {
        let at = at(to, &self.vars);
        let task = self.vars[TASK.0];
        for i in at..at + lanes {
            let other = self.coverage.writes[i] > 0 && self.coverage.task[i] != task;
            self.coverage.shared += usize::from(other);
            self.coverage.writes[i] += 1;
            self.coverage.task[i] = task;
        }
    }
}

fn stores(stmts: &[Stmt]) -> bool {
    stmts.iter().any(|stmt| match stmt {
        Stmt::Store(..) => true,
        Stmt::For(_, body) | Stmt::Unroll(_, body) | Stmt::If(_, _, body) => stores(body),
        _ => false,
    })
}

/// True when a task loads an element of a parameter that neither it nor the prologue has stored before, found by walking
/// every loop.
pub fn reads_early(kernel: &Kernel, param: usize) -> bool {
    let mut before = Reads {
        kernel,
        param,
        vars: vec![0; kernel.vars.len()],
        written: vec![false; kernel.params[param].len],
        early: false,
    };
    before.block(&kernel.prologue);
    (0..kernel.tasks()).any(|task| {
        let mut walk = before.clone();
        walk.vars[TASK.0] = task;
        walk.block(&kernel.body);
        walk.early
    })
}

#[derive(Clone)]
struct Reads<'a> {
    kernel: &'a Kernel,
    param: usize,
    vars: Vec<usize>,
    written: Vec<bool>,
    early: bool,
}

impl Reads<'_> {
    fn block(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match stmt {
                Stmt::For(var, body) | Stmt::Unroll(var, body) => {
                    for value in self.kernel.values(*var, |of| self.vars[of.0]) {
                        self.vars[var.0] = value;
                        self.block(body);
                    }
                }
                Stmt::If(var, range, body) if range.contains(&self.vars[var.0]) => self.block(body),
                Stmt::Let(_, value) | Stmt::Set(_, value) => self.loads(value),
                Stmt::Store(to, value, lanes) => {
                    self.loads(value);
                    if let Some(range) = self.range(to, lanes.count(self.kernel.lanes)) {
                        self.written[range].fill(true);
                    }
                }
                _ => {}
            }
        }
    }

    fn loads(&mut self, value: &Expr) {
        let mut early = false;
        value.each_load(&mut |from, lanes| {
            let range = self.range(from, lanes.count(self.kernel.lanes));
            early |= range.is_some_and(|range| self.written[range].contains(&false));
        });
        self.early |= early;
    }

    fn range(&self, addr: &Addr, lanes: usize) -> Option<std::ops::Range<usize>> {
        let at = at(addr, &self.vars);
        (addr.param.0 == self.param).then(|| at..at + lanes)
    }
}

/// The index of the first element.
fn at(addr: &Addr, vars: &[usize]) -> usize {
    addr.at.base + addr.at.terms.iter().map(|&(var, by)| vars[var.0] * by).sum::<usize>()
}
