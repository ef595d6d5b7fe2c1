//! Every network of the zoo and every light one: compiled, built, run, and held against the reference evaluator in f64 and
//! against what onnxruntime computed.
//!
//! `tests/src/networks/mod.rs` says which, at which sizes, and on which instruction sets.

use std::fmt::Write;
use std::path::Path;
use tilewright::base::target;
use tilewright::base::tensor::Tensor;
use tilewright::ir::graph::{Graph, ValueId};
use tilewright::ir::reference;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright_runtime::{Isa, npy};
use tilewright_tests::jobs::{Job, Program, source, weights};
use tilewright_tests::networks::{Extent, SUBJECTS, Subject, stride};
use tilewright_tests::project::Profile;
use tilewright_tests::spread::spread;

/// A network; without its numbers where they are not needed.
fn read(subject: &Subject, topology: bool) -> Graph {
    let key = subject.key();
    let graph = load(&key, subject.model(topology).into(), &LoadOptions::default(), &NoExternalData);
    graph.unwrap_or_else(|error| panic!("{key}: {error}"))
}

/// Instruction sets that a subject is built for.
fn isas(subject: &Subject) -> Vec<Isa> {
    match subject.extent {
        Extent::Full => Isa::ALL.into_iter().filter(|isa| isa.available()).collect(),
        Extent::Best | Extent::Recorded => vec![Isa::detected()],
    }
}

fn targets(isas: &[Isa]) -> Vec<target::Isa> {
    let wanted = |target: &&target::Isa| isas.iter().any(|isa| isa.name() == target.name);
    target::ISAS.iter().filter(wanted).copied().collect()
}

/// Largest difference, relative to the largest number wanted.
fn difference(got: impl Iterator<Item = f32>, want: &[f64]) -> f64 {
    let largest = want.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let apart = got.zip(want).map(|(got, want)| (f64::from(got) - want).abs());
    apart.fold(0.0, |most: f64, x| if x.is_nan() { f64::INFINITY } else { most.max(x) }) / largest
}

/// Runs a network and compares it; returns a line that says how far it is off.
fn verify(subject: &Subject, program: &Program, folder: &Path) -> Result<String, String> {
    let (key, isas) = (subject.key(), isas(subject));
    let graph = read(subject, false);
    let picture = subject.picture();
    let path = folder.join(format!("{key}.weights"));
    std::fs::write(&path, weights(&key, &graph, &targets(&isas))).expect("a writable folder");
    let job = |&isa: &Isa| Job { network: &key, isa, weights: &path, input: &picture };
    let outputs = program.run(&isas.iter().map(job).collect::<Vec<_>>());
    std::fs::remove_file(&path).expect("a file of ours");

    let sizes: Vec<usize> = graph.outputs.iter().map(|&id| graph.value(id).ty.elements()).collect();
    let wanted = (subject.extent != Extent::Recorded).then(|| {
        let elements = picture.iter().map(|&x| x.into()).collect();
        let input = Tensor::float([1, 3, subject.image, subject.image], elements);
        let outputs = reference::evaluate(&graph, &[input], |_: ValueId, _: &Tensor| ());
        outputs.unwrap_or_else(|error| panic!("{key}: {error}"))
    });
    let record = npy::read(&subject.record()).unwrap_or_else(|error| panic!("{key}: {error}"));
    let mut line = key.clone();
    for (isa, got) in isas.iter().zip(&outputs) {
        let (mut rest, mut recorded) = (got.as_slice(), record.floats.as_slice());
        let (mut reference, mut other): (f64, f64) = (0.0, 0.0);
        for (number, &size) in sizes.iter().enumerate() {
            let (got, more) = rest.split_at(size);
            rest = more;
            if let Some(wanted) = &wanted {
                reference = reference.max(difference(got.iter().copied(), &wanted[number].to_f64()));
            }
            let (want, more) = recorded.split_at(size.div_ceil(stride(size)).min(recorded.len()));
            recorded = more;
            let want: Vec<f64> = want.iter().map(|&x| x.into()).collect();
            if !want.is_empty() {
                other = other.max(difference(got.iter().copied().step_by(stride(size)), &want));
            }
        }
        assert!(recorded.is_empty() && rest.is_empty(), "{key}: the record is of other outputs");
        let _ = write!(line, "; {isa}: {other:.1e} from onnxruntime");
        if wanted.is_some() {
            let _ = write!(line, ", {reference:.1e} from the reference");
        }
        if reference > subject.limit() || other > subject.limit() {
            return Err(line);
        }
    }
    Ok(line)
}

#[test]
fn networks_compute_what_they_mean() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("networks");
    let word = std::env::var("NETWORKS").unwrap_or_default();
    let chosen = |subject: &&Subject| word.split(',').any(|word| subject.key().contains(word));
    let subjects: Vec<&Subject> = SUBJECTS.iter().filter(chosen).collect();
    let compiled = |subject: &&Subject| source(&subject.key(), read(subject, true), &targets(&isas(subject)));
    let program = Program::build(&folder, "networks", spread(&subjects, compiled), Profile::Release);
    let ends = spread(&subjects, |subject| verify(subject, &program, &folder));
    let mut wrong = Vec::new();
    for end in ends {
        match end {
            Ok(line) => println!("{line}"),
            Err(line) => wrong.push(line),
        }
    }
    assert!(wrong.is_empty(), "{} networks:\n{}", wrong.len(), wrong.join("\n"));
}
