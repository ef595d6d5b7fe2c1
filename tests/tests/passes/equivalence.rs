//! The check of each pass by the reference evaluator: random networks pass it, and a pass that is wrong does not.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestCaseError;
use std::cell::RefCell;
use std::collections::BTreeSet;
use tilewright::base::epilogue::Act;
use tilewright::base::real::Real;
use tilewright::ir::graph::{Graph, ValueId};
use tilewright::ops::{BinaryKind, Op};
use tilewright::passes::equivalence::{Checked, check};
use tilewright::passes::{Misses, PASSES, Pass};
use tilewright_tests::random::{Network, genomes, runner};

/// What is checked, of the passes and one more in front of pass `at`.
fn checked(network: &Network, more: Option<(usize, Pass)>) -> Result<Vec<Checked>, String> {
    let mut passes = PASSES.to_vec();
    passes.extend(more.map(|(_, pass)| pass));
    let last = passes.len() - 1;
    if let Some((at, _)) = more {
        passes[at..=last].rotate_right(1);
    }
    check(network.graph.clone(), &passes, &network.inputs, |_| ()).map_err(|error| error.to_string())
}

#[test]
fn each_pass_keeps_what_random_networks_mean() {
    let changed = RefCell::new(BTreeSet::new());
    let end = runner(3, 600).run(&genomes(3..=12), |genome| {
        let all = checked(&genome.grow(), None).map_err(TestCaseError::fail)?;
        let compared = all.iter().filter(|pass| pass.difference.is_some()).map(|pass| pass.pass);
        changed.borrow_mut().extend(compared);
        match all.iter().find(|pass| pass.diverges()) {
            Some(wrong) => Err(TestCaseError::fail(format!("{wrong:?}"))),
            None => Ok(()),
        }
    });
    if let Err(fault) = end {
        panic!("{fault}");
    }
    let untouched: Vec<_> = PASSES.iter().filter(|pass| !changed.borrow().contains(pass.name)).collect();
    // A batch is split where its maps are large, which those of random networks are not.
    assert!(untouched.iter().all(|pass| pass.name == "split_batch"), "{untouched:?} changed nothing");
}

/// As [`Pass::run`].
type Run = fn(&mut Graph, &mut Misses) -> usize;

/// A difference with its operands exchanged.
fn exchanges(graph: &mut Graph, _: &mut Misses) -> usize {
    change(graph, |op, inputs| match op {
        Op::Binary(binary) if binary.kind == BinaryKind::Sub => {
            inputs.swap(0, 1);
            true
        }
        _ => false,
    })
}

/// Activations left out.
fn forgets(graph: &mut Graph, _: &mut Misses) -> usize {
    change(graph, |op, _| match op {
        Op::Act(act @ Act::Relu) => {
            *act = Act::None;
            true
        }
        _ => false,
    })
}

/// An epsilon that is another number.
fn rounds(graph: &mut Graph, _: &mut Misses) -> usize {
    change(graph, |op, _| match op {
        Op::BatchNorm { eps } => {
            *eps = Real::new(eps.get() * 1.01);
            true
        }
        _ => false,
    })
}

/// Windows moved by one.
fn shifts(graph: &mut Graph, _: &mut Misses) -> usize {
    change(graph, |op, _| match op {
        Op::Conv(conv) if conv.window.pad_before[0] > 0 && conv.window.stride[0] == 1 => {
            conv.window.pad_before[0] -= 1;
            conv.window.pad_after[0] += 1;
            true
        }
        _ => false,
    })
}

/// Changes every node that `with` changes; returns how many.
fn change(graph: &mut Graph, mut with: impl FnMut(&mut Op, &mut [ValueId]) -> bool) -> usize {
    graph.nodes.iter_mut().map(|node| usize::from(with(&mut node.op, &mut node.inputs))).sum()
}

#[test]
fn wrong_passes_are_named() {
    let broken: [(&str, Run); 4] =
        [("exchanges", exchanges), ("forgets", forgets), ("rounds", rounds), ("shifts", shifts)];
    let (mut runner, genomes) = (runner(4, 1), genomes(6..=12));
    let mut grow = || genomes.new_tree(&mut runner).expect("a genome").current().grow();
    let networks: Vec<Network> = (0..150).map(|_| grow()).collect();
    for (name, run) in broken {
        let mut caught = 0;
        for network in &networks {
            let pass = Pass { name, why: "to be caught", run };
            // In front, and behind those that drop what computes nothing.
            for at in [0, 4] {
                let Ok(all) = checked(network, Some((at, pass))) else { continue };
                let wrong: Vec<&Checked> = all.iter().filter(|pass| pass.diverges()).collect();
                assert!(wrong.iter().all(|pass| pass.pass == name), "{wrong:?}\n{}", network.text());
                caught += wrong.len();
            }
        }
        println!("`{name}` is caught in {caught} networks");
        assert!(caught > 10, "`{name}` is caught in {caught} networks only");
    }
}
