//! Exit codes, messages, and commands that only read or list.

use super::{command, fail, run, succeed, text, tiny, tiny_model};
use std::fs;
use std::io::Read;
use std::process::Stdio;
use tilewright_tests::model::Model;

#[test]
fn wrong_command_lines_are_usage_errors() {
    let folder = tiny();
    let cases: &[(&[&str], &str)] = &[
        (&["chekc"], "unrecognized subcommand"),
        (&["check"], "<MODEL>"),
        (&["check", "tiny.onnx", "--dim", "N"], "say NAME=SIZE"),
        (&["check", "tiny.onnx", "--dim", "N=0"], "a number from 1 on"),
        (&["compile", "tiny.onnx"], "--output <DIR>"),
        (&["compile", "tiny.onnx", "-o", "out", "--isa", "avx2,mmx"], "portable, avx2, avx512"),
        (&["compile", "tiny.onnx", "-o", "out", "--name", "a-b"], "Rust identifier"),
        (&["compile", "tiny.onnx", "-o", "out", "--name", "fn"], "Rust identifier"),
        (&["compile", "tiny.onnx", "-o", "out", "--name", "std"], "Rust identifier"),
        (&["compile", "tiny.onnx", "-o", "out", "--weights", "here"], "external"),
        (&["compile", "tiny.onnx", "-o", "out", "--mean", "1,2"], "three numbers"),
        (&["compile", "tiny.onnx", "-o", "out", "--std", "1,0,1"], "above 0"),
        (&["compile", "tiny.onnx", "-o", "out", "--dim", "N=1", "--crop", "9", "--resize", "8"], "--crop 9"),
        (&["compile", "tiny.onnx", "-o", "out", "--order", "grb"], "rgb, bgr"),
        (&["compile", "tiny.onnx", "-o", "out", "--top", "0"], "--top <K>"),
        (&["compile", "tiny.onnx", "-o", "out", "--postprocess", "sigmoid"], "none, softmax"),
        (&["build", "tiny.onnx"], "--output <BIN>"),
        (&["verify", "tiny.onnx", "--seed", "1", "--input", "x.npy"], "cannot be used with"),
        (&["zoo", "resnet50"], "--output <FILE>"),
        (&["zoo", "lenet", "-o", "a.onnx"], "resnet152"),
        (&["zoo", "resnet18", "-o", "a.onnx", "--image", "16"], "32..=4096"),
    ];
    for (args, part) in cases {
        let error = fail(2, folder.path(), args);
        assert!(error.contains(part), "{args:?}: {error}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing was written");
}

#[test]
fn every_problem_is_listed() {
    let folder = tiny();
    let model = Model::new(17).input("x", "1 4").node("Foo", "x", "a").node("Bar", "a", "b");
    let model = model.node("Foo", "b", "c").output("c");
    fs::write(folder.path().join("bad.onnx"), model.bytes()).expect("a file");
    for verb in
        [&["check", "bad.onnx"][..], &["compile", "bad.onnx", "-o", "out"], &["build", "bad.onnx", "-o", "b"]]
    {
        let error = fail(1, folder.path(), verb);
        for part in ["2 problems", "node_a", "node_b", "node_c", "Foo", "Bar"] {
            assert!(error.contains(part), "{verb:?}: {part} is not in {error}");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing was written");
}

#[test]
fn errors_name_the_file_or_the_flag() {
    let folder = tiny();
    fs::write(folder.path().join("tiny.txt"), b"a\nb\n").expect("a file");
    fs::write(folder.path().join("empty.onnx"), b"").expect("a file");
    let whole = tiny_model(1.0).bytes();
    fs::write(folder.path().join("cut.onnx"), &whole[..whole.len() / 2]).expect("a file");
    let cases: &[(&[&str], &str)] = &[
        (&["check", "nowhere.onnx"], "nowhere.onnx"),
        (&["check", "empty.onnx"], "empty.onnx: the file is empty"),
        (&["check", "cut.onnx"], "cut.onnx"),
        (&["check", "tiny.onnx"], "--dim N=1"),
        (&["compile", "tiny.onnx", "--dim", "N=1", "-o", "out", "--labels", "none.txt"], "none.txt"),
        (
            &["compile", "tiny.onnx", "--dim", "N=1", "-o", "out", "--labels", "tiny.txt"],
            "tiny.txt: has 2 lines, and the output `y` has 6 classes; give the name of each class on a line",
        ),
        (&["zoo", "resnet18", "--topology", "-o", "no/such/folder.onnx"], "no/such/folder.onnx"),
        (&["build", "tiny.onnx", "--dim", "N=1", "-o", "."], "name a file"),
        (&["build", "tiny.onnx", "--dim", "N=1", "-o", "none/bin"], "none/bin cannot be written"),
        (&["verify", "tiny.onnx", "--dim", "N=1", "--input", "none.npy"], "none.npy"),
    ];
    for (args, part) in cases {
        let error = fail(1, folder.path(), args);
        assert!(error.contains(part), "{args:?}: {error}");
    }
}

#[test]
fn check_says_what_there_is() {
    let folder = tiny();
    let line = succeed(folder.path(), &["check", "tiny.onnx", "--dim", "N=1"]);
    // 540 weights, 20 biases, 120 weights; 2 * (540 * 64 + 120) operations for products, 1,280 for the mean.
    for part in ["tiny.onnx: 5 nodes", "1 conv", "1 relu", "680 parameters", "GFLOP", "arena", "weights"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

#[test]
fn the_zoo_has_batches_and_least_sizes() {
    let folder = tiny();
    let path = folder.path();
    succeed(path, &["zoo", "resnet18", "--topology", "--image", "32", "--batch", "3", "-o", "three.onnx"]);
    assert!(succeed(path, &["check", "three.onnx"]).contains("0.225 GFLOP"));
    succeed(path, &["zoo", "resnet18", "--topology", "--image", "32", "--batch", "0", "-o", "open.onnx"]);
    assert!(succeed(path, &["check", "open.onnx", "--dim", "N=2"]).contains("0.150 GFLOP"));
    let output = run(path, &["zoo", "alexnet", "--topology", "--image", "62", "-o", "small.onnx"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && error.contains("alexnet needs images of at least 63 x 63"),
        "{error}"
    );
}

#[test]
fn lists_are_lists() {
    let folder = tiny();
    let networks = succeed(folder.path(), &["zoo", "--list"]);
    assert_eq!(networks.lines().collect::<Vec<_>>(), tilewright::zoo::names().collect::<Vec<_>>());
    let operators = succeed(folder.path(), &["ops"]);
    for operator in tilewright::onnx::operators() {
        assert!(operators.lines().any(|line| line.split_whitespace().next() == Some(operator.name)));
    }
    assert!(succeed(folder.path(), &["--help"]).contains("Usage: tilewright"));
    assert!(succeed(folder.path(), &["--version"]).contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(run(folder.path(), &[]).status.code(), Some(2));
}

#[test]
fn the_zoo_is_seeded() {
    let folder = tiny();
    let args = |seed, file| ["zoo", "resnet18", "--seed", seed, "--image", "32", "-o", file];
    for (seed, file) in [("1", "a"), ("1", "b"), ("2", "c")] {
        succeed(folder.path(), &args(seed, file));
    }
    let [a, b, c] = ["a", "b", "c"].map(|name| fs::read(folder.path().join(name)).expect("a network"));
    assert!(a == b && a != c);
    succeed(folder.path(), &["zoo", "resnet18", "--topology", "-o", "t.onnx"]);
    assert!(fs::metadata(folder.path().join("t.onnx")).expect("a network").len() < 100_000);
    let line = succeed(folder.path(), &["check", "t.onnx"]);
    assert!(line.contains("11,689,512 parameters") && line.contains("no numbers"), "{line}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = tiny();
    let mut child = command(folder.path(), &["ops"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let mut error = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut error).expect("text");
    assert!(child.wait().expect("it ends").success(), "{error}");
    assert_eq!(text(error.as_bytes()), "");
}
