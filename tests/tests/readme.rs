//! What README shows of the examples is what they say, and they run.

use std::path::Path;
use tilewright_tests::readme;

/// A block of README, by a part of it, and the file of an example, or of one in the documentation, that has its lines.
const SHOWN: [(&str, &str); 3] = [
    ("load_file(\"resnet50.onnx\"", "../compiler/src/lib.rs"),
    ("use tilewright::{Isa, Weights, configure}", "classify/build.rs"),
    ("difference::Inputs", "two_models/src/main.rs"),
];

#[test]
fn blocks_are_excerpts_of_the_examples() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    for (part, file) in SHOWN {
        let code = std::fs::read_to_string(examples.join(file)).expect("an example");
        let mut lines = code.lines().map(|line| line.trim_start_matches("//!").trim());
        let block = readme::block(part);
        for line in block.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("// ")) {
            assert!(lines.any(|known| known == line), "{file} does not say, or not in this order: {line}");
        }
    }
}

#[test]
fn the_build_script_is_short() {
    let lines = readme::block("use tilewright::{Isa, Weights, configure}").lines().count();
    assert!(lines <= 8, "{lines} lines");
}
