//! Random convolutions, depthwise and grouped ones too, and random plans of memory, from fixed seeds: what holds for the chosen cases holds for any.

use tilewright::base::epilogue::{Act, Epilogue};
use tilewright::base::feature_map::{BLOCK, FeatureMap, Halo, Layout};
use tilewright::base::target::{ISAS, Isa};
use tilewright::kernel::proof::verify::verify;
use tilewright::kernel::spec::{ConvSpec, KernelSpec, Taps};
use tilewright::kernel::tile::{ConvSchedule, LoopOrder};
use tilewright::kernel::{Schedule, interp};
use tilewright::schedule::choose::Choice;
use tilewright::schedule::memory;
use tilewright::schedule::plan::{Buffer, Place};
use tilewright_tests::case::Case;
use tilewright_tests::coverage::coverage;
use tilewright_tests::numbers::Numbers;
use tilewright_tests::specs;

fn halo(numbers: &mut Numbers, most: usize) -> Halo {
    let mut side = || numbers.between(0, most);
    Halo { top: side(), left: side(), bottom: side(), right: side() }
}

/// A convolution with maps of up to `extent` positions a side and up to `channels` channels.
fn random_conv(numbers: &mut Numbers, extent: usize, channels: usize) -> ConvSpec {
    let mut pair = |list: &[usize]| [numbers.pick(list), numbers.pick(list)];
    let (kernel, stride, dilation) =
        (pair(&[1, 1, 1, 2, 3, 3, 5, 7]), pair(&[1, 1, 2, 3]), pair(&[1, 1, 1, 2]));
    let around = halo(numbers, 3);
    let (before, after) = ([around.top, around.left], [around.bottom, around.right]);
    let [[h, oh], [w, ow]] = [0, 1].map(|axis| {
        let window = (kernel[axis] - 1) * dilation[axis] + 1;
        let least = window.saturating_sub(before[axis] + after[axis]).max(1);
        let input = numbers.between(least, least.max(extent));
        [input, (before[axis] + input + after[axis] - window) / stride[axis] + 1]
    });
    let n = numbers.pick(&[1, 1, 1, 2]);
    let groups = numbers.pick(&[1, 1, 1, 2, 3]);
    let planar = groups == 1 && numbers.between(0, 5) == 0;
    let mut count = || match groups {
        1 => numbers.between(1, channels),
        _ => groups * BLOCK * numbers.between(1, channels.div_ceil(groups * BLOCK)),
    };
    let (ci, co) = (if planar { 3 } else { count() }, count());
    let layout = if planar { Layout::PLANAR } else { Layout::BLOCKED };
    let wide = halo(numbers, 4).union(around);
    let y = FeatureMap { n, c: co, h: oh, w: ow, layout: Layout::BLOCKED.with_halo(halo(numbers, 2)) };
    let residual = numbers.between(0, 1) == 1;
    let epilogue =
        Epilogue { bias: numbers.between(0, 3) > 0, residual, act: numbers.pick(&[Act::None, Act::Relu]) };
    ConvSpec {
        x: FeatureMap { n, c: ci, h, w, layout: layout.with_halo(wide) },
        y,
        residual: residual.then(|| FeatureMap { layout: Layout::BLOCKED.with_halo(halo(numbers, 1)), ..y }),
        taps: Taps { kernel, stride, dilation, pad: before },
        groups,
        epilogue,
    }
}

/// What is wrong with the schedule, apart from the kernel that comes of it.
fn schedule_fault(spec: &ConvSpec, schedule: &ConvSchedule, isa: &Isa) -> Option<String> {
    let vectors = schedule.blocks * BLOCK / isa.lanes;
    let largest = schedule.regions.iter().map(|r| r.tile[0] * r.tile[1]).max()?;
    let registers = largest * vectors + vectors;
    if registers > isa.registers {
        return Some(format!("{registers} registers of {}", isa.registers));
    }
    let band = matches!(schedule.order, LoopOrder::RowsOutside(rows) if spec.groups > 1 || !spec.y.h.is_multiple_of(rows));
    let whole = spec.out_blocks().is_multiple_of(schedule.blocks);
    (band || !whole).then(|| format!("{schedule:?} does not divide the work"))
}

/// Each kernel is proved, and writes each element of its output, halo and padding included, exactly once.
#[test]
fn random_convolutions_cover_their_output_once() {
    let mut numbers = Numbers::new(1);
    for round in 0..300 {
        let spec = random_conv(&mut numbers, 40, 160);
        let case = Case { name: format!("conv_{round}"), spec: KernelSpec::Conv(spec), forced: None };
        for isa in &ISAS {
            let Schedule::Conv(schedule) = case.schedule(isa) else { panic!("a convolution has tiles") };
            assert_eq!(schedule_fault(&spec, &schedule, isa), None, "{spec:?} for {}", isa.name);
            let kernel = case.kernel(isa);
            assert_eq!(verify(&kernel), [""; 0], "{spec:?} for {}", isa.name);
            let coverage = coverage(&kernel);
            let once = coverage.writes.iter().all(|&count| count == 1);
            assert!(once && coverage.shared == 0, "{spec:?} for {}: {schedule:?}", isa.name);
        }
    }
}

/// A depthwise convolution, from one that has as many outputs as inputs.
fn random_depthwise(numbers: &mut Numbers, extent: usize) -> ConvSpec {
    let spec = random_conv(numbers, extent, 40);
    let layout = Layout::BLOCKED.with_halo(spec.x.layout.halo);
    let x = FeatureMap { c: spec.y.c, layout, ..spec.x };
    ConvSpec { x, groups: x.planes(), ..spec }
}

/// A convolution in random groups; half of them have a kernel for small ones.
fn random_grouped(numbers: &mut Numbers, extent: usize) -> KernelSpec {
    let spec = random_conv(numbers, extent, 40);
    let groups = numbers.between(2, 12);
    let small = numbers.between(0, 1) == 1;
    let inputs = if small { numbers.pick(&[2, 4, 8]) } else { numbers.between(1, 25) };
    let outputs = if small { inputs } else { numbers.between(1, 25) };
    let layout = Layout::BLOCKED.with_halo(spec.x.layout.halo);
    let spec = ConvSpec {
        x: FeatureMap { c: groups * inputs, layout, ..spec.x },
        y: FeatureMap { c: groups * outputs, ..spec.y },
        residual: spec.residual.map(|map| FeatureMap { c: groups * outputs, ..map }),
        groups,
        ..spec
    };
    if small { KernelSpec::Grouped(spec) } else { KernelSpec::Banded(spec) }
}

#[test]
fn random_depthwise_and_grouped_convolutions_agree_and_cover_their_output_once() {
    let mut numbers = Numbers::new(6);
    for round in 0..300 {
        let spec = match round % 2 {
            0 => KernelSpec::Depthwise(random_depthwise(&mut numbers, 24)),
            _ => random_grouped(&mut numbers, 12),
        };
        let case = Case { name: format!("conv_{round}"), spec, forced: None };
        for isa in &ISAS {
            let kernel = case.kernel(isa);
            assert_eq!(verify(&kernel), [""; 0], "{case:?} for {}", isa.name);
            let coverage = coverage(&kernel);
            let once = coverage.writes.iter().all(|&count| count == 1);
            assert!(once && coverage.shared == 0, "{case:?} for {}", isa.name);
            let mut problem = case.problem();
            let mut memory = std::mem::take(&mut problem.memory);
            interp::run(&kernel, &mut memory).unwrap_or_else(|fault| panic!("{case:?}: {fault}"));
            let fault = memory.last().and_then(|output| problem.fault(output));
            assert_eq!(fault, None, "{case:?} for {}", isa.name);
        }
    }
}

#[test]
fn random_small_convolutions_agree_with_naive_loops() {
    let mut numbers = Numbers::new(2);
    for round in 0..60 {
        let spec = random_conv(&mut numbers, 6, 20);
        let case = Case { name: format!("conv_{round}"), spec: KernelSpec::Conv(spec), forced: None };
        let isa = numbers.pick(&ISAS);
        let mut problem = case.problem();
        let mut memory = std::mem::take(&mut problem.memory);
        interp::run(&case.kernel(&isa), &mut memory).unwrap_or_else(|fault| panic!("{spec:?}: {fault}"));
        let fault = memory.last().and_then(|output| problem.fault(output));
        assert_eq!(fault, None, "{spec:?} for {}", isa.name);
    }
}

const STEPS: usize = 30;

fn random_buffers(numbers: &mut Numbers) -> Vec<Buffer> {
    let count = numbers.between(1, 40);
    let buffer = |number: usize, numbers: &mut Numbers| {
        let first = numbers.between(0, STEPS - 1);
        let len = numbers.between(1, 500);
        let input = numbers.between(0, 9) == 0;
        Buffer {
            name: format!("b{number}"),
            shape: vec![len],
            map: None,
            len,
            place: if input { Place::Input(0) } else { Place::Arena(0) },
            live: (first, (first + numbers.between(0, 6)).min(STEPS - 1)),
            whole: None,
        }
    };
    (0..count).map(|number| buffer(number, numbers)).collect()
}

/// The floats of a buffer in the arena.
fn floats(buffer: &Buffer) -> std::ops::Range<usize> {
    match buffer.place {
        Place::Arena(at) => at..at + buffer.len,
        Place::Input(_) => 0..0,
    }
}

/// Looks at every float of the arena in every step.
fn sound(buffers: &[Buffer], arena: usize) -> bool {
    (0..STEPS).all(|step| {
        let mut taken = vec![false; arena];
        let alive = buffers.iter().filter(|b| b.live.0 <= step && step <= b.live.1);
        alive.flat_map(floats).all(|at| at < arena && !std::mem::replace(&mut taken[at], true))
    })
}

#[test]
fn random_plans_of_memory_are_sound() {
    let mut numbers = Numbers::new(3);
    for _ in 0..200 {
        let mut buffers = random_buffers(&mut numbers);
        let arena = memory::place(&mut buffers);
        assert!(sound(&buffers, arena), "{buffers:?}");
        assert_eq!(memory::verify(&buffers, arena), [""; 0], "{buffers:?}");
    }
}

/// Moves one buffer: the verifier objects whenever that makes the plan unsound.
#[test]
fn overlapping_buffers_are_caught() {
    let mut numbers = Numbers::new(4);
    let mut caught = 0;
    for _ in 0..300 {
        let mut buffers = random_buffers(&mut numbers);
        let arena = memory::place(&mut buffers);
        let victim = numbers.between(0, buffers.len() - 1);
        if let Place::Arena(at) = &mut buffers[victim].place {
            *at = BLOCK * numbers.between(0, arena / BLOCK);
        }
        let faults = memory::verify(&buffers, arena);
        if !sound(&buffers, arena) {
            caught += 1;
            let named = faults.iter().any(|fault| fault.contains(&buffers[victim].name));
            assert!(named, "{} overlaps: {buffers:?}\n{faults:?}", buffers[victim].name);
        }
    }
    assert!(caught > 100, "only {caught} plans were unsound");
}

#[test]
fn buffers_off_the_grid_or_beyond_the_arena_are_caught() {
    let mut buffers = random_buffers(&mut Numbers::new(5));
    let arena = memory::place(&mut buffers);
    assert!(!memory::verify(&buffers, arena - BLOCK).is_empty(), "the arena is too short");
    let first = buffers.iter_mut().find_map(|buffer| match &mut buffer.place {
        Place::Arena(at) => Some(at),
        Place::Input(_) => None,
    });
    *first.expect("a buffer in the arena") += 1;
    assert!(!memory::verify(&buffers, arena + BLOCK).is_empty(), "a vector would straddle two lines");
}

/// Ends the life of each buffer of a real plan one step early: its last use is then outside of it.
#[test]
fn lives_cut_short_are_caught() {
    let plan = specs::resnet50(&ISAS, Choice::Fast);
    assert_eq!(plan.verify(), [""; 0]);
    for victim in 0..plan.buffers.len() {
        let mut plan = plan.clone();
        let Some(end) = plan.buffers[victim].live.1.checked_sub(1) else { continue };
        plan.buffers[victim].live.1 = end;
        let name = &plan.buffers[victim].name;
        assert!(
            plan.verify().iter().any(|fault| fault.contains(name)),
            "{name} may be overwritten while in use"
        );
    }
}

#[test]
fn steps_that_overwrite_what_they_read_are_caught() {
    let plan = specs::resnet50(&ISAS, Choice::Fast);
    for victim in 0..plan.steps.len() {
        let mut plan = plan.clone();
        let args = &mut plan.steps[victim].args;
        if let [.., last] = args[..] {
            args[0] = last;
        }
        assert!(plan.verify().iter().any(|fault| fault.contains("reads and writes")), "step {victim}");
    }
}
