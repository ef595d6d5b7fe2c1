//! Models that are wrong, each in one way: the message must name the place and say what to do, and nothing panics.

use tilewright::onnx::schema::tensor_proto::DataType;
use tilewright::onnx::schema::{
    AttributeProto, FunctionProto, OperatorSetIdProto, StringStringEntryProto, TensorProto,
};
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::schedule::choose::Choice;
use tilewright::{Options, compile};
use tilewright_tests::model::{Attr, Model, floats, ints, tensor, value};
use tilewright_tests::refused::{check, check_bytes, read};

/// `x [1,2,4,4]` -> `y`, by the nodes that are still to be added.
fn model(opset: i64) -> Model {
    Model::new(opset).input("x", "1 2 4 4").output("y")
}

fn relu() -> Model {
    model(17).node("Relu", "x", "y")
}

#[test]
fn files() {
    let good = relu().bytes();
    check_bytes(Vec::new(), &["bad.onnx: the file is empty"]);
    check_bytes(good[..good.len() - 3].to_vec(), &["bad.onnx: not an ONNX file, or one cut off"]);
    check_bytes(b"\x89PNG\r\n\x1a\nno model at all".to_vec(), &["bad.onnx: not an ONNX file"]);
    let mut no_graph = relu().proto;
    no_graph.graph = None;
    check_bytes(tilewright::onnx::encode(&no_graph), &["bad.onnx: the model has no graph"]);
}

#[test]
fn versions() {
    for (version, advice) in
        [(6, "operator set 6; 7 to 28"), (29, "operator set 29; 7 to 28"), (-1, "operator set -1")]
    {
        check(model(version).node("Relu", "x", "y"), &[&format!("bad.onnx: {advice} .. version_converter")]);
    }
    let mut none = relu();
    none.proto.opset_import = Vec::new();
    check(none.clone(), &["bad.onnx: no version of the default operator set"]);
    none.proto.opset_import =
        vec![OperatorSetIdProto { domain: Some("com.example".into()), version: Some(1) }];
    check(none, &["bad.onnx: no version of the default operator set"]);
    let mut newer = relu();
    newer.proto.ir_version = Some(15);
    check(newer, &["bad.onnx: IR version 15; up to 14"]);
}

/// Where it is open what a model means, it is not guessed.
#[test]
fn two_meanings() {
    let mut versions = relu();
    let other = OperatorSetIdProto { domain: Some("ai.onnx".into()), version: Some(13) };
    versions.proto.opset_import.push(other.clone());
    check(versions.clone(), &["bad.onnx: several versions of the default operator set are given: {13, 17}"]);
    versions.proto.opset_import = vec![other; 2];
    assert!(load("two.onnx", versions.bytes().into(), &LoadOptions::default(), &NoExternalData).is_ok());

    let function = |domain: &str| FunctionProto {
        name: Some("Relu".into()),
        domain: Some(domain.into()),
        ..FunctionProto::default()
    };
    let mut shadowed = relu();
    shadowed.proto.functions = vec![function("com.example"), function("")];
    check(shadowed, &["bad.onnx: it defines the standard operator `Relu` as a function; .. inlined"]);
    let mut overload = relu();
    overload.graph.node[0].overload = Some("second".into());
    check(overload, &["node `node_y` (Relu): it calls the function `Relu` of the overload `second`"]);
}

/// An attribute whose fields contradict its type, or each other.
#[test]
fn contradicting_attributes() {
    let softmax = |change: &dyn Fn(&mut AttributeProto)| {
        let mut model = model(17).node_with("Softmax", "x", "y", vec![("axis", Attr::Int(1))]);
        change(&mut model.graph.node[0].attribute[0]);
        model
    };
    let refused = ["node `node_y` (Softmax): attribute `axis` is of the type unknown; it must be INT"];
    let ints = |axis: &mut AttributeProto| (axis.i, axis.ints) = (None, vec![1]);
    check(softmax(&ints), &refused);
    let untyped = |axis: &mut AttributeProto| (axis.r#type, axis.f) = (None, Some(2.0));
    check(softmax(&untyped), &refused);
    let of_a_function = |axis: &mut AttributeProto| axis.ref_attr_name = Some("a".into());
    check(softmax(&of_a_function), &["node `node_y` (Softmax): attribute `axis` is that of a function"]);
    // Writers of the third version of protobuf leave out what is 0.
    let zero = |axis: &mut AttributeProto| axis.i = None;
    let bytes = softmax(&zero).bytes();
    assert!(load("zero.onnx", bytes.into(), &LoadOptions::default(), &NoExternalData).is_ok());
}

/// Weights that fit an f32, and what Winograd's algorithm makes of them does not.
#[test]
fn weights_beyond_a_transform() {
    let count = 64 * 64 * 9;
    let model = Model::new(17)
        .initialiser(floats("w", &[64, 64, 3, 3], &vec![3.4e38; count]))
        .input("x", "1 64 16 16")
        .output("y")
        .node_with("Conv", "x w", "y", vec![("pads", Attr::Ints(vec![1; 4]))]);
    let packed = |choice| {
        let graph = load("large.onnx", model.bytes().into(), &LoadOptions::default(), &NoExternalData)?;
        compile(graph, &Options { choice, ..Options::default() })?.weights_file()
    };
    let error = packed(Choice::Fast).expect_err("infinite weights").to_string();
    assert!(
        error.contains("node `node_y`: its weights are so large") && error.contains("`--exact`"),
        "{error}"
    );
    assert!(packed(Choice::Exact).is_ok());
}

#[test]
fn structure() {
    let cycle = model(17).node("Add", "x b", "a").node("Relu", "a", "b").node("Relu", "b", "y");
    check(cycle, &["bad.onnx .. each other's results: `node_a` -> `node_b`"]);
    check(model(17).node("Add", "x y", "y"), &["bad.onnx .. each other's results: `node_y`"]);
    check(model(17).node("Add", "x w", "y"), &["node `node_y` (Add): its input `w` is defined nowhere"]);
    check(model(17).node("Relu", "x", "z"), &["output `y`: it is defined nowhere"]);
    check(
        model(17).node("Relu", "x", "y").node("Relu", "x", "y"),
        &["node `node_y` (Relu) .. `y` is also that of node"],
    );
    check(relu().input("x", "1"), &["input `x`: the name is given twice"]);
    let twice = model(17).initialiser(floats("w", &[1], &[1.0])).initialiser(floats("w", &[1], &[2.0]));
    check(twice.node("Add", "x w", "y"), &["initialiser `w`: the name is given twice"]);
    let shadow =
        model(17).initialiser(floats("w", &[1], &[1.0])).node("Relu", "x", "w").node("Add", "x w", "y");
    check(shadow, &["node `node_w` (Relu) .. `w` has the name of an input or initialiser"]);
    let mut no_output = relu();
    no_output.graph.output = Vec::new();
    check(no_output, &["bad.onnx: the graph has no outputs"]);
    let nothing = relu().initialiser(ints("none", &[0], &[])).output("none");
    check(nothing, &["output `none`: it is i64[0]: it has no elements"]);
}

#[test]
fn tensors() {
    let with = |tensor: TensorProto| model(17).initialiser(tensor).node("Add", "x w", "y");
    check(
        with(tensor("w", DataType::Float, &[2], vec![0; 7])),
        &["initialiser `w` .. 7 bytes, f32[2] needs 8"],
    );
    check(with(tensor("w", DataType::Float, &[-1], vec![])), &["initialiser `w` .. [-1] are negative"]);
    let huge = [1 << 40, 1 << 40];
    check(
        with(tensor("w", DataType::Float, &huge, vec![])),
        &["initialiser `w` .. more than 8589934592 elements"],
    );
    let hidden = [1 << 40, 1 << 40, 0];
    check(
        with(tensor("w", DataType::Float, &hidden, vec![])),
        &["initialiser `w` .. more than 8589934592 elements"],
    );
    check(
        with(tensor("w", DataType::Float, &[1 << 34], vec![])),
        &["initialiser `w` .. more than 8589934592"],
    );
    check(
        with(tensor("w", DataType::String, &[1], vec![0])),
        &["initialiser `w`: its element type is STRING"],
    );
    check(
        with(tensor("w", DataType::Undefined, &[1], vec![0])),
        &["initialiser `w`: its element type is UNDEFINED"],
    );
    let mut typed = floats("w", &[3], &[]);
    (typed.raw_data, typed.float_data) = (None, vec![1.0, 2.0]);
    check(with(typed.clone()), &["initialiser `w` .. 8 bytes, f32[3] needs 12"]);
    typed.float_data = Vec::new();
    check(with(typed), &["initialiser `w`: f32[3] has no data .. tilewright.topology"]);
    check(with(floats("w", &[0], &[])), &["node `node_y` (Add)"]);
    check(with(ints("w", &[1], &[1])), &["node `node_y` (Add) .. i64"]);
    let mut absent = with(ints("w", &[1], &[1]));
    absent.graph.initializer[0].raw_data = None;
    let mark = StringStringEntryProto { key: Some("tilewright.topology".into()), value: Some("1".into()) };
    absent.proto.metadata_props = vec![mark];
    check(absent, &["initialiser `w`: i64[1] has no data"]);
}

#[test]
fn inputs() {
    let input = |extents: &str| Model::new(17).input("x", extents).output("y").node("Relu", "x", "y");
    check(input("N 3"), &["input `x`: axis 0 is `N`; shapes must be static; fix it with `--dim N=1`"]);
    check(input("N  M 3"), &["axis 0 is `N`", "axis 1 is `M`"]);
    check(input("-1 3"), &["input `x`: axis 0 is -1 .. `--dim x:0=1`"]);
    check(input("0 3"), &["input `x`: axis 0 is 0 .. `--dim x:0=1`"]);
    check(input("4294967296 4294967296"), &["input `x` .. more than 8589934592 elements"]);
    let mut open = input("1 3");
    open.graph.input[0] = value("x", DataType::Float, &["1", ""]);
    check(open.clone(), &["input `x`: axis 1 is open .. `--dim x:1=1`"]);
    let slip = read(open.bytes(), &[("x:1", 4), ("batch", 1)]).to_string();
    assert!(slip.starts_with("--dim batch: no input has") && slip.ends_with("dimensions: `x:1`"), "{slip}");
    let zero = read(open.bytes(), &[("x:1", 0)]).to_string();
    assert!(zero.contains("input `x`: axis 1 was fixed at 0"), "{zero}");
    open.graph.input[0] = value("x", DataType::Int64, &["1"]);
    check(open.clone(), &["input `x`: its element type is i64"]);
    open.graph.input[0].r#type = None;
    check(open, &["input `x`: it is not a dense tensor"]);
}

/// Everything that is missing is said at once, each with its node and what to do, in the order of the nodes: three
/// operators, two attributes.
#[test]
fn all_that_is_missing() {
    let window = || vec![("kernel_shape", Attr::Ints(vec![1, 1]))];
    let legacy = vec![("consumed_inputs", Attr::Ints(vec![0, 0, 0, 1, 1]))];
    let statistics = ["scale", "bias", "mean", "var"].map(|name| floats(name, &[2], &[1.0, 1.0]));
    let mut model = statistics.into_iter().fold(model(13), Model::initialiser);
    model = model
        .initialiser(floats("w", &[2, 2, 1, 1], &[1.0; 4]))
        .node_with("Conv", "x w", "a", window())
        .node_with("BatchNormalization", "a scale bias mean var", "b", legacy)
        .node("GridSample", "b b", "c")
        .node("Relu", "c", "d")
        .node_with("Dropout", "d", "e", vec![("is_test", Attr::Int(1))])
        .node("RoiAlign", "e e e", "f")
        .node_with("MaxPool", "f", "g", window())
        .node("NonMaxSuppression", "g g", "y");
    check(
        model.clone(),
        &[
            "node `node_b` (BatchNormalization): attribute `consumed_inputs` is not supported; .. `tilewright ops`",
            "node `node_c` (GridSample): the operator is not supported; .. `tilewright ops`",
            "node `node_e` (Dropout): attribute `is_test` is not supported; .. `tilewright ops`",
            "node `node_f` (RoiAlign): the operator is not supported; .. `tilewright ops`",
            "node `node_y` (NonMaxSuppression): the operator is not supported; .. `tilewright ops`",
        ],
    );
    let text = read(model.bytes(), &[]).to_string();
    assert!(text.starts_with("5 problems:\n  - node `node_b`"), "{text}");
}

#[test]
fn operators_and_attributes() {
    let many = model(17)
        .node("Det", "x", "a")
        .node_with("Relu", "x", "b", vec![("alpha", Attr::Float(1.0)), ("beta", Attr::Float(1.0))])
        .node("Det", "b", "c")
        .node("NonMaxSuppression", "c", "d")
        .node_with("MaxPool", "x", "e", vec![("kernel_shape", Attr::Int(3)), ("axis", Attr::Int(3))])
        .node("Add", "d e", "y");
    check(
        many,
        &[
            "2 nodes of Det (`node_a`, `node_c`): the operator is not supported; the supported operators",
            "node `node_b` (Relu): attribute `alpha` is not supported",
            "node `node_b` (Relu): attribute `beta` is not supported",
            "node `node_d` (NonMaxSuppression): the operator is not supported",
            "node `node_e` (MaxPool): attribute `kernel_shape` is of the type INT; it must be INTS",
            "node `node_e` (MaxPool): attribute `axis` is not supported",
        ],
    );
    let mut foreign = relu();
    foreign.graph.node[0].domain = Some("com.microsoft".into());
    check(foreign, &["node `node_y` (Relu): operator `Relu` of the domain `com.microsoft`"]);
    let mut unnamed = model(17).node("Det", "x", "y");
    unnamed.graph.node[0].name = None;
    check(unnamed, &["node `Det_0` (Det)"]);
    check(
        model(8).node("Where", "x x x", "y"),
        &["node `node_y` (Where) .. operator set 8; the first one read is 9"],
    );
    let twice = vec![("axis", Attr::Int(1)), ("axis", Attr::Int(2))];
    check(
        model(17).node_with("Softmax", "x", "y", twice),
        &["node `node_y` (Softmax): attribute `axis` is given twice"],
    );
    let forms = model(11).node_with("Clip", "x", "y", vec![("min", Attr::Float(0.0))]);
    check(forms, &["node `node_y` (Clip): attribute `min` is not supported"]);
    let run_time = model(17).node("Range", "x x x", "a").node("Relu", "a", "b").node("Range", "b b b", "y");
    check(run_time, &["2 nodes of Range (`node_a`, `node_y`) .. constants only"]);
}

#[test]
fn operands() {
    check(model(17).node("Add", "x", "y"), &["node `node_y` (Add): it has 1 inputs; 2 must be given"]);
    check(model(17).node("Add", "x _", "y"), &["node `node_y` (Add): it has 2 inputs; 2 must be given"]);
    check(model(17).node("Relu", "x x", "y"), &["node `node_y` (Relu): it has 2 inputs; 1 must be given"]);
    check(model(17).node("Clip", "x x x x", "y"), &["node `node_y` (Clip): it has 4 inputs; 1 to 3"]);
    check(model(17).node("Relu", "x", "_"), &["node `node_` (Relu): its first output", "output `y`"]);
    let add = model(17).initialiser(floats("w", &[3], &[0.0; 3])).node("Add", "x w", "y");
    check(add, &["node `node_y` (Add) .. broadcast"]);
    let half =
        model(17).initialiser(tensor("w", DataType::Float16, &[1], vec![0; 2])).node("Add", "x w", "y");
    check(half, &["node `node_y` (Add) .. f16"]);
    check(
        model(17).node("Conv", "x x", "y"),
        &["node `node_y` (Conv): its weights `x` is computed at run time"],
    );
    let weights = model(17).initialiser(floats("w", &[1, 3, 1, 1], &[0.0; 3]));
    check(weights.node("Conv", "x w", "y"), &["node `node_y` (Conv)"]);
    check(
        model(17).node("Reshape", "x x", "y"),
        &["node `node_y` (Reshape): its shape `x` is not a constant"],
    );
    let reshape = model(17).initialiser(ints("s", &[2], &[5, -1])).node("Reshape", "x s", "y");
    check(reshape, &["node `node_y` (Reshape)"]);
    let bounds = model(17).initialiser(floats("lo", &[2], &[0.0; 2])).node("Clip", "x lo", "y");
    check(bounds, &["node `node_y` (Clip): its lower bound has 2 elements"]);
    let mask = model(17).node("Dropout", "x", "d m").node("Add", "d m", "y");
    check(mask, &["node `node_d` (Dropout): its output `m` is used"]);
}

/// ONNX multiplies matrices of integers, and nothing else of two kinds.
#[test]
fn operands_of_valid_models() {
    let model = model(17).initialiser(ints("i", &[1, 1], &[2])).initialiser(floats("f", &[1, 1], &[2.0]));
    let integers = model.clone().node("MatMul", "i i", "m").node("Relu", "x", "y");
    check(integers, &["node `node_m` (MatMul): it computes with floats, not i64; the supported operators"]);
    let mixed = model.node("MatMul", "i f", "m").node("Relu", "x", "y");
    check(mixed, &["node `node_m` (MatMul): its operands are i64 and f32; the model is not valid ONNX"]);
}

#[test]
fn training() {
    let stats = |model: Model| {
        let names = ["s", "b", "m", "v"];
        names.iter().fold(model, |model, name| model.initialiser(floats(name, &[2], &[1.0; 2])))
    };
    let mode = vec![("training_mode", Attr::Int(1))];
    let new = stats(model(15)).node_with("BatchNormalization", "x s b m v", "y", mode);
    check(
        new,
        &["node `node_y` (BatchNormalization): it is in training mode; export the model for inference"],
    );
    let old = stats(model(9)).node("BatchNormalization", "x s b m v", "y mean var");
    check(old, &["node `node_y` (BatchNormalization): it is in training mode"]);
    let on = model(17).initialiser(tensor("on", DataType::Bool, &[], vec![1])).node("Dropout", "x _ on", "y");
    check(on, &["node `node_y` (Dropout): it is in training mode"]);
}
