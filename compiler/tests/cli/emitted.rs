//! `tilewright compile --tests --benches`: a crate that checks and times itself.

use super::programs::TARGET;
use super::{fail, succeed, text, tiny};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tilewright_runtime::Isa;
use tilewright_tests::model::Model;

/// The arguments that write a crate with a test and a bench.
fn compile(folder: &Path, model: &str, weights: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let runtime = root.join("runtime").to_str().expect("text").to_owned();
    let args = ["compile", model, "--dim", "N=1", "-o", "out", "--tests", "--benches"];
    succeed(folder, &[&args[..], &["--weights", weights, "--runtime", &runtime]].concat());
    fs::copy(root.join("Cargo.lock"), folder.join("out/Cargo.lock")).expect("a lock file");
}

fn cargo(folder: &Path, args: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(args).args(["--offline", "--target-dir"]).arg(Path::new(TARGET).join("emitted"));
    // Its own settings, not those of the build around this test.
    cargo.env_remove("CARGO_ENCODED_RUSTFLAGS").current_dir(folder.join("out"));
    cargo.output().expect("cargo runs")
}

#[test]
fn a_crate_tests_itself() {
    let folder = tiny();
    let path = folder.path();
    // A network whose steps read parts of its input.
    let parts =
        Model::new(17).input("x", "2 64 N").node("Split", "x", "a b").node("Sub", "a b", "y").output("y");
    fs::write(path.join("parts.onnx"), parts.bytes()).expect("a file");
    for (model, weights) in [("parts.onnx", "embed"), ("tiny.onnx", "external")] {
        compile(path, model, weights);
        let forward = fs::read_to_string(path.join("out/src/forward.rs")).expect("a file");
        assert_eq!(forward.contains("part::<64, _, _>(input0)"), model == "parts.onnx", "{forward}");
        let output = cargo(path, &["test"]);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{said}{}", text(&output.stderr));
        for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
            for threads in [1, 2] {
                let line = format!("{isa}, threads {threads}, output y: off by ");
                assert!(said.contains(&line), "{line} is not in {said}");
            }
        }
    }
    // The bench is a program too; in a debug build only that it runs is of interest.
    let output = cargo(path, &["test", "--benches"]);
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains(" GFLOP/s"), "{said}{}", text(&output.stderr));
    let output = cargo(path, &["test", "--test", "reference", "--", "--list", "--format", "terse"]);
    assert_eq!(text(&output.stdout), "reference: test\n");

    // A record that is not the model's, and one that is cut short.
    let record = path.join("out/tests/reference.bin");
    let right = fs::read(&record).expect("a record");
    assert_eq!(right.len(), 4 * 6);
    let mut wrong = right.clone();
    wrong[3] ^= 1;
    for (bytes, part) in [(&wrong[..], "y is off by"), (&right[..20], "20 bytes are recorded")] {
        fs::write(&record, bytes).expect("a file");
        let output = cargo(path, &["test", "--test", "reference"]);
        assert!(!output.status.success(), "{part}");
        assert!(text(&output.stderr).contains(part), "{}", text(&output.stderr));
    }
}

#[test]
fn without_numbers_there_is_nothing_to_record() {
    let folder = tiny();
    succeed(folder.path(), &["zoo", "resnet18", "--topology", "--image", "32", "-o", "t.onnx"]);
    let args = ["compile", "t.onnx", "-o", "out", "--weights", "external"];
    let error = fail(1, folder.path(), &[&args[..], &["--tests"]].concat());
    assert!(error.contains("no numbers to compute outputs with"), "{error}");
    succeed(folder.path(), &[&args[..], &["--benches"]].concat());
    let manifest = fs::read_to_string(folder.path().join("out/Cargo.toml")).expect("a manifest");
    assert!(manifest.contains("[[bench]]") && !manifest.contains("[[test]]"), "{manifest}");
}
