//! A model for programs in C: what the functions share that generated code exports.

use crate::{AlignedBuf, Error, LoadOptions, Network};
use std::array;
use std::ffi::{CStr, OsStr, c_char};
use std::path::PathBuf;
use std::ptr;

/// A loaded model and the memory of its runs, of which there is one at a time.
pub struct Session<N> {
    network: N,
    arena: AlignedBuf,
}

/// Loads a model. `weights` names a file, or is null for those in the program; `threads` is as for [`LoadOptions`].
///
/// Null after an error, of which `error` then has the text, cut to `bytes` with its closing zero.
///
/// # Safety
/// `weights` is null or ends with a zero; `error` is null or has `bytes` bytes to write.
pub unsafe fn open<N: Network>(
    weights: *const c_char,
    threads: usize,
    error: *mut c_char,
    bytes: usize,
) -> *mut Session<N> {
    // SAFETY: the caller keeps it null or ended by a zero.
    let weights = (!weights.is_null()).then(|| path(unsafe { CStr::from_ptr(weights) }));
    let options = LoadOptions { weights, threads, ..LoadOptions::default() };
    let load = || {
        let network = N::load(&options)?;
        let arena = network.new_arena()?;
        Ok::<_, Error>(Session { network, arena })
    };
    match load() {
        Ok(session) => Box::into_raw(Box::new(session)),
        Err(fault) => {
            if !error.is_null() && bytes > 0 {
                let text = fault.to_string();
                let text = &text.as_bytes()[..text.len().min(bytes - 1)];
                // SAFETY: the caller has `bytes` bytes there, of which this writes one more than the text at most.
                unsafe {
                    ptr::copy_nonoverlapping(text.as_ptr().cast(), error, text.len());
                    error.add(text.len()).write(0);
                }
            }
            ptr::null_mut()
        }
    }
}

/// Runs a model on row-major inputs and copies its outputs.
///
/// # Safety
/// `session` comes from [`open`] and is used by no one else meanwhile; inputs and outputs are as many, and have as many
/// floats each, as the model's `INFO` says, and no output lies in an input or another output.
pub unsafe fn run<N: Network, const I: usize, const O: usize>(
    session: *mut Session<N>,
    inputs: [*const f32; I],
    outputs: [*mut f32; O],
) {
    // SAFETY: the caller's session, which no one else uses meanwhile.
    let Session { network, arena } = unsafe { &mut *session };
    // SAFETY: the caller's inputs have as many floats.
    let slice = |i: usize| unsafe { std::slice::from_raw_parts(inputs[i], N::INFO.inputs[i].elements()) };
    let inputs: [&[f32]; I] = array::from_fn(slice);
    let run = network.run(arena, &inputs);
    debug_assert!(run.is_ok(), "sizes come from the model itself: {run:?}");
    for (index, output) in outputs.into_iter().enumerate() {
        let floats = network.output(arena, index);
        // SAFETY: the caller's output has as many floats, and the arena is ours.
        unsafe { ptr::copy_nonoverlapping(floats.as_ptr(), output, floats.len()) };
    }
}

/// Ends a session; null is none.
///
/// # Safety
/// `session` is null or comes from [`open`], and is not used any more.
pub unsafe fn close<N>(session: *mut Session<N>) {
    if !session.is_null() {
        // SAFETY: `open` made it by `Box::into_raw`, and the caller gives it up.
        drop(unsafe { Box::from_raw(session) });
    }
}

/// The path that C names.
#[cfg(unix)]
fn path(name: &CStr) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(OsStr::from_bytes(name.to_bytes()))
}

/// The path that C names, in UTF-8.
#[cfg(not(unix))]
fn path(name: &CStr) -> PathBuf {
    PathBuf::from(OsStr::new(&*name.to_string_lossy()))
}
