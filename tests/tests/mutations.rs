//! The proof of a kernel can fail: faults planted in proved kernels, each of which the verifier must find.

use tilewright::base::target::AVX2;
use tilewright::kernel::build::{Builder, constant, get};
use tilewright::kernel::ir::{
    Addr, Affine, Expr, Kernel, Lanes, ParamId, Reg, Role, Stmt, TASK, Values, Var, VarInfo,
};
use tilewright::kernel::proof::verify::verify;
use tilewright::kernel::spec::KernelSpec;
use tilewright_tests::mutants::{Change, Fixed, rewrites};
use tilewright_tests::specs;

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
        Expr::Spread(a, run, lane) => {
            boxed(again(a)).into_iter().map(|a| Expr::Spread(a, *run, *lane)).collect()
        }
        Expr::Bin(op, a, b) => {
            let left = boxed(again(a)).into_iter().map(|a| Expr::Bin(*op, a, b.clone()));
            left.chain(boxed(again(b)).into_iter().map(|b| Expr::Bin(*op, a.clone(), b))).collect()
        }
        Expr::Fma(a, b, c) | Expr::Select(a, b, c) => {
            let of = |a, b, c| match expr {
                Expr::Select(..) => Expr::Select(a, b, c),
                _ => Expr::Fma(a, b, c),
            };
            let first = boxed(again(a)).into_iter().map(|a| of(a, b.clone(), c.clone()));
            let second = boxed(again(b)).into_iter().map(|b| of(a.clone(), b, c.clone()));
            let third = boxed(again(c)).into_iter().map(|c| of(a.clone(), b.clone(), c));
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

/// The statements without the declarations of a family of registers.
fn without(stmts: &[Stmt], family: usize) -> Vec<Stmt> {
    let kept = stmts.iter().filter(|stmt| !matches!(stmt, Stmt::Let(reg, _) if reg.family == family));
    let inner = |stmt: &Stmt| match stmt {
        Stmt::For(var, body) => Stmt::For(*var, without(body, family)),
        Stmt::Unroll(var, body) => Stmt::Unroll(*var, without(body, family)),
        Stmt::If(var, range, body) => Stmt::If(*var, range.clone(), without(body, family)),
        other => other.clone(),
    };
    kept.map(inner).collect()
}

#[test]
fn registers_that_no_one_declares_are_caught() {
    let mut mutants = 0;
    for kernel in specs::all().iter().map(|case| case.kernel(&AVX2)) {
        for family in 0..kernel.regs.len() {
            let mutant = Kernel { body: without(&kernel.body, family), ..kernel.clone() };
            if mutant == kernel && kernel.prologue.is_empty() {
                continue; // A register of the frame that this kernel has no use for.
            }
            let fault = format!("register {}", kernel.regs[family]);
            // A prologue declares its own.
            let elsewhere = !kernel.prologue.is_empty();
            let found =
                verify(&mutant).iter().any(|text| text.contains(&fault) && text.contains("before it is set"));
            assert!(found || elsewhere, "{} without {}", kernel.name, kernel.regs[family]);
            mutants += usize::from(found);
        }
    }
    assert!(mutants > 150, "only {mutants} mutants");
}

#[test]
fn changes_of_registers_that_no_one_declares_are_caught() {
    all_caught("before it is set", &|kernel, stmt, _| {
        let Stmt::Store(..) = stmt else { return Vec::new() };
        let unknown = Reg { family: kernel.regs.len(), index: Vec::new() };
        vec![vec![Stmt::Set(unknown, constant(0.0)), stmt.clone()]]
    });
}

/// A register must be declared where each use sees it, not in a loop before.
#[test]
fn registers_do_not_outlive_their_loop() {
    let mut b = Builder::new("outlived".to_owned(), AVX2.lanes, "task", 1);
    let (y, acc) = (b.param("y", Role::Output, 8), b.regs("acc"));
    b.for_("i", 2, |b, _| b.let_(acc, &[], constant(0.0)));
    b.store(y, Affine::constant(0), get(acc, &[]));
    let faults = verify(&b.finish());
    assert!(matches!(faults.as_slice(), [one] if one.contains("before it is set")), "{faults:?}");
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
    all_caught("does not exist", &|kernel, stmt, _| {
        let Stmt::Store(Addr { at, .. }, value, lanes) = stmt else { return Vec::new() };
        let param = ParamId(kernel.params.len());
        vec![vec![Stmt::Store(Addr { param, at: at.clone() }, value.clone(), *lanes)]]
    });
}

/// Stores to other addresses, in place of each.
fn stores(
    change: impl Fn(&Kernel, &Affine, &Fixed) -> Option<Affine>,
) -> impl Fn(&Kernel, &Stmt, &Fixed) -> Vec<Vec<Stmt>> {
    move |kernel, stmt, fixed| {
        let Stmt::Store(to, value, lanes) = stmt else { return Vec::new() };
        let at = change(kernel, &to.at, fixed).into_iter();
        at.map(|at| vec![Stmt::Store(Addr { param: to.param, at }, value.clone(), *lanes)]).collect()
    }
}

#[test]
fn addresses_that_wrap_around_are_caught() {
    all_caught("is beyond its", &stores(|_, _, _| Some(Affine::constant(usize::MAX))));
    let of = |kernel: &Kernel, at: &Affine, fixed: &Fixed| {
        let long = |var: Var| kernel.vars[var.0].count > 2 && !fixed.iter().any(|(of, _)| *of == var);
        at.terms.iter().map(|&(var, _)| var).find(|var| long(*var))
    };
    // The last of two or more times this is 0, or little more.
    let far = move |kernel: &Kernel, at: &Affine, fixed: &Fixed| {
        let terms = vec![(
            of(kernel, at, fixed)?,
            usize::MAX / (kernel.vars[of(kernel, at, fixed)?.0].count - 1) + 1,
        )];
        Some(Affine { base: 0, terms })
    };
    all_caught("out of scope", &stores(far));
    let behind = move |kernel: &Kernel, at: &Affine, fixed: &Fixed| {
        Some(Affine { base: usize::MAX, terms: vec![(of(kernel, at, fixed)?, 1)] })
    };
    all_caught("out of scope", &stores(behind));
}

#[test]
fn addresses_with_a_variable_twice_are_caught() {
    all_caught(
        "has a variable twice",
        &stores(|_, at, _| {
            let first = *at.terms.first()?;
            Some(Affine { terms: [at.terms.as_slice(), &[first]].concat(), ..at.clone() })
        }),
    );
}

/// The text has nothing but the names of variables to tell them apart.
#[test]
fn loops_around_loops_of_the_same_variable_are_caught() {
    all_caught("is the variable of two loops", &|_, stmt, _| match stmt {
        Stmt::For(var, body) => {
            let inner = Stmt::For(*var, body.clone());
            vec![vec![Stmt::For(*var, vec![inner])], vec![Stmt::For(TASK, body.clone())]]
        }
        Stmt::Unroll(var, body) => vec![vec![Stmt::Unroll(*var, vec![Stmt::Unroll(*var, body.clone())])]],
        _ => Vec::new(),
    });
    for mut kernel in specs::all().iter().map(|case| case.kernel(&AVX2)) {
        let one = kernel.vars[TASK.0].name.clone();
        let loops = kernel.vars.len();
        kernel.vars.iter_mut().for_each(|var| var.name.clone_from(&one));
        let found = verify(&kernel).iter().any(|fault| fault.contains("is the variable of two loops"));
        assert!(found || loops == 1, "{kernel}");
    }
}

#[test]
fn conditions_on_variables_out_of_scope_are_caught() {
    all_caught("a condition on a variable", &|kernel, stmt, _| match stmt {
        Stmt::For(var, body) => vec![vec![Stmt::If(*var, 0..kernel.vars[var.0].count, body.clone())]],
        _ => Vec::new(),
    });
}

/// Wrong values of a variable that depends on another.
fn wrong_values(kernel: &Kernel, own: Var) -> Vec<VarInfo> {
    let info = &kernel.vars[own.0];
    let with = |values: Values| VarInfo { values, ..info.clone() };
    // One less than there really are.
    let fewer = |most: usize| VarInfo { count: most - 1, ..info.clone() };
    match &info.values {
        Values::All => Vec::new(),
        Values::Within(of, ranges) => {
            let (mut empty, mut long) = (ranges.clone(), ranges.clone());
            empty[0].end = empty[0].start;
            long[0].end = info.count + 1;
            let short = ranges[1..].to_vec();
            vec![
                with(Values::Within(*of, empty)),
                with(Values::Within(*of, long)),
                with(Values::Within(*of, short)),
                with(Values::Within(own, ranges.clone())),
            ]
        }
        Values::Quotient(of, by) => {
            vec![with(Values::Quotient(*of, 0)), with(Values::Quotient(own, *by)), fewer(info.count)]
        }
        Values::Rest(of, by) => {
            let most = kernel.vars[of.0].count.min(*by);
            vec![with(Values::Rest(*of, 0)), with(Values::Rest(own, *by)), fewer(most)]
        }
    }
}

#[test]
fn variables_that_take_wrong_values_are_caught() {
    let mut mutants = 0;
    for kernel in specs::all().iter().map(|case| case.kernel(&AVX2)) {
        for number in 0..kernel.vars.len() {
            for wrong in wrong_values(&kernel, Var(number)) {
                let mut mutant = kernel.clone();
                mutant.vars[number] = wrong;
                let found = verify(&mutant).iter().any(|fault| fault.contains("takes no value, or one that"));
                assert!(found, "{:?} in\n{kernel}", mutant.vars[number]);
                mutants += 1;
            }
        }
    }
    println!("{mutants} mutants");
    assert!(mutants > 100, "only {mutants} mutants");
}

/// The expression with other runs in place of each that lanes are chosen from; `None` where there is none.
fn with_runs(expr: &Expr, run: usize) -> Option<Expr> {
    let boxed = |a: &Expr| with_runs(a, run).map(Box::new);
    match expr {
        Expr::Spread(a, _, lane) => Some(Expr::Spread(a.clone(), run, *lane)),
        Expr::Fma(a, b, c) => Some(Expr::Fma(boxed(a)?, b.clone(), c.clone()))
            .or_else(|| Some(Expr::Fma(a.clone(), boxed(b)?, c.clone()))),
        _ => None,
    }
}

#[test]
fn lanes_beyond_their_run_are_caught() {
    let mut mutants = 0;
    for kernel in specs::all().iter().map(|case| case.kernel(&AVX2)) {
        for run in [0, 1, 3, 2 * AVX2.lanes] {
            let change = move |_: &Kernel, stmt: &Stmt, _: &Fixed| match stmt {
                Stmt::Let(reg, value) => {
                    with_runs(value, run).map(|value| vec![Stmt::Let(reg.clone(), value)])
                }
                Stmt::Set(reg, value) => {
                    with_runs(value, run).map(|value| vec![Stmt::Set(reg.clone(), value)])
                }
                _ => None,
            };
            let change = move |kernel: &Kernel, stmt: &Stmt, fixed: &Fixed| {
                change(kernel, stmt, fixed).into_iter().collect()
            };
            for body in rewrites(&kernel, &kernel.body, &Vec::new(), &change) {
                let mutant = Kernel { body, ..kernel.clone() };
                assert!(
                    verify(&mutant).iter().any(|fault| fault.contains("a lane beyond a run")),
                    "{mutant}"
                );
                mutants += 1;
            }
        }
    }
    println!("{mutants} mutants");
    assert!(mutants > 10, "only {mutants} mutants");
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
    all_caught("lanes of", &|kernel, stmt, _| match stmt {
        Stmt::Store(to, _, _) => [0, kernel.lanes + 1]
            .map(|n| vec![Stmt::Store(to.clone(), Expr::Load(to.clone(), Lanes::First(n)), Lanes::All)])
            .to_vec(),
        _ => Vec::new(),
    });
}

#[test]
fn faults_in_the_prologue_are_caught() {
    for kernel in specs::all().iter().map(|case| case.kernel(&AVX2)) {
        let y = ParamId(kernel.params.len() - 1);
        let at = Affine::constant(kernel.params[y.0].len);
        let mutant = Kernel {
            prologue: vec![Stmt::Store(Addr { param: y, at }, constant(0.0), Lanes::First(1))],
            ..kernel
        };
        assert!(verify(&mutant).iter().any(|fault| fault.contains("is beyond its")), "{mutant}");
    }
}
