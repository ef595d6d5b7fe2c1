//! The JSON of requests and responses, as the protocol's section "Inference" and the binary tensor data extension define it.

use crate::numbers::Numbers;
use serde::{Deserialize, Serialize};

/// What a client asks for.
#[derive(Deserialize, Debug)]
pub struct Request {
    /// Comes back with the response.
    pub id: Option<String>,
    /// Of the request as a whole.
    #[serde(default)]
    pub parameters: RequestParameters,
    /// Tensors, in any order.
    pub inputs: Vec<Input>,
    /// Which outputs are wanted; all when absent.
    pub outputs: Option<Vec<Wanted>>,
}

/// Parameters of a request; others have no meaning here.
#[derive(Deserialize, Default, Debug)]
pub struct RequestParameters {
    /// Whether outputs are binary, unless they say it themselves.
    #[serde(default)]
    pub binary_data_output: bool,
}

/// A tensor of a request.
#[derive(Deserialize, Debug)]
pub struct Input {
    /// Name in the model.
    pub name: String,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// Name of the element type.
    pub datatype: String,
    /// Where the elements are.
    #[serde(default)]
    pub parameters: InputParameters,
    /// The elements, unless they are binary.
    pub data: Option<Numbers>,
}

/// Parameters of a tensor.
#[derive(Deserialize, Default, Debug)]
pub struct InputParameters {
    /// Bytes of the tensor behind the JSON.
    pub binary_data_size: Option<usize>,
}

/// An output that is asked for.
#[derive(Deserialize, Debug)]
pub struct Wanted {
    /// Name in the model.
    pub name: String,
    /// How it is to come.
    #[serde(default)]
    pub parameters: WantedParameters,
}

/// Parameters of an output that is asked for.
#[derive(Deserialize, Default, Debug)]
pub struct WantedParameters {
    /// Binary or JSON.
    pub binary_data: Option<bool>,
    /// An extension that this server does not have.
    pub classification: Option<serde_json::Value>,
}

/// The answer.
#[derive(Serialize, Debug)]
pub struct Response<'a> {
    /// Name of the model.
    pub model_name: &'a str,
    /// Its version.
    pub model_version: &'a str,
    /// That of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Tensors, in the order in which they were asked for.
    pub outputs: Vec<Output<'a>>,
}

/// A tensor of a response.
#[derive(Serialize, Debug)]
pub struct Output<'a> {
    /// Name in the model.
    pub name: &'a str,
    /// Name of the element type.
    pub datatype: &'a str,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// Says where binary elements are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<OutputParameters>,
    /// The elements, unless they are binary; JSON has neither infinities nor NaN, which are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Vec<f32>>,
}

/// Parameters of a tensor of a response.
#[derive(Serialize, Debug)]
pub struct OutputParameters {
    /// Bytes of the tensor behind the JSON.
    pub binary_data_size: usize,
}
