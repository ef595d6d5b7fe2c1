//! Plans within budgets: what gives way, what does not, and who is named when nothing fits.

use super::Budget;
use crate::base::diag::Error;
use crate::base::target::AVX2;
use crate::ir::text;
use crate::pipeline::{Planned, plan_within};
use crate::schedule::choose::Choice;
use crate::schedule::plan::Plan;
use crate::schedule::tuning::Tuning;

/// Three convolutions by Winograd's algorithm, of which the middle one has most weights; the first sets the peak.
const NETWORK: &str = "graph g {
in %x: f32[1x32x48x48]
con %a: f32[32x32x3x3]
con %b: f32[128x32x3x3]
con %c: f32[32x128x3x3]
%y: f32[1x32x48x48] = conv(%x, %a) kernel=3x3 pads=1,1,1,1 ; first
%p: f32[1x32x12x12] = avg_pool(%y) kernel=4x4 stride=4x4 ; small
%z: f32[1x128x12x12] = conv(%p, %b) kernel=3x3 pads=1,1,1,1 ; wide
%o: f32[1x32x12x12] = conv(%z, %c) kernel=3x3 pads=1,1,1,1 ; last
out %o
}";

fn within(budget: Budget, choice: Choice, lines: &str) -> Result<Planned, Error> {
    let source = text::parse(NETWORK).expect("a graph");
    let tuning = Tuning::parse("t", &format!("tilewright-tuning 1\n{lines}"));
    plan_within(&source, &[AVX2], choice, &tuning, budget)
}

fn planned(budget: Budget) -> Planned {
    within(budget, Choice::Fast, "").unwrap_or_else(|error| panic!("{error}"))
}

fn arena(plan: &Plan) -> u64 {
    4 * plan.arena as u64
}

fn weights(plan: &Plan) -> u64 {
    4 * plan.weight_floats as u64
}

/// The plan without a budget, and the one without Winograd's algorithm.
fn extremes() -> [Plan; 2] {
    let exact = within(Budget::default(), Choice::Exact, "").expect("a plan");
    [planned(Budget::default()).plan, exact.plan]
}

fn winograds(plan: &Plan) -> usize {
    plan.steps.iter().filter(|step| plan.kernel(step).name.starts_with("winograd")).count()
}

#[test]
fn a_budget_that_is_kept_changes_nothing() {
    let [fast, exact] = extremes();
    assert!(winograds(&fast) == 3 && arena(&fast) > arena(&exact) && weights(&fast) > weights(&exact));
    let kept = planned(Budget {
        arena: Some(arena(&fast)),
        binary: Some(weights(&fast)),
        code: Some(0),
        ..Budget::default()
    });
    assert_eq!(kept.plan.weights_hash, fast.weights_hash);
    assert!(kept.warnings.is_empty() && kept.tuning.is_empty());
}

#[test]
fn less_scratch_memory_makes_an_arena_fit() {
    let [fast, exact] = extremes();
    for most in [arena(&exact), (arena(&fast) + arena(&exact)) / 2, arena(&fast) - 1] {
        let fitted = planned(Budget { arena: Some(most), ..Budget::default() });
        assert!(arena(&fitted.plan) <= most, "{} > {most}", arena(&fitted.plan));
        assert!(winograds(&fitted.plan) >= 2, "what has no part in the peak stays");
        assert_eq!(fitted.warnings.len(), 1, "{:?}", fitted.warnings);
        let note = fitted.warnings[0].to_string();
        assert!(note.starts_with(&format!("--max-arena {most}: `conv3x3_32x48x48_32` is `")), "{note}");
        let tuned = fitted.tuning.algorithm("conv3x3_32x48x48_32").expect("a line");
        assert_eq!(tuned.0.number, 0, "of no file");
    }
}

#[test]
fn an_arena_that_cannot_fit_names_the_layer_at_the_peak() {
    let [_, exact] = extremes();
    let budget = |most| Budget { arena: Some(most), ..Budget::default() };
    let error = within(budget(arena(&exact) - 1), Choice::Fast, "").expect_err("too little").to_string();
    let (peak, _) = exact.peak().expect("a peak");
    let node = &exact.steps[peak].sources[0];
    assert!(error.starts_with(&format!("node `{node}`, step {peak} (`")), "{error}");
    assert!(error.contains(&format!("the least that fits is --max-arena {}", arena(&exact))), "{error}");
    assert!(within(budget(0), Choice::Fast, "").is_err());
    // What a user has chosen stays.
    let line = "conv3x3_32x48x48_32 algorithm winograd 4x4 band 1";
    let error = within(budget(arena(&exact)), Choice::Fast, line).expect_err("it is fixed").to_string();
    assert!(error.contains("node `first`, step ") && error.contains("(scratch)"), "{error}");
}

#[test]
fn fewer_weights_make_a_program_fit() {
    let [fast, exact] = extremes();
    let budget = |most| Budget { binary: Some(most), code: Some(1000), ..Budget::default() };
    for most in [weights(&exact) + 1000, (weights(&fast) + weights(&exact)) / 2] {
        let fitted = planned(budget(most));
        assert!(weights(&fitted.plan) + 1000 <= most);
        assert!(fitted.warnings.iter().all(|note| note.to_string().starts_with("--max-binary ")));
    }
    assert_eq!(winograds(&planned(budget(weights(&exact) + 1000)).plan), 0);
    assert!(winograds(&planned(budget(weights(&fast))).plan) >= 1, "only as far as needed");
    let error = within(budget(weights(&exact)), Choice::Fast, "").expect_err("too little").to_string();
    assert!(error.contains("node `wide`") || error.contains("node `last`"), "{error}");
    assert!(error.contains(&format!("--max-binary {}", weights(&exact) + 1000)), "{error}");
    // Weights in a file of their own are not in the program.
    let external = Budget { external: true, ..budget(1000) };
    assert_eq!(planned(external).plan.weights_hash, fast.weights_hash);
}
