//! `tilewright verify --passes`: each pass against the reference evaluator.

use super::{fail, succeed, tiny};
use serde_json::Value;
use tilewright::passes::PASSES;

const ARGS: [&str; 5] = ["verify", "tiny.onnx", "--dim", "N=1", "--passes"];

#[test]
fn each_pass_has_a_row_with_its_nodes_and_its_difference() {
    let folder = tiny();
    let said = succeed(folder.path(), &ARGS);
    let row = |pass: &str, end: &str| {
        said.lines().any(|line| line.trim_start().starts_with(pass) && line.trim_end().ends_with(end))
    };
    assert!(PASSES.iter().all(|pass| said.contains(pass.name)), "{said}");
    assert!(row("fuse_activation", "agrees") && row("split_batch", "unchanged"), "{said}");
}

#[test]
fn json_says_the_same() {
    let folder = tiny();
    let said = succeed(folder.path(), &[ARGS.as_slice(), &["--json", "--seed", "3"]].concat());
    let report: Value = serde_json::from_str(&said).expect("JSON");
    assert!(report["model"] == "tiny.onnx" && report["agrees"] == true, "{report}");
    let passes = report["passes"].as_array().expect("passes");
    assert_eq!(passes.len(), PASSES.len());
    let fused = passes.iter().find(|pass| pass["pass"] == "fuse_activation").expect("a pass");
    assert!(fused["nodes_before"].as_u64() > fused["nodes_after"].as_u64(), "{fused}");
    assert!(fused["changed"] == true && fused["relative"].as_f64().is_some_and(|off| off < 1e-9), "{fused}");
}

#[test]
fn it_does_not_go_with_layers() {
    let folder = tiny();
    let error = fail(2, folder.path(), &[ARGS.as_slice(), &["--layers"]].concat());
    assert!(error.contains("cannot be used with"), "{error}");
}
