//! From a request's bytes to the model's inputs, and from its outputs to the bytes of a response.

use crate::message::{Input, Output, OutputParameters, Request, Response, Wanted};
use crate::numbers::Numbers;
use crate::refusal::Refusal;
use crate::served::{Batch, Served};
use tilewright_runtime::{ModelInfo, TensorInfo};

/// The only element type of compiled models.
pub const DATATYPE: &str = "FP32";
/// The only version of each model.
pub const VERSION: &str = "1";

/// A response: JSON, and binary tensors behind it.
#[derive(PartialEq, Debug)]
pub struct Answer {
    /// JSON and tensors.
    pub body: Vec<u8>,
    /// Bytes of the JSON, when there are tensors behind it.
    pub json: Option<usize>,
}

/// Answers a request whose first `json` bytes are JSON; all of them, when `None`.
///
/// # Errors
/// What is wrong with the request, as a client reads it.
pub fn answer(model: &dyn Served, most: usize, body: &[u8], json: Option<usize>) -> Result<Answer, Refusal> {
    let (head, tail) = match json {
        None => (body, &[][..]),
        Some(json) => body.split_at_checked(json).ok_or_else(|| {
            let len = body.len();
            Refusal::bad_request(format!(
                "Inference-Header-Content-Length is {json}, and the body has {len} bytes"
            ))
        })?,
    };
    let request: Request = serde_json::from_slice(head)
        .map_err(|error| Refusal::bad_request(format!("the request's JSON cannot be read: {error}")))?;
    let info = model.info();
    let batch = Batch::of(info, most);
    let wanted = wanted(&request, info)?;
    let (inputs, runs) = inputs(request.inputs, tail, info, batch)?;
    let outputs = model.infer(&inputs, runs).map_err(|error| failed(error.to_string()))?;
    respond(info, request.id, &wanted, outputs, |tensor| batch.shape(tensor, runs))
        .map_err(|error| failed(error.to_string()))
}

fn failed(why: String) -> Refusal {
    Refusal::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, why)
}

/// Index of each output that is asked for, and whether it is to be binary.
fn wanted(request: &Request, info: &ModelInfo) -> Result<Vec<(usize, bool)>, Refusal> {
    let usual = request.parameters.binary_data_output;
    let one = |wanted: &Wanted| {
        let index = find(info.outputs, &wanted.name, "output")?;
        match wanted.parameters.classification {
            Some(_) => Err(Refusal::bad_request(format!(
                "output {:?}: there is no extension for classification here; ask for the output itself",
                wanted.name
            ))),
            None => Ok((index, wanted.parameters.binary_data.unwrap_or(usual))),
        }
    };
    match &request.outputs {
        Some(list) if !list.is_empty() => list.iter().map(one).collect(),
        _ => Ok((0..info.outputs.len()).map(|index| (index, usual)).collect()),
    }
}

fn find(tensors: &[TensorInfo], name: &str, word: &str) -> Result<usize, Refusal> {
    tensors.iter().position(|tensor| tensor.name == name).ok_or_else(|| {
        let known: Vec<&str> = tensors.iter().map(|tensor| tensor.name).collect();
        Refusal::bad_request(format!("there is no {word} {name:?}; there are {known:?}"))
    })
}

/// The model's inputs in its own order, and how many runs they are for.
fn inputs(
    given: Vec<Input>,
    mut tail: &[u8],
    info: &ModelInfo,
    batch: Batch,
) -> Result<(Vec<Vec<f32>>, usize), Refusal> {
    let mut inputs: Vec<Option<Vec<f32>>> = vec![None; info.inputs.len()];
    let mut agreed: Option<usize> = None;
    for input in given {
        let index = find(info.inputs, &input.name, "input")?;
        let tensor = &info.inputs[index];
        let refuse = |why: String| Refusal::bad_request(format!("input {:?}: {why}", input.name));
        if inputs[index].is_some() {
            return Err(refuse("is given twice".to_owned()));
        }
        if input.datatype != DATATYPE {
            return Err(refuse(format!("its datatype is {} and must be {DATATYPE}", input.datatype)));
        }
        let runs = batch.runs(tensor, &input.shape).ok_or_else(|| {
            refuse(format!("its shape is {:?} and must be {}", input.shape, batch.accepted(tensor)))
        })?;
        if *agreed.get_or_insert(runs) != runs {
            return Err(refuse("its batch differs from that of the inputs before it".to_owned()));
        }
        let (values, rest) =
            elements(input.data, input.parameters.binary_data_size, tail).map_err(&refuse)?;
        tail = rest;
        let want = tensor.elements() * runs;
        if values.len() != want {
            return Err(refuse(format!(
                "has {} elements; its shape {:?} needs {want}",
                values.len(),
                input.shape
            )));
        }
        inputs[index] = Some(values);
    }
    if !tail.is_empty() {
        return Err(Refusal::bad_request(format!("{} bytes follow the last binary input", tail.len())));
    }
    let missing = |tensor: &TensorInfo| Refusal::bad_request(format!("input {:?} is missing", tensor.name));
    let inputs =
        inputs.into_iter().zip(info.inputs).map(|(input, tensor)| input.ok_or_else(|| missing(tensor)));
    Ok((inputs.collect::<Result<_, _>>()?, agreed.unwrap_or(1)))
}

/// The elements of an input, and the bytes that it leaves.
fn elements(data: Option<Numbers>, size: Option<usize>, tail: &[u8]) -> Result<(Vec<f32>, &[u8]), String> {
    match (data, size) {
        (Some(data), None) => Ok((data.0, tail)),
        (Some(_), Some(_)) => Err("has data and binary_data_size; only one of them may be".to_owned()),
        (None, None) => Err("has neither data nor the parameter binary_data_size".to_owned()),
        (None, Some(size)) => {
            let (bytes, rest) = tail.split_at_checked(size).ok_or_else(|| {
                format!("its binary_data_size is {size}, and {} bytes follow the JSON", tail.len())
            })?;
            let (floats, odd) = bytes.as_chunks::<4>();
            if !odd.is_empty() {
                return Err(format!("its binary_data_size is {size}, not a multiple of 4"));
            }
            Ok((floats.iter().map(|&float| f32::from_le_bytes(float)).collect(), rest))
        }
    }
}

fn respond(
    info: &'static ModelInfo,
    id: Option<String>,
    wanted: &[(usize, bool)],
    outputs: Vec<Vec<f32>>,
    shape: impl Fn(&TensorInfo) -> Vec<usize>,
) -> serde_json::Result<Answer> {
    let mut tail = Vec::new();
    let mut list = Vec::with_capacity(wanted.len());
    for &(index, binary) in wanted {
        let (tensor, values) = (&info.outputs[index], &outputs[index]);
        if binary {
            tail.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        list.push(Output {
            name: tensor.name,
            datatype: DATATYPE,
            shape: shape(tensor),
            parameters: binary.then(|| OutputParameters { binary_data_size: size_of_val(values.as_slice()) }),
            data: (!binary).then(|| values.clone()),
        });
    }
    let response = Response { model_name: info.name, model_version: VERSION, id, outputs: list };
    let mut body = serde_json::to_vec(&response)?;
    let json = wanted.iter().any(|&(_, binary)| binary).then_some(body.len());
    body.append(&mut tail);
    Ok(Answer { body, json })
}
