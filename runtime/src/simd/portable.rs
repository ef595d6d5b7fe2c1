//! Any processor: arrays of four lanes, which the compiler turns into the vectors of the target's baseline.

pub use super::{fence, opaque, range};

use super::math::*;
use crate::Out;

/// f32 lanes of a vector.
pub const LANES: usize = 4;

/// A vector.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct V([f32; LANES]);

/// A vector of one expression per lane, written out: closures over arrays take rustc more than twice as long, and a
/// network calls these functions ten thousand times.
macro_rules! lanes {
    ($lane:ident => $value:expr) => {
        V([
            {
                const $lane: usize = 0;
                $value
            },
            {
                const $lane: usize = 1;
                $value
            },
            {
                const $lane: usize = 2;
                $value
            },
            {
                const $lane: usize = 3;
                $value
            },
        ])
    };
}

/// `p[at ..][.. LANES]`.
///
/// # Safety
/// `at + LANES <= N`.
#[inline]
pub unsafe fn load<const N: usize>(p: &[f32; N], at: usize) -> V {
    in_range!(at, LANES, N);
    // SAFETY: the caller keeps the range inside of `p`; an array of floats has the alignment of a float.
    V(unsafe { p.as_ptr().add(at).cast::<[f32; LANES]>().read() })
}

/// `p[at ..][.. lanes]`, the other lanes 0.
///
/// # Safety
/// `lanes <= LANES` and `at + lanes <= N`.
#[inline]
pub unsafe fn load_part<const N: usize>(p: &[f32; N], at: usize, lanes: usize) -> V {
    debug_assert!(lanes <= LANES);
    in_range!(at, lanes, N);
    let mut v = zero();
    // SAFETY: the caller keeps both ranges inside their arrays, which are different ones.
    unsafe { v.0.as_mut_ptr().copy_from_nonoverlapping(p.as_ptr().add(at), lanes) };
    v
}

/// `p[at]` in every lane.
///
/// # Safety
/// `at < N`.
#[inline]
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
pub unsafe fn store<const N: usize>(p: Out<'_, N>, at: usize, v: V) {
    in_range!(at, LANES, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself.
    unsafe { p.at(at).cast::<[f32; LANES]>().write(v.0) }
}

/// Writes the first `lanes` lanes of `v` to `p[at ..]`.
///
/// # Safety
/// `lanes <= LANES`, `at + lanes <= N`, and no one else touches these elements.
#[inline]
pub unsafe fn store_part<const N: usize>(p: Out<'_, N>, at: usize, lanes: usize, v: V) {
    debug_assert!(lanes <= LANES);
    in_range!(at, lanes, N);
    // SAFETY: the caller keeps both ranges inside their arrays, which are different ones.
    unsafe { p.at(at).copy_from_nonoverlapping(v.0.as_ptr(), lanes) }
}

/// Reads `p[at ..][.. LANES]` back.
///
/// # Safety
/// `at + LANES <= N`, and no one else writes these elements.
#[inline]
pub unsafe fn read<const N: usize>(p: Out<'_, N>, at: usize) -> V {
    in_range!(at, LANES, N);
    // SAFETY: the caller keeps the range inside of `p` and to itself.
    V(unsafe { p.at(at).cast::<[f32; LANES]>().read() })
}

/// Reads `p[at]` back into every lane.
///
/// # Safety
/// `at < N`, and no one else writes this element.
#[inline]
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
pub unsafe fn read_part<const N: usize>(p: Out<'_, N>, at: usize, lanes: usize) -> V {
    debug_assert!(lanes <= LANES);
    in_range!(at, lanes, N);
    let mut v = zero();
    // SAFETY: the caller keeps both ranges inside their arrays, which are different ones.
    unsafe { v.0.as_mut_ptr().copy_from_nonoverlapping(p.at(at), lanes) };
    v
}

/// `x` in every lane.
#[inline]
pub fn constant(x: f32) -> V {
    V([x; LANES])
}

/// 0 in every lane.
#[inline]
pub fn zero() -> V {
    constant(0.0)
}

/// `a + b`.
#[inline]
pub fn add(a: V, b: V) -> V {
    lanes!(I => a.0[I] + b.0[I])
}

/// `a - b`.
#[inline]
pub fn sub(a: V, b: V) -> V {
    lanes!(I => a.0[I] - b.0[I])
}

/// `a * b`.
#[inline]
pub fn mul(a: V, b: V) -> V {
    lanes!(I => a.0[I] * b.0[I])
}

/// `a / b`.
#[inline]
pub fn div(a: V, b: V) -> V {
    lanes!(I => a.0[I] / b.0[I])
}

/// The greater; `b` where either is a NaN.
#[inline]
pub fn max(a: V, b: V) -> V {
    lanes!(I => if a.0[I] > b.0[I] { a.0[I] } else { b.0[I] })
}

/// The lesser; `b` where either is a NaN.
#[inline]
pub fn min(a: V, b: V) -> V {
    lanes!(I => if a.0[I] < b.0[I] { a.0[I] } else { b.0[I] })
}

/// `a * b + c`, rounded twice: without the instruction, rounding once would take a library call per lane.
#[inline]
pub fn fma(a: V, b: V, c: V) -> V {
    lanes!(I => a.0[I] * b.0[I] + c.0[I])
}

/// The square root.
#[inline]
pub fn sqrt(a: V) -> V {
    lanes!(I => a.0[I].sqrt())
}

/// `a` without its sign.
#[inline]
pub fn abs(a: V) -> V {
    lanes!(I => a.0[I].abs())
}

/// `a`, which is not negative, with the sign of `b`.
#[inline]
pub fn with_sign(a: V, b: V) -> V {
    lanes!(I => a.0[I].copysign(b.0[I]))
}

/// The next integer towards minus infinity.
#[inline]
pub fn floor(a: V) -> V {
    lanes!(I => a.0[I].floor())
}

/// The next integer towards infinity.
#[inline]
pub fn ceil(a: V) -> V {
    lanes!(I => a.0[I].ceil())
}

/// The nearest integer, an even one between two.
#[inline]
pub fn round(a: V) -> V {
    lanes!(I => a.0[I].round_ties_even())
}

/// `yes` where `a < b`, else `no`.
#[inline]
pub fn pick_less(a: V, b: V, yes: V, no: V) -> V {
    lanes!(I => if a.0[I] < b.0[I] { yes.0[I] } else { no.0[I] })
}

/// `yes` where `a <= b`, else `no`.
#[inline]
pub fn pick_less_equal(a: V, b: V, yes: V, no: V) -> V {
    lanes!(I => if a.0[I] <= b.0[I] { yes.0[I] } else { no.0[I] })
}

/// `yes` where `a == b`, else `no`.
#[inline]
pub fn pick_equal(a: V, b: V, yes: V, no: V) -> V {
    lanes!(I => if a.0[I] == b.0[I] { yes.0[I] } else { no.0[I] })
}

/// `a * 2^n` for an integral `n` from -252 to 254, in two halves, since 2^128 and 2^-150 are no f32.
#[inline]
fn scale(a: V, n: V) -> V {
    let half = lanes!(I => power_of_two((n.0[I] as i32) >> 1));
    let other = lanes!(I => power_of_two((n.0[I] as i32) - ((n.0[I] as i32) >> 1)));
    mul(mul(a, half), other)
}

/// 2^n for -126 <= n <= 127.
#[inline]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) << 23) as u32)
}

/// `(m, e)` with `a = m * 2^e` and `m` around 1, for a normal `a > 0`.
#[inline]
fn split(a: V) -> (V, V) {
    let m =
        lanes!(I => f32::from_bits((a.0[I].to_bits() as i32).wrapping_sub(exponent(a.0[I]) << 23) as u32));
    (m, lanes!(I => exponent(a.0[I]) as f32))
}

/// The power of two nearest to a normal `a > 0`, by ratio.
#[inline]
fn exponent(a: f32) -> i32 {
    (a.to_bits() as i32).wrapping_sub(SQRT_HALF) >> 23
}

math!();
lanewise!();

/// Of each run of `RUN` lanes, a power of two, that of number `lane`, in all of them.
#[inline]
pub fn spread<const RUN: usize>(a: V, lane: usize) -> V {
    lanes!(L => a.0[(L / RUN * RUN + lane) % LANES])
}

/// The sum of all lanes, in every lane.
#[inline]
pub fn hsum(a: V) -> V {
    let [a, b, c, d] = a.0;
    constant((a + b) + (c + d))
}

/// The maximum of all lanes, in every lane.
#[inline]
pub fn hmax(a: V) -> V {
    constant(a.0.into_iter().fold(f32::NEG_INFINITY, |m, x| if x > m { x } else { m }))
}

/// Asks for the cache line of `p[at]`, where the target has an instruction for that in its baseline.
#[inline]
pub fn prefetch<const N: usize>(p: &[f32; N], at: usize) {
    let address = p.as_ptr().wrapping_add(at);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which accesses no memory and faults at no address.
    #[allow(unused_unsafe, reason = "the intrinsic became safe after 1.89")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
