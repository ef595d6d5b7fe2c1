//! The networks, each of one operator or a few.

use tilewright::ir::graph::Graph;
use tilewright::ir::text;
use tilewright_tests::import;
use tilewright_tests::model::{Attr, Model, floats};
use tilewright_tests::plans::with_numbers;

/// How close a result must be.
#[derive(Clone, Copy, PartialEq)]
pub enum Close {
    /// The same number, zeros with the same sign.
    Same,
    /// The same number.
    Equal,
    /// Within rounding.
    Near,
}

/// Operators on `%x` of 5 channels, 6 rows, 8 columns; `%c` are five constants, one per channel.
pub const NETWORKS: [(&str, Close, &str); 28] = [
    ("relu", Close::Same, "relu(%x)"),
    ("clip", Close::Same, "clip(%x) lo=-1 hi=6"),
    ("leaky_relu", Close::Equal, "leaky_relu(%x) alpha=0.25"),
    ("abs", Close::Same, "abs(%x)"),
    ("neg", Close::Same, "neg(%x)"),
    ("shrink", Close::Near, "shrink(%x) lambd=0.5 bias=0.25"),
    ("thresholded_relu", Close::Equal, "thresholded_relu(%x) alpha=0.5"),
    ("max_pool", Close::Equal, "max_pool(%x) kernel=3x3 pads=1,1,1,1"),
    ("avg_pool", Close::Near, "avg_pool(%x) kernel=3x3 pads=1,1,1,1"),
    ("global_avg_pool", Close::Near, "global_avg_pool(%x)"),
    ("reduce_max", Close::Equal, "reduce_max(%x) axes=3"),
    ("reduce_max_rows", Close::Equal, "reduce_max(%x) axes=2"),
    ("reduce_min", Close::Equal, "reduce_min(%x) axes=3"),
    ("reduce_min_channels", Close::Equal, "reduce_min(%x) axes=1"),
    ("reduce_sum", Close::Near, "reduce_sum(%x) axes=2,3"),
    ("softmax", Close::Near, "softmax(%x) axis=3"),
    ("softmax_channels", Close::Near, "softmax(%x) axis=1"),
    ("sigmoid", Close::Near, "sigmoid(%x)"),
    ("tanh", Close::Near, "tanh(%x)"),
    ("hard_swish", Close::Near, "hard_swish(%x)"),
    ("max", Close::Equal, "max(%x, %c)"),
    ("min", Close::Equal, "min(%c, %x)"),
    ("add", Close::Near, "add(%x, %c)"),
    ("mul", Close::Near, "mul(%x, %c)"),
    ("div", Close::Near, "div(%c, %x)"),
    ("prelu", Close::Near, "prelu(%x, %c)"),
    ("transpose", Close::Same, "transpose(%x) perm=0,1,3,2"),
    ("conv", Close::Near, "conv(%x, %w) kernel=1x1 +relu"),
];

/// The same as ONNX nodes, each with its operands and its result; `c` are [`CONSTANTS`], `y` is the output. Booleans are 0
/// and 1.
pub const NODES: [(&str, Close, &str); 18] = [
    ("equal", Close::Same, "Abs x a; Equal x a b; Cast b y"),
    ("less", Close::Same, "Abs x a; Less x a b; Cast b y"),
    ("less_or_equal", Close::Same, "Abs x a; LessOrEqual a x b; Cast b y"),
    ("greater", Close::Same, "Abs x a; Greater a x b; Cast b y"),
    ("greater_or_equal", Close::Same, "Abs x a; GreaterOrEqual x a b; Cast b y"),
    ("equal_constant", Close::Same, "Equal c x b; Cast b y"),
    ("less_constant", Close::Same, "Less c x b; Cast b y"),
    ("less_or_equal_constant", Close::Same, "LessOrEqual x c b; Cast b y"),
    ("greater_constant", Close::Same, "Greater x c b; Cast b y"),
    ("greater_or_equal_constant", Close::Same, "GreaterOrEqual c x b; Cast b y"),
    ("not", Close::Same, "Less x c b; Not b n; Cast n y"),
    ("is_nan", Close::Same, "IsNaN x b; Cast b y"),
    ("is_inf", Close::Same, "IsInf x b; Cast b y"),
    ("where_second", Close::Same, "Abs x a; Less x a b; Where b x c y"),
    ("where_third", Close::Same, "Abs x a; Less x a b; Where b c x y"),
    ("sign", Close::Equal, "Sign x y"),
    ("pow", Close::Near, "Pow x c y"),
    ("pow_of_constant", Close::Near, "Pow c x y"),
];

pub const CONSTANTS: [f32; 5] = [1.0, f32::NAN, f32::INFINITY, 0.0, -1.5];

pub const SHAPE: [usize; 4] = [1, 5, 6, 8];

/// The graph of a row of [`NODES`].
pub fn imported(nodes: &str) -> Graph {
    let model = Model::new(17).input("x", "1 5 6 8").output("y");
    let model = model.initialiser(floats("c", &[5, 1, 1], &CONSTANTS));
    import::read(&nodes.split("; ").fold(model, |model, node| {
        let (op, names) = node.split_once(' ').expect("an operator");
        let (operands, result) = names.rsplit_once(' ').expect("names");
        let float = vec![("to", Attr::Int(1))];
        model.node_with(op, operands, result, if op == "Cast" { float } else { Vec::new() })
    }))
}

/// A comparison as NumPy does it, of an element of the input with one of another operand.
pub type Comparison = fn(f32, f32) -> bool;

/// What some rows must be, said once more without the reference evaluator; `true` for those that compare with a constant.
pub const COMPARISONS: [(&str, bool, Comparison); 8] = [
    ("equal", false, |x, a| x == a),
    ("less", false, |x, a| x < a),
    ("less_or_equal", false, |x, a| x >= a),
    ("equal_constant", true, |x, c| x == c),
    ("less_constant", true, |x, c| x > c),
    ("not", true, |x, c| x >= c || x.is_nan() || c.is_nan()),
    ("is_nan", false, |x, _| x.is_nan()),
    ("is_inf", false, |x, _| x.is_infinite()),
];

pub fn graph(name: &str, call: &str) -> Graph {
    let out: &[usize] = match name {
        "global_avg_pool" | "reduce_sum" => &[1, 5, 1, 1],
        "reduce_max" | "reduce_min" => &[1, 5, 6, 1],
        "reduce_max_rows" => &[1, 5, 1, 8],
        "reduce_min_channels" => &[1, 1, 6, 8],
        "transpose" => &[1, 5, 8, 6],
        _ => &SHAPE,
    };
    let shape = out.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    let body = format!(
        "graph {name} {{\nin %x: f32[1x5x6x8]\ncon %c: f32[5x1x1]\ncon %w: f32[5x5x1x1]\n%y: f32[{shape}] = {call}   ; n\nout %y\n}}"
    );
    with_numbers(text::parse(&body).unwrap_or_else(|error| panic!("{error}\n{body}")))
}
