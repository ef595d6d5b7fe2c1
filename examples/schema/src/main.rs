//! Prints the Rust structs of the ONNX schema, from the `onnx-ml.proto` of the PyPI package `onnx`:
//!
//! ```console
//! cargo run -p tilewright-schema -- onnx-ml.proto > compiler/src/onnx/schema.rs
//! ```
//!
//! No protoc is needed: protox parses the file, prost-build prints the structs.

use std::error::Error;
use std::path::Path;

/// What stands above the structs: the module doc of the file.
const HEADER: &str = "\
//! The structs of the ONNX schema (`onnx-ml.proto`, IR 14, opset 28), as protobuf has them.
//!
//! @generated. The fields are explained in the `onnx-ml.proto` of the PyPI package `onnx`. To make the file anew:
//!
//! ```console
//! cargo run -p tilewright-schema -- onnx-ml.proto > compiler/src/onnx/schema.rs
//! ```
#![allow(missing_docs, clippy::all)]

";

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: schema path/to/onnx-ml.proto")?;
    let path = Path::new(&path);
    let folder = path.parent().ok_or("the path names no file")?;
    let mut files = protox::compile([path], [folder])?;
    // rustdoc would read the schema's comments as Markdown and test them; the proto file stays their home.
    files.file.iter_mut().for_each(|file| file.source_code_info = None);

    let out = std::env::temp_dir().join(format!("onnx-schema-{}", std::process::id()));
    std::fs::create_dir_all(&out)?;
    prost_build::Config::new()
        .bytes([".onnx.TensorProto.raw_data"])
        .disable_comments(["."])
        .out_dir(&out)
        .compile_fds(files)?;
    let source = std::fs::read_to_string(out.join("onnx.rs"))?;
    std::fs::remove_dir_all(&out)?;
    print!("{HEADER}{source}");
    Ok(())
}
