//! The networks of the zoo, and that the reader gets them right.

use tilewright::ir::graph::{Const, Def, Graph, ValueId};
use tilewright::ir::hash::graph_hash;
use tilewright::ir::reference::constant;
use tilewright::onnx::schema::tensor_shape_proto::dimension;
use tilewright::onnx::schema::{TensorProto, type_proto};
use tilewright::onnx::{DECIDING_FLOATS, LoadOptions, NoExternalData, decode, load};
use tilewright::zoo::{self, ZooOptions};

const TOPOLOGY: ZooOptions = ZooOptions { seed: 0, topology: true, batch: Some(1), image: 224 };

fn read(name: &str, options: &ZooOptions) -> Graph {
    let bytes = zoo::build(name, options).expect("a network of the zoo");
    load(name, bytes.into(), &LoadOptions::default(), &NoExternalData)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A network as it is written: its parameters (those of a normalisation without the statistics), its convolutions, and
/// the extents of its outputs.
fn written(name: &str, image: usize) -> (usize, usize, Vec<Vec<i64>>) {
    let bytes = zoo::build(name, &ZooOptions { image, ..TOPOLOGY }).expect("a network of the zoo");
    let graph = decode(name, bytes.into()).expect("a model").graph.expect("a graph");
    let floats = |tensor: &&TensorProto| tensor.data_type == Some(1) && !tensor.dims.is_empty();
    let weights = graph.initializer.iter().filter(floats);
    let weights =
        weights.filter(|tensor| !["running_", "scales"].iter().any(|part| tensor.name().contains(part)));
    let size = weights.map(|tensor| tensor.dims.iter().product::<i64>() as usize).sum();
    let outputs = graph.output.iter().map(|info| {
        let Some(type_proto::Value::TensorType(tensor)) =
            info.r#type.as_ref().and_then(|ty| ty.value.as_ref())
        else {
            panic!("{name}: an output that is no tensor")
        };
        let shape = tensor.shape.as_ref().expect("a shape");
        shape
            .dim
            .iter()
            .map(|dim| if let Some(dimension::Value::DimValue(extent)) = dim.value { extent } else { -1 })
            .collect()
    });
    let convolutions = graph.node.iter().filter(|node| node.op_type() == "Conv").count();
    (size, convolutions, outputs.collect())
}

/// The published numbers of parameters (torchvision's documentation; of AlexNet in two groups and of the plain networks,
/// which have no shortcuts, by their tables), and of convolutions (He et al., table 1: the depth of the name, less the
/// fully connected layer, with the four or three convolutions of the shortcuts).
#[test]
fn networks_have_the_published_size() {
    let shortcuts = 64 * 128 + 128 * 256 + 256 * 512 + 2 * (128 + 256 + 512);
    let classifiers = [
        ("resnet18", 11_689_512, 17 + 3),
        ("resnet34", 21_797_672, 33 + 3),
        ("resnet50", 25_557_032, 49 + 4),
        ("resnet101", 44_549_160, 100 + 4),
        ("resnet152", 60_192_808, 151 + 4),
        ("resnet50_v1", 25_557_032, 49 + 4),
        ("resnet101_v1", 44_549_160, 100 + 4),
        ("resnet152_v1", 60_192_808, 151 + 4),
        ("resnext50_32x4d", 25_028_904, 49 + 4),
        ("plain18", 11_689_512 - shortcuts, 17),
        ("plain34", 21_797_672 - shortcuts, 33),
        ("vgg16", 138_357_544, 13),
        ("vgg19", 143_667_240, 16),
        ("alexnet", 60_965_224, 5),
        ("squeezenet", 1_235_496, 26),
        ("mobilenet_v2", 3_504_872, 52),
    ];
    for (name, size, convolutions) in classifiers {
        assert_eq!(written(name, 224), (size, convolutions, vec![vec![1, 1000]]), "{name}");
    }
    let body = 25_557_032 - 2049 * 1000;
    let maps = |channels: [i64; 4], side: i64| -> Vec<Vec<i64>> {
        (0..4).map(|at| vec![1, channels[at], side >> at, side >> at]).collect()
    };
    let laterals = 256 * (256 + 512 + 1024 + 2048 + 4) + 4 * 256 * (256 * 9 + 1);
    let towers = 2 * 256 * (256 * 9 + 1) + (6 * 20 + 6 * 4) * (256 * 9 + 1);
    let boxes = 6 * (28 * 28 + 14 * 14 + 7 * 7);
    let detectors = [
        ("resnet50_backbone", body, 53, maps([256, 512, 1024, 2048], 56)),
        ("resnet50_fpn", body + laterals, 53 + 8, maps([256; 4], 56)),
        ("resnet50_ssd", body + laterals + towers, 53 + 8 + 12, vec![vec![1, boxes, 20], vec![1, boxes, 4]]),
    ];
    for (name, size, convolutions, outputs) in &detectors {
        assert_eq!(written(name, 224), (*size, *convolutions, outputs.clone()), "{name}");
    }
    let names = classifiers.iter().map(|row| row.0).chain(detectors.iter().map(|row| row.0));
    assert!(zoo::names().eq(names));
}

#[test]
fn pictures_may_have_another_size() {
    assert_eq!(written("resnet50_fpn", 100).2[3], [1, 256, 4, 4]);
    for name in zoo::names() {
        let least = zoo::least_image(name).expect("a network of the zoo");
        assert!(written(name, least).2.iter().flatten().all(|&extent| extent > 0), "{name} at {least}");
        let smaller = ZooOptions { image: least - 1, ..TOPOLOGY };
        assert!(zoo::build(name, &smaller).is_none(), "{name} at less than {least}");
    }
    assert_eq!(zoo::least_image("resnet7"), None);
}

#[test]
fn names_are_those_of_the_exporter() {
    let graph = read("resnet50", &TOPOLOGY);
    let names: Vec<&str> = graph.nodes.iter().map(|node| node.sources[0].as_str()).collect();
    for name in [
        "/conv1/Conv",
        "/maxpool/MaxPool",
        "/layer1/layer1.0/relu/Relu",
        "/layer2/layer2.0/downsample/downsample.1/BatchNormalization",
        "/layer4/layer4.2/relu_2/Relu",
        "/Flatten",
        "/fc/Gemm",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let value =
        |name: &str| graph.values.iter().find(|value| value.name == name).map(|value| value.ty.to_string());
    assert_eq!(value("layer3.5.conv2.weight").as_deref(), Some("f32[256x256x3x3]"));
    assert_eq!(value("fc.weight").as_deref(), Some("f32[1000x2048]"));
    assert_eq!(value("/layer2/layer2.0/conv2/Conv_output_0").as_deref(), Some("f32[1x128x28x28]"));
    assert_eq!((value("input").is_some(), value("output").is_some()), (true, true));
}

/// Code generated from a model without numbers must be that of the model with them.
#[test]
fn a_model_without_numbers_is_the_same_graph() {
    let bytes = zoo::build("resnet18", &TOPOLOGY).expect("resnet18");
    assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
    let topology = read("resnet18", &TOPOLOGY);
    let full = read("resnet18", &ZooOptions::default());
    let retrained = read("resnet18", &ZooOptions { seed: 1, ..ZooOptions::default() });
    assert_eq!(graph_hash(&topology), graph_hash(&full));
    assert_eq!(graph_hash(&retrained), graph_hash(&full));
    assert_ne!(graph_hash(&read("resnet34", &TOPOLOGY)), graph_hash(&topology));
    for value in &topology.values {
        let Def::Const(constant) = &value.def else { continue };
        let small = value.ty.elements() <= DECIDING_FLOATS;
        let kept = matches!(constant, Const::Data(_));
        assert_eq!(kept, small, "{}", value.name);
    }
}

/// The statistics that make a mistake visible: normal weights whose filters sum to zero, normalisations away from the
/// identity, the same numbers for the same seed only.
#[test]
fn weights_are_as_documented() {
    let graphs = [0, 0, 1].map(|seed| read("resnet18", &ZooOptions { seed, ..ZooOptions::default() }));
    let tensor = |graph: usize, name: &str| -> Vec<f64> {
        let index = graphs[graph].values.iter().position(|value| value.name == name).expect(name);
        constant(&graphs[graph], ValueId(index)).expect(name).to_f64()
    };
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let filters = tensor(0, "layer1.0.conv1.weight");
    let variance = mean(&filters.iter().map(|x| x * x).collect::<Vec<_>>());
    let he = 2.0 / (64.0 * 9.0);
    // The variance of 36,864 samples is known to about 1 / sqrt(18,432) = 0.7 %.
    assert!((variance / he - 1.0).abs() < 0.04, "{variance} is not {he}");
    for filter in filters.chunks(64 * 9) {
        assert!(mean(filter).abs() < 1e-8, "{}", mean(filter));
    }
    let gamma = tensor(0, "layer1.0.bn2.weight");
    assert!(gamma.iter().all(|&x| (0.24..=0.46).contains(&x)), "{gamma:?}");
    let variances = tensor(0, "layer1.0.bn2.running_var");
    assert!(variances.iter().all(|&x| (0.6..=1.6).contains(&x)), "{variances:?}");
    assert_eq!(filters, tensor(1, "layer1.0.conv1.weight"), "the same seed");
    assert_ne!(filters, tensor(2, "layer1.0.conv1.weight"), "another seed");
    assert_ne!(filters, tensor(0, "layer1.0.conv2.weight"));
}

#[test]
fn an_open_batch_is_fixed_by_name() {
    let bytes = zoo::build("resnet18", &ZooOptions { batch: None, ..TOPOLOGY }).expect("resnet18");
    let mut options = LoadOptions::default();
    let error = load("r.onnx", bytes.clone().into(), &options, &NoExternalData).expect_err("N is open");
    assert!(error.to_string().contains("input `input`: axis 0 is `N`"), "{error}");
    assert!(error.to_string().contains("--dim N=1"), "{error}");
    options.dims.insert("N".into(), 3);
    let graph =
        load("r.onnx", bytes.into(), &options, &NoExternalData).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(graph.shape(graph.outputs[0]), [3, 1000]);
}
