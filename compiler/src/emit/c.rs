//! The model for programs in C: the functions that a crate exports, and the header that declares them.

use super::names::identifiers;
use super::{EmitOptions, Header};
use crate::schedule::plan::{BufferId, Plan};

/// Parameters of one direction: name, number of floats, shape in words.
fn tensors(plan: &Plan, ids: &[BufferId], prefix: &str) -> Vec<(String, usize, String)> {
    let buffers: Vec<_> = ids.iter().map(|&id| plan.buffer(id)).collect();
    let names = identifiers(buffers.iter().map(|buffer| buffer.name.as_str()), "value");
    let row = |(name, buffer): (_, &&crate::schedule::plan::Buffer)| {
        let shape: Vec<String> = buffer.shape.iter().map(usize::to_string).collect();
        (format!("{prefix}_{name}"), buffer.len, shape.join(" x "))
    };
    names.into_iter().zip(&buffers).map(row).collect()
}

/// `src/c.rs`.
pub fn functions(plan: &Plan, options: &EmitOptions, head: &Header) -> String {
    let name = &options.name;
    let (inputs, outputs) = (tensors(plan, &plan.inputs, "in"), tensors(plan, &plan.outputs, "out"));
    let list = |tensors: &[(String, usize, String)]| -> String {
        tensors.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let parameters: String = inputs
        .iter()
        .map(|(name, ..)| format!("    {name}: *const f32,\n"))
        .chain(outputs.iter().map(|(name, ..)| format!("    {name}: *mut f32,\n")))
        .collect();
    let doc =
        head.doc(&format!("The model for programs in C; `include/{name}.h` says what these functions do."));
    format!(
        "{doc}
use super::Model;
use std::ffi::c_char;
use tilewright_runtime::c::{{self, Session}};

/// Loads the model.
///
/// # Safety
/// As [`c::open`].
#[unsafe(no_mangle)]
pub unsafe extern \"C\" fn {name}_open(
    weights: *const c_char,
    threads: usize,
    error: *mut c_char,
    error_bytes: usize,
) -> *mut Session<Model> {{
    // SAFETY: the caller's.
    unsafe {{ c::open(weights, threads, error, error_bytes) }}
}}

/// Runs the model.
///
/// # Safety
/// As [`c::run`].
#[unsafe(no_mangle)]
pub unsafe extern \"C\" fn {name}_run(
    session: *mut Session<Model>,
{parameters}) {{
    // SAFETY: the caller's.
    unsafe {{ c::run(session, [{inputs}], [{outputs}]) }}
}}

/// Ends a session.
///
/// # Safety
/// As [`c::close`].
#[unsafe(no_mangle)]
pub unsafe extern \"C\" fn {name}_close(session: *mut Session<Model>) {{
    // SAFETY: the caller's.
    unsafe {{ c::close(session) }}
}}
",
        inputs = list(&inputs),
        outputs = list(&outputs),
    )
}

/// `include/NAME.h`.
pub fn header(plan: &Plan, options: &EmitOptions, head: &Header) -> String {
    let name = &options.name;
    let upper = name.to_uppercase();
    let (inputs, outputs) = (tensors(plan, &plan.inputs, "in"), tensors(plan, &plan.outputs, "out"));
    let from = head.comment(&format!("`{name}`, compiled ahead of time, for programs in C."));
    let shapes: String = inputs
        .iter()
        .chain(&outputs)
        .map(|(tensor, _, shape)| format!("// {tensor}: {shape}, row-major.\n"))
        .collect();
    let parameters: String = inputs
        .iter()
        .map(|(tensor, len, _)| format!(",\n    const float {tensor}[{len}]"))
        .chain(outputs.iter().map(|(tensor, len, _)| format!(",\n    float {tensor}[{len}]")))
        .collect();
    format!(
        "{from}
#ifndef TILEWRIGHT_{upper}_H
#define TILEWRIGHT_{upper}_H

#include <stddef.h>

#ifdef __cplusplus
extern \"C\" {{
#endif

// A loaded model and the memory of its runs. One thread at a time uses a session; other threads open their own.
typedef struct {name}_session {name}_session;

// Loads the model. weights names a file; NULL takes the weights in the program. A run takes so many threads, the caller's
// included. Returns NULL after an error, and its text in error, if that is not NULL.
{name}_session *{name}_open(const char *weights, size_t threads, char *error, size_t error_bytes);

// Runs the model. No output lies in an input or in another output. A pointer that is NULL or no address of floats ends the
// process with a message, and so does a second thread in a session that has not ended its run.
{shapes}void {name}_run({name}_session *session{parameters});

// Ends a session, which no one uses any more, neither now nor later; NULL is none.
void {name}_close({name}_session *session);

#ifdef __cplusplus
}}
#endif

#endif
"
    )
}
