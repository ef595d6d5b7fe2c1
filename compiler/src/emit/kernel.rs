//! Prints a kernel as a Rust function: the only place where loops become tokens.
//!
//! Loops stay loops, unrolled loops are written out, and each address is the index of its innermost loop plus a
//! literal: on entry of a loop the indices that depend on it are advanced once.

use super::format::{self, comment};
use super::tokens::{ident, length, literal, number};
use super::{Header, bug, walk};
use crate::base::diag::Error;
use crate::base::target::Isa;
use crate::kernel::ir::{Addr, Affine, Expr, Kernel, Lanes, ParamId, Reg, Role, Stmt, TASK, Values, Var};
use crate::kernel::text::{bin_name, parameters, stride_name, un_name};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// An index that a loop advances: the array and its terms, outermost first.
type Key = (ParamId, Vec<(Var, usize)>);

struct Printer<'a> {
    kernel: &'a Kernel,
    /// Variables of the loops around, outermost first.
    loops: Vec<Var>,
    /// Values of the unrolled variables around.
    unrolled: Vec<(Var, usize)>,
    /// Names of the indices in scope.
    indices: HashMap<Key, Ident>,
    /// Register families that are changed after their declaration.
    changed: HashSet<usize>,
    /// Strides that were printed by name.
    strides: HashSet<&'static str>,
    /// Names and rows of the tables of ranges.
    tables: Vec<(Ident, &'a [Range<usize>])>,
}

/// The file of the kernel.
pub(super) fn file(kernel: &Kernel, isa: &Isa, doc: &[String], head: &Header) -> Result<String, Error> {
    let items = format::pretty(function(kernel, isa, doc)).map_err(|fault| bug(&fault))?;
    let first = format!("Kernel `{}` for {}.", kernel.name, isa.name);
    let output = kernel.params.iter().any(|param| param.role.writable());
    let out = if output { "use tilewright_runtime::Out;\n" } else { "" };
    let module = isa.module;
    let uses = format!("use core::ops::Range;\n{out}use tilewright_runtime::simd::{module} as v;\n");
    Ok(format!("{}\n{uses}\n{items}", head.doc(&first)))
}

/// Constants and function of the kernel.
fn function(kernel: &Kernel, isa: &Isa, doc: &[String]) -> TokenStream {
    let mut printer = Printer {
        kernel,
        loops: Vec::new(),
        unrolled: Vec::new(),
        indices: HashMap::new(),
        changed: walk::changed_families(kernel),
        strides: HashSet::new(),
        tables: Vec::new(),
    };
    let name = ident(&kernel.name);
    let tasks = literal(kernel.tasks());
    let lengths = kernel.params.iter().map(|param| {
        let (name, len) = (length(param.name), literal(param.len));
        quote!(const #name: usize = #len;)
    });
    let params = kernel.params.iter().map(|param| {
        let (name, len) = (ident(param.name), length(param.name));
        match param.role {
            Role::Input | Role::Weights => quote!(#name: &[f32; #len]),
            Role::Output | Role::Scratch => quote!(#name: Out<'_, #len>),
        }
    });
    let feature = if isa.features.is_empty() {
        quote!()
    } else {
        let features = isa.features;
        quote!(#[target_feature(enable = #features)])
    };
    let safety = comment(&walk::proof(kernel));
    let var = printer.counter(TASK, &kernel.body);
    let prologue = printer.stmts(&kernel.prologue);
    let body = printer.loop_body(TASK, &kernel.body);
    let strides =
        kernel.strides.iter().filter(|stride| printer.strides.contains(stride.1)).map(|(_, name, value)| {
            let (name, value) = (ident(name), literal(*value));
            quote!(const #name: usize = #value;)
        });
    let tables = printer.tables.iter().map(|(name, ranges)| {
        let count = literal(ranges.len());
        let (starts, ends) = (ranges.iter().map(|r| literal(r.start)), ranges.iter().map(|r| literal(r.end)));
        quote!(const #name: [Range<usize>; #count] = [#(#starts..#ends),*];)
    });
    quote! {
        /// Tasks of the kernel; any order, any split over threads.
        pub const TASKS: usize = #tasks;
        #(#lengths)*
        #(#strides)*
        #(#tables)*
        #(#[doc = #doc])*
        #[inline(never)]
        #feature
        pub fn #name(#(#params,)* tasks: Range<usize>) {
            assert!(tasks.end <= TASKS);
            #safety
            unsafe {
                #prologue
                for #var in tasks { #body }
            }
        }
    }
}

impl<'a> Printer<'a> {
    fn var(&self, var: Var) -> Ident {
        ident(&self.kernel.vars[var.0].name)
    }

    /// The value of a variable, a number where its loop is written out.
    fn value(&self, var: Var) -> TokenStream {
        match self.unrolled.iter().rev().find(|(unrolled, _)| *unrolled == var) {
            Some((_, value)) => literal(*value).into_token_stream(),
            None => self.var(var).into_token_stream(),
        }
    }

    /// The variable of a loop over `body`, unnamed where nothing depends on it.
    fn counter(&self, var: Var, body: &[Stmt]) -> TokenStream {
        let name = self.var(var);
        if walk::uses(self.kernel, body, var) { quote!(#name) } else { quote!(_) }
    }

    /// The range of a loop, or the one value of a variable that has only one.
    fn values(&mut self, var: Var) -> TokenStream {
        let kernel = self.kernel;
        let info = &kernel.vars[var.0];
        match &info.values {
            Values::All => {
                let count = literal(info.count);
                quote!(0..#count)
            }
            Values::Within(of, ranges) => {
                let (of, table) = (self.value(*of), self.table(&info.name, ranges));
                quote!(v::range(&#table, #of))
            }
            Values::Quotient(of, by) | Values::Rest(of, by) => {
                let (of, by) = (self.value(*of), literal(*by));
                if matches!(info.values, Values::Rest(..)) { quote!(#of % #by) } else { quote!(#of / #by) }
            }
        }
    }

    /// The name of a table of ranges; of equal ones there is one.
    fn table(&mut self, var: &str, ranges: &'a [Range<usize>]) -> Ident {
        if let Some((name, _)) = self.tables.iter().find(|(_, known)| *known == ranges) {
            return name.clone();
        }
        let number = self.tables.len();
        let suffix = if number == 0 { String::new() } else { format!("_{}", number + 1) };
        let name = format_ident!("{}_RANGES{suffix}", var.to_uppercase());
        self.tables.push((name.clone(), ranges));
        name
    }

    /// The inside of a loop: the indices that it advances, then its statements.
    fn loop_body(&mut self, var: Var, body: &[Stmt]) -> TokenStream {
        let outer = self.indices.clone();
        self.loops.push(var);
        let keys = self.keys(var, body);
        let advance: Vec<TokenStream> = keys.into_iter().map(|(key, hint)| self.advance(key, hint)).collect();
        let stmts = self.stmts(body);
        self.loops.pop();
        self.indices = outer;
        quote!(#(#advance)* #stmts)
    }

    /// Declares the index of `key`: that of the loops further out, plus this loop's step. One that serves prefetches only
    /// (`hint`) is called `next`.
    fn advance(&mut self, key: Key, hint: bool) -> TokenStream {
        let (param, terms) = &key;
        let Some(&(var, by)) = terms.last() else { return quote!() };
        if *terms == [(var, 1)] {
            let name = self.var(var);
            self.indices.insert(key, name);
            return quote!();
        }
        let array = if hint { "next" } else { self.kernel.params[param.0].name };
        let base = format_ident!("{array}_{}", self.kernel.vars[var.0].name);
        let numbered = (2..).map(|number| format_ident!("{base}_{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        let taken = |name: &Ident| {
            self.indices.values().any(|index| index == name)
                || self.kernel.vars.iter().any(|var| name == &var.name)
        };
        let name = names.find(|name| !taken(name)).unwrap_or(base);
        let step = self.step(*param, var, by);
        let outer = self.indices.get(&(*param, terms[..terms.len() - 1].to_vec()));
        let value = match outer {
            Some(outer) => quote!(#outer + #step),
            None => step,
        };
        self.indices.insert(key, name.clone());
        quote!(let #name = #value;)
    }

    fn step(&mut self, param: ParamId, var: Var, by: usize) -> TokenStream {
        let var = self.var(var);
        match (by, stride_name(self.kernel, param, by)) {
            (1, _) => quote!(#var),
            (_, Some(stride)) => {
                self.strides.insert(stride);
                let stride = ident(stride);
                quote!(#var * #stride)
            }
            (_, None) => {
                let by = literal(by);
                quote!(#var * #by)
            }
        }
    }

    /// The terms of an address over the loops around, outermost first.
    fn loop_terms(&self, at: &Affine) -> Vec<(Var, usize)> {
        let term = |var: &Var| at.terms.iter().find(|(v, _)| v == var).copied();
        self.loops.iter().filter_map(term).collect()
    }

    /// The indices that the innermost loop `var` advances for accesses anywhere below, and which of them only serve
    /// prefetches.
    fn keys(&self, var: Var, stmts: &[Stmt]) -> Vec<(Key, bool)> {
        let mut keys: Vec<(Key, bool)> = Vec::new();
        walk::each_addr(stmts, &mut |addr, hint| {
            let key = (addr.param, self.loop_terms(&addr.at));
            if key.1.last().is_none_or(|&(last, _)| last != var) {
                return;
            }
            match keys.iter_mut().find(|(known, _)| *known == key) {
                Some((_, only)) => *only &= hint,
                None => keys.push((key, hint)),
            }
        });
        keys
    }

    fn stmts(&mut self, stmts: &[Stmt]) -> TokenStream {
        stmts.iter().map(|stmt| self.stmt(stmt)).collect()
    }

    fn stmt(&mut self, stmt: &Stmt) -> TokenStream {
        match stmt {
            Stmt::Comment(text) => comment(text),
            Stmt::For(var, body) => {
                let (name, info) = (self.counter(*var, body), &self.kernel.vars[var.0]);
                let body = self.loop_body(*var, body);
                let opaque = info.opaque.then(|| quote!(let #name = v::opaque(#name);));
                let values = self.values(*var);
                match info.values {
                    Values::All | Values::Within(..) => quote!(for #name in #values { #opaque #body }),
                    Values::Quotient(..) | Values::Rest(..) => quote!(let #name = #values; #body),
                }
            }
            Stmt::Unroll(var, body) => (0..self.kernel.vars[var.0].count)
                .map(|value| {
                    self.unrolled.push((*var, value));
                    let body = self.stmts(body);
                    self.unrolled.pop();
                    body
                })
                .collect(),
            Stmt::If(var, range, body) => {
                let (name, body) = (self.var(*var), self.stmts(body));
                let (from, to) = (literal(range.start), literal(range.end));
                match (range.start, range.len()) {
                    (_, 1) => quote!(if #name == #from { #body }),
                    (0, _) => quote!(if #name < #to { #body }),
                    _ => quote!(if (#from..#to).contains(&#name) { #body }),
                }
            }
            Stmt::Let(reg, value) => {
                let (name, value) = (self.reg(reg), self.expr(value));
                match self.changed.contains(&reg.family) {
                    true => quote!(let mut #name = #value;),
                    false => quote!(let #name = #value;),
                }
            }
            Stmt::Set(reg, value) => {
                let (name, value) = (self.reg(reg), self.expr(value));
                quote!(#name = #value;)
            }
            Stmt::Store(to, value, lanes) => {
                let (param, at, value) = (self.param(to), self.at(to), self.expr(value));
                match lanes {
                    Lanes::All => quote!(v::store(#param, #at, #value);),
                    Lanes::First(n) => {
                        let n = literal(*n);
                        quote!(v::store_part(#param, #at, #n, #value);)
                    }
                }
            }
            Stmt::Fence => quote!(v::fence();),
            Stmt::Prefetch(addr) => {
                let (param, at) = (self.param(addr), self.at(addr));
                quote!(v::prefetch(#param, #at);)
            }
        }
    }

    fn expr(&self, expr: &Expr) -> TokenStream {
        match expr {
            Expr::Reg(reg) => {
                let name = self.reg(reg);
                quote!(#name)
            }
            Expr::Load(from, lanes) => {
                let (param, at) = (self.param(from), self.at(from));
                let back = self.back(from);
                match (back, lanes) {
                    (false, Lanes::All) => quote!(v::load(#param, #at)),
                    (true, Lanes::All) => quote!(v::read(#param, #at)),
                    (_, Lanes::First(n)) => {
                        let (function, n) =
                            (ident(if back { "read_part" } else { "load_part" }), literal(*n));
                        quote!(v::#function(#param, #at, #n))
                    }
                }
            }
            Expr::Splat(from) => {
                let (param, at) = (self.param(from), self.at(from));
                match self.back(from) {
                    true => quote!(v::read_splat(#param, #at)),
                    false => quote!(v::splat(#param, #at)),
                }
            }
            Expr::Const(value) if value.get().to_bits() == 0 => quote!(v::zero()),
            Expr::Const(value) => {
                let value = number(value.get());
                quote!(v::constant(#value))
            }
            Expr::Fma(a, b, c) => {
                let (a, b, c) = (self.expr(a), self.expr(b), self.expr(c));
                quote!(v::fma(#a, #b, #c))
            }
            Expr::Select(a, b, c) => {
                let (a, b, c) = (self.expr(a), self.expr(b), self.expr(c));
                quote!(v::select(#a, #b, #c))
            }
            Expr::Spread(a, run, lane) => {
                let (a, run, lane) = (self.expr(a), literal(*run), self.value(*lane));
                quote!(v::spread::<#run>(#a, #lane))
            }
            Expr::Bin(op, a, b) => {
                let (function, a, b) = (ident(bin_name(*op)), self.expr(a), self.expr(b));
                quote!(v::#function(#a, #b))
            }
            Expr::Un(op, a) => {
                let (function, a) = (ident(un_name(*op)), self.expr(a));
                let parameters = parameters(*op).into_iter().map(|value| number(value.get()));
                quote!(v::#function(#a #(, #parameters)*))
            }
        }
    }

    /// True for what is read back through the view that it was written through.
    fn back(&self, addr: &Addr) -> bool {
        self.kernel.params[addr.param.0].role.writable()
    }

    fn param(&self, addr: &Addr) -> Ident {
        ident(self.kernel.params[addr.param.0].name)
    }

    /// The index of an address: the loops' part by name, the rest as a literal.
    fn at(&self, addr: &Addr) -> TokenStream {
        let value =
            |var: Var| self.unrolled.iter().rev().find(|(v, _)| *v == var).map_or(0, |&(_, value)| value);
        let offset: usize =
            addr.at.base + addr.at.terms.iter().map(|&(var, by)| value(var) * by).sum::<usize>();
        let index = self.indices.get(&(addr.param, self.loop_terms(&addr.at)));
        match (index, offset) {
            (Some(index), 0) => quote!(#index),
            (Some(index), _) => {
                let offset = literal(offset);
                quote!(#index + #offset)
            }
            (None, _) => literal(offset).into_token_stream(),
        }
    }

    /// `acc3_1`: the family and the values of its unrolled variables; a variable with one value does not count.
    fn reg(&self, reg: &Reg) -> Ident {
        let values: Vec<String> = reg
            .index
            .iter()
            .filter(|var| self.kernel.vars[var.0].count > 1)
            .filter_map(|var| self.unrolled.iter().rev().find(|(v, _)| v == var))
            .map(|(_, value)| value.to_string())
            .collect();
        ident(&format!("{}{}", self.kernel.regs[reg.family], values.join("_")))
    }
}
