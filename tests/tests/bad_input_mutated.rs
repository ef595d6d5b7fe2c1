//! Damaged files: the reader returns, whatever it is given, and what it accepts is a valid graph.

use tilewright::ir::verify::verify;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::zoo::numbers::Numbers;
use tilewright::zoo::{self, ZooOptions};
use tilewright_tests::model::{Attr, Model, floats, ints};

/// Reads a file; a graph that comes out must keep the invariants.
fn read(bytes: Vec<u8>) -> bool {
    match load("damaged.onnx", bytes.into(), &LoadOptions::default(), &NoExternalData) {
        Ok(graph) => {
            verify(&graph, "import").unwrap_or_else(|error| panic!("{error}"));
            true
        }
        Err(error) => {
            assert!(!error.problems().is_empty());
            false
        }
    }
}

/// A model of every importer that is more than a name.
fn dense() -> Vec<u8> {
    let window = |extra: (&'static str, Attr)| vec![("kernel_shape", Attr::Ints(vec![2, 2])), extra];
    let stats = ["s", "b", "m", "v"];
    let model =
        stats.iter().fold(Model::new(17), |model, name| model.initialiser(floats(name, &[2], &[1.0; 2])));
    model
        .initialiser(floats("w", &[2, 1, 2, 2], &[0.5; 8]))
        .initialiser(floats("f", &[32, 3], &[0.5; 96]))
        .initialiser(floats("c", &[1], &[0.5]))
        .initialiser(ints("axes", &[1], &[1]))
        .initialiser(ints("starts", &[1], &[-1]))
        .initialiser(ints("ends", &[1], &[100]))
        .input("x", "1 2 5 5")
        .output("y")
        .node_with(
            "Conv",
            "x w",
            "conv",
            vec![("group", Attr::Int(2)), ("auto_pad", Attr::Text("SAME_UPPER"))],
        )
        .node("BatchNormalization", "conv s b m v", "norm")
        .node("Clip", "norm c", "clip")
        .node_with("MaxPool", "clip", "max", window(("ceil_mode", Attr::Int(1))))
        .node_with("AveragePool", "max", "mean", window(("pads", Attr::Ints(vec![0, 0, 1, 1]))))
        .node("Shape", "mean", "shape")
        .node("Slice", "shape starts ends", "last")
        .node_with("Gather", "shape axes", "second", vec![("axis", Attr::Int(0))])
        .node_with("Concat", "second last starts", "target", vec![("axis", Attr::Int(0))])
        .node("ReduceProd", "target", "product")
        .node("Mul", "target target", "square")
        .node("Reshape", "mean target", "cube")
        .node("Unsqueeze", "mean axes", "wide")
        .node("Squeeze", "wide axes", "narrow")
        .node("Flatten", "narrow", "flat")
        .node_with("Gemm", "flat f c", "gemm", vec![("beta", Attr::Float(0.5))])
        .node_with("Softmax", "gemm", "y", vec![("axis", Attr::Int(-1))])
        .bytes()
}

/// Numbers in 0..`below`.
fn draw(numbers: &mut Numbers, below: usize) -> usize {
    // A uniform number in (0, 1] of f32 may round up to 1.
    (numbers.between(1, 0.0, below as f64)[0] as usize).min(below - 1)
}

/// Cuts `file` everywhere at a distance of `step`, and changes 1 to 4 bytes of it `rounds` times.
fn damage(file: &[u8], step: usize, rounds: usize) {
    for length in (0..file.len()).step_by(step) {
        read(file[..length].to_vec());
    }
    let mut numbers = Numbers::new(1, "damage");
    let mut survivors = 0;
    for round in 0..rounds {
        let mut bytes = file.to_vec();
        for _ in 0..=round % 4 {
            let at = draw(&mut numbers, bytes.len());
            bytes[at] = match draw(&mut numbers, 4) {
                0 => 0,
                1 => 0xff,
                2 => bytes[at] ^ 1 << draw(&mut numbers, 8),
                _ => draw(&mut numbers, 256) as u8,
            };
        }
        survivors += usize::from(read(bytes));
    }
    // Otherwise only the decoder was tested.
    assert!(survivors > rounds / 100, "{survivors} of {rounds} were read");
}

#[test]
fn dense_model() {
    let file = dense();
    assert!(read(file.clone()));
    damage(&file, 1, 4000);
}

#[test]
fn resnet50_topology() {
    let options = ZooOptions { topology: true, ..ZooOptions::default() };
    let file = zoo::build("resnet50", &options).expect("resnet50");
    assert!(read(file.clone()));
    damage(&file, 509, 300);
}
