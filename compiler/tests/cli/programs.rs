//! `tilewright build` and `verify`: programs that run.

use super::{fail, run, succeed, text, tiny, tiny_model};
use std::fs;
use std::path::Path;
use std::process::Command;
use tilewright::Options;
use tilewright::base::target::ISAS;
use tilewright::base::tensor::Tensor;
use tilewright::cli::program::ProgramArgs;
use tilewright::cli::progress::Progress;
use tilewright::cli::verify::{self, Reference};
use tilewright::ir::graph::Graph;
use tilewright::ir::reference::evaluate;
use tilewright::onnx::{LoadOptions, load_file};
use tilewright_runtime::{ChannelOrder, Postprocess, Preprocess, image, npy};

/// A cache folder for tests; it stays, so that a second run of them is short.
pub const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");
/// Where programs are built: the default in that cache.
pub const TARGET: &str =
    concat!(env!("CARGO_TARGET_TMPDIR"), "/cache/tilewright/", env!("CARGO_PKG_VERSION"));

#[test]
fn a_program_computes_what_the_model_means() {
    let folder = tiny();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("labels.txt"), "a\n\"b\"\nc,d\ne\nf\ng\n").expect("a file");
    let recorded = ["--labels", "labels.txt", "--order", "bgr", "--top", "6"];
    let build = [&["build", "tiny.onnx", "--dim", "N=1", "-o", "bin", "--target-dir", TARGET][..], &recorded];
    let build = build.concat();
    let said = succeed(folder.path(), &build);
    assert!(said.starts_with("bin: ") && said.contains("starts in"), "{said}");
    let floats: Vec<f32> = (0..192).map(|i| (i * 5 % 17) as f32 / 8.0 - 1.0).collect();
    fs::write(path("x.npy"), npy::encode(&[1, 3, 8, 8], &floats)).expect("a file");
    let args = ["--input", "x.npy", "--output", "y.npy"];
    let output = Command::new(path("bin")).args(args).current_dir(folder.path()).output().expect("it starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let dims = [("N".to_owned(), 1)].into();
    let graph =
        load_file(&path("tiny.onnx"), &LoadOptions { dims, ..LoadOptions::default() }).expect("a graph");
    let input = Tensor::float([1, 3, 8, 8], floats.iter().map(|&x| f64::from(x)).collect());
    let want = evaluate(&graph, &[input], |_, _| ()).expect("a value")[0].to_f64();
    let got = npy::read(&path("y.npy")).expect("an array");
    assert_eq!(got.shape, [1, 6]);
    let largest = want.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    assert!(largest > 0.1, "a network that says something: {want:?}");
    // 27 products, then a mean of 64, then 20 products: eps * (27 + 64 + 20 + 3) = 7e-6.
    for (want, got) in want.iter().zip(&got.floats) {
        assert!((want - f64::from(*got)).abs() <= 7e-6 * largest, "{want} and {got}");
    }
    if cfg!(all(target_os = "linux", target_env = "gnu")) {
        assert!(!has_interpreter(&fs::read(path("bin")).expect("a program")), "it needs a dynamic linker");
    }
    classifies(&path("bin"), &graph);
    let args =
        ["verify", "tiny.onnx", "--dim", "N=1", "--target-dir", TARGET, "--layers", "--input", "x.npy"];
    let table = succeed(folder.path(), &[&args[..], &recorded].concat());
    assert!(table.contains("agrees") && !table.contains("diverges"), "{table}");
    for isa in ISAS.iter().filter(|isa| verify::available(isa)) {
        assert!(table.contains(&format!("{}:", isa.name)), "{} is not in {table}", isa.name);
    }
}

/// The program tells of a picture what the reference does of what the recorded preprocessing makes of it.
fn classifies(program: &Path, graph: &Graph) {
    let flower = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/flower.png");
    let how = Preprocess { crop: 8, resize_short: 9, order: ChannelOrder::Bgr, ..Preprocess::IMAGENET };
    let floats = image::load(&flower, &how).expect("a picture");
    let input = Tensor::float([1, 3, 8, 8], floats.iter().map(|&x| f64::from(x)).collect());
    let scores = evaluate(graph, &[input], |_, _| ()).expect("a value")[0].to_f64();
    let scores: Vec<f32> = scores.iter().map(|&x| x as f32).collect();
    let labels = &["a", "\"b\"", "c,d", "e", "f", "g"];
    let want = Postprocess { softmax: true, top: 6, labels }.apply(&scores);
    let output = Command::new(program).arg(&flower).arg("--json").output().expect("it starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let classes = said[0]["classes"].as_array().expect("classes");
    assert_eq!(classes.len(), want.len());
    for (got, want) in classes.iter().zip(&want) {
        assert_eq!((got["class"].as_u64(), got["label"].as_str()), (Some(want.class as u64), want.label));
        let probability = got["probability"].as_f64().expect("a number");
        assert!((probability - want.probability).abs() < 1e-4, "{probability} and {want:?}");
    }
}

/// True for a 64-bit little-endian ELF file with a program header of type PT_INTERP (System V ABI, chapter 5).
fn has_interpreter(elf: &[u8]) -> bool {
    let number = |at: usize, bytes: usize| {
        elf[at..at + bytes].iter().rev().fold(0usize, |number, &byte| number << 8 | usize::from(byte))
    };
    assert_eq!(elf[..6], *b"\x7fELF\x02\x01");
    let (headers, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    (0..count).any(|index| number(headers + index * size, 4) == 3)
}

#[test]
fn a_program_is_not_replaced_by_half() {
    let folder = tiny();
    fs::write(folder.path().join("bin"), "the old one").expect("a file");
    let args = ["build", "tiny.onnx", "--dim", "N=1", "-o", "bin", "--target-dir", "target"];
    let broken = |variable: &str, value: &Path| {
        let output = super::command(folder.path(), &args).env(variable, value).output().expect("it starts");
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    let error = broken("CARGO", &folder.path().join("nowhere"));
    assert!(error.contains("nowhere does not start") && error.contains("rustup.rs"), "{error}");
    // A flag that rustc does not know: cargo's own words are in the error.
    let mut command = super::command(folder.path(), &args);
    command.env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", "--no-such-flag");
    let output = command.output().expect("it starts");
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("cargo build failed") && error.contains("no-such-flag"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join("bin")).expect("a file"), "the old one");
}

/// A program with weights that are not the model's: the first layer is named, on each instruction set.
#[test]
fn verify_finds_the_first_node_that_diverges() {
    let folder = tiny();
    let load = |scale: f32| {
        let path = folder.path().join("tiny.onnx");
        fs::write(&path, tiny_model(scale).bytes()).expect("a file");
        load_file(&path, &LoadOptions { dims: [("N".to_owned(), 1)].into(), ..LoadOptions::default() })
            .expect("a graph")
    };
    let (graph, other) = (load(1.0), load(1.001));
    let options = || Options { name: Some("diverging".to_owned()), ..Options::default() };
    let args = ProgramArgs { target_dir: Some(TARGET.into()), static_libc: false, dynamic: true };
    let program = args.build(graph, options(), &Progress::hidden()).expect("a program");
    let wanted = tilewright::compile(other, &options()).expect("compiled");
    let inputs = verify::inputs(&wanted.source, &[], 7).expect("numbers");
    for (compiled, diverges) in [(&program.compiled, false), (&wanted, true)] {
        let reference = Reference::evaluate(compiled, &inputs, &Progress::hidden()).expect("values");
        for isa in ISAS.into_iter().filter(verify::available) {
            let report =
                verify::compare(&program.path, compiled, &reference, isa, folder.path()).expect("a report");
            let fault = report.fault();
            assert_eq!(fault.is_some(), diverges, "{fault:?}");
            // A relu's value has the scale of the convolution before it, which it is fused into.
            let first = fault.unwrap_or_else(|| "node `node_c`".to_owned());
            assert!(first.contains("node `node_c`"), "{first}");
        }
    }
}

/// The whole way of a real graph whose outputs are known: 0.001 for each of 1,000 classes.
#[test]
fn light_resnet50() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/models/light/light_resnet50.onnx");
    if !model.exists() {
        println!("skipped: there is no {}", model.display());
        return;
    }
    let folder = tiny();
    let model = model.to_str().expect("text");
    succeed(folder.path(), &["build", model, "-o", "r50light", "--target-dir", TARGET]);
    let floats: Vec<f32> = (0..3 * 224 * 224).map(|i| (i % 255) as f32 / 127.0 - 1.0).collect();
    fs::write(folder.path().join("x.npy"), npy::encode(&[1, 3, 224, 224], &floats)).expect("a file");
    let mut program = Command::new(folder.path().join("r50light"));
    let output = program
        .args(["--input", "x.npy", "--output", "y.npy"])
        .current_dir(folder.path())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let classes = npy::read(&folder.path().join("y.npy")).expect("an array");
    assert_eq!(classes.floats.len(), 1000);
    assert!(classes.floats.iter().all(|x| (x - 0.001).abs() < 1e-6), "{:?}", &classes.floats[..5]);
}

#[test]
fn an_input_of_another_shape_is_refused() {
    let folder = tiny();
    fs::write(folder.path().join("x.npy"), npy::encode(&[1, 3, 8], &[0.0; 24])).expect("a file");
    let error = fail(1, folder.path(), &["verify", "tiny.onnx", "--dim", "N=1", "--input", "x.npy"]);
    assert!(error.contains("x.npy") && error.contains("[1, 3, 8]") && error.contains("`x`"), "{error}");
    assert!(
        !run(folder.path(), &["verify", "tiny.onnx", "--dim", "N=1", "--input", "z=x.npy"]).status.success()
    );
}
