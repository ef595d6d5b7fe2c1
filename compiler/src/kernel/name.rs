//! The grammar of kernel names: `<family><kh>x<kw>[s<stride>]_<ci>x<ih>x<iw>_<co>[_<epilogue>]`.
//!
//! The instruction set is not part of the name (it is the module), so that a diff between two of them shows only what
//! differs. Names that two specs share get a number from the caller.

use super::spec::{ConvSpec, KernelSpec, MapFn, MapSpec, MatMulSpec, PoolKind, Taps};
use crate::base::epilogue::{Act, Epilogue};
use crate::base::feature_map::{FeatureMap, Order};

/// The name of a spec.
pub fn name(spec: &KernelSpec) -> String {
    match spec {
        KernelSpec::Conv(spec) => conv(spec),
        KernelSpec::Depthwise(spec) => {
            let family = windowed("depthwise", &spec.taps);
            format!("{family}_{}{}", extents(&spec.x), suffix(spec.epilogue))
        }
        KernelSpec::Grouped(spec) => conv(spec).replacen("conv", "grouped", 1),
        KernelSpec::Banded(spec) => conv(spec).replacen("conv", "banded", 1),
        KernelSpec::Winograd(spec) => {
            let [my, mx] = spec.tile;
            conv(&spec.conv).replacen("conv", &format!("winograd{my}x{mx}_"), 1)
        }
        KernelSpec::MatMul(MatMulSpec { batch, m, k, n, epilogue, .. }) => {
            let products = if *batch > 1 { format!("{batch}x") } else { String::new() };
            format!("matmul_{products}{m}x{k}x{n}{}", suffix(*epilogue))
        }
        KernelSpec::Pool(spec) => {
            let family = match spec.kind {
                PoolKind::Max => "maxpool",
                PoolKind::Sum => "sumpool",
                PoolKind::Average | PoolKind::AveragePadded(_) => "avgpool",
            };
            format!("{}_{}", windowed(family, &spec.taps), extents(&spec.x))
        }
        KernelSpec::GlobalPool(spec) => format!("globalavgpool_{}", extents(&spec.x)),
        KernelSpec::Map(spec) => map(spec),
        KernelSpec::Copy(spec) => {
            let family = match (spec.fills(), spec.pieces.len()) {
                (true, _) => "pad",
                (false, 1) => "copy",
                (false, _) => "gather",
            };
            format!("{family}_{}", spec.elements())
        }
        KernelSpec::Resample(spec) => format!("resample{}_{}", spec.taps, spec.y),
        KernelSpec::Softmax(spec) => {
            let log = if spec.log { "log_" } else { "" };
            format!("{log}softmax_{}x{}x{}", spec.outer, spec.len, spec.inner)
        }
        KernelSpec::Reduce(spec) => {
            let extents: Vec<String> = spec.kept.iter().chain(&spec.reduced).map(usize::to_string).collect();
            format!("{}_{}{}", spec.kind.name(), extents.join("x"), act(spec.act))
        }
        KernelSpec::Along(spec) => {
            format!("{}_{}x{}x{}", spec.along.name(), spec.outer, spec.len, spec.inner)
        }
        KernelSpec::Lrn(spec) => format!("lrn{}_{}", spec.lrn.size, extents(&spec.x)),
    }
}

/// The spec, as a direct convolution where it is a convolution.
pub fn direct(spec: &KernelSpec) -> KernelSpec {
    match spec {
        KernelSpec::Winograd(spec) => KernelSpec::Conv(spec.conv),
        KernelSpec::Grouped(spec) | KernelSpec::Banded(spec) => KernelSpec::Conv(*spec),
        _ => spec.clone(),
    }
}

/// The name of a kernel as the direct convolution has it, whatever its algorithm is.
pub fn as_direct(name: &str) -> String {
    let winograd = name.strip_prefix("winograd").and_then(|rest| rest.split_once('_')).map(|(_, rest)| rest);
    let in_groups = ["grouped", "banded"].into_iter().find_map(|family| name.strip_prefix(family));
    winograd.or(in_groups).map_or_else(|| name.to_owned(), |rest| format!("conv{rest}"))
}

fn conv(spec: &ConvSpec) -> String {
    let groups = if spec.groups > 1 { format!("g{}", spec.groups) } else { String::new() };
    let family = windowed("conv", &spec.taps);
    format!("{family}{groups}_{}_{}{}", extents(&spec.x), spec.y.c, suffix(spec.epilogue))
}

fn windowed(family: &str, taps: &Taps) -> String {
    let pair = |[a, b]: [usize; 2]| if a == b { a.to_string() } else { format!("{a}x{b}") };
    let stride = if taps.stride == [1, 1] { String::new() } else { format!("s{}", pair(taps.stride)) };
    let dilation = if taps.dilation == [1, 1] { String::new() } else { format!("d{}", pair(taps.dilation)) };
    format!("{family}{}x{}{stride}{dilation}", taps.kernel[0], taps.kernel[1])
}

fn extents(map: &FeatureMap) -> String {
    let batch = if map.n > 1 { format!("{}x", map.n) } else { String::new() };
    format!("{batch}{}x{}x{}", map.c, map.h, map.w)
}

fn suffix(epilogue: Epilogue) -> String {
    let residual = if epilogue.residual { "_add" } else { "" };
    format!("{residual}{}", act(epilogue.act))
}

fn act(act: Act) -> String {
    if act.is_none() { String::new() } else { format!("_{}", act.name()) }
}

fn map(spec: &MapSpec) -> String {
    let order = spec.halo.map(|map| map.layout.order);
    let family = match (spec.func, order) {
        (MapFn::Copy, Some(Order::Planar)) => "pad",
        (MapFn::Copy, Some(Order::Blocked)) => "block",
        (MapFn::Copy, None) if spec.act.is_none() => "copy",
        (MapFn::Copy, None) => "map",
        (MapFn::Binary(kind), _) => kind.name(),
        (MapFn::Select, _) => "select",
        (MapFn::Fma, _) => "affine",
    };
    let extents: Vec<String> = spec.extents.iter().map(usize::to_string).collect();
    format!("{family}_{}{}", extents.join("x"), act(spec.act))
}
