//! A run allocates nothing, on one thread or several. A test program of its own: it counts what all of its threads do.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use tilewright_runtime::LoadOptions;
use tilewright_two_models::{colours, difference};

/// The system's allocator, and how often it was asked.
struct Counting;

static ASKED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all work is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::SeqCst);
        // SAFETY: what the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        ASKED.fetch_add(1, Ordering::SeqCst);
        // SAFETY: what the caller promised.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often memory was asked for or given back meanwhile, by any thread.
fn asked(work: impl FnOnce()) -> usize {
    let before = ASKED.load(Ordering::SeqCst);
    work();
    ASKED.load(Ordering::SeqCst) - before
}

// One test: what runs beside another would be counted.
#[test]
fn a_run_allocates_nothing() {
    let picture = Box::new([0.25f32; 3072]);
    assert!(asked(|| drop(std::hint::black_box(Box::new(7)))) >= 2, "the allocator counts");
    for threads in [1, 2, 3] {
        let options = LoadOptions { threads, ..LoadOptions::default() };
        let model = colours::Model::with_options(&options).expect("a model");
        let mut workspace = colours::Workspace::for_model(&model).expect("memory");
        let other = difference::Model::with_options(&options).expect("a model");
        let mut memory = difference::Workspace::for_model(&other).expect("memory");
        // The first run of a thread may set up what the system keeps for it.
        let mut run = || {
            let shares = model.run(&mut workspace, &picture);
            assert!(shares[0] > 0.0);
            let inputs = difference::Inputs { left: &picture, right: &picture };
            assert_eq!(other.run(&mut memory, &inputs).distance, &[0.0]);
        };
        run();
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert_eq!(asked(|| (0..100).for_each(|_| run())), 0, "{threads} threads");
    }
}
