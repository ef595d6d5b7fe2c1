//! Random networks: whatever proptest grows, every instruction set agrees with the reference within the derived bound, by
//! the interpreter and as rustc builds them. A failure of the interpreter shrinks to a small network, which is printed as text.
//!
//! `tests/examples/random_networks.rs` builds and runs as many as one likes.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestCaseError;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::Path;
use tilewright::base::target::ISAS;
use tilewright_tests::project::Profile;
use tilewright_tests::random::batch::Report;
use tilewright_tests::random::compare::interpreted;
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
