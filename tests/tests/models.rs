//! ResNet-50 as a whole: what the compiler makes of it, and what its compiled code computes, layer by layer.

use resnet50::Model;
use rten_tensor::{AsView, NdTensor};
use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;
use tilewright::base::tensor::Tensor;
use tilewright::ir::graph::Graph;
use tilewright::ir::reference;
use tilewright::onnx::{self, LoadOptions, NoExternalData};
use tilewright::ops::Op;
use tilewright::pipeline;
use tilewright::schedule::choose::Choice;
use tilewright::zoo::{self, ZooOptions};
use tilewright::{base::target::ISAS, weights};
use tilewright_runtime::{Dump, Isa, LoadOptions as Loading, Network};
use tilewright_tests::numbers::Numbers;

/// Side of the pictures.
const SIDE: usize = 224;

/// Largest difference of a logit to the f64 reference, relative to the largest logit.
const LOGITS: f64 = 1e-5;

/// The same for the layers before, relative to the layer's largest number. Winograd's F(4x4) has about three times the
/// error of a direct sum, and each layer adds to those before.
const LAYERS: f64 = 3e-5;

/// The model file, what was read of it, and a picture.
struct ResNet50 {
    file: Vec<u8>,
    source: Graph,
    input: Vec<f32>,
}

fn resnet50() -> &'static ResNet50 {
    static MODEL: OnceLock<ResNet50> = OnceLock::new();
    MODEL.get_or_init(|| {
        let file = zoo::build("resnet50", &ZooOptions::default()).expect("a network of the zoo");
        let source = onnx::load("resnet50", file.clone().into(), &LoadOptions::default(), &NoExternalData);
        let input = Numbers::named("a picture").units(3 * SIDE * SIDE).iter().map(|x| 2.0 * x).collect();
        ResNet50 { file, source: source.expect("a model that we wrote"), input }
    })
}

/// Packs the weights into a file and loads the checked-in crate with it.
fn load(folder: &Path, isa: Isa) -> Model {
    let (graph, _, plan) = pipeline::plan(&resnet50().source, &ISAS, Choice::Fast).expect("a plan");
    let bytes = weights::pack::file(&plan, |id| reference::constant(&graph, id)).expect("numbers");
    let path = folder.join("weights.bin");
    std::fs::write(&path, bytes).expect("a writable folder");
    let options = Loading { isa: Some(isa), weights: Some(path), ..Loading::default() };
    Model::load(&options).expect("weights that fit")
}

fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// Largest difference, relative to the largest number wanted.
fn difference(got: &[f32], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let apart = got.iter().zip(want).map(|(got, want)| f64::from(*got) - want);
    largest(&apart.collect::<Vec<_>>()) / largest(want)
}

#[test]
fn everything_is_fused_into_its_convolution() {
    let (graph, report, plan) = pipeline::plan(&resnet50().source, &ISAS, Choice::Fast).expect("a plan");
    let count = |test: fn(&Op) -> bool| graph.nodes.iter().filter(|node| test(&node.op)).count();
    assert_eq!(count(|op| matches!(op, Op::Conv(_))), 53);
    assert_eq!(count(|op| matches!(op, Op::Pool(_))), 1);
    assert_eq!(count(|op| matches!(op, Op::GlobalAvgPool)), 1);
    assert_eq!(count(|op| matches!(op, Op::MatMul(_))), 1);
    // The copy of the picture into its halo, and the flattening, which is no step.
    assert_eq!(count(|op| matches!(op, Op::Reorder)), 1);
    assert_eq!(count(|op| matches!(op, Op::Reshape)), 1);
    assert_eq!((graph.nodes.len(), plan.steps.len()), (58, 57));
    assert!(report.misses.is_empty(), "{:?}", report.misses);
    assert!(4 * plan.arena <= 8 << 20, "an arena of {} bytes", 4 * plan.arena);
    assert!(plan.kernels.len() <= 30, "{} kernels", plan.kernels.len());
}

#[test]
fn compiled_code_agrees_with_the_reference_layer_by_layer() {
    let model = resnet50();
    let picture = Tensor::float([1, 3, SIDE, SIDE], model.input.iter().map(|&x| x.into()).collect());
    let wanted: HashMap<&str, usize> =
        Model::INFO.steps.iter().enumerate().map(|(number, step)| (step.value, number)).collect();
    let mut layers: Vec<Option<Vec<f64>>> = vec![None; Model::INFO.steps.len()];
    let outputs = reference::evaluate(&model.source, &[picture], |id, tensor| {
        if let Some(&step) = wanted.get(model.source.value(id).name.as_str()) {
            layers[step] = Some(tensor.to_f64());
        }
    });
    let logits = outputs.expect("a network that runs")[0].to_f64();
    let folder = tempfile::tempdir().expect("a temporary folder");
    for isa in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
        if !isa.available() {
            println!("skipped: this processor has no {}", isa.name());
            continue;
        }
        let compiled = load(folder.path(), isa);
        let mut arena = compiled.new_arena().expect("memory");
        let mut compared = 0;
        let mut probe = Dump::new(Model::INFO.steps, |number, step, got: Vec<f32>| {
            if let Some(want) = &layers[number] {
                let apart = difference(&got, want);
                assert!(apart <= LAYERS, "{}: {} is off by {apart:.1e}", isa.name(), step.value);
                compared += 1;
            }
        });
        compiled.run_probed(&mut arena, &[&model.input], &mut probe).expect("inputs that fit");
        // All but the copy of the picture, which has no ONNX name.
        assert_eq!(compared, Model::INFO.steps.len() - 1, "layers compared");
        let apart = difference(compiled.output(&arena, 0), &logits);
        println!("{}: logits are off by {apart:.1e} of the largest", isa.name());
        assert!(apart <= LOGITS, "{}: logits are off by {apart:.1e}", isa.name());
    }
}

#[test]
fn another_engine_agrees() {
    let model = resnet50();
    let engine = rten::Model::load(model.file.clone()).expect("a model that others read");
    let picture = NdTensor::from_data([1, 3, SIDE, SIDE], model.input.clone());
    let output = engine.run_one(picture.view().into(), None).expect("a network that runs");
    let output: NdTensor<f32, 2> = output.try_into().expect("logits");
    let want: Vec<f64> = output.iter().map(|&x| x.into()).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let compiled = load(folder.path(), Isa::detected());
    let mut arena = compiled.new_arena().expect("memory");
    Network::run(&compiled, &mut arena, &[&model.input]).expect("inputs that fit");
    let apart = difference(compiled.output(&arena, 0), &want);
    println!("logits are off by {apart:.1e} of the largest");
    assert!(apart <= 1e-4, "logits are off by {apart:.1e}");
}

#[test]
fn weights_of_another_network_are_refused() {
    let options = ZooOptions { image: 64, ..ZooOptions::default() };
    let file = zoo::build("resnet18", &options).expect("a network of the zoo");
    let source = onnx::load("other", file.into(), &LoadOptions::default(), &NoExternalData).expect("a model");
    let (graph, _, plan) = pipeline::plan(&source, &ISAS, Choice::Fast).expect("a plan");
    let bytes = weights::pack::file(&plan, |id| reference::constant(&graph, id)).expect("numbers");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("weights.bin");
    std::fs::write(&path, bytes).expect("a writable folder");
    let options = Loading { weights: Some(path), ..Loading::default() };
    let error = Model::load(&options).err().expect("weights that do not fit").to_string();
    assert!(error.contains("weights.bin"), "{error}");
    assert!(Model::with_options(&Loading::default()).is_err(), "a crate without weights needs a file");
}
