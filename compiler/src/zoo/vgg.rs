//! VGG (Simonyan and Zisserman 2014), named as torchvision's models are exported.

use super::ZooOptions;
use super::build::{Build, Layer, Map, STEADY};
use crate::onnx::schema::ModelProto;

/// Stages of 3x3 convolutions, each with a max-pool after it, and three fully connected layers; `depths` are the
/// convolutions per stage.
pub(super) fn model(options: &ZooOptions, depths: [usize; 5]) -> ModelProto {
    let (mut build, mut x) = Build::new(options);
    let mut number = 0;
    let mut next = |step: usize| {
        let now = number;
        number += step;
        now
    };
    for (depth, out) in depths.into_iter().zip([64, 128, 256, 512, 512]) {
        for _ in 0..depth {
            x = conv(&mut build, next(1), &x, out);
            x = build.relu(&format!("/features/features.{}", next(1)), &x);
        }
        x = build.max_pool(&format!("/features/features.{}", next(1)), &x, 2, 2, 0);
    }
    let (mut y, mut count) = build.flatten(&x);
    for at in [0, 3] {
        let scope = |at: usize| (format!("/classifier/classifier.{at}"), format!("classifier.{at}"));
        let (node, weights) = scope(at);
        // As the convolutions: the gain of He et al. and the correction.
        y = build.linear(&node, &weights, (&y, count), 4096, STEADY * 2f64.sqrt());
        y = build.net.node(&scope(at + 1).0, "Relu", &[&y], vec![]);
        count = 4096;
    }
    let logits = build.linear("/classifier/classifier.6", "classifier.6", (&y, count), 1000, 2.0);
    build.finish(&[(&logits, "output", &[1000])])
}

fn conv(build: &mut Build, number: usize, x: &Map, out: usize) -> Map {
    let layer = Layer { bias: 0.05, gain: STEADY, ..Layer::new(3, out) };
    build.conv(&format!("/features/features.{number}"), &format!("features.{number}"), x, layer)
}
