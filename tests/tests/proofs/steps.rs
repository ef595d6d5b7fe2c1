//! Steps, buffers and weights of a plan that are not where or when they should be.

use tilewright::base::target::AVX2;
use tilewright::emit::proof::steps;
use tilewright::ir::text;
use tilewright::kernel;
use tilewright::kernel::proof::{Runs, prove};
use tilewright::pipeline;
use tilewright::schedule::choose::Choice;
use tilewright::schedule::plan::{Place, Plan};

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
