//! The proof of a kernel can fail: faults planted in proved kernels, each of which the verifier must find.

use tilewright::base::target::AVX2;
use tilewright::kernel::ir::{Addr, Expr, Kernel, Lanes, ParamId, Stmt, TASK, Var};
use tilewright::kernel::spec::KernelSpec;
use tilewright::kernel::verify::verify;
use tilewright_tests::specs;

/// What surrounds a statement: variables that a condition holds, with their largest value.
type Fixed = Vec<(Var, usize)>;

/// Statements to put in place of one; an empty one removes it.
type Change = dyn Fn(&Kernel, &Stmt, &Fixed) -> Vec<Vec<Stmt>>;

/// Every way to change one statement of a body.
fn rewrites(kernel: &Kernel, stmts: &[Stmt], fixed: &Fixed, change: &Change) -> Vec<Vec<Stmt>> {
    let mut all = Vec::new();
    for (at, stmt) in stmts.iter().enumerate() {
        let mut put = |new: Vec<Stmt>| all.push([&stmts[..at], &new, &stmts[at + 1..]].concat());
        change(kernel, stmt, fixed).into_iter().for_each(&mut put);
        let inner = match stmt {
            Stmt::If(var, range, body) => {
                let fixed = [fixed.as_slice(), &[(*var, range.end - 1)]].concat();
                rewrites(kernel, body, &fixed, change)
            }
            Stmt::For(_, body) | Stmt::Unroll(_, body) => rewrites(kernel, body, fixed, change),
            _ => Vec::new(),
        };
        for body in inner {
            put(vec![match stmt {
                Stmt::If(var, range, _) => Stmt::If(*var, range.clone(), body),
                Stmt::For(var, _) => Stmt::For(*var, body),
                Stmt::Unroll(var, _) => Stmt::Unroll(*var, body),
                other => other.clone(),
            }]);
        }
    }
    all
}

/// Plants every change in every kernel; each mutant must have a fault that says `what`.
fn all_caught(what: &str, change: &Change) {
    let mut mutants = 0;
    // Winograd kernels have the same statements as the others, but thousands of them.
    let short = specs::all().into_iter().filter(|case| !matches!(case.spec, KernelSpec::Winograd(_)));
    for case in short {
        let kernel = case.kernel(&AVX2);
        for body in rewrites(&kernel, &kernel.body, &Vec::new(), change) {
            let mutant = Kernel { body, ..kernel.clone() };
            let faults = verify(&mutant);
            assert!(
                faults.iter().any(|fault| fault.contains(what)),
                "wanted {what}, found {faults:?} in\n{mutant}"
            );
            mutants += 1;
        }
    }
    assert!(mutants > 100, "only {mutants} mutants");
}

/// Every way to change one address of an expression.
fn with_address(expr: &Expr, change: &dyn Fn(&Addr, usize) -> Addr, lanes: usize) -> Vec<Expr> {
    let again = |e: &Expr| with_address(e, change, lanes);
    let boxed = |list: Vec<Expr>| list.into_iter().map(Box::new).collect::<Vec<_>>();
    match expr {
        Expr::Load(addr, part) => vec![Expr::Load(change(addr, part.count(lanes)), *part)],
        Expr::Splat(addr) => vec![Expr::Splat(change(addr, 1))],
        Expr::Reg(_) | Expr::Const(_) => Vec::new(),
        Expr::Un(op, a) => boxed(again(a)).into_iter().map(|a| Expr::Un(*op, a)).collect(),
        Expr::Bin(op, a, b) => {
            let left = boxed(again(a)).into_iter().map(|a| Expr::Bin(*op, a, b.clone()));
            left.chain(boxed(again(b)).into_iter().map(|b| Expr::Bin(*op, a.clone(), b))).collect()
        }
        Expr::Fma(a, b, c) => {
            let first = boxed(again(a)).into_iter().map(|a| Expr::Fma(a, b.clone(), c.clone()));
            let second = boxed(again(b)).into_iter().map(|b| Expr::Fma(a.clone(), b, c.clone()));
            let third = boxed(again(c)).into_iter().map(|c| Expr::Fma(a.clone(), b.clone(), c));
            first.chain(second).chain(third).collect()
        }
    }
}

/// Moves an access so that its last element is the first behind the array.
fn one_too_far(kernel: &Kernel, addr: &Addr, lanes: usize, fixed: &Fixed) -> Addr {
    let value = |var: Var| {
        let known = fixed.iter().find(|(v, _)| *v == var).map(|&(_, most)| most);
        known.unwrap_or(kernel.vars[var.0].count - 1)
    };
    let last = addr.at.base + addr.at.terms.iter().map(|&(var, by)| by * value(var)).sum::<usize>();
    let by = kernel.params[addr.param.0].len + 1 - (last + lanes);
    Addr { param: addr.param, at: addr.at.clone().offset(by) }
}

#[test]
fn accesses_one_too_far_are_caught() {
    all_caught("is beyond its", &|kernel, stmt, fixed| {
        let far = |addr: &Addr, lanes: usize| one_too_far(kernel, addr, lanes, fixed);
        let in_value = |value: &Expr| with_address(value, &far, kernel.lanes);
        match stmt {
            Stmt::Let(reg, value) => {
                in_value(value).into_iter().map(|value| vec![Stmt::Let(reg.clone(), value)]).collect()
            }
            Stmt::Set(reg, value) => {
                in_value(value).into_iter().map(|value| vec![Stmt::Set(reg.clone(), value)]).collect()
            }
            Stmt::Store(to, value, lanes) => {
                let moved = Stmt::Store(far(to, lanes.count(kernel.lanes)), value.clone(), *lanes);
                let store = |value| vec![Stmt::Store(to.clone(), value, *lanes)];
                let values = in_value(value).into_iter().map(store);
                std::iter::once(vec![moved]).chain(values).collect()
            }
            _ => Vec::new(),
        }
    });
}

/// How often a family of registers is declared.
fn declarations(stmts: &[Stmt], family: usize) -> usize {
    let count = |stmt: &Stmt| match stmt {
        Stmt::Let(reg, _) => usize::from(reg.family == family),
        Stmt::For(_, body) | Stmt::Unroll(_, body) | Stmt::If(_, _, body) => declarations(body, family),
        _ => 0,
    };
    stmts.iter().map(count).sum()
}

#[test]
fn registers_that_no_one_declares_are_caught() {
    all_caught("is used before it is set", &|kernel, stmt, _| match stmt {
        // Where another declaration is left, that one may be in scope.
        Stmt::Let(reg, _) if declarations(&kernel.body, reg.family) == 1 => vec![Vec::new()],
        _ => Vec::new(),
    });
}

#[test]
fn stores_to_what_is_no_output_are_caught() {
    all_caught("which is no output", &|kernel, stmt, _| {
        let Stmt::Store(_, value, lanes) = stmt else { return Vec::new() };
        let read_only = (0..kernel.params.len()).filter(|&p| !kernel.params[p].role.writable());
        let store =
            |p| Stmt::Store(Addr { param: ParamId(p), at: Default::default() }, value.clone(), *lanes);
        read_only.map(|p| vec![store(p)]).collect()
    });
}

#[test]
fn variables_out_of_scope_are_caught() {
    fn depends(stmts: &[Stmt], var: Var) -> bool {
        let of = |addr: &Addr| addr.at.terms.iter().any(|&(v, _)| v == var);
        stmts.iter().any(|stmt| match stmt {
            Stmt::Store(to, ..) => of(to),
            Stmt::For(_, body) | Stmt::Unroll(_, body) | Stmt::If(_, _, body) => depends(body, var),
            _ => false,
        })
    }
    all_caught("out of scope", &|_, stmt, _| match stmt {
        Stmt::For(var, body) if depends(body, *var) => vec![vec![Stmt::If(TASK, 0..1, body.clone())]],
        _ => Vec::new(),
    });
}

#[test]
fn accesses_of_more_lanes_than_there_are_are_caught() {
    all_caught("lanes of", &|kernel, stmt, _| match stmt {
        Stmt::Store(to, value, _) => [0, kernel.lanes + 1]
            .map(|n| vec![Stmt::Store(to.clone(), value.clone(), Lanes::First(n))])
            .to_vec(),
        _ => Vec::new(),
    });
}
