//! Networks that are built here, with made-up weights: for tests, examples and measurements without a download.
//!
//! The graphs are those of the well-known networks, as PyTorch exports them with BatchNormalization kept (operator set
//! 17); the weights are random ([`numbers`]), of sane size, and equal for equal seeds.

mod alexnet;
mod build;
mod detection;
mod mobilenet;
pub mod numbers;
mod proto;
mod resnet;
mod squeezenet;
mod vgg;

use self::resnet::Block::{Basic, Bottleneck, BottleneckV1, Grouped, Plain};
use self::resnet::classifier;
use crate::onnx::encode;
use crate::onnx::schema::ModelProto;

/// What to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZooOptions {
    /// Seed of the weights.
    pub seed: u64,
    /// Leave out the weights: a model of about 100 kB for which code can be generated.
    pub topology: bool,
    /// Images per run; `None` leaves the dimension open under the name `N`.
    pub batch: Option<usize>,
    /// Height and width of an image.
    pub image: usize,
}

impl Default for ZooOptions {
    /// Seed 0, with weights, one image of 224 x 224.
    fn default() -> Self {
        ZooOptions { seed: 0, topology: false, batch: Some(1), image: 224 }
    }
}

/// A row of the zoo.
struct Network {
    name: &'static str,
    /// The smallest pictures that leave something to every layer.
    image: usize,
    model: fn(&ZooOptions) -> ModelProto,
}

/// Every network. ResNets (He et al. 2015, table 1) are of the variant v1.5, where the stride of a bottleneck is on its
/// 3x3, unless the name says v1; `plain` ones are the same without shortcuts.
#[rustfmt::skip]
const NETWORKS: &[Network] = &[
    Network { name: "resnet18",          image: 32, model: |o| classifier(o, Basic, [2, 2, 2, 2]) },
    Network { name: "resnet34",          image: 32, model: |o| classifier(o, Basic, [3, 4, 6, 3]) },
    Network { name: "resnet50",          image: 32, model: |o| classifier(o, Bottleneck, [3, 4, 6, 3]) },
    Network { name: "resnet101",         image: 32, model: |o| classifier(o, Bottleneck, [3, 4, 23, 3]) },
    Network { name: "resnet152",         image: 32, model: |o| classifier(o, Bottleneck, [3, 8, 36, 3]) },
    Network { name: "resnet50_v1",       image: 32, model: |o| classifier(o, BottleneckV1, [3, 4, 6, 3]) },
    Network { name: "resnet101_v1",      image: 32, model: |o| classifier(o, BottleneckV1, [3, 4, 23, 3]) },
    Network { name: "resnet152_v1",      image: 32, model: |o| classifier(o, BottleneckV1, [3, 8, 36, 3]) },
    Network { name: "resnext50_32x4d",   image: 32, model: |o| classifier(o, Grouped, [3, 4, 6, 3]) },
    Network { name: "plain18",           image: 32, model: |o| classifier(o, Plain, [2, 2, 2, 2]) },
    Network { name: "plain34",           image: 32, model: |o| classifier(o, Plain, [3, 4, 6, 3]) },
    Network { name: "vgg16",             image: 32, model: |o| vgg::model(o, [2, 2, 3, 3, 3]) },
    Network { name: "vgg19",             image: 32, model: |o| vgg::model(o, [2, 2, 4, 4, 4]) },
    Network { name: "alexnet",           image: 63, model: alexnet::model },
    Network { name: "squeezenet",        image: 32, model: squeezenet::model },
    Network { name: "mobilenet_v2",      image: 32, model: mobilenet::model },
    Network { name: "resnet50_backbone", image: 32, model: |o| resnet::backbone(o, Bottleneck, [3, 4, 6, 3]) },
    Network { name: "resnet50_fpn",      image: 32, model: detection::pyramid },
    Network { name: "resnet50_ssd",      image: 32, model: detection::single_shot },
];

/// Names of the networks.
pub fn names() -> impl Iterator<Item = &'static str> {
    NETWORKS.iter().map(|network| network.name)
}

/// Height and width of the smallest pictures that the network of this name takes.
pub fn least_image(name: &str) -> Option<usize> {
    find(name).map(|network| network.image)
}

/// The bytes of an ONNX file with this network; `None` when there is none of this name, or when the pictures are smaller
/// than [`least_image`].
///
/// Input `input` `[batch,3,image,image]`. Classifiers have the output `output` `[batch,1000]`: logits, no Softmax.
pub fn build(name: &str, options: &ZooOptions) -> Option<Vec<u8>> {
    let network = find(name).filter(|network| options.image >= network.image)?;
    Some(encode(&(network.model)(options)))
}

/// Bytes of all weights of the network, which is not built; `None` as for [`build()`].
pub fn weight_bytes(name: &str, options: &ZooOptions) -> Option<u64> {
    let network = find(name).filter(|network| options.image >= network.image)?;
    let model = (network.model)(&ZooOptions { topology: true, ..*options });
    let tensors = model.graph.map(|graph| graph.initializer).unwrap_or_default();
    let elements =
        |dims: &[i64]| dims.iter().fold(1u64, |n, &extent| n.saturating_mul(extent.unsigned_abs()));
    Some(
        tensors.iter().fold(0u64, |sum, tensor| sum.saturating_add(elements(&tensor.dims).saturating_mul(4))),
    )
}

fn find(name: &str) -> Option<&'static Network> {
    NETWORKS.iter().find(|network| network.name == name)
}
