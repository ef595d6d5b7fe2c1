//! Compiles the model for `include_model!`.

use tilewright::{Isa, Weights, configure};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = configure().dim("N", 1).weights(Weights::Embed).isa(Isa::ALL).max_arena_bytes(256 << 10);
    model.labels("models/colours.txt").top(3).compile("models/colours.onnx")?;
    Ok(())
}
