//! Experiments and what becomes of their results, on made-up numbers.

use super::{Compared, Unit, Win, algorithms, keep, schedules, variant, variants, wins};
use crate::base::target::{AVX2, AVX512, Isa, PORTABLE};
use crate::ir::text;
use crate::pipeline::plan;
use crate::schedule::choose::Choice;
use crate::schedule::constrain::Wanted;
use crate::schedule::plan::Plan;
use crate::schedule::tuning::judge::Verdict;
use crate::schedule::tuning::{Algorithm, Setting, Tuning};

/// A network of two 1x1 convolutions with one kernel, a 3x3 one, a grouped one and a pool.
fn network() -> Plan {
    let body = "in %x: f32[1x32x28x28]\ncon %a: f32[32x32x1x1]\ncon %b: f32[32x32x1x1]\ncon %c: f32[32x32x3x3]\n\
        con %d: f32[32x16x3x3]\n%r: f32[1x32x28x28] = max_pool(%x) kernel=1x1\n\
        %s: f32[1x32x28x28] = conv(%r, %a) kernel=1x1\n%t: f32[1x32x28x28] = conv(%s, %b) kernel=1x1\n\
        %p: f32[1x32x28x28] = max_pool(%t) kernel=1x1\n\
        %u: f32[1x32x28x28] = conv(%p, %c) kernel=3x3 pads=1,1,1,1\n\
        %v: f32[1x32x28x28] = conv(%u, %d) kernel=3x3 pads=1,1,1,1 groups=2\n\
        %o: f32[1x32x1x1] = global_avg_pool(%v)\nout %o";
    let source = text::parse(&format!("graph g {{\n{body}\n}}")).expect("a graph");
    plan(&source, &[AVX2, AVX512], Choice::Fast).expect("a plan").2
}

#[test]
fn only_what_has_a_choice_is_tried() {
    let plan = network();
    let found = schedules(&plan, &AVX512, 4);
    assert!(found.len() >= 3 && found.iter().all(|unit| (1..=4).contains(&unit.candidates.len())));
    let twice = found.iter().find(|unit| unit.kernel == "conv1x1_32x28x28_32").expect("the two");
    assert_eq!(twice.steps.len(), 2);
    let names: Vec<String> = algorithms(&plan, 9).into_iter().map(|unit| unit.kernel).collect();
    assert_eq!(names, ["conv3x3_32x28x28_32", "conv3x3g2_32x28x28_32"], "those of 1x1 have no other");
    assert_eq!(schedules(&plan, &PORTABLE, 4), [], "it is not in the plan");
    // Each variant uses the candidates of its number where there are any.
    for number in 0..variants(&found) {
        let tuning = variant(&Tuning::default(), &found, number);
        let with = found.iter().filter(|unit| unit.candidates.len() > number).count();
        assert!(tuning.lines.len() == with && with > 0);
    }
}

/// Rounds of a variant: the default takes 1 for each step, the candidate what `factors` says.
fn rounds(factors: &[f64], count: usize) -> Vec<[Vec<f64>; 3]> {
    let ones = vec![1.0; factors.len()];
    vec![[ones.clone(), factors.to_vec(), ones]; count]
}

fn unit(kernel: &str, steps: &[usize], blocks: &[usize]) -> Unit {
    let setting = |&blocks: &usize| Setting::Schedule(AVX2, wanted(blocks));
    let candidates = blocks.iter().map(setting).collect();
    Unit { kernel: kernel.to_owned(), steps: steps.to_vec(), candidates }
}

fn wanted(blocks: usize) -> Wanted {
    Wanted { blocks: Some(blocks), ..Wanted::default() }
}

#[test]
fn each_kernel_gets_its_best_candidate() {
    let units = [unit("a", &[0, 2], &[1, 2]), unit("b", &[1], &[4]), unit("c", &[3], &[1, 2])];
    // `a` wins by its second candidate; `b` by its only one, since the second variant does not have it; `c` by none.
    let measured = [rounds(&[0.9, 0.8, 1.0, 1.0], 6), rounds(&[0.7, 0.1, 0.9, 0.99], 6)];
    let of = |kernel: &str, blocks, ratio| Win {
        kernel: kernel.to_owned(),
        setting: Setting::Schedule(AVX2, wanted(blocks)),
        ratio,
    };
    let (a, b) = (of("a", 2, 0.8), of("b", 4, 0.8));
    let found = wins(&units, &measured, 0.01);
    assert_eq!(found, [a.clone(), b]);
    assert_eq!(wins(&units, &measured, 0.3), [a], "b is a quarter of the whole");
    assert_eq!(wins(&units, &[rounds(&[0.1; 4], 4)], 0.01), [], "too few rounds");
    assert_eq!(wins(&units, &[], 0.01), []);
    let mut tuning = Tuning::default();
    tuning.adopt(found);
    assert_eq!(tuning.to_string().lines().nth(1), Some("a avx2      blocks 2 # 0.80 of the time before"));
}

#[test]
fn another_algorithm_drops_schedules_of_the_one_before() {
    let text =
        "tilewright-tuning 1\nwinograd2x2_3x3_16x8x8_16 avx2 tiles 6\nconv1x1_16x8x8_16 avx2 blocks 1\n";
    let mut tuning = Tuning::parse("t", text);
    let kernel = "conv3x3_16x8x8_16".to_owned();
    tuning.adopt(vec![Win { kernel, setting: Setting::Algorithm(Algorithm::Direct), ratio: 0.9 }]);
    assert!(tuning.schedule("winograd2x2_3x3_16x8x8_16", &AVX2).is_none());
    assert!(tuning.algorithm("conv3x3_16x8x8_16").is_some() && tuning.lines.len() == 2);
}

fn compared(isa: Isa, faster: bool) -> Compared {
    let verdict = Verdict { ratio: if faster { 0.9 } else { 1.0 }, faster };
    Compared { isa, before: 10.0, tuned: 9.0, rounds: 7, noise: 0.001, verdict }
}

#[test]
fn nothing_slower_is_kept() {
    let start = Tuning::parse("t", "tilewright-tuning 1\na avx2 blocks 1\nb avx512 blocks 1\n");
    let mut tuned = start.clone();
    tuned.set("a".to_owned(), Setting::Schedule(AVX2, wanted(2)));
    tuned.set("c".to_owned(), Setting::Schedule(AVX2, wanted(2)));
    tuned.set("b".to_owned(), Setting::Schedule(AVX512, wanted(4)));
    let of = |tuning: &Tuning| {
        let blocks = |(kernel, isa)| tuning.schedule(kernel, &isa).and_then(|(_, wanted)| wanted.blocks);
        [("a", AVX2), ("c", AVX2), ("b", AVX512)].map(blocks)
    };
    let kept = |tuned: &Tuning, a, b| keep(&start, tuned, &[compared(AVX2, a), compared(AVX512, b)]);
    assert_eq!(of(&kept(&tuned, true, true)), [Some(2), Some(2), Some(4)]);
    assert_eq!(of(&kept(&tuned, false, true)), [Some(1), None, Some(4)]);
    assert_eq!(of(&kept(&tuned, true, false)), [Some(2), Some(2), Some(1)]);
    assert_eq!(of(&kept(&tuned, false, false)), [Some(1), None, Some(1)]);
    // An algorithm is one for all instruction sets: it stays only where it is faster on all.
    tuned.set("a".to_owned(), Setting::Algorithm(Algorithm::Direct));
    assert_eq!(of(&kept(&tuned, false, true)), of(&start));
    assert!(kept(&tuned, true, true).algorithm("a").is_some());
    assert!(kept(&tuned, true, false).algorithm("a").is_none());
    assert!(!tuned.same_on(&start, &PORTABLE) && start.same_on(&start, &AVX2));
}

#[test]
fn instruction_sets_that_no_line_names_are_the_same() {
    let [a, b] =
        ["", "a avx2 blocks 1\n"].map(|lines| Tuning::parse("t", &format!("tilewright-tuning 1\n{lines}")));
    assert!(a.same_on(&b, &AVX512) && !a.same_on(&b, &AVX2) && a.same_algorithms(&b));
}
