//! Functions, reductions, and what goes along an axis.

use super::writer::{Attributes, Writer, dims};
use crate::model::Attr::{Float, Int, Text};
use tilewright::base::epilogue::Act;
use tilewright::base::functions::Func;
use tilewright::onnx::schema::tensor_proto::DataType;
use tilewright::ops::{Along, BinaryKind, Reduce, ReduceKind};

/// Names of functions of one number.
const FUNCTIONS: [(Func, &str); 27] = [
    (Func::Abs, "Abs"),
    (Func::Asinh, "Asinh"),
    (Func::Atan, "Atan"),
    (Func::Ceil, "Ceil"),
    (Func::Celu, "Celu"),
    (Func::Cos, "Cos"),
    (Func::Elu, "Elu"),
    (Func::Erf, "Erf"),
    (Func::Floor, "Floor"),
    (Func::Gelu, "Gelu"),
    (Func::GeluTanh, "Gelu"),
    (Func::HardSigmoid, "HardSigmoid"),
    (Func::HardSwish, "HardSwish"),
    (Func::LeakyRelu, "LeakyRelu"),
    (Func::Mish, "Mish"),
    (Func::Neg, "Neg"),
    (Func::Round, "Round"),
    (Func::Selu, "Selu"),
    (Func::Shrink, "Shrink"),
    (Func::Sigmoid, "Sigmoid"),
    (Func::Sign, "Sign"),
    (Func::Sin, "Sin"),
    (Func::Softplus, "Softplus"),
    (Func::Softsign, "Softsign"),
    (Func::Sqrt, "Sqrt"),
    (Func::Tanh, "Tanh"),
    (Func::ThresholdedRelu, "ThresholdedRelu"),
];

/// Names of functions of two numbers.
const BINARY: [(BinaryKind, &str); 12] = [
    (BinaryKind::Add, "Add"),
    (BinaryKind::Sub, "Sub"),
    (BinaryKind::Mul, "Mul"),
    (BinaryKind::Div, "Div"),
    (BinaryKind::Max, "Max"),
    (BinaryKind::Min, "Min"),
    (BinaryKind::PRelu, "PRelu"),
    (BinaryKind::Equal, "Equal"),
    (BinaryKind::Less, "Less"),
    (BinaryKind::LessOrEqual, "LessOrEqual"),
    (BinaryKind::Greater, "Greater"),
    (BinaryKind::GreaterOrEqual, "GreaterOrEqual"),
];

/// Names of reductions.
const REDUCTIONS: [(ReduceKind, &str); 8] = [
    (ReduceKind::Sum, "ReduceSum"),
    (ReduceKind::Mean, "ReduceMean"),
    (ReduceKind::Product, "ReduceProd"),
    (ReduceKind::Max, "ReduceMax"),
    (ReduceKind::Min, "ReduceMin"),
    (ReduceKind::Sizes, "ReduceL1"),
    (ReduceKind::Squares, "ReduceSumSquare"),
    (ReduceKind::MeanSquare, "ReduceMean"),
];

fn named<K: PartialEq + Copy>(table: &[(K, &'static str)], key: K, own: &str) -> &'static str {
    let row = table.iter().find(|(kind, _)| *kind == key);
    row.unwrap_or_else(|| panic!("the generator makes no {own}")).1
}

/// An activation.
pub fn act(w: &mut Writer, act: Act, x: &str, y: &str) {
    match act {
        Act::None => w.put("Identity", &[x], y, vec![]),
        Act::Relu => w.put("Relu", &[x], y, vec![]),
        Act::Clip { lo, hi } => {
            // An absent operand is a bound that is none.
            let mut bound = |x: f32| if x.is_finite() { w.floats(&[], &[x]) } else { "_".to_owned() };
            let (lo, hi) = (bound(lo.get()), bound(hi.get()));
            w.put("Clip", &[x, &lo, &hi], y, vec![]);
        }
        Act::Func(func, [a, b]) => function(w, func, [a.get(), b.get()], x, y),
    }
}

fn function(w: &mut Writer, func: Func, [a, b]: [f32; 2], x: &str, y: &str) {
    let attributes = match func {
        Func::Square => return w.put("Mul", &[x, x], y, vec![]),
        Func::Trunc => return through(w, DataType::Int64, x, y),
        Func::Nonzero => return through(w, DataType::Bool, x, y),
        Func::Swish if a == 1.0 => {
            let factor = w.step("Sigmoid", &[x], vec![]);
            return w.put("Mul", &[x, &factor], y, vec![]);
        }
        Func::LeakyRelu | Func::Elu | Func::Celu | Func::ThresholdedRelu => vec![("alpha", Float(a))],
        Func::HardSigmoid => vec![("alpha", Float(a)), ("beta", Float(b))],
        Func::Selu => vec![("alpha", Float(a)), ("gamma", Float(b))],
        Func::Shrink => vec![("lambd", Float(a)), ("bias", Float(b))],
        Func::GeluTanh => vec![("approximate", Text("tanh"))],
        _ => vec![],
    };
    w.put(named(&FUNCTIONS, func, func.name()), &[x], y, attributes);
}

/// As another type, and back.
fn through(w: &mut Writer, ty: DataType, x: &str, y: &str) {
    let to = |ty: DataType| -> Attributes { vec![("to", Int(ty as i64))] };
    let other = w.step("Cast", &[x], to(ty));
    w.put("Cast", &[&other], y, to(DataType::Float));
}

/// A function of two numbers.
pub fn binary(w: &mut Writer, kind: BinaryKind, x: &[&str], y: &str) {
    w.put(named(&BINARY, kind, kind.name()), x, y, vec![]);
}

/// A reduction.
pub fn reduce(w: &mut Writer, reduce: &Reduce, x: &str, y: &str) {
    let axes = w.ints(&dims(&reduce.axes));
    let square = (reduce.kind == ReduceKind::MeanSquare).then(|| w.step("Mul", &[x, x], vec![]));
    let x = square.as_deref().unwrap_or(x);
    w.put(named(&REDUCTIONS, reduce.kind, reduce.kind.name()), &[x, &axes], y, vec![("keepdims", Int(1))]);
}

/// What the order of elements along an axis decides.
pub fn along(w: &mut Writer, along: Along, axis: usize, x: &str, y: &str) {
    let at = |name: &'static str, flag: bool| -> Attributes {
        vec![("axis", Int(axis as i64)), (name, Int(flag.into()))]
    };
    match along {
        Along::ArgMax { last } => w.put("ArgMax", &[x], y, at("select_last_index", last)),
        Along::ArgMin { last } => w.put("ArgMin", &[x], y, at("select_last_index", last)),
        Along::TopValues { count, smallest } => {
            let (k, other) = (w.ints(&[count as i64]), w.fresh());
            w.put("TopK", &[x, &k], &format!("{y} {other}"), at("largest", !smallest));
        }
        Along::TopIndices { count, smallest } => {
            let (k, other) = (w.ints(&[count as i64]), w.fresh());
            w.put("TopK", &[x, &k], &format!("{other} {y}"), at("largest", !smallest));
        }
        Along::CumSum { exclusive } => {
            let axis = w.int(axis as i64);
            w.put("CumSum", &[x, &axis], y, vec![("exclusive", Int(exclusive.into()))]);
        }
    }
}
