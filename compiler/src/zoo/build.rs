//! Layers with made-up weights, as the networks of the zoo are made of them.

use super::ZooOptions;
use super::numbers::Numbers;
use super::proto::{Extent, Net, float, int, ints};
use crate::onnx::schema::ModelProto;

/// Keeps the variance through a relu after filters whose sum is zero: they see the variance of what the relu lets through,
/// which is `1/2 - 1/(2 pi)` of that before it, where plain ones would see the mean square, one half.
pub(super) const STEADY: f64 = 1.211;

/// A feature map `[N,C,H,W]`.
#[derive(Clone, Debug)]
pub(super) struct Map {
    pub name: String,
    pub channels: usize,
    /// Height and width.
    pub side: usize,
}

/// A convolution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    /// Extent of the window.
    pub kernel: usize,
    /// Channels of the result.
    pub out: usize,
    pub stride: usize,
    pub pad: usize,
    pub groups: usize,
    /// Deviation of the bias; none at 0.
    pub bias: f64,
    /// Factor on the weights, which keep the mean square through a relu at 1 (He et al. 2015).
    pub gain: f64,
}

impl Layer {
    /// Stride 1, padded to keep the extents, one group, without bias.
    pub const fn new(kernel: usize, out: usize) -> Self {
        Layer { kernel, out, stride: 1, pad: kernel / 2, groups: 1, bias: 0.0, gain: 1.0 }
    }

    pub const fn stride(self, stride: usize) -> Self {
        Layer { stride, ..self }
    }
}

/// A network that grows.
pub(super) struct Build {
    pub net: Net,
    options: ZooOptions,
}

impl Build {
    /// An empty network and its input, a picture of three channels.
    pub fn new(options: &ZooOptions) -> (Self, Map) {
        let build = Build { net: Net::new(options.topology), options: *options };
        (build, Map { name: "input".to_owned(), channels: 3, side: options.image })
    }

    /// A convolution under the name `scope`, with the weights `weights`.weight and, with a bias, `weights`.bias.
    pub fn conv(&mut self, scope: &str, weights: &str, x: &Map, layer: Layer) -> Map {
        let Layer { kernel, out, stride, pad, groups, bias, gain } = layer;
        let (weight, bias_name) = (format!("{weights}.weight"), format!("{weights}.bias"));
        let per_group = x.channels / groups;
        let deviation = gain * (2.0 / (per_group * kernel * kernel) as f64).sqrt();
        self.filters(&weight, &[out, per_group, kernel, kernel], deviation);
        let mut inputs = vec![x.name.as_str(), &weight];
        if bias > 0.0 {
            self.normal(&bias_name, out, bias);
            inputs.push(&bias_name);
        }
        let attributes = vec![
            ints("dilations", &[1, 1]),
            int("group", groups),
            ints("kernel_shape", &[kernel, kernel]),
            ints("pads", &[pad; 4]),
            ints("strides", &[stride, stride]),
        ];
        let name = self.net.node(scope, "Conv", &inputs, attributes);
        Map { name, channels: out, side: walk(x.side, kernel, stride, pad) }
    }

    /// A normalisation whose statistics are away from 0 and 1, so that an error in folding it shows; `scale` is a factor on
    /// its result.
    pub fn norm(&mut self, scope: &str, weights: &str, x: &Map, scale: f64) -> Map {
        let names = ["weight", "bias", "running_mean", "running_var"].map(|part| format!("{weights}.{part}"));
        let [gamma, beta, mean, var] = &names;
        self.between(gamma, x.channels, 0.7 * scale, 1.3 * scale);
        self.normal(beta, x.channels, 0.1);
        self.normal(mean, x.channels, 0.2);
        self.between(var, x.channels, 0.6, 1.6);
        let attributes = vec![float("epsilon", 1e-5), float("momentum", 0.9), int("training_mode", 0)];
        let name = self.net.node(scope, "BatchNormalization", &[&x.name, gamma, beta, mean, var], attributes);
        Map { name, ..x.clone() }
    }

    pub fn relu(&mut self, scope: &str, x: &Map) -> Map {
        Map { name: self.net.node(scope, "Relu", &[&x.name], vec![]), ..x.clone() }
    }

    pub fn add(&mut self, scope: &str, a: &Map, b: &Map) -> Map {
        Map { name: self.net.node(scope, "Add", &[&a.name, &b.name], vec![]), ..a.clone() }
    }

    /// Max-pooling by whole windows.
    pub fn max_pool(&mut self, scope: &str, x: &Map, kernel: usize, stride: usize, pad: usize) -> Map {
        let side = walk(x.side, kernel, stride, pad);
        self.pool(scope, x, (kernel, stride, pad), 0, side)
    }

    /// Max-pooling without padding; the last window may hang over the edge.
    pub fn max_pool_ceil(&mut self, scope: &str, x: &Map, kernel: usize, stride: usize) -> Map {
        let side = x.side.checked_sub(kernel).map_or(0, |last| last.div_ceil(stride) + 1);
        self.pool(scope, x, (kernel, stride, 0), 1, side)
    }

    fn pool(&mut self, scope: &str, x: &Map, window: (usize, usize, usize), ceil: usize, side: usize) -> Map {
        let (kernel, stride, pad) = window;
        let attributes = vec![
            int("ceil_mode", ceil),
            ints("dilations", &[1, 1]),
            ints("kernel_shape", &[kernel, kernel]),
            ints("pads", &[pad; 4]),
            ints("strides", &[stride, stride]),
        ];
        Map { name: self.net.node(scope, "MaxPool", &[&x.name], attributes), channels: x.channels, side }
    }

    /// The mean of each channel, `[N,C,1,1]`.
    pub fn global_pool(&mut self, scope: &str, x: &Map) -> Map {
        let name = self.net.node(scope, "GlobalAveragePool", &[&x.name], vec![]);
        Map { name, side: 1, ..x.clone() }
    }

    /// `[N,C,H,W]` to `[N,C*H*W]`: the name and the extent.
    pub fn flatten(&mut self, x: &Map) -> (String, usize) {
        let name = self.net.node("", "Flatten", &[&x.name], vec![int("axis", 1)]);
        (name, x.channels * x.side * x.side)
    }

    /// A fully connected layer of normal weights of the deviation `gain / sqrt(inputs)`.
    pub fn linear(&mut self, scope: &str, weights: &str, x: (&str, usize), out: usize, gain: f64) -> String {
        let (weight, bias) = (format!("{weights}.weight"), format!("{weights}.bias"));
        self.filters(&weight, &[out, x.1], gain / (x.1 as f64).sqrt());
        self.normal(&bias, out, 0.1);
        let gemm = vec![float("alpha", 1.0), float("beta", 1.0), int("transB", 1)];
        self.net.node(scope, "Gemm", &[x.0, &weight, &bias], gemm)
    }

    /// The model whose outputs are these values under these names, with their extents after that of the batch.
    pub fn finish(self, outputs: &[(&str, &str, &[usize])]) -> ModelProto {
        let batch = self.options.batch.map_or(Extent::Open("N"), Extent::Fixed);
        let shape = |extents: &[usize]| -> Vec<Extent<'_>> {
            std::iter::once(batch).chain(extents.iter().copied().map(Extent::Fixed)).collect()
        };
        let image = self.options.image;
        let outputs: Vec<_> =
            outputs.iter().map(|&(value, name, extents)| (value, name, shape(extents))).collect();
        self.net.finish(("input", &shape(&[3, image, image])), &outputs)
    }

    /// The same with one output of feature maps per row.
    pub fn finish_maps(self, outputs: &[(&str, &Map)]) -> ModelProto {
        let extents: Vec<[usize; 3]> =
            outputs.iter().map(|(_, map)| [map.channels, map.side, map.side]).collect();
        let rows: Vec<(&str, &str, &[usize])> = outputs
            .iter()
            .zip(&extents)
            .map(|((name, map), extents)| (map.name.as_str(), *name, extents.as_slice()))
            .collect();
        self.finish(&rows)
    }

    fn normal(&mut self, name: &str, count: usize, deviation: f64) {
        let seed = self.options.seed;
        self.net.weights(name, &[count], |name| Numbers::new(seed, name).normal(count, deviation));
    }

    fn between(&mut self, name: &str, count: usize, low: f64, high: f64) {
        let seed = self.options.seed;
        self.net.weights(name, &[count], |name| Numbers::new(seed, name).between(count, low, high));
    }

    fn filters(&mut self, name: &str, shape: &[usize], deviation: f64) {
        let (rows, row) = (shape.iter().take(1).product(), shape.iter().skip(1).product());
        let seed = self.options.seed;
        self.net.weights(name, shape, |name| Numbers::new(seed, name).filters(rows, row, deviation));
    }
}

/// Positions of a window along an extent; 0 where it does not fit.
pub(super) fn walk(extent: usize, kernel: usize, stride: usize, pad: usize) -> usize {
    (extent + 2 * pad).checked_sub(kernel).map_or(0, |last| last / stride + 1)
}
