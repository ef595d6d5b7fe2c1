//! Bytes of an ONNX file -> graph.

use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message;

use super::external::ExternalData;
use super::import;
use super::options::{LoadOptions, NEWEST_IR, OPSETS};
use super::schema::ModelProto;
use crate::base::diag::{Error, Problems};
use crate::base::limits::Limit;
use crate::ir::graph::Graph;

/// Reads a model. `name` is what messages call it, usually its path. Weights are not copied: the graph's constants share
/// `bytes`.
///
/// # Errors
/// Everything that is wrong with the model, at once: what is damaged, what is not supported, which shapes are open.
pub fn load(
    name: &str,
    bytes: Bytes,
    options: &LoadOptions,
    external: &dyn ExternalData,
) -> Result<Graph, Error> {
    options.limits.check(Limit::FileBytes, bytes.len() as u64).map_err(|exceeded| exceeded.at(name))?;
    let model = decode(name, bytes)?;
    let opset = header(name, &model)?;
    let Some(graph) = &model.graph else {
        return Err(Error::one(name, "the model has no graph", "export it again"));
    };
    shadows(name, &model)?;
    import::import(&import::Source { name, model: &model, graph, opset, options, external })
}

/// The structs of an ONNX file. Raw data of tensors shares `bytes`.
///
/// # Errors
/// The file is empty, cut off, or no ONNX file.
pub fn decode(name: &str, bytes: Bytes) -> Result<ModelProto, Error> {
    let size = bytes.len();
    if size == 0 {
        return Err(Error::one(name, "the file is empty", "give an ONNX file"));
    }
    ModelProto::decode(bytes).map_err(|error| {
        let reason = format!("not an ONNX file, or one cut off after {size} bytes ({error})");
        Error::one(name, reason, "export or download it again")
    })
}

/// Refuses functions of the model that have the name of a standard operator: whether they replace it, ONNX leaves open.
fn shadows(name: &str, model: &ModelProto) -> Result<(), Error> {
    let mut problems = Problems::new();
    for function in model.functions.iter().filter(|function| is_default(function.domain())) {
        let reason = format!("it defines the standard operator `{}` as a function", function.name());
        problems.push(
            name,
            reason,
            "export it with its functions inlined: `onnx.inliner.inline_local_functions`",
        );
    }
    problems.into_result(())
}

/// The domain of the standard operators.
fn is_default(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// Checks the versions; returns that of the default operator set.
fn header(name: &str, model: &ModelProto) -> Result<i64, Error> {
    let (oldest, newest) = (OPSETS.start(), OPSETS.end());
    if model.ir_version() > NEWEST_IR {
        let reason = format!("IR version {}; up to {NEWEST_IR} is read", model.ir_version());
        return Err(Error::one(name, reason, "save it with an older `onnx`, or update this tool"));
    }
    let versions: BTreeSet<i64> =
        model.opset_import.iter().filter(|set| is_default(set.domain())).map(|set| set.version()).collect();
    if versions.len() > 1 {
        let reason = format!("several versions of the default operator set are given: {versions:?}");
        return Err(Error::one(name, reason, "export it again, with one version"));
    }
    match versions.first().copied() {
        Some(version) if OPSETS.contains(&version) => Ok(version),
        Some(version) => Err(Error::one(
            name,
            format!("operator set {version}; {oldest} to {newest} are read"),
            format!("convert it with `onnx.version_converter.convert_version(model, {newest})`"),
        )),
        None => Err(Error::one(
            name,
            "no version of the default operator set is given (opset_import)",
            "not an ONNX file, or one from before 2017: export it again",
        )),
    }
}
