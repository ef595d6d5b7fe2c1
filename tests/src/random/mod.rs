//! Random networks: valid graphs of a few operators on small tensors, grown from a [`Genome`] that proptest draws and
//! shrinks.
//!
//! A genome is a list of steps, each a kind of operator and dice. Whatever they show, [`grow`](Genome::grow) makes a valid
//! network of it: a step that does not fit is left out. Zeros are the simplest choice everywhere, and a shorter list is a
//! smaller network, so what proptest shrinks is a network all the time.
//!
//! [`bound`] says how far a program may be from the reference, [`compare`] runs one by the interpreter, [`batch`] builds many
//! with rustc, [`export`] writes them as ONNX files for other engines.

pub mod batch;
pub mod bound;
pub mod compare;
pub mod export;
mod kinds;
mod net;
pub mod onnx;

use net::Net;
use proptest::array::uniform10;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::fmt;
use tilewright::base::target::ISAS;
use tilewright::base::tensor::{DType, Elements, Tensor};
use tilewright::ir::graph::{Graph, Value};
use tilewright::ir::text;
use tilewright::kernel::spec::KernelSpec;
use tilewright::pipeline;
use tilewright::schedule::choose::{self, Choice};
use tilewright::schedule::tuning::{Algorithm, Setting, Tuning};
use tilewright::zoo::numbers::Numbers;

/// What a network is grown from.
#[derive(Clone)]
pub struct Genome {
    /// Of the numbers of constants and inputs.
    pub seed: u64,
    /// Number of the input's shape.
    pub input: u8,
    /// In order; those that do not fit are left out.
    pub steps: Vec<Step>,
}

/// One step: an operator, or a few that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// A ticket of `kinds::TABLE`.
    pub kind: usize,
    /// Decide the rest.
    pub dice: [u8; 10],
}

/// A network with its inputs.
#[derive(Clone, Debug)]
pub struct Network {
    /// With numbers.
    pub graph: Graph,
    /// Numbers between -2 and 2, or small integers, exact in f32.
    pub inputs: Vec<Tensor>,
    /// The kinds that it was grown from.
    pub kinds: Vec<&'static str>,
    /// Compute every convolution that can be by Winograd's algorithm so, with this tile: on small maps, the cost rule hardly
    /// ever does.
    pub winograd: Option<[usize; 2]>,
}

impl Genome {
    /// The network.
    pub fn grow(&self) -> Network {
        let mut net = Net::new(self.seed, self.input.into());
        for step in &self.steps {
            net.step(step);
        }
        net.finish()
    }
}

impl Network {
    /// A network that others made.
    pub fn of(graph: Graph, seed: u64) -> Network {
        let inputs = graph.inputs.iter().map(|&id| numbers(graph.value(id), seed)).collect();
        Network { inputs, graph, kinds: Vec::new(), winograd: winograd(seed) }
    }

    /// The inputs as programs take them.
    pub fn floats(&self) -> Vec<Vec<f32>> {
        let floats = |input: &Tensor| input.to_f64().into_iter().map(|x| x as f32).collect();
        self.inputs.iter().map(floats).collect()
    }

    /// The tuning file that it is compiled with.
    ///
    /// # Panics
    /// When it has no plan.
    pub fn tuning(&self) -> Tuning {
        let mut tuning = Tuning::default();
        let Some(tile) = self.winograd else { return tuning };
        let plan = pipeline::plan(&self.graph, &ISAS, Choice::Exact);
        let (_, _, plan) = plan.unwrap_or_else(|error| panic!("{error}"));
        for kernel in plan.kernels {
            let KernelSpec::Conv(spec) = kernel.spec else { continue };
            if choose::with_tile(&spec, true, tile, None).is_ok() {
                tuning.set(kernel.name, Setting::Algorithm(Algorithm::Winograd { tile, band: None }));
            }
        }
        tuning
    }

    /// As graph text.
    pub fn text(&self) -> String {
        text::print(&self.graph)
    }
}

/// Numbers for an input: floats between -2 and 2, small integers, truth values.
fn numbers(value: &Value, seed: u64) -> Tensor {
    let (low, high) = match value.ty.dtype {
        DType::Bool => (0.0, 2.0),
        DType::F32 => (-2.0, 2.0),
        _ => (0.0, 5.0),
    };
    let list = Numbers::new(seed, &value.name).between(value.ty.elements(), low, high);
    let elements = match value.ty.dtype {
        DType::F32 => Elements::Float(list.into_iter().map(f64::from).collect()),
        _ => Elements::Int(list.into_iter().map(|x| (x.ceil() - 1.0).max(0.0) as i64).collect()),
    };
    Tensor { ty: value.ty.clone(), elements }
}

/// Which tile is forced on convolutions: in three networks of four, one.
fn winograd(seed: u64) -> Option<[usize; 2]> {
    [None, Some([4, 4]), Some([2, 4]), Some([2, 2])][seed as usize % 4]
}

impl fmt::Debug for Genome {
    /// The network as text, since that is what someone looks for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, input {}, {:?}\n{}", self.seed, self.input, self.steps, self.grow().text())
    }
}

/// Genomes of so many steps.
pub fn genomes(steps: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Genome> {
    let step = (0..kinds::tickets(), uniform10(any::<u8>())).prop_map(|(kind, dice)| Step { kind, dice });
    let genome = (0..1u64 << 32, any::<u8>(), vec(step, steps));
    genome.prop_map(|(seed, input, steps)| Genome { seed, input, steps })
}

/// A runner of so many cases, the same ones for the same seed; it writes no files.
pub fn runner(seed: u64, cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Every kind of step, whether or not a network has one.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    kinds::TABLE.iter().map(|kind| kind.name)
}
