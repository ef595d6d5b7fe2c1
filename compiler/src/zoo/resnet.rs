//! Residual networks (He et al. 2015), and those in groups (Xie et al. 2016), node for node and name for name as torchvision's models are exported.

use super::ZooOptions;
use super::build::{Build, Layer, Map, STEADY};
use crate::onnx::schema::ModelProto;

/// The kinds of residual blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Block {
    /// 3x3, 3x3.
    Basic,
    /// The same without shortcuts: the plain networks of the paper.
    Plain,
    /// 1x1, 3x3, 1x1 with four times the channels; v1.5: the stride is on the 3x3.
    Bottleneck,
    /// As the paper has it: the stride is on the first 1x1.
    BottleneckV1,
    /// The bottleneck of ResNeXt 32x4d: twice as wide inside, the 3x3 in 32 groups.
    Grouped,
}

impl Block {
    /// The branch of a block of the given width; only one of its convolutions has the stride.
    fn branch(self, width: usize, stride: usize) -> Vec<Layer> {
        let [one, three, wide] = [(1, width), (3, width), (1, 4 * width)].map(|(k, out)| Layer::new(k, out));
        match self {
            Block::Basic => vec![three.stride(stride), three],
            Block::Plain => {
                [three.stride(stride), three].map(|layer| Layer { gain: STEADY, ..layer }).to_vec()
            }
            Block::Bottleneck => vec![one, three.stride(stride), wide],
            Block::BottleneckV1 => vec![one.stride(stride), three, wide],
            Block::Grouped => {
                let three = Layer { groups: 32, ..Layer::new(3, 2 * width) };
                vec![Layer::new(1, 2 * width), three.stride(stride), wide]
            }
        }
    }
}

/// Factor on the scale of each branch's last normalisation: with random weights the sum of 16 undamped branches grows
/// until the logits are out of any sensible range.
const DAMPING: f64 = 0.35;

/// A network with a classifier of 1000 logits; `depths` are the blocks per stage.
pub(super) fn classifier(options: &ZooOptions, block: Block, depths: [usize; 4]) -> ModelProto {
    let (mut build, input) = Build::new(options);
    let [.., x] = stages(&mut build, &input, block, depths);
    let pooled = build.global_pool("/avgpool", &x);
    let (flat, count) = build.flatten(&pooled);
    // The features are small after pooling; the factor spreads the logits over about -10 to 10.
    let logits = build.linear("/fc", "fc", (&flat, count), 1000, 8.0);
    build.finish(&[(&logits, "output", &[1000])])
}

/// The results of the four stages, `C2` to `C5`, as outputs.
pub(super) fn backbone(options: &ZooOptions, block: Block, depths: [usize; 4]) -> ModelProto {
    let (mut build, input) = Build::new(options);
    let [c2, c3, c4, c5] = stages(&mut build, &input, block, depths);
    build.finish_maps(&[("C2", &c2), ("C3", &c3), ("C4", &c4), ("C5", &c5)])
}

/// Everything up to the pooling: the results of the four stages.
pub(super) fn stages(build: &mut Build, input: &Map, block: Block, depths: [usize; 4]) -> [Map; 4] {
    let stem = Layer { pad: 3, ..Layer::new(7, 64).stride(2) };
    let stem = build.conv("/conv1", "conv1", input, stem);
    let stem = build.norm("/bn1", "bn1", &stem, 1.0);
    let stem = build.relu("/relu", &stem);
    let mut x = build.max_pool("/maxpool", &stem, 3, 2, 1);
    let mut stage = 0;
    depths.map(|depth| {
        stage += 1;
        for index in 0..depth {
            let stride = if stage > 1 && index == 0 { 2 } else { 1 };
            x = residual(build, (stage, index), &x, block, block.branch(32 << stage, stride));
        }
        x.clone()
    })
}

/// `relu(branch(x) + shortcut(x))`. The shortcut has a 1x1 convolution where the extents change.
fn residual(
    build: &mut Build,
    (stage, index): (usize, usize),
    x: &Map,
    block: Block,
    branch: Vec<Layer>,
) -> Map {
    let scope = format!("/layer{stage}/layer{stage}.{index}");
    let weights = format!("layer{stage}.{index}");
    let shortcuts = block != Block::Plain;
    let mut y = x.clone();
    for (at, &layer) in branch.iter().enumerate() {
        let last = at + 1 == branch.len();
        let number = at + 1;
        y = build.conv(&format!("{scope}/conv{number}"), &format!("{weights}.conv{number}"), &y, layer);
        let damping = if last && shortcuts { DAMPING } else { 1.0 };
        y = build.norm(&format!("{scope}/bn{number}"), &format!("{weights}.bn{number}"), &y, damping);
        if !last {
            y = build.relu(&numbered(&scope, at), &y);
        }
    }
    if shortcuts {
        let mut shortcut = x.clone();
        if y.side != x.side || y.channels != x.channels {
            let (scope, weights) =
                (format!("{scope}/downsample/downsample"), format!("{weights}.downsample"));
            let stride = branch.iter().map(|layer| layer.stride).product();
            let layer = Layer::new(1, y.channels).stride(stride);
            shortcut = build.conv(&format!("{scope}.0"), &format!("{weights}.0"), x, layer);
            shortcut = build.norm(&format!("{scope}.1"), &format!("{weights}.1"), &shortcut, 1.0);
        }
        y = build.add(&scope, &y, &shortcut);
    }
    build.relu(&numbered(&scope, branch.len() - 1), &y)
}

/// The exporter numbers the calls of a block's one relu.
fn numbered(scope: &str, call: usize) -> String {
    let suffix = if call == 0 { String::new() } else { format!("_{call}") };
    format!("{scope}/relu{suffix}")
}
