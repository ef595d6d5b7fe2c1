//! `tilewright compile --c-abi`: a program in C links the model.

use super::programs::TARGET;
use super::{succeed, text};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn a_program_in_c_runs_the_model() {
    if !cfg!(all(target_os = "linux", target_env = "gnu"))
        || Command::new("cc").arg("--version").output().is_err()
    {
        println!("skipped: there is no cc, or another system than Linux");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |path: &Path| path.to_str().expect("text").to_owned();
    let model = path(&root.join("examples/classify/models/colours.onnx"));
    let runtime = path(&root.join("runtime"));
    let args = ["compile", &model, "--dim", "N=1", "--c-abi", "-o", "colours", "--runtime", &runtime];
    succeed(folder.path(), &args);
    fs::copy(root.join("Cargo.lock"), folder.path().join("colours/Cargo.lock")).expect("a lock file");
    let target = Path::new(TARGET).join("c");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--offline", "--target-dir"]).arg(&target);
    let output = cargo.current_dir(folder.path().join("colours")).output().expect("cargo runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Icolours/include", "-o", "example"]);
    cc.arg(root.join("examples/c/colours.c")).arg(target.join("release/libcolours.a"));
    let output = cc.args(["-lpthread", "-ldl", "-lm"]).current_dir(folder.path()).output().expect("cc runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output =
        Command::new(folder.path().join("example")).current_dir(folder.path()).output().expect("it starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.starts_with("expected: none.bin: cannot be read"), "{said}");
    assert!(said.ends_with("\nred\nblue\nyellow\n"), "{said}");
}
