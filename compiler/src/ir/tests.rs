//! The verifier finds what is wrong; the evaluator computes and refuses.

use super::graph::{Const, Def, Graph, ValueId};
use super::reference::{constant, evaluate};
use super::text::parse;
use super::verify::verify;
use crate::base::tensor::{Blob, Tensor};

fn graph(body: &str) -> Graph {
    parse(&format!("graph g {{\n{body}\n}}")).unwrap()
}

fn fault(graph: &Graph) -> String {
    verify(graph, "a test").unwrap_err().to_string()
}

fn set(graph: &mut Graph, name: &str, numbers: &[f32]) {
    let value = graph.values.iter_mut().find(|value| value.name == name).unwrap();
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    value.def = Def::Const(Const::Data(Blob::new(bytes)));
}

#[test]
fn the_verifier_names_every_fault() {
    let cases = [
        ("in %x: f32[4]\n%y: f32[5] = relu(%x)   ; r\nout %y", "relu `r`: its result is f32[4], not f32[5]"),
        ("in %x: f32[4]\n%y: f32[4] = add(%x)\nout %y", "add: it has 1 operands and takes 2"),
        (
            "con %a: f32[4]\ncon %b: f32[4] = bn_scale(%a) eps=0\nout %b",
            "value `b`: bn_scale: its operands are (f32[4]), its result f32[4]",
        ),
        (
            "in %x: f32[4]\ncon %a: f32[4] = add(%x, %x)\nout %a",
            "value `a`: its recipe depends on itself or on something that is not constant",
        ),
        ("in %x: f32[1x3x4x4 halo=1,1,1,1]", "value `x`: it must be planar without a halo"),
        (
            "in %x: f32[4]\n%y: f32[4 nchw16] = relu(%x)\nout %x",
            "value `y`: it must be planar without a halo",
        ),
        (
            "in %x: f32[1x3x4x4]\n%y: f32[1x3x4x4 nchw16] = reorder(%x)\nout %y",
            "value `y`: it is an output and must be planar without a halo",
        ),
        (
            "in %x: f32[1x3x4x4]\n%y: f32[1x3x4x4 nchw16] = relu(%x)\n%z: f32[1x3x4x4] = reorder(%y)\nout %z",
            "relu: its operands or its result have a layout that it does not take",
        ),
        (
            "in %x: f32[1x8x4x4]\ncon %w: f32[8x8x3x3]\n%p: f32[1x8x4x4 nchw16 halo=1,1,1,0] = reorder(%x)
            %y: f32[1x8x4x4 nchw16] = conv(%p, %w) kernel=3x3 pads=1,1,1,1",
            "conv: its padding needs Halo { top: 1, left: 1, bottom: 1, right: 1 }, \
             its input has Halo { top: 1, left: 1, bottom: 1, right: 0 }",
        ),
        (
            "in %x: f32[1x8x4x4]\ncon %w: f32[8x8x1x1]\n%y: f32[1x8x4x4 nchw16] = conv(%x, %w) kernel=1x1",
            "conv: its input of 8 channels is planar",
        ),
    ];
    for (body, expected) in cases {
        let expected = format!("after a test: {expected}; this is a compiler bug: please report it");
        let found = fault(&graph(body));
        assert!(found.contains(&expected), "{found}\n{expected}");
    }
}

#[test]
fn the_verifier_checks_definitions() {
    let good = graph("in %x: f32[4]\n%y: f32[4] = relu(%x)\n%z: f32[4] = relu(%y)\nout %z");
    verify(&good, "a test").unwrap();
    let broken = |change: fn(&mut Graph), reason: &str| {
        let mut graph = good.clone();
        change(&mut graph);
        assert!(fault(&graph).contains(reason), "{}", fault(&graph));
    };
    broken(|g| g.nodes.swap(0, 1), "relu: it reads `y` too early");
    broken(|g| drop(g.nodes.pop()), "value `z`: it is an output that nothing computes");
    broken(|g| g.nodes[1].output = ValueId(1), "value `y`: it is not defined exactly once");
    broken(|g| g.nodes[1].output = g.inputs[0], "value `x`: it is not defined exactly once");
    broken(|g| g.values[1].name = "x".to_owned(), "value `x`: its name is not unique");
    broken(|g| g.outputs.push(ValueId(9)), "there is no value 9");
    broken(|g| g.values[2].def = Def::Const(Const::Absent), "value `z`: it is not defined exactly once");
}

#[test]
fn evaluation_visits_every_result_and_returns_outputs_in_order() {
    let mut graph = graph(
        "in %x: f32[2]\ncon %c: f32[2]\ncon %d: f32[2] = add(%c, %c)\n%a: f32[2] = mul(%x, %d)
        %y: f32[2] = sub(%a, %c)\nout %y\nout %x\nout %d\nout %a",
    );
    set(&mut graph, "c", &[1.0, -0.5]);
    let mut seen = Vec::new();
    let x = Tensor::float([2], vec![3.0, 4.0]);
    let outputs =
        evaluate(&graph, &[x], |id, tensor| seen.push((graph.value(id).name.clone(), tensor.to_f64())));
    let outputs: Vec<Vec<f64>> = outputs.unwrap().iter().map(Tensor::to_f64).collect();
    assert_eq!(outputs, [[5.0, -3.5], [3.0, 4.0], [2.0, -1.0], [6.0, -4.0]]);
    assert_eq!(seen, [("a".to_owned(), vec![6.0, -4.0]), ("y".to_owned(), vec![5.0, -3.5])]);
}

#[test]
fn evaluation_refuses_in_words() {
    let graph = graph("in %x: f32[2]\ncon %c: f32[2]\n%y: f32[2] = mul(%x, %c)   ; m\nout %y");
    let run = |inputs: &[Tensor]| evaluate(&graph, inputs, |_, _| ()).unwrap_err().to_string();
    assert_eq!(run(&[]), "graph `g`: it has 1 inputs, 0 were given");
    let wide = Tensor::float([3], vec![0.0; 3]);
    assert_eq!(run(&[wide]), "input `x`: it is f32[2], the tensor given is f32[3]");
    let absent = "constant `c`: the model carries no numbers for it; give the model with its weights";
    assert_eq!(run(&[Tensor::float([2], vec![0.0; 2])]), absent);
    let short = Tensor { ty: graph.value(ValueId(0)).ty.clone(), ..Tensor::float([1], vec![0.0]) };
    let mut graph = graph.clone();
    set(&mut graph, "c", &[1.0, 1.0]);
    let error = evaluate(&graph, &[short], |_, _| ()).unwrap_err().to_string();
    assert_eq!(error, "mul `m`: a tensor of type f32[2] holds other elements");
    set(&mut graph, "c", &[1.0]);
    assert_eq!(
        constant(&graph, ValueId(1)).unwrap_err().to_string(),
        "constant `c`: its bytes are not f32[2]"
    );
}

#[test]
fn recipes_of_a_normalisation_are_the_normalisation() {
    let mut graph = graph(
        "con %w: f32[2x1x1x2]\ncon %g: f32[2]\ncon %b: f32[2]\ncon %m: f32[2]\ncon %v: f32[2]\ncon %bias: f32[2]
        con %weights: f32[2x1x1x2] = bn_weight(%w, %g, %v) eps=1
        con %shift: f32[2] = bn_bias(%g, %b, %m, %v) eps=1
        con %sum: f32[2] = bn_bias(%g, %b, %m, %v, %bias) eps=1
        con %scale: f32[2] = bn_scale(%g, %v) eps=1
        con %ones: f32[2] = fill() value=1.5",
    );
    set(&mut graph, "w", &[1.0, 2.0, 3.0, 4.0]);
    set(&mut graph, "g", &[4.0, 6.0]);
    set(&mut graph, "b", &[1.0, 0.5]);
    set(&mut graph, "m", &[0.5, -1.0]);
    set(&mut graph, "v", &[3.0, 8.0]); // With epsilon 1, the deviations are 2 and 3.
    set(&mut graph, "bias", &[1.0, 1.0]);
    let value = |name: &str| {
        let index = graph.values.iter().position(|value| value.name == name).unwrap();
        constant(&graph, ValueId(index)).unwrap().to_f64()
    };
    assert_eq!(value("scale"), [2.0, 2.0]);
    assert_eq!(value("weights"), [2.0, 4.0, 6.0, 8.0]);
    assert_eq!(value("shift"), [0.0, 2.5]);
    assert_eq!(value("sum"), [2.0, 4.5]);
    assert_eq!(value("ones"), [1.5, 1.5]);
}

#[test]
fn a_long_chain_of_recipes_needs_no_stack() {
    let mut body = "con %c0: f32[1]\n".to_owned();
    (1..20_000).for_each(|i| body += &format!("con %c{i}: f32[1] = relu(%c{})\n", i - 1));
    let mut graph = graph(&body);
    set(&mut graph, "c0", &[2.0]);
    assert_eq!(constant(&graph, ValueId(19_999)).unwrap().to_f64(), [2.0]);
    graph.values[0].def = graph.values[19_999].def.clone();
    let error = constant(&graph, ValueId(0)).unwrap_err().to_string();
    assert!(error.ends_with("it is computed from itself"), "{error}");
}
