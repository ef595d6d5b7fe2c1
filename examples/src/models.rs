//! Two models of a few hundred bytes, written by hand rather than trained, so that they are ours to give away.

use tilewright::onnx::encode;
use tilewright::onnx::schema::attribute_proto::AttributeType;
use tilewright::onnx::schema::tensor_proto::DataType;
use tilewright::onnx::schema::tensor_shape_proto::{Dimension, dimension};
use tilewright::onnx::schema::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto,
    TypeProto, ValueInfoProto, type_proto,
};

/// Height and width of the pictures.
const SIDE: i64 = 32;

/// Mean and deviation that pictures are normalised by, red, green, blue: the usual ones of ImageNet.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const STD: [f32; 3] = [0.229, 0.224, 0.225];

/// What a pixel (red, green and blue from 0 to 1) has of each of the six colours that `colours` knows: weights and bias.
const COLOURS: [([f32; 3], f32); 6] = [
    ([1.0, -0.5, -0.5], -0.1),
    ([-0.5, 1.0, -0.5], 0.0),
    ([-0.5, -0.5, 1.0], 0.0),
    ([0.5, 0.5, -1.0], -0.1),
    ([0.8, 0.8, 0.8], -1.9),
    ([-0.8, -0.8, -0.8], 0.7),
];

/// The model files, by their paths below the folder of examples.
pub fn files() -> [(&'static str, Vec<u8>); 2] {
    [("classify/models/colours.onnx", colours()), ("two_models/models/compare.onnx", compare())]
}

/// Shares of red, green, blue, yellow, white and black in pictures: a convolution that looks at 3x3 pixels for each colour,
/// the mean of the picture, a softmax.
pub fn colours() -> Vec<u8> {
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    for (channels, bias) in COLOURS {
        // The pixel is normalised: x = z * std + mean.
        let shift: f32 = channels.iter().zip(MEAN).map(|(weight, mean)| weight * mean).sum();
        biases.push(bias + shift);
        channels.iter().zip(STD).for_each(|(weight, std)| weights.extend([weight * std / 9.0; 9]));
    }
    let sharpen: Vec<f32> = (0..36).map(|i| if i % 7 == 0 { 20.0 } else { 0.0 }).collect();
    let graph = GraphProto {
        name: Some("colours".into()),
        initializer: vec![
            floats("weights", &[6, 3, 3, 3], &weights),
            floats("biases", &[6], &biases),
            floats("sharpen", &[6, 6], &sharpen),
        ],
        node: vec![
            node("Conv", &["picture", "weights", "biases"], "seen", vec![ints("pads", &[1; 4])]),
            node("Relu", &["seen"], "amounts", Vec::new()),
            node("GlobalAveragePool", &["amounts"], "means", Vec::new()),
            node("Flatten", &["means"], "flat", Vec::new()),
            node("MatMul", &["flat", "sharpen"], "scores", Vec::new()),
            node("Softmax", &["scores"], "shares", Vec::new()),
        ],
        input: vec![value(
            "picture",
            &[Extent::Open("N"), Extent::Of(3), Extent::Of(SIDE), Extent::Of(SIDE)],
        )],
        output: vec![value("shares", &[Extent::Open("N"), Extent::Of(6)])],
        ..GraphProto::default()
    };
    model(graph)
}

/// How different two pictures are: squared differences of pixels, averaged over the colours and then over the picture.
pub fn compare() -> Vec<u8> {
    let picture = [Extent::Of(1), Extent::Of(3), Extent::Of(SIDE), Extent::Of(SIDE)];
    let graph = GraphProto {
        name: Some("compare".into()),
        initializer: vec![floats("mean", &[1, 3, 1, 1], &[1.0 / 3.0; 3])],
        node: vec![
            node("Sub", &["left", "right"], "difference", Vec::new()),
            node("Mul", &["difference", "difference"], "squares", Vec::new()),
            node("Conv", &["squares", "mean"], "map", Vec::new()),
            node("GlobalAveragePool", &["map"], "distance", Vec::new()),
        ],
        input: vec![value("left", &picture), value("right", &picture)],
        output: vec![
            value("distance", &[Extent::Of(1); 4]),
            value("map", &[Extent::Of(1), Extent::Of(1), Extent::Of(SIDE), Extent::Of(SIDE)]),
        ],
        ..GraphProto::default()
    };
    model(graph)
}

#[derive(Clone, Copy)]
enum Extent {
    Of(i64),
    Open(&'static str),
}

fn model(graph: GraphProto) -> Vec<u8> {
    encode(&ModelProto {
        ir_version: Some(8),
        opset_import: vec![OperatorSetIdProto { domain: None, version: Some(17) }],
        graph: Some(graph),
        ..ModelProto::default()
    })
}

fn node(op: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        name: Some(output.into()),
        op_type: Some(op.into()),
        input: inputs.iter().map(|&input| input.into()).collect(),
        output: vec![output.into()],
        attribute,
        ..NodeProto::default()
    }
}

fn ints(name: &str, values: &[i64]) -> AttributeProto {
    let mut attribute =
        AttributeProto { name: Some(name.into()), ints: values.to_vec(), ..AttributeProto::default() };
    attribute.set_type(AttributeType::Ints);
    attribute
}

fn floats(name: &str, dims: &[i64], numbers: &[f32]) -> TensorProto {
    TensorProto {
        name: Some(name.into()),
        dims: dims.to_vec(),
        data_type: Some(DataType::Float as i32),
        raw_data: Some(numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>().into()),
        ..TensorProto::default()
    }
}

fn value(name: &str, extents: &[Extent]) -> ValueInfoProto {
    let dim = |extent: &Extent| {
        let value = match *extent {
            Extent::Of(extent) => dimension::Value::DimValue(extent),
            Extent::Open(name) => dimension::Value::DimParam(name.into()),
        };
        Dimension { denotation: None, value: Some(value) }
    };
    let shape = TensorShapeProto { dim: extents.iter().map(dim).collect() };
    let tensor = type_proto::Tensor { elem_type: Some(DataType::Float as i32), shape: Some(shape) };
    let ty = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: Some(name.into()), r#type: Some(ty), ..ValueInfoProto::default() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_files_are_what_is_written_here() {
        for (path, bytes) in super::files() {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            let advice = "update it: cargo run -p tilewright-examples --example models";
            assert!(std::fs::read(file).is_ok_and(|old| old == bytes), "{path} is stale; {advice}");
        }
    }
}
