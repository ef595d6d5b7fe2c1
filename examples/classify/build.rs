//! Compiles the model for `include_model!`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tilewright::configure().dim("N", 1).weights(tilewright::Weights::Embed).compile("models/colours.onnx")?;
    Ok(())
}
