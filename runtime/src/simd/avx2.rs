//! AVX2 with FMA: eight lanes, masks in vector registers for the tails.

pub use super::{fence, opaque, range};

use super::math::*;
use super::runs;
use crate::Out;
use std::arch::x86_64::*;

/// f32 lanes of a vector.
pub const LANES: usize = 8;

/// A vector.
pub type V = __m256;

/// The first `lanes` lanes: all bits set where the lane's number is less.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn first(lanes: usize) -> __m256i {
    debug_assert!(lanes <= LANES);
    _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
}

/// `p[at ..][.. LANES]`.
///
/// # Safety
/// `at + LANES <= N`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub unsafe fn load<const N: usize>(p: &[f32; N], at: usize) -> V {
    in_range!(at, LANES, N);
    // SAFETY: the caller keeps the range inside of `p`.
    unsafe { _mm256_loadu_ps(p.as_ptr().add(at)) }
}

/// `p[at ..][.. lanes]`, the other lanes 0.
///
/// # Safety
/// `lanes <= LANES` and `at + lanes <= N`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub unsafe fn load_part<const N: usize>(p: &[f32; N], at: usize, lanes: usize) -> V {
    in_range!(at, lanes, N);
    // SAFETY: the caller keeps the range inside of `p`; masked lanes are not accessed.
    unsafe { _mm256_maskload_ps(p.as_ptr().add(at), first(lanes)) }
}

/// `p[at]` in every lane.
///
/// # Safety
/// `at < N`.
#[inline]
#[target_feature(enable = "avx2,fma")]
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
#[target_feature(enable = "avx2,fma")]
pub unsafe fn store<const N: usize>(p: Out<'_, N>, at: usize, v: V) {
    in_range!(at, LANES, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself.
    unsafe { _mm256_storeu_ps(p.at(at), v) }
}

/// Writes the first `lanes` lanes of `v` to `p[at ..]`.
///
/// # Safety
/// `lanes <= LANES`, `at + lanes <= N`, and no one else touches these elements.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub unsafe fn store_part<const N: usize>(p: Out<'_, N>, at: usize, lanes: usize, v: V) {
    in_range!(at, lanes, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself; masked lanes are not accessed.
    unsafe { _mm256_maskstore_ps(p.at(at), first(lanes), v) }
}

/// Reads `p[at ..][.. LANES]` back.
///
/// # Safety
/// `at + LANES <= N`, and no one else writes these elements.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub unsafe fn read<const N: usize>(p: Out<'_, N>, at: usize) -> V {
    in_range!(at, LANES, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself.
    unsafe { _mm256_loadu_ps(p.at(at)) }
}

/// Reads `p[at]` back into every lane.
///
/// # Safety
/// `at < N`, and no one else writes this element.
#[inline]
#[target_feature(enable = "avx2,fma")]
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
#[target_feature(enable = "avx2,fma")]
pub unsafe fn read_part<const N: usize>(p: Out<'_, N>, at: usize, lanes: usize) -> V {
    in_range!(at, lanes, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself; masked lanes are not accessed.
    unsafe { _mm256_maskload_ps(p.at(at), first(lanes)) }
}

/// `x` in every lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn constant(x: f32) -> V {
    _mm256_set1_ps(x)
}

/// 0 in every lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn zero() -> V {
    _mm256_setzero_ps()
}

/// `a + b`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn add(a: V, b: V) -> V {
    _mm256_add_ps(a, b)
}

/// `a - b`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn sub(a: V, b: V) -> V {
    _mm256_sub_ps(a, b)
}

/// `a * b`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn mul(a: V, b: V) -> V {
    _mm256_mul_ps(a, b)
}

/// `a / b`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn div(a: V, b: V) -> V {
    _mm256_div_ps(a, b)
}

/// The greater; `b` where either is a NaN.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn max(a: V, b: V) -> V {
    _mm256_max_ps(a, b)
}

/// The lesser; `b` where either is a NaN.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn min(a: V, b: V) -> V {
    _mm256_min_ps(a, b)
}

/// `a * b + c`, rounded once.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn fma(a: V, b: V, c: V) -> V {
    _mm256_fmadd_ps(a, b, c)
}

/// The square root.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn sqrt(a: V) -> V {
    _mm256_sqrt_ps(a)
}

/// `a` without its sign.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn abs(a: V) -> V {
    _mm256_andnot_ps(constant(-0.0), a)
}

/// `a`, which is not negative, with the sign of `b`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn with_sign(a: V, b: V) -> V {
    _mm256_or_ps(a, _mm256_and_ps(constant(-0.0), b))
}

/// The next integer towards minus infinity.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn floor(a: V) -> V {
    _mm256_floor_ps(a)
}

/// The next integer towards infinity.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn ceil(a: V) -> V {
    _mm256_ceil_ps(a)
}

/// The nearest integer, an even one between two.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn round(a: V) -> V {
    _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a)
}

/// `yes` where `a < b`, else `no`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn pick_less(a: V, b: V, yes: V, no: V) -> V {
    _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_LT_OQ>(a, b))
}

/// `yes` where `a <= b`, else `no`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn pick_less_equal(a: V, b: V, yes: V, no: V) -> V {
    _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_LE_OQ>(a, b))
}

/// `yes` where `a == b`, else `no`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn pick_equal(a: V, b: V, yes: V, no: V) -> V {
    _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b))
}

/// `a * 2^n` for an integral `n` from -252 to 254, in two halves, since 2^128 and 2^-150 are no f32.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn scale(a: V, n: V) -> V {
    let n = _mm256_cvtps_epi32(n);
    let half = _mm256_srai_epi32::<1>(n);
    mul(mul(a, power_of_two(half)), power_of_two(_mm256_sub_epi32(n, half)))
}

/// 2^n for -126 <= n <= 127.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn power_of_two(n: __m256i) -> V {
    _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_add_epi32(n, _mm256_set1_epi32(127))))
}

/// `(m, e)` with `a = m * 2^e` and `m` around 1, for a normal `a > 0`.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn split(a: V) -> (V, V) {
    let bits = _mm256_castps_si256(a);
    let e = _mm256_srai_epi32::<23>(_mm256_sub_epi32(bits, _mm256_set1_epi32(SQRT_HALF)));
    let m = _mm256_sub_epi32(bits, _mm256_slli_epi32::<23>(e));
    (_mm256_castsi256_ps(m), _mm256_cvtepi32_ps(e))
}

math!(#[target_feature(enable = "avx2,fma")]);
lanewise!(#[target_feature(enable = "avx2,fma")]);

/// Of each run of `RUN` lanes, a power of two, that of number `lane`, in all of them.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn spread<const RUN: usize>(a: V, lane: usize) -> V {
    let runs = const { runs::<LANES>(RUN) };
    // SAFETY: the array has as many bytes as the vector.
    let runs = unsafe { _mm256_loadu_si256(runs.as_ptr().cast()) };
    let index = _mm256_add_epi32(runs, _mm256_set1_epi32(lane as i32));
    // Within four lanes it is the cheaper instruction.
    if RUN <= 4 { _mm256_permutevar_ps(a, index) } else { _mm256_permutevar8x32_ps(a, index) }
}

/// The sum of all lanes, in every lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn hsum(a: V) -> V {
    let a = add(a, _mm256_permute2f128_ps::<0x01>(a, a));
    let a = add(a, _mm256_permute_ps::<0b01_00_11_10>(a));
    add(a, _mm256_permute_ps::<0b10_11_00_01>(a))
}

/// The maximum of all lanes, in every lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn hmax(a: V) -> V {
    let a = max(a, _mm256_permute2f128_ps::<0x01>(a, a));
    let a = max(a, _mm256_permute_ps::<0b01_00_11_10>(a));
    max(a, _mm256_permute_ps::<0b10_11_00_01>(a))
}

/// Asks for the cache line of `p[at]`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub fn prefetch<const N: usize>(p: &[f32; N], at: usize) {
    // SAFETY: a hint, which accesses no memory and faults at no address.
    #[allow(unused_unsafe, reason = "the intrinsic became safe after 1.89")]
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(p.as_ptr().wrapping_add(at).cast())
    }
}
