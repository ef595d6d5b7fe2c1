//! What the compiler makes of a case.

use super::archive::{Case, floats, tensor};
use super::form::Form;
use crate::plans;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tilewright::base::diag::Error;
use tilewright::base::target::ISAS;
use tilewright::base::tensor::{DType, Tensor};
use tilewright::ir::graph::{Graph, ValueId};
use tilewright::ir::reference;
use tilewright::schedule::choose::Choice;

/// Tolerances of the ONNX package's own runner: of each number, and absolute.
const RUNNER: (f64, f64) = (1e-3, 1e-7);

/// Ours besides: relative to the largest number of the output.
const LARGEST: f64 = 1e-5;

/// Cases whose record has four digits: they are held to the runner's tolerances alone.
const ROUNDED: [&str; 1] = ["averagepool_2d_ceil_last_window_starts_on_pad"];

/// How a case ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Everything agrees with the record.
    Passed(Form, Box<Graph>),
    /// The compiler does not do it; its reason, in every form.
    Refused(String),
    /// A wrong result, a panic, or a bug that the compiler found in itself.
    Failed(String),
}

/// Compiles a case in the first form that the compiler takes, and runs the reference and, by the interpreter, the kernels
/// of every instruction set.
pub fn run(case: &Case) -> Outcome {
    let attempt = || {
        let mut refusal = String::new();
        for form in Form::ALL {
            match form.load(case) {
                Err(error) => refusal = first(&error),
                Ok(graph) => return check(case, form, graph),
            }
        }
        Outcome::Refused(refusal)
    };
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("something");
        Outcome::Failed(format!("panics: {text}"))
    })
}

fn first(error: &Error) -> String {
    error.problems().first().map(|problem| problem.reason.clone()).unwrap_or_default()
}

fn check(case: &Case, form: Form, graph: Graph) -> Outcome {
    let inputs: Vec<Tensor> = inputs(case, form);
    let wrong = |who: &str, what: String| Outcome::Failed(format!("{form}, {who}: {what}"));
    let shapes = graph.outputs.iter().map(|&id| graph.shape(id));
    if !shapes.eq(case.outputs.iter().map(|want| want.ty.shape.as_slice())) {
        let shapes: Vec<&[usize]> = graph.outputs.iter().map(|&id| graph.shape(id)).collect();
        return wrong("the importer", format!("outputs of the extents {shapes:?}"));
    }
    match reference::evaluate(&graph, &inputs, |_: ValueId, _: &Tensor| ()) {
        Err(error) => return wrong("the reference", error.to_string()),
        Ok(got) => {
            for (got, want) in got.iter().zip(&case.outputs) {
                if let Err(what) = compare(case, &got.to_f64(), want) {
                    return wrong("the reference", what);
                }
            }
        }
    }
    let inputs: Vec<Vec<f32>> = inputs.iter().map(floats).collect();
    for isa in ISAS {
        for choice in [Choice::Fast, Choice::Exact] {
            let outputs = match plans::try_run(&graph, &inputs, isa, choice) {
                Ok(outputs) => outputs,
                Err(error) if error.to_string().contains("bug") => return wrong(isa.name, error.to_string()),
                Err(error) => return Outcome::Refused(first(&error)),
            };
            for (got, want) in outputs.iter().zip(&case.outputs) {
                let got: Vec<f64> = got.iter().map(|&x| x.into()).collect();
                if let Err(what) = compare(case, &got, want) {
                    return wrong(isa.name, what);
                }
            }
        }
    }
    Outcome::Passed(form, Box::new(graph))
}

/// The inputs that a form takes at run time.
pub fn inputs(case: &Case, form: Form) -> Vec<Tensor> {
    let constants = form.constants(&case.inputs);
    let given = case.inputs.iter().zip(constants).filter(|(_, constant)| !constant);
    given.map(|(proto, _)| tensor(proto)).collect()
}

/// Compares an output with the record.
///
/// # Errors
/// The first number that is too far off.
pub fn compare(case: &Case, got: &[f64], want: &Tensor) -> Result<(), String> {
    let exact = want.ty.dtype != DType::F32;
    let want = want.to_f64();
    if got.len() != want.len() {
        return Err(format!("{} numbers instead of {}", got.len(), want.len()));
    }
    let finite = want.iter().map(|x| x.abs()).filter(|x| x.is_finite());
    let share = if ROUNDED.contains(&case.name.as_str()) { 1.0 } else { LARGEST };
    let largest = share * finite.fold(0.0, f64::max);
    for (at, (&got, &want)) in got.iter().zip(&want).enumerate() {
        let apart = (got - want).abs();
        let close = apart <= RUNNER.1 + RUNNER.0 * want.abs() && apart <= RUNNER.1 + largest;
        let equal = got == want || (got.is_nan() && want.is_nan());
        if !equal && (exact || !close) {
            return Err(format!("{got} instead of {want} at {at}"));
        }
    }
    Ok(())
}
