//! Memory that is short: an error where one large buffer does not fit, and never a file that is half-written.

use super::programs::TARGET;
use super::{succeed, text};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tilewright_tests::model::{Model, floats};

const MEGABYTE: usize = 1 << 10;

/// Runs a program that may have so many kilobytes of addresses.
fn limited(kilobytes: usize, program: &Path, folder: &Path, args: &[&str]) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", &kilobytes.to_string()]).arg(program).args(args);
    shell.current_dir(folder).stdin(Stdio::null()).output().expect("a shell")
}

#[test]
fn an_arena_that_does_not_fit() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux is sure to limit the addresses of a process");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let model = Model::new(17).input("x", "1 16 2048 2048").output("y").node("Relu", "x", "y");
    fs::write(folder.path().join("wide.onnx"), model.bytes()).expect("a file");
    let build =
        ["build", "wide.onnx", "-o", "wide", "--isa", "portable", "--dynamic", "--target-dir", TARGET];
    succeed(folder.path(), &build);
    let program = folder.path().join("wide");
    let output = limited(128 * MEGABYTE, &program, folder.path(), &["--bench", "--rounds", "1"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{} {error}", output.status);
    assert!(error.starts_with("wide: arena: there is no memory for a buffer of "), "{error}");
    assert!(output.stdout.is_empty());
    let output = limited(128 * MEGABYTE, &program, folder.path(), &["--info"]);
    assert!(output.status.success(), "the limit alone does no harm: {}", text(&output.stderr));
}

/// The command, with room for itself and more and more besides.
#[test]
fn weights_that_do_not_fit() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux is sure to limit the addresses of a process");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let model = Model::new(17)
        .input("x", "1 1024")
        .output("y")
        .initialiser(floats("m", &[1024, 8192], &vec![0.5; 1024 * 8192]))
        .node("MatMul", "x m", "y");
    fs::write(path.join("model.onnx"), model.bytes()).expect("a file");
    let tilewright = Path::new(env!("CARGO_BIN_EXE_tilewright"));
    let mut sizes = (1..).map(|step| 16 * step * MEGABYTE);
    let least = sizes.find(|&size| limited(size, tilewright, path, &["ops"]).status.success());
    let (mut errors, mut aborts) = (0, 0);
    for size in (least.expect("a size")..).step_by(16 * MEGABYTE) {
        fs::write(path.join("w.bin"), "the old one").expect("a file");
        let output = limited(size, tilewright, path, &["weights", "model.onnx", "-o", "w.bin"]);
        if output.status.success() {
            break;
        }
        let error = text(&output.stderr);
        match output.status.code() {
            Some(1) if error.contains("memory") => errors += 1,
            // Where the last of it went to something small, as SECURITY.md says.
            None if error.contains("memory allocation of") => aborts += 1,
            _ => panic!("{} {error}", output.status),
        }
        println!("{} MB: {} {error}", size / MEGABYTE, output.status);
        assert_eq!(fs::read_to_string(path.join("w.bin")).expect("a file"), "the old one");
        assert_eq!(fs::read_dir(path).expect("a folder").count(), 2, "nothing beside it");
    }
    assert!(errors >= 3 && aborts <= 1, "{errors} errors, {aborts} aborts");
    assert_eq!(fs::metadata(path.join("w.bin")).expect("a file").len(), 64 + 4 * 1024 * 8192);
}
