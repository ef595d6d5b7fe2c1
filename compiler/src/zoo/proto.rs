//! Writing ONNX structs: attributes, nodes, float initialisers.

use crate::onnx::schema::attribute_proto::AttributeType;
use crate::onnx::schema::tensor_proto::DataType;
use crate::onnx::schema::tensor_shape_proto::{Dimension, dimension};
use crate::onnx::schema::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};
use crate::onnx::{DECIDING_FLOATS, TOPOLOGY_KEY};

/// An extent of an input or output.
#[derive(Clone, Copy)]
pub(super) enum Extent<'a> {
    Fixed(usize),
    Open(&'a str),
}

pub(super) fn int(name: &str, value: usize) -> AttributeProto {
    attribute(name, AttributeType::Int, |a| a.i = Some(value as i64))
}

pub(super) fn text(name: &str, value: &str) -> AttributeProto {
    attribute(name, AttributeType::String, |a| a.s = Some(value.as_bytes().to_vec()))
}

pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    attribute(name, AttributeType::Float, |a| a.f = Some(value))
}

pub(super) fn ints(name: &str, values: &[usize]) -> AttributeProto {
    attribute(name, AttributeType::Ints, |a| a.ints = values.iter().map(|&v| v as i64).collect())
}

fn attribute(name: &str, ty: AttributeType, set: impl FnOnce(&mut AttributeProto)) -> AttributeProto {
    let mut attribute = AttributeProto { name: Some(name.into()), ..AttributeProto::default() };
    attribute.set_type(ty);
    set(&mut attribute);
    attribute
}

/// A graph that grows node by node.
pub(super) struct Net {
    pub graph: GraphProto,
    topology: bool,
}

impl Net {
    pub fn new(topology: bool) -> Self {
        Net { graph: GraphProto { name: Some("main_graph".into()), ..GraphProto::default() }, topology }
    }

    /// Adds the node `scope`/`op`; returns the name of its output.
    pub fn node(
        &mut self,
        scope: &str,
        op: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let name = format!("{scope}/{op}");
        let output = format!("{name}_output_0");
        self.graph.node.push(NodeProto {
            name: Some(name),
            op_type: Some(op.into()),
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.clone()],
            attribute: attributes,
            ..NodeProto::default()
        });
        output
    }

    /// Adds an f32 initialiser, once: layers may share it. `fill` makes its numbers from its name. Without weights, only
    /// tensors that are small enough to decide something keep their numbers.
    pub fn weights(&mut self, name: &str, shape: &[usize], fill: impl FnOnce(&str) -> Vec<f32>) {
        if self.has(name) {
            return;
        }
        let count: usize = shape.iter().product();
        let bytes = |numbers: Vec<f32>| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let absent = self.topology && count > DECIDING_FLOATS;
        self.graph.initializer.push(TensorProto {
            name: Some(name.into()),
            dims: shape.iter().map(|&extent| extent as i64).collect(),
            data_type: Some(DataType::Float as i32),
            raw_data: (!absent).then(|| bytes(fill(name)).into()),
            ..TensorProto::default()
        });
    }

    /// Adds an initialiser of integers, once: shapes may be shared.
    pub fn integers(&mut self, name: &str, values: &[i64]) {
        if self.has(name) {
            return;
        }
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.graph.initializer.push(TensorProto {
            name: Some(name.into()),
            dims: vec![values.len() as i64],
            data_type: Some(DataType::Int64 as i32),
            raw_data: Some(bytes.into()),
            ..TensorProto::default()
        });
    }

    fn has(&self, name: &str) -> bool {
        self.graph.initializer.iter().any(|tensor| tensor.name() == name)
    }

    /// Gives a value another name, wherever it occurs.
    fn rename(&mut self, from: &str, to: &str) {
        let names = self.graph.node.iter_mut().flat_map(|node| node.input.iter_mut().chain(&mut node.output));
        names.filter(|name| *name == from).for_each(|name| *name = to.to_owned());
    }

    /// The model: operator set 17, IR 8, one input of f32; outputs of f32 are the values given, under their new names.
    pub fn finish(
        mut self,
        input: (&str, &[Extent]),
        outputs: &[(&str, &str, Vec<Extent<'_>>)],
    ) -> ModelProto {
        for (value, name, _) in outputs {
            self.rename(value, name);
        }
        self.graph.input = vec![value_info(input.0, input.1)];
        self.graph.output = outputs.iter().map(|(_, name, shape)| value_info(name, shape)).collect();
        let mark = StringStringEntryProto { key: Some(TOPOLOGY_KEY.into()), value: Some("1".into()) };
        ModelProto {
            ir_version: Some(8),
            opset_import: vec![OperatorSetIdProto { domain: None, version: Some(17) }],
            producer_name: Some("tilewright".into()),
            graph: Some(self.graph),
            metadata_props: if self.topology { vec![mark] } else { Vec::new() },
            ..ModelProto::default()
        }
    }
}

fn value_info(name: &str, shape: &[Extent]) -> ValueInfoProto {
    let dim = |extent: &Extent| {
        let value = match *extent {
            Extent::Fixed(extent) => dimension::Value::DimValue(extent as i64),
            Extent::Open(name) => dimension::Value::DimParam(name.into()),
        };
        Dimension { denotation: None, value: Some(value) }
    };
    let shape = TensorShapeProto { dim: shape.iter().map(dim).collect() };
    let tensor = type_proto::Tensor { elem_type: Some(DataType::Float as i32), shape: Some(shape) };
    let ty = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: Some(name.into()), r#type: Some(ty), ..ValueInfoProto::default() }
}
