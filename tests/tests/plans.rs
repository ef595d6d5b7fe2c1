//! Whole plans, run by the interpreter, against the reference evaluator: what random networks seldom have.

use tilewright::base::target::ISAS;
use tilewright::ir::text;
use tilewright::pipeline;
use tilewright::schedule::choose::Choice;
use tilewright_tests::plans::{difference, with_numbers};

/// Every instruction set and choice of algorithms agrees with the reference.
fn check(body: &str) {
    let text = format!("graph g {{\n{body}\n}}");
    let source = with_numbers(text::parse(&text).unwrap_or_else(|error| panic!("{error}")));
    for isa in ISAS {
        for choice in [Choice::Fast, Choice::Exact] {
            let apart = difference(&source, isa, choice);
            assert!(apart <= 2e-5, "{} {choice:?}: off by {apart:.1e}\n{text}", isa.name);
        }
    }
}

/// A 3x3 convolution of `ci` to `co` channels in `groups` groups.
fn grouped(ci: usize, co: usize, groups: usize) {
    let per_group = ci / groups;
    check(&format!(
        "in %x: f32[1x{ci}x6x7]\ncon %w: f32[{co}x{per_group}x3x3]\ncon %b: f32[{co}]\n\
         %y: f32[1x{co}x6x7] = conv(%x, %w, %b) kernel=3x3 pads=1,1,1,1 groups={groups} +bias +relu\nout %y"
    ));
}

#[test]
fn depthwise_convolutions() {
    grouped(16, 16, 16);
    grouped(32, 32, 32);
    grouped(8, 8, 8);
    grouped(24, 24, 24);
    grouped(8, 16, 8);
    grouped(20, 20, 20);
    grouped(32, 64, 32);
    grouped(3, 3, 3);
}

#[test]
fn grouped_convolutions() {
    grouped(32, 32, 2);
    grouped(32, 64, 8);
    grouped(64, 64, 4);
    grouped(12, 20, 4);
    grouped(48, 32, 2);
    grouped(32, 32, 16);
    grouped(20, 20, 5);
    grouped(24, 24, 3);
    grouped(48, 96, 2);
    grouped(96, 96, 4);
    grouped(112, 28, 4);
}

#[test]
fn batches() {
    check(
        "in %x: f32[3x16x9x6]\ncon %w: f32[32x16x3x3]\ncon %v: f32[20x32x1x1]\ncon %f: f32[20x10]\n\
         %y: f32[3x32x9x6] = conv(%x, %w) kernel=3x3 pads=1,1,1,1\n\
         %z: f32[3x20x9x6] = conv(%y, %v) kernel=1x1\n%p: f32[3x20x1x1] = global_avg_pool(%z)\n\
         %q: f32[3x20] = reshape(%p)\n%o: f32[3x10] = matmul(%q, %f)\n%s: f32[3x10] = softmax(%o) axis=1\nout %s\nout %z",
    );
}

#[test]
fn maps_of_few_positions() {
    for [n, h, w] in [[1, 1, 1], [4, 1, 1], [3, 1, 2], [2, 3, 1]] {
        check(&format!(
            "in %x: f32[{n}x48x{h}x{w}]\ncon %w: f32[80x48x1x1]\ncon %v: f32[20x80x1x1]\ncon %b: f32[20]\n\
             %y: f32[{n}x80x{h}x{w}] = conv(%x, %w) kernel=1x1 +relu\n\
             %z: f32[{n}x20x{h}x{w}] = conv(%y, %v, %b) kernel=1x1 +bias\nout %z"
        ));
    }
}

#[test]
fn basic_blocks_whose_winograd_writes_a_halo() {
    check(
        "in %x: f32[1x16x13x9]\ncon %a: f32[16x16x3x3]\ncon %b: f32[16x16x3x3]\ncon %c: f32[16x16x3x3]\n\
         %y: f32[1x16x13x9] = conv(%x, %a) kernel=3x3 pads=1,1,1,1 +relu\n\
         %z: f32[1x16x13x9] = conv(%y, %b, %x) kernel=3x3 pads=1,1,1,1 +residual +relu\n\
         %o: f32[1x16x13x9] = conv(%z, %c) kernel=3x3 pads=1,1,1,1\nout %o",
    );
}

#[test]
fn outputs_that_are_inputs_constants_or_the_same() {
    check("in %x: f32[1x3x4x5]\n%y: f32[1x3x4x5] = relu(%x)\nout %y\nout %x");
}

#[test]
fn padding_that_is_uneven_or_absent() {
    for [top, left, bottom, right] in [[0; 4], [2, 0, 1, 1], [0, 1, 2, 0]] {
        let (h, w) = (9 + top + bottom - 2, 8 + left + right - 2);
        check(&format!(
            "in %x: f32[1x16x9x8]\ncon %w: f32[16x16x3x3]\n\
             %y: f32[1x16x{h}x{w}] = conv(%x, %w) kernel=3x3 pads={top},{left},{bottom},{right}\nout %y"
        ));
    }
}

#[test]
fn large_pools() {
    for kind in ["max_pool", "avg_pool"] {
        check(&format!(
            "in %x: f32[1x16x13x13]\n%y: f32[1x16x13x13] = {kind}(%x) kernel=13x13 pads=6,6,6,6\nout %y"
        ));
    }
}

#[test]
fn pools_that_would_be_endless_code_are_refused() {
    let text = "graph g {\nin %x: f32[1x16x99x99]\n\
                %y: f32[1x16x99x99] = max_pool(%x) kernel=61x61 pads=30,30,30,30 ; pool\nout %y\n}";
    let source = text::parse(text).expect("a graph");
    let error = pipeline::plan(&source, &ISAS, Choice::Fast).expect_err("too many windows").to_string();
    assert!(error.contains("`pool`") && error.contains("3721 different ways"), "{error}");
}

/// Maps large enough for a batch to be run image by image, from the input of the caller to an output and a product.
#[test]
fn batches_image_by_image() {
    check(
        "in %x: f32[2x3x48x48]\ncon %w: f32[32x3x3x3]\ncon %v: f32[20x32x1x1]\ncon %f: f32[20x10]\n\
         %y: f32[2x32x48x48] = conv(%x, %w) kernel=3x3 pads=1,1,1,1 +relu\n\
         %z: f32[2x20x48x48] = conv(%y, %v) kernel=1x1\n\
         %p: f32[2x20x1x1] = global_avg_pool(%z)\n%q: f32[2x20] = reshape(%p)\n%o: f32[2x10] = matmul(%q, %f)\n\
         out %o\nout %z",
    );
}
