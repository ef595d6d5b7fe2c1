//! What is checked in under `generated/` is what the compiler makes today.

use clap::Parser;
use std::path::{Path, PathBuf};
use tilewright::cli::Cli;
use tilewright::zoo::{self, ZooOptions};

/// The command that updates the crate, after that which updates the model:
/// `cargo run --release -p tilewright -- zoo resnet50 --topology -o generated/resnet50.onnx`.
const COMMAND: &[&str] = &[
    "compile",
    "generated/resnet50.onnx",
    "-o",
    "generated/resnet50",
    "--weights",
    "external",
    "--member",
    "--runtime",
    "../../runtime",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs the command with its folders taken from the root of the workspace.
fn run(more: &[&str]) -> Result<(), String> {
    let place = |word: &&str| match word.strip_prefix("generated/") {
        Some(_) => root().join(word).display().to_string(),
        None => (*word).to_owned(),
    };
    let words = std::iter::once("tilewright".to_owned()).chain(COMMAND.iter().chain(more).map(place));
    let cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
    cli.run(&mut std::io::sink()).map_err(|error| format!("{error:#}"))
}

#[test]
fn the_resnet50_crate_is_fresh() {
    if let Err(stale) = run(&["--check"]) {
        panic!("{stale}\nupdate it: cargo run --release -p tilewright -- {}", COMMAND.join(" "));
    }
}

#[test]
fn another_crate_would_be_stale() {
    assert!(run(&["--check", "--exact"]).is_err(), "--exact must make a difference");
}

#[test]
fn the_resnet50_model_is_fresh() {
    let options = ZooOptions { topology: true, ..ZooOptions::default() };
    let model = zoo::build("resnet50", &options).expect("a network of the zoo");
    let checked_in = std::fs::read(root().join("generated/resnet50.onnx")).expect("the checked-in model");
    assert!(
        model == checked_in,
        "update it: cargo run --release -p tilewright -- zoo resnet50 --topology -o generated/resnet50.onnx"
    );
}
