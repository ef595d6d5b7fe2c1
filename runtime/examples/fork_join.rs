//! What it costs to hand a step to all threads of a pool and to have it back; each thread only waits for the others to come.
//!
//! ```console
//! cargo run --release -p tilewright-runtime --example fork_join
//! ```

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tilewright_runtime::{Error, Executor, Pool, cores};

const REGIONS: u32 = 10_000;

fn main() -> Result<(), Error> {
    for threads in 2..=cores::physical().max(2) {
        let pool = Pool::new(threads)?;
        let region = || {
            let missing = AtomicUsize::new(threads);
            pool.run(threads, &|_, _| {
                missing.fetch_sub(1, Ordering::Relaxed);
                while missing.load(Ordering::Relaxed) > 0 {
                    spin_loop();
                }
            });
        };
        let timed = |count: u32| {
            let started = Instant::now();
            (0..count).for_each(|_| region());
            started.elapsed() / count
        };
        let mut rounds: Vec<Duration> = (0..21).map(|_| timed(REGIONS)).collect();
        rounds.sort();
        std::thread::sleep(Duration::from_millis(20));
        let asleep = timed(1);
        println!(
            "{threads} threads: {:?} a step, at best {:?}; {asleep:?} after a pause",
            rounds[10], rounds[0]
        );
    }
    Ok(())
}
