//! Small kernels, one per feature; and those of ResNet-50.

mod conv;
mod copies;
pub mod depthwise;
pub mod grouped;
mod map;
mod pool;
mod reduce;
mod rows;
mod winograd;

use crate::case::Case;
use std::collections::BTreeMap;
use tilewright::base::feature_map::{FeatureMap, Halo, Layout};
use tilewright::base::target::{ISAS, Isa};
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::pipeline::plan;
use tilewright::schedule::choose::Choice;
use tilewright::schedule::plan::Plan;
use tilewright::zoo::{self, ZooOptions};

/// Every case. Names are unique.
pub fn all() -> Vec<Case> {
    [
        conv::cases(),
        depthwise::cases(),
        grouped::cases(),
        pool::cases(),
        rows::cases(),
        reduce::cases(),
        map::cases(),
        winograd::cases(),
        copies::cases(),
    ]
    .concat()
}

/// The plan of ResNet-50.
pub fn resnet50(isas: &[Isa], choice: Choice) -> Plan {
    let options = ZooOptions { topology: true, ..ZooOptions::default() };
    let bytes = zoo::build("resnet50", &options).expect("a network of the zoo");
    let graph = load("resnet50", bytes.into(), &LoadOptions::default(), &NoExternalData).expect("it loads");
    plan(&graph, isas, choice).expect("it compiles").2
}

/// Every kernel of ResNet-50: its convolutions by Winograd's algorithm where that is chosen, and all of them directly.
pub fn of_resnet50() -> Vec<Case> {
    let plans = [Choice::Fast, Choice::Exact].map(|choice| resnet50(&ISAS, choice));
    let kernels = plans.into_iter().flat_map(|plan| plan.kernels);
    let specs: BTreeMap<_, _> = kernels.map(|kernel| (kernel.name, kernel.spec)).collect();
    specs.into_iter().map(|(name, spec)| Case { name, spec, forced: None }).collect()
}

/// The case of this name.
pub fn named(name: &str) -> Case {
    all().into_iter().find(|case| case.name == name).unwrap_or_else(|| panic!("there is no case {name}"))
}

/// A blocked map with a halo of `[top, left, bottom, right]`.
fn blocked([n, c, h, w]: [usize; 4], [top, left, bottom, right]: [usize; 4]) -> FeatureMap {
    FeatureMap { n, c, h, w, layout: Layout::BLOCKED.with_halo(Halo { top, left, bottom, right }) }
}

/// The same, planar.
fn planar([n, c, h, w]: [usize; 4], [top, left, bottom, right]: [usize; 4]) -> FeatureMap {
    FeatureMap { n, c, h, w, layout: Layout::PLANAR.with_halo(Halo { top, left, bottom, right }) }
}
