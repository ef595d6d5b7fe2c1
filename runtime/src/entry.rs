//! How a generated table names a kernel.

/// A kernel of one instruction set: its function and the number of its tasks. The function takes the range of tasks that
/// it is to run as its last argument; the tasks may run in any order and on any thread.
#[derive(Clone, Copy, Debug)]
pub struct Entry<F> {
    /// The function. Unsafe to call on a CPU that lacks the instruction set.
    pub run: F,
    /// Number of tasks.
    pub tasks: usize,
}
