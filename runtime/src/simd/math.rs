//! Functions of one number, written once for all instruction sets: [`math!`] makes them of the arithmetic of the module
//! that it stands in. A macro, since functions with a target feature cannot be generic over it.
//!
//! Bounds are in units of the last place (ulp) of the true value, over all of f32, found by dense grids against f64
//! (`tests/tests/functions.rs`); `portable` is up to one worse, since its `fma` rounds twice.

/// 1.5 * 2^23: adding it and taking it away again leaves the nearest integer.
pub const ROUND: f32 = 12_582_912.0;
/// ln 2 to 9 bits, negated: an exponent times it is exact.
pub const LN2_HIGH: f32 = -355.0 / 512.0;
/// The rest of -ln 2.
pub const LN2_LOW: f32 = 2.121_944_4e-4;
/// Below, e^x is 0.
pub const EXP_LO: f32 = -104.0;
/// Above, e^x is infinite; exponents stay small.
pub const EXP_HI: f32 = 89.0;
/// 1/7!, 1/6!, .. 1/2!: e^r = 1 + r + r^2 p(r). For |r| <= 0.35 the rest of the series is a tenth of an ulp.
pub const EXP: [f32; 6] = [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5];
/// 2/9, 2/7, 2/5, 2/3: ln((1 + s) / (1 - s)) = 2 s + s^3 p(s^2), for |s| <= 0.172.
pub const LOG: [f32; 4] = [2.0 / 9.0, 2.0 / 7.0, 2.0 / 5.0, 2.0 / 3.0];
/// More of the same series, halved: for |s| <= 1/3.
pub const LOG1P: [f32; 7] = [1.0 / 15.0, 1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0];
/// The bits of the square root of 1/2.
pub const SQRT_HALF: i32 = 0x3f35_04f3;
/// erf(x) / x as a polynomial in x^2, for |x| <= 1: minimax, 1.3e-9.
pub const ERF: [f32; 7] = [
    7.853_861e-5,
    -8.010_193_5e-4,
    5.188_327_7e-3,
    -2.685_381_2e-2,
    0.112_835_85,
    -0.376_126_26,
    std::f32::consts::FRAC_2_SQRT_PI,
];
/// (1 + 2 x) e^(x^2) erfc(x) as a polynomial in (x - 3) / (x + 3), for x from 0 to 10.5: minimax, 2.2e-9.
pub const ERFC: [f32; 11] = [
    -2.643_568e-4,
    -7.678_671e-4,
    2.007_698_2e-3,
    2.563_947e-3,
    -2.380_151_7e-2,
    6.829_578e-2,
    -0.119_270_24,
    0.129_646_48,
    -4.756_244_2e-2,
    -0.135_621_14,
    1.253_008_1,
];

macro_rules! math {
    ($(#[$feature:meta])?) => {
        /// Horner's scheme, the coefficient of the highest power first.
        #[inline]
        $(#[$feature])?
        fn polynomial<const N: usize>(x: V, coefficients: [f32; N]) -> V {
            let mut p = constant(coefficients[0]);
            for c in &coefficients[1..] {
                p = fma(p, x, constant(*c));
            }
            p
        }

        /// `(n, r)` with `a = n ln 2 + r`.
        #[inline]
        $(#[$feature])?
        fn reduce(a: V) -> (V, V) {
            let n = sub(fma(a, constant(std::f32::consts::LOG2_E), constant(ROUND)), constant(ROUND));
            (n, fma(n, constant(LN2_LOW), fma(n, constant(LN2_HIGH), a)))
        }

        /// e to the `a`, within 2 ulp; infinity above 88.73, subnormal, then 0 below -87.34.
        #[inline]
        $(#[$feature])?
        pub fn exp(a: V) -> V {
            exp_sum(a, constant(-0.0))
        }

        /// e to the `a + b`, where `b` is much smaller.
        #[inline]
        $(#[$feature])?
        fn exp_sum(a: V, b: V) -> V {
            let (n, r) = reduce(min(constant(EXP_HI), max(constant(EXP_LO), a)));
            let r = add(r, b);
            let p = fma(polynomial(r, EXP), r, constant(1.0));
            scale(fma(p, r, constant(1.0)), n)
        }

        /// e to the `a`, minus 1, for `a` up to 88.
        #[inline]
        $(#[$feature])?
        fn exp_minus_one(a: V) -> V {
            let (n, r) = reduce(max(constant(-30.0), a));
            let p = fma(mul(polynomial(r, EXP), r), r, r);
            let power = scale(constant(1.0), n);
            fma(power, p, sub(power, constant(1.0)))
        }

        /// The natural logarithm, within 2 ulp; NaN of what is less than 0.
        #[inline]
        $(#[$feature])?
        pub fn log(a: V) -> V {
            let small = constant(f32::MIN_POSITIVE);
            let lifted = pick_less(a, small, mul(a, constant(16_777_216.0)), a);
            let (m, e) = split(lifted);
            let e = sub(e, pick_less(a, small, constant(24.0), zero()));
            // ln m = f - f^2 / 2 + ..: with the half square apart, what cancels is exact.
            let f = sub(m, constant(1.0));
            let s = div(f, add(f, constant(2.0)));
            let z = mul(s, s);
            let half = mul(mul(constant(0.5), f), f);
            let rest = fma(s, fma(z, polynomial(z, LOG), half), mul(e, constant(-LN2_LOW)));
            let y = fma(e, constant(-LN2_HIGH), sub(f, sub(half, rest)));
            let y = pick_less(a, constant(f32::INFINITY), y, a);
            let y = pick_equal(a, zero(), constant(f32::NEG_INFINITY), y);
            pick_less(a, zero(), constant(f32::NAN), y)
        }

        /// ln(1 + `a`) for `a` from 0 to 1.
        #[inline]
        $(#[$feature])?
        fn log_one_plus(a: V) -> V {
            let s = div(a, add(a, constant(2.0)));
            let z = mul(s, s);
            let twice = add(s, s);
            fma(twice, mul(z, polynomial(z, LOG1P)), twice)
        }

        /// 1 / (1 + e^-`a`), within 4 ulp.
        #[inline]
        $(#[$feature])?
        pub fn sigmoid(a: V) -> V {
            let e = exp(neg(abs(a)));
            let q = div(constant(1.0), add(constant(1.0), e));
            pick_less(a, zero(), mul(e, q), q)
        }

        /// The hyperbolic tangent, within 4 ulp.
        #[inline]
        $(#[$feature])?
        pub fn tanh(a: V) -> V {
            // Beyond 10 it is 1.
            let e = exp_minus_one(mul(constant(2.0), min(constant(10.0), abs(a))));
            with_sign(div(e, add(e, constant(2.0))), a)
        }

        /// ln(1 + e^`a`), within 4 ulp.
        #[inline]
        $(#[$feature])?
        pub fn softplus(a: V) -> V {
            add(max(zero(), a), log_one_plus(exp(neg(abs(a)))))
        }

        /// `a` / (1 + |`a`|).
        #[inline]
        $(#[$feature])?
        pub fn softsign(a: V) -> V {
            div(a, add(constant(1.0), abs(a)))
        }

        /// `a` tanh(softplus(`a`)), within 6 ulp.
        #[inline]
        $(#[$feature])?
        pub fn mish(a: V) -> V {
            // tanh(ln(1 + e)) = n / (n + 2) with n = e (e + 2); beyond 20 it is 1.
            let e = exp(min(constant(20.0), a));
            let n = mul(e, add(e, constant(2.0)));
            mul(a, div(n, add(n, constant(2.0))))
        }

        /// `a` sigmoid(`alpha` `a`), within 4 ulp for `alpha` = 1.
        #[inline]
        $(#[$feature])?
        pub fn swish(a: V, alpha: f32) -> V {
            mul(a, sigmoid(mul(a, constant(alpha))))
        }

        /// erfc(`x`) for `x` >= 0, where `square + rest` is the square of `x`.
        #[inline]
        $(#[$feature])?
        fn erfc(x: V, square: V, rest: V) -> V {
            let t = div(sub(x, constant(3.0)), add(x, constant(3.0)));
            let p = div(polynomial(t, ERFC), fma(x, constant(2.0), constant(1.0)));
            mul(p, exp_sum(neg(square), neg(rest)))
        }

        /// The error function, within 3 ulp.
        #[inline]
        $(#[$feature])?
        pub fn erf(a: V) -> V {
            // From 4 on it is 1.
            let x = min(constant(4.0), abs(a));
            let z = mul(a, a);
            let near = mul(a, polynomial(z, ERF));
            let far = sub(constant(1.0), erfc(x, mul(x, x), zero()));
            pick_less(constant(1.0), x, with_sign(far, a), near)
        }

        /// `a` / 2 (1 + erf(`a` / sqrt 2)), within 6 ulp.
        #[inline]
        $(#[$feature])?
        pub fn gelu(a: V) -> V {
            let x = min(constant(14.5), abs(a));
            // The square to more digits than a float has: `high` has 12 bits.
            let lifted = mul(x, constant(4097.0));
            let high = sub(lifted, sub(lifted, x));
            let square = mul(mul(constant(0.5), high), high);
            let rest = mul(mul(constant(0.5), sub(x, high)), add(x, high));
            let tail = mul(constant(0.5), erfc(mul(x, constant(std::f32::consts::FRAC_1_SQRT_2)), square, rest));
            mul(a, pick_less(a, zero(), tail, sub(constant(1.0), tail)))
        }

        /// `a` / 2 (1 + tanh(sqrt(2 / pi) (`a` + 0.044715 `a`^3))), within 24 ulp, or 1e-9.
        #[inline]
        $(#[$feature])?
        pub fn gelu_tanh(a: V) -> V {
            // (1 + tanh u) / 2 = sigmoid(2 u).
            let cubic = fma(mul(a, a), constant(0.071_354_814), constant(1.595_769));
            mul(a, sigmoid(mul(a, cubic)))
        }

        /// `a` < 0 ? `alpha` `a` : `a`.
        #[inline]
        $(#[$feature])?
        pub fn leaky_relu(a: V, alpha: f32) -> V {
            pick_less(a, zero(), mul(a, constant(alpha)), a)
        }

        /// `a` < 0 ? `alpha` (e^`a` - 1) : `a`.
        #[inline]
        $(#[$feature])?
        pub fn elu(a: V, alpha: f32) -> V {
            pick_less(a, zero(), mul(constant(alpha), exp_minus_one(a)), a)
        }

        /// `a` < 0 ? `alpha` (e^(`a` / `alpha`) - 1) : `a`, for `alpha` > 0.
        #[inline]
        $(#[$feature])?
        pub fn celu(a: V, alpha: f32) -> V {
            let low = mul(constant(alpha), exp_minus_one(div(a, constant(alpha))));
            pick_less(a, zero(), low, a)
        }

        /// `gamma` times what [`elu`] says.
        #[inline]
        $(#[$feature])?
        pub fn selu(a: V, alpha: f32, gamma: f32) -> V {
            mul(constant(gamma), elu(a, alpha))
        }

        /// `alpha` < `a` ? `a` : 0.
        #[inline]
        $(#[$feature])?
        pub fn thresholded_relu(a: V, alpha: f32) -> V {
            pick_less(constant(alpha), a, a, zero())
        }

        /// `a + bias` below `-lambda`, `a - bias` above `lambda`, 0 between.
        #[inline]
        $(#[$feature])?
        pub fn shrink(a: V, lambda: f32, bias: f32) -> V {
            let high = pick_less(constant(lambda), a, sub(a, constant(bias)), zero());
            pick_less(a, constant(-lambda), add(a, constant(bias)), high)
        }

        /// `alpha a + beta`, clipped to 0 .. 1.
        #[inline]
        $(#[$feature])?
        pub fn hard_sigmoid(a: V, alpha: f32, beta: f32) -> V {
            min(constant(1.0), max(zero(), fma(a, constant(alpha), constant(beta))))
        }

        /// `a` hard_sigmoid(`a`, 1/6, 1/2).
        #[inline]
        $(#[$feature])?
        pub fn hard_swish(a: V) -> V {
            mul(a, hard_sigmoid(a, 1.0 / 6.0, 0.5))
        }

        /// -`a`.
        #[inline]
        $(#[$feature])?
        pub fn neg(a: V) -> V {
            mul(a, constant(-1.0))
        }

        /// `a`^2.
        #[inline]
        $(#[$feature])?
        pub fn square(a: V) -> V {
            mul(a, a)
        }

        /// 1 / `a`.
        #[inline]
        $(#[$feature])?
        pub fn reciprocal(a: V) -> V {
            div(constant(1.0), a)
        }

        /// 1 / sqrt(`a + epsilon`), within 2 ulp of what is under the root.
        #[inline]
        $(#[$feature])?
        pub fn inv_sqrt(a: V, epsilon: f32) -> V {
            div(constant(1.0), sqrt(add(a, constant(epsilon))))
        }

        /// 1, -1, or `a` where it is neither more nor less than 0.
        #[inline]
        $(#[$feature])?
        pub fn sign(a: V) -> V {
            pick_less(zero(), a, constant(1.0), pick_less(a, zero(), constant(-1.0), a))
        }

        /// The next integer towards 0.
        #[inline]
        $(#[$feature])?
        pub fn trunc(a: V) -> V {
            pick_less(a, zero(), ceil(a), floor(a))
        }

        /// 1, or 0 where `a` is 0.
        #[inline]
        $(#[$feature])?
        pub fn nonzero(a: V) -> V {
            pick_equal(a, zero(), zero(), constant(1.0))
        }
    };
}
