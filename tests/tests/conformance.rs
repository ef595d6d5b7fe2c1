//! The ONNX package's cases of single operators: each is refused with a reason, or right.
//!
//! `CONFORMANCE=Resize cargo test -p tilewright-tests --test conformance -- --nocapture` runs the cases of one operator, or
//! of a name that contains the word, and prints how each ended.

use std::sync::atomic::{AtomicUsize, Ordering};
use tilewright_tests::conformance::archive::{self, Case};
use tilewright_tests::conformance::run::{Outcome, run};
use tilewright_tests::conformance::scope::{is_convolutional, operator};

/// Runs all cases on all cores; the outcomes are in the order of the cases.
fn outcomes(cases: &[&Case]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let work = || -> Vec<(usize, Outcome)> {
        let at = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&at| at < cases.len());
        std::iter::from_fn(at).map(|at| (at, run(cases[at]))).collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut outcomes: Vec<(usize, Outcome)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    outcomes.sort_by_key(|(at, _)| *at);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

#[test]
fn cases_are_refused_or_right() {
    let all = archive::read();
    assert_eq!(all.len(), 1223, "the recorded cases");
    let word = std::env::var("CONFORMANCE").ok();
    let chosen = |case: &Case| match &word {
        Some(word) => operator(case, &all) == word || case.name.contains(word.as_str()),
        None => true,
    };
    let cases: Vec<&Case> = all.iter().filter(|case| chosen(case)).collect();
    let outcomes = outcomes(&cases);
    let mut failed = Vec::new();
    for (case, outcome) in cases.iter().zip(&outcomes) {
        let line = match outcome {
            Outcome::Passed(form, _) => format!("{}: passed, {form}", case.name),
            Outcome::Refused(reason) => format!("{}: refused: {reason}", case.name),
            Outcome::Failed(what) => format!("{}: FAILED: {what}", case.name),
        };
        if word.is_some() {
            println!("{line}");
        }
        failed.extend(matches!(outcome, Outcome::Failed(_)).then_some(line));
    }
    let passed = |test: &dyn Fn(&Case) -> bool| {
        let all = cases.iter().zip(&outcomes).filter(|(case, _)| test(case));
        let right = all.clone().filter(|(_, outcome)| matches!(outcome, Outcome::Passed(..)));
        (right.count(), all.count())
    };
    let (all, convolutional) = (passed(&|_| true), passed(&is_convolutional));
    println!(
        "{} of {} cases passed; {} of {} of convolutional networks",
        all.0, all.1, convolutional.0, convolutional.1
    );
    assert!(failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
}
