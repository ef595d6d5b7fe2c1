//! Compiles both models; each becomes a module.

use tilewright::{Isa, Weights, configure};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    configure().dim("N", 1).compile("../classify/models/colours.onnx")?;
    configure()
        .exact(true)
        .isa([Isa::Portable, Isa::Avx2])
        .weights(Weights::Embed)
        .out_name("difference")
        .compile("models/compare.onnx")?;
    Ok(())
}
