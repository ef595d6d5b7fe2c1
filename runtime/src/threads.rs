//! A small pool of threads for the steps of a run.
//!
//! A step hands the pool a number of chunks; the caller and the workers claim them one by one and the step is over when
//! the last has ended. Only claimed chunks are waited for: a worker that the system has put aside delays nothing.
//! Between steps workers spin for a short time, since the next step is usually less than a microsecond away, then sleep.

mod gate;

use crate::Error;
use gate::{Gate, lock};
use std::any::Any;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

/// Most threads of a [`Pool`]: more is a mistyped number.
pub const MOST_THREADS: usize = 1024;

/// Runs pieces of work on several threads.
///
/// # Safety
/// `run` calls `work` exactly once for each chunk and returns, or unwinds, only when all calls have ended. The thread
/// numbers of one `run`'s calls that overlap in time differ, and each is less than `threads()`, which never changes.
pub unsafe trait Executor: fmt::Debug + Send + Sync {
    /// Number of threads, the caller's included.
    fn threads(&self) -> usize;

    /// Calls `work` with the number of the thread that it runs on and each of `0..chunks`, in any order.
    ///
    /// # Panics
    /// When `work` does.
    fn run(&self, chunks: usize, work: &(dyn Fn(usize, usize) + Sync));
}

/// The thread of the caller alone.
#[derive(Clone, Copy, Default, Debug)]
pub struct Inline;

// SAFETY: one call after the other, all as thread 0 of 1.
unsafe impl Executor for Inline {
    fn threads(&self) -> usize {
        1
    }

    fn run(&self, chunks: usize, work: &(dyn Fn(usize, usize) + Sync)) {
        (0..chunks).for_each(|chunk| work(0, chunk));
    }
}

/// The thread of the caller and workers of its own, which end when the pool is dropped.
///
/// While one caller has the workers, others (a second run on another thread, or a chunk that calls `run` itself) do
/// their chunks alone: no one waits for the pool, so nothing can lock up.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool {
    /// A pool of `threads` threads, one of which is the caller of `run`.
    ///
    /// # Errors
    /// When the number is 0 or more than [`MOST_THREADS`], or the system refuses a thread.
    pub fn new(threads: usize) -> Result<Self, Error> {
        if !(1..=MOST_THREADS).contains(&threads) {
            return Err(Error::usage(format!("the number of threads is 1 to {MOST_THREADS}, not {threads}")));
        }
        // Dropped, workers and all, when a later worker cannot be started.
        let mut pool = Pool { shared: Arc::default(), workers: Vec::with_capacity(threads - 1) };
        for thread in 1..threads {
            let shared = Arc::clone(&pool.shared);
            let worker =
                Builder::new().name(format!("tilewright-{thread}")).spawn(move || shared.serve(thread));
            let refused =
                |error| Error::new(format!("thread {thread} cannot be started ({error}); use fewer"));
            pool.workers.push(worker.map_err(refused)?);
        }
        Ok(pool)
    }
}

// SAFETY: a chunk is claimed once, and `run` returns when as many have ended as it made. The caller is thread 0, each
// worker has a number of its own, and whoever finds the pool busy is the only thread of its `run`.
unsafe impl Executor for Pool {
    fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    fn run(&self, chunks: usize, work: &(dyn Fn(usize, usize) + Sync)) {
        let shared = &*self.shared;
        if chunks < 2 || self.workers.is_empty() || shared.busy.swap(true, Ordering::Acquire) {
            return Inline.run(chunks, work);
        }
        let job = Job { work, chunks };
        shared.job.store(ptr::from_ref(&job).cast_mut().cast(), Ordering::Relaxed);
        shared.ended.0.store(0, Ordering::Relaxed);
        shared.unclaimed.0.store(chunks, Ordering::SeqCst);
        shared.start.ring();
        while shared.run_one(0) {}
        shared.end.wait(|| shared.ended.0.load(Ordering::SeqCst) == chunks);
        let panic = lock(&shared.panic).take();
        shared.busy.store(false, Ordering::Release);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.start.ring();
        for worker in self.workers.drain(..) {
            // A worker catches what its chunks panic with, so there is nothing to hear of here.
            let _ = worker.join();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

/// What the caller asks for; lives on its stack.
struct Job<'a> {
    work: &'a (dyn Fn(usize, usize) + Sync),
    chunks: usize,
}

/// On cache lines of its own: what one side spins on, the other does not write for other reasons.
#[derive(Default)]
#[repr(align(128))]
struct Line<T>(T);

/// What the caller and the workers share.
#[derive(Default)]
struct Shared {
    /// Chunks of the job that no one has claimed; 0 between jobs.
    unclaimed: Line<AtomicUsize>,
    /// Chunks of the job that have ended.
    ended: Line<AtomicUsize>,
    job: AtomicPtr<Job<'static>>,
    /// A caller has the workers.
    busy: AtomicBool,
    stop: AtomicBool,
    /// What the first chunk that panicked did so with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    start: Gate,
    end: Gate,
}

impl Shared {
    /// The life of a worker.
    fn serve(&self, thread: usize) {
        loop {
            self.start
                .wait(|| self.unclaimed.0.load(Ordering::SeqCst) > 0 || self.stop.load(Ordering::SeqCst));
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            while self.run_one(thread) {}
        }
    }

    /// Claims a chunk and runs it; false when there is none.
    fn run_one(&self, thread: usize) -> bool {
        let claim =
            self.unclaimed.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, |left| left.checked_sub(1));
        let Ok(left) = claim else { return false };
        // SAFETY: the claim follows the caller's store of this address, and until the chunk counts as ended, below, the
        // caller keeps the job alive.
        let &Job { work, chunks } = unsafe { &*self.job.load(Ordering::Relaxed) };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(thread, chunks - left))) {
            match &mut *lock(&self.panic) {
                // Dropping it may panic again, and nothing may unwind from here before the chunk counts as ended.
                Some(_) => mem::forget(panic),
                first => *first = Some(panic),
            }
        }
        if self.ended.0.fetch_add(1, Ordering::SeqCst) + 1 == chunks {
            self.end.ring();
        }
        true
    }
}

#[cfg(test)]
mod tests;
