//! The vector-loop language: what a kernel does, one level above Rust.
//!
//! A kernel is a nest of counted loops over named vector registers. Addresses are affine in the loop variables, so
//! that every access can be proved in range ([`super::proof`]), run without rustc ([`super::interp`]) and printed
//! with literal offsets ([`crate::emit`]). Nothing optimises it: builders write the loops that they want.

use crate::base::functions::Func;
use crate::base::real::Real;
use std::ops::Range;

/// A loop variable: index into [`Kernel::vars`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Var(pub usize);

/// Name and values of a loop variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VarInfo {
    /// Name, unique among the loops around it.
    pub name: String,
    /// All values are less than this.
    pub count: usize,
    /// Which of them it takes.
    pub values: Values,
    /// Whoever compiles the generated code is not to know its values: else what a small loop loads would be loaded before
    /// the loops around it, for all values at once, into registers that there are not.
    pub opaque: bool,
}

/// Which values a loop variable takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Values {
    /// All of `0..count`.
    All,
    /// Those of the range whose number another variable is; none is empty.
    Within(Var, Vec<Range<usize>>),
    /// One: another variable, divided.
    Quotient(Var, usize),
    /// One: the rest of that division.
    Rest(Var, usize),
}

/// A parameter: index into [`Kernel::params`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ParamId(pub usize);

/// What a kernel may do with a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Activations that it reads.
    Input,
    /// Packed weights that it reads.
    Weights,
    /// Activations that it writes, and may read back.
    Output,
    /// Memory of its own that holds nothing before and after.
    Scratch,
}

/// A parameter: an array of `len` f32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Param {
    /// Name in the generated function.
    pub name: &'static str,
    /// Direction.
    pub role: Role,
    /// Length in f32.
    pub len: usize,
}

/// `base + sum(coefficient * variable)`, in f32 elements.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Affine {
    /// The constant part.
    pub base: usize,
    /// Coefficients that are not zero, one per variable.
    pub terms: Vec<(Var, usize)>,
}

impl Affine {
    /// A constant.
    pub fn constant(base: usize) -> Self {
        Affine { base, terms: Vec::new() }
    }

    /// This plus `coefficient * var`.
    #[must_use]
    pub fn plus(mut self, var: Var, coefficient: usize) -> Self {
        match self.terms.iter_mut().find(|(v, _)| *v == var) {
            Some((_, c)) => *c += coefficient,
            None if coefficient != 0 => self.terms.push((var, coefficient)),
            None => {}
        }
        self
    }

    /// This plus a constant.
    #[must_use]
    pub fn offset(mut self, by: usize) -> Self {
        self.base += by;
        self
    }
}

/// An element of a parameter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Addr {
    /// The array.
    pub param: ParamId,
    /// Index of the first element.
    pub at: Affine,
}

/// A named vector register: a family (`acc`) and the unrolled variables that tell its members apart.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reg {
    /// Index into [`Kernel::regs`].
    pub family: usize,
    /// Variables of enclosing [`Stmt::Unroll`]s.
    pub index: Vec<Var>,
}

/// How many lanes an access touches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lanes {
    /// The whole vector.
    All,
    /// The first few; a load fills the others with zeros.
    First(usize),
}

impl Lanes {
    /// The number, for vectors of `all` lanes.
    pub fn count(self, all: usize) -> usize {
        match self {
            Lanes::All => all,
            Lanes::First(n) => n,
        }
    }
}

/// An operation on two vectors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    /// `b` where either is NaN.
    Max,
    /// `b` where either is NaN.
    Min,
    /// NaN where either is.
    Maximum,
    /// NaN where either is.
    Minimum,
    Pow,
    /// The rest of `a / b` with the sign of `a`.
    Fmod,
    /// `a < 0 ? a * b : a`.
    PRelu,
    /// 1 or 0, as the other comparisons.
    Less,
    LessEqual,
    Equal,
}

/// An operation on one vector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnOp {
    /// A function with its parameters.
    Func(Func, [Real; 2]),
    /// Sum of the lanes, in every lane.
    HSum,
    /// Largest of the lanes, in every lane.
    HMax,
}

/// A vector.
#[derive(Clone, PartialEq, Debug)]
pub enum Expr {
    /// A register.
    Reg(Reg),
    /// Consecutive elements.
    Load(Addr, Lanes),
    /// One element in every lane.
    Splat(Addr),
    /// A number in every lane.
    Const(Real),
    /// `a * b + c`.
    Fma(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Two operands.
    Bin(BinOp, Box<Expr>, Box<Expr>),
    /// One operand.
    Un(UnOp, Box<Expr>),
    /// The third operand where the first is 0, else the second.
    Select(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Of each run of so many lanes, that whose number in the run the variable is, in all of them.
    Spread(Box<Expr>, usize, Var),
}

impl Expr {
    /// The expressions that it is made of.
    pub fn operands(&self) -> Vec<&Expr> {
        match self {
            Expr::Reg(_) | Expr::Load(..) | Expr::Splat(_) | Expr::Const(_) => Vec::new(),
            Expr::Un(_, a) | Expr::Spread(a, ..) => vec![a],
            Expr::Bin(_, a, b) => vec![a, b],
            Expr::Fma(a, b, c) | Expr::Select(a, b, c) => vec![a, b, c],
        }
    }

    /// Every load in it, with the lanes that it touches.
    pub fn each_load(&self, see: &mut impl FnMut(&Addr, Lanes)) {
        match self {
            Expr::Load(from, lanes) => see(from, *lanes),
            Expr::Splat(from) => see(from, Lanes::First(1)),
            _ => self.operands().into_iter().for_each(|operand| operand.each_load(see)),
        }
    }
}

/// A statement. Registers live until the end of the enclosing loop or condition; unrolling opens no scope.
#[derive(Clone, PartialEq, Debug)]
pub enum Stmt {
    /// Why, for the reader of the generated code.
    Comment(String),
    /// A loop that stays a loop.
    For(Var, Vec<Stmt>),
    /// A loop that is written out.
    Unroll(Var, Vec<Stmt>),
    /// Runs when the variable is in this range.
    If(Var, Range<usize>, Vec<Stmt>),
    /// Declares a register.
    Let(Reg, Expr),
    /// Changes a register.
    Set(Reg, Expr),
    /// Writes consecutive elements of an output.
    Store(Addr, Expr, Lanes),
    /// Asks for a cache line; the address may lie outside the array.
    Prefetch(Addr),
    /// What was stored before is loaded again after: the compiler may not keep it in registers instead.
    Fence,
}

/// A function over arrays. The outermost loop runs over `tasks`, which may run in any order and at the same time.
#[derive(Clone, PartialEq, Debug)]
pub struct Kernel {
    /// Name after the grammar of [`super::name`].
    pub name: String,
    /// Lines of the doc comment.
    pub doc: Vec<String>,
    /// Lanes of the vectors that it was built for.
    pub lanes: usize,
    /// Parameters, in order.
    pub params: Vec<Param>,
    /// Loop variables; the first is the task.
    pub vars: Vec<VarInfo>,
    /// Names of the register families.
    pub regs: Vec<String>,
    /// Named strides: (parameter, name, value), for the printer.
    pub strides: Vec<(ParamId, &'static str, usize)>,
    /// What each call does once before its tasks; it depends on no task.
    pub prologue: Vec<Stmt>,
    /// Body of the task loop.
    pub body: Vec<Stmt>,
}

/// The variable of the task loop.
pub const TASK: Var = Var(0);

impl Role {
    /// True for what a kernel may write.
    pub const fn writable(self) -> bool {
        matches!(self, Role::Output | Role::Scratch)
    }
}

impl Kernel {
    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.vars[TASK.0].count
    }

    /// The values that a variable takes where those further out are as `value` says.
    pub fn values(&self, var: Var, value: impl Fn(Var) -> usize) -> Range<usize> {
        let only = |value: usize| value..value + 1;
        let info = &self.vars[var.0];
        match &info.values {
            Values::All => 0..info.count,
            Values::Within(of, ranges) => ranges.get(value(*of)).cloned().unwrap_or_default(),
            Values::Quotient(of, by) => only(value(*of).checked_div(*by).unwrap_or_default()),
            Values::Rest(of, by) => only(value(*of).checked_rem(*by).unwrap_or_default()),
        }
    }
}

impl Values {
    /// The variable that they depend on.
    pub const fn of(&self) -> Option<Var> {
        match self {
            Values::All => None,
            Values::Within(of, _) | Values::Quotient(of, _) | Values::Rest(of, _) => Some(*of),
        }
    }
}
