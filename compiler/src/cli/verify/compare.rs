//! A program's values against the reference's.

use super::{Reference, execute};
use crate::Compiled;
use crate::base::target::Isa;
use crate::schedule::plan::{Plan, Step};
use crate::schedule::tuning::Algorithm;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use tilewright_runtime::npy;

/// How far a layer may be from the reference, relative to its largest element.
///
/// A sum of K products in f32 is off by about sqrt(K) * 6e-8 of its terms, 4e-6 for the longest sums of a ResNet
/// (K = 4608), and layers pass on what they inherit. A wrong weight, tap or pad is off by 1e-2 or more: 1e-4 lies well
/// away from both.
pub const LAYER_LIMIT: f64 = 1e-4;

/// How far an output may be from the reference, and what a final softmax works on, relative to its largest element.
pub const OUTPUT_LIMIT: f64 = 1e-5;

/// What a compared value is in the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The value of a step in the middle.
    Layer,
    /// A step's value that is an output, or what a final softmax works on.
    Logits,
    /// An output, as the program writes it.
    Output,
}

impl Role {
    /// The largest relative difference that is not an error.
    pub const fn limit(self) -> f64 {
        match self {
            Role::Layer => LAYER_LIMIT,
            Role::Logits | Role::Output => OUTPUT_LIMIT,
        }
    }
}

/// How one value differs.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// Number of the step, or of the output.
    pub index: usize,
    /// What it is.
    pub role: Role,
    /// ONNX name.
    pub value: String,
    /// Name of the kernel; empty for an output.
    pub kernel: String,
    /// How it computes, where there are several ways; empty elsewhere.
    pub algorithm: String,
    /// The ONNX nodes that the step stands for.
    pub nodes: Vec<String>,
    /// Largest difference of an element; infinite where one is not a number and the other is.
    pub absolute: f64,
    /// Largest element of the reference.
    pub largest: f64,
}

impl Difference {
    /// The largest difference in units of the largest element; a number, but possibly infinite.
    pub fn relative(&self) -> f64 {
        if self.absolute == 0.0 { 0.0 } else { self.absolute / self.largest }
    }

    /// True when it is more than rounding.
    pub fn diverges(&self) -> bool {
        self.relative() > self.role.limit()
    }
}

/// How a program differs on one instruction set.
#[derive(Clone, Debug)]
pub struct IsaReport {
    /// The instruction set.
    pub isa: Isa,
    /// Steps of the program.
    pub steps: usize,
    /// In the order of the steps, then the outputs.
    pub differences: Vec<Difference>,
}

impl IsaReport {
    /// The value that differs most, relative to its limit, among those with one of these roles.
    pub fn worst(&self, roles: &[Role]) -> Option<&Difference> {
        let chosen = self.differences.iter().filter(|difference| roles.contains(&difference.role));
        let excess = |difference: &Difference| difference.relative() / difference.role.limit();
        chosen.max_by(|a, b| excess(a).total_cmp(&excess(b)))
    }

    /// What is wrong, with the first node that diverges.
    pub fn fault(&self) -> Option<String> {
        let first = self.differences.iter().find(|difference| difference.diverges())?;
        let place = match first.nodes.first() {
            Some(node) => format!("step {} (node `{node}`, value `{}`)", first.index, first.value),
            None => format!("output `{}`", first.value),
        };
        Some(format!(
            "{}: {place} is the first to diverge: off by {:.1e} of its largest element, {:.0e} is allowed",
            self.isa.name,
            first.relative(),
            first.role.limit()
        ))
    }
}

/// Runs the program on the reference's inputs and compares each step and output. `scratch` is a folder for its files.
///
/// # Errors
/// A program that fails, or whose steps have other names or sizes than the graph's values.
pub fn compare(
    program: &Path,
    compiled: &Compiled,
    reference: &Reference,
    isa: Isa,
    scratch: &Path,
) -> Result<IsaReport> {
    let plan = &compiled.plan;
    let folder = scratch.join(isa.name);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let mut common: Vec<OsString> = vec!["--isa".into(), isa.name.into()];
    for (index, (tensor, &id)) in reference.inputs.iter().zip(&plan.inputs).enumerate() {
        let path = folder.join(format!("input{index}.npy"));
        let floats: Vec<f32> = tensor.to_f64().into_iter().map(|x| x as f32).collect();
        fs::write(&path, npy::encode(&tensor.ty.shape, &floats))
            .with_context(|| path.display().to_string())?;
        common.push("--input".into());
        common.push(named(&plan.buffer(id).name, &path));
    }
    execute(program, &[common.clone(), vec!["--dump".into(), folder.clone().into()]].concat())?;
    let output = |index: usize| folder.join(format!("output{index}.npy"));
    for (index, (name, _)) in reference.outputs.iter().enumerate() {
        common.push("--output".into());
        common.push(named(name, &output(index)));
    }
    execute(program, &common)?;
    let mut differences = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        // Values that passes have introduced mean nothing in the graph as imported.
        let Some(want) = wanted(plan, step, reference) else { continue };
        let role = if reference.logits.contains(&step.value) { Role::Logits } else { Role::Layer };
        let (absolute, largest) = difference(want, &folder.join(format!("{index:03}.npy")))?;
        let (value, nodes) = (step.value.clone(), step.sources.clone());
        let kernel = plan.kernel(step).name.clone();
        let algorithm = Algorithm::of_kernel(&plan.kernel(step).spec);
        let algorithm = algorithm.map_or_else(String::new, |algorithm| algorithm.to_string());
        differences.push(Difference { index, role, value, kernel, algorithm, nodes, absolute, largest });
    }
    for (index, (name, want)) in reference.outputs.iter().enumerate() {
        let (absolute, largest) = difference(want, &output(index))?;
        let (role, value) = (Role::Output, name.clone());
        let (kernel, algorithm, nodes) = (String::new(), String::new(), Vec::new());
        differences.push(Difference { index, role, value, kernel, algorithm, nodes, absolute, largest });
    }
    fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(IsaReport { isa, steps: plan.steps.len(), differences })
}

/// What the reference has for the value of a step: a value of the graph, or some images of one.
fn wanted<'r>(plan: &Plan, step: &Step, reference: &'r Reference) -> Option<&'r [f64]> {
    if let Some(whole) = reference.values.get(&step.value) {
        return Some(whole);
    }
    let (name, first) = step.value.rsplit_once("@image")?;
    let (whole, first) = (reference.values.get(name)?, first.parse::<usize>().ok()?);
    let shape = &plan.buffer(*step.args.last()?).shape;
    let (images, each) = (*shape.first()?, shape.iter().skip(1).product::<usize>());
    whole.get(first.checked_mul(each)?..first.checked_add(images)?.checked_mul(each)?)
}

/// `NAME=FILE`.
fn named(name: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(name);
    argument.push("=");
    argument.push(path);
    argument
}

/// The largest difference of an element, and the largest element wanted.
fn difference(want: &[f64], path: &Path) -> Result<(f64, f64)> {
    let got = npy::read(path)?.floats;
    if got.len() != want.len() {
        bail!("{}: the program wrote {} elements, the reference {}", path.display(), got.len(), want.len());
    }
    let (mut absolute, mut largest) = (0.0f64, 0.0f64);
    for (&want, &got) in want.iter().zip(&got) {
        let got = f64::from(got);
        let same = want == got || (want.is_nan() && got.is_nan());
        let off = (want - got).abs();
        absolute = absolute.max(if same {
            0.0
        } else if off.is_nan() {
            f64::INFINITY
        } else {
            off
        });
        largest = largest.max(if want.is_finite() { want.abs() } else { 0.0 });
    }
    Ok((absolute, largest))
}
