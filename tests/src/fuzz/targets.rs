//! What is tried: each function must return, without a panic, whatever the bytes are; what it accepts must be sound.

use super::corpus::{self, Seed};
use crate::plans;
use crate::random::Network;
use crate::random::compare::planned;
use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use tilewright::base::diag::Error;
use tilewright::base::shown::is_control;
use tilewright::base::target::ISAS;
use tilewright::base::tensor::TensorType;
use tilewright::ir::graph::{Graph, ValueId};
use tilewright::ir::{reference, verify};
use tilewright::onnx::{LoadOptions, NoExternalData, decode, load};
use tilewright::pipeline::{Planned, plan, plan_tuned};
use tilewright::schedule::choose::Choice;
use tilewright::schedule::plan::Plan;
use tilewright::schedule::tuning::Tuning;
use tilewright::weights::pack;
use tilewright::{Options, compile, emit, kernel, ops, passes};
use tilewright_runtime::weights::header::{HEADER_BYTES, Header};
use tilewright_runtime::{Expected, Preprocess, Weights, image, npy};

/// A reader of untrusted bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// On the command line.
    pub name: &'static str,
    /// Tries some bytes; true when they were accepted.
    pub run: fn(&[u8]) -> bool,
    /// Files to change.
    pub seeds: fn() -> Vec<Seed>,
    /// Makes checksums of a changed file right again; true where there are any.
    pub repair: fn(&mut [u8]) -> bool,
}

/// Every target.
#[rustfmt::skip]
pub const TARGETS: [Target; 8] = [
    Target { name: "reader",  run: reader,  seeds: corpus::models,   repair: |_| false },
    Target { name: "import",  run: import,  seeds: corpus::models,   repair: |_| false },
    Target { name: "compile", run: compiled, seeds: corpus::models,  repair: |_| false },
    Target { name: "results", run: results,  seeds: corpus::small,   repair: |_| false },
    Target { name: "weights", run: weights, seeds: weights_files,    repair: repaired },
    Target { name: "npy",     run: array,   seeds: corpus::arrays,   repair: |_| false },
    Target { name: "picture", run: picture, seeds: corpus::pictures, repair: |_| false },
    Target { name: "tuning",  run: tuning,  seeds: corpus::tunings,  repair: |_| false },
];

/// The target of this name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// No part of a message is longer.
const MOST_BYTES: usize = 10_000;

/// An error of the user's is what a damaged file deserves; one of the compiler's is a fault.
fn accepted<T>(result: Result<T, Error>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            let bug = error.problems().iter().find(|problem| problem.remedy.contains("bug"));
            assert!(bug.is_none() && !error.problems().is_empty(), "{error}");
            let unseen = |text: &str| text.contains(is_control) || text.len() > MOST_BYTES;
            let mut parts = error.problems().iter().flat_map(|p| [&p.place, &p.reason, &p.remedy]);
            assert!(!parts.any(|part| unseen(part)), "a message that a terminal obeys: {error:?}");
            None
        }
    }
}

fn reader(bytes: &[u8]) -> bool {
    accepted(decode("fuzzed.onnx", bytes.to_vec().into())).is_some()
}

fn read(bytes: &[u8]) -> Option<Graph> {
    accepted(load("fuzzed.onnx", bytes.to_vec().into(), &LoadOptions::default(), &NoExternalData))
}

/// The importer, whose graph must be valid, and the passes, each of which must leave it so.
fn import(bytes: &[u8]) -> bool {
    let Some(graph) = read(bytes) else { return false };
    accepted(verify::verify(&graph, "import").and_then(|()| passes::run(graph))).is_some()
}

/// Weights of more floats are not packed: it takes time and finds nothing that fewer do not.
const PACKED: usize = 1 << 20;

/// Everything to the plan, whose memory is verified; then the proof and the text of each kernel that this process has not
/// seen, and now and then of the whole.
fn compiled(bytes: &[u8]) -> bool {
    let Some(graph) = read(bytes) else { return false };
    let whole = bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) == 0;
    if whole {
        return accepted(compile(graph, &Options::default())).is_some();
    }
    let Some((graph, _, plan)) = accepted(plan(&graph, &ISAS, Choice::Fast)) else { return false };
    kernels(&plan);
    if plan.weight_floats <= PACKED && !graph.is_topology() {
        accepted(pack::file(&plan, |id| reference::constant(&graph, id)));
    }
    true
}

/// Proves and prints the kernels that are new.
fn kernels(plan: &Plan) {
    thread_local! {
        static SEEN: RefCell<HashSet<u64>> = RefCell::default();
    }
    for planned in &plan.kernels {
        for (isa, schedule) in plan.isas.iter().zip(&planned.schedules) {
            let mut hash = DefaultHasher::new();
            (&planned.spec, isa.name, format!("{schedule:?}")).hash(&mut hash);
            if !SEEN.with(|seen| seen.borrow_mut().insert(hash.finish())) {
                continue;
            }
            let kernel = kernel::build(planned.name.clone(), &planned.spec, schedule, isa);
            accepted(emit::kernel_source(&kernel, isa, &[]));
        }
    }
}

/// Elements that the kernels of a network may look at, for it to be interpreted.
const INTERPRETED: u64 = 1 << 19;

/// Everything to the numbers: what is accepted computes what the reference evaluator does, on every instruction set, by the
/// interpreter and within the derived bound. True where there is a bound that says something.
fn results(bytes: &[u8]) -> bool {
    let Some(graph) = read(bytes) else { return false };
    if work(&graph) > INTERPRETED || graph.is_topology() {
        return false;
    }
    if accepted(plan(&graph, &ISAS, Choice::Fast)).is_none() {
        return false;
    }
    let network = Network::of(graph, bytes.len() as u64);
    let (floats, tuning) = (network.floats(), network.tuning());
    ISAS.into_iter().all(|isa| {
        let run = plans::run_planned(&network.graph, &floats, isa, Choice::Fast, &tuning);
        accepted(run).is_some_and(|(outputs, plan)| {
            let verdict = planned(&network, &plan, &outputs);
            verdict.unwrap_or_else(|fault| panic!("{}: {fault}", isa.name)).is_decisive()
        })
    })
}

/// Elements that a run looks at, inputs that nothing reads among them.
fn work(graph: &Graph) -> u64 {
    let type_of = |id: &ValueId| &graph.value(*id).ty;
    let given = graph.inputs.iter().map(|id| type_of(id).elements() as u64);
    let nodes = graph.nodes.iter().map(|node| {
        let operands: Vec<&TensorType> = node.inputs.iter().map(type_of).collect();
        ops::work(&node.op, &operands, type_of(&node.output))
    });
    given.chain(nodes).fold(0, u64::saturating_add)
}

/// What the weights of [`weights_files`] are for.
const EXPECTED: Expected = Expected { graph: [7; 32], floats: 64 };

fn weights_files() -> Vec<Seed> {
    let payload: Vec<u8> = (0..64).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let header = Header::of(EXPECTED.graph, &payload).encode();
    vec![Seed::file("weights.bin", [header.as_slice(), &payload].concat())]
}

/// The right checksum for whatever payload there is.
fn repaired(bytes: &mut [u8]) -> bool {
    if let Some((header, payload)) = bytes.split_at_mut_checked(HEADER_BYTES) {
        let right = Header::of(EXPECTED.graph, payload).encode();
        header[24..32].copy_from_slice(&right[24..32]);
    }
    true
}

fn weights(bytes: &[u8]) -> bool {
    let read = Weights::from_bytes(bytes, &EXPECTED);
    assert!(read.as_ref().is_ok_and(|weights| weights.floats().len() == EXPECTED.floats) || read.is_err());
    read.is_ok()
}

fn array(bytes: &[u8]) -> bool {
    let read = npy::decode(bytes);
    if let Ok(array) = &read {
        assert_eq!(array.floats.len(), array.shape.iter().product::<usize>());
    }
    read.is_ok()
}

/// A picture and what a model gets of it. Few pixels: a file may say that it is large, and is not waited for here.
fn picture(bytes: &[u8]) -> bool {
    let Ok(picture) = image::decode(bytes) else { return false };
    assert_eq!(picture.rgb.len() as u64, 3 * u64::from(picture.width) * u64::from(picture.height));
    let how = Preprocess { resize_short: 9, crop: 8, ..Preprocess::IMAGENET };
    let pixels = how.apply(&picture);
    assert!(pixels.as_ref().is_ok_and(|pixels| pixels.len() == 3 * 8 * 8) || pixels.is_err());
    true
}

/// A tuning file for a network of few kernels.
fn tuning(bytes: &[u8]) -> bool {
    thread_local! {
        static GRAPH: Graph = tuned();
    }
    let tuning = Tuning::parse("fuzzed.tuning", &String::from_utf8_lossy(bytes));
    GRAPH.with(|graph| match accepted(plan_tuned(graph, &ISAS, Choice::Fast, &tuning)) {
        Some(Planned { plan, .. }) => {
            kernels(&plan);
            true
        }
        None => false,
    })
}

/// The kernels of which the seeds speak.
fn tuned() -> Graph {
    let options = tilewright::zoo::ZooOptions { topology: true, ..Default::default() };
    let bytes = tilewright::zoo::build("resnet18", &options).unwrap_or_default();
    read(&bytes).expect("a network of the zoo")
}
