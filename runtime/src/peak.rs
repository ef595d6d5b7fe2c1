//! The floating-point peak of one core: what a kernel can at best reach, measured on the spot.
//!
//! Clock rates change with load and temperature, so a time says little without the peak of the same minute.

use crate::Isa;
use crate::simd;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The fused multiply-adds per second that this core reaches with an instruction set, as operations per second (a
/// multiply-add counts 2): the best of several rounds of about 8 ms. 0 where the processor does not have it.
///
/// `portable` has no fused multiply-add; there a multiplication and an addition take its place.
pub fn measure(isa: Isa) -> f64 {
    if !isa.available() {
        return 0.0;
    }
    let run: fn(u64) -> u64 = match isa {
        Isa::Portable => portable,
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has it.
        Isa::Avx2 => |rounds| unsafe { avx2(rounds) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has it.
        Isa::Avx512 => |rounds| unsafe { avx512(rounds) },
        #[cfg(not(target_arch = "x86_64"))]
        Isa::Avx2 | Isa::Avx512 => return 0.0,
    };
    let mut rounds = 1024;
    loop {
        let started = Instant::now();
        black_box(run(rounds));
        if started.elapsed() >= Duration::from_millis(4) {
            break;
        }
        rounds *= 2;
    }
    let rate = |_| {
        let started = Instant::now();
        let operations = run(rounds);
        operations as f64 / started.elapsed().as_secs_f64()
    };
    (0..8).map(rate).fold(0.0, f64::max)
}

/// A function that multiplies and adds in independent chains, and returns how many operations those were.
///
/// The chains hide the latency of the instruction and are named locals, so that they stay in registers.
macro_rules! chains {
    ($(#[$attribute:meta])* $name:ident: $($chain:ident)*) => {
        $(#[$attribute])*
        fn $name(rounds: u64) -> u64 {
            use simd::$name as v;
            // Values the compiler cannot know; every chain tends to 1 and stays a normal number.
            let (factor, term) = (v::constant(black_box(0.5)), v::constant(black_box(0.5)));
            $(let mut $chain = term;)*
            for _ in 0..rounds {
                $($chain = v::fma($chain, factor, term);)*
            }
            let mut chains = 0;
            $(
                black_box($chain);
                chains += 1;
            )*
            rounds * chains * 2 * v::LANES as u64
        }
    };
}

chains!(portable: a b c d e f g h i j k l);

#[cfg(target_arch = "x86_64")]
chains!(
    #[target_feature(enable = "avx2,fma")]
    avx2: a b c d e f g h i j k l
);

#[cfg(target_arch = "x86_64")]
chains!(
    #[target_feature(enable = "avx512f")]
    avx512: a b c d e f g h i j k l m n o p q r s t u w x y
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_available_set_has_a_plausible_peak() {
        for isa in Isa::ALL {
            let peak = measure(isa) / 1e9;
            println!("{isa}: {peak:.1} GFLOP/s");
            // From an emulator without optimisation to a processor twice as wide and fast as today's.
            assert_eq!(peak > 0.0, isa.available(), "{isa}: {peak} GFLOP/s");
            assert!(peak < 1000.0, "{isa}: {peak} GFLOP/s");
        }
    }
}
