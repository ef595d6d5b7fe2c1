//! What goes wrong around the command: full disks, killed processes, missing tools. A message, an exit code, and nothing
//! half-written.

use super::{command, files, run, succeed, text, tiny};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tilewright_tests::kills;

pub const COMPILE: [&str; 6] = ["compile", "tiny.onnx", "--dim", "N=1", "-o", "out"];
pub const WEIGHTS: [&str; 6] = ["weights", "tiny.onnx", "--dim", "N=1", "-o", "w.bin"];

/// Runs the command where no file may be longer than so many blocks of 512 bytes, as on a disk that is nearly full.
fn cramped(folder: &Path, blocks: usize, args: &[&str]) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\"", &blocks.to_string()]);
    shell.arg(env!("CARGO_BIN_EXE_tilewright")).args(args).current_dir(folder).stdin(Stdio::null());
    shell.output().expect("a shell")
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = tiny();
    // Nothing was there.
    let output = cramped(folder.path(), 4, &COMPILE);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("out cannot be written"), "{output:?}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "only the model");
    // Another output was there, and a file of the user's.
    succeed(folder.path(), &[&COMPILE[..], &["--isa", "portable"]].concat());
    succeed(folder.path(), &WEIGHTS);
    fs::write(folder.path().join("out/mine"), "mine").expect("a file");
    let before = files(folder.path());
    for args in [COMPILE, WEIGHTS] {
        let output = cramped(folder.path(), 4, &args);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).contains("cannot be written"), "{output:?}");
        assert!(files(folder.path()) == before, "{args:?} changed something");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_for_results_is_an_error() {
    let folder = tiny();
    let full = File::options().write(true).open("/dev/full").expect("a device");
    let output = command(folder.path(), &["check", "tiny.onnx", "--dim", "N=1"]).stdout(full).output();
    let output = output.expect("the command starts");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).starts_with("error: standard output cannot be written ("), "{output:?}");
    for help in [&["--help"][..], &["check", "--help"], &["--version"]] {
        let full = File::options().write(true).open("/dev/full").expect("a device");
        let output = command(folder.path(), help).stdout(full).output().expect("the command starts");
        assert_eq!(output.status.code(), Some(1), "{help:?}: {output:?}");
    }
}

#[test]
fn results_that_no_one_reads() {
    let folder = tiny();
    fs::write(folder.path().join("bad.onnx"), "bad").expect("a file");
    // What was found out counts, read or not.
    for (args, code) in [(&["ops"][..], 0), (&["check", "bad.onnx", "--json"], 1), (&["--help"], 0)] {
        let mut child = command(folder.path(), args);
        let mut child =
            child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("an end").code(), Some(code), "{args:?}");
    }
}

#[test]
fn several_compilations_into_one_folder() {
    let folder = tiny();
    let portable = [&COMPILE[..], &["--isa", "portable"]].concat();
    let avx2 = [&COMPILE[..], &["--isa", "avx2"]].concat();
    let wanted = [&portable, &avx2].map(|args| {
        succeed(folder.path(), args);
        let wanted = files(&folder.path().join("out"));
        fs::remove_dir_all(folder.path().join("out")).expect("removed");
        wanted
    });
    for _ in 0..3 {
        let start = |args: &Vec<&str>| command(folder.path(), args).stdout(Stdio::null()).spawn();
        let all: Vec<_> = [&portable, &avx2, &portable, &avx2].map(start).into();
        for child in all {
            assert!(child.expect("the command starts").wait().expect("an end").success());
        }
        let found = files(&folder.path().join("out"));
        assert!(wanted.contains(&found), "neither the one nor the other");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing beside them");
    }
}

#[test]
fn kills_leave_the_old_or_the_new() {
    let tilewright = Path::new(env!("CARGO_BIN_EXE_tilewright"));
    for job in [kills::compile, kills::weights] {
        let scratch = tempfile::tempdir().expect("a folder");
        let found = job(tilewright, scratch.path(), 20);
        assert_eq!(found.old + found.new, 20);
    }
}

#[test]
fn missing_tools() {
    let folder = tiny();
    let build = ["build", "tiny.onnx", "--dim", "N=1", "-o", "bin", "--target-dir", "target"];
    let nowhere = folder.path().join("nowhere").display().to_string();
    for variable in ["CARGO", "RUSTC"] {
        let output = command(folder.path(), &build).env(variable, &nowhere).output().expect("it starts");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let error = text(&output.stderr);
        assert!(error.contains(&format!("{nowhere} does not start")) && error.contains("rustup"), "{error}");
    }
    // Programs that are neither cargo nor rustc.
    fs::write(folder.path().join("bin"), "the old one").expect("a file");
    let others = [
        ("CARGO", "true", "true found nothing wrong, but "),
        ("CARGO", "false", "false said nothing"),
        ("RUSTC", "true", "`true -vV` names no host"),
    ];
    for (variable, program, part) in others.into_iter().filter(|_| cfg!(unix)) {
        let output = command(folder.path(), &build).env(variable, program).output().expect("it starts");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).contains(part), "{output:?}");
        assert_eq!(fs::read_to_string(folder.path().join("bin")).expect("a file"), "the old one");
    }
    fs::remove_file(folder.path().join("bin")).expect("removed");
    // No place to compare in, which is said before anything is built.
    let verify = ["verify", "tiny.onnx", "--dim", "N=1", "--target-dir", "target"];
    let mut command = command(folder.path(), &verify);
    let output = command.env("TMPDIR", &nowhere).env("CARGO", &nowhere).output().expect("it starts");
    let error = text(&output.stderr);
    assert!(!cfg!(unix) || error.contains("for temporary files; let TMPDIR name a folder"), "{error}");
    let mut command = super::command(folder.path(), &build);
    let output = command.env("PATH", "").env_remove("CARGO").env_remove("RUSTC").output().expect("it starts");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("does not start"), "{output:?}");
    assert!(!folder.path().join("bin").exists());
}

#[test]
fn a_folder_that_wants_other_tools() {
    let (folder, target) = (tiny(), tempfile::tempdir().expect("a folder"));
    let toolchain = "[toolchain]\nchannel = \"nightly-2015-01-01\"\n";
    fs::write(folder.path().join("rust-toolchain.toml"), toolchain).expect("a file");
    let target = target.path().display().to_string();
    let build = ["build", "tiny.onnx", "--dim", "N=1", "-o", "bin", "--target-dir", &target];
    let mut command = command(folder.path(), &build);
    command.env_remove("RUSTUP_TOOLCHAIN").env("RUSTUP_AUTO_INSTALL", "0").env("CARGO", "no-cargo");
    // As far as cargo, which is asked after rustc.
    let error = text(&command.output().expect("it starts").stderr);
    assert!(error.contains("no-cargo does not start"), "{error}");
}

/// The compiler is there, but nothing that links: no folder of the path has any program.
#[cfg(unix)]
#[test]
fn a_missing_linker() {
    let folder = tiny();
    // The tools themselves, since those on the path may be links to what looks for them.
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = Command::new(rustc).args(["--print", "sysroot"]).output().expect("a compiler").stdout;
    let tools = Path::new(text(&sysroot).trim()).join("bin");
    fs::write(folder.path().join("bin"), "the old one").expect("a file");
    let build = ["build", "tiny.onnx", "--dim", "N=1", "-o", "bin", "--target-dir", "target"];
    let mut command = command(folder.path(), &build);
    command.env("PATH", folder.path()).env("RUSTC", tools.join("rustc"));
    if tools.join("cargo").exists() {
        command.env("CARGO", tools.join("cargo"));
    }
    let output = command.output().expect("it starts");
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.starts_with("error: cargo found no linker (") && error.contains("apt install gcc"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(folder.path().join("bin")).expect("a file"), "the old one");
    assert_eq!(
        fs::read_dir(folder.path()).expect("a folder").count(),
        3,
        "the model, the old one, the target folder"
    );
}

#[test]
fn read_only_weights() {
    let folder = tiny();
    succeed(folder.path(), &WEIGHTS);
    let path = folder.path().join("w.bin");
    let mut permissions = fs::metadata(&path).expect("a file").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).expect("permissions");
    let before = fs::read(&path).expect("a file");
    // It is read for comparison, and replaced as a whole.
    let output = run(folder.path(), &[&WEIGHTS[..], &["--like", "w.bin"]].concat());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read(&path).expect("a file"), before);
}
