//! Tensors in files beside the model: read where they may be, refused everywhere else.

use std::path::{Path, PathBuf};

use tilewright::ir::graph::{Const, Def};
use tilewright::onnx::schema::tensor_proto::DataLocation;
use tilewright::onnx::schema::{StringStringEntryProto, TensorProto};
use tilewright::onnx::{LoadOptions, NoExternalData, load, load_file};
use tilewright_tests::model::{Model, floats};

/// A model whose initialiser `w`, two floats, is in another file.
fn model(entries: &[(&str, &str)]) -> Vec<u8> {
    let entry = |&(key, value): &(&str, &str)| StringStringEntryProto {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    };
    let external = TensorProto {
        raw_data: None,
        data_location: Some(DataLocation::External as i32),
        external_data: entries.iter().map(entry).collect(),
        ..floats("w", &[2], &[])
    };
    let model = Model::new(17).input("x", "3 2").output("y").initialiser(external);
    model.node("Add", "x w", "y").bytes()
}

/// A folder of its own for one test, with a model folder, data in it, and data beside it.
fn folder(test: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("external_{test}"));
    let inside = root.join("model/weights");
    std::fs::create_dir_all(&inside).expect("a folder");
    let data: Vec<u8> = [0.0f32, 1.5, -2.5].iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(inside.join("w.bin"), &data).expect("data");
    std::fs::write(root.join("secret.bin"), &data).expect("data");
    root.join("model")
}

#[track_caller]
fn check(folder: &Path, entries: &[(&str, &str)], expected: &[&str]) {
    let path = folder.join("m.onnx");
    std::fs::write(&path, model(entries)).expect("the model");
    let error = load_file(&path, &LoadOptions::default()).expect_err("it was read").to_string();
    assert!(error.starts_with("initialiser `w`: "), "{error}");
    for part in expected {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

#[test]
fn data_is_read_from_the_folder() {
    let path = folder("read").join("m.onnx");
    for location in ["weights/w.bin", "./weights/w.bin"] {
        let entries = [("location", location), ("offset", "4"), ("length", "8"), ("checksum", "unused")];
        std::fs::write(&path, model(&entries)).expect("the model");
        let graph = load_file(&path, &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        let w = graph.values.iter().find(|value| value.name == "w").expect("w");
        let Def::Const(Const::Data(blob)) = &w.def else { panic!("{w:?}") };
        assert_eq!(blob.bytes(), [1.5f32.to_le_bytes(), (-2.5f32).to_le_bytes()].concat());
    }
}

#[test]
fn nothing_else_is_read() {
    let folder = folder("refused");
    let absolute = folder.join("weights/w.bin").display().to_string();
    check(&folder, &[("location", "../secret.bin")], &["`../secret.bin`", "leaves the model's folder"]);
    check(&folder, &[("location", "weights/../../secret.bin")], &["leaves the model's folder"]);
    check(&folder, &[("location", &absolute)], &["leaves the model's folder"]);
    check(&folder, &[("location", "missing.bin")], &["`missing.bin`"]);
    check(&folder, &[("location", "weights")], &["`weights`"]);
    check(&folder, &[], &["without a location"]);
    let w = ("location", "weights/w.bin");
    check(&folder, &[w, ("offset", "8")], &["`weights/w.bin`: 8 bytes from 8", "the file has 12"]);
    check(
        &folder,
        &[w, ("offset", "18446744073709551615")],
        &["`weights/w.bin`: 8 bytes from 18446744073709551615"],
    );
    check(&folder, &[w, ("length", "4")], &["`weights/w.bin`: the entry says 4 bytes, the extents need 8"]);
    check(&folder, &[w, ("offset", "-4")], &["offset is `-4`, no number"]);
}

#[cfg(unix)]
#[test]
fn links_must_stay_inside() {
    let folder = folder("links");
    for (link, target) in [("out.bin", "../secret.bin"), ("in.bin", "weights/w.bin")] {
        let link = folder.join(link);
        // Left over from the run before.
        std::fs::remove_file(&link).ok();
        std::os::unix::fs::symlink(target, &link).expect("a link");
    }
    check(&folder, &[("location", "out.bin")], &["`out.bin`: a link leaves the model's folder"]);
    let path = folder.join("m.onnx");
    std::fs::write(&path, model(&[("location", "in.bin")])).expect("the model");
    assert!(load_file(&path, &LoadOptions::default()).is_ok());
}

/// To open a pipe would wait for a writer that never comes.
#[cfg(unix)]
#[test]
fn pipes_are_not_opened() {
    let folder = folder("pipes");
    let pipe = folder.join("pipe.bin");
    // Left over from the run before.
    std::fs::remove_file(&pipe).ok();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    check(&folder, &[("location", "pipe.bin")], &["`pipe.bin`: it is no ordinary file"]);
}

#[test]
fn the_core_reads_no_files() {
    let bytes = model(&[("location", "weights/w.bin")]);
    let error = load("m.onnx", bytes.into(), &LoadOptions::default(), &NoExternalData).expect_err("no files");
    assert!(
        error.to_string().contains("initialiser `w`: its data is in the file `weights/w.bin`"),
        "{error}"
    );
}

#[test]
fn a_missing_model_is_named() {
    let error = load_file(Path::new("no/such/model.onnx"), &LoadOptions::default()).expect_err("no file");
    assert!(error.to_string().starts_with("no/such/model.onnx: "), "{error}");
}
