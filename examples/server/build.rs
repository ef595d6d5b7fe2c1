//! Compiles the models that the server has; put yours here and in `models()` of src/main.rs.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tilewright::configure().dim("N", 1).compile("../classify/models/colours.onnx")?;
    tilewright::configure().out_name("difference").compile("../two_models/models/compare.onnx")?;
    Ok(())
}
