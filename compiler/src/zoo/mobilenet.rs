//! MobileNet-v2 (Sandler et al. 2018), named as torchvision's model is exported.

use super::ZooOptions;
use super::build::{Build, Layer, Map};
use crate::onnx::schema::ModelProto;

/// Expansion, channels, blocks, stride of the first block: table 2 of the paper.
const STAGES: [[usize; 4]; 7] = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
];

/// Factor on the normalisations before a Relu6, so that it has something to cut off.
const LOUD: f64 = 3.0;

/// Factor on those at the end of a residual branch, against growth of the sum.
const DAMPING: f64 = 0.35;

/// The network.
pub(super) fn model(options: &ZooOptions) -> ModelProto {
    let (mut build, input) = Build::new(options);
    for (name, bound) in [("zero", 0.0), ("six", 6.0)] {
        build.net.weights(name, &[], |_| vec![bound]);
    }
    let mut x = cut(&mut build, "features.0", ["0", "1", "2"], &input, Layer::new(3, 32).stride(2), LOUD);
    let mut number = 1;
    for [expansion, out, blocks, stride] in STAGES {
        for index in 0..blocks {
            let stride = if index == 0 { stride } else { 1 };
            x = block(&mut build, number, &x, expansion, out, stride);
            number += 1;
        }
    }
    x = cut(&mut build, "features.18", ["0", "1", "2"], &x, Layer::new(1, 1280), LOUD);
    x = build.global_pool("/pool", &x);
    let (flat, count) = build.flatten(&x);
    let logits = build.linear("/classifier/classifier.1", "classifier.1", (&flat, count), 1000, 4.0);
    build.finish(&[(&logits, "output", &[1000])])
}

/// An inverted residual: wide, depthwise, narrow without activation.
fn block(build: &mut Build, number: usize, x: &Map, expansion: usize, out: usize, stride: usize) -> Map {
    let scope = format!("features.{number}.conv");
    let wide = expansion * x.channels;
    let mut y = x.clone();
    let mut at = 0;
    if expansion > 1 {
        y = cut(build, &format!("{scope}.0"), ["0", "1", "2"], &y, Layer::new(1, wide), LOUD);
        at = 1;
    }
    let depthwise = Layer { groups: wide, ..Layer::new(3, wide).stride(stride) };
    // What comes in is as loud as what is to go out, but for the first block.
    y = cut(build, &format!("{scope}.{at}"), ["0", "1", "2"], &y, depthwise, 1.0);
    let residual = stride == 1 && out == x.channels;
    let scale = if residual { DAMPING } else { 1.0 } / LOUD;
    y = linear(build, &scope, [at + 1, at + 2], &y, Layer::new(1, out), scale);
    if residual { build.add(&format!("/features/features.{number}"), x, &y) } else { y }
}

/// A convolution, its normalisation and Relu6, numbered within `scope`.
fn cut(build: &mut Build, scope: &str, parts: [&str; 3], x: &Map, layer: Layer, scale: f64) -> Map {
    let [conv, norm, act] = parts.map(|part| format!("{scope}.{part}"));
    let y = build.conv(&format!("/{conv}"), &conv, x, layer);
    let y = build.norm(&format!("/{norm}"), &norm, &y, scale);
    Map { name: build.net.node(&format!("/{act}"), "Clip", &[&y.name, "zero", "six"], vec![]), ..y }
}

/// A convolution and its normalisation.
fn linear(build: &mut Build, scope: &str, parts: [usize; 2], x: &Map, layer: Layer, scale: f64) -> Map {
    let [conv, norm] = parts.map(|part| format!("{scope}.{part}"));
    let y = build.conv(&format!("/{conv}"), &conv, x, layer);
    build.norm(&format!("/{norm}"), &norm, &y, scale)
}
