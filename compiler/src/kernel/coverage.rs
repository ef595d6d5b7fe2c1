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

use super::ir::{Addr, Expr, Kernel, ParamId, Role, Stmt, TASK, Values, Var};
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
    let nodes = |stmts: &[Stmt], kind| stores(stmts, &Wanted { param, lanes: kernel.lanes, kind });
    if [Kind::Plain, Kind::InPlace].into_iter().any(|kind| !nodes(&kernel.prologue, kind).is_empty()) {
        return Err("is written by the prologue, which every thread runs".to_owned());
    }
    let body = kernel.body.as_slice();
    let first = body.iter().position(|stmt| !is_zero(stmt)).unwrap_or(0);
    let end = body.iter().rposition(|stmt| !is_zero(stmt)).map_or(body.len(), |last| last + 1);
    let part = |range: Range<usize>| body.get(range).unwrap_or_default();
    let mut written = Elements::none(len);
    Walk::new(kernel, &mut written).tasks(&nodes(part(first..end), Kind::Plain))?;
    for zeros in [part(0..first), part(end..body.len())] {
        let mut cleared = Elements::none(len);
        Walk::new(kernel, &mut cleared).tasks(&nodes(zeros, Kind::Plain))?;
        if written.add_all(&cleared) && kernel.tasks() > 1 {
            return Err("has zeros over what other tasks may write".to_owned());
        }
    }
    let changed = nodes(body, Kind::InPlace);
    if !changed.is_empty() {
        in_place(kernel, len, &nodes(body, Kind::Plain), &changed)?;
    }
    Ok(written)
}

/// Each task changes only what it has written itself, and that once.
fn in_place(kernel: &Kernel, len: usize, written: &[Node], changed: &[Node]) -> Result<(), String> {
    for task in 0..kernel.tasks() {
        let (mut own, mut second) = (Elements::none(len), Elements::none(len));
        for (nodes, set) in [(written, &mut own), (changed, &mut second)] {
            let mut walk = Walk::new(kernel, set);
            walk.set(TASK, task);
            walk.block(nodes)?;
        }
        if own.lacks(&second) {
            return Err(format!("is changed by task {task} where it has not written"));
        }
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

/// What is left of a body when only the stores to one parameter count.
enum Node {
    Loop(Var, Vec<Node>),
    If(Var, Range<usize>, Vec<Node>),
    Store { base: usize, terms: Vec<(Var, usize)>, count: usize },
}

/// Which stores count.
struct Wanted {
    param: ParamId,
    lanes: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// All but those in place.
    Plain,
    /// Those of something that is computed from what was there.
    InPlace,
}

fn stores(stmts: &[Stmt], wanted: &Wanted) -> Vec<Node> {
    let some = |inside: Vec<Node>| (!inside.is_empty()).then_some(inside);
    let node = |stmt: &Stmt| match stmt {
        Stmt::For(var, body) | Stmt::Unroll(var, body) => {
            some(stores(body, wanted)).map(|inside| Node::Loop(*var, inside))
        }
        Stmt::If(var, range, body) => {
            some(stores(body, wanted)).map(|inside| Node::If(*var, range.clone(), inside))
        }
        Stmt::Store(to, value, part) if to.param == wanted.param => {
            let kind = if reads(value, to) { Kind::InPlace } else { Kind::Plain };
            let (base, terms, count) = (to.at.base, to.at.terms.clone(), part.count(wanted.lanes));
            (kind == wanted.kind).then_some(Node::Store { base, terms, count })
        }
        _ => None,
    };
    stmts.iter().filter_map(node).collect()
}

/// True when an expression loads from an address.
fn reads(value: &Expr, at: &Addr) -> bool {
    match value {
        Expr::Load(from, _) => from == at,
        Expr::Reg(_) | Expr::Const(_) | Expr::Splat(_) => false,
        Expr::Un(_, a) | Expr::Spread(a, ..) => reads(a, at),
        Expr::Bin(_, a, b) => reads(a, at) || reads(b, at),
        Expr::Fma(a, b, c) | Expr::Select(a, b, c) => [a, b, c].into_iter().any(|e| reads(e, at)),
    }
}

/// A set of the elements of an output.
struct Elements {
    len: usize,
    words: Vec<u64>,
}

impl Elements {
    fn none(len: usize) -> Self {
        Elements { len, words: vec![0; len.div_ceil(64)] }
    }

    /// The bits of `from..to` in the word of this number.
    fn bits(word: usize, from: usize, to: usize) -> u64 {
        let below = |end: usize| match end.saturating_sub(64 * word) {
            0 => 0,
            bits @ 1..64 => (1 << bits) - 1,
            _ => u64::MAX,
        };
        below(to) & !below(from)
    }

    /// Adds a run.
    ///
    /// # Errors
    /// Its first element that is there already, or is none of the output.
    fn add(&mut self, from: usize, count: usize) -> Result<(), usize> {
        let to = from.saturating_add(count);
        if to > self.len {
            return Err(self.len.max(from));
        }
        for word in from / 64..to.div_ceil(64) {
            let Some(slot) = self.words.get_mut(word) else { return Err(from) };
            let bits = Self::bits(word, from, to);
            if *slot & bits != 0 {
                return Err(64 * word + (*slot & bits).trailing_zeros() as usize);
            }
            *slot |= bits;
        }
        Ok(())
    }

    /// Adds all of another set; true when some were there already.
    fn add_all(&mut self, other: &Elements) -> bool {
        let mut both = 0;
        for (slot, other) in self.words.iter_mut().zip(&other.words) {
            both |= *slot & other;
            *slot |= other;
        }
        both != 0
    }

    /// True when it lacks some of another set.
    fn lacks(&self, other: &Elements) -> bool {
        self.words.iter().zip(&other.words).any(|(own, other)| other & !own != 0)
    }

    /// Its runs, in order.
    fn runs(&self) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut at = 0;
        while let Some(first) = self.run(at, true) {
            at = self.run(first, false).map_or(self.len, |end| end.min(self.len));
            runs.push(first..at);
        }
        runs
    }

    /// The first element from `from` on that is, or is not, in the set; may lie behind the last.
    fn run(&self, from: usize, present: bool) -> Option<usize> {
        (from / 64..self.words.len()).find_map(|word| {
            let bits = self.words.get(word)? ^ if present { 0 } else { u64::MAX };
            let bits = bits & Self::bits(word, from, usize::MAX);
            (bits != 0).then(|| 64 * word + bits.trailing_zeros() as usize)
        })
    }
}

struct Walk<'a> {
    kernel: &'a Kernel,
    values: Vec<usize>,
    written: &'a mut Elements,
}

impl<'a> Walk<'a> {
    fn new(kernel: &'a Kernel, written: &'a mut Elements) -> Self {
        Walk { kernel, values: vec![0; kernel.vars.len()], written }
    }

    /// All tasks.
    fn tasks(&mut self, body: &[Node]) -> Result<(), String> {
        let (tasks, len) = (self.kernel.tasks(), self.written.len);
        if let Some(step) = uniform(self.kernel, body).filter(|_| tasks > 1) {
            let mut one = Elements::none(len);
            Walk::new(self.kernel, &mut one).block(body)?;
            if let [run] = one.runs().as_slice()
                && run.len() == step
            {
                return self.mark(run.start, step.saturating_mul(tasks));
            }
        }
        self.count(TASK, body)
    }

    fn value(&self, var: Var) -> usize {
        self.values.get(var.0).copied().unwrap_or_default()
    }

    fn count(&mut self, var: Var, body: &[Node]) -> Result<(), String> {
        let values = self.kernel.values(var, |of| self.value(of));
        if let [Node::Store { base, terms, count }] = body
            && terms.iter().any(|&(of, by)| of == var && by == *count)
        {
            self.set(var, values.start);
            return self.mark(self.at(*base, terms), count.saturating_mul(values.len()));
        }
        for value in values {
            self.set(var, value);
            self.block(body)?;
        }
        Ok(())
    }

    fn set(&mut self, var: Var, value: usize) {
        if let Some(slot) = self.values.get_mut(var.0) {
            *slot = value;
        }
    }

    fn block(&mut self, nodes: &[Node]) -> Result<(), String> {
        nodes.iter().try_for_each(|node| match node {
            Node::Loop(var, body) => self.count(*var, body),
            Node::If(var, range, body) if range.contains(&self.value(*var)) => self.block(body),
            Node::If(..) => Ok(()),
            Node::Store { base, terms, count } => self.mark(self.at(*base, terms), *count),
        })
    }

    fn at(&self, base: usize, terms: &[(Var, usize)]) -> usize {
        terms.iter().fold(base, |at, &(var, by)| at.saturating_add(by.saturating_mul(self.value(var))))
    }

    fn mark(&mut self, from: usize, count: usize) -> Result<(), String> {
        let task = self.value(TASK);
        self.written.add(from, count).map_err(|at| match at < self.written.len {
            true => format!("has element {at} written twice, the second time by task {task}"),
            false => format!("has no element {at}, to which task {task} writes"),
        })
    }
}

/// The offset between what a task and the next write, when that is all in which tasks differ.
fn uniform(kernel: &Kernel, body: &[Node]) -> Option<usize> {
    if kernel.vars.iter().any(|var| var.values.of() == Some(TASK) && var.values != Values::All) {
        return None;
    }
    let mut steps = Vec::new();
    collect(body, &mut steps).then_some(())?;
    let first = *steps.first()?;
    steps.iter().all(|&step| step == first && step > 0).then_some(first)
}

/// The task's coefficient of each store; false where a condition asks for the task.
fn collect(nodes: &[Node], steps: &mut Vec<usize>) -> bool {
    nodes.iter().all(|node| match node {
        Node::If(var, ..) if *var == TASK => false,
        Node::If(_, _, body) | Node::Loop(_, body) => collect(body, steps),
        Node::Store { terms, .. } => {
            let step = terms.iter().find(|(var, _)| *var == TASK).map_or(0, |&(_, by)| by);
            steps.push(step);
            true
        }
    })
}
