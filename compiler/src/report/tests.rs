//! Explanations of a small network.

use super::{Explanation, choices, explain};
use crate::base::target::{AVX2, AVX512};
use crate::ir::text;
use crate::pipeline::{Planned, plan_tuned};
use crate::schedule::choose::Choice;
use crate::schedule::tuning::{Algorithm, Tuning};

/// A convolution with all that can be fused into it, one that is read twice, a pool, a reshape, constant arithmetic.
const NETWORK: &str = "graph g {
in %x: f32[1x16x16x16]
con %w: f32[16x16x3x3]
con %g: f32[16]
con %v: f32[16x16x1x1]
con %m: f32[16x10]
con %n: f32[16x10]
%k: f32[16x10] = add(%m, %n) ; sum
%a: f32[1x16x16x16] = conv(%x, %v) kernel=1x1 ; first
%r: f32[1x16x16x16] = relu(%a) ; late
%c: f32[1x16x16x16] = conv(%r, %w) kernel=3x3 pads=1,1,1,1 ; second
%b: f32[1x16x16x16] = batch_norm(%c, %g, %g, %g, %g) eps=0.001 ; norm
%s: f32[1x16x16x16] = add(%b, %a) ; residual
%t: f32[1x16x16x16] = relu(%s) ; last
%p: f32[1x16x1x1] = global_avg_pool(%t) ; mean
%f: f32[1x16] = reshape(%p) ; flat
%o: f32[1x10] = matmul(%f, %k) ; dense
out %o
}";

fn planned(tuning: &Tuning) -> (Explanation, Planned) {
    let source = text::parse(NETWORK).expect("a graph");
    let planned = plan_tuned(&source, &[AVX2, AVX512], Choice::Fast, tuning).expect("a plan");
    (explain(&source, &planned.graph, &planned.report, &planned.plan), planned)
}

fn tuning(lines: &str) -> Tuning {
    Tuning::parse("t", &format!("tilewright-tuning 1\n{lines}"))
}

#[test]
fn every_node_is_a_part_or_gone() {
    let (facts, _) = planned(&Tuning::default());
    let roles: Vec<(&str, &str, bool)> = facts.find("residual")[0]
        .nodes
        .iter()
        .map(|part| (part.node.as_str(), part.role, part.main))
        .collect();
    let wanted = [
        ("second", "the kernel itself", true),
        ("norm", "folded into the weights and the bias", false),
        ("residual", "the other operand is added before the store", false),
        ("last", "applied before the store", false),
    ];
    assert_eq!(roles, wanted);
    let gone: Vec<(&str, &str)> = facts.gone.iter().map(|gone| (gone.node.as_str(), gone.why)).collect();
    let constant = "its result is known when weights are packed";
    let alias = "its result is the same bytes as its operand";
    assert_eq!(gone, [("sum", constant), ("flat", alias)]);
    let all: usize = facts.steps.iter().map(|step| step.nodes.len()).sum();
    assert_eq!(all + gone.len(), text::parse(NETWORK).expect("a graph").nodes.len());
}

#[test]
fn misses_are_with_their_nodes() {
    let (facts, _) = planned(&Tuning::default());
    let [late] = facts.find("late")[..] else { panic!("one step") };
    assert!(
        late.misses.iter().any(|miss| miss.pass == "fuse_activation" && miss.reason.contains("elsewhere"))
    );
    assert!(facts.find("second")[0].misses.is_empty(), "those of other nodes are not its own");
}

#[test]
fn steps_have_many_names() {
    let (facts, _) = planned(&Tuning::default());
    let [step] = facts.find("second")[..] else { panic!("one step") };
    for name in ["last", "t", step.kernel.as_str(), step.index.to_string().as_str()] {
        assert_eq!(facts.find(name), [step], "{name}");
    }
    assert!(facts.find("nowhere").is_empty() && facts.find("99").is_empty());
    assert_eq!(facts.similar("SEC"), ["second"]);
}

#[test]
fn memory_and_copies_are_those_of_the_plan() {
    let (facts, planned) = planned(&Tuning::default());
    let (count, bytes) = facts.copies();
    let copies: Vec<_> = facts.steps.iter().filter(|step| step.copy).collect();
    assert!(count == copies.len() && count >= 1, "the input is planar and no kernel reads it so");
    assert!(copies.iter().all(|step| step.nodes.is_empty()));
    assert_eq!(bytes, copies.iter().map(|step| step.bytes).sum::<u64>());
    for step in &facts.steps {
        let writes = step.writes.as_ref().expect("every step writes");
        assert!(writes.offset.is_some_and(|at| at + writes.bytes <= 4 * planned.plan.arena));
        assert!(step.bytes >= (writes.bytes as u64) + step.weight_bytes);
    }
    assert!(facts.steps[0].reads[0].offset.is_none(), "the caller's");
}

#[test]
fn choices_are_those_of_the_rule_and_of_the_file() {
    let (facts, default) = planned(&Tuning::default());
    let id =
        |facts: &Explanation, planned: &Planned, name| planned.plan.steps[facts.find(name)[0].index].kernel.0;
    let found = choices(&default.plan, id(&facts, &default, "second"), &Tuning::default());
    assert!(found.algorithms.is_sorted_by(|a, b| a.cost <= b.cost) && found.direct_only.is_none());
    let direct =
        found.algorithms.iter().find(|choice| choice.algorithm == Algorithm::Direct).expect("direct");
    assert_eq!((direct.cost, direct.products, direct.weights), (1.0, 1.0, 1.0));
    let four = found
        .algorithms
        .iter()
        .find(|choice| matches!(choice.algorithm, Algorithm::Winograd { tile: [4, 4], .. }));
    // 6 x 6 points for 4 x 4 outputs and for 3 x 3 taps.
    let four = four.expect("F(4x4)");
    assert!((four.products - 36.0 / (16.0 * 9.0)).abs() < 1e-12 && four.weights > 3.5, "{four:?}");
    assert_eq!(found.algorithms.iter().filter(|choice| choice.chosen).count(), 1);
    assert_eq!(found.schedules.len(), 2);
    for schedule in &found.schedules {
        assert!(schedule.cost == Some(1.0) && schedule.line.is_none() && !schedule.others.is_empty());
        assert!(schedule.others.iter().all(|(cost, other)| *cost >= 1.0 && *other != schedule.chosen));
    }
    let first = choices(&default.plan, id(&facts, &default, "first"), &Tuning::default());
    assert_eq!(first.direct_only, Some("its window is not 3x3"));
    let pool = choices(&default.plan, id(&facts, &default, "mean"), &Tuning::default());
    assert!(pool.algorithms.is_empty() && pool.schedules.is_empty());

    let conv = "conv3x3_16x16x16_16_add_relu";
    let file = tuning(&format!(
        "{conv} algorithm winograd 2x2 band 3\nwinograd2x2_3x3_16x16x16_16_add_relu avx2 tiles 1\n"
    ));
    let (facts, tuned) = planned(&file);
    assert_eq!(tuned.warnings, []);
    let found = choices(&tuned.plan, id(&facts, &tuned, "second"), &file);
    assert_eq!(found.algorithm_line, Some(2));
    let chosen = found.algorithms.iter().find(|choice| choice.chosen).expect("the one of the file");
    assert_eq!(chosen.algorithm, Algorithm::Winograd { tile: [2, 2], band: Some(3) });
    let [avx2, avx512] = &found.schedules[..] else { panic!("two") };
    assert!(avx2.line == Some(3) && avx2.cost.is_some_and(|cost| cost > 1.0) && avx512.line.is_none());
}
