//! Damaged files: the reader returns, whatever it is given, and what it accepts is a valid graph.

use tilewright::ir::verify::verify;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::zoo::numbers::Numbers;
use tilewright::zoo::{self, ZooOptions};
use tilewright_tests::fuzz::corpus::dense;

/// Reads a file; a graph that comes out must keep the invariants.
fn read(bytes: Vec<u8>) -> bool {
    match load("damaged.onnx", bytes.into(), &LoadOptions::default(), &NoExternalData) {
        Ok(graph) => {
            verify(&graph, "import").unwrap_or_else(|error| panic!("{error}"));
            true
        }
        Err(error) => {
            assert!(!error.problems().is_empty());
            false
        }
    }
}

/// Numbers in 0..`below`.
fn draw(numbers: &mut Numbers, below: usize) -> usize {
    // A uniform number in (0, 1] of f32 may round up to 1.
    (numbers.between(1, 0.0, below as f64)[0] as usize).min(below - 1)
}

/// Cuts `file` everywhere at a distance of `step`, and changes 1 to 4 bytes of it `rounds` times.
fn damage(file: &[u8], step: usize, rounds: usize) {
    for length in (0..file.len()).step_by(step) {
        read(file[..length].to_vec());
    }
    let mut numbers = Numbers::new(1, "damage");
    let mut survivors = 0;
    for round in 0..rounds {
        let mut bytes = file.to_vec();
        for _ in 0..=round % 4 {
            let at = draw(&mut numbers, bytes.len());
            bytes[at] = match draw(&mut numbers, 6) {
                0 => 0,
                1 => 0xff,
                2 => bytes[at] ^ 1 << draw(&mut numbers, 8),
                // Most of a file is names, and one that cannot be printed is refused at once.
                3 | 4 => b'a' + draw(&mut numbers, 26) as u8,
                _ => draw(&mut numbers, 256) as u8,
            };
        }
        survivors += usize::from(read(bytes));
    }
    // Otherwise only the decoder was tested.
    assert!(survivors > rounds / 100, "{survivors} of {rounds} were read");
}

#[test]
fn dense_model() {
    let file = dense().bytes();
    assert!(read(file.clone()));
    damage(&file, 1, 4000);
}

#[test]
fn resnet50_topology() {
    let options = ZooOptions { topology: true, ..ZooOptions::default() };
    let file = zoo::build("resnet50", &options).expect("resnet50");
    assert!(read(file.clone()));
    damage(&file, 509, 300);
}
