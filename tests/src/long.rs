//! Long graphs: chains, fans and ladders of any number of nodes, for what grows faster than the graph.

use crate::model::{Attr, Model, floats, ints};

/// A family of graphs.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// What the graphs look like.
    pub name: &'static str,
    /// The model of about so many nodes.
    pub model: fn(usize) -> Model,
}

/// Every family.
pub const FAMILIES: &[Family] = &[
    Family { name: "relus", model: |n| chain(n, |i| ("Relu", operand(i))) },
    Family { name: "functions", model: |n| chain(n, |i| (FUNCTIONS[i % FUNCTIONS.len()], operand(i))) },
    Family { name: "additions", model: |n| chain(n, |i| ("Add", format!("{} x", operand(i)))) },
    Family { name: "doublings", model: |n| chain(n, |i| ("Add", format!("{0} {0}", operand(i)))) },
    Family { name: "reshapes", model: |n| chain(n, |i| ("Reshape", format!("{} s{}", operand(i), i % 2))) },
    Family { name: "transposes", model: transposes },
    Family { name: "activations behind pools", model: activations },
    Family { name: "convolutions", model: |n| chain(n, |i| ("Conv", format!("{} w", operand(i)))) },
    Family { name: "residuals", model: residuals },
    Family { name: "constants", model: constants },
    Family { name: "shapes", model: shapes },
    Family { name: "fan", model: fan },
    Family { name: "wide sum", model: |n| wide(n, "Sum", Vec::new()) },
    Family { name: "wide concatenation", model: |n| wide(n, "Concat", vec![("axis", Attr::Int(1))]) },
    Family { name: "growing concatenations", model: growing },
    Family { name: "nested slices", model: slices },
    Family { name: "outputs", model: outputs },
    Family { name: "inputs", model: inputs },
    Family { name: "batch", model: batch },
];

/// Functions of one operand.
const FUNCTIONS: [&str; 5] = ["Sigmoid", "Relu", "Tanh", "Abs", "Neg"];

/// What node `i` of a chain reads.
fn operand(i: usize) -> String {
    if i == 0 { "x".to_owned() } else { format!("v{}", i - 1) }
}

/// What node `i` of `n` in a chain computes.
fn result(i: usize, n: usize) -> String {
    if i + 1 == n { "y".to_owned() } else { format!("v{i}") }
}

/// A small map, filters of one position for it, and its shape in two forms.
fn small() -> Model {
    Model::new(17)
        .input("x", "1 16 2 2")
        .output("y")
        .initialiser(floats("w", &[16, 16, 1, 1], &[0.0625; 256]))
        .initialiser(ints("s0", &[2], &[16, 4]))
        .initialiser(ints("s1", &[4], &[1, 16, 2, 2]))
}

fn chain(n: usize, node: impl Fn(usize) -> (&'static str, String)) -> Model {
    (0..n).fold(small(), |model, i| {
        let (op, inputs) = node(i);
        model.node(op, &inputs, &result(i, n))
    })
}

/// Transposes of three axes, which no two neighbours undo.
fn transposes(n: usize) -> Model {
    let model = Model::new(17).input("x", "2 3 4").output("y");
    (0..n).fold(model, |model, i| {
        let perm = vec![("perm", Attr::Ints(vec![1, 2, 0]))];
        model.node_with("Transpose", &operand(i), &result(i, n), perm)
    })
}

/// Half the nodes are transposes, over which activations could move, the others activations.
fn activations(n: usize) -> Model {
    let model = small().node("Conv", "x w", "v0");
    (1..n).fold(model, |model, i| {
        let pool = vec![("kernel_shape", Attr::Ints(vec![1, 1]))];
        match i < n / 2 {
            true => model.node_with("MaxPool", &operand(i), &result(i, n), pool),
            false => model.node("Relu", &operand(i), &result(i, n)),
        }
    })
}

/// Blocks of a convolution, an addition and an activation.
fn residuals(n: usize) -> Model {
    let blocks = n / 3;
    (0..blocks).fold(small(), |model, i| {
        let (from, to) = (operand(i), result(i, blocks));
        model
            .node("Conv", &format!("{from} w"), &format!("c{i}"))
            .node("Add", &format!("c{i} {from}"), &format!("a{i}"))
            .node("Relu", &format!("a{i}"), &to)
    })
}

/// Constants that are computed from constants, each from the last one twice.
fn constants(n: usize) -> Model {
    let start = small().initialiser(floats("c", &[1, 16, 2, 2], &[0.0; 64]));
    let model = (0..n).fold(start, |model, i| {
        let from = if i == 0 { "c".to_owned() } else { format!("k{}", i - 1) };
        model.node("Mul", &format!("{from} {from}"), &format!("k{i}"))
    });
    model.node("Add", &format!("x k{}", n - 1), "y")
}

/// Shape arithmetic.
fn shapes(n: usize) -> Model {
    let start = small().initialiser(ints("zero", &[1], &[0])).node("Shape", "x", "k");
    let model = (0..n).fold(start, |model, i| {
        let from = if i == 0 { "k".to_owned() } else { format!("k{}", i - 1) };
        model.node("Add", &format!("{from} zero"), &format!("k{i}"))
    });
    model.node("Reshape", &format!("x k{}", n - 1), "y")
}

/// Many readers of one value, each added to a sum.
fn fan(n: usize) -> Model {
    let n = n / 2;
    let model = (0..n).fold(small(), |model, i| model.node("Sigmoid", "x", &format!("f{i}")));
    (0..n).fold(model, |model, i| model.node("Add", &format!("{} f{i}", operand(i)), &result(i, n)))
}

/// Many readers of one value that are joined at once.
fn wide(n: usize, op: &str, attributes: Vec<(&str, Attr)>) -> Model {
    let model = (0..n).fold(small(), |model, i| model.node("Sigmoid", "x", &format!("f{i}")));
    let names: Vec<String> = (0..n).map(|i| format!("f{i}")).collect();
    model.node_with(op, &names.join(" "), "y", attributes)
}

/// Each node joins all before it with one more: the last has as many channels as there are nodes.
fn growing(n: usize) -> Model {
    let model = Model::new(17).input("x", "1 1 1 1").output("y");
    (0..n).fold(model, |model, i| {
        let axis = vec![("axis", Attr::Int(1))];
        model.node_with("Concat", &format!("{} x", operand(i)), &result(i, n), axis)
    })
}

/// Each node takes all but the first row of the last.
fn slices(n: usize) -> Model {
    let start = Model::new(17)
        .input("x", &format!("{} 16", n + 1))
        .output("y")
        .initialiser(ints("from", &[1], &[1]))
        .initialiser(ints("to", &[1], &[i64::MAX]))
        .initialiser(ints("axis", &[1], &[0]));
    (0..n).fold(start, |model, i| model.node("Slice", &format!("{} from to axis", operand(i)), &result(i, n)))
}

/// As many outputs as nodes.
fn outputs(n: usize) -> Model {
    (1..n).fold(small().node("Sigmoid", "x", "y"), |model, i| {
        model.node("Sigmoid", "x", &format!("f{i}")).output(&format!("f{i}"))
    })
}

/// As many inputs as nodes.
fn inputs(n: usize) -> Model {
    (1..n).fold(small().node("Relu", "x", "v0"), |model, i| {
        let name = format!("i{i}");
        model.input(&name, "1 16 2 2").node("Add", &format!("{} {name}", operand(i)), &result(i, n))
    })
}

/// A batch of maps that go image by image.
fn batch(n: usize) -> Model {
    let start = Model::new(17).input("x", "4 16 64 64").output("y").initialiser(floats(
        "w",
        &[16, 16, 1, 1],
        &[0.0625; 256],
    ));
    let (n, all) = (n / 4, n / 4);
    (0..n).fold(start, |model, i| model.node("Conv", &format!("{} w", operand(i)), &result(i, all)))
}
