//! What becomes of numbers that are none, infinite, tiny, huge or a negative zero: as ONNX's definitions and IEEE 754 say, on
//! every instruction set, by the interpreter and as rustc builds the kernels, which must give the same bits.
//!
//! - A NaN that is read gives NaN: through Relu, Clip, LeakyRelu, Max and Min, ReduceMax and ReduceMin, sums, products and
//!   softmax. Comparisons with it are false, so that Where takes its third operand, and Not of one is true. Pow gives 1 where
//!   its base is 1 or its exponent 0, as C and NumPy have it, also with a NaN. Sign of a NaN is NaN. ThresholdedRelu and
//!   Shrink, which ONNX defines by comparisons, give 0.
//! - Infinities compare as numbers do: each equals itself.
//! - MaxPool, of which ONNX says nothing here, leaves NaN out: it gives the largest number of the window, minus infinity where
//!   there is none. One instruction an element does that, three would keep the NaN. onnxruntime leaves it out or not,
//!   depending on its kernel. The reference evaluator keeps it, so `tilewright verify` on such inputs says so.
//! - Zeros keep their sign where an element only passes through; the maximum of both zeros may be either.
//! - Subnormal numbers are numbers: nothing is flushed to zero.
//! - The interpreter and the built kernels give the same bits, but for functions, which the interpreter rounds once from f64,
//!   and sums over the lanes of a vector, which they add in another order.
//! - Sums overflow to infinity where a partial sum does, also where terms that follow would bring it back.
//!
//! Two algorithms read more than ONNX does; `spreading` shows how far the first one goes:
//!
//! - **Winograd's** transforms mix the inputs of a tile: an infinity or a NaN makes every output of the tiles that read it a
//!   NaN, up to three positions beyond the window. Along each axis, the input transform of F(4, 3) makes at most 7 times the
//!   largest input of it, so inputs beyond 7e+36 may overflow before any weight is applied. `--exact` avoids both.
//! - **Convolutions in groups** that are packed together, with zeros between them, multiply the inputs of other groups by
//!   those zeros, which an infinity or a NaN survives as a NaN: it may reach other groups.

mod orders;
mod rows;

use rows::{COMPARISONS, CONSTANTS, Close, NETWORKS, NODES, SHAPE, graph, imported};
use std::path::Path;
use tilewright::base::target::ISAS;
use tilewright::base::tensor::Tensor;
use tilewright::ir::graph::Graph;
use tilewright::ir::{reference, text};
use tilewright::schedule::choose::Choice;
use tilewright_runtime::Isa;
use tilewright_tests::jobs::{Job, Program, source, weights};
use tilewright_tests::plans::{try_run, with_numbers};
use tilewright_tests::project::Profile;

/// Numbers with special ones among them, one in `every`, none of them larger than `most` but infinity.
fn input(every: usize, most: f32) -> Vec<f32> {
    let special = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        0.0,
        -0.0,
        f32::MIN_POSITIVE,
        1e-45,
        -1e-40,
        88.8,
        -104.0,
        most,
        -most,
        1.0,
    ];
    let plain = |at: usize| (at * 7 % 23) as f32 * 0.25 - 2.75;
    let one =
        |at: usize| if at.is_multiple_of(every) { special[at / every % special.len()] } else { plain(at) };
    (0..SHAPE.iter().product()).map(one).collect()
}

/// What is wrong with a result.
fn fault(close: Close, got: &[f32], want: &[f64]) -> Option<String> {
    let wrong = |(got, want): (f32, f64)| {
        let rounded = want as f32;
        let right = match close {
            _ if want.is_nan() || got.is_nan() => want.is_nan() && got.is_nan(),
            Close::Same => got.to_bits() == rounded.to_bits(),
            Close::Equal => got == rounded,
            Close::Near if rounded.is_infinite() || got.is_infinite() => got == rounded,
            Close::Near => (f64::from(got) - want).abs() <= 4e-6 * want.abs() + 1e-37,
        };
        !right
    };
    let at = got.iter().zip(want).position(|(&got, &want)| wrong((got, want)));
    at.map(|at| format!("element {at}: {:e} instead of {:e}", got[at], want[at]))
}

/// True for the same bits; the sign of a zero counts where it does for the result.
fn same_bits(close: Close, a: &[f32], b: &[f32]) -> bool {
    let same = |(a, b): (&f32, &f32)| {
        a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan() || a == b && close != Close::Same
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
}

#[test]
fn special_numbers_mean_what_onnx_and_ieee_say() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("numerics");
    let calls = NETWORKS.map(|(name, close, call)| (name, close, graph(name, call)));
    let nodes = NODES.map(|(name, close, nodes)| (name, close, imported(nodes)));
    let cases: Vec<(&str, Close, Graph)> = calls.into_iter().chain(nodes).collect();
    let sources = cases.iter().map(|(name, _, graph)| source(&format!("of_{name}"), graph.clone(), &ISAS));
    let program = Program::build(&folder, "numerics", sources.collect(), Profile::Light);
    let mut wrong = Vec::new();
    for every in [1, 3, 5, 17, 29] {
        for (name, close, graph) in &cases {
            // What partial sums of huge numbers are depends on an order that nobody defines.
            let sums = ["sum", "avg", "conv"].iter().any(|word| name.contains(word));
            let input = input(every, if sums { 1e3 } else { f32::MAX });
            let keeps = |x: &f32| *name != "max_pool" || !x.is_nan();
            let read = input.iter().map(|x| if keeps(x) { (*x).into() } else { f64::NEG_INFINITY });
            let tensor = Tensor::float(SHAPE, read.collect());
            let want =
                reference::evaluate(graph, &[tensor], |_, _| ()).unwrap_or_else(|error| panic!("{error}"));
            let want = want[0].to_f64();
            if let Some((_, constant, compare)) = COMPARISONS.iter().find(|row| row.0 == *name) {
                for (at, (&x, &want)) in input.iter().zip(&want).enumerate() {
                    let other = if *constant { CONSTANTS[at / (SHAPE[2] * SHAPE[3])] } else { x.abs() };
                    assert_eq!(want == 1.0, compare(x, other), "{name} of {x} and {other} is {want}");
                }
            }
            let path = folder.join(format!("{name}.weights"));
            std::fs::write(&path, weights(name, graph, &ISAS)).expect("a writable folder");
            for isa in ISAS {
                let got = try_run(graph, std::slice::from_ref(&input), isa, Choice::Fast)
                    .unwrap_or_else(|error| panic!("{error}"));
                let fault = fault(*close, &got[0], &want);
                wrong.extend(fault.map(|fault| format!("{name}, {}, one of {every}: {fault}", isa.name)));
                let Some(run) = Isa::ALL.into_iter().find(|run| run.name() == isa.name && run.available())
                else {
                    continue;
                };
                let network = format!("of_{name}");
                let built =
                    program.run(&[Job { network: &network, isa: run, weights: &path, input: &input }]);
                if !same_bits(*close, &built[0], &got[0]) {
                    let fault = self::fault(*close, &built[0], &want);
                    if fault.is_some() || *close != Close::Near {
                        wrong.push(format!(
                            "{name}, {}, one of {every}: built differs from interpreted, {fault:?}",
                            isa.name
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} results:\n{}", wrong.len(), wrong.join("\n"));
}

/// The positions at which two runs differ, one of them with a NaN or infinity at the middle of channel 0 of the input.
fn spread(graph: &Graph, special: f32, choice: Choice) -> Vec<usize> {
    let elements = graph.value(graph.inputs[0]).ty.elements();
    let plain: Vec<f32> = (0..elements).map(|at| (at * 7 % 23) as f32 * 0.125 - 1.25).collect();
    let mut other = plain.clone();
    let plane = graph.shape(graph.inputs[0])[3];
    other[6 * plane + 6] = special;
    let mut reached = std::collections::BTreeSet::new();
    for isa in ISAS {
        let run = |input: &Vec<f32>| {
            try_run(graph, std::slice::from_ref(input), isa, choice)
                .unwrap_or_else(|error| panic!("{error}"))
                .remove(0)
        };
        let (before, after) = (run(&plain), run(&other));
        assert!(before.iter().all(|x| x.is_finite()));
        reached.extend((0..after.len()).filter(|&at| !after[at].is_finite()));
    }
    reached.into_iter().collect()
}

/// How far a NaN and an infinity reach by each algorithm.
#[test]
fn spreading() {
    let network = |co: usize| {
        let body = format!(
            "in %x: f32[1x64x16x16]\ncon %w: f32[{co}x64x3x3]\n%y: f32[1x{co}x16x16] = conv(%x, %w) kernel=3x3 pads=1,1,1,1   ; n\nout %y"
        );
        with_numbers(text::parse(&format!("graph g {{\n{body}\n}}")).expect("a graph"))
    };
    let graph = network(64);
    for special in [f32::NAN, f32::INFINITY] {
        let rows = |choice| {
            let reached = spread(&graph, special, choice);
            let places: Vec<[usize; 2]> = reached.iter().map(|at| [at / 16 % 16, at % 16]).collect();
            let ends = |axis: usize| {
                let along = places.iter().map(|place| place[axis]);
                (along.clone().min().expect("it spreads"), along.max().expect("it spreads"))
            };
            [ends(0), ends(1)]
        };
        assert_eq!(rows(Choice::Exact), [(5, 7), (5, 7)], "the window of {special}");
        let [(top, bottom), (left, right)] = rows(Choice::Fast);
        println!("{special} at 6,6 reaches rows {top}..={bottom}, columns {left}..={right}");
        assert!(top < 5 || bottom > 7 || left < 5 || right > 7, "is this Winograd?");
        assert!((2..=5).contains(&top) && (7..=11).contains(&bottom), "rows {top} to {bottom}");
        assert!((2..=5).contains(&left) && (7..=11).contains(&right), "columns {left} to {right}");
    }
}
