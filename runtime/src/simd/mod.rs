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
//! | `exp(a)` | e to the a, within 2 ulp; infinity above 88.73, subnormal, then 0 below -87.34; NaN of NaN |
//! | `hsum(a)`, `hmax(a)` | sum (in pairs, not in order), maximum of all lanes, in every lane; no NaN for `hmax` |
//! | `prefetch(p, at)` | asks for the cache line of `p[at]`, which may lie outside of `p` |
//! | `fence()` | what was stored before is loaded again after, not kept in registers; no instruction |
//!
//! `p` is `&[f32; N]` where it is read and [`Out`](crate::Out) where it is written or read back. All are `#[inline]` and
//! carry the `#[target_feature]` of their instruction set, so a kernel with the same attribute calls them without
//! `unsafe` and they become single instructions. Loads and stores stay `unsafe`: the caller promises the range, and
//! debug builds check it.
//!
//! # Safety of loads and stores
//! `load`, `store`, `read`: `at + LANES <= N`. `splat`: `at < N`. `*_part`: `lanes <= LANES` and `at + lanes <= N`.
//! For `store*` and `read*` also the promise of [`Out`](crate::Out): no one else touches these elements meanwhile.

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

/// What every instruction set takes to compute e to the x.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2, hence e^x = 2^n e^r. The Taylor series to r^7 leaves 5e-9, a tenth of an ulp.
/// n comes from adding 1.5 * 2^23, at which the numbers are 1 apart, and taking it away again. x is clamped first,
/// to where the result is infinite or 0 but n stays small.
mod exp {
    pub const LO: f32 = -104.0;
    pub const HI: f32 = 89.0;
    pub const ROUND: f32 = 12_582_912.0;
    pub const LOG2_E: f32 = std::f32::consts::LOG2_E;
    /// ln 2 to 9 bits, negated: n times it is exact.
    pub const LN2_HIGH: f32 = -355.0 / 512.0;
    /// The rest of -ln 2.
    pub const LN2_LOW: f32 = 2.121_944_4e-4;
    /// 1/7!, 1/6!, .. 1/0!: Horner's scheme from the front.
    pub const TAYLOR: [f32; 8] =
        [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
}

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
