//! Random networks: whatever proptest grows, every instruction set agrees with the reference within the derived bound, by
//! the interpreter and as rustc builds them. A failure of the interpreter shrinks to a small network, which is printed as text.
//!
//! `tests/examples/random_networks.rs` builds and runs as many as one likes.

use proptest::prop_assert;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestCaseError;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::Path;
use tilewright::base::target::ISAS;
use tilewright::passes::{PASSES, Pass};
use tilewright_tests::plans::run_some;
use tilewright_tests::project::Profile;
use tilewright_tests::random::batch::Report;
use tilewright_tests::random::bound::{self, Engine};
use tilewright_tests::random::compare::{interpreted, verdict};
use tilewright_tests::random::export::Exported;
use tilewright_tests::random::{Network, genomes, kinds, runner};

#[test]
fn random_networks_agree_on_every_instruction_set() {
    let (decisive, most) = (Cell::new(0), Cell::new(0.0f64));
    let seen = RefCell::new(BTreeSet::new());
    let cases = 300;
    let end = runner(1, cases).run(&genomes(3..=12), |genome| {
        let network = genome.grow();
        seen.borrow_mut().extend(network.kinds.iter().copied());
        for isa in ISAS {
            let verdict = interpreted(&network, isa);
            let verdict = verdict.map_err(|fault| TestCaseError::fail(format!("{}: {fault}", isa.name)))?;
            decisive.set(decisive.get() + u32::from(verdict.is_decisive()));
            most.set(most.get().max(verdict.ratio));
        }
        Ok(())
    });
    if let Err(fault) = end {
        panic!("{fault}");
    }
    let missing: Vec<_> = kinds().filter(|kind| !seen.borrow().contains(kind)).collect();
    assert!(missing.is_empty(), "nothing was grown with {missing:?}");
    println!(
        "{} of {} runs are decisive; largest share of a bound: {:.2}",
        decisive.get(),
        3 * cases,
        most.get()
    );
    assert!(decisive.get() > 2 * cases, "only {} runs say something", decisive.get());
}

/// What the comparison says must not hold whatever is compared: an element that is off by as much as a decisive bound may
/// allow is found, and so is one that is no number.
#[test]
fn a_wrong_number_is_found() {
    let found = Cell::new(0);
    let end = runner(3, 100).run(&genomes(3..=12), |genome| {
        let network = genome.grow();
        let run = run_some(&network.graph, PASSES, &network.floats(), ISAS[0]);
        let Ok((outputs, plan)) = run else { return Ok(()) };
        let winograds = bound::winograds(&plan);
        let known = bound::outputs(&network, Engine::Ours(&winograds));
        if !verdict(&known, &outputs).is_ok_and(|verdict| verdict.is_decisive()) {
            return Ok(());
        }
        let largest = outputs[0].iter().fold(1e-3f32, |most, x| most.max(x.abs()));
        for wrong in [outputs[0][0] + 0.03 * largest, f32::NAN] {
            let mut outputs = outputs.clone();
            outputs[0][0] = wrong;
            let missed = verdict(&known, &outputs).is_ok();
            prop_assert!(!missed, "{wrong} passes");
        }
        found.set(found.get() + 1);
        Ok(())
    });
    if let Err(fault) = end {
        panic!("{fault}");
    }
    assert!(found.get() > 50, "only {} networks say something", found.get());
}

/// The pass that kernels need: it says how maps lie in memory.
const NEEDED: &str = "assign_layout";

/// A network without one of the passes, or without all but the one that kernels need, computes the same.
#[test]
fn passes_on_and_off_agree() {
    let optional: Vec<&str> = PASSES.iter().map(|pass| pass.name).filter(|name| *name != NEEDED).collect();
    let compared = Cell::new(0);
    let end = runner(5, 300).run(&genomes(3..=12), |genome| {
        let network = genome.grow();
        let off = (genome.seed / 4) as usize % (optional.len() + 3);
        let kept = |pass: &&Pass| match optional.get(off) {
            Some(name) => pass.name != *name,
            None => pass.name == NEEDED,
        };
        let passes: Vec<Pass> = PASSES.iter().filter(kept).copied().collect();
        let isa = ISAS[genome.seed as usize % ISAS.len()];
        // A normalisation that no pass folds has no kernel; nothing else is refused.
        let (outputs, plan) = match run_some(&network.graph, &passes, &network.floats(), isa) {
            Ok(run) => run,
            Err(error) if error.to_string().contains("its scale, bias, mean or variance") => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        compared.set(compared.get() + 1);
        let winograds = bound::winograds(&plan);
        let known = bound::outputs(&network, Engine::Ours(&winograds));
        let name = optional.get(off).copied().unwrap_or("all others");
        verdict(&known, &outputs).map_err(|fault| TestCaseError::fail(format!("without {name}: {fault}")))?;
        Ok(())
    });
    if let Err(fault) = end {
        panic!("{fault}");
    }
    assert!(compared.get() > 250, "only {} networks were compared", compared.get());
}

/// The file that `tests/random/compare.py` gives to another engine means the network that was grown, and compiles.
#[test]
fn networks_survive_being_written_as_onnx() {
    let (mut runner, genomes) = (runner(1, 1), genomes(3..=12));
    for number in 0..200 {
        let network = genomes.new_tree(&mut runner).expect("a genome").current().grow();
        let exported = Exported::new(&network, ISAS[number % ISAS.len()]);
        assert!(exported.is_ok(), "{exported:?}\n{}", network.text());
    }
}

#[test]
fn rustc_builds_random_networks_right() {
    let (mut runner, genomes) = (runner(2, 1), genomes(3..=12));
    let mut grow = || genomes.new_tree(&mut runner).expect("a genome").current().grow();
    let networks: Vec<Network> = (0..24).map(|_| grow()).collect();
    let mut report = Report::default();
    report.add(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("random"), &networks, Profile::Light);
    print!("{report}");
    assert!(report.faults().is_empty(), "{}", report.faults().join("\n"));
    assert!(report.isas.values().all(|tally| tally.compared > 16), "{report}");
}
