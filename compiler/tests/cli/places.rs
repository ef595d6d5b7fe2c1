//! Where the command reads and writes: what is there and is no file, or is needed.

use super::faults::{COMPILE, WEIGHTS};
use super::{fail, files, run, succeed, text, tiny};
use std::fs;
use std::process::Command;
use tilewright_tests::model::{Model, external};

#[test]
fn places_that_cannot_be_written() {
    let folder = tiny();
    fs::write(folder.path().join("file"), "mine").expect("a file");
    let inside = [&COMPILE[..5], &["file/out"]].concat();
    assert!(fail(1, folder.path(), &inside).contains("file/out cannot be written"));
    assert!(fail(1, folder.path(), &[&WEIGHTS[..5], &["file/w.bin"]].concat()).contains("cannot be written"));
    if cfg!(target_os = "linux") {
        assert!(
            fail(1, folder.path(), &[&COMPILE[..5], &["/proc/out"]].concat()).contains("cannot be written")
        );
    }
    assert_eq!(fs::read_to_string(folder.path().join("file")).expect("a file"), "mine");
}

/// A model with a part of it in `w.data`.
fn in_two_files() -> Vec<u8> {
    let model = Model::new(17).input("x", "1 4").output("y").initialiser(external("w", &[4], "w.data"));
    model.node("Add", "x w", "y").bytes()
}

/// An output that would take the place of what is read, or of another.
#[test]
fn outputs_that_are_inputs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    fs::write(path.join("m.onnx"), in_two_files()).expect("a file");
    fs::write(path.join("w.data"), [1.0f32; 4].map(f32::to_le_bytes).as_flattened()).expect("a file");
    fs::write(path.join("t.tuning"), "tilewright-tuning 1\n").expect("a file");
    for name in ["labels.txt", "p.json"] {
        fs::write(path.join(name), "").expect("a file");
    }
    let before = files(path);
    let name_another = "which would be lost; name another file";
    let [weights, report, build, compile] =
        ["weights", "report", "build", "compile"].map(|verb| [verb, "m.onnx", "-o"]);
    let cases: [(&[&str], &[&str], &str); 10] = [
        (&weights, &["m.onnx"], "m.onnx is the model, "),
        (&weights, &["../TEMP/./m.onnx"], "m.onnx is the model, "),
        (&weights, &["w.data"], "w.data is a part of the model, "),
        (&weights, &["t.tuning", "--tuning", "t.tuning"], "t.tuning is the tuning file, "),
        (&report, &["m.onnx"], "m.onnx is the model, "),
        (&report, &["p.json", "--profile", "p.json"], "p.json is the profile, "),
        (&build, &["m.onnx"], "m.onnx is the model, "),
        (&build, &["labels.txt", "--labels", "labels.txt"], "labels.txt is the file of labels, "),
        (&compile, &["out", "--save-tuning", "w.data"], "w.data is a part of the model, "),
        (&["tune", "m.onnx", "-o"], &["w.data"], "w.data is a part of the model, "),
    ];
    let own = path.file_name().and_then(|name| name.to_str()).expect("a name");
    for (verb, rest, part) in cases {
        let rest: Vec<String> = rest.iter().map(|word| word.replace("TEMP", own)).collect();
        let args: Vec<&str> = verb.iter().copied().chain(rest.iter().map(String::as_str)).collect();
        let error = fail(1, path, &args);
        assert!(error.contains(part) && error.contains(name_another), "{args:?}: {error}");
    }
    let both = ["build", "m.onnx", "-o", "new", "--save-tuning", "new"];
    assert!(fail(1, path, &both).contains("new would be two outputs at once"));
    assert!(files(path) == before);
    // What is meant: a tuning file that is written again.
    succeed(path, &["compile", "m.onnx", "-o", "out", "--tuning", "t.tuning", "--save-tuning", "t.tuning"]);
}

/// Without an end, or without a writer.
#[cfg(target_os = "linux")]
#[test]
fn devices_and_pipes_in_the_place_of_files() {
    let folder = tiny();
    let path = folder.path();
    let pipe = |name: &str| {
        assert!(Command::new("mkfifo").arg(path.join(name)).status().is_ok_and(|status| status.success()));
    };
    let report = ["report", "tiny.onnx", "--dim", "N=1", "-o", "r.html"];
    let cases: [(&[&str], &[&str], &str); 6] = [
        (&["check"], &["/dev/zero"], "--limit file-bytes="),
        (&["check", "/dev/null"], &[], "the file is empty"),
        (&COMPILE, &["--tuning", "/dev/zero"], "/dev/zero cannot be read: it has more than"),
        (&COMPILE, &["--labels", "/dev/zero"], "/dev/zero cannot be read: it has more than"),
        (&report, &["--profile", "/dev/zero"], "/dev/zero cannot be read: it has more than"),
        (&["verify", "tiny.onnx", "--dim", "N=1", "--passes"], &["--input", "/dev/zero"], "no .npy file"),
    ];
    for (args, rest, part) in cases {
        let error = fail(1, path, &[args, rest].concat());
        assert!(error.contains(part), "{args:?}: {error}");
    }
    // A part of a model, and a file of the folder that is written: neither is waited for.
    pipe("w.data");
    fs::write(path.join("m.onnx"), in_two_files()).expect("a file");
    assert!(fail(1, path, &["check", "m.onnx"]).contains("`w.data`: it is no ordinary file"));
    succeed(path, &COMPILE);
    fs::remove_file(path.join("out/build.rs")).expect("removed");
    pipe("out/build.rs");
    assert!(fail(1, path, &COMPILE).contains("build.rs: in the way"));
    // Nothing but bytes goes into a pipe, and it stays.
    pipe("pipe");
    let reader = std::thread::spawn({
        let pipe = path.join("pipe");
        move || fs::read(pipe)
    });
    let output = run(path, &[&WEIGHTS[..5], &["pipe"]].concat());
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert!(text(&output.stderr).starts_with("pipe: "), "{output:?}");
    assert!(!fs::symlink_metadata(path.join("pipe")).expect("a pipe").is_file());
    succeed(path, &WEIGHTS);
    let read = reader.join().expect("a reader").expect("bytes");
    assert!(read == fs::read(path.join("w.bin")).expect("a file"));
}
