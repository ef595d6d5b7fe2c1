//! Runs the network on different numbers of threads, alone and side by side, and compares bits.

use network::{INFO, Model, Outputs, Workspace};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tilewright_runtime::{AlignedBuf, Executor, Isa, LoadOptions, Network};

const THREADS: [usize; 4] = [1, 2, 3, 7];

type Bits = (Vec<u32>, Vec<u32>);

fn main() {
    let mut args = std::env::args_os().skip(1);
    let weights: PathBuf = args.next().expect("a weights file").into();
    let mut number = || args.next().and_then(|text| text.to_str()?.parse().ok());
    let seconds: u64 = number().expect("seconds");
    // Threads when the program does nothing: its own, and one of ThreadSanitizer's where it is built with that.
    let alone = number().map_or(1, |count: u64| count as usize);
    for isa in INFO.isas.iter().copied().filter(|isa| isa.available()) {
        every_number_of_threads_computes_the_same(isa, &weights, alone);
    }
    let fast = Isa::select(None, INFO.isas).expect("an instruction set");
    side_by_side(fast, &weights, Duration::from_secs(seconds));
}

fn input(seed: usize) -> Box<[f32; 2700]> {
    let number = |i: usize| ((i * 37 + seed * 101) % 255) as f32 / 127.0 - 1.0;
    (0..2700).map(number).collect::<Vec<_>>().try_into().expect("as many")
}

fn bits(floats: &[f32]) -> Vec<u32> {
    assert!(floats.iter().all(|x| x.is_finite()), "{floats:?}");
    floats.iter().map(|x| x.to_bits()).collect()
}

fn run(model: &Model, workspace: &mut Workspace, seed: usize) -> Bits {
    let Outputs { m7: logits, y: shares } = model.run(workspace, &input(seed));
    (bits(logits), bits(shares))
}

fn load(isa: Isa, weights: &PathBuf, threads: usize, executor: Option<Arc<dyn Executor>>) -> Model {
    let options = LoadOptions { isa: Some(isa), weights: Some(weights.clone()), threads, executor };
    Model::load(&options).expect("a model")
}

fn every_number_of_threads_computes_the_same(isa: Isa, weights: &PathBuf, alone: usize) {
    let want: Vec<Bits> = {
        let model = load(isa, weights, 1, None);
        let mut workspace = Workspace::new().expect("memory");
        (0..3).map(|seed| run(&model, &mut workspace, seed)).collect()
    };
    assert_ne!(want[0], want[1], "the network says something");
    for threads in THREADS {
        let model = load(isa, weights, threads, None);
        let mut workspace = Workspace::for_model(&model).expect("memory");
        // The memory of one thread is enough for a run, on that thread.
        let mut small = Workspace::new().expect("memory");
        for (seed, want) in want.iter().enumerate() {
            for _ in 0..5 {
                assert_eq!(run(&model, &mut workspace, seed), *want, "{isa}, {threads} threads");
            }
            assert_eq!(run(&model, &mut small, seed), *want, "{isa}, {threads} threads, little memory");
        }
        checks_the_arena(&model, &want[0]);
    }
    let model = load(isa, weights, 0, Some(Arc::new(Backwards)));
    let mut workspace = Workspace::for_model(&model).expect("memory");
    assert_eq!(run(&model, &mut workspace, 0), want[0], "{isa}, an executor of the caller's");
    drop(model);
    // A thread that was joined may stay in the list for a moment.
    let ended = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(1));
        threads().is_none_or(|count| count == alone)
    });
    assert!(ended, "{:?} threads are left", threads());
    println!("{isa}: {THREADS:?} threads agree");
}

/// Threads of this process, where the system tells.
fn threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

fn checks_the_arena(model: &Model, want: &Bits) {
    let need = INFO.arena_floats(model.threads());
    assert_eq!(need * 4, network::ARENA_BYTES + (model.threads() - 1) * network::SCRATCH_BYTES);
    let mut arena = AlignedBuf::try_new(need).expect("memory");
    Network::run(model, &mut arena, &[&input(0)[..]]).expect("a run");
    assert_eq!((bits(model.output(&arena, 0)), bits(model.output(&arena, 1))), *want);
    let short = &mut arena[..need - 1];
    let error = Network::run(model, short, &[&input(0)[..]]).expect_err("too short").to_string();
    assert!(error.contains(&format!("has {} floats", need - 1)) && error.contains("threads"), "{error}");
}

/// Three threads that the caller brings; chunks in reverse.
#[derive(Debug)]
struct Backwards;

// SAFETY: each chunk goes to one of three threads by its number, one after the other, and the scope joins them.
unsafe impl Executor for Backwards {
    fn threads(&self) -> usize {
        3
    }

    fn run(&self, chunks: usize, work: &(dyn Fn(usize, usize) + Sync)) {
        std::thread::scope(|scope| {
            for thread in 0..3 {
                scope.spawn(move || {
                    (0..chunks).rev().filter(|chunk| chunk % 3 == thread).for_each(|chunk| work(thread, chunk));
                });
            }
        });
    }
}

/// Two models of two threads each on two threads, a third caller that shares a model with one of them, and a core that is
/// busy with something else.
fn side_by_side(isa: Isa, weights: &PathBuf, time: Duration) {
    let (a, b) = (load(isa, weights, 2, None), load(isa, weights, 2, None));
    let want: Vec<Bits> = {
        let mut workspace = Workspace::new().expect("memory");
        (0..4).map(|seed| run(&a, &mut workspace, seed)).collect()
    };
    let over = AtomicBool::new(false);
    let started = Instant::now();
    let runs: usize = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        let callers = [&a, &b, &b].map(|model| {
            let want = &want;
            scope.spawn(move || {
                let mut workspace = Workspace::for_model(model).expect("memory");
                let mut runs = 0;
                while started.elapsed() < time {
                    assert_eq!(run(model, &mut workspace, runs % 4), want[runs % 4], "run {runs}");
                    runs += 1;
                }
                runs
            })
        });
        let runs = callers.map(|caller| caller.join().expect("a caller whose results agree")).iter().sum();
        over.store(true, Ordering::Relaxed);
        runs
    });
    println!("{runs} runs of two models in {:.1} s agree", started.elapsed().as_secs_f64());
}
