//! What is changed at random: whole networks without numbers, small ones with every operator, and one file or more of
//! everything else that is read.

use crate::conformance::archive;
use crate::conformance::form::Form;
use crate::model::{Attr, Model, floats, ints};
use crate::networks::{folder, light};
use tilewright::onnx::schema::ModelProto;
use tilewright::onnx::{LoadOptions, NoExternalData, decode, encode, load, operators};
use tilewright::zoo::{self, ZooOptions};

/// A file.
#[derive(Clone, Debug)]
pub struct Seed {
    /// What messages call it.
    pub name: String,
    /// As it is.
    pub bytes: Vec<u8>,
    /// Decoded, where it is a model.
    pub model: Option<ModelProto>,
    /// It is a whole network. Those come first in a list.
    pub whole: bool,
}

impl Seed {
    /// A file that is no model.
    pub fn file(name: &str, bytes: Vec<u8>) -> Self {
        Seed { name: name.to_owned(), bytes, model: None, whole: false }
    }

    /// A file that may be a model.
    pub fn found(bytes: Vec<u8>) -> Self {
        let model = decode("found.onnx", bytes.clone().into()).ok();
        Seed { name: "found".to_owned(), bytes, model, whole: false }
    }

    fn model(name: &str, bytes: Vec<u8>, whole: bool) -> Self {
        let model = decode(name, bytes.clone().into()).expect("a model");
        Seed { name: name.to_owned(), bytes, model: Some(model), whole }
    }
}

/// The light models as they were published, the zoo's networks without numbers, and small graphs of every operator.
pub fn models() -> Vec<Seed> {
    let read = |name: &str| {
        std::fs::read(folder().join("light").join(format!("{name}.onnx"))).expect("a light model")
    };
    let light = light::LIGHT.iter().map(|light| Seed::model(light.name, read(light.name), true));
    let zoo = zoo::names().filter(|name| !name.contains("101") && !name.contains("152")).filter_map(|name| {
        let image = zoo::least_image(name)?.max(64);
        let options = ZooOptions { topology: true, image, ..ZooOptions::default() };
        Some(Seed::model(name, zoo::build(name, &options)?, true))
    });
    light.chain(zoo).chain(small()).collect()
}

/// Small graphs: one of windows and shape arithmetic, every operator between two convolutions, and the ONNX package's cases
/// of single operators, which have all attributes.
pub fn small() -> Vec<Seed> {
    let cases = archive::read();
    let first = |case: &archive::Case| Form::ALL.into_iter().find(|form| form.load(case).is_ok());
    let models = cases.iter().filter_map(|case| Some((case, first(case)?.model(case))));
    between_convolutions()
        .into_iter()
        .chain(models.map(|(case, model)| Seed::model(&case.name, encode(&model), false)))
        .collect()
}

fn between_convolutions() -> Vec<Seed> {
    let mut all = vec![Seed::model("dense", dense().bytes(), false)];
    for operator in operators() {
        let model = Model::new(17)
            .initialiser(floats("w", &[16, 16, 3, 3], &[0.01; 2304]))
            .initialiser(floats("c", &[16], &[0.5; 16]))
            .initialiser(floats("s", &[4], &[1.0, 1.0, 2.0, 2.0]))
            .initialiser(ints("i", &[1], &[1]))
            .initialiser(ints("j", &[4], &[1, 16, 4, 4]))
            .input("x", "1 16 8 8")
            .output("z")
            .node_with("Conv", "x w c", "a", vec![("pads", Attr::Ints(vec![1; 4]))])
            .node_with("MaxPool", "a", "p", vec![("kernel_shape", Attr::Ints(vec![2, 2]))])
            .node_with("Concat", "a x", "k", vec![("axis", Attr::Int(1))])
            .node(operator.name, "a x c i j s", "b")
            .node("Conv", "b w", "y")
            .node("Relu", "y", "z");
        // As many operands as it takes, of which there are one to six.
        for count in 1..=3 {
            let mut model = model.clone();
            model.graph.node[3].input.truncate(count);
            all.push(Seed::model(operator.name, model.bytes(), false));
        }
    }
    // What is refused as it is seldom becomes something else.
    all.retain(|seed| {
        load(&seed.name, seed.bytes.clone().into(), &LoadOptions::default(), &NoExternalData).is_ok()
    });
    all
}

/// A model of every importer that is more than a name.
pub fn dense() -> Model {
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
}

/// Pictures of every format.
pub fn pictures() -> Vec<Seed> {
    let files: [(&str, &[u8]); 8] = [
        ("gradient.jpg", include_bytes!("../../../runtime/tests/data/gradient.jpg")),
        ("gradient_progressive.jpg", include_bytes!("../../../runtime/tests/data/gradient_progressive.jpg")),
        ("gradient_grey.jpg", include_bytes!("../../../runtime/tests/data/gradient_grey.jpg")),
        ("gradient_cmyk.jpg", include_bytes!("../../../runtime/tests/data/gradient_cmyk.jpg")),
        ("gradient.webp", include_bytes!("../../../runtime/tests/data/gradient.webp")),
        ("gradient_alpha.webp", include_bytes!("../../../runtime/tests/data/gradient_alpha.webp")),
        ("gradient_lossless.webp", include_bytes!("../../../runtime/tests/data/gradient_lossless.webp")),
        ("noise.png", include_bytes!("../../../runtime/tests/data/noise.png")),
    ];
    files.map(|(name, bytes)| Seed::file(name, bytes.to_vec())).into()
}

/// Arrays of NumPy's.
pub fn arrays() -> Vec<Seed> {
    let array = |shape: &[usize]| tilewright_runtime::npy::encode(shape, &vec![0.5; shape.iter().product()]);
    [&[][..], &[3], &[2, 3, 4]].map(|shape| Seed::file("array.npy", array(shape))).into()
}

/// A tuning file with a line of every kind.
pub fn tunings() -> Vec<Seed> {
    let text = "tilewright-tuning 1\ntool 0.1.0\ncpu any\n\
                conv3x3_64x56x56_64_bias_relu avx2 tile 1x6 blocks 2 order rows 7\n\
                conv3x3_64x56x56_64_bias_relu algorithm winograd 4x4 band 2 # 0.9 of the time\n\
                conv1x1_64x56x56_256 avx512 prefetch 0\nfc_2048_1000 portable blocks 4\n";
    vec![Seed::file("all.tuning", text.as_bytes().to_vec())]
}
