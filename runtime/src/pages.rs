//! Huge pages: fewer misses of the address cache while kernels walk over many planes.

use std::alloc::Layout;
use std::ptr::NonNull;

/// Bytes of a huge page on x86-64 and aarch64.
pub const HUGE: usize = 2 << 20;

/// Asks the system to back an allocation with huge pages. Only a wish: whatever it answers, the memory is the same.
#[cfg(target_os = "linux")]
pub fn prefer_huge(start: NonNull<u8>, layout: Layout) {
    const MADV_HUGEPAGE: i32 = 14;
    unsafe extern "C" {
        fn madvise(start: *mut u8, bytes: usize, advice: i32) -> i32;
    }
    if layout.align() >= HUGE && layout.size() >= HUGE {
        // SAFETY: the range is an allocation of this process, and this advice leaves its contents alone.
        unsafe { madvise(start.as_ptr(), layout.size(), MADV_HUGEPAGE) };
    }
}

/// Other systems decide on their own.
#[cfg(not(target_os = "linux"))]
pub fn prefer_huge(_: NonNull<u8>, _: Layout) {}
