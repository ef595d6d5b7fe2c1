//! What is proved of a kernel before it is printed; generated `unsafe` rests on it.
//!
//! | proof | says |
//! |---|---|
//! | [`verify`] | accesses are in range, registers are set before they are read |
//! | [`order`] | what a task reads of memory that it may write, it has written |
//! | [`coverage`] | no element of an output is written twice; which ones are written |
//!
//! What several kernels do together is [`crate::emit`]'s to prove.

mod access;
pub mod coverage;
mod elements;
pub mod order;
mod shorten;
pub mod verify;

use super::ir::{Kernel, Role};
use std::ops::Range;

/// What a kernel writes of its output, as runs in order.
pub type Runs = Vec<Range<usize>>;

/// The runs that a kernel writes of its one output, when all that is to be proved of it is.
///
/// # Errors
/// The first fault, in words.
pub fn prove(kernel: &Kernel) -> Result<Runs, String> {
    if let Some(fault) = verify::verify(kernel).into_iter().next() {
        return Err(fault);
    }
    order::check(kernel)?;
    let last = kernel.params.last().map(|param| param.role);
    match coverage::written(kernel)?.as_slice() {
        [runs] if last == Some(Role::Output) => Ok(runs.clone()),
        _ => Err(format!("kernel {}: its last parameter is not its one output", kernel.name)),
    }
}
