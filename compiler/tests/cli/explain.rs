//! `tilewright explain`: tables, pages, JSON.

use super::{fail, run, succeed, text, tiny};
use serde_json::Value;
use std::fs;

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["explain", "tiny.onnx", "--dim", "N=1"], more].concat()
}

#[test]
fn a_table_has_a_row_for_each_step() {
    let folder = tiny();
    let said = succeed(folder.path(), &args(&["--isa", "avx2,portable"]));
    let has = |parts: &[&str]| said.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(has(&["step", "kernel", "schedule of avx2", "MFLOP", "nodes"]), "{said}");
    assert!(has(&["conv3x3_3x8x8_20_relu", "direct", "blocks", "node_c + relu"]), "{said}");
    assert!(has(&["tiny.onnx: ", " steps"]) && has(&["1 reshape: its result is the same bytes"]), "{said}");
    assert!(has(&["steps only move data", "copies that the network does not have"]), "{said}");
}

#[test]
fn a_page_says_what_became_of_a_node_and_why() {
    let folder = tiny();
    let page = succeed(folder.path(), &args(&["node_r", "--isa", "avx512"]));
    for part in [
        "conv3x3_3x8x8_20_relu",
        "`node_c`: the kernel itself",
        "`node_r`: applied before the store",
        "the only one, since it reads a planar image",
        "rather than blocks",
        "of the arena",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("avx2"), "only the chosen set: {page}");
    let kernel = succeed(folder.path(), &args(&["conv3x3_3x8x8_20_relu", "--isa", "avx512"]));
    assert_eq!(kernel, page, "a kernel's name will do");
    assert!(
        succeed(folder.path(), &args(&["node_f"]))
            .contains("reshape `node_f` is no step: its result is the same")
    );
    let error = fail(1, folder.path(), &args(&["NODE_"]));
    assert!(
        error.contains("no node, value or kernel is named `NODE_`; there are ") && error.contains("node_c")
    );
}

#[test]
fn json_has_the_same_and_a_tuning_file_shows() {
    let folder = tiny();
    let lines = "tilewright-tuning 1\nconv3x3_3x8x8_20_relu avx2 blocks 1 tile 1x2\nconv9x9 avx2 blocks 1\n";
    fs::write(folder.path().join("t.tuning"), lines).expect("a file");
    let output = run(folder.path(), &args(&["--json", "--tuning", "t.tuning"]));
    assert!(text(&output.stderr).starts_with("warning: t.tuning line 3: "), "{}", text(&output.stderr));
    let network: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let steps = network["steps"].as_array().expect("steps");
    let copies = steps.iter().filter(|step| step["copy"] == true).count();
    assert!(copies > 0 && network["copies"]["added"] == copies, "{}", network["copies"]);
    let conv = steps.iter().find(|step| step["algorithm"] == "direct").expect("the convolution");
    assert_eq!(conv["nodes"][1]["role"], "applied before the store");
    let schedules = conv["schedules"].as_array().expect("schedules");
    let avx2 = schedules.iter().find(|schedule| schedule["isa"] == "avx2").expect("avx2");
    assert_eq!(
        (&avx2["tuning_line"], avx2["schedule"].as_str()),
        (&Value::from(2), Some("blocks 1 tile 1x2 order channels prefetch 1"))
    );
    let one = succeed(folder.path(), &args(&["node_c", "--json"]));
    let one: Value = serde_json::from_str(&one).expect("JSON");
    assert_eq!(one["steps"].as_array().map(Vec::len), Some(1));
    assert_eq!(fail(1, folder.path(), &args(&["--tuning", "none"])).lines().count(), 1);
}
