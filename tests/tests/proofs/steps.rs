//! Steps, buffers and weights of a plan that are not where or when they should be.

use tilewright::base::target::AVX2;
use tilewright::emit::proof::steps;
use tilewright::ir::text;
use tilewright::kernel;
use tilewright::kernel::proof::{Runs, prove};
use tilewright::pipeline;
use tilewright::schedule::choose::Choice;
use tilewright::schedule::memory;
use tilewright::schedule::plan::{Buffer, BufferId, Pack, Place, Plan, Step, WeightRange, WholeBuffer};

/// A network whose steps share memory: a concatenation that is computed in its place, one that copies, slices.
fn plan() -> (Plan, Vec<Runs>) {
    let body = "in %x: f32[1x16x6x6]\ncon %a: f32[16x16x3x3]\ncon %b: f32[32x16x3x3]\ncon %c: f32[20x48x1x1]\ncon %d: f32[7x28x3x3]\n\
        %l: f32[1x16x6x6] = conv(%x, %a) kernel=3x3 pads=1,1,1,1   ; l\n\
        %r: f32[1x32x6x6] = conv(%l, %b) kernel=3x3 pads=1,1,1,1 +relu   ; r\n\
        %j: f32[1x48x6x6] = concat(%l, %r) axis=1   ; j\n\
        %m: f32[1x20x6x6] = conv(%j, %c) kernel=1x1   ; m\n\
        %s: f32[1x8x6x6] = take(%m) axis1=3:8   ; s\n\
        %t: f32[1x28x6x6] = concat(%m, %s) axis=1   ; t\n\
        %o: f32[1x7x6x6] = conv(%t, %d) kernel=3x3 pads=1,1,1,1   ; o\nout %o";
    let graph = text::parse(&format!("graph g {{\n{body}\n}}")).expect("a graph");
    let (_, _, plan) = pipeline::plan(&graph, &[AVX2], Choice::Fast).expect("a plan");
    let runs = plan.kernels.iter().map(|planned| {
        prove(&kernel::build(planned.name.clone(), &planned.spec, &planned.schedules[0], &AVX2))
            .expect("a proof")
    });
    let runs = runs.collect();
    (plan, runs)
}

/// Everything that the compiler says of a plan.
fn faults(plan: &Plan, runs: &[Runs]) -> Vec<String> {
    [plan.verify(), steps(plan, runs)].concat()
}

#[test]
fn steps_left_out_or_exchanged_are_caught() {
    let (plan, runs) = plan();
    assert_eq!(faults(&plan, &runs), [""; 0]);
    assert!(plan.buffers.iter().any(|buffer| buffer.whole.is_some()) && plan.steps.len() > 6, "{plan:?}");
    for number in 0..plan.steps.len() {
        let mut less = plan.clone();
        let step = less.steps.remove(number);
        assert!(!steps(&less, &runs).is_empty(), "without step {number}, {}", step.value);
    }
    let (mut exchanged, mut swapped) = (0, 0);
    for (a, b) in (0..plan.steps.len()).flat_map(|b| (0..b).map(move |a| (a, b))) {
        let reads = plan.steps[b]
            .args
            .split_last()
            .is_some_and(|(_, from)| from.contains(plan.steps[a].args.last().expect("an output")));
        let mut other = plan.clone();
        other.steps.swap(a, b);
        assert!(!reads || !steps(&other, &runs).is_empty(), "steps {a} and {b} exchanged");
        exchanged += usize::from(reads);
        let mut other = plan.clone();
        let [first, second] = [a, b].map(|step| *plan.steps[step].args.last().expect("an output"));
        if first != second {
            *other.steps[a].args.last_mut().expect("an output") = second;
            *other.steps[b].args.last_mut().expect("an output") = first;
            assert!(!faults(&other, &runs).is_empty(), "outputs of steps {a} and {b} exchanged");
            swapped += 1;
        }
    }
    assert!(exchanged > 5 && swapped > 10, "{exchanged} and {swapped} mutants");
}

#[test]
fn parts_and_weights_that_moved_are_caught() {
    let (plan, runs) = plan();
    let mut mutants = 0;
    for number in 0..plan.buffers.len() {
        let mut other = plan.clone();
        let buffer = &mut other.buffers[number];
        let (Some(whole), Place::Arena(at)) = (&mut buffer.whole, &mut buffer.place) else { continue };
        (whole.at, *at) = (whole.at + 16, *at + 16);
        assert!(!faults(&other, &runs).is_empty(), "{} moved", plan.buffers[number].name);
        mutants += 1;
    }
    for number in 0..plan.weights.len() {
        let range = &plan.weights[number];
        for (offset, len) in [
            (range.offset.wrapping_sub(16), range.len),
            (range.offset + 16, range.len),
            (range.offset + 1, range.len),
            (range.offset, range.len + 1),
        ] {
            let mut other = plan.clone();
            (other.weights[number].offset, other.weights[number].len) = (offset, len);
            if offset < plan.weight_floats {
                assert!(!other.verify().is_empty(), "weights {number} at {offset}");
                mutants += 1;
            }
        }
    }
    assert!(mutants > 10, "only {mutants} mutants");
}

/// What is said of a plan after a change.
fn said(plan: &Plan, change: impl FnOnce(&mut Plan)) -> String {
    let mut other = plan.clone();
    change(&mut other);
    other.verify().join("; ")
}

#[test]
fn parts_that_are_not_where_they_are_said_to_be_are_caught() {
    let (plan, _) = plan();
    let mut mutants = 0;
    for (number, buffer) in plan.buffers.iter().enumerate() {
        let (Some(WholeBuffer { id, at }), Place::Arena(place)) = (buffer.whole, buffer.place) else {
            continue;
        };
        let moved = |by: usize, to: usize| {
            said(&plan, |plan| {
                plan.buffers[number].place = Place::Arena(place + by);
                plan.buffers[number].whole = Some(WholeBuffer { id, at: at + to });
            })
        };
        for (by, to) in [(16, 0), (0, 16)] {
            assert!(moved(by, to).contains("is no part of"), "{} moved by {by}, said {to}", buffer.name);
        }
        let itself = said(&plan, |plan| {
            plan.buffers[number].whole = Some(WholeBuffer { id: BufferId(number), at: 0 });
        });
        assert!(itself.contains("comes before what it is a part of"), "{itself}");
        mutants += 1;
    }
    assert!(mutants > 1, "only {mutants} parts");
}

#[test]
fn places_that_wrap_around_or_are_the_callers_are_caught() {
    let (plan, _) = plan();
    let far = usize::MAX - 15;
    for number in 0..plan.buffers.len() {
        if matches!(plan.buffers[number].place, Place::Arena(_)) {
            let text = said(&plan, |plan| plan.buffers[number].place = Place::Arena(far));
            assert!(text.contains("does not fit the arena"), "{}: {text}", plan.buffers[number].name);
        }
    }
    for number in 0..plan.weights.len() {
        let text = said(&plan, |plan| plan.weights[number].offset = far);
        assert!(text.contains(&format!("weights {number} of")), "weights {number}: {text}");
    }
    for &BufferId(number) in &plan.outputs {
        let text = said(&plan, |plan| plan.buffers[number].place = Place::Input(0));
        assert!(text.contains("is memory of the caller") && text.contains("writes to an input"), "{text}");
        let text = said(&plan, |plan| plan.buffers[number].live.1 -= 1);
        assert!(text.contains("does not live to the end"), "{text}");
    }
}

#[test]
fn arguments_that_do_not_fit_are_caught() {
    let (plan, _) = plan();
    for number in 0..plan.steps.len() {
        let text = said(&plan, |plan| {
            let first = plan.steps[number].args[0];
            plan.steps[number].args.push(first);
        });
        assert!(text.contains("it gets more than it takes"), "step {number}: {text}");
        let text = said(&plan, |plan| {
            plan.steps[number].args.pop();
        });
        assert!(text.contains("floats and gets None"), "step {number}: {text}");
        for at in 0..plan.steps[number].args.len() {
            let id = plan.steps[number].args[at].0;
            let text = said(&plan, |plan| plan.buffers[id].len += 1);
            assert!(text.contains("floats and gets Some"), "step {number}, argument {at}: {text}");
        }
    }
}

/// The memory that each thread has for itself: large enough for any step, and no other argument's.
#[test]
fn scratch_memory_that_is_short_or_shared_is_caught() {
    let body = "in %x: f32[1x64x28x28]\ncon %a: f32[64x64x3x3]\ncon %b: f32[64x64x3x3]\n\
        %l: f32[1x64x28x28] = conv(%x, %a) kernel=3x3 pads=1,1,1,1   ; l\n\
        %m: f32[1x64x28x28] = conv(%l, %b) kernel=3x3 pads=1,1,1,1   ; m\nout %m";
    let graph = text::parse(&format!("graph g {{\n{body}\n}}")).expect("a graph");
    let (_, _, plan) = pipeline::plan(&graph, &[AVX2], Choice::Fast).expect("a plan");
    assert_eq!(plan.verify(), [""; 0]);
    let with = |step: &&Step| plan.scratch_of(step).is_some();
    let step = plan.steps.iter().rev().find(with).expect("one of Winograd's");
    let scratch = plan.scratch_of(step).expect("its scratch memory");
    let short = said(&plan, |plan| plan.scratch -= 16);
    assert!(short.contains("a thread has"), "{short}");
    for change in [|plan: &mut Plan| plan.scratch += 1, |plan: &mut Plan| plan.arena += 1] {
        let off = said(&plan, change);
        assert!(off.contains("off the grid"), "{off}");
    }
    for &id in step.args.iter().filter(|&&id| id != scratch) {
        let place = plan.buffer(id).place;
        let shared = said(&plan, |plan| plan.buffers[scratch.0].place = place);
        assert!(shared.contains("it reads and writes"), "{shared}");
    }
}

#[test]
fn steps_twice_are_caught() {
    let (plan, runs) = plan();
    for number in 0..plan.steps.len() {
        let mut twice = plan.clone();
        twice.steps.insert(number, plan.steps[number].clone());
        let said = steps(&twice, &runs).join("; ");
        assert!(said.contains("a second time"), "step {number}: {said}");
    }
}

/// A buffer of the arena, an input of the caller's, and two parts of each.
fn wholes_and_parts() -> Vec<Buffer> {
    let buffer =
        |name: &str, place: Place, len: usize, live: (usize, usize), whole: Option<(usize, usize)>| Buffer {
            name: name.to_owned(),
            shape: vec![len],
            map: None,
            len,
            place,
            live,
            whole: whole.map(|(id, at)| WholeBuffer { id: BufferId(id), at }),
        };
    vec![
        buffer("whole", Place::Arena(16), 64, (1, 5), None),
        buffer("first", Place::Arena(16), 32, (1, 2), Some((0, 0))),
        buffer("second", Place::Arena(48), 32, (3, 5), Some((0, 32))),
        buffer("input", Place::Input(1), 64, (0, 5), None),
        buffer("image", Place::Input(1), 32, (0, 5), Some((3, 32))),
    ]
}

/// The name of a buffer, and what is changed of it.
type Mutant = (&'static str, fn(&mut Buffer));

#[test]
fn parts_that_leave_their_whole_are_caught() {
    let good = wholes_and_parts();
    let verify = |buffers: &[Buffer]| memory::verify(buffers, 1024).join("; ");
    assert_eq!(verify(&good), "");
    let mutants: [Mutant; 8] = [
        ("first", |part| part.live = (0, 2)),
        ("second", |part| part.live = (3, 6)),
        ("second", |part| part.len = 33),
        ("image", |part| part.len = 33),
        ("image", |part| part.place = Place::Input(0)),
        ("image", |part| part.place = Place::Arena(256)),
        ("second", |part| part.place = Place::Input(1)),
        ("second", |part| part.whole = None),
    ];
    for (number, (name, change)) in mutants.into_iter().enumerate() {
        let mut buffers = good.clone();
        buffers.iter_mut().filter(|buffer| buffer.name == name).for_each(change);
        let said = verify(&buffers);
        assert!(said.contains(&format!("{name} ")) || said.contains("overlap"), "mutant {number}: {said}");
    }
}

#[test]
fn parts_and_weights_that_overlap_are_caught() {
    let mut buffers = wholes_and_parts();
    let written = [BufferId(1), BufferId(2)];
    assert_eq!(memory::verify_parts(&buffers, &written), [""; 0]);
    (buffers[2].place, buffers[2].len) = (Place::Arena(32), 16);
    assert!(memory::verify_parts(&buffers, &written).join("").contains("which overlap"));
    let ranges = |first: usize, second: usize| {
        let range = |offset| WeightRange { offset, len: 20, pack: Pack::Raw(Vec::new()) };
        memory::verify_weights(&[range(first), range(second)], 64).join("; ")
    };
    assert_eq!(ranges(0, 32), "");
    for (first, second, wrong) in [(0, 16, 1), (0, 33, 1), (8, 32, 0), (0, 48, 1)] {
        let said = ranges(first, second);
        assert!(said.contains(&format!("weights {wrong} of 20 floats")) && !said.contains("; "), "{said}");
    }
}
