//! ArgMax, ArgMin and TopK of lines with NaN, of which ONNX says nothing.
//!
//! Of constants they say what NumPy does, and with it ONNX's own reference: `argmax` and `argmin` give the first NaN, and
//! sorting puts NaN above all numbers. At run time the kernels compare, and a comparison with a NaN is false: a NaN is
//! passed over, but for one at the beginning, which ArgMax and ArgMin keep. Where TopK has fewer numbers than it is to
//! give, the rest means nothing.

use std::cmp::Ordering;
use tilewright::base::target::ISAS;
use tilewright::base::tensor::Tensor;
use tilewright::ir::reference;
use tilewright::schedule::choose::Choice;
use tilewright_tests::import;
use tilewright_tests::model::{Attr, Model, floats, ints};
use tilewright_tests::plans::try_run;

const LINES: usize = 12;

/// More than a sort does by insertion, so that an order that is none would show.
const LENGTH: usize = 60;

const COUNT: usize = 25;

/// Lines of which some begin with NaN, some have none, and some are full of them.
fn lines() -> Vec<Vec<f32>> {
    let number = |at: usize| match at * 7 % 23 {
        0 => f32::INFINITY,
        1 => f32::NEG_INFINITY,
        2 => -0.0,
        step => step as f32 - 11.0,
    };
    let element = |line: usize, at: usize| match line {
        0 => number(at),
        1 => f32::NAN,
        _ if (at * at + line).is_multiple_of(line + 1) => f32::NAN,
        _ => number(at + line),
    };
    (0..LINES).map(|line| (0..LENGTH).map(|at| element(line, at)).collect()).collect()
}

/// The operators, each with its only output of interest.
const OPERATORS: [(&str, bool); 6] = [
    ("ArgMax", true),
    ("ArgMin", true),
    ("TopK", true),
    ("TopK", false),
    ("values", true),
    ("values", false),
];

/// A model that applies the operator to `c`, or to `x` where that is given.
fn model(operator: (&str, bool), operand: &str) -> Model {
    let all: Vec<f32> = lines().concat();
    let extents = format!("{LINES} {}", if operand == "x" { LENGTH } else { 1 });
    let model = Model::new(17).input("x", &extents).output("y");
    let model = model.initialiser(floats("c", &[LINES as i64, LENGTH as i64], &all));
    let model = model.initialiser(ints("k", &[1], &[COUNT as i64]));
    let (name, largest) = operator;
    let found = match name {
        "ArgMax" | "ArgMin" => model.node_with(name, operand, "i", vec![("axis", Attr::Int(1))]),
        _ => {
            let outputs = if name == "TopK" { "v i" } else { "i v" };
            model.node_with(
                "TopK",
                &format!("{operand} k"),
                outputs,
                vec![("largest", Attr::Int(largest.into()))],
            )
        }
    };
    let cast = found.node_with("Cast", "i", "f", vec![("to", Attr::Int(1))]);
    if operand == "x" { cast.node("Identity", "f", "y") } else { cast.node("Add", "f x", "y") }
}

/// What NumPy gives for a line.
fn numpy((name, largest): (&str, bool), line: &[f32]) -> Vec<f32> {
    let nan = line.iter().position(|x| x.is_nan());
    // NaN above all numbers, and of equal elements the first.
    let order = |a: f32, b: f32| a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
    let best = |wanted: Ordering, among: &[usize]| {
        among.iter().copied().reduce(|best, at| if order(line[at], line[best]) == wanted { at } else { best })
    };
    let mut left: Vec<usize> = (0..line.len()).collect();
    let mut top = |wanted: Ordering| -> Vec<usize> {
        let mut next = || {
            let found = best(wanted, &left).expect("enough of them");
            left.retain(|&at| at != found);
            found
        };
        (0..COUNT).map(|_| next()).collect()
    };
    let wanted = if largest { Ordering::Greater } else { Ordering::Less };
    match name {
        "ArgMax" => vec![nan.unwrap_or_else(|| top(Ordering::Greater)[0]) as f32],
        "ArgMin" => vec![nan.unwrap_or_else(|| top(Ordering::Less)[0]) as f32],
        "TopK" => top(wanted).iter().map(|&at| at as f32).collect(),
        _ => top(wanted).iter().map(|&at| line[at]).collect(),
    }
}

fn same(got: &[f32], want: &[f32]) -> bool {
    got.len() == want.len() && got.iter().zip(want).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
}

#[test]
fn orders_of_constants_are_those_of_numpy() {
    for operator in OPERATORS {
        let graph = import::read(&model(operator, "c"));
        assert_eq!(graph.nodes.len(), 1, "{operator:?} is done when it is read");
        let zeros = vec![0.0; LINES];
        let want: Vec<f32> = lines().iter().flat_map(|line| numpy(operator, line)).collect();
        let inputs = [Tensor::float([LINES, 1], zeros.iter().map(|&x| f64::from(x)).collect())];
        let found = reference::evaluate(&graph, &inputs, |_, _| ()).unwrap_or_else(|error| panic!("{error}"));
        let found: Vec<f32> = found[0].to_f64().iter().map(|&x| x as f32).collect();
        assert!(same(&found, &want), "{operator:?}: {found:?} and not {want:?}");
        for isa in ISAS {
            let run = try_run(&graph, std::slice::from_ref(&zeros), isa, Choice::Fast);
            let run = run.unwrap_or_else(|error| panic!("{error}"));
            assert!(same(&run[0], &want), "{operator:?}, {}", isa.name);
        }
    }
}

#[test]
fn kernels_pass_over_what_is_no_number() {
    for operator in OPERATORS {
        let (name, largest) = operator;
        let graph = import::read(&model(operator, "x"));
        // Those that have numbers enough, in a batch of the same size.
        let enough = |line: &&Vec<f32>| line.iter().filter(|x| !x.is_nan()).count() >= COUNT;
        let lines: Vec<Vec<f32>> = lines().iter().filter(enough).cycle().take(LINES).cloned().collect();
        let least = if largest && name != "ArgMin" { f32::NEG_INFINITY } else { f32::INFINITY };
        let want: Vec<f32> = lines
            .iter()
            .flat_map(|line| match (name, line[0].is_nan()) {
                ("ArgMax" | "ArgMin", true) => vec![0.0],
                _ => {
                    let left: Vec<f32> = line.iter().map(|&x| if x.is_nan() { least } else { x }).collect();
                    numpy(operator, &left)
                }
            })
            .collect();
        for isa in ISAS {
            let run = try_run(&graph, &[lines.concat()], isa, Choice::Fast);
            let run = run.unwrap_or_else(|error| panic!("{error}"));
            assert!(same(&run[0], &want), "{operator:?}, {}: {:?} and not {want:?}", isa.name, run[0]);
        }
    }
}
