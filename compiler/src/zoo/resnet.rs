//! Residual networks v1.5, node for node and name for name as torchvision's models are exported.

use super::numbers::Numbers;
use super::proto::{Extent, Net, float, int, ints};
use super::{Network, ZooOptions};
use crate::onnx::schema::ModelProto;

/// The kinds of residual blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Block {
    /// 3x3, 3x3.
    Basic,
    /// 1x1, 3x3, 1x1 with four times the channels.
    Bottleneck,
}

/// One convolution of a block's branch: extent of its window, channels of its result, stride.
type Layer = (usize, usize, usize);

impl Block {
    /// The branch of a block of the given width; only one of its convolutions has the stride.
    fn branch(self, width: usize, stride: usize) -> Vec<Layer> {
        match self {
            Block::Basic => vec![(3, width, stride), (3, width, 1)],
            Block::Bottleneck => vec![(1, width, 1), (3, width, stride), (1, 4 * width, 1)],
        }
    }
}

/// Factor on the scale of each branch's last normalisation: with random weights the sum of 16 undamped branches grows
/// until the logits are out of any sensible range.
const DAMPING: f64 = 0.35;

pub(super) fn model(network: &Network, options: &ZooOptions) -> ModelProto {
    let mut build = Build { net: Net::new(options.topology), seed: options.seed };
    let stem = build.conv("/conv1", "conv1", "input", (7, 64, 2), 3);
    let stem = build.norm("/bn1", "bn1", &stem, 64, 1.0);
    let stem = build.net.node("/relu", "Relu", &[&stem], vec![]);
    let window = vec![
        int("ceil_mode", 0),
        ints("dilations", &[1, 1]),
        ints("kernel_shape", &[3, 3]),
        ints("pads", &[1; 4]),
    ];
    let stride = ints("strides", &[2, 2]);
    let mut x = build.net.node("/maxpool", "MaxPool", &[&stem], window.into_iter().chain([stride]).collect());
    let mut channels = 64;
    for (stage, &depth) in network.depths.iter().enumerate() {
        let width = 64 << stage;
        for index in 0..depth {
            let stride = if stage > 0 && index == 0 { 2 } else { 1 };
            let place = (stage + 1, index);
            (x, channels) = build.block(place, &x, channels, &network.block.branch(width, stride), stride);
        }
    }
    let pooled = build.net.node("/avgpool", "GlobalAveragePool", &[&x], vec![]);
    let flat = build.net.node("", "Flatten", &[&pooled], vec![int("axis", 1)]);
    // The features are small after pooling; the factor spreads the logits over about -10 to 10.
    let deviation = 8.0 / (channels as f64).sqrt();
    build.filters("fc.weight", &[1000, channels], deviation);
    build.normal("fc.bias", 1000, 0.1);
    let gemm = vec![float("alpha", 1.0), float("beta", 1.0), int("transB", 1)];
    build.net.node("/fc", "Gemm", &[&flat, "fc.weight", "fc.bias"], gemm);

    let batch = options.batch.map_or(Extent::Open("N"), Extent::Fixed);
    let image = Extent::Fixed(options.image);
    build.net.finish(
        ("input", &[batch, Extent::Fixed(3), image, image]),
        ("output", &[batch, Extent::Fixed(1000)]),
    )
}

struct Build {
    net: Net,
    seed: u64,
}

impl Build {
    /// `relu(branch(x) + shortcut(x))`; returns the result and its channels. The shortcut has a 1x1 convolution where
    /// the extents change.
    fn block(
        &mut self,
        (stage, index): (usize, usize),
        x: &str,
        channels: usize,
        branch: &[Layer],
        stride: usize,
    ) -> (String, usize) {
        let scope = format!("/layer{stage}/layer{stage}.{index}");
        let weights = format!("layer{stage}.{index}");
        let mut y = x.to_owned();
        let mut width = channels;
        for (at, &layer) in branch.iter().enumerate() {
            let last = at + 1 == branch.len();
            let number = at + 1;
            y = self.conv(
                &format!("{scope}/conv{number}"),
                &format!("{weights}.conv{number}"),
                &y,
                layer,
                width,
            );
            width = layer.1;
            let damping = if last { DAMPING } else { 1.0 };
            y = self.norm(
                &format!("{scope}/bn{number}"),
                &format!("{weights}.bn{number}"),
                &y,
                width,
                damping,
            );
            if !last {
                y = self.relu(&scope, at, &y);
            }
        }
        let mut shortcut = x.to_owned();
        if stride != 1 || channels != width {
            let (scope, weights) =
                (format!("{scope}/downsample/downsample"), format!("{weights}.downsample"));
            let layer = (1, width, stride);
            shortcut = self.conv(&format!("{scope}.0"), &format!("{weights}.0"), x, layer, channels);
            shortcut = self.norm(&format!("{scope}.1"), &format!("{weights}.1"), &shortcut, width, 1.0);
        }
        let sum = self.net.node(&scope, "Add", &[&y, &shortcut], vec![]);
        (self.relu(&scope, branch.len() - 1, &sum), width)
    }

    /// The exporter numbers the calls of a block's one relu.
    fn relu(&mut self, scope: &str, call: usize, x: &str) -> String {
        let suffix = if call == 0 { String::new() } else { format!("_{call}") };
        self.net.node(&format!("{scope}/relu{suffix}"), "Relu", &[x], vec![])
    }

    /// A convolution without bias, padded to keep the extents at stride 1.
    fn conv(
        &mut self,
        scope: &str,
        weights: &str,
        x: &str,
        (k, out, stride): Layer,
        channels: usize,
    ) -> String {
        let weight = format!("{weights}.weight");
        // He et al. 2015: keeps the variance through a relu.
        let deviation = (2.0 / (channels * k * k) as f64).sqrt();
        self.filters(&weight, &[out, channels, k, k], deviation);
        let attributes = vec![
            ints("dilations", &[1, 1]),
            int("group", 1),
            ints("kernel_shape", &[k, k]),
            ints("pads", &[k / 2; 4]),
            ints("strides", &[stride, stride]),
        ];
        self.net.node(scope, "Conv", &[x, &weight], attributes)
    }

    /// A normalisation whose statistics are away from 0 and 1, so that an error in folding it shows.
    fn norm(&mut self, scope: &str, weights: &str, x: &str, channels: usize, damping: f64) -> String {
        let names = ["weight", "bias", "running_mean", "running_var"].map(|part| format!("{weights}.{part}"));
        let [gamma, beta, mean, var] = &names;
        let seed = self.seed;
        let between =
            |low: f64, high: f64| move |name: &str| Numbers::new(seed, name).between(channels, low, high);
        self.net.weights(gamma, &[channels], between(0.7 * damping, 1.3 * damping));
        self.normal(beta, channels, 0.1);
        self.normal(mean, channels, 0.2);
        self.net.weights(var, &[channels], between(0.6, 1.6));
        let attributes = vec![float("epsilon", 1e-5), float("momentum", 0.9), int("training_mode", 0)];
        self.net.node(scope, "BatchNormalization", &[x, gamma, beta, mean, var], attributes)
    }

    fn normal(&mut self, name: &str, count: usize, deviation: f64) {
        let seed = self.seed;
        self.net.weights(name, &[count], |name| Numbers::new(seed, name).normal(count, deviation));
    }

    fn filters(&mut self, name: &str, shape: &[usize], deviation: f64) {
        let (rows, row) = (shape.iter().take(1).product(), shape.iter().skip(1).product());
        let seed = self.seed;
        self.net.weights(name, shape, |name| Numbers::new(seed, name).filters(rows, row, deviation));
    }
}
