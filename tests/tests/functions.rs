//! The functions of the runtime's vectors against their meaning in f64: every function of the table, on every instruction
//! set of this processor, over dense grids and at the special numbers.

use tilewright::base::functions::Func;
use tilewright::base::real::Real;
use tilewright_runtime::{Isa, Out};

/// Parameters and bounds: units in the last place, or an absolute error, whichever is larger.
struct Bound {
    parameters: [f32; 2],
    ulps: f64,
    absolute: f64,
}

/// What `simd/math.rs` promises; `portable` rounds its multiply-adds twice and may be one more off.
fn bound(func: Func) -> Bound {
    let (parameters, ulps, absolute) = match func {
        Func::Abs
        | Func::Ceil
        | Func::Floor
        | Func::Neg
        | Func::Nonzero
        | Func::Reciprocal
        | Func::Round
        | Func::Sign
        | Func::Sqrt
        | Func::Square
        | Func::Trunc => ([0.0; 2], 0.5, 0.0),
        Func::LeakyRelu => ([0.1, 0.0], 0.5, 0.0),
        Func::ThresholdedRelu => ([1.5, 0.0], 0.5, 0.0),
        Func::Shrink => ([1.5, 0.75], 0.5, 0.0),
        Func::InvSqrt => ([1e-5, 0.0], 2.0, 0.0),
        Func::Softsign => ([0.0; 2], 2.0, 0.0),
        Func::Exp | Func::Log => ([0.0; 2], 2.0, 0.0),
        Func::Elu => ([1.5, 0.0], 4.0, 0.0),
        Func::Celu => ([1.5, 0.0], 4.0, 0.0),
        Func::Selu => ([1.673_263_2, 1.050_701], 4.0, 0.0),
        Func::Erf => ([0.0; 2], 3.0, 0.0),
        Func::Sigmoid | Func::Softplus | Func::Tanh => ([0.0; 2], 4.0, 0.0),
        Func::Swish => ([1.0, 0.0], 5.0, 1e-42),
        Func::Mish => ([0.0; 2], 6.0, 1e-41),
        Func::Gelu => ([0.0; 2], 6.0, 1e-42),
        Func::GeluTanh => ([0.0; 2], 24.0, 1e-9),
        Func::HardSigmoid => ([0.3, 0.4], 2.0, 1e-7),
        Func::HardSwish => ([0.0; 2], 3.0, 1e-6),
        // By the system's library.
        Func::Acos
        | Func::Acosh
        | Func::Asin
        | Func::Asinh
        | Func::Atan
        | Func::Atanh
        | Func::Cos
        | Func::Cosh
        | Func::Sin
        | Func::Sinh
        | Func::Tan => ([0.0; 2], 4.0, 0.0),
    };
    Bound { parameters, ulps, absolute }
}

/// Distance in units of the last place of the true value (of a subnormal: of the smallest one).
fn ulps(got: f32, want: f64) -> f64 {
    let exponent = (want.abs().log2().floor() as i32).max(-126);
    (f64::from(got) - want).abs() / 2f64.powi(exponent - 23)
}

/// Numbers of all sizes, close together where functions bend, and the special ones.
fn samples() -> Vec<f32> {
    let near = (-400_000..=400_000).map(|i| i as f32 * 3.1e-5);
    let far = (-1_100_000..=1_100_000).step_by(11).map(|i| i as f32 * 1e-4);
    // Every exponent, subnormals included, with a few fractions each.
    let all = (0..0x7f80_0000u32).step_by(0x0003_1415).map(f32::from_bits);
    let special = [0.0, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::NAN, 1.0, 1.5, 0.5, 2.5, 1e-45];
    let both = all.chain(special).flat_map(|x| [x, -x]);
    near.chain(far).chain(both).collect()
}

macro_rules! suite {
    ($name:ident, $isa:expr $(, #[$feature:meta])?) => {
        mod $name {
            use super::*;
            use tilewright_runtime::simd::$name as v;

            $(#[$feature])?
            fn apply(func: Func, xs: &[f32; v::LANES], [a, b]: [f32; 2]) -> [f32; v::LANES] {
                // SAFETY: 0 + LANES <= LANES.
                let x = unsafe { v::load(xs, 0) };
                let y = match func {
                    Func::Abs => v::abs(x),
                    Func::Acos => v::acos(x),
                    Func::Acosh => v::acosh(x),
                    Func::Asin => v::asin(x),
                    Func::Asinh => v::asinh(x),
                    Func::Atan => v::atan(x),
                    Func::Atanh => v::atanh(x),
                    Func::Ceil => v::ceil(x),
                    Func::Celu => v::celu(x, a),
                    Func::Cos => v::cos(x),
                    Func::Cosh => v::cosh(x),
                    Func::Elu => v::elu(x, a),
                    Func::Erf => v::erf(x),
                    Func::Exp => v::exp(x),
                    Func::Floor => v::floor(x),
                    Func::Gelu => v::gelu(x),
                    Func::GeluTanh => v::gelu_tanh(x),
                    Func::HardSigmoid => v::hard_sigmoid(x, a, b),
                    Func::HardSwish => v::hard_swish(x),
                    Func::InvSqrt => v::inv_sqrt(x, a),
                    Func::LeakyRelu => v::leaky_relu(x, a),
                    Func::Log => v::log(x),
                    Func::Mish => v::mish(x),
                    Func::Neg => v::neg(x),
                    Func::Nonzero => v::nonzero(x),
                    Func::Trunc => v::trunc(x),
                    Func::Reciprocal => v::reciprocal(x),
                    Func::Round => v::round(x),
                    Func::Selu => v::selu(x, a, b),
                    Func::Shrink => v::shrink(x, a, b),
                    Func::Sigmoid => v::sigmoid(x),
                    Func::Sign => v::sign(x),
                    Func::Sin => v::sin(x),
                    Func::Sinh => v::sinh(x),
                    Func::Softplus => v::softplus(x),
                    Func::Softsign => v::softsign(x),
                    Func::Sqrt => v::sqrt(x),
                    Func::Square => v::square(x),
                    Func::Swish => v::swish(x, a),
                    Func::Tan => v::tan(x),
                    Func::Tanh => v::tanh(x),
                    Func::ThresholdedRelu => v::thresholded_relu(x, a),
                };
                let mut ys = [0.0; v::LANES];
                // SAFETY: 0 + LANES <= LANES.
                unsafe { v::store(Out::new(&mut ys), 0, y) };
                ys
            }

            #[test]
            fn functions_mean_what_the_table_says() {
                if !$isa.available() {
                    println!("skipped: this processor has no {}", $isa.name());
                    return;
                }
                let samples = samples();
                let mut faults = Vec::new();
                for &func in Func::ALL {
                    let Bound { parameters, ulps: most, absolute } = bound(func);
                    let more = if v::LANES == 4 && most > 0.5 { 1.0 } else { 0.0 };
                    let (mut worst, mut at) = (0.0, 0.0);
                    for xs in samples.as_chunks::<{ v::LANES }>().0 {
                        // SAFETY: the processor has the instruction set. Without one the call is safe anyway.
                        #[allow(unused_unsafe)]
                        let ys = unsafe { apply(func, xs, parameters) };
                        for (&x, y) in xs.iter().zip(ys) {
                            let want = func.eval(x.into(), parameters.map(Real::new));
                            if let Some(error) = error(y, want, absolute)
                                && error > worst
                            {
                                (worst, at) = (error, x);
                            }
                        }
                    }
                    let name = func.name();
                    println!("{name}: {worst:.2} ulp at {at:e}");
                    if worst > most + more {
                        faults.push(format!("{name} is {worst:.2} ulp off at {at:e}"));
                    }
                }
                assert_eq!(faults, [""; 0]);
            }
        }
    };
}

/// How far off, in units of the last place; `None` within the absolute bound.
fn error(got: f32, want: f64, absolute: f64) -> Option<f64> {
    let rounded = want as f32;
    if rounded.to_bits() == got.to_bits() || rounded.is_nan() && got.is_nan() {
        return None;
    }
    if rounded.is_nan() || got.is_nan() {
        return Some(f64::INFINITY);
    }
    // Zeros must have their sign where the function keeps it; infinities come half an ulp above the largest number.
    let want = if rounded.is_infinite() {
        f64::from(f32::MAX) * (1.0 + 2f64.powi(-24)) * want.signum()
    } else {
        want
    };
    let got = if got.is_infinite() { f32::MAX.copysign(got) } else { got };
    let close = (f64::from(got) - want).abs() <= absolute;
    if close { None } else { Some(ulps(got, want)) }
}

suite!(portable, Isa::Portable);
#[cfg(target_arch = "x86_64")]
suite!(avx2, Isa::Avx2, #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
suite!(avx512, Isa::Avx512, #[target_feature(enable = "avx512f")]);

/// What ONNX says of a NaN where a function compares: its own definitions of these are Where of a comparison, which is false.
#[test]
fn comparisons_with_nan_are_false() {
    for (func, want) in [(Func::ThresholdedRelu, 0.0), (Func::Shrink, 0.0)] {
        assert_eq!(func.eval(f64::NAN, [1.0, 0.5].map(Real::new)), want, "{}", func.name());
    }
}
