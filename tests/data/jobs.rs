//! Runs compiled networks: each line of the file given is `NETWORK ISA WEIGHTS INPUT OUTPUT`.
//!
//! INPUT holds the inputs one behind the other, OUTPUT will hold the outputs, as little-endian floats. WEIGHTS is `-` for a
//! network without.

use std::path::{Path, PathBuf};
use tilewright_runtime::{Isa, LoadOptions, Network};

fn main() {
    let jobs = std::env::args_os().nth(1).expect("a file of jobs");
    for job in std::fs::read_to_string(jobs).expect("jobs").lines() {
        let [network, isa, weights, input, output] = job.split(' ').collect::<Vec<_>>()[..] else {
            panic!("not a job: {job}")
        };
        let isa = Isa::parse(isa).expect("an instruction set");
        dispatch(network, isa, Path::new(weights), Path::new(input), Path::new(output));
    }
}

fn run<M: Network>(isa: Isa, weights: &Path, input: &Path, output: &Path) {
    let options = LoadOptions { isa: Some(isa), weights: Some(PathBuf::from(weights)), ..LoadOptions::default() };
    let model = M::load(&options).unwrap_or_else(|error| panic!("{}: {error}", weights.display()));
    let bytes = std::fs::read(input).expect("inputs");
    let floats: Vec<f32> =
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let mut rest = floats.as_slice();
    let inputs: Vec<&[f32]> = M::INFO
        .inputs
        .iter()
        .map(|info| {
            let (first, more) = rest.split_at(info.shape.iter().product());
            rest = more;
            first
        })
        .collect();
    assert!(rest.is_empty(), "{} floats too many", rest.len());
    let mut arena = model.new_arena().expect("memory");
    arena.fill(f32::NAN);
    model.run(&mut arena, &inputs).expect("inputs that fit");
    let outputs = (0..M::INFO.outputs.len()).flat_map(|index| model.output(&arena, index));
    std::fs::write(output, outputs.flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()).expect("an output");
}
