//! A file that grows node by node.

use crate::model::{Attr, Model, floats, ints, value};
use tilewright::base::tensor::DType;
use tilewright::ir::graph::{Const, Def, Graph, ValueId};
use tilewright::ir::reference;
use tilewright::onnx::schema::tensor_proto::DataType;

/// The newest definitions of reductions, pools and Gelu.
const OPSET: i64 = 20;

/// Attributes of a node.
pub type Attributes = Vec<(&'static str, Attr)>;

/// A file that grows. Values have the names that they have in the graph.
pub struct Writer<'a> {
    graph: &'a Graph,
    model: Model,
    made: usize,
}

impl<'a> Writer<'a> {
    /// The inputs and the constants.
    pub fn new(graph: &'a Graph) -> Self {
        let mut writer = Writer { graph, model: Model::new(OPSET), made: 0 };
        writer.model.proto.ir_version = Some(9);
        writer.model.graph.input = writer.infos(&graph.inputs);
        for (at, constant) in graph.values.iter().enumerate() {
            if matches!(constant.def, Def::Const(Const::Data(_))) {
                let dims = dims(&constant.ty.shape);
                let tensor = floats(&constant.name, &dims, &numbers(graph, ValueId(at)));
                writer.model.graph.initializer.push(tensor);
            }
        }
        writer
    }

    /// The file.
    pub fn finish(mut self) -> Model {
        self.model.graph.output = self.infos(&self.graph.outputs);
        self.model
    }

    /// Adds a node; several outputs are separated by spaces.
    pub fn put(&mut self, op: &str, inputs: &[&str], outputs: &str, attributes: Attributes) {
        let model = std::mem::replace(&mut self.model, Model::new(OPSET));
        self.model = model.node_with(op, &inputs.join(" "), outputs, attributes);
    }

    /// The same for a value that the graph does not have.
    pub fn step(&mut self, op: &str, inputs: &[&str], attributes: Attributes) -> String {
        let name = self.fresh();
        self.put(op, inputs, &name, attributes);
        name
    }

    /// The same for a node whose only attribute is an axis.
    pub fn along(&mut self, op: &str, inputs: &[&str], axis: usize, output: &str) {
        self.put(op, inputs, output, vec![("axis", Attr::Int(axis as i64))]);
    }

    /// A name that is not taken.
    pub fn fresh(&mut self) -> String {
        self.made += 1;
        format!("t{}", self.made)
    }

    /// A constant of f32.
    pub fn floats(&mut self, shape: &[usize], list: &[f32]) -> String {
        let name = self.fresh();
        self.model.graph.initializer.push(floats(&name, &dims(shape), list));
        name
    }

    /// A constant list of integers.
    pub fn ints(&mut self, list: &[i64]) -> String {
        let name = self.fresh();
        self.model.graph.initializer.push(ints(&name, &[list.len() as i64], list));
        name
    }

    /// A constant integer.
    pub fn int(&mut self, number: i64) -> String {
        let name = self.fresh();
        self.model.graph.initializer.push(ints(&name, &[], &[number]));
        name
    }

    /// The numbers of a constant of the graph.
    pub fn numbers(&self, id: ValueId) -> Vec<f32> {
        numbers(self.graph, id)
    }

    fn infos(&self, ids: &[ValueId]) -> Vec<tilewright::onnx::schema::ValueInfoProto> {
        let info = |&id: &ValueId| {
            let of = self.graph.value(id);
            let extents: Vec<String> = of.ty.shape.iter().map(usize::to_string).collect();
            let ty = match of.ty.dtype {
                DType::F32 => DataType::Float,
                DType::I64 => DataType::Int64,
                DType::Bool => DataType::Bool,
                other => panic!("the generator makes no {}", other.name()),
            };
            value(&of.name, ty, &extents.iter().map(String::as_str).collect::<Vec<_>>())
        };
        ids.iter().map(info).collect()
    }
}

/// Extents as ONNX has them.
pub fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&extent| extent as i64).collect()
}

fn numbers(graph: &Graph, id: ValueId) -> Vec<f32> {
    let tensor = reference::constant(graph, id).unwrap_or_else(|error| panic!("{error}"));
    tensor.to_f64().into_iter().map(|x| x as f32).collect()
}
