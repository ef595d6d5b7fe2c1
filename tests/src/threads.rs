//! A compiled network and a program that runs it on different numbers of threads.

use crate::numbers::Numbers;
use crate::project::{Profile, Project};
use std::path::{Path, PathBuf};
use std::process::Command;
use tilewright::emit::{RuntimeDep, Weights};
use tilewright::ir::text::parse;
use tilewright::schedule::plan::Plan;
use tilewright::{Compiled, Options, compile};
use tilewright_runtime::weights::header::Header;

/// Direct and Winograd convolutions (with several bands, and with a single one, whose input transform each thread
/// repeats), pools, matrix products, residual additions; steps of many tasks, of few, of one.
const NETWORK: &str = "graph threads {
    in %x: f32[1x3x30x30]
    con %w0: f32[64x3x3x3]
    con %b0: f32[64]
    con %w1: f32[64x64x3x3]
    con %b1: f32[64]
    con %w2: f32[64x64x1x1]
    con %w3: f32[128x64x3x3]
    con %w4: f32[256x128x3x3]
    con %b4: f32[256]
    con %w5: f32[48x256x1x1]
    con %w6: f32[48x100]
    con %b6: f32[100]
    con %w7: f32[100x10]
    %c0: f32[1x64x30x30] = conv(%x, %w0, %b0) kernel=3x3 pads=1,1,1,1 +bias
    %r0: f32[1x64x30x30] = relu(%c0)
    %p0: f32[1x64x15x15] = max_pool(%r0) kernel=3x3 stride=2x2 pads=1,1,1,1
    %c1: f32[1x64x15x15] = conv(%p0, %w1, %b1) kernel=3x3 pads=1,1,1,1 +bias
    %r1: f32[1x64x15x15] = relu(%c1)
    %c2: f32[1x64x15x15] = conv(%r1, %w2) kernel=1x1
    %s2: f32[1x64x15x15] = add(%c2, %p0)
    %r2: f32[1x64x15x15] = relu(%s2)
    %c3: f32[1x128x8x8] = conv(%r2, %w3) kernel=3x3 stride=2x2 pads=1,1,1,1
    %r3: f32[1x128x8x8] = relu(%c3)
    %c4: f32[1x256x8x8] = conv(%r3, %w4, %b4) kernel=3x3 pads=1,1,1,1 +bias
    %a4: f32[1x256x8x8] = avg_pool(%c4) kernel=3x3 pads=1,1,1,1
    %c5: f32[1x48x8x8] = conv(%a4, %w5) kernel=1x1
    %g5: f32[1x48x1x1] = global_avg_pool(%c5)
    %f5: f32[1x48] = reshape(%g5)
    %m6: f32[1x100] = matmul(%f5, %w6, %b6) +bias
    %r6: f32[1x100] = relu(%m6)
    %m7: f32[1x10] = matmul(%r6, %w7)
    %y: f32[1x10] = softmax(%m7) axis=1
    out %m7
    out %y
}";

/// The program: `PROGRAM WEIGHTS SECONDS`.
const PROGRAM: &str = include_str!("../data/threads.rs");

/// The program with the network in it, and its weights file.
#[derive(Clone, Debug)]
pub struct Threads {
    program: PathBuf,
    weights: PathBuf,
    /// What the network was compiled to.
    pub plan: Plan,
}

impl Threads {
    /// Builds both in `folder`.
    pub fn build(folder: &Path, profile: Profile) -> Self {
        let source = parse(NETWORK).unwrap_or_else(|error| panic!("{error}"));
        let options = Options {
            name: Some("network".to_owned()),
            weights: Weights::External,
            runtime: RuntimeDep::Path(crate::project::runtime().display().to_string()),
            standalone: false,
            ..Options::default()
        };
        let Compiled { plan, files, .. } =
            compile(source, &options).unwrap_or_else(|error| panic!("{error}"));
        let project = Project::network(folder, "threads", &files, PROGRAM);
        let weights = folder.join("threads.bin");
        std::fs::write(&weights, numbers(&plan)).expect("a writable folder");
        Threads { program: project.build(profile), weights, plan }
    }

    /// Runs the program, with the soak of so many seconds, and returns what it prints.
    ///
    /// # Panics
    /// With the program's words, when it fails.
    pub fn run(&self, seconds: u64) -> String {
        let mut command = Command::new(&self.program);
        let output =
            command.arg(&self.weights).arg(seconds.to_string()).output().expect("the program starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {error}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// A weights file of made-up numbers, small enough that no layer overflows: only bits are compared, so any will do.
fn numbers(plan: &Plan) -> Vec<u8> {
    let numbers = Numbers::named("threads").units(plan.weight_floats);
    let payload: Vec<u8> = numbers.iter().flat_map(|x| (x / 16.0).to_le_bytes()).collect();
    let mut bytes = Header::of(plan.weights_hash, &payload).encode().to_vec();
    bytes.extend(payload);
    bytes
}
