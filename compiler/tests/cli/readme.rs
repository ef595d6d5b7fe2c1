//! README's commands: each is run here, in the order of the page, or where [`ELSEWHERE`] says.

use super::programs::CACHE;
use super::{succeed, text};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tilewright_runtime::npy;
use tilewright_tests::readme;

/// Commands that are about the clone, by how they begin, and the file that runs them.
const ELSEWHERE: [(&str, &str); 5] = [
    ("cargo run --release --example resnet50", ".ci/run"),
    ("cargo install --path compiler --locked", ".ci/run"),
    ("cargo test --release --workspace --locked", ".ci/run"),
    // It needs the peers, which Python installs.
    ("python3 tests/peers/compare.py", "tests/peers/compare.py"),
    // The crate from nothing: all commands of the section.
    ("cargo new namer", "tests/newcomer.sh"),
];

/// The section whose commands `tests/newcomer.sh` takes from the page itself.
const NEWCOMER: &str = "## In a build script";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// The files that the page speaks of.
fn files(folder: &Path) {
    let path = |name: &str| folder.join(name);
    succeed(folder, &["zoo", "resnet50", "-o", "resnet50.onnx"]);
    fs::copy(root().join("runtime/tests/data/gradient.jpg"), path("cat.jpg")).expect("a picture");
    fs::copy(root().join("examples/data/flower.png"), path("dog.png")).expect("a picture");
    fs::create_dir(path("photos")).expect("a folder");
    fs::copy(path("cat.jpg"), path("photos/cat.jpg")).expect("a picture");
    let labels: Vec<String> = (0..1000).map(|class| format!("class {class}")).collect();
    fs::write(path("labels.txt"), labels.join("\n")).expect("a file");
    let numbers: Vec<f32> = (0..3 * 224 * 224).map(|i| (i % 255) as f32 / 64.0 - 2.0).collect();
    fs::write(path("x.npy"), npy::encode(&[1, 3, 224, 224], &numbers)).expect("a file");
}

#[test]
fn the_commands_do_what_they_say() {
    let folder = tempfile::tempdir().expect("a folder");
    files(folder.path());
    let commands = Path::new(env!("CARGO_BIN_EXE_tilewright")).parent().map(Path::to_owned);
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(commands.into_iter().chain(std::env::split_paths(&inherited)));
    let path = path.expect("a search path");
    let mut here = 0;
    for command in readme::commands(NEWCOMER) {
        if ELSEWHERE.iter().any(|(start, _)| command.starts_with(start)) {
            continue;
        }
        let start = command.split_whitespace().find(|word| !["cat", "cat.jpg", "|"].contains(word));
        let known = start.is_some_and(|word| word == "tilewright" || word.starts_with("./"));
        assert!(known, "nothing runs `{command}`: say where in ELSEWHERE");
        let mut process = Command::new("sh");
        process
            .args(["-c", command])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("XDG_CACHE_HOME", CACHE);
        process.stdin(Stdio::null());
        let output = process.output().expect("it starts");
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
        here += 1;
    }
    assert!(here >= 7, "only {here} commands");
    let outputs = npy::read(&folder.path().join("y.npy")).expect("what a command wrote");
    assert_eq!(outputs.shape, [1, 1000]);
}

#[test]
fn what_is_not_run_here_is_run_where_it_is_said() {
    for (command, file) in ELSEWHERE {
        assert!(readme::TEXT.contains(&format!("$ {command}")), "README does not say {command}");
        let text = fs::read_to_string(root().join(file)).expect("a file of the clone");
        let words = |text: &str| text.replace(" --locked", "");
        let named = Path::new(file).extension().is_some() || words(&text).contains(&words(command));
        assert!(named, "{file} does not run {command}");
    }
    let ci = fs::read_to_string(root().join(".ci/run")).expect("a file of the clone");
    assert!(ci.contains("tests/newcomer.sh") && readme::TEXT.contains(NEWCOMER));
}

#[test]
fn every_command_is_on_the_page_and_has_help() {
    let folder = tempfile::tempdir().expect("a folder");
    let help = succeed(folder.path(), &["--help"]);
    let (_, list) = help.split_once("Commands:").expect("a list");
    let names: Vec<&str> = list
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() >= 12, "{names:?}");
    for name in names {
        assert!(readme::TEXT.contains(&format!("| `tilewright {name}")), "{name} is not in README's table");
        assert!(succeed(folder.path(), &[name, "--help"]).contains("Usage: tilewright"));
    }
}
