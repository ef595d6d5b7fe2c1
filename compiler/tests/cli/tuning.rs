//! `--tuning`: files of schedules, as users write them; `tune`, which measures one.

use super::programs::TARGET;
use super::{fail, files, run, succeed, text, tiny};
use std::fs;
use tilewright::schedule::tuning::Tuning;

const COMPILE: [&str; 8] = ["compile", "tiny.onnx", "--dim", "N=1", "-o", "out", "--tuning", "deep/t.tuning"];

#[test]
fn a_tuning_file_changes_what_it_says() {
    let folder = tiny();
    fs::create_dir(folder.path().join("deep")).expect("a folder");
    let write = |lines: &str| {
        let path = folder.path().join("deep/t.tuning");
        fs::write(path, format!("tilewright-tuning 1\n{lines}")).expect("a file");
    };
    let kernel = "conv3x3_3x8x8_20_relu";
    write("");
    succeed(folder.path(), &COMPILE);
    let before = files(&folder.path().join("out"));
    write(&format!("{kernel} avx2 blocks 1 tile 1x4 # by hand"));
    assert!(succeed(folder.path(), &COMPILE).contains(" 2 written, 0 removed"));
    let after = files(&folder.path().join("out"));
    let changed: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).map(|(a, _)| &a.0).collect();
    let source = std::path::Path::new("src/kernels/avx2").join(kernel).with_extension("rs");
    assert_eq!(
        changed,
        [std::path::Path::new("src/info.rs"), &source],
        "the code, and the table that names tiles"
    );
    let source = fs::read_to_string(folder.path().join("out/src/lib.rs")).expect("a file");
    assert!(source.contains("--dim N=1 --tuning t.tuning`"), "the header names the file without its folder");
    // Everything that is wrong, in one go, and nothing is written.
    write(&format!("{kernel} avx2 blocks 7\n{kernel} avx512 tile 0x1\n{kernel} algorithm winograd 4x4\n"));
    let error = fail(1, folder.path(), &COMPILE);
    for part in ["3 problems", "t.tuning line 2: ", "t.tuning line 3: ", "t.tuning line 4: ", "planar image"]
    {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    assert_eq!(files(&folder.path().join("out")), after);
    fs::remove_file(folder.path().join("deep/t.tuning")).expect("a file");
    assert!(fail(1, folder.path(), &COMPILE).contains("deep/t.tuning"));
}

#[test]
fn lines_about_other_networks_are_warnings() {
    let folder = tiny();
    fs::create_dir(folder.path().join("deep")).expect("a folder");
    let lines = "tilewright-tuning 1\nconv3x3_9x8x8_20_relu avx2 blocks 1\n";
    fs::write(folder.path().join("deep/t.tuning"), lines).expect("a file");
    let output = run(folder.path(), &COMPILE);
    let warning = text(&output.stderr);
    assert!(output.status.success(), "{warning}");
    let wanted = "warning: t.tuning line 2: the network has no kernel `conv3x3_9x8x8_20_relu`";
    assert!(warning.starts_with(wanted), "{warning}");
}

/// Machines differ in what they measure, and some are too noisy to say anything: what counts is what becomes of it.
#[test]
fn tune_writes_a_file_or_says_why_not() {
    let folder = tiny();
    let path = folder.path().join("t.tuning");
    let args =
        ["tune", "tiny.onnx", "--dim", "N=1", "--budget", "4s", "-o", "t.tuning", "--target-dir", TARGET];
    let args = [&args[..], &["--max-arena", "1MiB"]].concat();
    let output = run(folder.path(), &args);
    let (said, errors) = (text(&output.stdout), text(&output.stderr));
    match output.status.code() {
        Some(0) => {
            assert!(said.contains("t.tuning: ") && errors.is_empty(), "{said}{errors}");
            let file = Tuning::parse("t.tuning", &fs::read_to_string(&path).expect("a file"));
            assert_eq!(file.tool, env!("CARGO_PKG_VERSION"));
            assert!(!file.cpu.is_empty());
        }
        Some(3) => {
            assert!(errors.starts_with("skipped: the machine is too noisy to tell"), "{errors}");
            assert!(said.is_empty() && !path.exists(), "nothing was written: {said}");
            println!("skipped: {errors}");
            fs::write(&path, Tuning::default().to_string()).expect("a file");
        }
        code => panic!("{code:?}: {said}{errors}"),
    }
    succeed(folder.path(), &["compile", "tiny.onnx", "--dim", "N=1", "-o", "out", "--tuning", "t.tuning"]);
}

#[test]
fn what_cannot_be_tuned_is_refused_at_once() {
    let folder = tiny();
    let tune = |more: &[&'static str]| [&["tune", "tiny.onnx", "--dim", "N=1"], more].concat();
    for (more, want) in [
        (&["-o", "t", "--budget", "5"][..], "as 90s, 5m or 1h"),
        (&["-o", "t", "--threads", "0"], "1..=1024"),
        (&["--budget", "5m"], "--output <FILE>"),
    ] {
        let error = fail(2, folder.path(), &tune(more));
        assert!(error.contains(want), "{more:?}: {error}");
    }
    fs::write(folder.path().join("bad.tuning"), "tilewright-tuning 1\nconv avx2 blox 2\n").expect("a file");
    for (more, want) in [
        (&["-o", "none/t"][..], "none/t cannot be written"),
        (&["-o", "t", "--tuning", "none.tuning"], "none.tuning"),
        (&["-o", "t", "--max-arena", "4B"], "--max-arena 4 "),
        (&["-o", "t", "--tuning", "bad.tuning"], "bad.tuning line 2"),
    ] {
        let error = fail(1, folder.path(), &tune(more));
        assert!(error.contains(want), "{more:?}: {error}");
    }
    succeed(folder.path(), &["zoo", "resnet18", "--topology", "--image", "32", "-o", "t.onnx"]);
    assert!(fail(1, folder.path(), &["tune", "t.onnx", "-o", "t"]).contains("no numbers"));
    assert!(!folder.path().join("t").exists());
}
