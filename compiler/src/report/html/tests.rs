//! Pages about small networks: what they look like, and that names are only names.

use super::{Profile, SECTIONS, STYLE, Subject, page};
use crate::base::target::AVX2;
use crate::ir::graph::Graph;
use crate::ir::text;
use crate::pipeline::{Planned, plan_tuned};
use crate::report::explain;
use crate::report::facts::Facts;
use crate::schedule::choose::Choice;
use crate::schedule::tuning::Tuning;
use std::collections::BTreeMap;

/// A residual block with a pool, a reshape and a dense layer.
const NETWORK: &str = "graph g {
in %x: f32[1x16x16x16]
con %w: f32[16x16x3x3]
con %g: f32[16]
con %v: f32[16x16x1x1]
con %m: f32[16x10]
%a: f32[1x16x16x16] = conv(%x, %v) kernel=1x1 ; first
%r: f32[1x16x16x16] = relu(%a) ; late
%c: f32[1x16x16x16] = conv(%r, %w) kernel=3x3 pads=1,1,1,1 ; second
%b: f32[1x16x16x16] = batch_norm(%c, %g, %g, %g, %g) eps=0.001 ; norm
%s: f32[1x16x16x16] = add(%b, %a) ; residual
%t: f32[1x16x16x16] = relu(%s) ; last
%p: f32[1x16x1x1] = global_avg_pool(%t) ; mean
%f: f32[1x16] = reshape(%p) ; flat
%o: f32[1x10] = matmul(%f, %m) ; dense
out %o
}";

fn network() -> Graph {
    text::parse(NETWORK).expect("a graph")
}

/// The page about a network, with a time for each step if any is given.
fn shown(source: &Graph, seconds: &[f64]) -> String {
    let tuning = Tuning::default();
    let Planned { graph, report, plan, .. } =
        plan_tuned(source, &[AVX2], Choice::Fast, &tuning).expect("a plan");
    let names = || plan.kernels.iter().map(|kernel| kernel.name.clone());
    let profile = Profile {
        isa: "avx2".to_owned(),
        threads: 2,
        rounds: 9,
        peak: 50e9,
        seconds: seconds.to_vec(),
        code_bytes: names().zip([800, 1600, 2400]).collect(),
        binary_bytes: Some(5 << 20),
    };
    page(&Subject {
        file: "net.onnx",
        source,
        plan: &plan,
        tuning: &tuning,
        explanation: &explain(source, &graph, &report, &plan),
        facts: &Facts::of(source, &plan),
        source_bytes: &names().zip([1000, 2000, 3000]).collect::<BTreeMap<_, _>>(),
        profile: (!seconds.is_empty()).then_some(&profile),
        errors: (!seconds.is_empty()).then_some(&[Some(1e-7), Some(2e-6), Some(f64::INFINITY), None]),
    })
}

/// One element a line, without the style sheet.
fn lines(page: &str) -> String {
    page.replace(STYLE, "").replace("><", ">\n<")
}

#[test]
fn a_page_without_times() {
    insta::assert_snapshot!("predicted", lines(&shown(&network(), &[])));
}

#[test]
fn a_page_with_times() {
    insta::assert_snapshot!("measured", lines(&shown(&network(), &[1e-5, 2e-5, 4e-5, 0.0, 1e-6])));
}

#[test]
fn a_page_is_whole_and_needs_nothing_else() {
    for page in [shown(&network(), &[]), shown(&network(), &[1e-5; 5])] {
        for section in &SECTIONS {
            assert!(page.contains(&format!("<section id=\"{}\">", section.id)), "{}", section.id);
        }
        for forbidden in ["<script", "http:", "https:", "src=", "@import", "url(", "NaN", "inf"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}

/// Names that would be markup, end an attribute, or turn the direction of what follows.
#[test]
fn names_are_only_names() {
    let hostile =
        ["<script>alert(1)</script>", "\" onload=\"alert(2)", "'><img src=x>", "</style>&lt;", "a\u{202e}b"];
    let mut source = network();
    for (node, name) in source.nodes.iter_mut().zip(hostile.iter().cycle()) {
        node.sources = vec![format!("{name}{}", node.output.0)];
    }
    for (number, value) in source.values.iter_mut().enumerate() {
        value.name = format!("{}{number}", hostile[number % hostile.len()]);
    }
    let page = shown(&source, &[]).replace(STYLE, "");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "the names are there");
    for forbidden in ["<script", "<img", "\" onload", "</style>&"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // The elements are those of the page with harmless names.
    let elements = |page: &str| {
        let starts =
            page.split('<').skip(1).map(|rest| rest.split([' ', '>']).next().unwrap_or("").to_owned());
        starts.collect::<Vec<_>>()
    };
    assert_eq!(elements(&page), elements(&shown(&network(), &[]).replace(STYLE, "")));
}

#[test]
fn networks_without_arithmetic_or_steps_have_pages() {
    let moved = "graph g {\nin %x: f32[2x3]\n%y: f32[3x2] = transpose(%x) perm=1,0 ; t\nout %y\n}";
    for source in [text::parse(moved).expect("a graph"), Graph::default()] {
        let page = shown(&source, &[]);
        assert!(page.contains("No step of this network multiplies"), "{page}");
        assert!(!page.contains("NaN") && !page.contains("inf"));
    }
}
