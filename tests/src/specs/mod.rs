//! Small kernels, one per feature.

mod conv;
mod map;
mod pool;
mod rows;
mod winograd;

use crate::case::Case;
use tilewright::base::feature_map::{FeatureMap, Halo, Layout};

/// Every case. Names are unique.
pub fn all() -> Vec<Case> {
    [conv::cases(), pool::cases(), rows::cases(), map::cases(), winograd::cases()].concat()
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
