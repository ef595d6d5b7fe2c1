//! Writes a network of the zoo as an ONNX file, or lists the networks:
//!
//! ```console
//! cargo run --release -p tilewright-examples --example zoo -- resnet50 resnet50.onnx [SEED | topology]
//! ```

use std::error::Error;

use tilewright::zoo::{self, ZooOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, path, rest @ ..] = arguments.as_slice() else {
        zoo::names().for_each(|name| println!("{name}"));
        return Ok(());
    };
    let options = match rest.first().map(String::as_str) {
        None => ZooOptions::default(),
        Some("topology") => ZooOptions { topology: true, ..ZooOptions::default() },
        Some(seed) => ZooOptions { seed: seed.parse()?, ..ZooOptions::default() },
    };
    let bytes = zoo::build(name, &options).ok_or_else(|| format!("the zoo has no `{name}`"))?;
    std::fs::write(path, bytes)?;
    Ok(())
}
