//! Tasks that are not alike: small kernels in which one of them does what another must not, or does less.

use tilewright::base::target::AVX2;
use tilewright::kernel::build::{Builder, bin, constant, load};
use tilewright::kernel::ir::{Affine, BinOp, Kernel, ParamId, Role};
use tilewright::kernel::proof::verify::verify;
use tilewright::kernel::proof::{coverage, order, prove};

/// A kernel of so many tasks that reads `x` and writes `y`, of 64 elements each.
fn kernel(tasks: usize, body: impl FnOnce(&mut Builder, ParamId, ParamId)) -> Kernel {
    let mut b = Builder::new("unlike".to_owned(), AVX2.lanes, "task", tasks);
    let (x, y) = (b.param("x", Role::Input, 64), b.param("y", Role::Output, 64));
    body(&mut b, x, y);
    let kernel = b.finish();
    assert_eq!(verify(&kernel), [""; 0]);
    kernel
}

fn zero() -> Affine {
    Affine::constant(0)
}

/// What the kernel writes, or the fault.
fn written(kernel: &Kernel) -> Result<Vec<std::ops::Range<usize>>, String> {
    coverage::written(kernel).map(|outputs| outputs.concat())
}

#[test]
fn zeros_over_what_another_task_writes_are_caught() {
    let kernel = kernel(2, |b, x, y| {
        let task = b.task();
        b.if_(task, 0..1, |b| b.store(y, zero(), constant(0.0)));
        b.if_(task, 1..2, |b| b.store(y, zero(), load(x, zero())));
    });
    assert!(written(&kernel).is_err_and(|fault| fault.contains("zeros over what other tasks may write")));
}

#[test]
fn what_one_task_does_is_not_what_all_do() {
    let first = kernel(2, |b, x, y| {
        let task = b.task();
        b.if_(task, 0..1, |b| b.store(y, zero().plus(task, 8), load(x, zero())));
    });
    assert!(written(&first).is_ok_and(|runs| matches!(runs.as_slice(), [run] if *run == (0..8))));
    let pairs = kernel(4, |b, x, y| {
        let task = b.task();
        b.quotient("pair", task, 2, |b, pair| {
            b.store(y, zero().plus(task, 8).plus(pair, 8), load(x, zero()));
        });
    });
    assert_eq!(written(&pairs), Ok(vec![0..16, 24..40]));
}

#[test]
fn changes_of_what_another_task_has_written_are_caught() {
    let kernel = kernel(2, |b, x, y| {
        let task = b.task();
        b.if_(task, 0..1, |b| b.store(y, zero(), load(x, zero())));
        b.if_(task, 1..2, |b| b.store(y, zero(), bin(BinOp::Add, load(y, zero()), constant(1.0))));
    });
    assert!(written(&kernel).is_err_and(|fault| fault.contains("where it has not written")));
    assert!(order::check(&kernel).is_err_and(|fault| fault.contains("task 1 reads element 0 of y")));
}

#[test]
fn tasks_that_lean_on_more_than_the_prologue_wrote_are_caught() {
    let kernel = kernel(2, |b, x, y| {
        let task = b.task();
        let scratch = b.param("s", Role::Scratch, 16);
        b.prologue(|b| b.store(scratch, zero(), load(x, zero())));
        b.store(y, zero().plus(task, 8), load(scratch, zero().plus(task, 8)));
    });
    assert!(order::check(&kernel).is_err_and(|fault| fault.contains("task 1 reads element 8 of s")));
}

/// Steps write their last argument, and it alone: an output in front of an input is refused, and a second one, though nothing
/// reads it.
#[test]
fn outputs_elsewhere_are_caught() {
    let kernel = |roles: [Role; 2]| {
        let mut b = Builder::new("roles".to_owned(), AVX2.lanes, "task", 1);
        for (name, role) in ["a", "b"].into_iter().zip(roles) {
            let param = b.param(name, role, 8);
            if role == Role::Output {
                b.store(param, zero(), constant(0.0));
            }
        }
        b.finish()
    };
    assert!(prove(&kernel([Role::Input, Role::Output])).is_ok());
    for roles in [[Role::Output, Role::Input], [Role::Output; 2]] {
        assert!(prove(&kernel(roles)).is_err_and(|fault| fault.contains("not its one output")), "{roles:?}");
    }
}

/// That stores are in range is proved before; this does not lean on it.
#[test]
fn stores_behind_an_output_cover_nothing() {
    let kernel = kernel(1, |b, x, y| b.store(y, zero(), load(x, zero())));
    let mut short = kernel.clone();
    let last = short.params.len() - 1;
    short.params[last].len = 7;
    assert!(written(&kernel).is_ok() && written(&short).is_err());
}
