//! Whole networks: which, at which size, on which instruction sets, and what was recorded of them.
//!
//! [`light`] gives weights to the ONNX package's light models; the others are the zoo's. `tests/networks` has the models, the
//! records of onnxruntime, and the script that makes them.

pub mod light;

use std::path::{Path, PathBuf};
use tilewright::zoo::numbers::Numbers;
use tilewright::zoo::{self, ZooOptions};

/// A network of the tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subject {
    /// Of the zoo, or of a light model.
    pub name: &'static str,
    /// Height and width of its picture.
    pub image: usize,
    /// What of it is run.
    pub extent: Extent,
}

/// How much is run: the reference evaluator and the building of kernels take time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Every instruction set, against the reference evaluator and the record.
    Full,
    /// The processor's best instruction set, against the reference evaluator and the record.
    Best,
    /// The processor's best instruction set, against the record.
    Recorded,
}

use Extent::{Best, Full, Recorded};

const fn subject(name: &'static str, image: usize, extent: Extent) -> Subject {
    Subject { name, image, extent }
}

/// Every network: the zoo's at 224 and at a smaller size that is no multiple of 32, the light ones at their own. VGG at 224
/// has 0.5 GB of weights in its first fully connected layer: the light VGG-19 stands for all of them.
#[rustfmt::skip]
pub const SUBJECTS: &[Subject] = &[
    subject("resnet18", 72, Full),          subject("resnet18", 224, Recorded),
    subject("resnet34", 72, Full),          subject("resnet34", 224, Recorded),
    subject("resnet50", 72, Full),          subject("resnet50", 224, Recorded),
    subject("resnet101", 72, Best),         subject("resnet101", 224, Recorded),
    subject("resnet152", 72, Best),         subject("resnet152", 224, Recorded),
    subject("resnet50_v1", 72, Full),       subject("resnet50_v1", 224, Recorded),
    subject("resnet101_v1", 72, Best),      subject("resnet101_v1", 224, Recorded),
    subject("resnet152_v1", 72, Best),      subject("resnet152_v1", 224, Recorded),
    subject("resnext50_32x4d", 72, Full),   subject("resnext50_32x4d", 224, Recorded),
    subject("plain18", 72, Full),           subject("plain18", 224, Recorded),
    subject("plain34", 72, Full),           subject("plain34", 224, Recorded),
    subject("vgg16", 72, Full),
    subject("vgg19", 72, Full),
    subject("alexnet", 100, Full),          subject("alexnet", 224, Recorded),
    subject("squeezenet", 72, Full),        subject("squeezenet", 224, Recorded),
    subject("mobilenet_v2", 72, Full),      subject("mobilenet_v2", 224, Recorded),
    subject("resnet50_backbone", 72, Full), subject("resnet50_backbone", 224, Recorded),
    subject("resnet50_fpn", 72, Full),      subject("resnet50_fpn", 224, Recorded),
    subject("resnet50_ssd", 72, Full),      subject("resnet50_ssd", 224, Recorded),
    subject("light_bvlc_alexnet", 224, Best),
    subject("light_densenet121", 224, Best),
    subject("light_inception_v1", 224, Best),
    subject("light_inception_v2", 224, Best),
    subject("light_resnet50", 224, Best),
    subject("light_shufflenet", 224, Best),
    subject("light_squeezenet", 224, Best),
    subject("light_vgg19", 224, Best),
    subject("light_zfnet512", 224, Best),
];

/// Networks of many layers without shortcuts. Each of their layers takes the difference to the mean of what a relu lets
/// through, which makes rounding errors grow by about 1.2 beside the signal: by a factor of several hundred in 33 layers.
const AMPLIFY: [&str; 6] = ["plain18", "plain34", "vgg16", "vgg19", "light_vgg19", "light_inception_v1"];

/// Numbers of a record: of larger outputs every so many are recorded.
const RECORDED: usize = 2000;

impl Subject {
    /// What files and crates are called.
    pub fn key(&self) -> String {
        format!("{}_{}", self.name, self.image)
    }

    /// The bytes of its ONNX file, with weights or without.
    pub fn model(&self, topology: bool) -> Vec<u8> {
        match light::find(self.name) {
            Some(light) => light::model(light, topology),
            None => {
                let options = ZooOptions { image: self.image, topology, ..ZooOptions::default() };
                zoo::build(self.name, &options).expect("a network of the zoo")
            }
        }
    }

    /// Its picture `[1,3,image,image]`.
    pub fn picture(&self) -> Vec<f32> {
        let scale = light::find(self.name).map_or(2.0, |light| light.picture);
        Numbers::new(1, self.name).between(3 * self.image * self.image, -scale, scale)
    }

    /// Largest difference of an output, relative to its largest number. A wrong weight, tap or pad is off by 1e-2 or more.
    pub fn limit(&self) -> f64 {
        if AMPLIFY.contains(&self.name) { 5e-4 } else { 3e-5 }
    }

    /// Where the record of its first outputs is.
    pub fn record(&self) -> PathBuf {
        folder().join("records").join(format!("{}.npy", self.key()))
    }
}

/// `tests/networks`.
pub fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/networks"))
}

/// What a record keeps of an output of so many numbers: each of this distance, from the first on.
pub fn stride(count: usize) -> usize {
    count.div_ceil(RECORDED).max(1)
}
