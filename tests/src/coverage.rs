//! Which task of a kernel writes which element, by walking its loops without computing anything.

use tilewright::kernel::ir::{Addr, Kernel, Stmt, TASK};

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
        let at = to.at.base + to.at.terms.iter().map(|&(var, by)| self.vars[var.0] * by).sum::<usize>();
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
