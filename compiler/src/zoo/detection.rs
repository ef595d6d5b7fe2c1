//! ResNet-50 with what detectors put on it: a feature pyramid (Lin et al. 2016) and a single-shot head.

use super::ZooOptions;
use super::build::{Build, Layer, Map, STEADY};
use super::proto::{int, ints, text};
use super::resnet::{Block, stages};
use crate::onnx::schema::ModelProto;

/// Channels of the pyramid.
const WIDTH: usize = 256;
/// Boxes per position of the head.
const ANCHORS: usize = 6;
/// Classes of the head.
const CLASSES: usize = 20;

/// The pyramid's maps `P2` to `P5` as outputs.
pub(super) fn pyramid(options: &ZooOptions) -> ModelProto {
    let (mut build, input) = Build::new(options);
    let [p2, p3, p4, p5] = levels(&mut build, &input);
    build.finish_maps(&[("P2", &p2), ("P3", &p3), ("P4", &p4), ("P5", &p5)])
}

/// Scores of classes, after the sigmoid, and offsets of boxes, of all positions of `P3` to `P5`. The levels share the
/// head's weights.
pub(super) fn single_shot(options: &ZooOptions) -> ModelProto {
    let (mut build, input) = Build::new(options);
    let [_, levels @ ..] = levels(&mut build, &input);
    let boxes: usize = levels.iter().map(|level| ANCHORS * level.side * level.side).sum();
    let mut outputs = [("classes", CLASSES), ("boxes", 4)].map(|(name, numbers)| {
        let parts: Vec<String> = (3..)
            .zip(&levels)
            .map(|(number, level)| head(&mut build, name, number, level, numbers))
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        build.net.node(&format!("/head/{name}"), "Concat", &parts, vec![int("axis", 1)])
    });
    outputs[0] = build.net.node("/head/classes", "Sigmoid", &[&outputs[0]], vec![]);
    let [scores, offsets] = &outputs;
    build.finish(&[(scores, "scores", &[boxes, CLASSES]), (offsets, "boxes", &[boxes, 4])])
}

/// Each level is the backbone's, brought to one width, plus the coarser level at twice its resolution.
fn levels(build: &mut Build, input: &Map) -> [Map; 4] {
    let mut maps = stages(build, input, Block::Bottleneck, [3, 4, 6, 3]);
    let lateral = Layer { bias: 0.05, ..Layer::new(1, WIDTH) };
    let mut above: Option<Map> = None;
    for (at, map) in maps.iter_mut().enumerate().rev() {
        let mut level = build.conv(&format!("/fpn/inner.{at}"), &format!("fpn.inner.{at}"), map, lateral);
        if let Some(above) = above.take() {
            let larger = resize(build, at, &above, level.side);
            level = build.add(&format!("/fpn/sum.{at}"), &level, &larger);
        }
        above = Some(level.clone());
        let layer = Layer { bias: 0.05, ..Layer::new(3, WIDTH) };
        *map = build.conv(&format!("/fpn/layer.{at}"), &format!("fpn.layer.{at}"), &level, layer);
    }
    maps
}

/// Nearest neighbours, as PyTorch's `interpolate` is exported.
fn resize(build: &mut Build, level: usize, x: &Map, side: usize) -> Map {
    let modes = vec![
        text("coordinate_transformation_mode", "asymmetric"),
        text("mode", "nearest"),
        text("nearest_mode", "floor"),
    ];
    let scales = format!("fpn.scales.{level}");
    let mut factor = side as f32 / x.side as f32;
    if f64::from(factor) * (x.side as f64) < side as f64 {
        // The product is rounded down to the extent.
        factor = factor.next_up();
    }
    build.net.weights(&scales, &[4], |_| vec![1.0, 1.0, factor, factor]);
    let name = build.net.node(&format!("/fpn/resize.{level}"), "Resize", &[&x.name, "", &scales], modes);
    Map { name, side, ..x.clone() }
}

/// Predictions of a level, `[N, positions * anchors, numbers]`.
fn head(build: &mut Build, kind: &str, number: usize, x: &Map, numbers: usize) -> String {
    let scope = format!("/head/{kind}.{number}");
    let layer = |out, gain| Layer { bias: 0.1, gain, ..Layer::new(3, out) };
    let y = build.conv(&format!("{scope}/tower"), &format!("head.{kind}.tower"), x, layer(WIDTH, STEADY));
    let y = build.relu(&format!("{scope}/tower"), &y);
    let y =
        build.conv(&format!("{scope}/last"), &format!("head.{kind}.last"), &y, layer(ANCHORS * numbers, 0.5));
    let last = build.net.node(&scope, "Transpose", &[&y.name], vec![ints("perm", &[0, 2, 3, 1])]);
    let shape = format!("head.{kind}.shape");
    build.net.integers(&shape, &[0, -1, numbers as i64]);
    build.net.node(&scope, "Reshape", &[&last, &shape], vec![])
}
