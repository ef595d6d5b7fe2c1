//! AVX-512 Foundation: sixteen lanes, mask registers for the tails.

pub use super::fence;

use super::exp;
use crate::Out;
use std::arch::x86_64::*;

/// f32 lanes of a vector.
pub const LANES: usize = 16;

/// A vector.
pub type V = __m512;

/// The first `lanes` lanes; a shift by 16 is what makes all of them.
#[inline]
#[target_feature(enable = "avx512f")]
fn first(lanes: usize) -> __mmask16 {
    debug_assert!(lanes <= LANES);
    ((1u32 << lanes) - 1) as __mmask16
}

/// `p[at ..][.. LANES]`.
///
/// # Safety
/// `at + LANES <= N`.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn load<const N: usize>(p: &[f32; N], at: usize) -> V {
    in_range!(at, LANES, N);
    // SAFETY: the caller keeps the range inside of `p`.
    unsafe { _mm512_loadu_ps(p.as_ptr().add(at)) }
}

/// `p[at ..][.. lanes]`, the other lanes 0.
///
/// # Safety
/// `lanes <= LANES` and `at + lanes <= N`.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn load_part<const N: usize>(p: &[f32; N], at: usize, lanes: usize) -> V {
    in_range!(at, lanes, N);
    // SAFETY: the caller keeps the range inside of `p`; masked lanes are not accessed.
    unsafe { _mm512_maskz_loadu_ps(first(lanes), p.as_ptr().add(at)) }
}

/// `p[at]` in every lane.
///
/// # Safety
/// `at < N`.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn splat<const N: usize>(p: &[f32; N], at: usize) -> V {
    in_range!(at, 1, N);
    // SAFETY: the caller keeps `at` inside of `p`.
    constant(unsafe { *p.as_ptr().add(at) })
}

/// Writes `v` to `p[at ..][.. LANES]`.
///
/// # Safety
/// `at + LANES <= N`, and no one else touches these elements.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn store<const N: usize>(p: Out<'_, N>, at: usize, v: V) {
    in_range!(at, LANES, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself.
    unsafe { _mm512_storeu_ps(p.at(at), v) }
}

/// Writes the first `lanes` lanes of `v` to `p[at ..]`.
///
/// # Safety
/// `lanes <= LANES`, `at + lanes <= N`, and no one else touches these elements.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn store_part<const N: usize>(p: Out<'_, N>, at: usize, lanes: usize, v: V) {
    in_range!(at, lanes, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself; masked lanes are not accessed.
    unsafe { _mm512_mask_storeu_ps(p.at(at), first(lanes), v) }
}

/// Reads `p[at ..][.. LANES]` back.
///
/// # Safety
/// `at + LANES <= N`, and no one else writes these elements.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn read<const N: usize>(p: Out<'_, N>, at: usize) -> V {
    in_range!(at, LANES, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself.
    unsafe { _mm512_loadu_ps(p.at(at)) }
}

/// Reads `p[at]` back into every lane.
///
/// # Safety
/// `at < N`, and no one else writes this element.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn read_splat<const N: usize>(p: Out<'_, N>, at: usize) -> V {
    in_range!(at, 1, N);
    // SAFETY: the caller keeps `at` inside of `p` and to itself.
    constant(unsafe { p.at(at).read() })
}

/// Reads `p[at ..][.. lanes]` back, the other lanes 0.
///
/// # Safety
/// `lanes <= LANES`, `at + lanes <= N`, and no one else writes these elements.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn read_part<const N: usize>(p: Out<'_, N>, at: usize, lanes: usize) -> V {
    in_range!(at, lanes, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself; masked lanes are not accessed.
    unsafe { _mm512_maskz_loadu_ps(first(lanes), p.at(at)) }
}

/// `x` in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn constant(x: f32) -> V {
    _mm512_set1_ps(x)
}

/// 0 in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn zero() -> V {
    _mm512_setzero_ps()
}

/// `a + b`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn add(a: V, b: V) -> V {
    _mm512_add_ps(a, b)
}

/// `a - b`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn sub(a: V, b: V) -> V {
    _mm512_sub_ps(a, b)
}

/// `a * b`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn mul(a: V, b: V) -> V {
    _mm512_mul_ps(a, b)
}

/// `a / b`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn div(a: V, b: V) -> V {
    _mm512_div_ps(a, b)
}

/// The greater; `b` where either is a NaN.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn max(a: V, b: V) -> V {
    _mm512_max_ps(a, b)
}

/// The lesser; `b` where either is a NaN.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn min(a: V, b: V) -> V {
    _mm512_min_ps(a, b)
}

/// `a * b + c`, rounded once.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn fma(a: V, b: V, c: V) -> V {
    _mm512_fmadd_ps(a, b, c)
}

/// e to the `a`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn exp(a: V) -> V {
    let x = min(constant(exp::HI), max(constant(exp::LO), a));
    let n = sub(fma(x, constant(exp::LOG2_E), constant(exp::ROUND)), constant(exp::ROUND));
    let r = fma(n, constant(exp::LN2_LOW), fma(n, constant(exp::LN2_HIGH), x));
    let mut p = constant(exp::TAYLOR[0]);
    for c in &exp::TAYLOR[1..] {
        p = fma(p, r, constant(*c));
    }
    _mm512_scalef_ps(p, n)
}

/// The sum of all lanes, in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn hsum(a: V) -> V {
    constant(_mm512_reduce_add_ps(a))
}

/// The maximum of all lanes, in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn hmax(a: V) -> V {
    constant(_mm512_reduce_max_ps(a))
}

/// Asks for the cache line of `p[at]`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn prefetch<const N: usize>(p: &[f32; N], at: usize) {
    // SAFETY: a hint, which accesses no memory and faults at no address.
    #[allow(unused_unsafe, reason = "the intrinsic became safe after 1.89")]
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(p.as_ptr().wrapping_add(at).cast())
    }
}
