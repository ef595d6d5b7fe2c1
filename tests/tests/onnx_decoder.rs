//! A second decoder must read the same from a file as ours: rust-protobuf, without a schema, so that not even the
//! numbers of the fields are shared. Those below are written down from `onnx-ml.proto`.

use std::collections::BTreeMap;

use bytes::Bytes;
use protobuf::{Message, UnknownValueRef, well_known_types::empty::Empty};
use tilewright::onnx::decode;
use tilewright::onnx::schema::{AttributeProto, ModelProto, NodeProto, TensorProto};
use tilewright::zoo::{self, ZooOptions};
use tilewright_tests::shared_models;

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

fn little_endian(words: impl Iterator<Item = u32>) -> Vec<u8> {
    words.flat_map(u32::to_le_bytes).collect()
}

/// The fields of a message by number, as the second decoder has them.
struct Fields(BTreeMap<u32, Vec<Field>>);

enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Fields {
    fn parse(bytes: &[u8]) -> Self {
        let message = Empty::parse_from_bytes(bytes).expect("a message");
        let mut fields: BTreeMap<u32, Vec<Field>> = BTreeMap::new();
        for (number, value) in message.special_fields.unknown_fields() {
            let field = match value {
                UnknownValueRef::Fixed32(bits) => Field::Number(bits.into()),
                UnknownValueRef::Fixed64(bits) | UnknownValueRef::Varint(bits) => Field::Number(bits),
                UnknownValueRef::LengthDelimited(bytes) => Field::Bytes(bytes.to_vec()),
            };
            fields.entry(number).or_default().push(field);
        }
        Fields(fields)
    }

    fn all(&self, number: u32) -> &[Field] {
        self.0.get(&number).map_or(&[], Vec::as_slice)
    }

    fn bytes(&self, number: u32) -> Vec<&[u8]> {
        let bytes = |field| match field {
            &Field::Number(_) => None,
            Field::Bytes(bytes) => Some(bytes.as_slice()),
        };
        self.all(number).iter().filter_map(bytes).collect()
    }

    fn messages(&self, number: u32) -> Vec<Fields> {
        self.bytes(number).into_iter().map(Fields::parse).collect()
    }

    fn texts(&self, number: u32) -> Vec<String> {
        self.bytes(number)
            .into_iter()
            .map(|bytes| String::from_utf8(bytes.to_vec()).expect("UTF-8"))
            .collect()
    }

    fn text(&self, number: u32) -> String {
        self.texts(number).pop().unwrap_or_default()
    }

    /// Repeated numbers, one by one or packed as varints.
    fn numbers(&self, number: u32) -> Vec<u64> {
        let mut numbers = Vec::new();
        for field in self.all(number) {
            match field {
                Field::Number(number) => numbers.push(*number),
                Field::Bytes(packed) => {
                    let mut rest = packed.as_slice();
                    while !rest.is_empty() {
                        let length = rest.iter().position(|byte| byte & 0x80 == 0).expect("a varint") + 1;
                        let (varint, after) = rest.split_at(length);
                        let join = |value: u64, byte: &u8| value << 7 | u64::from(byte & 0x7f);
                        numbers.push(varint.iter().rev().fold(0, join));
                        rest = after;
                    }
                }
            }
        }
        numbers
    }

    fn signed(&self, number: u32) -> Vec<i64> {
        self.numbers(number).into_iter().map(|value| value as i64).collect()
    }

    /// Repeated 32-bit floats, one by one or packed, as bytes.
    fn floats(&self, number: u32) -> Vec<u8> {
        let bytes = |field: &Field| match field {
            Field::Number(bits) => (*bits as u32).to_le_bytes().to_vec(),
            Field::Bytes(packed) => packed.clone(),
        };
        self.all(number).iter().flat_map(bytes).collect()
    }
}

fn theirs(file: &[u8]) -> Summary {
    let model = Fields::parse(file);
    let graph = &model.messages(7)[0];
    let infos = |number: u32| graph.messages(number).iter().map(|info| info.text(1)).collect();
    Summary {
        graph: format!("{} ir {:?}", graph.text(2), model.numbers(1)),
        nodes: graph.messages(1).iter().map(their_node).collect(),
        tensors: graph.messages(5).iter().map(their_tensor).collect(),
        inputs: infos(11),
        outputs: infos(12),
    }
}

fn their_node(node: &Fields) -> String {
    let attributes: Vec<String> = node.messages(5).iter().map(their_attribute).collect();
    format!(
        "{}|{}|{}|{:?}|{:?}|{attributes:?}",
        node.text(7),
        node.text(4),
        node.text(3),
        node.texts(1),
        node.texts(2)
    )
}

fn their_attribute(attribute: &Fields) -> String {
    let tensor: Vec<String> = attribute.messages(5).iter().map(their_tensor).collect();
    format!(
        "{} type {:?} {:?} {:?} {} {:?} {:?} {tensor:?}",
        attribute.text(1),
        attribute.signed(20),
        checksum(&attribute.floats(2)),
        attribute.signed(3),
        attribute.text(4),
        checksum(&attribute.floats(7)),
        attribute.signed(8),
    )
}

fn their_tensor(tensor: &Fields) -> String {
    let raw: Vec<String> = tensor.bytes(9).into_iter().map(checksum).collect();
    format!(
        "{} type {:?} {:?} {raw:?} {} {:?} {:?}",
        tensor.text(8),
        tensor.signed(2),
        tensor.signed(1),
        checksum(&tensor.floats(4)),
        tensor.signed(5),
        tensor.signed(7),
    )
}

fn ours(model: &ModelProto) -> Summary {
    let graph = model.graph.as_ref().expect("a graph");
    Summary {
        graph: format!("{} ir {:?}", graph.name(), [model.ir_version()]),
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
    let bits = |floats: &[f32]| checksum(&little_endian(floats.iter().map(|x| x.to_bits())));
    format!(
        "{} type {:?} {:?} {:?} {} {:?} {:?} {tensor:?}",
        attribute.name(),
        Vec::from_iter(attribute.r#type.map(i64::from)),
        bits(attribute.f.as_slice()),
        attribute.i.as_slice(),
        String::from_utf8_lossy(attribute.s()),
        bits(&attribute.floats),
        attribute.ints,
    )
}

fn our_tensor(tensor: &TensorProto) -> String {
    let raw: Vec<String> = tensor.raw_data.iter().map(|bytes| checksum(bytes)).collect();
    format!(
        "{} type {:?} {:?} {raw:?} {} {:?} {:?}",
        tensor.name(),
        Vec::from_iter(tensor.data_type.map(i64::from)),
        tensor.dims,
        checksum(&little_endian(tensor.float_data.iter().map(|x| x.to_bits()))),
        tensor.int32_data,
        tensor.int64_data,
    )
}

fn check(name: &str, file: Vec<u8>) {
    let file = Bytes::from(file);
    let model = decode(name, file.clone()).unwrap_or_else(|error| panic!("{error}"));
    let (ours, theirs) = (ours(&model), theirs(&file));
    assert!(ours.nodes.len() > 10 && ours.tensors.len() > 10, "{name}: too little to compare");
    for (left, right) in ours.nodes.iter().zip(&theirs.nodes).chain(ours.tensors.iter().zip(&theirs.tensors))
    {
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
    for path in shared_models("light") {
        check(&path.display().to_string(), std::fs::read(&path).expect("the file"));
    }
}
