//! `tilewright bench`, `profile` and `report`: numbers differ from machine to machine, what they are about does not.

use super::programs::TARGET;
use super::{fail, succeed, tiny};
use serde_json::Value;
use std::fs;

/// The command on the tiny model; measurements are short.
fn args<'a>(verb: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let measures: &[&str] = if verb == "report" { &[] } else { &["--target-dir", TARGET, "--rounds", "3"] };
    [&[verb, "tiny.onnx", "--dim", "N=1"], measures, more].concat()
}

#[test]
fn bench_has_a_run_for_each_number_of_threads() {
    let folder = tiny();
    let table = succeed(folder.path(), &args("bench", &["--threads", "1,2,1"]));
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let rows: Vec<_> = table.lines().filter_map(first).collect();
    assert_eq!(rows, ["threads", "1", "2", "tiny.onnx:"], "{table}");
    assert!(table.contains("roofline ratio") && table.contains("starts in"), "{table}");
    let said = succeed(folder.path(), &args("bench", &["--threads", "all", "--json", "--isa", "portable"]));
    let bench: Value = serde_json::from_str(&said).expect("JSON");
    let [run] = bench["runs"].as_array().expect("runs").as_slice() else { panic!("one run: {said}") };
    assert_eq!((&run["isa"], &run["rounds"]), (&Value::from("portable"), &Value::from(3)));
    assert!(run["median"]["ms"].as_f64() > Some(0.0) && bench["binary_bytes"].as_u64() > Some(0), "{said}");
    for wrong in ["0", "some", "1,,2", "9999"] {
        assert!(fail(2, folder.path(), &args("bench", &["--threads", wrong])).contains("`all`"));
    }
}

#[test]
fn a_profile_names_steps_and_counts_code() {
    let folder = tiny();
    let table = succeed(folder.path(), &args("profile", &["--threads", "1", "--isa", "portable"]));
    let conv = |line: &&str| line.contains("conv3x3_3x8x8_20_relu");
    let row = table.lines().find(conv).expect("the convolution");
    assert!(row.contains(" direct ") && row.contains(" blocks ") && row.contains(" tile "), "{row}");
    let said = succeed(folder.path(), &args("profile", &["--json", "--threads", "1", "--isa", "portable"]));
    let profile: Value = serde_json::from_str(&said).expect("JSON");
    let steps = profile["steps"].as_array().expect("steps");
    for kernel in profile["kernels"].as_array().expect("kernels") {
        assert!(kernel["code_bytes"].as_u64() > Some(0), "{kernel}");
        assert!(steps.iter().any(|step| step["kernel"] == kernel["kernel"]), "{kernel}");
    }
    if cfg!(target_os = "linux") {
        assert!(profile["kernels"].as_array().is_some_and(|kernels| !kernels.is_empty()), "{said}");
    }
}

#[test]
fn a_report_has_the_times_of_its_profile_only() {
    let folder = tiny();
    let path = |name: &str| folder.path().join(name);
    let page = |more: &[&str]| {
        succeed(folder.path(), &args("report", &[&["-o", "r.html", "--isa", "portable"], more].concat()));
        fs::read_to_string(path("r.html")).expect("a page")
    };
    let predicted = page(&[]);
    assert!(predicted.contains("predicted by the rules") && !predicted.contains("milliseconds, measured"));
    let json = succeed(folder.path(), &args("profile", &["--json", "--isa", "portable"]));
    fs::write(path("p.json"), &json).expect("a file");
    let measured = page(&["--profile", "p.json"]);
    assert!(measured.contains("milliseconds, measured") && measured.contains("machine code"));
    let verify =
        ["verify", "tiny.onnx", "--dim", "N=1", "--target-dir", TARGET, "--isa", "portable", "--json"];
    let errors = succeed(folder.path(), &verify);
    let found: Value = serde_json::from_str(&errors).expect("JSON");
    assert!(
        found["isas"][0]["agrees"] == true && found["isas"][0]["steps"][0]["relative"].is_number(),
        "{errors}"
    );
    fs::write(path("e.json"), &errors).expect("a file");
    page(&["--errors", "e.json", "--profile", "p.json"]);
    let foreign = errors.replace("conv3x3_3x8x8_20_relu", "conv3x3_3x9x9_20_relu");
    fs::write(path("f.json"), foreign).expect("a file");
    let error = fail(
        1,
        folder.path(),
        &args("report", &["-o", "none.html", "--isa", "portable", "--errors", "f.json"]),
    );
    assert!(error.contains("f.json is of another program") && error.contains("3x9x9"), "{error}");
    // What a model's profile is not for another.
    let refused = |name: &str, text: &str, more: &[&str]| {
        fs::write(path(name), text).expect("a file");
        let given = ["-o", "none.html", "--profile", name];
        fail(1, folder.path(), &args("report", &[&given, more].concat()))
    };
    let other = json.replace("conv3x3_3x8x8_20_relu", "conv3x3_3x9x9_20_relu");
    let error = refused("other.json", &other, &[]);
    assert!(error.contains("is of another program: step ") && error.contains("3x9x9"), "{error}");
    assert!(refused("text.json", "nothing", &[]).contains("text.json"));
    assert!(refused("empty.json", "{}", &[]).contains("empty.json is no profile"));
    assert!(fail(1, folder.path(), &args("report", &["-o", "."])).contains("name a file"));
    assert!(!path("none.html").exists());
}

/// The plan's estimate is below what a program really is: the build tells.
#[test]
fn a_program_larger_than_allowed_is_not_installed() {
    let folder = tiny();
    let build = |size: &'static str| {
        let args =
            ["build", "tiny.onnx", "--dim", "N=1", "-o", "bin", "--target-dir", TARGET, "--isa", "portable"];
        [&args[..], &["--max-binary", size]].concat()
    };
    let error = fail(1, folder.path(), &build("2.1MB"));
    assert!(error.contains("has the most weights") && error.contains("--max-binary 2100000"), "{error}");
    assert!(!folder.path().join("bin").exists());
    succeed(folder.path(), &build("100MB"));
}
