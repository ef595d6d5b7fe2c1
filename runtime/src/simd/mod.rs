//! Thin wrappers of the vector instructions: one module per instruction set, with the same names in each.
//!
//! Generated kernels say `use tilewright_runtime::simd::avx512 as v;` and then `v::load`, `v::fma`, `v::store`; the
//! instruction set is that line and nothing else. Each module has
//!
//! | item | meaning |
//! |---|---|
//! | `LANES`, `V` | f32 lanes of a vector, and the vector |
//! | `load(p, at)`, `load_part(p, at, lanes)` | `p[at ..][.. LANES]`; only the first `lanes` elements, the other lanes 0 |
//! | `splat(p, at)` | `p[at]` in every lane |
//! | `store(p, at, v)`, `store_part(p, at, lanes, v)` | writes `LANES` elements, or the first `lanes` |
//! | `read(p, at)`, `read_part(p, at, lanes)` | loads back what the kernel itself stored |
//! | `constant(x)`, `zero()` | one number in every lane |
//! | `add`, `sub`, `mul`, `div` | by IEEE 754, rounded once each |
//! | `max(a, b)`, `min(a, b)` | `b` where either is a NaN, and where both are zeros of any sign |
//! | `fma(a, b, c)` | `a * b + c`; rounded once, in `portable` twice |
//! | `sqrt`, `abs`, `floor`, `ceil`, `round` | exact; `round` to even |
//! | `pick_less(a, b, yes, no)`, `pick_less_equal`, `pick_equal` | `yes` where the comparison holds; none does for a NaN |
//! | `exp`, `log`, `tanh`, `sigmoid`, `gelu`, .. | functions of one number, within a few ulp (`math.rs`); NaN of NaN |
//! | `maximum`, `minimum`, `prelu`, `less`, `equal`, `pow`, .. | functions of two (`lanes.rs`); comparisons give 1 and 0 |
//! | `select(a, yes, no)` | `no` where `a` is 0 |
//! | `spread::<RUN>(a, lane)` | of each run of `RUN` lanes, a power of two, that of number `lane`, in all of them |
//! | `hsum(a)`, `hmax(a)` | sum (in pairs, not in order), maximum of all lanes, in every lane; no NaN for `hmax` |
//! | `prefetch(p, at)` | asks for the cache line of `p[at]`, which may lie outside of `p` |
//! | `range(ranges, number)` | one of a table of ranges, none of which is empty |
//! | `opaque(index)` | the index, of which the compiler knows nothing; no instruction |
//! | `fence()` | what was stored before is loaded again after, not kept in registers; no instruction |
//!
//! `p` is `&[f32; N]` where it is read and [`Out`](crate::Out) where it is written or read back. All are `#[inline]` and
//! carry the `#[target_feature]` of their instruction set, so a kernel with the same attribute calls them without
//! `unsafe` and they become single instructions. Loads and stores stay `unsafe`: the caller promises the range, and
//! debug builds check it.
//!
//! # Safety of loads and stores
//! `load`, `store`, `read`: `at + LANES <= N`. `splat`: `at < N`. `*_part`: `lanes <= LANES` and `at + lanes <= N`.
//! `range`: `number < N`, and no range is empty. For `store*` and `read*` also the promise of [`Out`](crate::Out): no one else touches these elements meanwhile.

use std::ops::Range;

/// The promise of a load or store, checked in debug builds.
macro_rules! in_range {
    ($at:expr, $count:expr, $n:expr) => {
        debug_assert!(
            ($at as usize).checked_add($count).is_some_and(|end| end <= $n),
            "elements {} .. + {} of {}",
            $at,
            $count,
            $n
        )
    };
}

/// A point that the compiler moves no store or load across; no instruction. Between two passes over more values than
/// there are registers it keeps the compiler from spilling what lies in memory already.
#[inline]
pub fn fence() {
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
}

/// The index, of which the compiler then knows nothing but that it may be another in the next iteration; no instruction.
/// It keeps what a loop loads inside of that loop.
#[inline]
pub fn opaque(index: usize) -> usize {
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    {
        let mut index = index;
        // SAFETY: it is no instruction.
        unsafe {
            std::arch::asm!("/* {} */", inout(reg) index, options(nomem, nostack, preserves_flags));
        }
        index
    }
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
    {
        std::hint::black_box(index)
    }
}

/// The first lane of the run of `run` lanes that each lane is in.
#[cfg(target_arch = "x86_64")]
const fn runs<const LANES: usize>(run: usize) -> [i32; LANES] {
    assert!(run.is_power_of_two() && run <= LANES);
    let mut first = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        first[lane] = (lane / run * run) as i32;
        lane += 1;
    }
    first
}

/// Range `number` of a table, which the compiler then knows not to be empty.
///
/// # Safety
/// `number < N`, and no range of the table is empty.
#[inline]
pub unsafe fn range<const N: usize>(ranges: &[Range<usize>; N], number: usize) -> Range<usize> {
    debug_assert!(number < N && ranges.iter().all(|range| !range.is_empty()));
    // SAFETY: as the caller promises.
    unsafe {
        let range = ranges.get_unchecked(number).clone();
        std::hint::assert_unchecked(range.start < range.end);
        range
    }
}

#[macro_use]
mod lanes;
#[macro_use]
mod math;

#[cfg(target_arch = "x86_64")]
#[allow(
    clippy::missing_safety_doc,
    reason = "the lint takes safe functions with a target feature for unsafe ones"
)]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(
    clippy::missing_safety_doc,
    reason = "the lint takes safe functions with a target feature for unsafe ones"
)]
pub mod avx512;
pub mod portable;

#[cfg(test)]
mod tests;
