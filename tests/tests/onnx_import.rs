//! What each ONNX operator becomes, as graph text.

use tilewright::ir::reference::constant;
use tilewright::ir::text::print;
use tilewright::onnx::operators;
use tilewright::onnx::schema::TensorProto;
use tilewright::onnx::schema::tensor_proto::DataType;
use tilewright_tests::import::{check, model, ones, read};
use tilewright_tests::model::{Attr, Model, floats, ints, tensor};

#[test]
fn elementwise() {
    let stats = ["s", "b", "m", "v"];
    let norm = stats.iter().fold(model(9, "1 2 5 5"), |model, name| model.initialiser(ones(name, &[2])));
    let eps = vec![("epsilon", Attr::Float(0.5)), ("momentum", Attr::Float(0.1))];
    check(
        norm.node_with("BatchNormalization", "x s b m v", "y", eps),
        &["%y: f32[1x2x5x5] = batch_norm(%x, %s, %b, %m, %v) eps=0.5"],
    );
    check(model(17, "3").node("Relu", "x", "y"), &["%y: f32[3] = relu(%x)"]);
    let attribute = vec![("max", Attr::Float(6.0))];
    check(model(10, "3").node_with("Clip", "x", "y", attribute), &["%y: f32[3] = clip(%x) lo=-inf hi=6"]);
    let bound = model(11, "3").initialiser(floats("lo", &[], &[-1.5]));
    check(bound.node("Clip", "x lo _", "y"), &["%y: f32[3] = clip(%x) lo=-1.5 hi=inf"]);
    for (op, name) in [("Add", "add"), ("Sub", "sub"), ("Mul", "mul"), ("Div", "div")] {
        let model = model(17, "2 3").initialiser(ones("w", &[3]));
        check(model.node(op, "w x", "y"), &[&format!("%y: f32[2x3] = {name}(%w, %x)")]);
    }
    check(
        model(17, "3").node("Sum", "x x x", "y"),
        &["%y.1: f32[3] = add(%x, %x)", "%y: f32[3] = add(%y.1, %x)"],
    );
    check(model(17, "3").node("Sum", "x", "y"), &["%y: f32[3] = identity(%x)"]);
    check(model(17, "3").node("Identity", "x", "y"), &["%y: f32[3] = identity(%x)"]);
    let off = model(17, "3").initialiser(tensor("off", DataType::Bool, &[], vec![0]));
    check(off.node("Dropout", "x _ off", "y mask"), &["%y: f32[3] = identity(%x)"]);
    check(
        model(17, "3").node_with("Cast", "x", "y", vec![("to", Attr::Int(1))]),
        &["%y: f32[3] = identity(%x)"],
    );
}

/// Some writers have other bytes for true than 1.
#[test]
fn truth_is_what_is_not_zero() {
    let raw = tensor("w", DataType::Bool, &[4], vec![2, 0, 255, 1]);
    let typed = TensorProto { raw_data: None, int32_data: vec![256, 0, -1, 1], ..raw.clone() };
    for stored in [raw, typed] {
        let model =
            model(17, "4").initialiser(stored).node_with("Cast", "w", "f", vec![("to", Attr::Int(1))]);
        let graph = read(&model.node("Add", "x f", "y"));
        let id = graph.nodes.last().and_then(|add| add.inputs.last()).expect("an operand");
        assert_eq!(constant(&graph, *id).expect("numbers").to_f64(), [1.0, 0.0, 1.0, 1.0]);
    }
}

#[test]
fn softmax() {
    check(model(13, "2 3 4").node("Softmax", "x", "y"), &["%y: f32[2x3x4] = softmax(%x) axis=2"]);
    let axis = || vec![("axis", Attr::Int(1))];
    check(
        model(13, "2 3 4").node_with("Softmax", "x", "y", axis()),
        &["%y: f32[2x3x4] = softmax(%x) axis=1"],
    );
    check(
        model(12, "2 3 4").node("Softmax", "x", "y"),
        &[
            "%y.1: f32[2x12] = reshape(%x)",
            "%y.2: f32[2x12] = softmax(%y.1) axis=1",
            "%y: f32[2x3x4] = reshape(%y.2)",
        ],
    );
    check(model(12, "2 3").node("Softmax", "x", "y"), &["%y: f32[2x3] = softmax(%x) axis=1"]);
}

#[test]
fn matrices() {
    let gemm = |c: &[i64], attributes: Vec<(&'static str, Attr)>| {
        let model = model(13, "2 3").initialiser(ones("w", &[4, 3])).initialiser(ones("c", c));
        model.node_with("Gemm", "x w c", "y", [vec![("transB", Attr::Int(1))], attributes].concat())
    };
    check(gemm(&[4], vec![]), &["%y: f32[2x4] = matmul(%x, %w, %c) trans_b +bias"]);
    check(gemm(&[1, 4], vec![]), &["%y: f32[2x4] = matmul(%x, %w, %y.1) trans_b +bias"]);
    let biased = "%y: f32[2x4] = matmul(%x, %w, %y.2) trans_b +bias";
    check(
        gemm(&[], vec![]),
        &["con %y.1: f32[4] = fill() value=1", "con %y.2: f32[4] = mul(%c, %y.1)", biased],
    );
    check(
        gemm(&[4], vec![("beta", Attr::Float(0.5))]),
        &["con %y.1: f32[4] = fill() value=0.5", "con %y.2: f32[4] = mul(%c, %y.1)", biased],
    );
    check(gemm(&[4], vec![("beta", Attr::Float(0.0))]), &["%y: f32[2x4] = matmul(%x, %w) trans_b"]);
    let product = "%y.1: f32[2x4] = matmul(%x, %w) trans_b alpha=2";
    let alpha = vec![("alpha", Attr::Float(2.0))];
    check(gemm(&[2, 1], alpha), &[product, "%y: f32[2x4] = add(%y.1, %c)"]);
    let run_time = model(13, "3 2").input("c", "4").initialiser(ones("w", &[3, 4]));
    let attributes = vec![("transA", Attr::Int(1)), ("beta", Attr::Float(3.0))];
    check(
        run_time.node_with("Gemm", "x w c", "y", attributes),
        &[
            "con %y.2: f32[] = fill() value=3",
            "%y.1: f32[2x4] = matmul(%x, %w) trans_a",
            "%y.3: f32[4] = mul(%c, %y.2)",
            "%y: f32[2x4] = add(%y.1, %y.3)",
        ],
    );
    let matmul = model(13, "2 3").initialiser(ones("w", &[3, 4]));
    check(matmul.node("MatMul", "x w", "y"), &["%y: f32[2x4] = matmul(%x, %w)"]);
}

#[test]
fn reshapes() {
    let to = |shape: &[i64]| model(17, "2 3 4").initialiser(ints("s", &[shape.len() as i64], shape));
    let becomes = |shape: &str| format!("%y: f32[{shape}] = reshape(%x)");
    for (target, shape) in
        [(vec![0, -1], "2x12"), (vec![-1], "24"), (vec![4, 0, 2], "4x3x2"), (vec![1, 24, 1], "1x24x1")]
    {
        check(to(&target).node("Reshape", "x s", "y"), &[&becomes(shape)]);
    }
    for (axis, shape) in [(0, "1x24"), (1, "2x12"), (-1, "6x4"), (3, "24x1")] {
        let flat = model(17, "2 3 4").node_with("Flatten", "x", "y", vec![("axis", Attr::Int(axis))]);
        check(flat, &[&becomes(shape)]);
    }
    let axes = |axes: &[i64]| vec![("axes", Attr::Ints(axes.to_vec()))];
    check(model(12, "1 3 1").node_with("Squeeze", "x", "y", axes(&[-1])), &[&becomes("1x3")]);
    check(model(12, "1 3 1").node("Squeeze", "x", "y"), &[&becomes("3")]);
    check(model(12, "2 3").node_with("Unsqueeze", "x", "y", axes(&[-1, 0])), &[&becomes("1x2x3x1")]);
    let operand = |extents| model(13, extents).initialiser(ints("axes", &[1], &[1]));
    check(operand("2 1 3").node("Squeeze", "x axes", "y"), &[&becomes("2x3")]);
    check(operand("2 3").node("Unsqueeze", "x axes", "y"), &[&becomes("2x1x3")]);
}

/// What exporters write for `x.view(x.size(0), -1)` and the like; none of it may be left in the graph.
#[test]
fn shape_arithmetic() {
    let ends = model(17, "2 3 4 5")
        .initialiser(ints("zero", &[], &[0]))
        .initialiser(ints("first", &[1], &[0]))
        .initialiser(ints("two", &[1], &[2]))
        .initialiser(ints("minus_two", &[1], &[-2]))
        .initialiser(ints("large", &[1], &[i64::MAX]))
        .node("Shape", "x", "shape")
        .node_with("Gather", "shape zero", "n", vec![("axis", Attr::Int(0))])
        .node("Unsqueeze", "n first", "n1")
        .node("Slice", "shape minus_two large", "hw")
        .node_with("ReduceProd", "hw", "area", vec![("keepdims", Attr::Int(1))])
        .node("Mul", "area two", "double")
        .node("Div", "double two", "half")
        .node_with("Concat", "n1 minus_one half", "target", vec![("axis", Attr::Int(0))])
        .node_with("Constant", "", "minus_one", vec![("value_ints", Attr::Ints(vec![-1]))])
        .node("Reshape", "x target", "y");
    let graph = read(&ends);
    assert_eq!(graph.values.len(), 2, "{}", print(&graph));
    check(ends, &["%y: f32[2x3x20] = reshape(%x)"]);

    let floats_too = model(17, "2 6")
        .node_with("Shape", "x", "last", vec![("start", Attr::Int(-1))])
        .node_with("Cast", "last", "wide", vec![("to", Attr::Int(1))])
        .node_with("Constant", "", "scale", vec![("value_float", Attr::Float(0.34))])
        .node("Mul", "wide scale", "scaled")
        .node("Floor", "scaled", "floor")
        .node_with("Cast", "floor", "narrow", vec![("to", Attr::Int(7))])
        .node_with(
            "Constant",
            "",
            "minus_one",
            vec![("value", Attr::Tensor(Box::new(ints("", &[1], &[-1]))))],
        )
        .node("Equal", "narrow minus_one", "same")
        .node("Where", "same last narrow", "chosen")
        .node_with("Concat", "minus_one chosen", "target", vec![("axis", Attr::Int(0))])
        .node("Reshape", "x target", "y");
    check(floats_too, &["%y: f32[6x2] = reshape(%x)"]);

    // How PyTorch writes the padding of `F.pad`, apart from Pad itself.
    let pads = model(17, "12")
        .node_with("Constant", "", "pads", vec![("value_ints", Attr::Ints(vec![3, 1, 4]))])
        .initialiser(ints("count", &[1], &[3]))
        .node_with(
            "ConstantOfShape",
            "count",
            "zeros",
            vec![("value", Attr::Tensor(Box::new(ints("", &[1], &[0]))))],
        )
        .node_with("Concat", "pads zeros", "all", vec![("axis", Attr::Int(0))])
        .initialiser(ints("rows", &[2], &[-1, 3]))
        .node("Reshape", "all rows", "table")
        .initialiser(ints("from", &[1], &[-1]))
        .initialiser(ints("to", &[1], &[i64::MIN + 1]))
        .initialiser(ints("axis", &[1], &[0]))
        .initialiser(ints("step", &[1], &[-1]))
        .node("Slice", "table from to axis step", "reversed")
        .node_with("Transpose", "reversed", "turned", vec![("perm", Attr::Ints(vec![1, 0]))])
        .initialiser(ints("flat", &[1], &[-1]))
        .node("Reshape", "turned flat", "order")
        .initialiser(ints("odd", &[3], &[1, 3, 5]))
        .node("Gather", "order odd", "target")
        .node("Reshape", "x target", "y");
    check(pads, &["%y: f32[3x1x4] = reshape(%x)"]);

    let range = model(17, "6")
        .initialiser(ints("start", &[], &[1]))
        .initialiser(ints("limit", &[], &[4]))
        .initialiser(ints("delta", &[], &[1]))
        .node("Range", "start limit delta", "target")
        .node("Reshape", "x target", "y");
    check(range, &["%y: f32[1x2x3] = reshape(%x)"]);

    let roots = model(17, "6")
        .initialiser(ints("squares", &[2], &[4, 9]))
        .initialiser(floats("half", &[1], &[0.5]))
        .node("Pow", "squares half", "target")
        .node("Reshape", "x target", "y");
    check(roots, &["%y: f32[2x3] = reshape(%x)"]);
}

/// Operators on weights are the weight packer's to run; only a shape changes nothing but the type.
#[test]
fn constants_stay_recipes() {
    let weights = model(17, "2 3 20").initialiser(ones("w", &[20])).initialiser(ints("axes", &[1], &[0]));
    let half = tensor("h", DataType::Float16, &[1, 20], vec![0; 40]);
    let model = weights.initialiser(half).node_with("Cast", "h", "wide", vec![("to", Attr::Int(1))]);
    check(
        model.node("Unsqueeze", "w axes", "row").node("Mul", "row wide", "both").node("Add", "x both", "y"),
        &[
            "con %wide: f32[1x20] = cast(%h) to=f32",
            "con %both: f32[1x20] = mul(%row, %wide)",
            "%y: f32[2x3x20] = add(%x, %both)",
        ],
    );
}

/// ONNX has several places for the numbers of a tensor; all must give the same.
#[test]
fn stored_forms() {
    let number = |data_type: DataType| TensorProto {
        name: Some("w".into()),
        data_type: Some(data_type as i32),
        dims: vec![2],
        ..TensorProto::default()
    };
    let forms = [
        TensorProto { float_data: vec![1.5, -2.0], ..number(DataType::Float) },
        TensorProto { double_data: vec![1.5, -2.0], ..number(DataType::Double) },
        TensorProto { int32_data: vec![0x3e00, 0xc000], ..number(DataType::Float16) },
        TensorProto { int32_data: vec![0x3fc0, 0xc000], ..number(DataType::Bfloat16) },
        tensor("w", DataType::Bfloat16, &[2], vec![0xc0, 0x3f, 0x00, 0xc0]),
        floats("w", &[2], &[1.5, -2.0]),
    ];
    for form in forms {
        let model =
            model(17, "2").initialiser(form.clone()).node_with("Cast", "w", "f", vec![("to", Attr::Int(1))]);
        let graph = read(&model.node("Add", "x f", "y"));
        let f = graph.nodes[0].inputs[1];
        assert_eq!(constant(&graph, f).expect("f").to_f64(), [1.5, -2.0], "{form:?}");
    }
    let integers = [
        TensorProto { int64_data: vec![1, 2], ..number(DataType::Int64) },
        TensorProto { int32_data: vec![1, 2], ..number(DataType::Int32) },
        TensorProto { int32_data: vec![1, 2], ..number(DataType::Uint8) },
        TensorProto { int32_data: vec![1, 2], ..number(DataType::Int8) },
    ];
    for form in integers {
        let model =
            model(17, "2").initialiser(form).node_with("Cast", "w", "shape", vec![("to", Attr::Int(7))]);
        check(model.node("Reshape", "x shape", "y"), &["%y: f32[1x2] = reshape(%x)"]);
    }
}

#[test]
fn names_and_order() {
    let mut unsorted = model(17, "3").node("Relu", "b", "y").node("Relu", "a", "b").node("Relu", "x", "a");
    unsorted.graph.node.iter_mut().for_each(|node| node.name = None);
    let graph = read(&unsorted);
    let sources: Vec<&str> = graph.nodes.iter().map(|node| node.sources[0].as_str()).collect();
    assert_eq!(sources, ["Relu_2", "Relu_1", "Relu_0"]);

    // An initialiser that is also an input is a constant; one that nothing reads is dropped, whatever it is.
    let model = model(17, "3").input("w", "3").initialiser(ones("w", &[3]));
    let model =
        model.initialiser(tensor("text", DataType::String, &[1], vec![])).initialiser(ones("unused", &[3]));
    let graph = read(&model.node("Add", "x w", "y"));
    assert_eq!(graph.inputs.len(), 1);
    let names: Vec<&str> = graph.values.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(names, ["w", "x", "y"]);

    // Steps that are made up here keep out of the way of the file's names.
    let clash =
        Model::new(17).input("x", "3").output("y").node("Relu", "x", "y.1").node("Sum", "x y.1 x", "y");
    let graph = read(&clash);
    let names: Vec<&str> = graph.values.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(names, ["x", "y.1", "y.2", "y"]);
}

#[test]
fn long_chains() {
    let count = 100_000;
    let name = |at: usize| if at == count { "y".to_owned() } else { format!("v{at}") };
    let mut model = Model::new(17).input("v0", "3").output("y");
    for at in (0..count).rev() {
        model = model.node("Relu", &name(at), &name(at + 1));
    }
    assert_eq!(read(&model).nodes.len(), count);
}

#[test]
fn the_table_is_sound() {
    let operators = operators();
    assert!(operators.windows(2).all(|two| two[0].name < two[1].name), "sorted, each operator once");
    for operator in &operators {
        assert!(operator.since.is_sorted_by(|a, b| a < b), "{operator:?}");
        assert!(operator.since.iter().all(|version| (1..=28).contains(version)), "{operator:?}");
    }
}
