//! Each limit holds: what exceeds it is refused with the node, the count, the limit and the way to raise it, and raised it
//! is no obstacle.

use tilewright::base::diag::Error;
use tilewright::emit::File;
use tilewright::onnx::schema::attribute_proto::AttributeType;
use tilewright::onnx::schema::{AttributeProto, GraphProto, NodeProto};
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::{Limit, Limits, Options, compile};
use tilewright_tests::model::{Attr, Model, floats, ints};

fn compiled(model: &Model, limits: Limits) -> Result<Vec<File>, Error> {
    let options = LoadOptions { limits, ..LoadOptions::default() };
    let graph = load("m.onnx", model.bytes().into(), &options, &NoExternalData)?;
    let compiled = compile(graph, &Options::default())?;
    compiled.weights_file()?;
    Ok(compiled.files)
}

/// With the limit one below what the model comes to it is refused, with that number it is not.
#[track_caller]
fn check(model: Model, limit: Limit, count: u64, place: &str) {
    let error = compiled(&model, Limits::default().with(limit, count - 1)).expect_err("too much").to_string();
    let name = limit.row().name;
    for part in [
        place,
        &format!("comes to {count} "),
        &format!("limit is {}", count - 1),
        &format!("--limit {name}={count}"),
    ] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    compiled(&model, Limits::default().with(limit, count)).unwrap_or_else(|error| panic!("{error}"));
}

/// `x` of the given extents -> `y`, by a chain of functions.
fn chain(extents: &str) -> Model {
    let model = Model::new(17).input("x", extents).output("y");
    model.node("Sigmoid", "x", "a").node("Tanh", "a", "b").node("Abs", "b", "y")
}

#[test]
fn file_bytes() {
    let model = chain("4");
    check(model.clone(), Limit::FileBytes, model.bytes().len() as u64, "m.onnx");
}

#[test]
fn nodes() {
    check(chain("4"), Limit::Nodes, 3, "node `node_y`");
    // One node of the file may be several.
    let sum = Model::new(17).input("x", "4").output("y").node("Sum", "x x x x x", "y");
    check(sum, Limit::Nodes, 4, "node `node_y`");
    // And a batch becomes images.
    let batch = chain("4 8 64 65");
    let error = compiled(&batch, Limits::default().with(Limit::Nodes, 5)).expect_err("images").to_string();
    assert!(error.contains("nodes; the limit is 5"), "{error}");
}

#[test]
fn ports() {
    let model = chain("4").input("z", "4").output("a");
    check(model, Limit::Ports, 4, "m.onnx");
}

#[test]
fn name_bytes() {
    check(chain("4"), Limit::NameBytes, 6, "node `node_y`");
    check(chain("4").input("a_long_name", "1"), Limit::NameBytes, 11, "input `a_long_name`");
}

#[test]
fn axes() {
    check(chain("1 1 1 1 4"), Limit::Axes, 5, "input `x`");
    // Before the new axes are looked for among each other.
    let axes = vec![("axes", Attr::Ints((0..300_000).collect()))];
    let model = Model::new(11).input("x", "4").output("y").node_with("Unsqueeze", "x", "y", axes);
    let error = compiled(&model, Limits::default()).expect_err("axes").to_string();
    assert!(error.contains("it comes to 300001 axes of a tensor"), "{error}");
}

#[test]
fn elements() {
    check(chain("3 5"), Limit::Elements, 15, "input `x`");
    let concat = vec![("axis", Attr::Int(0))];
    let wide = Model::new(17).input("x", "6").output("y").node_with("Concat", "x x x", "y", concat);
    check(wide, Limit::Elements, 18, "node `node_y`");
    let filled = Model::new(17)
        .initialiser(ints("shape", &[1], &[20]))
        .input("x", "1")
        .output("y")
        .node("ConstantOfShape", "shape", "c")
        .node("Add", "x c", "y");
    check(filled, Limit::Elements, 20, "node `node_c`");
}

/// Padding of billions of rows, of which the window reads a few.
#[test]
fn elements_of_padded_maps() {
    let attributes = vec![("pads", Attr::Ints(vec![1 << 23; 4])), ("strides", Attr::Ints(vec![1 << 23; 2]))];
    let model = Model::new(17)
        .initialiser(floats("w", &[1, 1, 1, 1], &[1.0]))
        .input("x", "1 1 4 4")
        .output("y")
        .node_with("Conv", "x w", "y", attributes);
    let error = compiled(&model, Limits::default()).expect_err("padding").to_string();
    assert!(error.contains("with the padding of what reads it") && error.contains("elements"), "{error}");
}

/// Weights of a linear layer, by which `x` is multiplied.
fn linear() -> Model {
    let weights = floats("w", &[32, 16], &[0.5; 512]);
    Model::new(17).initialiser(weights).input("x", "1 32").output("y").node("MatMul", "x w", "y")
}

#[test]
fn constant_bytes() {
    check(linear(), Limit::ConstantBytes, 2048, "initialiser `w`");
    // Packed, channels are filled up to 16.
    let model = Model::new(17)
        .initialiser(floats("w", &[2, 5, 1, 1], &[0.5; 10]))
        .input("x", "1 5 4 4")
        .output("y")
        .node("Conv", "x w", "y");
    check(model, Limit::ConstantBytes, 4 * 16 * 16, "node `node_y`");
}

#[test]
fn folding_work() {
    // Packing looks at 512 numbers; here it makes each of them anew, thrice.
    let error = compiled(&linear(), Limits::default().with(Limit::FoldingWork, 511)).expect_err("packing");
    assert!(error.to_string().contains("operations on constants"), "{error}");
    let folded = Model::new(17)
        .initialiser(ints("a", &[100], &[1; 100]))
        .initialiser(ints("b", &[100], &[0; 100]))
        .input("x", "1")
        .output("y")
        .node("Add", "a b", "c")
        .node("Expand", "x c", "d")
        .node("Identity", "x", "y");
    let error = compiled(&folded, Limits::default().with(Limit::FoldingWork, 99)).expect_err("folding");
    assert!(error.to_string().contains("node `node_c`"), "{error}");
}

/// What is done for each element while a node is read is work too, and all nodes for which it is too much are one problem.
#[test]
fn folding_work_of_many_nodes() {
    let resize = |mode| vec![("mode", Attr::Text(mode)), ("antialias", Attr::Int(1))];
    let list: Vec<i64> = (0..1 << 16).collect();
    let base = |extents| {
        let model = Model::new(18).input("x", extents).output("y").node("Identity", "x", "y");
        let model =
            model.initialiser(floats("large", &[1], &[1e6])).initialiser(floats("small", &[1], &[3e-6]));
        model.initialiser(ints("list", &[1 << 16], &list)).initialiser(ints("axis", &[1], &[0]))
    };
    let node = |op, inputs, attributes: Vec<(&'static str, Attr)>| {
        move |model: Model, at: usize| {
            let output = format!("z{at}");
            model.node_with(op, inputs, &output, attributes.clone())
        }
    };
    type Add<'a> = Box<dyn Fn(Model, usize) -> Model + 'a>;
    let cases: [(&str, Add); 6] = [
        ("1", Box::new(node("Resize", "x _ large", resize("nearest")))),
        ("1", Box::new(node("Resize", "x _ large", resize("cubic")))),
        ("1000000", Box::new(node("Resize", "x _ small", resize("linear")))),
        ("65536", Box::new(node("Gather", "x list", Vec::new()))),
        ("4", Box::new(node("Reshape", "x list", Vec::new()))),
        ("65536", Box::new(node("Gather", "list axis", Vec::new()))),
    ];
    for (extents, add) in cases {
        let limits = Limits::default().with(Limit::FoldingWork, 1 << 28);
        let model = (0..1000).fold(base(extents), &add);
        let error = compiled(&model, limits).expect_err("work");
        let last = error.problems().last().expect("a problem").to_string();
        assert!(last.contains("nodes of") && last.contains("operations on constants"), "{error}");
        assert!(error.problems().len() <= 2, "{error}");
    }
    let hardmax = Model::new(17).input("x", "268435456").output("y").node("Hardmax", "x", "y");
    let error = compiled(&hardmax, Limits::default()).expect_err("numbers").to_string();
    assert!(error.contains("operations on constants"), "{error}");
}

/// Constants that are computed while a model is read count as those that are stored.
#[test]
fn constant_bytes_of_results() {
    let model = Model::new(17).initialiser(ints("a", &[100], &[1; 100])).input("x", "1").output("y");
    let model = model.node("Add", "a a", "b").node("Expand", "x b", "c").node("Identity", "x", "y");
    let error = compiled(&model, Limits::default().with(Limit::ConstantBytes, 1599)).expect_err("bytes");
    assert!(
        error.to_string().contains("node `node_b` (Add): it comes to 1600 bytes of constants"),
        "{error}"
    );
}

/// One node of very many terms is no more work than as many nodes.
#[test]
fn terms_of_an_equation() {
    let terms = 60_000;
    let mut model = Model::new(17).input("x", "2 2").output("y").node_with(
        "Einsum",
        "x",
        "y",
        vec![("equation", Attr::Text(""))],
    );
    let node = &mut model.graph.node[0];
    node.input = vec!["x".to_owned(); terms];
    node.attribute[0].s = Some(vec!["ab"; terms].join(",").into_bytes());
    let error = compiled(&model, Limits::default()).expect_err("nodes").to_string();
    assert!(error.contains("nodes; the limit is 200000"), "{error}");
}

#[test]
fn kernels() {
    check(chain("4").node("Sigmoid", "x", "s").output("s"), Limit::Kernels, 3, "node `node_y`");
}

#[test]
fn generated_bytes() {
    let text = compiled(&chain("4"), Limits::default()).expect("a small model");
    let most = Limits::default().with(Limit::GeneratedBytes, 10_000);
    let error = compiled(&chain("4"), most).expect_err("too long").to_string();
    assert!(
        error.contains("kernel `") && error.contains("bytes of generated text; the limit is 10000"),
        "{error}"
    );
    assert!(text.iter().map(|file| file.text.len()).sum::<usize>() > 10_000);
}

/// Graphs in attributes of nodes in graphs: deeper than any reader should follow.
#[test]
fn nested_graphs() {
    for depth in [10, 1000] {
        let mut model = chain("4");
        let mut graph = GraphProto::default();
        for _ in 0..depth {
            let attribute = AttributeProto {
                name: Some("body".into()),
                g: Some(graph),
                r#type: Some(AttributeType::Graph as i32),
                ..AttributeProto::default()
            };
            let node = NodeProto {
                op_type: Some("Loop".into()),
                attribute: vec![attribute],
                ..NodeProto::default()
            };
            graph = GraphProto { node: vec![node], ..GraphProto::default() };
        }
        model.graph.node.append(&mut graph.node);
        let bytes = std::thread::Builder::new().stack_size(1 << 30).spawn(move || model.bytes());
        let bytes = bytes.expect("a thread").join().expect("bytes");
        let error =
            load("deep.onnx", bytes.into(), &LoadOptions::default(), &NoExternalData).expect_err("Loop");
        let reason = if depth > 100 { "recursion limit" } else { "Loop" };
        assert!(error.to_string().contains(reason), "{error}");
    }
}
