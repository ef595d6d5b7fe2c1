//! What is printed parses back to the same text.

use super::{parse, print};

const EVERYTHING: &str = r#"graph "every thing" {
  in %x: f32[1x3x8x8]
  in %"odd, \"name\"\n:": f32[]
  con %w: f32[16x3x3x3]
  con %gamma: f32[16]
  con %var: f32[16]
  con %w.1: f32[16x3x3x3] = bn_weight(%w, %gamma, %var) eps=0.00001
  con %beta: f32[16]
  con %b: f32[16] = bn_bias(%gamma, %beta, %gamma, %var, %beta) eps=0.00001
  con %scale: f32[16] = bn_scale(%gamma, %var) eps=0
  con %one: f32[16] = fill() value=-0.5
  con %sum: f32[16] = add(%one, %scale)
  con %m: f32[10x16]
  con %zero: f32[10] = fill() value=0
  con %rows: f32[2x2]
  %planar: f32[1x3x8x8 halo=1,0,1,2] = reorder(%x)
  %c: f32[1x16x8x8 nchw16] = conv(%planar, %w.1, %b) kernel=3x3 pads=1,1,1,1 +bias +relu   ; Conv_0, "Relu, 1"
  %d: f32[1x16x4x4 nchw16 halo=1,1,1,1] = conv(%planar, %w, %b, %c) kernel=3x3 stride=2x2 dilation=1x2 pads=1,0,1,2 groups=2 +bias +residual +clip(-inf,6)
  %e: f32[1x16x4x4] = max_pool(%d) kernel=2x2 stride=2x2 pads=0,0,1,1 counted=0,1
  %f: f32[1x16x4x4] = avg_pool(%e) kernel=1x1 include_pad
  %f.1: f32[1x16x3x3] = sum_pool(%f) kernel=2x2
  %g: f32[1x16x1x1] = global_avg_pool(%f)
  %h: f32[1x16x1x1] = affine(%g, %scale, %sum) +clip(0,6)
  %i: f32[1x16x1x1] = batch_norm(%h, %gamma, %beta, %gamma, %var) eps=0.001
  %j: f32[1x16] = reshape(%i)
  %k: f32[1x10] = matmul(%j, %m, %zero) trans_a trans_b alpha=0.25 +bias
  %l: f32[1x10] = div(%k, %"odd, \"name\"\n:") +relu
  %m.2: f32[1x10] = softmax(%l) axis=1
  %n: f64[1x10] = cast(%m.2) to=f64
  %o: f64[1x10] = identity(%n)
  %p: f64[1x10] = relu(%o)
  %q: f64[1x10] = clip(%p) lo=-1 hi=inf
  %r: f64[1x10] = none(%q)
  %s: f64[2x13] = pad(%r) before=1,0 after=0,3 value=-inf
  %t: f32[3x3x8x8] = concat(%x, %x, %x) axis=0
  %u: f32[3x2x4x12] = take(%t) axis1=0:2/2 axis2=7:4/-1 axis3=0:2/0*5/1+6:2
  %v: f32[12x4x2x3] = transpose(%u) perm=3,2,1,0
  %w.2: f32[12x4x6] = rearrange(%v) split=12,4,2,3 perm=0,1,3,2
  %y: f32[12x2x6] = resample(%w.2, %rows) axis=1 first=1:2
  out %s
  out %x
}
"#;

#[test]
fn printing_inverts_parsing() {
    assert_eq!(print(&parse(EVERYTHING).unwrap()), EVERYTHING);
}

#[test]
fn unused_values_are_not_printed() {
    let text = "graph g {\n  in %x: f32[2]\n  out %x\n}\n";
    let unused = text.replace("  out", "  con %w: f32[]\n  ; a remark\n\n  out");
    assert_eq!(print(&parse(&unused).unwrap()), text);
}

#[test]
fn every_wrong_line_is_named() {
    let cases = [
        ("in %x f32[2]", "`:` is missing before `f32[2]`"),
        ("in %x: f32[2", "`]` is missing"),
        ("in %x: f31[2]", "`f31` is not an element type"),
        ("in %x: f32[2 nhwc]", "`nhwc` is neither a shape nor a layout"),
        ("in %x: f32[99999999999x99999999999]", "`99999999999x99999999999` is too large"),
        ("in %a: f32[2]", "`a` is defined twice"),
        ("out %b", "`b` is not defined above"),
        ("%y: f32[2] = frobnicate(%a)", "`frobnicate` is not an operator"),
        ("%y: f32[2] = relu(%a) +fast", "`+fast` is not an attribute here"),
        ("%y: f32[2] = softmax(%a)", "it needs axis=.."),
        ("%y: f32[2] = softmax(%a) axis=x", "`x` is not a value of axis"),
        ("%y: f32[2] = max_pool(%a) kernel=3", "`3` is not 2 numbers of kernel"),
        ("%y: f32[2] = affine(%a) +clip(1)", "`+clip(1)` is not +clip(lo,hi)"),
        ("%y: f32[2] = relu(%a %a)", "`,` is missing before `%a)`"),
        ("out %\"a", "a name does not end"),
    ];
    for (line, reason) in cases {
        let error = parse(&format!("graph g {{\nin %a: f32[2]\n{line}\n}}")).unwrap_err();
        assert_eq!(error.to_string(), format!("line 3: {reason}"), "{line}");
    }
    let error = parse("graph g {").unwrap_err();
    assert_eq!(error.to_string(), "the last line: the graph does not end; close it with `}`");
}
