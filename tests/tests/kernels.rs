//! Every small kernel on every instruction set: proved, interpreted and compiled, against naive loops in f64.

use std::path::Path;
use tilewright::base::target::{ISAS, Isa};
use tilewright::kernel::{interp, proof::verify::verify};
use tilewright_tests::case::Case;
use tilewright_tests::coverage::coverage;
use tilewright_tests::project::{Profile, Project, planted};
use tilewright_tests::specs;

/// Runs the check on each small case and instruction set, and reports all faults at once.
fn each(check: impl Fn(&Case, &Isa) -> Option<String>) {
    each_of(&specs::all(), check);
}

fn each_of(cases: &[Case], check: impl Fn(&Case, &Isa) -> Option<String>) {
    let faults: Vec<String> = cases
        .iter()
        .flat_map(|case| ISAS.iter().map(move |isa| (case, isa)))
        .filter_map(|(case, isa)| Some(format!("{} for {}: {}", case.name, isa.name, check(case, isa)?)))
        .collect();
    assert!(faults.is_empty(), "{} kernels are wrong:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn names_of_cases_are_unique() {
    let mut names: Vec<String> = specs::all().into_iter().map(|case| case.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn kernels_are_proved() {
    each(|case, isa| verify(&case.kernel(isa)).into_iter().next());
}

/// Tasks run in any order and at the same time, so no element may belong to two of them.
#[test]
fn tasks_write_disjoint_elements() {
    each_of(&[specs::all(), specs::of_resnet50()].concat(), |case, isa| {
        let shared = coverage(&case.kernel(isa)).shared;
        (shared > 0).then(|| format!("{shared} elements are written by two tasks"))
    });
}

#[test]
fn interpreted_kernels_agree_with_naive_loops() {
    each(|case, isa| {
        let mut problem = case.problem();
        let mut memory = std::mem::take(&mut problem.memory);
        match interp::run(&case.kernel(isa), &mut memory) {
            Ok(()) => problem.fault(memory.last()?),
            Err(fault) => Some(fault),
        }
    });
}

/// Builds all kernels in one crate and compares what they compute.
fn compiled(profile: Profile) {
    let cases = specs::all();
    let planted = planted::all(&cases, &ISAS);
    let project =
        Project::kernels(Path::new(env!("CARGO_TARGET_TMPDIR")), "kernels", &cases, &ISAS, &planted);
    let program = project.build(profile);
    let problems: Vec<_> = cases.iter().map(Case::problem).collect();
    let inputs: Vec<f32> = problems.iter().flat_map(|p| p.memory[..p.memory.len() - 1].concat()).collect();
    let mut faults = Vec::new();
    for isa in &ISAS {
        let runtime = tilewright_runtime::Isa::parse(isa.name).expect("the runtime knows it");
        if !runtime.available() {
            eprintln!("skipped: this processor has no {}", isa.name);
            continue;
        }
        let outputs = project.run(&program, isa, &inputs);
        let mut rest = outputs.as_slice();
        for (case, problem) in cases.iter().zip(&problems) {
            let (output, next) = rest.split_at(problem.want.len());
            rest = next;
            faults.extend(
                problem.fault(output).map(|fault| format!("{} for {}: {fault}", case.name, isa.name)),
            );
        }
        assert!(rest.is_empty());
    }
    assert!(planted.len() > 20, "only {} planted faults", planted.len());
    let available =
        |isa: &Isa| tilewright_runtime::Isa::parse(isa.name).is_ok_and(tilewright_runtime::Isa::available);
    for planted in planted.iter().filter(|planted| profile == Profile::Debug && available(&planted.isa)) {
        let said = project.try_run(&program, &planted.name, &inputs).err().unwrap_or_default();
        faults.extend(
            (!said.contains("elements ")).then(|| format!("{} goes unnoticed: {said}", planted.name)),
        );
    }
    assert!(faults.is_empty(), "{} kernels are wrong:\n{}", faults.len(), faults.join("\n"));
}

#[test]
#[cfg(target_arch = "x86_64")]
fn release_builds_agree_with_naive_loops() {
    compiled(Profile::Release);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn debug_builds_agree_and_stay_in_range() {
    compiled(Profile::Debug);
}
