//! Writes the networks of the tests with their weights and pictures, for `tests/networks/record.py`:
//! `cargo run --release -p tilewright-tests --example networks -- FOLDER [WORD]`.
//!
//! For each, `KEY.onnx` and `KEY.npy`, and a line with the key, the distance of recorded numbers, and whether all outputs
//! are recorded. A word limits them to those whose key contains it.

use std::path::PathBuf;
use tilewright_runtime::npy;
use tilewright_tests::networks::SUBJECTS;

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().unwrap_or_else(|| "target/networks".to_owned()));
    let word = args.next().unwrap_or_default();
    std::fs::create_dir_all(&folder)?;
    for subject in SUBJECTS.iter().filter(|subject| subject.key().contains(&word)) {
        let key = subject.key();
        std::fs::write(folder.join(format!("{key}.onnx")), subject.model(false))?;
        let picture = npy::encode(&[1, 3, subject.image, subject.image], &subject.picture());
        std::fs::write(folder.join(format!("{key}.npy")), picture)?;
        println!("{key}");
    }
    Ok(())
}
