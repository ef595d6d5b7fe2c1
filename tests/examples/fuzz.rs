//! Reads files that are changed at random, any number of them, and counts panics, cases of more than 10 s and processes of
//! more than 2 GB.
//!
//! ```console
//! cargo run --release -p tilewright-tests --example fuzz -- compile 100000 [SEED]
//! cargo run --release -p tilewright-tests --example fuzz -- compile case 1234 [SEED]
//! cargo run --release -p tilewright-tests --example fuzz -- compile seeds FOLDER
//! ```

use std::process::ExitCode;
use tilewright_tests::fuzz::targets::{TARGETS, Target, find};
use tilewright_tests::fuzz::watch::{CHILD, Counts, Job, child, run};
use tilewright_tests::fuzz::{case, watch};

const USAGE: &str = "fuzz TARGET CASES [SEED], fuzz TARGET case NUMBER [SEED], or fuzz TARGET seeds FOLDER";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().expect(USAGE);
    let target = |name: &str| -> &'static Target {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        find(name).unwrap_or_else(|| panic!("{USAGE}; targets: {}", names.join(", ")))
    };
    match words[..] {
        [CHILD, name, seed, from, to] => {
            child(&Job { target: target(name), seed: number(seed), cases: number(from)..number(to) });
            ExitCode::SUCCESS
        }
        [name, "case", at, ref seed @ ..] => {
            let seed = seed.first().map_or(1, |seed| number(seed));
            let bytes = case(target(name), &(target(name).seeds)(), seed, number(at));
            let start = std::time::Instant::now();
            println!("accepted: {}", (target(name).run)(&bytes));
            println!("{} ms, {} MB", start.elapsed().as_millis(), watch::peak() >> 10);
            ExitCode::SUCCESS
        }
        [name, "seeds", folder] => {
            std::fs::create_dir_all(folder).expect("a folder");
            // Whole networks take seconds each under a sanitizer, and reach nothing that small graphs do not.
            let seeds = (target(name).seeds)();
            for (number, seed) in seeds.iter().filter(|seed| !seed.whole).enumerate() {
                let path = std::path::Path::new(folder).join(format!("{number}-{}", seed.name));
                std::fs::write(path, &seed.bytes).expect("a file");
            }
            ExitCode::SUCCESS
        }
        [name, cases, ref seed @ ..] => {
            let seed = seed.first().map_or(1, |seed| number(seed));
            let job = Job { target: target(name), seed, cases: 0..number(cases) };
            let counts = run(&job, |counts| eprintln!("{}", summary(counts))).expect("processes");
            println!("{name}, seed {seed}: {}", summary(&counts));
            for (what, list) in
                [("panic", &counts.panics), ("hang", &counts.hangs), ("memory", &counts.memory)]
            {
                list.iter().for_each(|case| println!("{what}: {case}"));
            }
            ExitCode::from(u8::from(counts.panics.len() + counts.hangs.len() + counts.memory.len() > 0))
        }
        _ => panic!("{USAGE}"),
    }
}

fn summary(counts: &Counts) -> String {
    let Counts { tried, accepted, panics, hangs, memory, longest, peak } = counts;
    format!(
        "{tried} cases, {accepted} accepted, {} panics, {} over 10 s, {} over 2 GB; longest {} ms (case {}), peak {} MB",
        panics.len(),
        hangs.len(),
        memory.len(),
        longest.0,
        longest.1,
        peak >> 10
    )
}
