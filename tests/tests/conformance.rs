//! The ONNX package's cases of single operators: each is refused with a reason, or right.
//!
//! `CONFORMANCE=Resize cargo test -p tilewright-tests --test conformance -- --nocapture cases` runs the cases of one operator,
//! or of names that contain the word, and prints how each ended.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tilewright::base::target::ISAS;
use tilewright::ir::graph::Graph;
use tilewright_runtime::Isa;
use tilewright_tests::conformance::archive::{self, Case, floats};
use tilewright_tests::conformance::form::Form;
use tilewright_tests::conformance::page::page;
use tilewright_tests::conformance::run::{Outcome, compare, inputs, run};
use tilewright_tests::conformance::scope::{is_convolutional, operator};
use tilewright_tests::jobs::{Job, Program, Source, source, weights};
use tilewright_tests::project::Profile;
use tilewright_tests::spread::spread;

/// Every case, and how it ended.
fn outcomes() -> &'static [(Case, Outcome)] {
    static OUTCOMES: OnceLock<Vec<(Case, Outcome)>> = OnceLock::new();
    OUTCOMES.get_or_init(|| {
        let cases = archive::read();
        let outcomes = spread(&cases, run);
        cases.into_iter().zip(outcomes).collect()
    })
}

/// The word that limits the test to an operator.
fn word() -> Option<String> {
    std::env::var("CONFORMANCE").ok()
}

#[test]
fn cases_are_refused_or_right() {
    let word = word();
    let all: Vec<Case> = match word {
        Some(_) => archive::read(),
        None => outcomes().iter().map(|(case, _)| case.clone()).collect(),
    };
    assert_eq!(all.len(), 1223, "the recorded cases");
    let ended: Vec<(&Case, Outcome)> = match &word {
        Some(word) => {
            let chosen = |case: &&Case| operator(case, &all) == word || case.name.contains(word.as_str());
            let cases: Vec<&Case> = all.iter().filter(chosen).collect();
            let outcomes = spread(&cases, |case| run(case));
            cases.into_iter().zip(outcomes).collect()
        }
        None => outcomes().iter().map(|(case, outcome)| (case, outcome.clone())).collect(),
    };
    let mut failed = Vec::new();
    for (case, outcome) in &ended {
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
    for (what, test) in
        [("cases", every as fn(&Case) -> bool), ("of convolutional networks", is_convolutional)]
    {
        let chosen = ended.iter().filter(|(case, _)| test(case));
        let right = chosen.clone().filter(|(_, outcome)| matches!(outcome, Outcome::Passed(..)));
        println!("{} of {} {what} passed", right.count(), chosen.count());
    }
    assert!(failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
}

fn every(_: &Case) -> bool {
    true
}

/// A case on its way through rustc.
struct Built {
    case: &'static Case,
    source: Source,
    weights: PathBuf,
    input: Vec<f32>,
}

impl Built {
    fn job(&self, isa: Isa) -> Job<'_> {
        Job { network: &self.source.name, isa, weights: &self.weights, input: &self.input }
    }
}

/// Those of convolutional networks are also built by rustc, in one program whose loads and stores check their range, and
/// run on every instruction set of this processor.
#[test]
fn rustc_builds_them_right() {
    let passed =
        outcomes().iter().filter(|(case, _)| is_convolutional(case)).filter_map(|(case, outcome)| {
            let Outcome::Passed(form, graph) = outcome else { return None };
            Some((case, *form, &**graph))
        });
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance");
    std::fs::create_dir_all(&folder).expect("a writable folder");
    let prepare = |(case, form, graph): (&'static Case, Form, &Graph)| {
        let name = format!("case_{}", case.name);
        let path = folder.join(format!("{name}.weights"));
        std::fs::write(&path, weights(&name, graph, &ISAS)).expect("a writable folder");
        let input = inputs(case, form).iter().flat_map(floats).collect();
        Built { case, source: source(&name, graph.clone(), &ISAS), weights: path, input }
    };
    let cases: Vec<Built> = passed.map(prepare).collect();
    let sources = cases.iter().map(|built| built.source.clone()).collect();
    let program = Program::build(&folder, "conformance", sources, Profile::Debug);
    for isa in Isa::ALL {
        if !isa.available() {
            println!("skipped: this processor has no {isa}");
            continue;
        }
        let jobs: Vec<Job> = cases.iter().map(|built| built.job(isa)).collect();
        let outputs = program.run(&jobs);
        for (Built { case, .. }, got) in cases.iter().zip(outputs) {
            let mut rest = got.as_slice();
            for want in &case.outputs {
                let (got, more) = rest.split_at(want.ty.elements());
                rest = more;
                let got: Vec<f64> = got.iter().map(|&x| x.into()).collect();
                compare(case, &got, want).unwrap_or_else(|what| panic!("{}, {isa}: {what}", case.name));
            }
            assert!(rest.is_empty(), "{}: {} numbers too many", case.name, rest.len());
        }
        println!("{isa}: {} cases built and right", cases.len());
    }
}

/// The command that updates the page.
const UPDATE: &str = "UPDATE=1 cargo test --release -p tilewright-tests --test conformance page";

#[test]
fn the_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/OPERATORS.md");
    let text = page(outcomes(), UPDATE);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("a writable page");
    }
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(old == text, "OPERATORS.md is stale; update it: {UPDATE}");
}
