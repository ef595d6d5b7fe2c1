//! MatMul, Gemm and Einsum of every form, from the ONNX node to the numbers of each instruction set, against sums over
//! labelled axes.

use std::collections::BTreeMap;
use tilewright::base::target::ISAS;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::schedule::choose::Choice;
use tilewright::zoo::numbers::Numbers;
use tilewright_tests::import::read;
use tilewright_tests::model::{Attr, Model, floats};
use tilewright_tests::plans::{inputs, try_run};

/// The extents of each operand as text, the labels of its axes and of the result's: the plain meaning of a product.
struct Meaning<'a> {
    extents: &'a [&'a str],
    labels: &'a [&'a str],
    result: &'a str,
}

impl Meaning<'_> {
    /// The result, element by element.
    fn of(&self, operands: &[Vec<f32>]) -> Vec<f64> {
        let mut sizes: BTreeMap<char, usize> = BTreeMap::new();
        let shapes: Vec<Vec<usize>> = self.extents.iter().map(|text| extents(text)).collect();
        for (labels, shape) in self.labels.iter().zip(&shapes) {
            labels.chars().zip(shape).for_each(|(label, &extent)| {
                let size = sizes.entry(label).or_insert(extent);
                *size = extent.max(*size);
            });
        }
        let order: Vec<char> =
            self.result.chars().chain(sizes.keys().copied().filter(|l| !self.result.contains(*l))).collect();
        let count: usize = order.iter().map(|label| sizes[label]).product();
        let inner: usize = order[self.result.len()..].iter().map(|label| sizes[label]).product();
        let mut sums = vec![0.0; count / inner];
        for number in 0..count {
            let mut rest = number;
            let mut at = BTreeMap::new();
            for label in order.iter().rev() {
                at.insert(*label, rest % sizes[label]);
                rest /= sizes[label];
            }
            let factor = |(numbers, (labels, shape)): (&Vec<f32>, (&&str, &Vec<usize>))| {
                // An axis of extent 1 repeats.
                let index = labels
                    .chars()
                    .zip(shape)
                    .fold(0, |index, (label, &extent)| index * extent + at[&label] % extent);
                f64::from(numbers[index])
            };
            sums[number / inner] +=
                operands.iter().zip(self.labels.iter().zip(&shapes)).map(factor).product::<f64>();
        }
        sums
    }
}

/// What a constant operand holds.
fn numbers(count: usize) -> Vec<f32> {
    Numbers::new(9, "constant").between(count, -1.0, 1.0)
}

fn extents(text: &str) -> Vec<usize> {
    text.split_whitespace().map(|extent| extent.parse().expect("a number")).collect()
}

/// Builds the node over inputs, and over its last operand as a constant, and compares.
#[track_caller]
fn check(op: &str, attributes: Vec<(&'static str, Attr)>, meaning: &Meaning) {
    let names = ["a", "b", "c"];
    let count = meaning.extents.len();
    for constant in [false, true] {
        let mut model = Model::new(18);
        for (at, (name, text)) in names.iter().zip(meaning.extents).enumerate() {
            model = if constant && at > 0 && at + 1 == count {
                let shape = extents(text);
                let dims: Vec<i64> = shape.iter().map(|&extent| extent as i64).collect();
                model.initialiser(floats(name, &dims, &numbers(shape.iter().product())))
            } else {
                model.input(name, text)
            };
        }
        let graph =
            read(&model.node_with(op, &names[..count].join(" "), "y", attributes.clone()).output("y"));
        let mut operands = inputs(&graph);
        if operands.len() < count {
            operands.push(numbers(extents(meaning.extents[count - 1]).iter().product()));
        }
        let want = meaning.of(&operands);
        for isa in ISAS {
            let got = try_run(&graph, &operands, isa, Choice::Fast).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(got[0].len(), want.len(), "{}: {op} of {:?}", isa.name, meaning.extents);
            let largest = want.iter().fold(1.0f64, |most, x| most.max(x.abs()));
            let apart = got[0].iter().zip(&want).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            assert!(
                apart <= 1e-5 * largest,
                "{}: {op} of {:?} is off by {apart:.1e}",
                isa.name,
                meaning.extents
            );
        }
    }
}

#[test]
fn matmul_as_numpy_does_it() {
    let cases = [
        (["3 4", "4 5"], ["ik", "kj"], "ij"),
        (["7", "7"], ["k", "k"], ""),
        (["7", "7 19"], ["k", "kj"], "j"),
        (["5 7", "7"], ["ik", "k"], "i"),
        (["2 3 7", "2 7 37"], ["bik", "bkj"], "bij"),
        (["2 3 5 7", "7 4"], ["abik", "kj"], "abij"),
        (["3 7", "2 7 4"], ["ik", "bkj"], "bij"),
        (["2 1 5 7", "3 7 16"], ["abik", "bkj"], "abij"),
        (["2 3 5 7", "1 1 7 4"], ["abik", "cdkj"], "abij"),
        (["1 5 7", "2 3 7 4"], ["bik", "abkj"], "abij"),
        (["7", "3 7 4"], ["k", "bkj"], "bj"),
        (["3 5 7", "7"], ["bik", "k"], "bi"),
    ];
    for (extents, labels, result) in cases {
        check("MatMul", Vec::new(), &Meaning { extents: &extents, labels: &labels, result });
    }
}

#[test]
fn gemm_of_two_computed_operands() {
    for (trans_a, trans_b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let (a, a_labels) = if trans_a == 1 { ("7 3", "ki") } else { ("3 7", "ik") };
        let (b, b_labels) = if trans_b == 1 { ("20 7", "jk") } else { ("7 20", "kj") };
        let attributes = vec![("transA", Attr::Int(trans_a)), ("transB", Attr::Int(trans_b))];
        check("Gemm", attributes, &Meaning { extents: &[a, b], labels: &[a_labels, b_labels], result: "ij" });
    }
}

#[test]
fn einsums() {
    let cases: &[(&'static str, &[&str], &[&str], &str)] = &[
        ("ij,jk->ik", &["3 4", "4 5"], &["ij", "jk"], "ik"),
        ("ij,jk", &["3 4", "4 5"], &["ij", "jk"], "ik"),
        ("b i j , b j k -> b k i", &["2 3 4", "2 4 21"], &["bij", "bjk"], "bki"),
        ("bhqd,bkhd->bhqk", &["2 3 4 5", "2 6 3 5"], &["bhqd", "bkhd"], "bhqk"),
        ("i,j->ij", &["3", "5"], &["i", "j"], "ij"),
        ("i,i->", &["9", "9"], &["i", "i"], ""),
        ("ij,ij->ij", &["3 4", "3 4"], &["ij", "ij"], "ij"),
        ("ij->ji", &["3 4"], &["ij"], "ji"),
        ("ij->", &["3 4"], &["ij"], ""),
        ("ij->i", &["3 4"], &["ij"], "i"),
        ("...ij,...jk->...ik", &["2 1 3 4", "5 4 6"], &["abij", "bjk"], "abik"),
        ("...ij->...ji", &["2 5 3 4"], &["abij"], "abji"),
        ("ijm,jkl->ik", &["3 4 2", "4 5 2"], &["ijm", "jkl"], "ik"),
        ("ij,jk,kl->il", &["3 4", "4 5", "5 6"], &["ij", "jk", "kl"], "il"),
        ("ij,ij,j->i", &["3 4", "3 4", "4"], &["ij", "ij", "j"], "i"),
    ];
    for &(equation, extents, labels, result) in cases {
        let attributes = vec![("equation", Attr::Text(equation))];
        check("Einsum", attributes, &Meaning { extents, labels, result });
    }
}

#[test]
fn what_is_no_product_is_refused() {
    let cases: [(&'static str, &str, &str); 9] = [
        ("ii->i", "3 3", "twice in the term"),
        ("ij,jk->ik", "3 4", "2 terms for 1 operands"),
        ("ijk->i", "3 4", "does not label 2 axes"),
        ("i...jk->i", "3 4", "does not label 2 axes"),
        ("i1->i", "3 4", "no letter"),
        ("ij->ik", "3 4", "is in no term"),
        ("ij->ii", "3 4", "twice in the term"),
        ("i.j->ij", "3 4", "does not label 2 axes"),
        ("", "3 4", "does not label 2 axes"),
    ];
    for (equation, extents, reason) in cases {
        let model = Model::new(18).input("a", extents).output("y");
        let model = model.node_with("Einsum", "a", "y", vec![("equation", Attr::Text(equation))]);
        let result = load("test", model.bytes().into(), &LoadOptions::default(), &NoExternalData);
        let error = result.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(reason), "{equation}: {error}");
    }
    let apart = [("MatMul", "3 4", "5 6"), ("MatMul", "2 3 4", "3 4 5"), ("Gemm", "3 4", "5 6")];
    for (op, a, b) in apart {
        let model = Model::new(18).input("a", a).input("b", b).output("y").node(op, "a b", "y");
        let result = load("test", model.bytes().into(), &LoadOptions::default(), &NoExternalData);
        let error = result.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("operands") || error.contains("left operand"), "{op}: {error}");
    }
}
