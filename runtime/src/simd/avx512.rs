//! AVX-512 Foundation: sixteen lanes, mask registers for the tails.

pub use super::{fence, opaque, range};

use super::math::*;
use super::runs;
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

/// The square root.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn sqrt(a: V) -> V {
    _mm512_sqrt_ps(a)
}

/// `a` without its sign.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn abs(a: V) -> V {
    _mm512_abs_ps(a)
}

/// `a`, which is not negative, with the sign of `b`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn with_sign(a: V, b: V) -> V {
    let sign = _mm512_and_si512(_mm512_castps_si512(b), _mm512_set1_epi32(i32::MIN));
    _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(a), sign))
}

/// The next integer towards minus infinity.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn floor(a: V) -> V {
    _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(a)
}

/// The next integer towards infinity.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn ceil(a: V) -> V {
    _mm512_roundscale_ps::<{ _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC }>(a)
}

/// The nearest integer, an even one between two.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn round(a: V) -> V {
    _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a)
}

/// `yes` where `a < b`, else `no`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn pick_less(a: V, b: V, yes: V, no: V) -> V {
    _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b), no, yes)
}

/// `yes` where `a <= b`, else `no`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn pick_less_equal(a: V, b: V, yes: V, no: V) -> V {
    _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(a, b), no, yes)
}

/// `yes` where `a == b`, else `no`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn pick_equal(a: V, b: V, yes: V, no: V) -> V {
    _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b), no, yes)
}

/// `a * 2^n` for an integral `n`.
#[inline]
#[target_feature(enable = "avx512f")]
fn scale(a: V, n: V) -> V {
    _mm512_scalef_ps(a, n)
}

/// `(m, e)` with `a = m * 2^e` and `m` around 1, for a normal `a > 0`.
#[inline]
#[target_feature(enable = "avx512f")]
fn split(a: V) -> (V, V) {
    let bits = _mm512_castps_si512(a);
    let e = _mm512_srai_epi32::<23>(_mm512_sub_epi32(bits, _mm512_set1_epi32(SQRT_HALF)));
    let m = _mm512_sub_epi32(bits, _mm512_slli_epi32::<23>(e));
    (_mm512_castsi512_ps(m), _mm512_cvtepi32_ps(e))
}

math!(#[target_feature(enable = "avx512f")]);
lanewise!(#[target_feature(enable = "avx512f")]);

/// Of each run of `RUN` lanes, a power of two, that of number `lane`, in all of them.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn spread<const RUN: usize>(a: V, lane: usize) -> V {
    let runs = const { runs::<LANES>(RUN) };
    // SAFETY: the array has as many bytes as the vector.
    let runs = unsafe { _mm512_loadu_si512(runs.as_ptr().cast()) };
    let index = _mm512_add_epi32(runs, _mm512_set1_epi32(lane as i32));
    // Within four lanes it is the cheaper instruction.
    if RUN <= 4 { _mm512_permutevar_ps(a, index) } else { _mm512_permutexvar_ps(index, a) }
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
