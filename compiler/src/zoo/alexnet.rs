//! AlexNet (Krizhevsky et al. 2012) as published: two groups where the paper has two GPUs, and local response
//! normalisation.

use super::ZooOptions;
use super::build::{Build, Layer, Map, STEADY};
use super::proto::{float, int};
use crate::onnx::schema::ModelProto;

/// The size of a response before normalisation: with pictures around 0 and 1 the squares would vanish beside the constant
/// in the denominator, and an error in them would not show.
const LOUD: f64 = 60.0;

/// Convolutions with whether a normalisation and a pool follow; the padding of the first makes 224 work as 227 does.
fn layers() -> [(Layer, bool, bool); 5] {
    let layer = |kernel, out, groups| Layer { groups, bias: 0.05, gain: STEADY, ..Layer::new(kernel, out) };
    [
        (Layer { stride: 4, pad: 2, gain: LOUD * STEADY, ..layer(11, 96, 1) }, true, true),
        (layer(5, 256, 2), true, true),
        (Layer { gain: 4.0 * STEADY / LOUD, ..layer(3, 384, 1) }, false, false),
        (layer(3, 384, 2), false, false),
        (layer(3, 256, 2), false, true),
    ]
}

/// The network.
pub(super) fn model(options: &ZooOptions) -> ModelProto {
    let (mut build, mut x) = Build::new(options);
    for (number, (layer, norm, pool)) in (1..).zip(layers()) {
        x = build.conv(&format!("/conv{number}"), &format!("conv{number}"), &x, layer);
        x = build.relu(&format!("/relu{number}"), &x);
        if norm {
            let attributes =
                vec![float("alpha", 1e-4), float("beta", 0.75), float("bias", 2.0), int("size", 5)];
            x = Map { name: build.net.node(&format!("/norm{number}"), "LRN", &[&x.name], attributes), ..x };
        }
        if pool {
            x = build.max_pool(&format!("/pool{number}"), &x, 3, 2, 0);
        }
    }
    let (mut y, mut count) = build.flatten(&x);
    for number in [6, 7] {
        let (node, weights) = (format!("/fc{number}"), format!("fc{number}"));
        y = build.linear(&node, &weights, (&y, count), 4096, STEADY * 2f64.sqrt());
        y = build.net.node(&format!("/relu{number}"), "Relu", &[&y], vec![]);
        count = 4096;
    }
    let logits = build.linear("/fc8", "fc8", (&y, count), 1000, 4.0);
    build.finish(&[(&logits, "output", &[1000])])
}
