//! The accesses of a kernel to one parameter, and a walk through them with the values that loop variables really take.

use crate::kernel::ir::{Affine, Expr, Kernel, Lanes, ParamId, Stmt, TASK, Var};
use std::ops::Range;

/// What an access does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It reads.
    Load,
    /// It writes.
    Store,
    /// It writes what is computed from what was there.
    Change,
}

/// What is left of a body when only the accesses to one parameter count.
#[derive(Clone)]
pub enum Node {
    /// A loop.
    Loop(Var, Vec<Node>),
    /// A condition.
    If(Var, Range<usize>, Vec<Node>),
    /// So many elements.
    Access(Kind, Affine, usize),
}

/// The accesses of some kinds to a parameter.
pub fn accesses(kernel: &Kernel, stmts: &[Stmt], param: ParamId, kinds: &[Kind]) -> Vec<Node> {
    let inside = |body: &[Stmt]| Some(accesses(kernel, body, param, kinds)).filter(|nodes| !nodes.is_empty());
    let mut nodes = Vec::new();
    for stmt in stmts {
        match stmt {
            Stmt::For(var, body) | Stmt::Unroll(var, body) => {
                nodes.extend(inside(body).map(|inside| Node::Loop(*var, inside)));
            }
            Stmt::If(var, range, body) => {
                nodes.extend(inside(body).map(|inside| Node::If(*var, range.clone(), inside)));
            }
            Stmt::Let(_, value) | Stmt::Set(_, value) => loads(kernel, value, param, kinds, &mut nodes),
            Stmt::Store(to, value, part) => {
                loads(kernel, value, param, kinds, &mut nodes);
                let mut in_place = false;
                value.each_load(&mut |from, _| in_place |= from == to);
                let kind = if in_place { Kind::Change } else { Kind::Store };
                if to.param == param && kinds.contains(&kind) {
                    nodes.push(Node::Access(kind, to.at.clone(), part.count(kernel.lanes)));
                }
            }
            Stmt::Comment(_) | Stmt::Prefetch(_) | Stmt::Fence => {}
        }
    }
    nodes
}

fn loads(kernel: &Kernel, value: &Expr, param: ParamId, kinds: &[Kind], nodes: &mut Vec<Node>) {
    if kinds.contains(&Kind::Load) {
        value.each_load(&mut |from, part: Lanes| {
            if from.param == param {
                nodes.push(Node::Access(Kind::Load, from.at.clone(), part.count(kernel.lanes)));
            }
        });
    }
}

/// A walk: the values of the variables.
pub struct Walk<'a> {
    kernel: &'a Kernel,
    values: Vec<usize>,
}

impl<'a> Walk<'a> {
    /// All variables are 0.
    pub fn new(kernel: &'a Kernel) -> Self {
        Walk { kernel, values: vec![0; kernel.vars.len()] }
    }

    /// The task.
    pub fn task(&self) -> usize {
        self.value(TASK)
    }

    fn value(&self, var: Var) -> usize {
        self.values.get(var.0).copied().unwrap_or_default()
    }

    fn set(&mut self, var: Var, value: usize) {
        if let Some(slot) = self.values.get_mut(var.0) {
            *slot = value;
        }
    }

    /// The nodes with every value of the variable. Where each value adds a run behind the last one, that is one run.
    ///
    /// # Errors
    /// The first of `see`, which gets each run of elements.
    pub fn each<E>(&mut self, var: Var, nodes: &[Node], see: &mut impl See<E>) -> Result<(), E> {
        let values = self.kernel.values(var, |of| self.value(of));
        if let [Node::Access(kind, at, count)] = nodes
            && at.terms.iter().any(|&(of, by)| of == var && by == *count)
        {
            self.set(var, values.start);
            let from = self.at(at);
            let run = from..from.saturating_add(count.saturating_mul(values.len()));
            return see(*kind, run, self.task());
        }
        for value in values {
            self.set(var, value);
            self.nodes(nodes, see)?;
        }
        Ok(())
    }

    /// The nodes of one task.
    ///
    /// # Errors
    /// As [`Walk::each`].
    pub fn one<E>(&mut self, task: usize, nodes: &[Node], see: &mut impl See<E>) -> Result<(), E> {
        self.set(TASK, task);
        self.nodes(nodes, see)
    }

    fn nodes<E>(&mut self, nodes: &[Node], see: &mut impl See<E>) -> Result<(), E> {
        nodes.iter().try_for_each(|node| match node {
            Node::Loop(var, body) => self.each(*var, body, see),
            Node::If(var, range, body) if range.contains(&self.value(*var)) => self.nodes(body, see),
            Node::If(..) => Ok(()),
            Node::Access(kind, at, count) => {
                let from = self.at(at);
                see(*kind, from..from.saturating_add(*count), self.task())
            }
        })
    }

    fn at(&self, at: &Affine) -> usize {
        let term =
            |sum: usize, &(var, by): &(Var, usize)| sum.saturating_add(by.saturating_mul(self.value(var)));
        at.terms.iter().fold(at.base, term)
    }
}

/// What looks at a run of elements, and the task that touches it.
pub trait See<E>: FnMut(Kind, Range<usize>, usize) -> Result<(), E> {}

impl<E, F: FnMut(Kind, Range<usize>, usize) -> Result<(), E>> See<E> for F {}

/// The offset between what a task and the next touch, when they differ in that and in [`conditions`] alone.
pub fn offset(kernel: &Kernel, nodes: &[Node]) -> Option<usize> {
    if kernel.vars.iter().any(|var| var.values.of() == Some(TASK)) {
        return None;
    }
    let mut steps = Vec::new();
    collect(nodes, &mut |node| {
        if let Node::Access(_, at, _) = node {
            steps.push(at.terms.iter().find(|(var, _)| *var == TASK).map_or(0, |&(_, by)| by));
        }
    });
    let first = *steps.first()?;
    steps.iter().all(|&step| step == first).then_some(first)
}

/// The tasks for which something is done, condition by condition.
pub fn conditions(nodes: &[Node]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    collect(nodes, &mut |node| {
        if let Node::If(TASK, range, _) = node {
            ranges.push(range.clone());
        }
    });
    ranges
}

/// All nodes, those around others first.
pub fn collect<'n>(nodes: &'n [Node], see: &mut impl FnMut(&'n Node)) {
    for node in nodes {
        see(node);
        if let Node::Loop(_, body) | Node::If(_, _, body) = node {
            collect(body, see);
        }
    }
}
