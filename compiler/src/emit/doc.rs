//! The doc comment of a kernel: what it computes, its loops, its tile, its cost, who uses it.

use crate::base::binary::BinaryKind;
use crate::base::epilogue::{Act, Epilogue};
use crate::base::feature_map::{BLOCK, FeatureMap};
use crate::base::shown::shown;
use crate::kernel::Schedule;
use crate::kernel::ir::{Kernel, Stmt, Values};
use crate::kernel::spec::{ConvSpec, KernelSpec, MapFn, PoolKind, Taps};
use crate::kernel::tile::ConvSchedule;
use crate::kernel::winograd::WinogradSchedule;
use crate::schedule::plan::Plan;

/// At most this many steps are listed.
const USERS: usize = 6;

/// The lines, each with the space that follows `///`.
pub fn lines(plan: &Plan, id: usize, kernel: &Kernel, schedule: &Schedule) -> Vec<String> {
    let planned = &plan.kernels[id];
    let mut lines = vec![format!("{}.", summary(&planned.spec))];
    lines.push(String::new());
    lines.push(format!("- loops: {}", loops(kernel)));
    match schedule {
        Schedule::Conv(schedule) => {
            let vectors = schedule.blocks * BLOCK / kernel.lanes;
            lines.push(format!("- tile: {} channels; {}", schedule.blocks * BLOCK, tiles(schedule, vectors)));
        }
        Schedule::Depthwise(schedule) => {
            lines.push(format!("- tile: {} channels; {}", kernel.lanes, tiles(schedule, 1)));
        }
        Schedule::Winograd(WinogradSchedule { blocks, tiles, .. }) => {
            lines.push(format!("- products: {tiles} tiles x {} channels", blocks * BLOCK));
        }
        Schedule::Fixed => {}
    }
    lines.push(format!("- cost: {}", cost(&planned.spec)));
    let users: Vec<usize> = (0..plan.steps.len()).filter(|&step| plan.steps[step].kernel.0 == id).collect();
    let named = users.iter().take(USERS).map(|&step| {
        let node = plan.steps[step].sources.first().map_or("", String::as_str);
        format!("{step} (`{}`)", shown(node.replace('`', "'")))
    });
    let more = if users.len() > USERS { format!(" and {} more", users.len() - USERS) } else { String::new() };
    let word = if users.len() == 1 { "step" } else { "steps" };
    lines.push(format!("- used by: {word} {}{more}", named.collect::<Vec<_>>().join(", ")));
    lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") }).collect()
}

fn summary(spec: &KernelSpec) -> String {
    match spec {
        KernelSpec::Conv(spec) => conv(spec),
        KernelSpec::Grouped(spec) => format!("{}; inputs are permuted within their block", conv(spec)),
        KernelSpec::Banded(spec) => format!("{}; a block reads the inputs of its own groups", conv(spec)),
        KernelSpec::Depthwise(spec) => format!(
            "{}: {} -> {}{}",
            windowed("depthwise conv", &spec.taps),
            extents(&spec.x),
            extents(&spec.y),
            epilogue(spec.epilogue)
        ),
        KernelSpec::Winograd(spec) => {
            let ([my, mx], band) = (spec.tile, spec.band);
            let rows = if band == 1 { "1 row".to_owned() } else { format!("{band} rows") };
            format!("{}; Winograd F({my}x{mx}, 3x3), {rows} of tiles at a time", conv(&spec.conv))
        }
        KernelSpec::MatMul(spec) => {
            format!("Matrix product {}x{} . {}x{}{}", spec.m, spec.k, spec.k, spec.n, epilogue(spec.epilogue))
        }
        KernelSpec::Pool(spec) => {
            let family = match spec.kind {
                PoolKind::Max => "max-pool",
                PoolKind::Sum => "sum over windows",
                PoolKind::Average | PoolKind::AveragePadded(_) => "average pool",
            };
            format!("{}: {} -> {}", windowed(family, &spec.taps), extents(&spec.x), extents(&spec.y))
        }
        KernelSpec::GlobalPool(spec) => {
            format!("Global average pool: {} -> {} means", extents(&spec.x), spec.y.c)
        }
        KernelSpec::Map(spec) => {
            let verb = match spec.func {
                MapFn::Copy if spec.act.is_none() => "Copy into another layout".to_owned(),
                MapFn::Copy => "Activation".to_owned(),
                MapFn::Binary(BinaryKind::Add) => "Sum".to_owned(),
                MapFn::Binary(BinaryKind::Sub) => "Difference".to_owned(),
                MapFn::Binary(BinaryKind::Mul) => "Product".to_owned(),
                MapFn::Binary(BinaryKind::Div) => "Quotient".to_owned(),
                MapFn::Binary(kind) => format!("`{}` of two operands", kind.name()),
                MapFn::Fma => "Scale and shift per channel".to_owned(),
                MapFn::Select => "Choice of one of two operands by a third".to_owned(),
            };
            let extents: Vec<String> = spec.extents.iter().map(usize::to_string).collect();
            format!("{verb} over {}{}", extents.join("x"), act(spec.act))
        }
        KernelSpec::Copy(spec) => {
            let pieces = match spec.pieces.len() {
                1 => String::new(),
                count => format!(" in {count} pieces"),
            };
            let fills = if spec.fills() { ", some of them constants" } else { "" };
            format!("Copy of {} elements{pieces}{fills}", spec.elements())
        }
        KernelSpec::Resample(spec) => {
            format!(
                "Weighted sums of {} neighbours along an axis, {} -> {} floats",
                spec.taps, spec.x, spec.y
            )
        }
        KernelSpec::Reduce(spec) => {
            let name = spec.kind.name().replace('_', " ");
            format!("{name}: {:?} elements to each of {:?}{}", spec.reduced, spec.kept, act(spec.act))
        }
        KernelSpec::Along(spec) => {
            let name = spec.along.name().replace('_', " ");
            format!("{name} of {} lines of {}", spec.outer * spec.inner, spec.len)
        }
        KernelSpec::Lrn(spec) => {
            format!("Local response normalisation over {} channels: {}", spec.lrn.size, extents(&spec.x))
        }
        KernelSpec::Softmax(spec) => {
            format!("Softmax over the middle axis of {}x{}x{}", spec.outer, spec.len, spec.inner)
        }
    }
}

fn conv(spec: &ConvSpec) -> String {
    let head = windowed("conv", &spec.taps);
    let groups = if spec.groups > 1 { format!(", {} groups", spec.groups) } else { String::new() };
    format!("{head}{groups}: {} -> {}{}", extents(&spec.x), extents(&spec.y), epilogue(spec.epilogue))
}

fn windowed(family: &str, taps: &Taps) -> String {
    let [kh, kw] = taps.kernel;
    let [sy, sx] = taps.stride;
    let stride = if sy == sx { sy.to_string() } else { format!("{sy}x{sx}") };
    let dilation =
        if taps.dilation == [1, 1] { String::new() } else { format!(", dilation {:?}", taps.dilation) };
    format!("{kh}x{kw} {family}, stride {stride}, pad {}{dilation}", taps.pad[0])
}

fn extents(map: &FeatureMap) -> String {
    let batch = if map.n > 1 { format!("{}x", map.n) } else { String::new() };
    format!("{batch}{}x{}x{}", map.c, map.h, map.w)
}

fn epilogue(epilogue: Epilogue) -> String {
    let bias = if epilogue.bias { ", + bias" } else { "" };
    let residual = if epilogue.residual { ", + residual" } else { "" };
    format!("{bias}{residual}{}", act(epilogue.act))
}

fn act(act: Act) -> String {
    match act {
        Act::None => String::new(),
        Act::Clip { lo, hi } => format!(", clip to {lo}..{hi}"),
        _ => {
            let parameters: Vec<String> =
                act.parameters().iter().map(|(name, value)| format!(" {name} {value}")).collect();
            format!(", {}{}", act.name().replace('_', " "), parameters.concat())
        }
    }
}

/// Variables of the deepest nest of loops.
fn loops(kernel: &Kernel) -> String {
    fn deepest(kernel: &Kernel, stmts: &[Stmt]) -> Vec<String> {
        let nested = stmts.iter().map(|stmt| match stmt {
            Stmt::For(var, body) => {
                let info = &kernel.vars[var.0];
                let mut list = match info.values {
                    Values::Quotient(..) | Values::Rest(..) => Vec::new(),
                    _ => vec![format!("{}:{}", info.name, info.count)],
                };
                list.extend(deepest(kernel, body));
                list
            }
            Stmt::Unroll(_, body) | Stmt::If(_, _, body) => deepest(kernel, body),
            _ => Vec::new(),
        });
        // The first of equals: the main region comes first.
        nested.fold(Vec::new(), |best, next| if next.len() > best.len() { next } else { best })
    }
    let task = &kernel.vars[0];
    let mut list = vec![format!("{}:{}", task.name, task.count)];
    list.extend(deepest(kernel, &kernel.body));
    list.join(" . ")
}

/// Each position of a tile has this many vectors of sums.
fn tiles(schedule: &ConvSchedule, vectors: usize) -> String {
    let list = schedule.regions.iter().map(|region| {
        let ([down, across], [rows, columns]) = (region.tiles, region.tile);
        let accumulators = rows * columns * vectors;
        format!("{down}x{across} of {rows}x{columns} positions = {accumulators} accumulators")
    });
    let list: Vec<String> = list.collect();
    list.join(", ")
}

fn cost(spec: &KernelSpec) -> String {
    let (flops, bytes) = (spec.flops() as f64, spec.bytes() as f64);
    let bytes_text = format!("{:.0} kB read and written", bytes / 1e3);
    if flops == 0.0 {
        return bytes_text;
    }
    format!("{:.1} MFLOP, {bytes_text}, {:.0} flop per byte", flops / 1e6, flops / bytes)
}
