//! A crate outside of the workspace, made of what README says and a model: built, built again, retrained, broken.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tilewright::emit::RuntimeDep;
use tilewright::ir::reference::evaluate;
use tilewright::onnx::schema::ModelProto;
use tilewright::onnx::{LoadOptions, NoExternalData, decode, encode, load};
use tilewright::{Options, base::tensor::Tensor};
use tilewright_tests::model::{Attr, Model, floats};
use tilewright_tests::readme;

/// Prints what the model of the build script and that of the generated crate make of the same picture. Everything that
/// could be a warning is an error.
const PROGRAM: &str = "//! Prints results.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unsafe_code)]

tilewright_runtime::include_model!(colours);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut picture = [0.0; 3072];
    picture.iter_mut().enumerate().for_each(|(i, x)| *x = (i % 251) as f32 / 100.0 - 1.0);
    let mut workspace = colours::Workspace::new()?;
    println!(\"{:?}\", colours::Model::new()?.run(&mut workspace, &picture));
    let mut workspace = network::Workspace::new()?;
    println!(\"{:?}\", network::Model::new()?.run(&mut workspace, &picture));
    Ok(())
}
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace")
}

/// The crate.
struct Crate {
    folder: PathBuf,
}

impl Crate {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build_script");
        let this = Crate { folder };
        let paths = |line: &str| match line.split_once(" = ") {
            Some((name @ "tilewright-runtime", _)) => {
                format!("{name} = {{ path = {:?} }}", root().join("runtime"))
            }
            Some((name @ "tilewright", _)) => {
                assert!(line.contains("default-features = false"), "{line}");
                format!("{name} = {{ path = {:?}, default-features = false }}", root().join("compiler"))
            }
            _ => line.to_owned(),
        };
        let dependencies: Vec<String> = readme::block("[dependencies]").lines().map(paths).collect();
        let dependencies = dependencies
            .join("\n")
            .replace("[dependencies]", "[dependencies]\nnetwork = { path = \"network\" }");
        let manifest = format!(
            "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n{dependencies}\n\n[workspace]\n"
        );
        this.write("Cargo.toml", manifest.as_bytes());
        this.write("build.rs", readme::block("use tilewright::{Isa, Weights, configure}").as_bytes());
        this.write("models/colours.txt", b"red\ngreen\nblue\nyellow\nwhite\nblack\n");
        this.write("src/main.rs", PROGRAM.as_bytes());
        this.write("Cargo.lock", &std::fs::read(root().join("Cargo.lock")).expect("a lock file"));
        this
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.folder.join(path);
        if std::fs::read(&path).is_ok_and(|old| old == bytes) {
            return;
        }
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
        std::fs::write(path, bytes).expect("a writable folder");
    }

    /// Writes the model for the build script, and compiled as a crate.
    fn put(&self, model: &ModelProto) {
        let bytes = encode(model);
        self.write("models/colours.onnx", &bytes);
        let graph = load("colours", bytes.into(), &dims(), &NoExternalData).expect("a model");
        let options = Options {
            name: Some("network".to_owned()),
            runtime: RuntimeDep::Path(root().join("runtime").display().to_string()),
            standalone: false,
            ..Options::default()
        };
        let compiled = tilewright::compile(graph, &options).expect("compiled");
        for file in &compiled.files {
            self.write(&format!("network/{}", file.path), file.text.as_bytes());
        }
        self.write("network/weights.bin", &compiled.weights_file().expect("numbers"));
    }

    fn cargo(&self, args: &[&str]) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        // As users have it who build for debugging: incrementally.
        cargo.env("CARGO_INCREMENTAL", "1").env("CARGO_TARGET_DIR", self.folder.join("target"));
        cargo.env_remove("RUSTC_WORKSPACE_WRAPPER").args(args).arg("--offline").current_dir(&self.folder);
        cargo.output().expect("cargo runs")
    }

    /// Builds and runs the program; returns the results of both models, and whether anything had to be compiled.
    fn run(&self) -> (Vec<Vec<f64>>, bool) {
        let output = self.cargo(&["run"]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let numbers = |line: &str| -> Vec<f64> {
            line.trim_matches(['[', ']']).split(", ").map(|x| x.parse().expect("a number")).collect()
        };
        let results = String::from_utf8_lossy(&output.stdout).lines().map(numbers).collect();
        (results, errors.contains("Compiling"))
    }
}

fn dims() -> LoadOptions {
    LoadOptions { dims: [("N".to_owned(), 1)].into(), ..LoadOptions::default() }
}

/// What a model means.
fn wanted(model: &ModelProto) -> Vec<f64> {
    let graph = load("colours", encode(model).into(), &dims(), &NoExternalData).expect("a model");
    let picture = (0..3072).map(|i| f64::from((i % 251) as f32 / 100.0 - 1.0)).collect();
    evaluate(&graph, &[Tensor::float([1, 3, 32, 32], picture)], |_, _| ()).expect("a value")[0].to_f64()
}

#[track_caller]
fn agree(results: &[Vec<f64>], want: &[f64]) {
    assert_eq!(results.len(), 2);
    for got in results {
        assert!(
            got.len() == want.len() && got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5),
            "{got:?} {want:?}"
        );
    }
}

/// The model with other biases.
fn retrained(model: &ModelProto) -> ModelProto {
    let mut model = model.clone();
    let biases = floats("biases", &[6], &[0.3, 0.1, 0.4, 0.1, 0.5, 0.2]);
    let graph = model.graph.as_mut().expect("a graph");
    *graph.initializer.iter_mut().find(|tensor| tensor.name() == "biases").expect("biases") = biases;
    model
}

#[test]
fn readme_makes_a_crate_that_follows_its_model() {
    let bytes = std::fs::read(root().join("examples/classify/models/colours.onnx")).expect("a model");
    let model = decode("colours", bytes.into()).expect("a model");
    let krate = Crate::new();
    krate.put(&model);
    let (first, _) = krate.run();
    agree(&first, &wanted(&model));
    let (again, compiled) = krate.run();
    assert!(again == first && !compiled, "nothing changed");
    // Weights alone: rustc, which compiles incrementally, does not see the file that it embeds.
    let other = retrained(&model);
    krate.put(&other);
    let (results, compiled) = krate.run();
    assert!(compiled);
    agree(&results, &wanted(&other));
    assert!(first[0].iter().zip(&results[0]).any(|(a, b)| (a - b).abs() > 1e-3), "{first:?} {results:?}");

    let bad = Model::new(17).input("x", "N 4").node("Foo", "x", "a");
    let bad = bad.node_with("Bar", "a", "b", vec![("k", Attr::Int(1))]).output("b");
    krate.write("models/colours.onnx", &bad.bytes());
    let output = krate.cargo(&["build"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for part in ["Error: models/colours.onnx: 2 problems:", "node_a", "Foo", "node_b", "Bar"] {
        assert!(errors.contains(part), "{part} is not in {errors}");
    }
    assert!(!errors.contains("panicked"), "{errors}");
    krate.put(&model);
    agree(&krate.run().0, &wanted(&model));
}

/// What a build script needs is not what the command needs.
#[test]
fn build_scripts_do_without_the_commands_dependencies() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "tree",
        "-p",
        "tilewright",
        "--no-default-features",
        "-e",
        "normal,build",
        "--prefix",
        "none",
    ]);
    let output = cargo.args(["--offline", "--locked"]).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let names: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"prost") && names.contains(&"tilewright-runtime"), "{names:?}");
    for name in ["clap", "anstream", "comfy-table", "indicatif", "serde_json", "tempfile", "lexopt", "png"] {
        assert!(!names.contains(&name), "{name} is among {names:?}");
    }
}
