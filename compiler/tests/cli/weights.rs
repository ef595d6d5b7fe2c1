//! `tilewright weights`: retrained weights for a program that exists already.

use super::programs::TARGET;
use super::{fail, succeed, text, tiny, tiny_model};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tilewright::Options;
use tilewright::base::tensor::Tensor;
use tilewright::cli::program::ProgramArgs;
use tilewright::cli::progress::Progress;
use tilewright::emit::Weights;
use tilewright::ir::graph::Graph;
use tilewright::ir::reference::evaluate;
use tilewright::onnx::{LoadOptions, load_file};
use tilewright_runtime::npy;

/// Packs the model of this scale as `NAME.bin`, and returns its meaning.
fn pack(folder: &Path, name: &str, scale: f32, more: &[&str]) -> Graph {
    let (model, file) = (format!("{name}.onnx"), format!("{name}.bin"));
    fs::write(folder.join(&model), tiny_model(scale).bytes()).expect("a file");
    let args = ["weights", &model, "--dim", "N=1", "-o", &file];
    let said = succeed(folder, &[&args[..], more].concat());
    assert!(said.starts_with(&format!("{file}: ")) && said.contains("for programs of the graph"), "{said}");
    let dims = [("N".to_owned(), 1)].into();
    load_file(&folder.join(model), &LoadOptions { dims, ..LoadOptions::default() }).expect("a graph")
}

/// A program without weights.
fn program(graph: Graph) -> PathBuf {
    let options =
        Options { name: Some("swapped".to_owned()), weights: Weights::External, ..Options::default() };
    let args = ProgramArgs { target_dir: Some(TARGET.into()), static_libc: false, dynamic: true };
    args.build_as(graph, options, &Progress::hidden()).expect("a program").path
}

fn run(program: &Path, folder: &Path, weights: &[&str]) -> Output {
    let args = ["--input", "x.npy", "--output", "y.npy"];
    Command::new(program).args(args).args(weights).current_dir(folder).output().expect("it starts")
}

#[test]
fn a_program_takes_the_weights_of_its_graph_and_no_others() {
    let folder = tiny();
    let path = folder.path();
    let floats: Vec<f32> = (0..192).map(|i| (i * 5 % 17) as f32 / 8.0 - 1.0).collect();
    fs::write(path.join("x.npy"), npy::encode(&[1, 3, 8, 8], &floats)).expect("a file");
    let input = Tensor::float([1, 3, 8, 8], floats.iter().map(|&x| f64::from(x)).collect());
    let first = pack(path, "first", 1.0, &[]);
    let retrained = pack(path, "retrained", 0.7, &["--like", "first.bin"]);
    let program = program(first.clone());
    let mut results = Vec::new();
    for (graph, weights) in [(&first, "first.bin"), (&retrained, "retrained.bin")] {
        let output = run(&program, path, &["--weights", weights]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let want = evaluate(graph, std::slice::from_ref(&input), |_, _| ()).expect("a value")[0].to_f64();
        let got = npy::read(&path.join("y.npy")).expect("an array").floats;
        let largest = want.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
        for (want, got) in want.iter().zip(&got) {
            assert!((want - f64::from(*got)).abs() <= 7e-6 * largest, "{weights}: {want} and {got}");
        }
        results.push(got);
    }
    assert_ne!(results[0], results[1]);

    let whole = fs::read(path.join("first.bin")).expect("a file");
    let mut flipped = whole.clone();
    flipped[whole.len() - 9] ^= 4;
    let other = tiny_model(1.0).node("Relu", "y", "z").output("z");
    fs::write(path.join("other.onnx"), other.bytes()).expect("a file");
    succeed(path, &["weights", "other.onnx", "--dim", "N=1", "-o", "foreign.bin"]);
    fs::write(path.join("cut.bin"), &whole[..whole.len() - 4]).expect("a file");
    fs::write(path.join("flipped.bin"), flipped).expect("a file");
    let faults: [(&[&str], &str); 5] = [
        (&["--weights", "foreign.bin"], "foreign.bin: it belongs to another model"),
        (&["--weights", "cut.bin"], "cut.bin: it is cut short"),
        (&["--weights", "flipped.bin"], "flipped.bin: its content was damaged"),
        (&["--weights", "none.bin"], "none.bin: cannot be read"),
        (&[], "--weights FILE"),
    ];
    for (args, part) in faults {
        let output = run(&program, path, args);
        assert!(!output.status.success(), "{args:?} was accepted");
        assert!(text(&output.stderr).contains(part), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn weights_that_would_not_fit_are_not_written() {
    let folder = tiny();
    let path = folder.path();
    pack(path, "first", 1.0, &[]);
    let other = tiny_model(1.0).node("Relu", "y", "z").output("z");
    fs::write(path.join("other.onnx"), other.bytes()).expect("a file");
    let args = ["weights", "other.onnx", "--dim", "N=1", "-o", "other.bin", "--like", "first.bin"];
    let error = fail(1, path, &args);
    assert!(error.contains("first.bin") && error.contains("another model"), "{error}");
    succeed(path, &["zoo", "resnet18", "--topology", "--image", "32", "-o", "t.onnx"]);
    let error = fail(1, path, &["weights", "t.onnx", "-o", "other.bin"]);
    assert!(error.contains("no numbers"), "{error}");
    assert!(!path.join("other.bin").exists());
}

/// Retrained weights for code whose algorithms a budget has chosen: by the same budget, or by the tuning that it made.
#[test]
fn budgets_make_the_same_weights_again() {
    let folder = tiny();
    let path = folder.path();
    let zoo = |seed: &str, file: &str| {
        succeed(path, &["zoo", "resnet18", "--image", "32", "--seed", seed, "-o", file]);
    };
    zoo("1", "a.onnx");
    zoo("2", "b.onnx");
    let size = |file: &str| fs::metadata(path.join(file)).expect("a file").len();
    succeed(path, &["weights", "a.onnx", "-o", "free.bin"]);
    // Between what direct convolutions take, 49.0 MB with the estimate of code, and what the free choice does, 50.0.
    let most = "49.4MB";
    let compile = ["compile", "a.onnx", "-o", "out", "--max-binary", most, "--save-tuning", "chosen.tuning"];
    let output = super::run(path, &compile);
    assert!(output.status.success() && text(&output.stderr).contains("to fit"), "{}", text(&output.stderr));
    assert!(size("out/weights.bin") < size("free.bin"));
    let pack = |more: &[&str]| {
        let args = ["weights", "b.onnx", "-o", "new.bin", "--like", "out/weights.bin"];
        super::run(path, &[&args[..], more].concat())
    };
    for same in [&["--max-binary", most][..], &["--tuning", "chosen.tuning"]] {
        let output = pack(same);
        assert!(output.status.success(), "{same:?}: {}", text(&output.stderr));
        assert_eq!(size("new.bin"), size("out/weights.bin"));
    }
    for other in [&[][..], &["--max-binary", most, "--weights", "external"]] {
        let output = pack(other);
        assert!(!output.status.success(), "{other:?}");
        assert!(text(&output.stderr).contains("would not fit"), "{}", text(&output.stderr));
    }
}
