//! Each instruction set that this processor has, against scalar code.

use crate::{Isa, Out};

/// Numbers of both signs, all sizes, and the special ones.
const SAMPLES: [f32; 16] = [
    1.5,
    -2.25,
    0.0,
    -0.0,
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    1e-40,
    3e38,
    -7.75,
    1.0,
    -1.0,
    f32::MIN_POSITIVE,
    0.1,
    123_456.79,
    -3.3e-5,
];

fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// x86's `maxps`, `minps`: the second operand unless the comparison holds.
fn pick(first: bool, a: f32, b: f32) -> f32 {
    if first { a } else { b }
}

/// Distance in units of the last place of the true value (of a subnormal: of the smallest one).
fn ulps(got: f32, want: f64) -> f64 {
    let exponent = (want.abs().log2().floor() as i32).max(-126);
    (f64::from(got) - want).abs() / 2f64.powi(exponent - 23)
}

macro_rules! suite {
    ($name:ident, $isa:expr $(, #[$features:meta])?) => {
        mod $name {
            use super::*;
            use crate::simd::$name as v;

            $(#[$features])?
            fn lanes(a: v::V) -> [f32; v::LANES] {
                let mut floats = [0.0; v::LANES];
                // SAFETY: 0 + LANES <= LANES.
                unsafe { v::store(Out::new(&mut floats), 0, a) };
                floats
            }

            $(#[$features])?
            fn memory() {
                let source: [f32; 40] = std::array::from_fn(|i| i as f32 + 1.0);
                for at in 0..=40 - v::LANES {
                    // SAFETY: at + LANES <= 40.
                    let (all, one) = unsafe { (v::load(&source, at), v::splat(&source, at)) };
                    assert_eq!(lanes(all)[..], source[at..at + v::LANES]);
                    assert!(lanes(one).iter().all(|&x| x == source[at]));
                }
                for count in 0..=v::LANES {
                    let at = 40 - count;
                    let mut target = [-1.0f32; 40];
                    let out = Out::new(&mut target);
                    // SAFETY: at + count <= 40, and count <= LANES.
                    let (part, back) = unsafe {
                        let part = v::load_part(&source, at, count);
                        v::store_part(out, at, count, part);
                        (lanes(part), lanes(v::read_part(out, at, count)))
                    };
                    assert_eq!(part[..count], source[at..]);
                    assert!(part[count..].iter().all(|&x| x == 0.0));
                    assert_eq!(part, back);
                    assert_eq!(target[at..], source[at..]);
                    assert!(target[..at].iter().all(|&x| x == -1.0));
                }
                let mut target = [0.0f32; 40];
                let out = Out::new(&mut target);
                // SAFETY: 3 + LANES <= 40.
                let back = unsafe {
                    v::store(out, 3, v::load(&source, 7));
                    v::read(out, 3)
                };
                assert_eq!(lanes(back)[..], source[7..7 + v::LANES]);
                v::fence();
                assert_eq!(v::opaque(7), 7);
                // SAFETY: there are two, of which none is empty.
                assert_eq!(unsafe { v::range(&[3..5, 4..9], 1) }, 4..9);
                v::prefetch(&source, 0);
                v::prefetch(&source, usize::MAX / 2);
            }

            $(#[$features])?
            fn arithmetic() {
                for x in SAMPLES {
                    for y in SAMPLES {
                        let (a, b) = (v::constant(x), v::constant(y));
                        let fused = v::LANES > 4;
                        let cases = [
                            ("add", v::add(a, b), x + y),
                            ("sub", v::sub(a, b), x - y),
                            ("mul", v::mul(a, b), x * y),
                            ("div", v::div(a, b), x / y),
                            ("max", v::max(a, b), pick(x > y, x, y)),
                            ("min", v::min(a, b), pick(x < y, x, y)),
                            ("fma", v::fma(a, b, a), if fused { x.mul_add(y, x) } else { x * y + x }),
                        ];
                        for (name, got, want) in cases {
                            for lane in lanes(got) {
                                assert!(same(lane, want), "{name}({x}, {y}) = {lane}, not {want}");
                            }
                        }
                    }
                }
                assert!(lanes(v::zero()).iter().all(|x| x.to_bits() == 0));
            }

            $(#[$features])?
            fn across() {
                let source: [f32; v::LANES] = std::array::from_fn(|i| ((i * 5) % v::LANES) as f32 - 2.5);
                // SAFETY: 0 + LANES <= LANES.
                let a = unsafe { v::load(&source, 0) };
                let greatest = v::LANES as f32 - 3.5;
                assert_eq!(lanes(v::hsum(a)), [source.iter().sum(); v::LANES]);
                assert_eq!(lanes(v::hmax(a)), [greatest; v::LANES]);
                assert_eq!(lanes(v::hmax(v::constant(f32::NEG_INFINITY))), [f32::NEG_INFINITY; v::LANES]);
                for lane in 0..v::LANES {
                    let of = |run: usize| std::array::from_fn(|l| source[l / run * run + lane % run]);
                    assert_eq!(lanes(v::spread::<2>(a, lane % 2)), of(2));
                    assert_eq!(lanes(v::spread::<4>(a, lane % 4)), of(4));
                    let half = const { v::LANES / 2 };
                    assert_eq!(lanes(v::spread::<{ v::LANES / 2 }>(a, lane % half)), of(half));
                    assert_eq!(lanes(v::spread::<{ v::LANES }>(a, lane)), of(v::LANES));
                }
            }

            $(#[$features])?
            fn exponential() {
                let exp = |x: f32| lanes(v::exp(v::constant(x)))[0];
                let special = [
                    (f32::INFINITY, f32::INFINITY),
                    (f32::NEG_INFINITY, 0.0),
                    (f32::MAX, f32::INFINITY),
                    (f32::MIN, 0.0),
                    (88.73, f32::INFINITY),
                    (-104.0, 0.0),
                    (0.0, 1.0),
                    (-0.0, 1.0),
                    (f32::NAN, f32::NAN),
                ];
                for (x, want) in special {
                    assert!(same(exp(x), want), "exp({x}) = {}", exp(x));
                }
                let mut worst = 0.0f64;
                // Miri takes a thousand times as long for each.
                let step = if cfg!(miri) { 17 * 1009 } else { 17 };
                for i in (-1_030_000..=887_200).step_by(step) {
                    let x = i as f32 * 1e-4;
                    worst = worst.max(ulps(exp(x), f64::from(x).exp()));
                }
                assert!(worst <= 2.0, "{worst} ulp");
            }

            #[test]
            fn agrees_with_scalar_code() {
                if !$isa.available() {
                    println!("skipped: this processor has no {}", $isa.name());
                    return;
                }
                for part in [memory, arithmetic, across, exponential] {
                    // SAFETY: the processor has the instruction set. Without one the call is safe anyway.
                    #[allow(unused_unsafe)]
                    unsafe {
                        part()
                    }
                }
            }

            #[test]
            #[cfg(debug_assertions)]
            fn debug_builds_check_ranges() {
                if !$isa.available() {
                    println!("skipped: this processor has no {}", $isa.name());
                    return;
                }
                let source = [0.0f32; 20];
                let at = 21 - v::LANES;
                let outside = std::panic::catch_unwind(|| {
                    // SAFETY: out of range on purpose; the assertion stops before the load.
                    let _ = unsafe { v::load(&source, at) };
                });
                assert!(outside.is_err());
            }
        }
    };
}

suite!(portable, Isa::Portable);
#[cfg(target_arch = "x86_64")]
suite!(avx2, Isa::Avx2, #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
suite!(avx512, Isa::Avx512, #[target_feature(enable = "avx512f")]);
