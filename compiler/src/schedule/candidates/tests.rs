//! Candidates: the default is the cheapest, and those to measure differ from it.

use super::{all, few, few_algorithms};
use crate::base::epilogue::Epilogue;
use crate::base::feature_map::{FeatureMap, Halo, Layout};
use crate::base::target::{AVX2, AVX512, ISAS};
use crate::kernel::Schedule;
use crate::kernel::spec::{ConvSpec, KernelSpec, Taps};
use crate::schedule::constrain::{Wanted, schedule};
use crate::schedule::tuning::Algorithm;
use crate::schedule::{choose, tile};

fn conv(c: usize, side: usize, kernel: usize) -> ConvSpec {
    let pad = kernel / 2;
    let halo = Halo { top: pad, left: pad, bottom: pad, right: pad };
    let x = FeatureMap { n: 1, c, h: side, w: side, layout: Layout::BLOCKED.with_halo(halo) };
    let y = FeatureMap { layout: Layout::BLOCKED, ..x };
    let taps = Taps { kernel: [kernel; 2], stride: [1; 2], dilation: [1; 2], pad: [pad; 2] };
    ConvSpec { x, y, residual: None, taps, groups: 1, epilogue: Epilogue::default() }
}

fn kernels() -> Vec<KernelSpec> {
    let three = conv(64, 28, 3);
    let winograd = choose::with_tile(&three, true, [4, 4], None).expect("it is defined");
    vec![
        KernelSpec::Conv(conv(64, 14, 1)),
        KernelSpec::Conv(conv(256, 56, 1)),
        KernelSpec::Depthwise(ConvSpec { groups: 4, ..conv(64, 28, 3) }),
        KernelSpec::Grouped(ConvSpec { groups: 16, ..conv(64, 28, 3) }),
        KernelSpec::Banded(ConvSpec { groups: 3, ..conv(72, 28, 3) }),
        KernelSpec::Conv(three),
        KernelSpec::Winograd(winograd),
    ]
}

#[test]
fn the_cheapest_is_the_default() {
    for spec in kernels() {
        for isa in ISAS {
            let best = all(&spec, &isa).into_iter().next().expect("a candidate");
            let default = tile::of(&spec, &isa);
            assert_eq!(schedule(&spec, &isa, &best.wanted), Ok(default.clone()), "{}", isa.name);
            assert_eq!(Wanted::of(&default), Some(best.wanted));
        }
    }
}

#[test]
fn a_few_differ_from_each_other_and_from_the_current() {
    for spec in kernels() {
        for isa in [AVX2, AVX512] {
            let current = tile::of(&spec, &isa);
            let list = few(&spec, &isa, &current, 8);
            assert!((3..=8).contains(&list.len()), "{list:?}");
            let built: Vec<Schedule> =
                list.iter().map(|wanted| schedule(&spec, &isa, wanted).expect("possible")).collect();
            for (index, one) in built.iter().enumerate() {
                assert!(*one != current && !built[..index].contains(one), "{one:?}");
            }
            let prefetch = Wanted::of(&current).and_then(|wanted| wanted.prefetch);
            let others = list.iter().filter(|wanted| wanted.prefetch != prefetch).count();
            let asks = prefetch.is_some() && !matches!(spec, KernelSpec::Banded(_));
            assert_eq!(others > 0, asks, "{list:?}");
        }
    }
}

#[test]
fn algorithms_other_than_the_current_one() {
    let three = conv(64, 28, 3);
    let from_direct = few_algorithms(&KernelSpec::Conv(three), true, 9);
    assert!(from_direct.len() > 3 && !from_direct.contains(&Algorithm::Direct), "{from_direct:?}");
    for algorithm in &from_direct {
        let Algorithm::Winograd { tile, band } = *algorithm else { panic!("{algorithm}") };
        assert!(choose::with_tile(&three, true, tile, band).is_ok());
    }
    let winograd = choose::with_tile(&three, true, [4, 4], Some(2)).expect("it is defined");
    let from_winograd = few_algorithms(&KernelSpec::Winograd(winograd), true, 9);
    assert!(!from_winograd.contains(&Algorithm::of(&winograd)) && !from_winograd.is_empty());
    assert_eq!(few_algorithms(&KernelSpec::Conv(three), false, 9), [], "groups that were packed");
    let others = few_algorithms(&KernelSpec::Grouped(ConvSpec { groups: 8, ..three }), true, 9);
    assert!(others.len() == 2 && others.contains(&Algorithm::Direct) && others.contains(&Algorithm::Banded));
    assert_eq!(few_algorithms(&KernelSpec::Conv(conv(64, 28, 1)), true, 9), []);
}
