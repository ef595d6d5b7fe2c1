//! A compiled model against reference outputs that were recorded when it was compiled: what the tests and benches of a
//! generated crate are made of.
//!
//! Inputs are made up by [`floats`], here and when compiling, so that only outputs are recorded. `cargo test` runs
//! [`check`], `cargo bench` runs [`bench()`]; both print a line for each instruction set that the model was built for.

use crate::info::ModelInfo;
use crate::{AlignedBuf, Error, Isa, LoadOptions, Network};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How far an output may be from the reference, relative to its largest element: what `tilewright verify` allows.
pub const LIMIT: f64 = 1e-5;

/// Numbers of threads to check; results are the same bits for any.
const THREADS: [usize; 2] = [1, 2];

/// Runs before the clock counts, and runs that it counts.
const WARM_UP: usize = 3;
const ROUNDS: usize = 20;

/// Made-up numbers in -1..1 for input number `index`, exact in f32: the upper bits of a linear congruential generator
/// (Knuth, MMIX).
pub fn floats(elements: usize, index: usize) -> Vec<f32> {
    let mut state = index as u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(elements).collect()
}

/// The file of reference outputs: one behind the other, little-endian f32.
pub fn encode(outputs: &[Vec<f32>]) -> Vec<u8> {
    outputs.iter().flatten().flat_map(|x| x.to_le_bytes()).collect()
}

/// Compares the outputs of the model on made-up inputs with `recorded`, on each instruction set of this processor; the
/// weights are in the program, or in a file. With `--list`, as test runners say it, only names the test.
pub fn check<N: Network>(recorded: &[u8], weights: Option<&str>) -> ExitCode {
    let mut out = io::stdout().lock();
    if std::env::args().any(|arg| arg == "--list") {
        let ignored = std::env::args().any(|arg| arg == "--ignored");
        return end(if ignored { Ok(()) } else { writeln!(out, "reference: test").map_err(unwritable) });
    }
    end(compare::<N>(recorded, weights, &mut out))
}

/// Prints the time of a run on each instruction set of this processor.
pub fn bench<N: Network>(weights: Option<&str>) -> ExitCode {
    end(time::<N>(weights, &mut io::stdout().lock()))
}

fn end(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when no one reads the error.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn unwritable(error: io::Error) -> Error {
    Error::new(format!("the output cannot be written ({error})"))
}

/// What [`check`] does.
fn compare<N: Network>(recorded: &[u8], weights: Option<&str>, out: &mut dyn Write) -> Result<(), Error> {
    let info = N::INFO;
    let want: Vec<f32> = recorded.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    let elements: usize = info.outputs.iter().map(|output| output.elements()).sum();
    if want.len() != elements || !recorded.len().is_multiple_of(4) {
        let length = recorded.len();
        return Err(Error::new(format!(
            "{length} bytes are recorded, and the outputs have {elements} numbers; compile the model again"
        )));
    }
    each::<N>(weights, &THREADS, |run, isa, threads| {
        run.once()?;
        let mut rest = want.as_slice();
        for (index, output) in info.outputs.iter().enumerate() {
            let (want, more) = rest.split_at(output.elements());
            rest = more;
            let apart = apart(run.network.output(&run.arena, index), want);
            let name = output.name;
            writeln!(
                out,
                "{isa}, threads {threads}, output {name}: off by {apart:.1e} of the largest element"
            )
            .map_err(unwritable)?;
            if apart > LIMIT {
                return Err(Error::new(format!(
                    "{isa}: {name} is off by {apart:.1e}, more than {LIMIT:.0e}"
                )));
            }
        }
        Ok(())
    })
}

/// The largest difference relative to the largest wanted element; infinite where only one is a number.
fn apart(got: &[f32], want: &[f32]) -> f64 {
    let most = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(0.0, f64::max);
    let largest = most(&mut want.iter().map(|x| f64::from(x.abs())).filter(|x| x.is_finite()));
    let one = |(got, want): (&f32, &f32)| match got == want || got.is_nan() && want.is_nan() {
        true => 0.0,
        false => (f64::from(*got) - f64::from(*want)).abs() / largest,
    };
    let differences: Vec<f64> = got.iter().zip(want).map(one).collect();
    match got.len() == want.len() && differences.iter().all(|x| !x.is_nan()) {
        true => most(&mut differences.into_iter()),
        false => f64::INFINITY,
    }
}

/// What [`bench()`] does.
fn time<N: Network>(weights: Option<&str>, out: &mut dyn Write) -> Result<(), Error> {
    each::<N>(weights, &THREADS[..1], |run, isa, _| {
        for _ in 0..WARM_UP {
            run.once()?;
        }
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            run.once()?;
            times.push(start.elapsed());
        }
        times.sort();
        let ms = |time: Option<&Duration>| time.map_or(0.0, Duration::as_secs_f64) * 1e3;
        let (least, median) = (ms(times.first()), ms(times.get(ROUNDS / 2)));
        let gflops = N::INFO.flops as f64 * 1e-6 / median;
        writeln!(out, "{isa}: {median:.3} ms, {least:.3} at best, {gflops:.1} GFLOP/s").map_err(unwritable)
    })
}

/// A loaded model, its memory and its made-up inputs.
struct Run<N> {
    network: N,
    arena: AlignedBuf,
    inputs: Vec<Vec<f32>>,
}

impl<N: Network> Run<N> {
    fn once(&mut self) -> Result<(), Error> {
        let inputs: Vec<&[f32]> = self.inputs.iter().map(Vec::as_slice).collect();
        self.network.run(&mut self.arena, &inputs)
    }
}

/// Does `work` for each instruction set that the model was built for and this processor has, and each number of threads.
fn each<N: Network>(
    weights: Option<&str>,
    threads: &[usize],
    mut work: impl FnMut(&mut Run<N>, Isa, usize) -> Result<(), Error>,
) -> Result<(), Error> {
    let info: &ModelInfo = N::INFO;
    for &isa in info.isas.iter().filter(|isa| isa.available()) {
        for &threads in threads {
            let weights = weights.map(PathBuf::from);
            let options = LoadOptions { isa: Some(isa), weights, threads, ..LoadOptions::default() };
            let network = N::load(&options)?;
            let arena = network.new_arena()?;
            let inputs = info.inputs.iter().enumerate();
            let inputs = inputs.map(|(index, input)| floats(input.elements(), index)).collect();
            work(&mut Run { network, arena, inputs }, isa, threads)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_numbers_are_what_they_were() {
        let numbers = floats(1000, 0);
        assert_eq!(numbers[..3], [-0.843_582_75, -0.796_602_5, 0.210_646_63]);
        assert!(numbers.iter().all(|x| (-1.0..1.0).contains(x)));
        let mean = numbers.iter().map(|x| f64::from(*x)).sum::<f64>() / 1000.0;
        assert!(mean.abs() < 0.1 && floats(10, 1) != numbers[..10], "{mean}");
    }

    #[test]
    fn differences_count_relative_to_the_largest() {
        assert_eq!(apart(&[1.0, 4.5], &[1.0, 4.0]), 0.125);
        assert_eq!(apart(&[f32::NAN, f32::INFINITY], &[f32::NAN, f32::INFINITY]), 0.0);
        assert_eq!(apart(&[0.0, 0.0], &[0.0, 0.0]), 0.0);
        for (got, want) in [(f32::NAN, 1.0), (1.0, f32::NAN), (f32::INFINITY, 1.0), (1.0, 0.0)] {
            assert!(apart(&[got, 2.0], &[want, 2.0]) > LIMIT, "{got} {want}");
        }
        assert_eq!(apart(&[1.0], &[]), f64::INFINITY);
    }
}
