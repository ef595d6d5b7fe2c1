//! How a generated table names a kernel, and how its tasks go to threads.

use crate::Executor;
use std::ops::Range;

/// A kernel of one instruction set: its function and the number of its tasks. The function takes the range of tasks that
/// it is to run as its last argument; the tasks may run in any order and on any thread.
#[derive(Clone, Copy, Debug)]
pub struct Entry<F> {
    /// The function. Unsafe to call on a CPU that lacks the instruction set.
    pub run: F,
    /// Number of tasks.
    pub tasks: usize,
    /// True when each call does work before its tasks: then a thread makes one call only.
    pub whole: bool,
}

impl<F> Entry<F> {
    /// Calls `work` with a thread's number and the tasks it is to run, until each task has run once.
    #[inline]
    pub fn spread(&self, executor: &dyn Executor, work: impl Fn(usize, Range<usize>) + Sync) {
        let split = Split::of(self.tasks, executor.threads(), self.whole);
        match split.chunks() {
            1 => work(0, 0..self.tasks),
            chunks => executor.run(chunks, &|thread, chunk| work(thread, split.range(chunk))),
        }
    }
}

/// Tasks cut into chunks: one large chunk a thread, then small ones for whoever is done first.
///
/// Kernels prefetch what the next task reads, which pays only when the same thread runs it: hence large chunks. The
/// small ones make up for tasks, cores and interruptions that differ.
#[derive(Clone, Copy, Debug)]
struct Split {
    tasks: usize,
    /// Number of large chunks.
    large: usize,
    /// Tasks of all large chunks.
    head: usize,
    /// Tasks of a small chunk.
    small: usize,
}

impl Split {
    /// Cuts tasks for so many threads; `whole` leaves no small chunks.
    fn of(tasks: usize, threads: usize, whole: bool) -> Self {
        let head = if whole || threads < 2 { tasks } else { tasks * 3 / 4 };
        Split { tasks, large: threads.min(head), head, small: (tasks - head).div_ceil(4 * threads).max(1) }
    }

    fn chunks(&self) -> usize {
        self.large + (self.tasks - self.head).div_ceil(self.small)
    }

    fn range(&self, chunk: usize) -> Range<usize> {
        let start = |chunk: usize| match chunk.checked_sub(self.large) {
            None => self.head * chunk / self.large,
            Some(small) => (self.head + small * self.small).min(self.tasks),
        };
        start(chunk)..start(chunk + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(tasks: usize, threads: usize, whole: bool) -> Vec<Range<usize>> {
        let split = Split::of(tasks, threads, whole);
        (0..split.chunks()).map(|chunk| split.range(chunk)).collect()
    }

    #[test]
    fn chunks_cover_all_tasks_in_order() {
        for threads in [1, 2, 3, 7, 64] {
            for tasks in 1..200 {
                for whole in [false, true] {
                    let ranges = ranges(tasks, threads, whole);
                    let end = ranges.iter().fold(0, |end, range| {
                        assert!(range.start == end && !range.is_empty(), "{tasks} on {threads}: {ranges:?}");
                        range.end
                    });
                    assert_eq!(end, tasks);
                    let most = if whole { threads } else { 5 * threads };
                    assert!(ranges.len() <= most, "{tasks} on {threads}: {ranges:?}");
                }
            }
        }
    }

    #[test]
    fn one_thread_has_one_chunk_and_others_share_evenly() {
        assert_eq!(ranges(100, 1, false).len(), 1);
        assert_eq!(ranges(7, 2, true), [0..3, 3..7]);
        assert_eq!(ranges(2, 7, true), [0..1, 1..2]);
        assert_eq!(ranges(2, 2, false), [0..1, 1..2]);
        assert_eq!(ranges(3, 7, false), [0..1, 1..2, 2..3]);
        assert_eq!(ranges(8, 2, false), [0..3, 3..6, 6..7, 7..8]);
        assert_eq!(ranges(64, 2, false)[..4], [0..24, 24..48, 48..50, 50..52]);
    }
}
