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
        (&["profile", "tiny.onnx", "--threads", "1025"], "1..=1024"),
        (&["tune", "tiny.onnx", "-o", "t.tuning", "--threads", "1025"], "1..=1024"),
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
        (&["weights", "tiny.onnx", "--dim", "N=1", "-o", "."], ". is a folder; name a file"),
        (&["tune", "tiny.onnx", "--dim", "N=1", "-o", ".."], ".. is a folder; name a file"),
        (
            &["compile", "tiny.onnx", "--dim", "N=1", "-o", "o", "--save-tuning", "no/t"],
            "its folder does not exist",
        ),
        (
            &["zoo", "vgg16", "--image", "4096", "-o", "z.onnx"],
            "more than an ONNX file holds; say a smaller --image",
        ),
        (&["verify", "tiny.onnx", "--dim", "N=1", "--input", "none.npy"], "none.npy"),
        (
            &["report", "tiny.onnx", "--dim", "N=1", "-o", "r", "--profile", "tiny.txt"],
            "tiny.txt is no profile; `tilewright profile --json` prints one",
        ),
        (
            &["report", "tiny.onnx", "--dim", "N=1", "-o", "r", "--errors", "tiny.txt"],
            "tiny.txt is no JSON; `tilewright verify --json` prints it",
        ),
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

/// What a command prints as JSON.
fn json(output: &std::process::Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

#[test]
fn scripts_read_json() {
    let folder = tiny();
    let path = folder.path();
    let check = json(&run(path, &["check", "tiny.onnx", "--dim", "N=1", "--json", "--max-arena", "1MiB"]));
    assert_eq!((&check["nodes"], &check["operators"]["conv"]), (&5.into(), &1.into()), "{check}");
    assert!(
        check["arena_bytes"].as_u64().is_some_and(|bytes| bytes > 0)
            && check["problems"] == serde_json::json!([])
    );
    let output = run(path, &["check", "tiny.onnx", "--json"]);
    let problems = json(&output)["problems"].clone();
    assert_eq!(output.status.code(), Some(1));
    assert!(problems[0]["remedy"].as_str().is_some_and(|remedy| remedy.contains("--dim N=1")), "{problems}");
    assert!(text(&output.stderr).contains("--dim N=1"));
    let small = fail(1, path, &["check", "tiny.onnx", "--dim", "N=1", "--max-arena", "4B"]);
    assert!(small.contains("--max-arena 4"), "{small}");
    let operators = json(&run(path, &["ops", "--json"]));
    let names = operators["operators"].as_array().expect("a list").iter().map(|operator| &operator["name"]);
    assert!(names.eq(tilewright::onnx::operators().iter().map(|operator| operator.name)), "{operators}");
    let networks = json(&run(path, &["zoo", "--list", "--json"]));
    assert!(networks.as_array().is_some_and(|list| list.len() == tilewright::zoo::names().count()));
    assert_eq!(
        networks[0]["least_image"].as_u64(),
        tilewright::zoo::least_image(networks[0]["name"].as_str().expect("a name")).map(|x| x as u64)
    );
}

/// Sub-commands, as the help names them.
fn commands(folder: &std::path::Path) -> Vec<String> {
    let help = succeed(folder, &["--help"]);
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list");
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn each_help_has_examples_and_the_first_one_exit_codes() {
    let folder = tiny();
    let commands = commands(folder.path());
    assert!(commands.len() >= 13, "{commands:?}");
    for command in &commands {
        let help = succeed(folder.path(), &[command, "--help"]);
        let examples =
            help.split("Examples:\n").nth(1).unwrap_or_else(|| panic!("{command} has no examples"));
        assert!(examples.contains(&format!("tilewright {command}")), "{examples}");
    }
    let help = succeed(folder.path(), &["--help"]);
    for code in ["0  done", "1  an error", "2  a wrong command line", "3  nothing is wrong"] {
        assert!(help.contains(code), "{code} is not in {help}");
    }
}

#[test]
fn shells_learn_every_command() {
    let folder = tiny();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = succeed(folder.path(), &["completions", shell]);
        for command in commands(folder.path()) {
            assert!(script.contains(&command), "{shell} does not know {command}");
        }
        assert!(script.contains("--max-arena") || script.contains("max-arena"), "{shell}");
    }
    assert!(fail(2, folder.path(), &["completions", "tcsh"]).contains("bash"));
}

/// No escape sequence in what is no terminal, whatever the environment wants.
#[test]
fn colours_are_for_terminals() {
    let folder = tiny();
    for args in [&["--help"][..], &["check", "tiny.onnx"], &["chekc"], &["ops"]] {
        let output = command(folder.path(), args).env("TERM", "xterm-256color").output().expect("it starts");
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.is_empty() && !said.contains(&0x1b), "{args:?}: {}", text(&said));
    }
}
