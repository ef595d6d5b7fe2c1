//! Threads: the same bits for every number, with models side by side and a busy core, and no thread left behind.

use std::path::Path;
use tilewright::base::target::ISAS;
use tilewright::kernel;
use tilewright_tests::project::Profile;
use tilewright_tests::threads::Threads;

/// Tasks and whether there is work before them, of each kernel on the first instruction set.
fn kernels(threads: &Threads) -> Vec<(String, usize, bool)> {
    let isa = &threads.plan.isas[0];
    let build = |planned: &tilewright::schedule::plan::PlannedKernel| {
        let kernel = kernel::build(planned.name.clone(), &planned.spec, &planned.schedules[0], isa);
        (planned.name.clone(), kernel.tasks(), !kernel.prologue.is_empty())
    };
    threads.plan.kernels.iter().map(build).collect()
}

#[test]
fn threads_change_no_bit() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("threads");
    let threads = Threads::build(&folder, Profile::Release);
    let kernels = kernels(&threads);
    let some = |what: &str, is: &dyn Fn(&(String, usize, bool)) -> bool| {
        assert!(kernels.iter().any(is), "no kernel {what} in {kernels:?}");
    };
    some("repeats work for each thread", &|(name, tasks, whole)| {
        name.starts_with("winograd") && *whole && *tasks > 1
    });
    some("has bands with scratch memory", &|(name, tasks, whole)| {
        name.starts_with("winograd") && !whole && *tasks > 1
    });
    some("has one task", &|(_, tasks, _)| *tasks == 1);
    some("has fewer tasks than threads", &|(_, tasks, _)| (2..7).contains(tasks));
    some("has more tasks than threads", &|(_, tasks, _)| *tasks > 7);
    for family in ["conv", "maxpool", "avgpool", "matmul", "globalavgpool"] {
        some(family, &|(name, ..)| name.starts_with(family));
    }
    let said = threads.run(3);
    for isa in ISAS.iter().filter(|isa| tilewright::cli::verify::available(isa)) {
        assert!(said.contains(&format!("{}: [1, 2, 3, 7] threads agree", isa.name)), "{said}");
    }
    assert!(said.contains("runs of two models"), "{said}");
    print!("{said}");
}

/// Every access checked: the scratch memory of each thread is inside of the arena.
#[test]
fn threads_stay_in_the_arena() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("threads-debug");
    print!("{}", Threads::build(&folder, Profile::Debug).run(0));
}
