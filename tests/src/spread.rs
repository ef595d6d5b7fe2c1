//! Work on every element of a list, on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What `work` makes of each element, in the order of the list.
///
/// # Panics
/// When `work` does.
pub fn spread<T: Sync, R: Send>(list: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let take = || -> Vec<(usize, R)> {
        let at = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&at| at < list.len());
        std::iter::from_fn(at).map(|at| (at, work(&list[at]))).collect()
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
