//! A whole plan, run by the interpreter: passes, lowering, memory, packing and kernels together, without rustc.

use tilewright::base::diag::Error;
use tilewright::base::target::{ISAS, Isa};
use tilewright::base::tensor::{Blob, Tensor};
use tilewright::ir::graph::{Const, Def, Graph};
use tilewright::ir::{hash, reference, text};
use tilewright::kernel::ir::Role;
use tilewright::kernel::{self, interp};
use tilewright::passes::{self, Pass};
use tilewright::pipeline::Planned;
use tilewright::schedule::budget::{self, Budget};
use tilewright::schedule::choose::Choice;
use tilewright::schedule::plan::{Place, Plan, Step};
use tilewright::schedule::tuning::Tuning;
use tilewright::zoo::numbers::Numbers;
use tilewright::{pipeline, weights};

/// Numbers for every constant without: around zero, variances around one.
pub fn with_numbers(mut graph: Graph) -> Graph {
    for value in graph.values.iter_mut().filter(|value| matches!(value.def, Def::Const(Const::Absent))) {
        let low = if value.name.contains("var") { 0.5 } else { -1.0 };
        let numbers = Numbers::new(7, &value.name).between(value.ty.elements(), low, low + 2.0);
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        value.def = Def::Const(Const::Data(Blob::new(bytes)));
    }
    graph
}

/// Numbers for every input.
pub fn inputs(graph: &Graph) -> Vec<Vec<f32>> {
    let of = |id| {
        let value = graph.value(id);
        Numbers::new(8, &value.name).between(value.ty.elements(), -2.0, 2.0)
    };
    graph.inputs.iter().map(|&id| of(id)).collect()
}

/// The same as tensors.
pub fn tensors(graph: &Graph) -> Vec<Tensor> {
    let lists = graph.inputs.iter().zip(inputs(graph));
    lists
        .map(|(&id, list)| {
            Tensor::float(graph.shape(id), list.into_iter().map(f64::from).collect::<Vec<_>>())
        })
        .collect()
}

/// Runs the plan of a network with numbers. The arena starts as NaN, so that whatever is read before it is written
/// shows.
pub fn run(source: &Graph, isa: Isa, choice: Choice) -> Vec<Vec<f32>> {
    try_run(source, &inputs(source), isa, choice).unwrap_or_else(|error| panic!("{error}"))
}

/// The same on inputs of the caller's.
///
/// # Errors
/// What cannot be planned or packed.
pub fn try_run(
    source: &Graph,
    inputs: &[Vec<f32>],
    isa: Isa,
    choice: Choice,
) -> Result<Vec<Vec<f32>>, Error> {
    try_run_tuned(source, inputs, isa, choice, &Tuning::default())
}

/// The same with a tuning file.
///
/// # Errors
/// What cannot be planned or packed.
pub fn try_run_tuned(
    source: &Graph,
    inputs: &[Vec<f32>],
    isa: Isa,
    choice: Choice,
    tuning: &Tuning,
) -> Result<Vec<Vec<f32>>, Error> {
    run_planned(source, inputs, isa, choice, tuning).map(|(outputs, _)| outputs)
}

/// The same, with the plan that was run.
///
/// # Errors
/// What cannot be planned or packed.
pub fn run_planned(
    source: &Graph,
    inputs: &[Vec<f32>],
    isa: Isa,
    choice: Choice,
    tuning: &Tuning,
) -> Result<(Vec<Vec<f32>>, Plan), Error> {
    let Planned { graph, plan, .. } = pipeline::plan_tuned(source, &[isa], choice, tuning)?;
    Ok((run_plan(&graph, &plan, isa, inputs)?, plan))
}

/// The outputs of a network that only some passes have seen, and its plan.
///
/// # Errors
/// What cannot be planned or packed without the others.
pub fn run_some(
    source: &Graph,
    passes: &[Pass],
    inputs: &[Vec<f32>],
    isa: Isa,
) -> Result<(Vec<Vec<f32>>, Plan), Error> {
    let (graph, _) = passes::run_some(source.clone(), passes, |_, _, _| ())?;
    let (hash, tuning) = (hash::graph_hash(source), Tuning::default());
    let (plan, ..) = budget::plan(&graph, hash, &[isa], Choice::Fast, &tuning, Budget::default())?;
    Ok((run_plan(&graph, &plan, isa, inputs)?, plan))
}

fn run_plan(graph: &Graph, plan: &Plan, isa: Isa, inputs: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, Error> {
    let packed = weights::pack::pack(plan, |id| reference::constant(graph, id))?;
    let mut arena = vec![f32::NAN; plan.arena];
    for step in &plan.steps {
        run_step(plan, step, isa, &packed, inputs, &mut arena);
    }
    let output = |id| match plan.buffer(id).place {
        Place::Arena(at) => arena[at..at + plan.buffer(id).len].to_vec(),
        Place::Input(number) => inputs[number].clone(),
    };
    Ok(plan.outputs.iter().map(|&id| output(id)).collect())
}

fn run_step(plan: &Plan, step: &Step, isa: Isa, packed: &[f32], inputs: &[Vec<f32>], arena: &mut [f32]) {
    let planned = plan.kernel(step);
    let kernel = kernel::build(planned.name.clone(), &planned.spec, &planned.schedules[0], &isa);
    let params = planned.spec.params();
    let mut args = step.args.iter();
    let mut places = Vec::new();
    let mut memory: Vec<Vec<f32>> = Vec::new();
    for param in &params {
        if param.role == Role::Weights {
            let range = &plan.weights[step.weights.expect("packed weights").0];
            memory.push(packed[range.offset..range.offset + range.len].to_vec());
            places.push(None);
            continue;
        }
        let id = *args.next().expect("an argument");
        let place = plan.buffer(id).place;
        memory.push(match place {
            Place::Arena(at) => arena[at..at + param.len].to_vec(),
            Place::Input(number) => inputs[number][plan.root(id).1..][..param.len].to_vec(),
        });
        places.push(Some(place));
    }
    interp::run(&kernel, &mut memory).unwrap_or_else(|fault| panic!("{fault}"));
    for ((param, list), place) in params.iter().zip(memory).zip(places) {
        if let (true, Some(Place::Arena(at))) = (param.role.writable(), place) {
            arena[at..at + param.len].copy_from_slice(&list);
        }
    }
}

/// The largest difference between a run and the reference evaluator, relative to the largest number of the output.
pub fn difference(source: &Graph, isa: Isa, choice: Choice) -> f64 {
    difference_tuned(source, isa, choice, &Tuning::default())
}

/// The same with a tuning file.
pub fn difference_tuned(source: &Graph, isa: Isa, choice: Choice, tuning: &Tuning) -> f64 {
    let want =
        reference::evaluate(source, &tensors(source), |_, _| ()).unwrap_or_else(|error| panic!("{error}"));
    let got = try_run_tuned(source, &inputs(source), isa, choice, tuning);
    let got = got.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(got.len(), want.len());
    let mut worst: f64 = 0.0;
    for (got, want) in got.iter().zip(&want) {
        let want = want.to_f64();
        assert_eq!(got.len(), want.len());
        let largest = want.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        for (&got, want) in got.iter().zip(&want) {
            let apart = (f64::from(got) - want).abs();
            assert!(!apart.is_nan(), "{got} instead of {want}");
            worst = worst.max(if apart == 0.0 { 0.0 } else { apart / largest });
        }
    }
    worst
}

/// Checks that every instruction set agrees with the reference about the lines of a graph; returns the steps of the plan.
///
/// # Panics
/// When one does not, and when the lines are no graph or have no plan.
#[track_caller]
pub fn check(body: &str) -> usize {
    let text = format!("graph g {{\n{body}\n}}");
    let source = with_numbers(text::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")));
    for isa in ISAS {
        let apart = difference(&source, isa, Choice::Fast);
        assert!(apart <= 2e-5, "{}: off by {apart:.1e}\n{text}", isa.name);
    }
    pipeline::plan(&source, &ISAS, Choice::Fast).unwrap_or_else(|error| panic!("{error}")).2.steps.len()
}
