//! What a small ONNX model becomes, as graph text.

use crate::model::{Model, floats};
use tilewright::ir::graph::Graph;
use tilewright::ir::text::print;
use tilewright::ir::verify::verify;
use tilewright::onnx::schema::TensorProto;
use tilewright::onnx::{LoadOptions, NoExternalData, load};

/// Imports a model that is right.
pub fn read(model: &Model) -> Graph {
    let graph = load("test", model.bytes().into(), &LoadOptions::default(), &NoExternalData);
    let graph = graph.unwrap_or_else(|error| panic!("{error}"));
    verify(&graph, "import").unwrap_or_else(|error| panic!("{error}"));
    graph
}

/// Compares the lines between the inputs and the outputs of the graph text; `con` lines of stored tensors are left out.
#[track_caller]
pub fn check(model: Model, expected: &[&str]) {
    let text = print(&read(&model));
    let inner = |line: &&str| line.starts_with('%') || (line.starts_with("con ") && line.contains('='));
    let lines: Vec<&str> = text.lines().map(str::trim).filter(inner).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.split("   ;").next().unwrap_or(line)).collect();
    assert_eq!(lines, expected, "\n{text}");
}

/// `x` of the given extents -> `y`.
pub fn model(opset: i64, extents: &str) -> Model {
    Model::new(opset).input("x", extents).output("y")
}

/// Ones.
pub fn ones(name: &str, dims: &[i64]) -> TensorProto {
    floats(name, dims, &vec![1.0; dims.iter().product::<i64>() as usize])
}
