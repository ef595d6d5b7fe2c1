//! A model for programs in C: what the functions share that generated code exports.

use crate::{AlignedBuf, Error, LoadOptions, Network};
use std::array;
use std::ffi::{CStr, OsStr, c_char};
use std::path::PathBuf;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// A loaded model and the memory of its runs, of which there is one at a time.
pub struct Session<N> {
    network: N,
    arena: AlignedBuf,
    running: AtomicBool,
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
        Ok::<_, Error>(Session { network, arena, running: AtomicBool::new(false) })
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
///
/// # Panics
/// Where a pointer is null or no float's address, or another run of the session is at work. Out of a function of C's, that
/// ends the process with what was wrong.
pub unsafe fn run<N: Network, const I: usize, const O: usize>(
    session: *mut Session<N>,
    inputs: [*const f32; I],
    outputs: [*mut f32; O],
) {
    assert!(!session.is_null(), "the session is null");
    let addresses = inputs.iter().map(|input| input.addr()).chain(outputs.iter().map(|output| output.addr()));
    for (number, address) in addresses.enumerate() {
        let fit = address != 0 && address.is_multiple_of(align_of::<f32>());
        assert!(fit, "{address:#x}, argument {} behind the session, is no address of floats", number + 1);
    }
    // SAFETY: the caller's session; that no one else uses it is told by these two alone.
    let (network, running) = unsafe { (&(*session).network, &(*session).running) };
    assert!(!running.swap(true, Ordering::Acquire), "two threads run one session; open one for each");
    // SAFETY: the caller's session, of which this is the only run.
    let arena = unsafe { &mut (*session).arena };
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
    running.store(false, Ordering::Release);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Isa, ModelInfo, Postprocess, Preprocess, Probe, TensorInfo};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicPtr;

    /// Copies its input; a run inside of a run, when it is told of a session.
    struct Copies;

    static AGAIN: AtomicPtr<Session<Copies>> = AtomicPtr::new(ptr::null_mut());

    static INFO: ModelInfo = ModelInfo {
        name: "copies",
        graph_sha256: "00",
        tool_version: "0.0.0",
        flops: 0,
        arena_bytes: 64,
        scratch_bytes: 0,
        weight_bytes: 0,
        inputs: &[TensorInfo { name: "x", shape: &[2] }],
        outputs: &[TensorInfo { name: "y", shape: &[2] }],
        steps: &[],
        isas: &[Isa::Portable],
        preprocess: Preprocess::IMAGENET,
        postprocess: Postprocess { softmax: false, top: 1, labels: &[] },
    };

    impl Network for Copies {
        const INFO: &'static ModelInfo = &INFO;

        fn load(options: &LoadOptions) -> Result<Self, Error> {
            options.weights.is_none().then_some(Copies).ok_or_else(|| Error::new("no weights are needed"))
        }

        fn isa(&self) -> Isa {
            Isa::Portable
        }

        fn threads(&self) -> usize {
            1
        }

        fn run_probed<P: Probe + ?Sized>(
            &self,
            arena: &mut [f32],
            inputs: &[&[f32]],
            _: &mut P,
        ) -> Result<(), Error> {
            arena[..2].copy_from_slice(inputs[0]);
            let again = AGAIN.load(Ordering::Relaxed);
            if !again.is_null() {
                let mut y = [0.0; 2];
                // SAFETY: wrong on purpose, which is noticed before anything of the session is used.
                unsafe { run(again, [arena.as_ptr()], [y.as_mut_ptr()]) };
            }
            Ok(())
        }

        fn output<'a>(&self, arena: &'a [f32], _: usize) -> &'a [f32] {
            &arena[..2]
        }
    }

    fn session() -> *mut Session<Copies> {
        // SAFETY: no weights and no place for an error.
        unsafe { open(ptr::null(), 1, ptr::null_mut(), 0) }
    }

    /// The panic of a run.
    fn refused(session: *mut Session<Copies>, x: *const f32, y: *mut f32) -> String {
        // SAFETY: wrong on purpose, which is noticed.
        let run = catch_unwind(AssertUnwindSafe(|| unsafe { run(session, [x], [y]) }));
        let payload = run.expect_err("it is refused");
        let text = payload.downcast_ref::<String>().cloned();
        text.or(payload.downcast_ref::<&str>().map(|&text| text.to_owned())).expect("words")
    }

    #[test]
    fn a_run_of_c_s_refuses_what_it_can_tell_is_wrong() {
        let (session, x, mut y) = (session(), [1.0f32, 2.0], [0.0f32; 2]);
        // SAFETY: two floats each, the session is ours.
        unsafe { run(session, [x.as_ptr()], [y.as_mut_ptr()]) };
        assert_eq!(y, x);
        let odd = x.as_ptr().wrapping_byte_add(1);
        for (input, output, part) in [
            (ptr::null(), y.as_mut_ptr(), "argument 1 "),
            (odd, y.as_mut_ptr(), "argument 1 "),
            (x.as_ptr(), ptr::null_mut(), "argument 2 "),
        ] {
            let text = refused(session, input, output);
            assert!(text.contains(part) && text.contains("no address of floats"), "{text}");
        }
        assert!(refused(ptr::null_mut(), x.as_ptr(), y.as_mut_ptr()).contains("the session is null"));
        AGAIN.store(session, Ordering::Relaxed);
        assert!(refused(session, x.as_ptr(), y.as_mut_ptr()).contains("two threads run one session"));
        AGAIN.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: the session is ours, and null is none.
        unsafe {
            close(session);
            close::<Copies>(ptr::null_mut());
        }
    }

    #[test]
    fn the_text_of_an_error_is_cut_to_its_place() {
        for (bytes, text) in [(0, "?"), (1, ""), (6, "no we"), (64, "no weights are needed")] {
            let mut place = [b'?'; 64];
            // SAFETY: the name ends with a zero, and the place has as many bytes.
            let session = unsafe { open::<Copies>(c"x".as_ptr(), 1, place.as_mut_ptr().cast(), bytes) };
            assert!(session.is_null());
            let end = place.iter().position(|&byte| byte == 0).unwrap_or(1);
            assert_eq!(std::str::from_utf8(&place[..end]), Ok(text));
            assert!(place[bytes..].iter().all(|&byte| byte == b'?'), "{bytes}");
        }
    }
}
