//! The pool: every chunk once, panics, reuse, callers at the same time.

use super::*;
use std::hint::spin_loop;
use std::sync::atomic::AtomicU64;
use std::thread::yield_now;
use std::time::{Duration, Instant};

/// Runs `chunks` chunks and checks that each ran once, on a thread that exists and that ran nothing else meanwhile.
fn check(executor: &dyn Executor, chunks: usize) {
    let ran: Vec<AtomicUsize> = (0..chunks).map(|_| AtomicUsize::new(0)).collect();
    let active: Vec<AtomicBool> = (0..executor.threads()).map(|_| AtomicBool::new(false)).collect();
    executor.run(chunks, &|thread, chunk| {
        assert!(!active[thread].swap(true, Ordering::SeqCst), "thread {thread} has two chunks at once");
        ran[chunk].fetch_add(1, Ordering::SeqCst);
        active[thread].store(false, Ordering::SeqCst);
    });
    assert!(ran.iter().all(|ran| ran.load(Ordering::SeqCst) == 1), "{ran:?} on {}", executor.threads());
}

/// Keeps a core loaded until it is dropped.
struct Load(Arc<AtomicBool>, Option<JoinHandle<()>>);

impl Load {
    fn new() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let busy = move || {
            while !seen.load(Ordering::Relaxed) {
                spin_loop();
            }
        };
        Load(stop, Some(std::thread::spawn(busy)))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.take().unwrap().join().unwrap();
    }
}

#[test]
fn every_chunk_runs_once() {
    check(&Inline, 5);
    for threads in [1, 2, 3, 7] {
        let pool = Pool::new(threads).unwrap();
        assert_eq!(pool.threads(), threads);
        (0..40).for_each(|chunks| check(&pool, chunks));
    }
}

#[test]
fn work_is_shared() {
    let pool = Pool::new(3).unwrap();
    let met = AtomicUsize::new(0);
    // Each chunk waits for the others, so each needs a thread of its own.
    pool.run(3, &|_, _| {
        met.fetch_add(1, Ordering::SeqCst);
        while met.load(Ordering::SeqCst) < 3 {
            yield_now();
        }
    });
}

#[test]
fn a_panic_reaches_the_caller_after_all_chunks_and_the_pool_still_works() {
    let pool = Pool::new(3).unwrap();
    for culprit in 0..6 {
        let ran = AtomicUsize::new(0);
        let run = || {
            pool.run(6, &|_, chunk| {
                ran.fetch_add(1, Ordering::SeqCst);
                assert!(chunk != culprit, "chunk {culprit} fails");
            });
        };
        let payload = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
        assert_eq!(payload.downcast_ref::<String>(), Some(&format!("chunk {culprit} fails")));
        assert_eq!(ran.load(Ordering::SeqCst), 6);
        check(&pool, 6);
    }
}

/// A payload that panics once more when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

/// Were it dropped between claiming a chunk and counting it, `run` would end before its chunks, or never.
#[test]
fn payloads_that_panic_when_they_are_dropped_stay_where_they_are() {
    let pool = Pool::new(2).unwrap();
    for _ in 0..if cfg!(miri) { 2 } else { 20 } {
        let ran = AtomicUsize::new(0);
        let run = || {
            pool.run(4, &|_, _| {
                ran.fetch_add(1, Ordering::SeqCst);
                std::panic::panic_any(Bomb);
            });
        };
        let payload = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
        assert!(payload.is::<Bomb>(), "what the first chunk panicked with");
        std::mem::forget(payload);
        assert_eq!(ran.load(Ordering::SeqCst), 4);
    }
    check(&pool, 6);
}

#[test]
fn dropping_ends_all_workers_asleep_or_not() {
    for wait in [Duration::ZERO, Duration::from_millis(30)] {
        let pool = Pool::new(4).unwrap();
        check(&pool, 8);
        std::thread::sleep(wait);
        let shared = Arc::downgrade(&pool.shared);
        drop(pool);
        assert_eq!(shared.strong_count(), 0, "a worker is left behind");
    }
}

#[test]
fn the_number_of_threads_has_bounds() {
    for threads in [0, MOST_THREADS + 1, usize::MAX] {
        let error = Pool::new(threads).unwrap_err().to_string();
        assert!(error.contains(&threads.to_string()), "{error}");
    }
}

#[test]
fn a_loaded_core_hangs_nothing() {
    let _load = Load::new();
    let pool = Pool::new(2).unwrap();
    let sum = AtomicU64::new(0);
    for round in 0..100_000u64 {
        let before = sum.load(Ordering::Relaxed);
        pool.run(3, &|_, chunk| {
            sum.fetch_add(round * chunk as u64, Ordering::Relaxed);
        });
        assert_eq!(sum.load(Ordering::Relaxed) - before, 3 * round);
    }
}

#[test]
fn sleeping_workers_wake_up() {
    let pool = Pool::new(3).unwrap();
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(3));
        let started = Instant::now();
        let threads = Mutex::new(std::collections::BTreeSet::new());
        pool.run(3, &|thread, _| {
            lock(&threads).insert(thread);
            // Long enough for others to come, unless they never do.
            while lock(&threads).len() < 2 && started.elapsed() < Duration::from_secs(20) {
                yield_now();
            }
        });
        assert!(lock(&threads).len() > 1, "no worker came");
    }
}

#[test]
fn chunks_may_use_the_pool_themselves() {
    let pool = Pool::new(3).unwrap();
    pool.run(4, &|_, _| check(&pool, 5));
    check(&pool, 5);
}

#[test]
fn callers_on_several_threads_do_not_wait_for_each_other() {
    let pool = Pool::new(2).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..2000).for_each(|round| check(&pool, round % 7)));
        }
    });
}
