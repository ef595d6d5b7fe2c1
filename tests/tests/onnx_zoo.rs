//! The networks of the zoo, and that the reader gets them right.

use tilewright::ir::graph::{Const, Def, Graph, ValueId};
use tilewright::ir::hash::graph_hash;
use tilewright::ir::reference::constant;
use tilewright::ir::verify::verify;
use tilewright::onnx::{DECIDING_FLOATS, LoadOptions, NoExternalData, load};
use tilewright::zoo::{self, ZooOptions};

const TOPOLOGY: ZooOptions = ZooOptions { seed: 0, topology: true, batch: Some(1), image: 224 };

fn read(name: &str, options: &ZooOptions) -> Graph {
    let bytes = zoo::build(name, options).expect("a network of the zoo");
    load(name, bytes.into(), &LoadOptions::default(), &NoExternalData)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn count(graph: &Graph, op: &str) -> usize {
    graph.nodes.iter().filter(|node| node.op.name() == op).count()
}

/// Elements of all constants; a BatchNormalization has two tensors of parameters and two of statistics.
fn parameters(graph: &Graph) -> usize {
    let constants = graph.values.iter().filter(|value| matches!(value.def, Def::Const(_)));
    constants.filter(|value| !value.name.contains("running_")).map(|value| value.ty.elements()).sum()
}

/// The published numbers of parameters (torchvision's documentation), and of convolutions (He et al., table 1: the depth
/// of the name, less the fully connected layer, with the four or three convolutions of the shortcuts).
#[test]
fn networks_have_the_published_size() {
    let published = [
        ("resnet18", 11_689_512, 17 + 3),
        ("resnet34", 21_797_672, 33 + 3),
        ("resnet50", 25_557_032, 49 + 4),
        ("resnet101", 44_549_160, 100 + 4),
        ("resnet152", 60_192_808, 151 + 4),
    ];
    assert!(zoo::names().eq(published.map(|(name, ..)| name)));
    for (name, size, convolutions) in published {
        let graph = read(name, &TOPOLOGY);
        verify(&graph, "import").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(parameters(&graph), size, "{name}");
        assert_eq!(count(&graph, "conv"), convolutions, "{name}");
        assert_eq!(count(&graph, "batch_norm"), convolutions, "{name}");
        assert_eq!(graph.shape(graph.outputs[0]), [1, 1000], "{name}");
    }
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
