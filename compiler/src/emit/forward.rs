//! `forward.rs`: the network as a table, one line per step. Text, because tokens cannot be aligned.

use super::Header;
use crate::kernel::ir::Role;
use crate::schedule::plan::{Buffer, BufferId, Place, Plan, Step, roots};
use std::collections::HashSet;
use std::fmt::Write;

/// The file.
pub fn forward(plan: &Plan, head: &Header) -> String {
    let mut text = head.doc("The network as a table of steps.");
    text.push_str(
        "\nuse super::kernels::Kernels;\nuse tilewright_runtime::{Arena, Executor, Probe, Weights};\n\n\
         // Buffers: first float in the arena. Those that share memory are never alive together",
    );
    let parts = plan.buffers.iter().any(|buffer| buffer.whole.is_some());
    text.push_str(if parts { ", or one is a part of the other.\n" } else { ".\n" });
    buffers(&mut text, plan);
    text.push_str("\n// Packed weights: first float, in execution order.\n");
    let rows: Vec<[String; 2]> = plan
        .weights
        .iter()
        .enumerate()
        .map(|(id, range)| {
            [format!("const W{id}: usize = {};", range.offset), format!("// {} floats", range.len)]
        })
        .collect();
    columns(&mut text, "", &rows);
    let inputs: Vec<String> =
        plan.inputs.iter().map(|&id| format!("&[f32; {}]", plan.buffer(id).len)).collect();
    let names: Vec<String> = (0..plan.inputs.len()).map(|i| format!("input{i}")).collect();
    let tuple = |list: &[String]| {
        if list.len() == 1 { format!("({},)", list[0]) } else { format!("({})", list.join(", ")) }
    };
    if plan.scratch > 0 {
        text.push_str(OWN);
    }
    let of_input = |buffer: &Buffer| matches!(buffer.place, Place::Input(_)) && buffer.whole.is_some();
    if plan.buffers.iter().any(of_input) {
        text.push_str(PART);
    }
    let _ = write!(
        text,
        "\n/// Runs all steps. The arena has as many floats as the executor's threads need, and the weights are those of\n\
         /// this graph.\n\
         pub(crate) fn forward<P: Probe + ?Sized>(\n    k: &Kernels,\n    w: &Weights,\n    a: Arena<'_>,\n    \
         {}: {},\n    executor: &dyn Executor,\n    probe: &mut P,\n) {{\n{MACRO}",
        tuple(&names),
        tuple(&inputs),
    );
    let roots = roots(&plan.buffers);
    let rows: Vec<[String; 2]> =
        plan.steps.iter().enumerate().map(|(number, step)| row(plan, &roots, number, step)).collect();
    columns(&mut text, "    ", &rows);
    text.push_str("}\n");
    text
}

/// Where a thread's scratch memory is.
const OWN: &str = "
/// First float of a thread's scratch memory: that of the first thread is planned, the others' is behind the arena.
fn own(planned: usize, thread: usize) -> usize {
    if thread == 0 { planned } else { super::ARENA + (thread - 1) * super::SCRATCH }
}
";

/// Some images of an input.
const PART: &str = "
/// The floats of an input from `AT` on, as many as the kernel reads.
fn part<const AT: usize, const N: usize, const M: usize>(input: &[f32; N]) -> &[f32; M] {
    const { assert!(AT + M <= N) };
    // SAFETY: they lie inside the input, or this would not compile.
    unsafe { &*input.as_ptr().add(AT).cast() }
}
";

/// Expands to the calls of one step between the probe's hooks.
const MACRO: &str = "    macro_rules! step {
        ($number:literal, $kernel:ident($($arg:expr),*)) => { step!($number, |_| $kernel($($arg),*)) };
        ($number:literal, |$thread:tt| $kernel:ident($($arg:expr),*)) => {
            probe.before($number);
            // SAFETY: the CPU has the instruction set of `k`; every range lies inside the arena or the weights, and the
            // range that is written is disjoint from those that are read: the memory planner proved both. Tasks write
            // elements of their own, threads use scratch memory of their own.
            k.$kernel.spread(executor, |$thread, tasks| unsafe { (k.$kernel.run)($($arg,)* tasks) });
            // SAFETY: the step is over, so nothing writes to the arena.
            probe.after($number, unsafe { a.view() });
        };
    }
";

fn buffers(text: &mut String, plan: &Plan) {
    // A whole of which steps use only the parts needs no name.
    let used: HashSet<usize> = plan.steps.iter().flat_map(|step| &step.args).map(|id| id.0).collect();
    let rows: Vec<[String; 2]> = plan
        .buffers
        .iter()
        .enumerate()
        .filter(|(id, _)| used.contains(id))
        .filter_map(|(id, buffer)| match buffer.place {
            Place::Arena(at) => {
                Some([format!("const B{id}: usize = {at};"), format!("// {}", describe(buffer))])
            }
            Place::Input(_) => None,
        })
        .collect();
    columns(text, "", &rows);
}

/// Shape, layout and name of a buffer.
fn describe(buffer: &Buffer) -> String {
    let shape: Vec<String> = buffer.shape.iter().map(usize::to_string).collect();
    let layout = match buffer.map {
        Some(map) => crate::base::feature_map::describe(&map.layout),
        None => String::new(),
    };
    let part = match buffer.whole {
        Some(whole) => format!(", part of B{} from float {} on", whole.id.0, whole.at),
        None => String::new(),
    };
    format!(
        "{}{layout}{part}, steps {} to {}: {}",
        shape.join("x"),
        buffer.live.0,
        buffer.live.1,
        one_line(&buffer.name)
    )
}

/// A name without what would end a comment line.
fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn row(plan: &Plan, roots: &[(usize, usize)], number: usize, step: &Step) -> [String; 2] {
    let kernel = plan.kernel(step);
    let mut buffers = step.args.iter();
    let args: Vec<String> = kernel
        .spec
        .params()
        .iter()
        .map(|param| match (param.role, step.weights) {
            (Role::Weights, Some(id)) => format!("w.get(W{})", id.0),
            (Role::Weights, None) => String::new(),
            (role, _) => buffers.next().map_or_else(String::new, |&id| argument(plan, roots, id, role)),
        })
        .collect();
    let sources: Vec<String> = step.sources.iter().map(|source| one_line(source)).collect();
    let scratch = kernel.spec.params().iter().any(|param| param.role == Role::Scratch);
    let thread = if scratch { "|t| " } else { "" };
    [
        format!("step!({number}, {thread}{}({}));", kernel.name, args.join(", ")),
        format!("// {}", sources.join(" ")),
    ]
}

fn argument(plan: &Plan, roots: &[(usize, usize)], id: BufferId, role: Role) -> String {
    match (plan.buffer(id).place, role) {
        (Place::Input(number), _) if plan.buffer(id).whole.is_some() => {
            format!("part::<{}, _, _>(input{number})", roots[id.0].1)
        }
        (Place::Input(number), _) => format!("input{number}"),
        (Place::Arena(_), Role::Output) => format!("a.write(B{})", id.0),
        (Place::Arena(_), Role::Scratch) => format!("a.write(own(B{}, t))", id.0),
        (Place::Arena(_), _) => format!("a.read(B{})", id.0),
    }
}

/// Writes rows with the second column aligned.
fn columns(text: &mut String, indent: &str, rows: &[[String; 2]]) {
    let width = rows.iter().map(|row| row[0].chars().count()).max().unwrap_or(0);
    for [left, right] in rows {
        let _ = writeln!(text, "{indent}{left:width$} {right}");
    }
}
