//! Some thousands of seeded cases of each fuzz target, in this process: what `tests/fuzz` and the example `fuzz` do at length.

use tilewright_tests::fuzz::targets::TARGETS;
use tilewright_tests::fuzz::{case, corpus};

#[test]
fn seeds_are_accepted() {
    for target in &TARGETS {
        // The tuning file speaks of kernels that no one network has; not all results have a bound.
        for seed in (target.seeds)().iter().filter(|_| !["tuning", "results"].contains(&target.name)) {
            // A network without numbers takes as long as one with.
            if target.name != "compile" || !seed.whole {
                assert!((target.run)(&seed.bytes), "{}: {}", target.name, seed.name);
            }
        }
    }
}

#[test]
fn changed_files_are_read_or_refused() {
    for (target, cases) in TARGETS.iter().zip([1000, 300, 100, 1000, 2000, 2000, 500, 100]) {
        let seeds = (target.seeds)();
        let accepted = (0..cases).filter(|&number| (target.run)(&case(target, &seeds, 1, number))).count();
        // Otherwise only the first check was tried.
        assert!(accepted > 0 && accepted < cases as usize, "{}: {accepted} of {cases}", target.name);
    }
}

#[test]
fn a_case_depends_on_its_numbers_alone() {
    let target = &TARGETS[0];
    let seeds = corpus::models();
    assert_eq!(case(target, &seeds, 1, 17), case(target, &seeds, 1, 17));
    assert_ne!(case(target, &seeds, 1, 17), case(target, &seeds, 2, 17));
}
