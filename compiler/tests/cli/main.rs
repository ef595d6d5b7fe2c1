//! The command, as its users meet it: arguments, exit codes, what it prints and writes.

mod arguments;
mod browser;
mod c;
mod compile;
mod cpus;
mod emitted;
mod explain;
mod faults;
mod folder;
mod measure;
mod memory;
mod passes;
mod places;
mod programs;
mod readme;
mod trained;
mod tuning;
#[cfg(unix)]
mod users;
mod weights;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use tilewright_tests::model::{Attr, Model, floats};

/// The command, with these arguments, in this folder.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tilewright"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs the command in a folder.
fn run(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs what must succeed, silently but for its results; returns them.
#[track_caller]
fn succeed(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "{args:?}");
    text(&output.stdout)
}

/// Runs what must fail with this exit code and print nothing but an error; returns that.
#[track_caller]
fn fail(code: i32, folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}{error}", text(&output.stdout));
    assert_eq!(text(&output.stdout), "", "{args:?}");
    assert!(error.starts_with("error: ") && !error.contains("\n\n\n"), "{args:?}: {error}");
    error
}

/// A folder with a file `tiny.onnx`: a convolution, an activation, a pool, a matrix product.
fn tiny() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("tiny.onnx"), tiny_model(1.0).bytes()).expect("a file");
    folder
}

/// The model; its weights are multiplied by `scale`.
fn tiny_model(scale: f32) -> Model {
    let numbers = |count: usize, step: usize| -> Vec<f32> {
        (0..count).map(|i| scale * ((i * step % 23) as f32 / 11.0 - 1.0)).collect()
    };
    let pads = vec![("pads", Attr::Ints(vec![1; 4]))];
    Model::new(17)
        .input("x", "N 3 8 8")
        .initialiser(floats("w", &[20, 3, 3, 3], &numbers(540, 7)))
        .initialiser(floats("b", &[20], &numbers(20, 5)))
        .initialiser(floats("m", &[20, 6], &numbers(120, 3)))
        .node_with("Conv", "x w b", "c", pads)
        .node("Relu", "c", "r")
        .node("GlobalAveragePool", "r", "g")
        .node("Flatten", "g", "f")
        .node("MatMul", "f m", "y")
        .output("y")
}

/// Every file below a folder, by its path in it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(folder).expect("below").to_owned();
                found.push((inside, fs::read(&path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}
