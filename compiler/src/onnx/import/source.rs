//! What the importer is given.

use crate::onnx::external::ExternalData;
use crate::onnx::options::LoadOptions;
use crate::onnx::schema::{GraphProto, ModelProto};

/// What is imported.
pub(in crate::onnx) struct Source<'a> {
    /// What messages call the file.
    pub name: &'a str,
    pub model: &'a ModelProto,
    pub graph: &'a GraphProto,
    pub opset: i64,
    pub options: &'a LoadOptions,
    pub external: &'a dyn ExternalData,
}
