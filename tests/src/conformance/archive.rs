//! Reading the recorded cases.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use tilewright::base::tensor::{DType, Elements, Tensor, TensorType};
use tilewright::onnx::decode;
use tilewright::onnx::schema::tensor_proto::DataType;
use tilewright::onnx::schema::{ModelProto, TensorProto};

/// A model of one operator, or of the functions that define it, with inputs and the outputs that they must give.
#[derive(Clone, Debug)]
pub struct Case {
    /// As the ONNX package calls it, without `test_`.
    pub name: String,
    /// The model; every input is one of run time.
    pub model: ModelProto,
    /// A tensor per input of the graph, under its name.
    pub inputs: Vec<TensorProto>,
    /// A tensor per output of the graph.
    pub outputs: Vec<Tensor>,
}

impl Case {
    /// The operators of its nodes, in the order of the nodes.
    pub fn operators(&self) -> Vec<&str> {
        let nodes = self.model.graph.iter().flat_map(|graph| &graph.node);
        nodes.map(|node| node.op_type()).collect()
    }

    /// True when it has no integers: neither inputs nor outputs.
    pub fn is_float(&self) -> bool {
        let float = |tensor: &TensorProto| tensor.data_type == Some(DataType::Float as i32);
        self.inputs.iter().all(float) && self.outputs.iter().all(|tensor| tensor.ty.dtype == DType::F32)
    }
}

/// A recorded tensor of f32 or i64.
pub fn tensor(proto: &TensorProto) -> Tensor {
    let dtype = if proto.data_type == Some(DataType::Int64 as i32) { DType::I64 } else { DType::F32 };
    let shape = proto.dims.iter().map(|&extent| usize::try_from(extent).expect("an extent")).collect();
    let raw = proto.raw_data.as_deref().unwrap_or_default();
    Tensor::decode(TensorType { dtype, shape }, raw).expect("a recorded tensor with its data")
}

/// Every case, by name.
///
/// # Panics
/// When the archive is not what `record.py` wrote.
pub fn read() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/cases.tar.xz");
    let file = std::io::BufReader::new(std::fs::File::open(&path).expect("the recorded cases"));
    let mut archive = tar::Archive::new(lzma_rust2::XzReader::new(file, false));
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    for entry in archive.entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its data");
        let (name, file) = path.split_once('/').expect("a file in the folder of a case");
        let name = name.strip_prefix("test_").expect("the name of a test").to_owned();
        if file == "model.onnx" {
            let model = decode(&path, bytes.into()).unwrap_or_else(|error| panic!("{error}"));
            let case = Case { name: name.clone(), model, inputs: Vec::new(), outputs: Vec::new() };
            cases.insert(name, case);
            continue;
        }
        let case = cases.get_mut(&name).expect("a model before its data");
        let proto: TensorProto = prost::Message::decode(bytes.as_slice()).expect("a tensor");
        // Tensors come in the order of their numbers.
        match file.strip_prefix("test_data_set_0/").expect("one set of data") {
            file if file.starts_with("input_") => case.inputs.push(proto),
            _ => case.outputs.push(tensor(&proto)),
        }
    }
    cases.into_values().collect()
}

/// The elements as f32, as programs take and give them.
pub fn floats(tensor: &Tensor) -> Vec<f32> {
    match &tensor.elements {
        Elements::Float(list) => list.iter().map(|&x| x as f32).collect(),
        Elements::Int(list) => list.iter().map(|&x| x as f32).collect(),
    }
}
