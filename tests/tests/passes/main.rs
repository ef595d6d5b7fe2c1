//! Each pass: graph text in, graph text out; and the numbers of the graph are the same before and after.
//!
//! A snapshot that should change: `cargo insta review`.

mod batch;
mod equivalence;
mod fold;
mod fuse;
mod layout;
mod random;
mod simplify;
mod whole;

use tilewright::ir::graph::Graph;
use tilewright::ir::{reference, text};
use tilewright::passes::{self, PASSES, Pass};
use tilewright_tests::plans::{tensors, with_numbers};

/// Runs the passes of these names, or all for none, and prints the graph with the misses behind it. The graph must mean
/// the same as before, with made-up numbers for its constants.
fn check(names: &[&str], graph: &str) -> String {
    let (printed, largest) = rewrite(names, graph);
    assert!(largest > 0.0 && largest.is_finite(), "a test that compares nothing: {largest}");
    printed
}

/// As [`check`], with the largest number of the output whose largest number is the smallest.
fn rewrite(names: &[&str], graph: &str) -> (String, f64) {
    let row = |pass: &Pass| names.is_empty() || names.contains(&pass.name);
    let table: Vec<Pass> = PASSES.iter().filter(|pass| row(pass)).copied().collect();
    let run = |graph| passes::run_some(graph, &table, |_, _, _| ()).unwrap_or_else(|error| panic!("{error}"));
    let topology = text::parse(graph).unwrap_or_else(|error| panic!("{error}"));
    let (after, report) = run(topology.clone());
    let printed = text::print(&after);
    assert_eq!(text::print(&text::parse(&printed).expect("printed text")), printed);

    let before = with_numbers(topology);
    let (after, _) = run(before.clone());
    assert_eq!(text::print(&after), printed, "numbers must not decide");
    let largest = compare(&before, &after);

    let misses =
        report.misses.iter().map(|miss| format!("; {}: {}: {}\n", miss.pass, miss.node, miss.reason));
    (printed + &misses.collect::<String>(), largest)
}

fn compare(before: &Graph, after: &Graph) -> f64 {
    let inputs = tensors(before);
    let run =
        |graph| reference::evaluate(graph, &inputs, |_, _| ()).unwrap_or_else(|error| panic!("{error}"));
    let (before, after) = (run(before), run(after));
    assert_eq!(before.len(), after.len());
    let mut smallest = f64::INFINITY;
    for (a, b) in before.iter().zip(&after) {
        assert_eq!(a.ty, b.ty);
        let (a, b) = (a.to_f64(), b.to_f64());
        let largest = a.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
        smallest = smallest.min(largest);
        for (x, y) in a.iter().zip(&b) {
            assert!((x - y).abs() <= 1e-12 * largest, "{x} became {y}");
        }
    }
    smallest
}
