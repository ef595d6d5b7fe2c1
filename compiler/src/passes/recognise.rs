//! Finds activations that exporters write as several operators.
//!
//! ```text
//! %s = sigmoid(%x)                          ->    %y = swish(%x) alpha=1
//! %y = mul(%x, %s)
//!
//! %s = hard_sigmoid(%x) alpha=1/6 beta=1/2  ->    %y = hard_swish(%x)
//! %y = mul(%x, %s)
//!
//! %a = add(%x, 3)                           ->    %s = hard_sigmoid(%x) alpha=1/6 beta=1/2
//! %b = clip(%a) lo=0 hi=6
//! %s = mul(%b, 1/6), or div(%b, 6)
//!
//! %a = div(%x, sqrt 2), or mul(%x, sqrt 1/2)
//! %b = erf(%a)
//! %c = add(%b, 1)                           ->    %y = gelu(%x)
//! %y = mul(mul(%x, %c), 1/2), in any order
//! ```
//!
//! Constants are compared where they are scalars that may decide what the graph computes. A hard swish written out is
//! found in two steps: the sum, clip and product become a hard sigmoid first.

use super::Misses;
use super::edit::Editor;
use crate::base::epilogue::Act;
use crate::base::functions::Func;
use crate::base::real::Real;
use crate::base::tensor::Tensor;
use crate::ir::graph::{Const, Def, Graph, Node, ValueId};
use crate::ops::{Binary, BinaryKind, Op};

/// Walks forwards, so that what is found in two steps is.
pub(super) fn run(graph: &mut Graph, _: &mut Misses) -> usize {
    let mut edit = Editor::new(graph);
    let mut rewrites = 0;
    for index in 0..edit.graph.nodes.len() {
        let found = hard_sigmoid(&edit, index).or_else(|| gated(&edit, index)).or_else(|| gelu(&edit, index));
        if let Some(Found { act, x, nodes }) = found {
            edit.join_all(&nodes, index, Op::Act(act), vec![x]);
            rewrites += 1;
        }
    }
    rewrites
}

/// An activation of `x` that these nodes compute besides the last one.
struct Found {
    act: Act,
    x: ValueId,
    nodes: Vec<usize>,
}

/// `x * gate(x)`.
fn gated(edit: &Editor, index: usize) -> Option<Found> {
    let [a, b] = operands(edit, index, BinaryKind::Mul)?;
    let gate = |x: ValueId, gate: ValueId| {
        let (place, node) = only(edit, gate)?;
        let (Op::Act(act), true) = (&node.op, node.inputs == [x]) else { return None };
        let act = match *act {
            Act::Func(Func::Sigmoid, _) => Act::Func(Func::Swish, [Real::new(1.0), Real::new(0.0)]),
            Act::Func(Func::HardSigmoid, [alpha, beta])
                if near(alpha.get(), 1.0 / 6.0) && beta.get() == 0.5 =>
            {
                Act::of(Func::HardSwish)
            }
            _ => return None,
        };
        Some(Found { act, x, nodes: vec![place] })
    };
    gate(a, b).or_else(|| gate(b, a))
}

/// `clip(x + 3, 0, 6) / 6`.
fn hard_sigmoid(edit: &Editor, index: usize) -> Option<Found> {
    let clipped = scaled(edit, index, 1.0 / 6.0)?;
    let (second, node) = only(edit, clipped)?;
    let &[sum] = node.inputs.as_slice() else { return None };
    let six = Act::Clip { lo: Real::new(0.0), hi: Real::new(6.0) };
    let (first, _) = only(edit, sum)?;
    let x = plus(edit, first, 3.0)?;
    let act = Act::Func(Func::HardSigmoid, [Real::new(1.0 / 6.0), Real::new(0.5)]);
    (node.op == Op::Act(six)).then_some(Found { act, x, nodes: vec![first, second] })
}

/// The product of `x`, `1 + erf(x / sqrt 2)` and 1/2.
fn gelu(edit: &Editor, index: usize) -> Option<Found> {
    // The half comes last, or with one of the factors.
    if let Some(product) = scaled(edit, index, 0.5) {
        let (place, _) = only(edit, product)?;
        return of_erf(edit, operands(edit, place, BinaryKind::Mul)?, place);
    }
    let [a, b] = operands(edit, index, BinaryKind::Mul)?;
    let of = |half: ValueId, other: ValueId| {
        let (place, _) = only(edit, half)?;
        let inner = scaled(edit, place, 0.5)?;
        of_erf(edit, [inner, other], place)
    };
    of(a, b).or_else(|| of(b, a))
}

/// `x` and `1 + erf(x / sqrt 2)` in either order, read by the node `last`.
fn of_erf(edit: &Editor, [a, b]: [ValueId; 2], last: usize) -> Option<Found> {
    let order = |x: ValueId, factor: ValueId| {
        let (sum, _) = only(edit, factor)?;
        let erf = plus(edit, sum, 1.0)?;
        let (middle, node) = only(edit, erf)?;
        let (Op::Act(Act::Func(Func::Erf, _)), &[inner]) = (&node.op, node.inputs.as_slice()) else {
            return None;
        };
        let (first, _) = only(edit, inner)?;
        (scaled(edit, first, std::f32::consts::FRAC_1_SQRT_2)? == x).then(|| Found {
            act: Act::of(Func::Gelu),
            x,
            nodes: vec![first, middle, sum, last],
        })
    };
    order(a, b).or_else(|| order(b, a))
}

/// The operands of a plain operation of two.
fn operands(edit: &Editor, index: usize, kind: BinaryKind) -> Option<[ValueId; 2]> {
    let node = edit.node(index)?;
    let plain = Op::Binary(Binary { kind, act: Act::None });
    if node.op != plain { None } else { node.inputs.try_into().ok() }
}

/// The node that computes a value that nothing else reads.
fn only(edit: &Editor, id: ValueId) -> Option<(usize, Node)> {
    let place = edit.sole_producer(id).ok()?;
    Some((place, edit.node(place)?))
}

/// `x`, when the node is `x * factor` or `x / (1 / factor)`, and of its shape.
fn scaled(edit: &Editor, index: usize, factor: f32) -> Option<ValueId> {
    let by = |kind: BinaryKind, factor: f32| with_scalar(edit, index, kind, factor);
    by(BinaryKind::Mul, factor).or_else(|| by(BinaryKind::Div, 1.0 / factor))
}

/// `x`, when the node is `x + term`, and of its shape.
fn plus(edit: &Editor, index: usize, term: f32) -> Option<ValueId> {
    with_scalar(edit, index, BinaryKind::Add, term)
}

fn with_scalar(edit: &Editor, index: usize, kind: BinaryKind, number: f32) -> Option<ValueId> {
    let [a, b] = operands(edit, index, kind)?;
    let output = edit.graph.nodes.get(index)?.output;
    let is = |x: ValueId, constant: ValueId| {
        let same = edit.graph.shape(x) == edit.graph.shape(output);
        same && scalar(edit.graph, constant).is_some_and(|value| near(value, number))
    };
    match kind {
        _ if is(a, b) => Some(a),
        BinaryKind::Add | BinaryKind::Mul if is(b, a) => Some(b),
        _ => None,
    }
}

/// The number of a constant of one stored element.
fn scalar(graph: &Graph, id: ValueId) -> Option<f32> {
    let value = graph.value(id);
    let Def::Const(Const::Data(blob)) = &value.def else { return None };
    if value.ty.elements() != 1 {
        return None;
    }
    let tensor = Tensor::decode(value.ty.clone(), blob.bytes())?;
    tensor.floats().and_then(|floats| floats.first().map(|&x| x as f32))
}

/// Equal up to the rounding of an exporter.
fn near(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-6 * b.abs()
}
