//! Random networks built by rustc, many in one program.

use super::Network;
use super::bound::{self, Engine, Known, Unbounded};
use super::compare::{Verdict, verdict};
use crate::jobs::{Job, Program, Source, options};
use crate::project::Profile;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use tilewright::base::target::ISAS;
use tilewright::{Options, compile};
use tilewright_runtime::Isa;

/// What became of networks on one instruction set.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Outputs that were compared with a bound that says something.
    pub compared: usize,
    /// Those whose bound says little: not counted.
    pub vague: usize,
    /// Largest difference in units of its bound, among those compared.
    pub ratio: f64,
    /// What is wrong, with the network as text.
    pub faults: Vec<String>,
}

/// What became of networks.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// For each instruction set of the processor.
    pub isas: BTreeMap<&'static str, Tally>,
    /// Networks that each operator of the graph was in.
    pub operators: BTreeMap<&'static str, usize>,
    /// Steps of the plans.
    pub steps: usize,
    /// Of these, convolutions by Winograd's algorithm.
    pub winograds: usize,
}

/// A network on its way through rustc.
struct Built {
    text: String,
    source: Source,
    weights: PathBuf,
    input: Vec<f32>,
    known: Result<Vec<Known>, Unbounded>,
    /// Elements of each output.
    lens: Vec<usize>,
    steps: usize,
    winograds: usize,
}

impl Report {
    /// Builds networks as one program below `folder`, runs it on each instruction set of this processor, and counts.
    pub fn add(&mut self, folder: &Path, networks: &[Network], profile: Profile) {
        std::fs::create_dir_all(folder).expect("a writable folder");
        let mut built = Vec::new();
        for (number, network) in networks.iter().enumerate() {
            match catch_unwind(AssertUnwindSafe(|| Built::new(folder, number, network))) {
                Ok(one) => built.push(one),
                Err(_) => self.fault("all", &network.text(), "it does not compile"),
            }
        }
        let sources = built.iter().map(|one| one.source.clone()).collect();
        let program = Program::build(folder, "random", sources, profile);
        for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
            let jobs: Vec<Job> = built.iter().map(|one| one.job(isa)).collect();
            let all = catch_unwind(AssertUnwindSafe(|| program.run(&jobs)));
            for (number, one) in built.iter().enumerate() {
                let got = match &all {
                    Ok(outputs) => Ok(outputs[number].clone()),
                    // One of them stops the program; which?
                    Err(_) => {
                        catch_unwind(AssertUnwindSafe(|| program.run(&jobs[number..=number]).remove(0)))
                    }
                };
                let verdict = match got {
                    Ok(got) => verdict(&one.known, &one.split(&got)),
                    Err(_) => Err("the program stops".to_owned()),
                };
                self.count(isa.name(), &one.text, verdict);
            }
        }
        for network in networks {
            let mut names: Vec<&'static str> =
                network.graph.nodes.iter().map(|node| node.op.name()).collect();
            names.sort_unstable();
            names.dedup();
            names.into_iter().for_each(|name| *self.operators.entry(name).or_default() += 1);
        }
        self.steps += built.iter().map(|one| one.steps).sum::<usize>();
        self.winograds += built.iter().map(|one| one.winograds).sum::<usize>();
    }

    fn count(&mut self, isa: &'static str, text: &str, verdict: Result<Verdict, String>) {
        let tally = self.isas.entry(isa).or_default();
        match verdict {
            Ok(verdict) if verdict.is_decisive() => {
                tally.compared += 1;
                tally.ratio = tally.ratio.max(verdict.ratio);
            }
            Ok(_) => tally.vague += 1,
            Err(fault) => self.fault(isa, text, &fault),
        }
    }

    fn fault(&mut self, isa: &'static str, text: &str, fault: &str) {
        self.isas.entry(isa).or_default().faults.push(format!("{isa}: {fault}\n{text}"));
    }

    /// All that is wrong.
    pub fn faults(&self) -> Vec<&str> {
        self.isas.values().flat_map(|tally| &tally.faults).map(String::as_str).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| instruction set | networks compared | beyond the bound | largest share of a bound | bound too large to say |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|")?;
        for (isa, Tally { compared, vague, ratio, faults }) in &self.isas {
            writeln!(f, "| {isa} | {compared} | {} | {ratio:.2} | {vague} |", faults.len())?;
        }
        let operators: Vec<String> =
            self.operators.iter().map(|(name, count)| format!("{name} {count}")).collect();
        writeln!(
            f,
            "\n{} steps, {} of them by Winograd's algorithm. Networks with each operator: {}.",
            self.steps,
            self.winograds,
            operators.join(", ")
        )
    }
}

impl Built {
    fn new(folder: &Path, number: usize, network: &Network) -> Self {
        let name = format!("net{number}");
        let options = Options { tuning: network.tuning(), ..options(&name, &ISAS) };
        let compiled = compile(network.graph.clone(), &options).unwrap_or_else(|error| panic!("{error}"));
        let weights = folder.join(format!("{name}.weights"));
        let bytes = compiled.weights_file().unwrap_or_else(|error| panic!("{error}"));
        std::fs::write(&weights, bytes).expect("a writable folder");
        let winograds = bound::winograds(&compiled.plan);
        let input = network.floats().concat();
        let known = bound::outputs(network, Engine::Ours(&winograds));
        let lens = network.graph.outputs.iter().map(|&id| network.graph.value(id).ty.elements()).collect();
        let source = Source { name, files: compiled.files };
        let (steps, winograds) = (compiled.plan.steps.len(), winograds.len());
        Built { text: network.text(), source, weights, input, known, lens, steps, winograds }
    }

    fn job(&self, isa: Isa) -> Job<'_> {
        Job { network: &self.source.name, isa, weights: &self.weights, input: &self.input }
    }

    /// All outputs, one by one.
    fn split(&self, mut got: &[f32]) -> Vec<Vec<f32>> {
        let one = |&len: &usize| {
            let (first, rest) = got.split_at(len.min(got.len()));
            got = rest;
            first.to_vec()
        };
        self.lens.iter().map(one).collect()
    }
}
