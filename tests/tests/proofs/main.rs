//! What the compiler proves of stores and of the steps of a plan, and that each proof can fail: faults are planted in what is
//! proved, one at a time, and each must be found.
//!
//! | what is proved | where | planted faults, each found |
//! |---|---|---|
//! | loads and stores in range | `kernel/proof/verify.rs` | an access one element too far (`mutations.rs`) |
//! | registers set before use, in their scope | `kernel/proof/verify.rs` | a declaration left out, one in a loop before (`mutations.rs`) |
//! | only outputs are written, by as many lanes as there are | `kernel/proof/verify.rs` | a store to an input; to 0 lanes, to one too many (`mutations.rs`) |
//! | addresses depend on loops around them | `kernel/proof/verify.rs` | a loop left out (`mutations.rs`) |
//! | no address wraps around | `kernel/proof/verify.rs` | the largest numbers as offset and factor (`mutations.rs`) |
//! | variables take values, all below their count | `kernel/proof/verify.rs` | a range empty, too long, left out; a divisor of 0, a count one less, a variable of itself (`mutations.rs`) |
//! | lanes are chosen from whole runs | `kernel/proof/verify.rs` | runs of 0, 1, 3, of more lanes than there are (`mutations.rs`) |
//! | names tell variables apart, as the text needs it | `kernel/proof/verify.rs` | a loop around itself, one name for all, a condition without its loop, a factor twice (`mutations.rs`) |
//! | vectors are as long as those of the text | `emit/mod.rs` | a kernel of one instruction set as one of another |
//! | no element is written twice | `kernel/proof/coverage.rs` | a store repeated, one moved by one element |
//! | tasks write disjoint elements | `kernel/proof/coverage.rs` | tasks that advance by less, by nothing; stores in the prologue; zeros of one task over another's; tasks that do less than others (`tasks.rs`) |
//! | changes in place are of the task's own elements | `kernel/proof/coverage.rs` | a first sweep left out; one of another task's |
//! | what a task reads of its outputs and of scratch memory is written | `kernel/proof/order.rs` | a store to scratch memory left out, all statements the other way round, a first sweep left out; a task that reads behind what the prologue wrote; loops that write later, elsewhere, sometimes, never |
//! | outputs are complete when they are read | `emit/proof.rs` | a store left out, the last round of a loop, builders of a smaller result, a step left out, two steps exchanged |
//! | no step overwrites what another wrote | `emit/proof.rs` | outputs of two steps exchanged, a step twice |
//! | the last parameter is the one output | `kernel/proof/mod.rs` | a second output, one before an input, none |
//! | buffers alive together are disjoint | `schedule/memory.rs` | buffers moved, lives cut short (`random.rs`) |
//! | parts lie in their whole, where they are said to, and apart | `schedule/memory.rs` | parts moved by a block, with and without saying so; a part of itself; longer parts, longer lives, parts of the caller's memory |
//! | packed weights lie apart, in lines, within the blob | `schedule/memory.rs` | offsets moved either way, lengths one more |
//! | no place wraps around | `schedule/memory.rs` | the largest numbers as places |
//! | arguments are as long as kernels have them, and no memory is written and used otherwise | `schedule/verify.rs` | lengths one more, arguments one more and one less, lives cut short; scratch memory in the place of each other argument |
//! | each thread's scratch memory is long enough | `schedule/verify.rs` | a block less of it, one float more |
//! | outputs live to the end, in the arena | `schedule/verify.rs` | lives cut short, a place of the caller's |
//!
//! The other way round, each of 105 checks was taken out by itself (2026-11-28): a test failed each time but for four,
//! without which the proof says the same, refuses more, or only takes longer.
//!
//! No load or store assumes alignment, so none is proved; that buffers and weights begin on lines is, for speed.

mod order;
mod steps;
mod tasks;

use std::path::Path;
use tilewright::base::target::{AVX2, AVX512, ISAS};
use tilewright::emit::kernel_source;
use tilewright::kernel;
use tilewright::kernel::build::{Builder, load};
use tilewright::kernel::ir::{Addr, Affine, Kernel, Role, Stmt, TASK};
use tilewright::kernel::proof::{coverage, order as reads, prove};
use tilewright::kernel::spec::KernelSpec;
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
            let mutant = Kernel { body, ..kernel.clone() };
            let fault = coverage::written(&mutant).expect_err("a fault");
            assert!(fault.contains("where it has not written"), "{}: {fault}", case.name);
            let fault = reads::check(&mutant).expect_err("a fault");
            assert!(fault.contains("before anything is written there"), "{}: {fault}", case.name);
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

/// What is proved of vectors holds for those of the runtime, and it looks for the processor that kernels are compiled for.
#[test]
#[cfg(target_arch = "x86_64")]
fn instruction_sets_are_those_of_the_runtime() {
    use tilewright_runtime::simd::{avx2, avx512, portable};
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src");
    let text = |file: String| std::fs::read_to_string(source.join(file)).expect("text");
    let vectors = [
        (portable::LANES, size_of::<portable::V>()),
        (avx2::LANES, size_of::<avx2::V>()),
        (avx512::LANES, size_of::<avx512::V>()),
    ];
    for (isa, (lanes, bytes)) in ISAS.iter().zip(vectors) {
        assert_eq!((isa.lanes, 4 * isa.lanes), (lanes, bytes), "{}", isa.name);
        let module = text(format!("simd/{}.rs", isa.module));
        for enabled in module.split("target_feature(enable = \"").skip(1) {
            assert_eq!(enabled.split('"').next(), Some(isa.features), "{}", isa.name);
        }
        for feature in isa.features.split(',').filter(|feature| !feature.is_empty()) {
            let asks = format!("is_x86_feature_detected!(\"{feature}\")");
            assert!(text("isa.rs".to_owned()).contains(&asks), "{} needs {feature}", isa.name);
        }
    }
}

/// The lanes that a proof counts are those that its text touches.
#[test]
fn kernels_for_vectors_of_another_length_are_refused() {
    let kernel = specs::all()[0].kernel(&AVX2);
    assert!(kernel_source(&kernel, &AVX2, &[]).is_ok());
    let error = kernel_source(&kernel, &AVX512, &[]).expect_err("another length").to_string();
    assert!(error.contains("has vectors of 8 lanes, not of 16"), "{error}");
}

/// Steps write their last argument: two outputs, none, or one in front of scratch memory are not what plans are proved for.
#[test]
fn outputs_that_are_not_the_last_parameter_are_caught() {
    let mut mutants = 0;
    for (_, kernel) in whole() {
        let last = kernel.params.len() - 1;
        for (at, role) in (0..last).map(|at| (at, Role::Output)).chain([(last, Role::Scratch)]) {
            let mut mutant = kernel.clone();
            mutant.params[at].role = role;
            let fault = prove(&mutant).expect_err("a fault");
            // Some are refused for another reason first.
            mutants += usize::from(fault.contains("not its one output"));
        }
    }
    assert!(mutants > 100, "only {mutants} mutants");
}

/// An index that a loop advances is not called as the variable of another loop, which would hide it.
#[test]
fn indices_are_not_called_as_variables() {
    let mut b = Builder::new("names".to_owned(), AVX2.lanes, "task", 1);
    let (x, y) = (b.param("x", Role::Input, 64), b.param("y", Role::Output, 64));
    b.for_("i", 2, |b, i| {
        b.for_("x_i", 4, |b, inner| {
            let at = Affine::constant(0).plus(i, 32).plus(inner, 8);
            b.store(y, at.clone(), load(x, at));
        });
    });
    let text = kernel_source(&b.finish(), &AVX2, &[]).expect("a proof");
    assert!(text.contains("let x_i_2 = i * 32;") && text.contains("x_i_2 + x_i * 8"), "{text}");
}
