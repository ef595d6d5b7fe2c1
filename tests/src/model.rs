//! Small ONNX models, written in a few lines.

use tilewright::onnx::encode;
use tilewright::onnx::schema::attribute_proto::AttributeType;
use tilewright::onnx::schema::tensor_proto::{DataLocation, DataType};
use tilewright::onnx::schema::tensor_shape_proto::{Dimension, dimension};
use tilewright::onnx::schema::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};

/// The value of an attribute.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Attr {
    Int(i64),
    Float(f32),
    Text(&'static str),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Tensor(Box<TensorProto>),
}

/// An attribute with its type.
pub fn attribute(name: &str, value: Attr) -> AttributeProto {
    let mut attribute = AttributeProto { name: Some(name.into()), ..AttributeProto::default() };
    let ty = match value {
        Attr::Int(i) => (attribute.i = Some(i), AttributeType::Int).1,
        Attr::Float(f) => (attribute.f = Some(f), AttributeType::Float).1,
        Attr::Text(s) => (attribute.s = Some(s.into()), AttributeType::String).1,
        Attr::Ints(ints) => (attribute.ints = ints, AttributeType::Ints).1,
        Attr::Floats(floats) => (attribute.floats = floats, AttributeType::Floats).1,
        Attr::Tensor(t) => (attribute.t = Some(*t), AttributeType::Tensor).1,
    };
    attribute.set_type(ty);
    attribute
}

/// A tensor of f32, as raw data.
pub fn floats(name: &str, dims: &[i64], data: &[f32]) -> TensorProto {
    let bytes: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
    tensor(name, DataType::Float, dims, bytes)
}

/// A tensor of i64, as raw data.
pub fn ints(name: &str, dims: &[i64], data: &[i64]) -> TensorProto {
    let bytes: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
    tensor(name, DataType::Int64, dims, bytes)
}

/// A tensor of f32 whose numbers are the whole of a file beside the model.
pub fn external(name: &str, dims: &[i64], location: &str) -> TensorProto {
    let entry = StringStringEntryProto { key: Some("location".to_owned()), value: Some(location.to_owned()) };
    TensorProto {
        raw_data: None,
        data_location: Some(DataLocation::External as i32),
        external_data: vec![entry],
        ..floats(name, dims, &[])
    }
}

/// A tensor of any type, as raw data.
pub fn tensor(name: &str, ty: DataType, dims: &[i64], raw: Vec<u8>) -> TensorProto {
    TensorProto {
        name: Some(name.into()),
        data_type: Some(ty as i32),
        dims: dims.to_vec(),
        raw_data: Some(raw.into()),
        ..TensorProto::default()
    }
}

/// An input or output. An extent `"N"` is a symbol, `""` is open without a name, anything else a number.
pub fn value(name: &str, ty: DataType, extents: &[&str]) -> ValueInfoProto {
    let dim = |extent: &&str| {
        let value = match extent.parse() {
            Ok(number) => Some(dimension::Value::DimValue(number)),
            Err(_) if extent.is_empty() => None,
            Err(_) => Some(dimension::Value::DimParam((*extent).into())),
        };
        Dimension { denotation: None, value }
    };
    let shape = TensorShapeProto { dim: extents.iter().map(dim).collect() };
    let tensor = type_proto::Tensor { elem_type: Some(ty as i32), shape: Some(shape) };
    let ty = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: Some(name.into()), r#type: Some(ty), ..ValueInfoProto::default() }
}

/// A model that grows. Its fields may be changed at will, to make it wrong.
#[derive(Clone, Debug)]
pub struct Model {
    /// Everything but the graph.
    pub proto: ModelProto,
    /// The graph.
    pub graph: GraphProto,
}

impl Model {
    /// An empty graph of an operator set.
    pub fn new(opset: i64) -> Self {
        let proto = ModelProto {
            ir_version: Some(8),
            opset_import: vec![OperatorSetIdProto { domain: None, version: Some(opset) }],
            ..ModelProto::default()
        };
        Model { proto, graph: GraphProto { name: Some("test".into()), ..GraphProto::default() } }
    }

    /// Adds an f32 input; extents as for [`value`], separated by spaces.
    pub fn input(mut self, name: &str, extents: &str) -> Self {
        let extents: Vec<&str> = extents.split(' ').filter(|extent| !extent.is_empty()).collect();
        self.graph.input.push(value(name, DataType::Float, &extents));
        self
    }

    /// Adds an output.
    pub fn output(mut self, name: &str) -> Self {
        self.graph.output.push(value(name, DataType::Float, &[]));
        self
    }

    /// Adds an initialiser.
    pub fn initialiser(mut self, tensor: TensorProto) -> Self {
        self.graph.initializer.push(tensor);
        self
    }

    /// Adds a node; names are separated by spaces, `_` is an absent operand. Its own name is that of its output after
    /// `node_`.
    pub fn node(self, op: &str, inputs: &str, outputs: &str) -> Self {
        self.node_with(op, inputs, outputs, Vec::new())
    }

    /// Adds a node with attributes.
    pub fn node_with(mut self, op: &str, inputs: &str, outputs: &str, attributes: Vec<(&str, Attr)>) -> Self {
        let names = |list: &str| -> Vec<String> {
            let words = list.split(' ').filter(|word| !word.is_empty());
            words.map(|word| if word == "_" { String::new() } else { word.to_owned() }).collect()
        };
        let outputs = names(outputs);
        self.graph.node.push(NodeProto {
            name: outputs.first().map(|output| format!("node_{output}")),
            op_type: Some(op.into()),
            input: names(inputs),
            output: outputs,
            attribute: attributes.into_iter().map(|(name, value)| attribute(name, value)).collect(),
            ..NodeProto::default()
        });
        self
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        encode(&ModelProto { graph: Some(self.graph.clone()), ..self.proto.clone() })
    }
}
