//! The light models: published graphs in which every large tensor is a ConstantOfShape. They get weights here.

use std::collections::{BTreeMap, HashSet};
use tilewright::onnx::schema::tensor_proto::DataType;
use tilewright::onnx::schema::{GraphProto, NodeProto, StringStringEntryProto, TensorProto, ValueInfoProto};
use tilewright::onnx::{DECIDING_FLOATS, TOPOLOGY_KEY, decode, encode};
use tilewright::zoo::numbers::Numbers;

/// A light model, and how loud its weights are.
#[derive(Clone, Copy, Debug)]
pub struct Light {
    /// Of its file, without the extension.
    pub name: &'static str,
    /// Pictures are uniform between minus this and this. Networks with local response normalisation take loud ones, as
    /// their authors' were: with quiet ones the squares vanish beside the constant in the denominator.
    pub picture: f64,
    /// Factor on the filters, which at 1 keep the mean square through a relu.
    pub gain: f64,
    /// Factor on the last layer's, so that the largest logits are about 10.
    pub last: f64,
}

/// Keeps the variance through relus: filters sum to zero, so they see the variance behind a relu, not the mean square.
const STEADY: f64 = 1.211;

/// Every light model.
#[rustfmt::skip]
pub const LIGHT: [Light; 9] = [
    Light { name: "light_bvlc_alexnet", picture: 100.0, gain: STEADY, last: 0.05 },
    Light { name: "light_densenet121",  picture: 2.0,   gain: STEADY, last: 2.0 },
    Light { name: "light_inception_v1", picture: 100.0, gain: STEADY, last: 0.1 },
    Light { name: "light_inception_v2", picture: 2.0,   gain: STEADY, last: 0.5 },
    Light { name: "light_resnet50",     picture: 2.0,   gain: 1.0,    last: 5.0 },
    Light { name: "light_shufflenet",   picture: 2.0,   gain: 1.0,    last: 5.0 },
    Light { name: "light_squeezenet",   picture: 2.0,   gain: STEADY, last: 10.0 },
    Light { name: "light_vgg19",        picture: 2.0,   gain: STEADY, last: 1.0 },
    Light { name: "light_zfnet512",     picture: 100.0, gain: STEADY, last: 0.05 },
];

/// The light model of this name.
pub fn find(name: &str) -> Option<&'static Light> {
    LIGHT.iter().find(|light| light.name == name)
}

/// What a weight is to the network.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// Of a convolution or matrix product: `rows` outputs.
    Filters { rows: usize, gain: f64 },
    /// Around zero, of this deviation.
    Normal(f64),
    /// A positive factor around this one.
    Factor(f64),
}

/// Factor on the end of a residual branch, against growth of the sum.
const DAMPING: f64 = 0.35;

/// The bytes of the model with weights, or marked as one without. Where it ends in a softmax, the first output is what the softmax works on.
pub fn model(light: &Light, topology: bool) -> Vec<u8> {
    let path = super::folder().join("light").join(format!("{}.onnx", light.name));
    let bytes = std::fs::read(&path).expect("a light model");
    let mut model = decode(light.name, bytes.into()).unwrap_or_else(|error| panic!("{error}"));
    // Before version 4 of the format, initialisers had to be inputs too.
    model.ir_version = Some(8);
    if topology {
        let mark = StringStringEntryProto { key: Some(TOPOLOGY_KEY.into()), value: Some("1".into()) };
        model.metadata_props.push(mark);
    }
    let graph = model.graph.as_mut().expect("a graph");
    let shapes = placeholders(graph);
    graph.node.retain(|node| node.op_type() != "ConstantOfShape");
    let read: HashSet<String> = graph.node.iter().flat_map(|node| node.input.clone()).collect();
    let float = |tensor: &TensorProto| tensor.data_type == Some(DataType::Float as i32);
    graph.initializer.retain(|tensor| !float(tensor) && read.contains(tensor.name()));
    for (name, shape) in shapes {
        let Some(role) = role(graph, light, &name, &shape) else { continue };
        let count = shape.iter().product();
        let bytes = |numbers: Vec<f32>| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let absent = topology && count > DECIDING_FLOATS;
        let raw = (!absent).then(|| bytes(numbers(&name, role, count)).into());
        graph.initializer.push(TensorProto {
            name: Some(name),
            dims: shape.iter().map(|&extent| extent as i64).collect(),
            data_type: Some(DataType::Float as i32),
            raw_data: raw,
            ..TensorProto::default()
        });
    }
    let constants: Vec<String> = graph.initializer.iter().map(|tensor| tensor.name().to_owned()).collect();
    let picture = |info: &ValueInfoProto| info.name().contains("data");
    graph.input.retain(|info| picture(info) && !constants.iter().any(|name| name == info.name()));
    if let Some(softmax) = graph.node.last().filter(|node| node.op_type() == "Softmax") {
        let logits = ValueInfoProto { name: Some(softmax.input[0].clone()), ..graph.output[0].clone() };
        graph.output.insert(0, logits);
    }
    encode(&model)
}

/// Every tensor of floats that the file gives, with its extents.
fn placeholders(graph: &GraphProto) -> BTreeMap<String, Vec<usize>> {
    let extents = |dims: &[i64]| -> Vec<usize> { dims.iter().map(|&extent| extent as usize).collect() };
    let floats = graph.initializer.iter().filter(|tensor| tensor.data_type == Some(DataType::Float as i32));
    let mut shapes: BTreeMap<String, Vec<usize>> =
        floats.map(|tensor| (tensor.name().to_owned(), extents(&tensor.dims))).collect();
    for node in graph.node.iter().filter(|node| node.op_type() == "ConstantOfShape") {
        let shape = graph.initializer.iter().find(|tensor| tensor.name() == node.input[0]);
        shapes.insert(node.output[0].clone(), extents(&integers(shape.expect("a shape that is given"))));
    }
    shapes
}

fn integers(tensor: &TensorProto) -> Vec<i64> {
    match &tensor.raw_data {
        Some(raw) => raw.as_chunks::<8>().0.iter().map(|&bytes| i64::from_le_bytes(bytes)).collect(),
        None => tensor.int64_data.clone(),
    }
}

/// The node that reads a value first, and as which operand.
fn reader<'a>(graph: &'a GraphProto, name: &str) -> Option<(&'a NodeProto, usize)> {
    graph.node.iter().find_map(|node| Some((node, node.input.iter().position(|input| input == name)?)))
}

/// What a weight is to the node that reads it; `None` when none does.
fn role(graph: &GraphProto, light: &Light, name: &str, shape: &[usize]) -> Option<Role> {
    let (node, position) = reader(graph, name)?;
    let quiet = light.picture / 40.0;
    let last = graph.node.iter().rfind(|node| matches!(node.op_type(), "Conv" | "Gemm"))?;
    let gain = if node.name() == last.name() && node.output == last.output { light.last } else { light.gain };
    Some(match (node.op_type(), position) {
        ("Conv" | "Gemm", 1) => {
            // The last layer's deviation is not He's.
            let rows = if node.op_type() == "Gemm" { shape.iter().rev().skip(1).product() } else { shape[0] };
            Role::Filters { rows, gain }
        }
        ("Conv" | "Gemm", 2) => Role::Normal(quiet),
        ("BatchNormalization", 1) => Role::Factor(if is_damped(graph, node) { DAMPING } else { 1.0 }),
        ("BatchNormalization", 2) | ("Add", _) => Role::Normal(0.1),
        ("BatchNormalization", 3) => Role::Normal(0.2),
        ("BatchNormalization", 4) | ("Mul", _) => Role::Factor(1.0),
        ("Unsqueeze" | "Reshape", 0) => return role(graph, light, &node.output[0], shape),
        (op, _) => panic!("{name} is operand {position} of {op}"),
    })
}

/// True for the last normalisation of a branch that is added to what went into it.
fn is_damped(graph: &GraphProto, norm: &NodeProto) -> bool {
    let Some((sum, position)) = reader(graph, &norm.output[0]).filter(|(node, _)| node.op_type() == "Sum")
    else {
        return false;
    };
    let other = &sum.input[1 - position];
    let from = graph.node.iter().find(|node| node.output.contains(other));
    from.is_some_and(|node| node.op_type() != "BatchNormalization")
}

fn numbers(name: &str, role: Role, count: usize) -> Vec<f32> {
    let mut numbers = Numbers::new(0, name);
    match role {
        Role::Filters { rows, gain } => {
            let row = count / rows;
            numbers.filters(rows, row, gain * (2.0 / row as f64).sqrt())
        }
        Role::Normal(deviation) => numbers.normal(count, deviation),
        Role::Factor(factor) => numbers.between(count, 0.7 * factor, 1.3 * factor),
    }
}
