//! What the compiler proves of stores and of the steps of a plan, and that each proof can fail: faults are planted in what is
//! proved, one at a time, and each must be found.
//!
//! | what is proved | where | planted faults, each found |
//! |---|---|---|
//! | loads and stores in range | `kernel/verify.rs` | an access one element too far (`mutations.rs`) |
//! | registers set before use, in their scope | `kernel/verify.rs` | a declaration left out, one in a loop before (`mutations.rs`) |
//! | only outputs are written, by as many lanes as there are | `kernel/verify.rs` | a store to an input; to 0 lanes, to one too many (`mutations.rs`) |
//! | addresses depend on loops around them | `kernel/verify.rs` | a loop left out (`mutations.rs`) |
//! | no element is written twice | `kernel/coverage.rs` | a store repeated, one moved by one element |
//! | tasks write disjoint elements | `kernel/coverage.rs` | tasks that advance by less, by nothing; stores in the prologue |
//! | changes in place are of the task's own elements | `kernel/coverage.rs` | a first sweep left out |
//! | outputs are complete when they are read | `emit/proof.rs` | a store left out, the last round of a loop, builders of a smaller result, a step left out, two steps exchanged |
//! | no step overwrites what another wrote | `emit/proof.rs` | outputs of two steps exchanged |
//! | buffers alive together are disjoint | `schedule/memory.rs` | buffers moved, lives cut short (`random.rs`) |
//! | parts lie in their whole and apart | `schedule/memory.rs` | parts moved by a block |
//! | packed weights lie apart, in lines, within the blob | `schedule/memory.rs` | offsets moved either way, lengths one more |
//!
//! No load or store assumes alignment, so none is proved; that buffers and weights begin on lines is, for speed.

use std::path::Path;
use tilewright::base::target::{AVX2, ISAS};
use tilewright::emit::proof::{Runs, kernel as prove, steps};
use tilewright::ir::text;
use tilewright::kernel::ir::{Addr, Affine, Kernel, Stmt, TASK};
use tilewright::kernel::spec::KernelSpec;
use tilewright::kernel::{self, coverage};
use tilewright::pipeline;
use tilewright::schedule::choose::Choice;
use tilewright::schedule::plan::{Place, Plan};
use tilewright_tests::case::Case;
use tilewright_tests::coverage::coverage as walked;
use tilewright_tests::mutants::{Change, rewrites};
use tilewright_tests::specs;

/// Kernels that write all of their output; with few statements, which Winograd's have not.
fn whole() -> impl Iterator<Item = (Case, Kernel)> {
    let cases = specs::all().into_iter().filter(|case| !matches!(case.spec, KernelSpec::Winograd(_)));
    cases.map(|case| (case.clone(), case.kernel(&AVX2))).filter(|(_, kernel)| !is_caught(kernel))
}

/// True when a kernel that should write all of its output is refused, or found to write less.
fn is_caught(kernel: &Kernel) -> bool {
    let len = kernel.params.last().map_or(0, |param| param.len);
    prove(kernel).map_or(true, |runs| runs.len() != 1 || runs[0] != (0..len))
}

/// Plants a change everywhere; each mutant must be caught.
fn all_caught(least: usize, wanted: impl Fn(&Kernel) -> bool, change: &Change) {
    let mut mutants = 0;
    for (case, kernel) in whole().filter(|(_, kernel)| wanted(kernel)) {
        for body in rewrites(&kernel, &kernel.body, &Vec::new(), change) {
            let mutant = Kernel { body, ..kernel.clone() };
            assert!(is_caught(&mutant), "{}:\n{mutant}", case.name);
            mutants += 1;
        }
    }
    println!("{mutants} mutants");
    assert!(mutants > least, "only {mutants} mutants");
}

fn stored(kernel: &Kernel, stmts: &[Stmt]) -> bool {
    stmts.iter().any(|stmt| match stmt {
        Stmt::Store(to, ..) => to_output(kernel, to),
        Stmt::For(_, body) | Stmt::Unroll(_, body) | Stmt::If(_, _, body) => stored(kernel, body),
        _ => false,
    })
}

/// False where an element is written again by intention, so that less may hide behind it: the second sweep of a softmax,
/// zeros over channels that fill up a block.
fn once(kernel: &Kernel) -> bool {
    walked(kernel).writes.iter().all(|&count| count == 1)
}

/// True for what is written to the output, not to scratch memory.
fn to_output(kernel: &Kernel, to: &Addr) -> bool {
    to.param.0 + 1 == kernel.params.len()
}

/// The proof finds the same elements as a walk that marks them one by one.
#[test]
fn what_is_written_is_what_a_walk_finds() {
    for case in specs::all() {
        for isa in &ISAS {
            let kernel = case.kernel(isa);
            let runs = coverage::written(&kernel).unwrap_or_else(|fault| panic!("{}: {fault}", isa.name));
            let walk = walked(&kernel);
            assert_eq!(walk.shared, 0, "{} for {}", case.name, isa.name);
            let mut marked = vec![false; walk.writes.len()];
            runs[0].iter().for_each(|run| marked[run.clone()].fill(true));
            let same = walk.writes.iter().zip(&marked).all(|(&count, &marked)| (count > 0) == marked);
            assert!(same, "{} for {}: {runs:?}", case.name, isa.name);
        }
    }
}

#[test]
fn stores_left_out_are_caught() {
    all_caught(400, once, &|kernel, stmt, _| match stmt {
        Stmt::Store(to, ..) if to_output(kernel, to) => vec![Vec::new()],
        _ => Vec::new(),
    });
}

#[test]
fn stores_repeated_are_caught() {
    all_caught(400, |_| true, &|kernel, stmt, _| match stmt {
        Stmt::Store(to, ..) if to_output(kernel, to) => vec![vec![stmt.clone(), stmt.clone()]],
        _ => Vec::new(),
    });
}

#[test]
fn stores_moved_by_one_element_are_caught() {
    all_caught(600, once, &|kernel, stmt, _| {
        let Stmt::Store(to, value, lanes) = stmt else { return Vec::new() };
        if !to_output(kernel, to) {
            return Vec::new();
        }
        let moved = |base: usize| {
            let at = Affine { base, ..to.at.clone() };
            vec![Stmt::Store(Addr { param: to.param, at }, value.clone(), *lanes)]
        };
        let down = to.at.base.checked_sub(1).map(moved);
        down.into_iter().chain([moved(to.at.base + 1)]).collect()
    });
}

#[test]
fn last_rounds_left_out_are_caught() {
    all_caught(400, once, &|kernel, stmt, _| match stmt {
        Stmt::For(var, body) | Stmt::Unroll(var, body) if stored(kernel, body) => {
            let but_one = Stmt::If(*var, 0..kernel.vars[var.0].count - 1, body.clone());
            vec![vec![match stmt {
                Stmt::For(..) => Stmt::For(*var, vec![but_one]),
                _ => Stmt::Unroll(*var, vec![but_one]),
            }]]
        }
        _ => Vec::new(),
    });
}

/// Tasks that advance by less than they write, or not at all, write into what others write.
#[test]
fn tasks_that_overlap_are_caught() {
    all_caught(150, |kernel| kernel.tasks() > 1, &|_, stmt, _| {
        let Stmt::Store(to, value, lanes) = stmt else { return Vec::new() };
        let Some(&(_, by)) = to.at.terms.iter().find(|(var, _)| *var == TASK) else { return Vec::new() };
        let slower = |by: usize| {
            let terms = to.at.terms.iter().map(|&(var, old)| (var, if var == TASK { by } else { old }));
            let at = Affine { terms: terms.collect(), ..to.at.clone() };
            vec![Stmt::Store(Addr { param: to.param, at }, value.clone(), *lanes)]
        };
        vec![slower(by - 1), slower(0)]
    });
}

#[test]
fn stores_in_the_prologue_are_caught() {
    for (case, kernel) in whole() {
        let mutant = Kernel { prologue: kernel.body.clone(), body: Vec::new(), ..kernel };
        assert!(coverage::written(&mutant).is_err_and(|fault| fault.contains("prologue")), "{}", case.name);
    }
}

/// Without the sweep that writes first, the second one changes what nobody wrote.
#[test]
fn changes_of_what_is_not_written_are_caught() {
    let mut mutants = 0;
    for (case, kernel) in whole().filter(|(case, _)| matches!(case.spec, KernelSpec::Softmax(_))) {
        let first = |_: &Kernel, stmt: &Stmt, _: &_| match stmt {
            Stmt::Store(_, tilewright::kernel::ir::Expr::Reg(_), _) => vec![Vec::new()],
            _ => Vec::new(),
        };
        for body in rewrites(&kernel, &kernel.body, &Vec::new(), &first) {
            let fault = coverage::written(&Kernel { body, ..kernel.clone() }).expect_err("a fault");
            assert!(fault.contains("where it has not written"), "{}: {fault}", case.name);
            mutants += 1;
        }
    }
    assert!(mutants > 4, "only {mutants} mutants");
}

/// A builder that is off by one: it makes the kernel of a result with a row or column less.
#[test]
fn builders_that_are_off_by_one_are_caught() {
    let mut mutants = 0;
    for (case, kernel) in whole() {
        for axis in 0..2 {
            let mut spec = case.spec.clone();
            let y = match &mut spec {
                KernelSpec::Conv(spec) | KernelSpec::Depthwise(spec) | KernelSpec::Grouped(spec) => {
                    &mut spec.y
                }
                KernelSpec::Pool(spec) => &mut spec.y,
                _ => continue,
            };
            let extent = if axis == 0 { &mut y.h } else { &mut y.w };
            *extent -= 1;
            if *extent == 0 {
                continue;
            }
            let schedule = tilewright::schedule::tile::of(&spec, &AVX2);
            let smaller = kernel::build(case.name.clone(), &spec, &schedule, &AVX2);
            let mutant = Kernel { params: kernel.params.clone(), ..smaller };
            assert!(is_caught(&mutant), "{}:\n{mutant}", case.name);
            mutants += 1;
        }
    }
    println!("{mutants} mutants");
    assert!(mutants > 80, "only {mutants} mutants");
}

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

/// What the proofs leave out because nothing needs it: intrinsics that demand alignment, or write past the caches.
#[test]
fn no_load_or_store_assumes_alignment() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src/simd");
    let mut unaligned = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let text = std::fs::read_to_string(entry.expect("a file").path()).expect("text");
        for word in
            ["_load_ps(", "_store_ps(", "_stream_ps(", "_mask_load_ps(", "_maskz_load_ps(", "_mask_store_ps("]
        {
            assert!(!text.contains(word), "{word} assumes alignment");
        }
        unaligned += text.matches("loadu_ps(").count() + text.matches("storeu_ps(").count();
    }
    assert!(unaligned > 8, "only {unaligned} loads and stores");
}
