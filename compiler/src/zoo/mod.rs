//! Networks that are built here, with made-up weights: for tests, examples and measurements without a download.
//!
//! The graphs are those of the well-known networks, as PyTorch exports them with BatchNormalization kept (operator set
//! 17); the weights are random ([`numbers`]), of sane size, and equal for equal seeds.

pub mod numbers;
mod proto;
mod resnet;

use self::resnet::Block;
use crate::onnx::encode;

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
    block: Block,
    /// Blocks per stage.
    depths: [usize; 4],
}

/// ResNets (He et al. 2015, table 1), in the variant v1.5: the stride of a bottleneck is on its 3x3.
const NETWORKS: &[Network] = &[
    Network { name: "resnet18", block: Block::Basic, depths: [2, 2, 2, 2] },
    Network { name: "resnet34", block: Block::Basic, depths: [3, 4, 6, 3] },
    Network { name: "resnet50", block: Block::Bottleneck, depths: [3, 4, 6, 3] },
    Network { name: "resnet101", block: Block::Bottleneck, depths: [3, 4, 23, 3] },
    Network { name: "resnet152", block: Block::Bottleneck, depths: [3, 8, 36, 3] },
];

/// Names of the networks.
pub fn names() -> impl Iterator<Item = &'static str> {
    NETWORKS.iter().map(|network| network.name)
}

/// The bytes of an ONNX file with this network; `None` when there is none of this name.
///
/// Input `input` `[batch,3,image,image]`, output `output` `[batch,1000]`: logits, no Softmax.
pub fn build(name: &str, options: &ZooOptions) -> Option<Vec<u8>> {
    let network = NETWORKS.iter().find(|network| network.name == name)?;
    Some(encode(&resnet::model(network, options)))
}
