//! A second decoder, the crate onnx-protobuf, must read the same from a file as ours.

use bytes::Bytes;
use onnx_protobuf::Message;
use tilewright::onnx::decode;
use tilewright::onnx::schema::{AttributeProto, ModelProto, NodeProto, TensorProto};
use tilewright::zoo::{self, ZooOptions};
use tilewright_tests::networks::{folder, light::LIGHT};

/// What both decoders must agree on, as text; data of tensors as length and checksum.
#[derive(PartialEq, Debug, Default)]
struct Summary {
    graph: String,
    nodes: Vec<String>,
    tensors: Vec<String>,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

fn checksum(bytes: &[u8]) -> String {
    let sum = bytes.iter().fold(0u64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{} bytes {sum:x}", bytes.len())
}

/// The floats by their bits: NaN is equal to itself, and -0.0 is not 0.0.
fn bits(floats: &[f32]) -> String {
    checksum(&floats.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>())
}

fn theirs(file: &[u8]) -> Summary {
    let model = onnx_protobuf::ModelProto::parse_from_bytes(file).expect("a model");
    let graph = &model.graph;
    Summary {
        graph: format!("{} ir {}", graph.name, model.ir_version),
        nodes: graph.node.iter().map(their_node).collect(),
        tensors: graph.initializer.iter().map(their_tensor).collect(),
        inputs: graph.input.iter().map(|info| info.name.clone()).collect(),
        outputs: graph.output.iter().map(|info| info.name.clone()).collect(),
    }
}

fn their_node(node: &onnx_protobuf::NodeProto) -> String {
    let attributes: Vec<String> = node.attribute.iter().map(their_attribute).collect();
    let (domain, op, name) = (&node.domain, &node.op_type, &node.name);
    format!("{domain}|{op}|{name}|{:?}|{:?}|{attributes:?}", node.input, node.output)
}

fn their_attribute(attribute: &onnx_protobuf::AttributeProto) -> String {
    let tensor: Vec<String> = attribute.t.iter().map(their_tensor).collect();
    format!(
        "{} type {} {} {} {} {} {:?} {tensor:?}",
        attribute.name,
        attribute.type_.value(),
        attribute.f.to_bits(),
        attribute.i,
        String::from_utf8_lossy(&attribute.s),
        bits(&attribute.floats),
        attribute.ints,
    )
}

fn their_tensor(tensor: &onnx_protobuf::TensorProto) -> String {
    format!(
        "{} type {} {:?} {} {} {:?} {:?}",
        tensor.name,
        tensor.data_type,
        tensor.dims,
        checksum(&tensor.raw_data),
        bits(&tensor.float_data),
        tensor.int32_data,
        tensor.int64_data,
    )
}

fn ours(model: &ModelProto) -> Summary {
    let graph = model.graph.as_ref().expect("a graph");
    Summary {
        graph: format!("{} ir {}", graph.name(), model.ir_version()),
        nodes: graph.node.iter().map(our_node).collect(),
        tensors: graph.initializer.iter().map(our_tensor).collect(),
        inputs: graph.input.iter().map(|info| info.name().to_owned()).collect(),
        outputs: graph.output.iter().map(|info| info.name().to_owned()).collect(),
    }
}

fn our_node(node: &NodeProto) -> String {
    let attributes: Vec<String> = node.attribute.iter().map(our_attribute).collect();
    let (domain, op, name) = (node.domain(), node.op_type(), node.name());
    format!("{domain}|{op}|{name}|{:?}|{:?}|{attributes:?}", node.input, node.output)
}

fn our_attribute(attribute: &AttributeProto) -> String {
    let tensor: Vec<String> = attribute.t.iter().map(our_tensor).collect();
    format!(
        "{} type {} {} {} {} {} {:?} {tensor:?}",
        attribute.name(),
        attribute.r#type.unwrap_or_default(),
        attribute.f().to_bits(),
        attribute.i(),
        String::from_utf8_lossy(attribute.s()),
        bits(&attribute.floats),
        attribute.ints,
    )
}

fn our_tensor(tensor: &TensorProto) -> String {
    format!(
        "{} type {} {:?} {} {} {:?} {:?}",
        tensor.name(),
        tensor.data_type(),
        tensor.dims,
        checksum(tensor.raw_data()),
        bits(&tensor.float_data),
        tensor.int32_data,
        tensor.int64_data,
    )
}

fn check(name: &str, file: Vec<u8>) {
    let file = Bytes::from(file);
    let model = decode(name, file.clone()).unwrap_or_else(|error| panic!("{error}"));
    let (ours, theirs) = (ours(&model), theirs(&file));
    assert!(ours.nodes.len() > 10 && ours.tensors.len() > 10, "{name}: too little to compare");
    let nodes = ours.nodes.iter().zip(&theirs.nodes);
    for (left, right) in nodes.chain(ours.tensors.iter().zip(&theirs.tensors)) {
        assert_eq!(left, right, "{name}");
    }
    assert_eq!(ours, theirs, "{name}");
}

#[test]
fn zoo() {
    for options in [ZooOptions::default(), ZooOptions { topology: true, ..ZooOptions::default() }] {
        check("resnet18", zoo::build("resnet18", &options).expect("resnet18"));
    }
}

#[test]
fn models_of_the_onnx_package() {
    for light in &LIGHT {
        let path = folder().join("light").join(format!("{}.onnx", light.name));
        check(light.name, std::fs::read(path).expect("the file"));
    }
}
