//! Where a pool's threads wait for each other.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::yield_now;

/// Looks at what is waited for before others may have the core: some tens of microseconds.
const SPINS: usize = 1500;
/// Further looks, each after offering the core to others, before sleeping: some hundreds of microseconds at most.
const YIELDS: usize = 500;

/// Where threads wait for a condition: spinning first, then asleep.
#[derive(Default)]
pub(super) struct Gate {
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    bell: Condvar,
}

impl Gate {
    /// Waits until `ready`, which reads only what is written with `SeqCst` before a [`ring`](Gate::ring).
    pub fn wait(&self, ready: impl Fn() -> bool) {
        for look in 0..SPINS + YIELDS {
            if ready() {
                return;
            }
            if look < SPINS { spin_loop() } else { yield_now() }
        }
        let mut guard = lock(&self.lock);
        // Either `ring` sees this sleeper, or this sleeper sees what was written before `ring`.
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while !ready() {
            guard = self.bell.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }

    /// Wakes all who sleep.
    pub fn ring(&self) {
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            // A sleeper holds the lock from counting itself until it hears the bell.
            drop(lock(&self.lock));
            self.bell.notify_all();
        }
    }
}

/// No panic happens under these locks, so what they guard is sound.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
