//! What convolutions, pools and paddings become, as graph text.

use tilewright_tests::import::{check, model, ones};
use tilewright_tests::model::{Attr, floats, ints};

#[test]
fn convolutions() {
    let conv = |attributes| {
        let model = model(17, "1 2 5 5").initialiser(ones("w", &[2, 1, 3, 2])).initialiser(ones("b", &[2]));
        model.node_with("Conv", "x w b", "y", [vec![("group", Attr::Int(2))], attributes].concat())
    };
    let pads = vec![("pads", Attr::Ints(vec![1, 0, 1, 2])), ("strides", Attr::Ints(vec![2, 1]))];
    check(
        conv(pads),
        &["%y: f32[1x2x3x6] = conv(%x, %w, %b) kernel=3x2 stride=2x1 pads=1,0,1,2 groups=2 +bias"],
    );
    let dilated = vec![("dilations", Attr::Ints(vec![2, 3]))];
    check(conv(dilated), &["%y: f32[1x2x1x2] = conv(%x, %w, %b) kernel=3x2 dilation=2x3 groups=2 +bias"]);
    // The odd one of an odd padding goes after (UPPER) or before (LOWER).
    for (auto, pads) in [("SAME_UPPER", "1,0,1,1"), ("SAME_LOWER", "1,1,1,0")] {
        let line = format!("%y: f32[1x2x5x5] = conv(%x, %w, %b) kernel=3x2 pads={pads} groups=2 +bias");
        check(conv(vec![("auto_pad", Attr::Text(auto))]), &[&line]);
    }
    let valid = vec![("auto_pad", Attr::Text("VALID")), ("strides", Attr::Ints(vec![2, 2]))];
    check(conv(valid), &["%y: f32[1x2x2x2] = conv(%x, %w, %b) kernel=3x2 stride=2x2 groups=2 +bias"]);
}

#[test]
fn pools() {
    let window = || vec![("kernel_shape", Attr::Ints(vec![2, 2])), ("strides", Attr::Ints(vec![2, 2]))];
    let pool = |op, attributes| model(19, "1 2 5 5").node_with(op, "x", "y", [window(), attributes].concat());
    check(pool("MaxPool", vec![]), &["%y: f32[1x2x2x2] = max_pool(%x) kernel=2x2 stride=2x2"]);
    let ceil = ("ceil_mode", Attr::Int(1));
    check(
        pool("MaxPool", vec![ceil.clone()]),
        &["%y: f32[1x2x3x3] = max_pool(%x) kernel=2x2 stride=2x2 pads=0,0,1,1 counted=0,0"],
    );
    let count =
        vec![ceil.clone(), ("count_include_pad", Attr::Int(1)), ("pads", Attr::Ints(vec![1, 0, 0, 0]))];
    check(
        pool("AveragePool", count),
        &["%y: f32[1x2x3x3] = avg_pool(%x) kernel=2x2 stride=2x2 pads=1,0,0,1 include_pad counted=0,0"],
    );
    // Rounded up there would be 4 windows per axis, the last one in the padding only: it is dropped.
    let dropped = vec![ceil, ("pads", Attr::Ints(vec![1, 1, 1, 1]))];
    check(pool("MaxPool", dropped), &["%y: f32[1x2x3x3] = max_pool(%x) kernel=2x2 stride=2x2 pads=1,1,0,0"]);
    let dilated = vec![("dilations", Attr::Ints(vec![3, 3]))];
    check(
        pool("AveragePool", dilated),
        &["%y: f32[1x2x1x1] = avg_pool(%x) kernel=2x2 stride=2x2 dilation=3x3"],
    );
}

#[test]
fn padding() {
    let line = "%y: f32[1x2x8x5] = pad(%x) before=0,0,1,0 after=0,0,2,0 value=0.5";
    let pads = |numbers: &[i64]| ints("pads", &[numbers.len() as i64], numbers);
    let attributes = vec![("pads", Attr::Ints(vec![0, 0, 1, 0, 0, 0, 2, 0])), ("value", Attr::Float(0.5))];
    check(model(10, "1 2 5 5").node_with("Pad", "x", "y", attributes), &[line]);
    let value = || floats("value", &[], &[0.5]);
    let operands = model(11, "1 2 5 5").initialiser(pads(&[0, 0, 1, 0, 0, 0, 2, 0])).initialiser(value());
    let constant = vec![("mode", Attr::Text("constant"))];
    check(operands.node_with("Pad", "x pads value", "y", constant), &[line]);
    let axes = model(18, "1 2 5 5").initialiser(pads(&[1, 2])).initialiser(value());
    check(axes.initialiser(ints("axes", &[1], &[-2])).node("Pad", "x pads value axes", "y"), &[line]);
    let none = model(18, "1 2 5 5").initialiser(pads(&[1, 0])).initialiser(ints("axes", &[1], &[2]));
    check(
        none.node("Pad", "x pads _ axes", "y"),
        &["%y: f32[1x2x6x5] = pad(%x) before=0,0,1,0 after=0,0,0,0 value=0"],
    );
}

#[test]
fn means() {
    let mean = "%y: f32[1x2x1x1] = global_avg_pool(%x)";
    check(model(17, "1 2 5 5").node("GlobalAveragePool", "x", "y"), &[mean]);
    check(
        model(17, "1 2 5 5").node_with("ReduceMean", "x", "y", vec![("axes", Attr::Ints(vec![-1, 2]))]),
        &[mean],
    );
    let operand = model(18, "1 2 5 5").initialiser(ints("axes", &[2], &[2, 3]));
    check(operand.clone().node("ReduceMean", "x axes", "y"), &[mean]);
    check(
        operand.node_with("ReduceMean", "x axes", "y", vec![("keepdims", Attr::Int(0))]),
        &["%y.1: f32[1x2x1x1] = global_avg_pool(%x)", "%y: f32[1x2] = reshape(%y.1)"],
    );
}

/// `con` lines are the weights on their way.
#[test]
fn transposed_convolutions() {
    let conv = |dims: &[i64], attributes| {
        let model = model(17, "1 2 5 5").initialiser(ones("w", dims));
        model.node_with("ConvTranspose", "x w", "y", attributes)
    };
    // Stride 1: the taps in reverse, and padding that leaves room for all of them.
    check(
        conv(&[2, 3, 3, 2], vec![("pads", Attr::Ints(vec![1, 0, 0, 0]))]),
        &[
            "con %y.2: f32[1x2x3x3x1x2x1] = take(%y.1) axis3=2:3/-1 axis5=1:2/-1",
            "con %y.3: f32[1x3x1x1x2x3x2] = transpose(%y.2) perm=0,2,4,6,1,3,5",
            "con %y.4: f32[3x2x3x2] = reshape(%y.3)",
            "%y.5: f32[1x3x6x6] = conv(%x, %y.4) kernel=3x2 pads=1,1,2,1",
            "%y: f32[1x3x6x6] = identity(%y.5)",
        ],
    );
    // Stride 2: two taps for each of four phases, side by side in the channels.
    check(
        conv(&[2, 3, 4, 4], vec![("strides", Attr::Ints(vec![2, 2])), ("pads", Attr::Ints(vec![1; 4]))]),
        &[
            "con %y.2: f32[1x2x3x2x2x2x2] = take(%y.1) axis3=1:2/-1 axis5=1:2/-1",
            "con %y.3: f32[1x3x2x2x2x2x2] = transpose(%y.2) perm=0,2,4,6,1,3,5",
            "con %y.4: f32[12x2x2x2] = reshape(%y.3)",
            "%y.5: f32[1x12x6x6] = conv(%x, %y.4) kernel=2x2 pads=1,1,1,1",
            "%y.6: f32[1x3x12x12] = rearrange(%y.5) split=1,3,2,2,6,6 perm=0,1,4,2,5,3",
            "%y: f32[1x3x10x10] = take(%y.6) axis2=1:10 axis3=1:10",
        ],
    );
}
