//! Random networks, built by rustc and run on every instruction set of this processor, against the reference and its bound.
//!
//! ```console
//! cargo run --release -p tilewright-tests --example random_networks -- --count 2000 --seed 1
//! ```
//!
//! `--export DIR` writes so many networks as ONNX files for other engines instead (`tests/random/compare.py`).

use proptest::strategy::{Strategy, ValueTree};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tilewright::base::target::ISAS;
use tilewright_tests::project::Profile;
use tilewright_tests::random::batch::Report;
use tilewright_tests::random::export::Exported;
use tilewright_tests::random::{Network, genomes, runner};

/// Networks of one program.
const BATCH: usize = 50;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (mut count, mut seed, mut profile) = (200usize, 1u64, Profile::Light);
    let mut export = None;
    for pair in args.chunks(2) {
        match pair.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["--count", number] => count = number.parse().expect("a number of networks"),
            ["--seed", number] => seed = number.parse().expect("a seed"),
            ["--export", folder] => export = Some(PathBuf::from(folder)),
            ["--profile", "debug"] => profile = Profile::Debug,
            ["--profile", "light"] => profile = Profile::Light,
            ["--profile", "release"] => profile = Profile::Release,
            _ => panic!(
                "random_networks [--count N] [--seed N] [--profile debug|light|release | --export DIR]"
            ),
        }
    }
    if let Some(folder) = export {
        return write(&folder, count, seed);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/random_networks");
    let (mut runner, genomes) = (runner(seed, 1), genomes(3..=12));
    let mut report = Report::default();
    let start = Instant::now();
    let (mut tried, mut told) = (0, 0);
    while report.isas.values().map(|tally| tally.compared).min().unwrap_or(0) < count {
        let mut grow = || genomes.new_tree(&mut runner).expect("a genome").current().grow();
        let networks: Vec<Network> = (0..BATCH).map(|_| grow()).collect();
        report.add(&folder, &networks, profile);
        tried += BATCH;
        eprintln!("{tried} networks, {:.0} s", start.elapsed().as_secs_f64());
        report.faults().iter().skip(told).for_each(|fault| eprintln!("{fault}"));
        told = report.faults().len();
    }
    print!("{report}");
    println!("{tried} networks in {:.0} s", start.elapsed().as_secs_f64());
    assert!(report.faults().is_empty(), "{} faults", report.faults().len());
}

/// Writes so many networks to a folder.
fn write(folder: &Path, count: usize, seed: u64) {
    std::fs::create_dir_all(folder).expect("a writable folder");
    let (mut runner, genomes) = (runner(seed, 1), genomes(3..=12));
    for number in 0..count {
        let network = genomes.new_tree(&mut runner).expect("a genome").current().grow();
        let exported = Exported::new(&network, ISAS[number % ISAS.len()]);
        exported.unwrap_or_else(|fault| panic!("{fault}\n{}", network.text())).write(folder, number);
    }
    println!("{count} networks in {}", folder.display());
}
