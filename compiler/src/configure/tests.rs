//! What a build script writes, what it tells cargo, and what it says when something is wrong.

use super::{Configuration, Weights, configure};
use crate::base::diag::Error;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use tilewright_runtime::{Isa, Preprocess};
use tilewright_tests::model::{Attr, Model, external, floats};

/// A matrix product; its numbers are multiplied by `scale`.
fn model(scale: f32) -> Model {
    let numbers: Vec<f32> = (0..12).map(|i| scale * (i as f32 - 4.0)).collect();
    let model = Model::new(17).input("x", "N 4").initialiser(floats("w", &[4, 3], &numbers));
    model.node("MatMul", "x w", "y").output("y")
}

/// A folder with files of these names.
fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("out")).expect("a folder");
    files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).expect("a file"));
    folder
}

/// Compiles `name` of the folder into its `out`; returns the lines for cargo, without the folder.
fn compile(script: Configuration, folder: &TempDir, name: &str) -> (Result<(), Error>, Vec<String>) {
    let mut lines = Vec::new();
    let result = script.compile_to(&folder.path().join(name), &folder.path().join("out"), &mut lines);
    let text = String::from_utf8(lines).expect("text");
    let place = format!("{}/", folder.path().display());
    (result, text.lines().map(|line| line.replace(&place, "")).collect())
}

fn succeed(script: Configuration, folder: &TempDir, name: &str) -> Vec<String> {
    let (result, lines) = compile(script, folder, name);
    result.unwrap_or_else(|error| panic!("{error}"));
    lines
}

/// The files of a model, by their paths, with the time of their last change.
fn written(folder: &TempDir, name: &str) -> BTreeMap<PathBuf, SystemTime> {
    let root = folder.path().join("out/tilewright").join(name);
    let (mut folders, mut found) = (vec![root.clone()], BTreeMap::new());
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let time = fs::metadata(&path).and_then(|data| data.modified()).expect("a time");
            found.insert(path.strip_prefix(&root).expect("below").to_owned(), time);
        }
    }
    found
}

/// Makes all files of a model look old.
fn age(folder: &TempDir, name: &str) {
    let old = SystemTime::now() - Duration::from_secs(3600);
    for path in written(folder, name).into_keys() {
        let path = folder.path().join("out/tilewright").join(name).join(path);
        fs::File::options().write(true).open(path).and_then(|file| file.set_modified(old)).expect("a time");
    }
}

/// Files of a model that were written since [`age`].
fn touched(folder: &TempDir, name: &str) -> Vec<PathBuf> {
    let young = SystemTime::now() - Duration::from_secs(1800);
    written(folder, name).into_iter().filter(|(_, time)| *time > young).map(|(path, _)| path).collect()
}

#[test]
fn only_what_changed_is_written() {
    let folder = folder(&[("a.onnx", model(1.0).bytes())]);
    let script = || configure().dim("N", 2);
    let lines = succeed(script(), &folder, "a.onnx");
    assert_eq!(lines[0], "cargo::rerun-if-changed=a.onnx");
    assert!(lines[1].starts_with("cargo::rustc-env=TILEWRIGHT_WEIGHTS_A=") && lines.len() == 2, "{lines:?}");
    let first = written(&folder, "a");
    for path in ["model.rs", "forward.rs", "info.rs", "kernels/mod.rs", "kernels/avx2/mod.rs", "weights.bin"]
    {
        assert!(first.contains_key(Path::new(path)), "{path} is not among {first:?}");
    }
    assert_eq!(fs::read_dir(folder.path().join("out")).expect("a folder").count(), 1);
    age(&folder, "a");
    assert_eq!(succeed(script(), &folder, "a.onnx"), lines);
    assert_eq!(touched(&folder, "a"), [""; 0].map(PathBuf::from));
    // Retrained: the source is the same, and cargo hears of other weights.
    fs::write(folder.path().join("a.onnx"), model(0.5).bytes()).expect("a file");
    let retrained = succeed(script(), &folder, "a.onnx");
    assert_eq!(touched(&folder, "a"), [PathBuf::from("weights.bin")]);
    assert!(retrained[0] == lines[0] && retrained[1] != lines[1], "{retrained:?}");
    // Fewer instruction sets: what is no longer generated disappears.
    succeed(script().isa([Isa::Portable]), &folder, "a.onnx");
    assert!(written(&folder, "a").keys().all(|path| !path.starts_with("kernels/avx2")));
}

#[test]
fn cargo_hears_of_every_file() {
    let tensor = external("w", &[4, 3], "data.bin");
    let model = Model::new(17).input("x", "1 4").initialiser(tensor).node("MatMul", "x w", "y").output("y");
    let tuning = b"tilewright-tuning 1\n".to_vec();
    let folder =
        folder(&[("a.onnx", model.bytes()), ("tuning", tuning), ("labels", b"a\n\"b\"\nc\n".to_vec())]);
    let script = || {
        let script = configure().tuning(folder.path().join("tuning")).weights(Weights::External);
        script.labels(folder.path().join("labels")).top(2).softmax(false)
    };
    let wanted =
        ["a.onnx", "tuning", "labels", "data.bin"].map(|file| format!("cargo::rerun-if-changed={file}"));
    // A file that is missing counts too: it may come.
    let (result, lines) = compile(script(), &folder, "a.onnx");
    assert!(result.expect_err("no data").to_string().contains("data.bin"));
    assert_eq!(lines, wanted);
    assert_eq!(fs::read_dir(folder.path().join("out")).expect("a folder").count(), 0, "nothing is written");
    fs::write(folder.path().join("data.bin"), [0; 48]).expect("a file");
    assert_eq!(succeed(script(), &folder, "a.onnx"), wanted);
    let text = fs::read_to_string(folder.path().join("out/tilewright/a/model.rs")).expect("a file");
    assert!(text.contains("pub const WEIGHTS_FILE") && !text.contains("pub fn new"), "{text}");
    let text = fs::read_to_string(folder.path().join("out/tilewright/a/info.rs")).expect("a file");
    assert!(text.contains("Postprocess { softmax: false, top: 2, labels: LABELS }"), "{text}");
    assert!(text.contains("    \"a\",\n    \"\\\"b\\\"\",\n    \"c\",\n];"), "{text}");
}

#[test]
fn what_is_not_used_is_a_warning() {
    let tuning = b"tilewright-tuning 1\nconv3x3_9x9x9_9  avx2  blocks 1\n".to_vec();
    let folder = folder(&[("a.onnx", model(1.0).bytes()), ("tuning", tuning)]);
    let script = configure().dim("N", 1).tuning(folder.path().join("tuning"));
    let lines = succeed(script, &folder, "a.onnx");
    let warning = lines.last().expect("lines");
    assert!(warning.starts_with("cargo::warning=") && warning.contains("conv3x3_9x9x9_9"), "{lines:?}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let bad = Model::new(17).input("x", "1 4").node("Foo", "x", "a");
    let bad = bad.node_with("Bar", "a", "b", vec![("k", Attr::Int(1))]).output("b");
    let folder = folder(&[("bad.onnx", bad.bytes())]);
    let impossible = Preprocess { crop: 9, resize_short: 8, ..Preprocess::IMAGENET };
    let script = configure().tuning("nowhere.tuning").out_name("Bad-Name").isa([]).top(0);
    let script = script.labels("nowhere.txt").preprocess(impossible);
    let (result, _) = compile(script, &folder, "bad.onnx");
    let error = result.expect_err("wrong");
    for part in [
        "node_a",
        "Foo",
        "node_b",
        "Bar",
        "nowhere.tuning",
        "\"bad_name\"",
        ".isa(..)",
        "nowhere.txt",
        ".top(0)",
        "crop of 9",
    ] {
        assert!(error.to_string().contains(part), "{part} is not in {error}");
    }
    // What `main` of a build script prints is the same.
    assert_eq!(format!("Error: {error:?}"), format!("Error: {error}"));
    let (result, lines) = compile(configure(), &folder, "none.onnx");
    let error = result.expect_err("no file").to_string();
    assert!(error.contains("none.onnx") && error.contains("relative to Cargo.toml"), "{error}");
    assert_eq!(lines, ["cargo::rerun-if-changed=none.onnx"]);
    fs::write(folder.path().join("large.onnx"), model(1.0).bytes()).expect("a file");
    let script = configure().dim("N", 1).max_arena_bytes(4);
    let error = compile(script, &folder, "large.onnx").0.expect_err("too little memory").to_string();
    assert!(error.contains("node_y") || error.contains("arena"), "{error}");
    fs::write(folder.path().join("two.txt"), "a\nb\n").expect("a file");
    let script = configure().dim("N", 1).labels(folder.path().join("two.txt")).max_arena_bytes(4);
    let error = compile(script, &folder, "large.onnx").0.expect_err("too few labels").to_string();
    assert!(error.contains("two.txt: has 2 lines, and the output `y` has 3 classes"), "{error}");
    assert!(error.contains("2 problems"), "{error}");
    fs::write(folder.path().join("open.onnx"), model(1.0).bytes()).expect("a file");
    for (script, part) in [(configure(), ".dim(\"N\", 1)"), (configure().dim("N", 0), "fixed at 0")] {
        let error = compile(script, &folder, "open.onnx").0.expect_err("an open dimension").to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn two_models_do_not_share_a_name() {
    let folder = folder(&[("a.onnx", model(1.0).bytes()), ("a_.onnx", model(0.5).bytes())]);
    let script = || configure().dim("N", 1);
    succeed(script(), &folder, "a.onnx");
    let error = compile(script(), &folder, "a_.onnx").0.expect_err("the same name").to_string();
    assert!(
        error.contains("a_.onnx") && error.contains("a.onnx,") && error.contains(".out_name(..)"),
        "{error}"
    );
    succeed(script().out_name("b"), &folder, "a_.onnx");
    assert!(folder.path().join("out/tilewright/b/model.rs").exists());
}
