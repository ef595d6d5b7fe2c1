//! ONNX operators that put elements elsewhere -> graph: what they become, and what is refused.

use tilewright::base::tensor::Tensor;
use tilewright::ir::reference::evaluate;
use tilewright::onnx::schema::TensorProto;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright_tests::import::{check, model, read};
use tilewright_tests::model::{Attr, Model, floats, ints};

fn ints_attr(list: &[i64]) -> Attr {
    Attr::Ints(list.to_vec())
}

/// The model is refused, and the message holds `reason`.
#[track_caller]
fn refused(model: Model, reason: &str) {
    let error = load("bad", model.bytes().into(), &LoadOptions::default(), &NoExternalData);
    let error = error.expect_err("a model that is wrong").to_string();
    assert!(error.contains("`node_y`") && error.contains(reason), "{error}");
}

#[test]
fn concat_and_split() {
    let axis = |at: i64| vec![("axis", Attr::Int(at))];
    check(
        model(13, "2 3").node_with("Concat", "x x", "y", axis(-1)),
        &["%y: f32[2x6] = concat(%x, %x) axis=1"],
    );
    check(model(13, "2 3").node_with("Concat", "x", "y", axis(0)), &["%y: f32[2x3] = identity(%x)"]);
    let empty = model(13, "2 3").initialiser(floats("e", &[0, 3], &[]));
    check(empty.node_with("Concat", "e x", "y", axis(0)), &["%y: f32[2x3] = identity(%x)"]);
    let both = ["%y: f32[2x1] = take(%x) axis1=0:1", "%z: f32[2x2] = take(%x) axis1=1:2"];
    let old = vec![("axis", Attr::Int(1)), ("split", ints_attr(&[1, 2]))];
    check(model(11, "2 3").output("z").node_with("Split", "x", "y z", old), &both);
    let new = model(13, "2 3").output("z").initialiser(ints("s", &[2], &[1, 2]));
    check(new.node_with("Split", "x s", "y z", axis(1)), &both);
    let equal = vec![("axis", Attr::Int(1)), ("num_outputs", Attr::Int(2))];
    let uneven = ["%y: f32[2x2] = take(%x) axis1=0:2", "%z: f32[2x1] = take(%x) axis1=2:1"];
    check(model(18, "2 3").output("z").node_with("Split", "x", "y z", equal), &uneven);
    check(model(13, "2 3").node("Split", "x", "y"), &["%y: f32[2x3] = identity(%x)"]);
    // A part that nothing reads needs no name.
    check(
        model(13, "2 4").node_with("Split", "x", "y _", axis(1)),
        &["%y: f32[2x2] = take(%x) axis1=0:2", "%y.2: f32[2x2] = take(%x) axis1=2:2"],
    );

    refused(model(13, "2 3").node("Concat", "x x", "y"), "`axis` is missing");
    refused(model(13, "2 3").node_with("Concat", "x x", "y", axis(2)), "axis 2 does not exist");
    refused(model(13, "2 3").node_with("Split", "x", "y z", axis(1)), "3 is not divided by 2");
    let wrong = model(13, "2 3").initialiser(ints("s", &[2], &[4, -1]));
    refused(wrong.node_with("Split", "x s", "y z", axis(1)), "negative extent");
    let short = model(13, "2 3").initialiser(ints("s", &[2], &[1, i64::MAX]));
    refused(short.node_with("Split", "x s", "y z", axis(1)), "do not make 3");
}

#[test]
fn slices() {
    let sliced = |lists: [&[i64]; 4]| {
        let [starts, ends, axes, steps] = lists;
        let count = [starts.len() as i64];
        model(13, "2 9")
            .initialiser(ints("s", &count, starts))
            .initialiser(ints("e", &count, ends))
            .initialiser(ints("a", &[axes.len() as i64], axes))
            .initialiser(ints("t", &[steps.len() as i64], steps))
            .node("Slice", "x s e a t", "y")
    };
    check(sliced([&[-8], &[i64::MAX], &[1], &[3]]), &["%y: f32[2x3] = take(%x) axis1=1:3/3"]);
    check(sliced([&[-1], &[i64::MIN], &[-1], &[-4]]), &["%y: f32[2x3] = take(%x) axis1=8:3/-4"]);
    check(sliced([&[1, 0], &[2, 4], &[0, 1], &[1, 2]]), &["%y: f32[1x2] = take(%x) axis0=1:1 axis1=0:2/2"]);
    check(sliced([&[0], &[99], &[0], &[1]]), &["%y: f32[2x9] = identity(%x)"]);
    let old = vec![("starts", ints_attr(&[0, 2])), ("ends", ints_attr(&[2, -2]))];
    check(model(9, "2 9").node_with("Slice", "x", "y", old), &["%y: f32[2x5] = take(%x) axis1=2:5"]);

    refused(sliced([&[0], &[1], &[1], &[0]]), "a step is 0");
    refused(sliced([&[0, 0], &[1, 1], &[1, -1], &[1, 1]]), "axis 1 twice");
    // Valid ONNX all the same.
    refused(sliced([&[5], &[5], &[1], &[1]]), "no elements; the supported operators");
    refused(sliced([&[0], &[1], &[2], &[1]]), "axis 2 does not exist");
    refused(sliced([&[0], &[1], &[1], &[1, 1]]), "differ in number");
}

#[test]
fn gathers_and_repeats() {
    let gather = |dims: &[i64], list: &[i64], at: i64| {
        let attributes = vec![("axis", Attr::Int(at))];
        model(13, "2 9").initialiser(ints("i", dims, list)).node_with("Gather", "x i", "y", attributes)
    };
    check(gather(&[3], &[0, 8, -1], 1), &["%y: f32[2x3] = take(%x) axis1=0:2/8+8:1"]);
    check(gather(&[], &[1], 0), &["%y.1: f32[1x9] = take(%x) axis0=1:1", "%y: f32[9] = reshape(%y.1)"]);
    check(
        gather(&[2, 2], &[0, 2, 4, 6], 1),
        &["%y.1: f32[2x4] = take(%x) axis1=0:4/2", "%y: f32[2x2x2] = reshape(%y.1)"],
    );
    refused(gather(&[1], &[9], 1), "axis 9 does not exist in 9");
    refused(model(13, "2 9").node("Gather", "x x", "y"), "indices");

    let with = |op: &str, list: &[i64]| {
        model(13, "1 3").initialiser(ints("s", &[list.len() as i64], list)).node(op, "x s", "y")
    };
    check(with("Expand", &[2, 3]), &["%y: f32[2x3] = take(%x) axis0=0:2/0"]);
    check(
        with("Expand", &[4, 1, 1]),
        &["%y.1: f32[1x1x3] = reshape(%x)", "%y: f32[4x1x3] = take(%y.1) axis0=0:4/0"],
    );
    check(with("Tile", &[1, 2]), &["%y: f32[1x6] = take(%x) axis1=0:3*2/0"]);
    refused(with("Expand", &[1, 4]), "do not expand");
    refused(with("Expand", &[-1, 3]), "negative");
    refused(with("Tile", &[2]), "1 axes of 2");
    refused(with("Tile", &[i64::MAX, i64::MAX]), "overflow");
    refused(with("Tile", &[1, 1 << 40]), "elements");
    refused(with("Tile", &[1, 0]), "no elements");
}

#[test]
fn depth_and_space() {
    let block = |mode: Option<&'static str>| {
        let size = ("blocksize", Attr::Int(2));
        std::iter::once(size).chain(mode.map(|mode| ("mode", Attr::Text(mode)))).collect::<Vec<_>>()
    };
    check(
        model(13, "1 8 2 3").node_with("DepthToSpace", "x", "y", block(Some("CRD"))),
        &[
            "%y.1: f32[1x2x2x2x2x3] = reshape(%x)",
            "%y.2: f32[1x2x2x2x3x2] = transpose(%y.1) perm=0,1,4,2,5,3",
            "%y: f32[1x2x4x6] = reshape(%y.2)",
        ],
    );
    refused(model(13, "1 6 2 3").node_with("DepthToSpace", "x", "y", block(None)), "no multiple of 2 x 2");
    refused(model(13, "1 4 2 3").node_with("SpaceToDepth", "x", "y", block(None)), "2 x 3 is no multiple");
    refused(model(13, "1 8 2 3").node_with("DepthToSpace", "x", "y", block(Some("RCD"))), "mode = `RCD`");
    let huge = vec![("blocksize", Attr::Int(i64::MAX))];
    refused(model(13, "1 8 2 3").node_with("DepthToSpace", "x", "y", huge), "blocksize");
    let perm = |perm: &[i64]| vec![("perm", ints_attr(perm))];
    check(model(13, "2 3 4").node("Transpose", "x", "y"), &["%y: f32[4x3x2] = transpose(%x) perm=2,1,0"]);
    refused(model(13, "2 3 4").node_with("Transpose", "x", "y", perm(&[0, 0, 1])), "no order");
    refused(model(13, "2 3 4").node_with("Transpose", "x", "y", perm(&[0, 1])), "no order");
}

#[test]
fn padding() {
    let pad = |mode: &'static str, pads: &[i64]| {
        let pads = ints("p", &[pads.len() as i64], pads);
        model(19, "2 4").initialiser(pads).node_with("Pad", "x p", "y", vec![("mode", Attr::Text(mode))])
    };
    check(pad("reflect", &[0, 2, 0, 1]), &["%y: f32[2x7] = take(%x) axis1=2:2/-1+0:4+2:1"]);
    check(pad("edge", &[0, 2, 1, 0]), &["%y: f32[3x6] = take(%x) axis0=0:2+1:1 axis1=0:2/0+0:4"]);
    check(pad("wrap", &[0, 1, 0, 2]), &["%y: f32[2x7] = take(%x) axis1=3:1+0:4+0:2"]);
    check(
        pad("constant", &[0, -1, 1, 0]),
        &["%y.1: f32[2x3] = take(%x) axis1=1:3", "%y: f32[3x3] = pad(%y.1) before=0,0 after=1,0 value=0"],
    );
    refused(pad("mirror", &[0, 0, 0, 0]), "mode = `mirror`");
    refused(pad("constant", &[0, -5, 0, 0]), "nothing is left of axis 1");
    refused(pad("constant", &[0, i64::MIN, 0, 0]), "each must be");
    refused(pad("reflect", &[0, 1 << 20, 0, 0]), "border of more than");
    let center = model(18, "5 4").initialiser(ints("s", &[2], &[2, 7]));
    check(
        center.node("CenterCropPad", "x s", "y"),
        &["%y.1: f32[2x4] = take(%x) axis0=1:2", "%y: f32[2x7] = pad(%y.1) before=0,1 after=0,2 value=0"],
    );
}

/// The elements that a nearest Resize of an axis takes.
fn nearest(from: usize, to: (&str, TensorProto), mode: &'static str, rounding: &'static str) -> Vec<f64> {
    let how = [("coordinate_transformation_mode", mode), ("nearest_mode", rounding)];
    let how = how.map(|(name, value)| (name, Attr::Text(value))).to_vec();
    let (operands, tensor) = to;
    let resized = model(19, &from.to_string()).initialiser(tensor).node_with("Resize", operands, "y", how);
    let numbers = Tensor::float([from], (0..from).map(|number| number as f64).collect());
    let outputs = evaluate(&read(&resized), &[numbers], |_, _| ()).unwrap_or_else(|error| panic!("{error}"));
    outputs[0].to_f64()
}

/// Coordinates that are whole, or halves, are found to be so: next to them lies another element.
#[test]
fn resizing_on_borders() {
    let size = |size: i64| ("x _ _ z", ints("z", &[1], &[size]));
    let scale = |scale: f32| ("x _ s", floats("s", &[1], &[scale]));
    for from in 1..40 {
        for to in 1..60 {
            let floor = (0..to).map(|x| (x * from / to) as f64).collect::<Vec<_>>();
            assert_eq!(nearest(from, size(to as i64), "asymmetric", "floor"), floor, "{from} to {to}");
            // The coordinate is this less a half; a half of it goes down.
            let down = |x: usize| ((2 * x + 1) * from).div_ceil(2 * to) - 1;
            let half = (0..to).map(|x| down(x) as f64).collect::<Vec<_>>();
            assert_eq!(
                nearest(from, size(to as i64), "half_pixel", "round_prefer_floor"),
                half,
                "{from} to {to}"
            );
        }
    }
    assert_eq!(nearest(20, scale(1.1), "asymmetric", "floor")[10..13], [9.0, 10.0, 10.0]);
    assert_eq!(nearest(4, scale(0.6), "half_pixel", "floor"), [0.0, 2.0]);
    assert_eq!(nearest(6, scale(0.75), "half_pixel_symmetric", "round_prefer_ceil"), [1.0, 2.0, 3.0, 5.0]);
    assert_eq!(nearest(5, scale(0.5), "half_pixel_symmetric", "floor"), [1.0, 3.0]);
    assert_eq!(nearest(9, scale(0.25), "half_pixel_symmetric", "floor"), [2.0, 6.0]);
}

fn resize(scales: &[f32], attributes: Vec<(&'static str, Attr)>) -> Model {
    let scales = floats("s", &[scales.len() as i64], scales);
    model(19, "1 2 3 4").initialiser(scales).node_with("Resize", "x _ s", "y", attributes)
}

#[test]
fn resizing() {
    check(
        resize(&[1.0, 1.0, 2.0, 2.0], vec![]),
        &["%y: f32[1x2x6x8] = take(%x) axis2=0:2/0*3/1 axis3=0:2/0*4/1"],
    );
    let linear = || vec![("mode", Attr::Text("linear"))];
    check(
        resize(&[1.0, 1.0, 1.0, 2.0], linear()),
        &[
            "%y.1: f32[1x2x3x4] = identity(%x)",
            "%y: f32[1x2x3x8] = resample(%y.1, %y.2) axis=3 first=0:3/0+1:2/0+2:3/0",
        ],
    );
    check(resize(&[1.0; 4], linear()), &["%y: f32[1x2x3x4] = identity(%x)"]);
    let old = vec![("scales", Attr::Floats(vec![1.0, 1.0, 2.0, 1.0])), ("mode", Attr::Text("nearest"))];
    check(
        model(7, "1 2 3 4").node_with("Upsample", "x", "y", old),
        &["%y: f32[1x2x6x4] = take(%x) axis2=0:2/0*3/1"],
    );
    // ONNX 1.5's own case of operator set 10: [[1, 2, 3, 4], [5, 6, 7, 8]] becomes [[1, 3]].
    let shorter = model(10, "1 1 2 4").initialiser(floats("s", &[4], &[1.0, 1.0, 0.6, 0.6]));
    check(shorter.node("Resize", "x s", "y"), &["%y: f32[1x1x1x2] = take(%x) axis2=0:1 axis3=0:2/2"]);

    refused(resize(&[1.0, 1.0, 2.0], vec![]), "3 scales for 4 axes");
    refused(resize(&[1.0, 1.0, 0.0, 1.0], vec![]), "a scale is 0");
    refused(resize(&[1.0, 1.0, f32::NAN, 1.0], vec![]), "a scale is NaN");
    refused(resize(&[1.0, 1.0, 0.1, 1.0], vec![]), "extents [1, 2, 0, 4]");
    refused(resize(&[1.0, 1.0, 1e9, 1.0], vec![]), "extents");
    refused(resize(&[1.0, 1.0, 1e30, 1e30], vec![]), "elements");
    refused(resize(&[1.0; 4], vec![("mode", Attr::Text("area"))]), "mode = `area`");
    let name = "coordinate_transformation_mode";
    refused(resize(&[1.0; 4], vec![(name, Attr::Text("odd"))]), "coordinate_transformation_mode = `odd`");
    for rounding in ["", "simple"] {
        let model = resize(&[1.0, 1.0, 2.0, 2.0], vec![("nearest_mode", Attr::Text(rounding))]);
        refused(model, &format!("nearest_mode = `{rounding}`"));
    }
    let both = model(19, "4").initialiser(floats("s", &[1], &[2.0])).initialiser(ints("z", &[1], &[8]));
    refused(both.node("Resize", "x _ s z", "y"), "either scales or sizes");
    let none = model(19, "4").node("Resize", "x", "y");
    refused(none, "either scales or sizes");
    let size =
        |size: i64| model(19, "4").initialiser(ints("z", &[1], &[size])).node("Resize", "x _ _ z", "y");
    refused(size(-3), "each must be above 0");
    refused(size(i64::MAX), "elements");
    refused(size(1 << 21), "extents");
}
