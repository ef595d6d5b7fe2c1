//! Scratch memory that is read before it is written.

use tilewright::base::target::AVX2;
use tilewright::kernel::build::{Builder, load};
use tilewright::kernel::ir::{Affine, Kernel, ParamId, Role, Stmt};
use tilewright::kernel::proof::order;
use tilewright::kernel::spec::KernelSpec;
use tilewright_tests::coverage::reads_early;
use tilewright_tests::mutants::rewrites;
use tilewright_tests::specs;

fn reversed(stmts: &[Stmt]) -> Vec<Stmt> {
    let other = |stmt: &Stmt| match stmt {
        Stmt::For(var, body) => Stmt::For(*var, reversed(body)),
        Stmt::Unroll(var, body) => Stmt::Unroll(*var, reversed(body)),
        Stmt::If(var, range, body) => Stmt::If(*var, range.clone(), reversed(body)),
        stmt => stmt.clone(),
    };
    stmts.iter().rev().map(other).collect()
}

/// Stores to scratch memory left out, and all statements the other way round: the proof refuses what a walk through every
/// access refuses. Not all are faults, since some stores replace what was there.
#[test]
fn scratch_memory_that_is_read_too_early_is_caught() {
    let (mut mutants, mut faults) = (0, 0);
    for case in specs::all() {
        let kernel = case.kernel(&AVX2);
        assert_eq!(order::check(&kernel), Ok(()));
        let Some(scratch) = kernel.params.iter().position(|param| param.role == Role::Scratch) else {
            continue;
        };
        let gone = move |_: &Kernel, stmt: &Stmt, _: &_| match stmt {
            Stmt::Store(to, ..) if to.param.0 == scratch => vec![Vec::new()],
            _ => Vec::new(),
        };
        let with = |body: &[Stmt], prologue: &[Stmt]| Kernel {
            body: body.to_vec(),
            prologue: prologue.to_vec(),
            ..kernel.clone()
        };
        let bodies = rewrites(&kernel, &kernel.body, &Vec::new(), &gone);
        let prologues = rewrites(&kernel, &kernel.prologue, &Vec::new(), &gone);
        let mut all = vec![with(&reversed(&kernel.body), &reversed(&kernel.prologue))];
        // Winograd's have hundreds of stores.
        let every = (bodies.len() + prologues.len()) / 16 + 1;
        all.extend(bodies.iter().map(|body| with(body, &kernel.prologue)).step_by(every));
        all.extend(prologues.iter().map(|prologue| with(&kernel.body, prologue)).step_by(every));
        for mutant in &all {
            let fault = order::check(mutant).err();
            assert_eq!(fault.is_some(), reads_early(mutant, scratch), "{}: {fault:?}", case.name);
            faults += usize::from(fault.is_some_and(|fault| fault.contains("before anything is written")));
        }
        mutants += all.len();
    }
    println!("{faults} faults of {mutants} mutants");
    assert!(faults > 100, "only {faults} of {mutants} mutants");
}

/// A map of 50,000 tiles a row: a proof that walks through every access takes a hundred times as long.
#[test]
fn wide_maps_are_proved_without_a_walk() {
    let mut case = specs::named("winograd_whole");
    let KernelSpec::Winograd(spec) = &mut case.spec else { panic!("{} is none of Winograd's", case.name) };
    spec.conv.x.w = 200_000;
    spec.conv.y.w = 200_000;
    let kernel = case.kernel(&AVX2);
    assert_eq!(order::check(&kernel), Ok(()));
    let mutant = Kernel { body: reversed(&kernel.body), prologue: reversed(&kernel.prologue), ..kernel };
    let fault = order::check(&mutant).expect_err("products before the transforms of their inputs");
    assert!(fault.contains("before anything is written"), "{fault}");
}

/// A kernel that writes scratch memory as `body` says, and then reads its second vector.
fn reads_the_second(body: impl FnOnce(&mut Builder, ParamId, &dyn Fn(&mut Builder))) -> Option<String> {
    let mut b = Builder::new("second".to_owned(), AVX2.lanes, "task", 1);
    let (x, y) = (b.param("x", Role::Input, 8), b.param("y", Role::Output, 64));
    let scratch = b.param("s", Role::Scratch, 32);
    let read = |b: &mut Builder| b.store(y, Affine::constant(0), load(scratch, Affine::constant(8)));
    body(&mut b, x, &read);
    order::check(&b.finish()).err()
}

/// The short cuts of the proof do not take for written what a loop leaves out or writes later.
#[test]
fn what_loops_write_too_late_or_never_is_caught() {
    let s = ParamId(2);
    let at = |var| Affine::constant(0).plus(var, 8);
    let zero = || Affine::constant(0);
    type Body<'a> = &'a dyn Fn(&mut Builder, ParamId, &dyn Fn(&mut Builder));
    let good: Body = &|b, x, read| {
        b.for_("i", 2, |b, i| b.store(s, at(i), load(x, zero())));
        read(b);
    };
    assert_eq!(reads_the_second(good), None);
    let faults: [Body; 5] = [
        &|b, x, read| {
            b.for_("i", 2, |b, i| {
                b.store(s, at(i), load(x, zero()));
                read(b);
            });
        },
        &|b, x, read| {
            b.for_("i", 2, |b, i| b.if_(i, 0..1, |b| b.store(s, at(i), load(x, zero()))));
            read(b);
        },
        &|b, x, read| {
            b.for_("i", 0, |b, _| b.store(s, zero().offset(8), load(x, zero())));
            read(b);
        },
        &|b, x, read| {
            b.for_("i", 0, |b, i| b.store(s, at(i).offset(8), load(x, zero())));
            read(b);
        },
        &|b, x, read| {
            b.for_("i", 2, |b, i| b.store(s, zero().plus(i, 16), load(x, zero())));
            read(b);
        },
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let said = reads_the_second(fault).unwrap_or_default();
        assert!(said.contains("reads element 8 of s"), "{number}: {said}");
    }
}
