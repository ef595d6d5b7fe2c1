//! Requests as clients send them, without a network between.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tilewright_runtime::LoadOptions;
use tilewright_server::http::{Limits, Server};
use tilewright_server::models::{self, colours};
use tower::ServiceExt;

const LIMITS: Limits = Limits { concurrency: 2, queue: 2, batch: 4, body: Duration::from_millis(50) };

fn router(limits: Limits) -> Router {
    Server::new(models::all(&LoadOptions::default()).unwrap(), limits).router()
}

/// Status, JSON and what follows it.
fn send(limits: Limits, request: Request<Body>) -> (StatusCode, Value, Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let response = router(limits).oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        let split = headers.get("inference-header-content-length");
        let split = split.map_or(body.len(), |length| length.to_str().unwrap().parse().unwrap());
        let json = if split == 0 { Value::Null } else { serde_json::from_slice(&body[..split]).unwrap() };
        (status, json, body[split..].to_vec())
    })
}

fn get(address: &str) -> (StatusCode, Value) {
    let (status, json, _) = send(LIMITS, Request::get(address).body(Body::empty()).unwrap());
    (status, json)
}

fn post(model: &str, request: &Value, tensors: &[u8]) -> (StatusCode, Value, Vec<u8>) {
    let json = serde_json::to_vec(request).unwrap();
    let request = Request::post(format!("/v2/models/{model}/infer"))
        .header("Inference-Header-Content-Length", json.len())
        .body(Body::from([&json, tensors].concat()));
    send(LIMITS, request.unwrap())
}

/// The refusal of a request, in words.
fn refused(model: &str, request: &Value, tensors: &[u8]) -> String {
    let (status, json, _) = post(model, request, tensors);
    assert_eq!(status, StatusCode::BAD_REQUEST, "{json}");
    json["error"].as_str().unwrap().to_owned()
}

/// A picture of noise, and what the model itself says of it.
fn picture(seed: usize) -> (Vec<f32>, [f32; 6]) {
    let len = colours::INFO.inputs[0].elements();
    let picture: Vec<f32> = (0..len).map(|i| ((i * 7919 + seed * 31) % 997) as f32 / 997.0).collect();
    let model = colours::Model::new().unwrap();
    let mut workspace = colours::Workspace::new().unwrap();
    let shares = *model.run(&mut workspace, picture.as_slice().try_into().unwrap());
    (picture, shares)
}

fn input(shape: &[usize], data: &[f32]) -> Value {
    json!({ "name": colours::INFO.inputs[0].name, "datatype": "FP32", "shape": shape, "data": data })
}

fn shape(batch: usize) -> Vec<usize> {
    let mut shape = colours::INFO.inputs[0].shape.to_vec();
    shape[0] = batch;
    shape
}

#[test]
fn health_and_metadata() {
    for address in [
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/colours/ready",
        "/v2/models/colours/versions/1/ready",
    ] {
        assert_eq!(get(address).0, StatusCode::OK, "{address}");
    }
    assert_eq!(get("/v2").1["extensions"], json!(["binary_tensor_data"]));
    let (_, metadata) = get("/v2/models/difference");
    assert_eq!(metadata["name"], "difference");
    let names = |word: &str| -> Vec<&Value> {
        metadata[word].as_array().unwrap().iter().map(|tensor| &tensor["name"]).collect()
    };
    assert_eq!(names("inputs"), ["left", "right"]);
    assert_eq!(names("outputs"), ["distance", "map"]);
    assert_eq!(get("/v2/models/colours").1["inputs"][0]["shape"][0], -1);
}

#[test]
fn what_is_not_there_is_said() {
    for (address, part) in [
        ("/v2/models/colors", "there is no model"),
        ("/v2/models/colours/versions/2", "no version"),
        ("/v3", "nothing at this address"),
    ] {
        let (status, json) = get(address);
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(json["error"].as_str().unwrap().contains(part), "{json}");
    }
    assert_eq!(get("/v2/models/colours/infer").0, StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
fn a_batch_is_answered_as_the_model_answers_each() {
    let pictures: Vec<_> = (0..3).map(picture).collect();
    let all: Vec<f32> = pictures.iter().flat_map(|(picture, _)| picture.clone()).collect();
    let want: Vec<f32> = pictures.iter().flat_map(|(_, shares)| *shares).collect();
    let (status, json, _) = post("colours", &json!({ "id": "a", "inputs": [input(&shape(3), &all)] }), &[]);
    assert_eq!(status, StatusCode::OK, "{json}");
    assert_eq!((&json["id"], &json["outputs"][0]["shape"]), (&json!("a"), &json!([3, 6])));
    let got: Vec<f32> = serde_json::from_value(json["outputs"][0]["data"].clone()).unwrap();
    assert_eq!(got, want);
}

#[test]
fn tensors_may_be_binary_both_ways() {
    let len = colours::INFO.inputs[0].elements();
    let (left, right) = (vec![0.75_f32; len], vec![0.25_f32; len]);
    let bytes = |list: &[f32]| -> Vec<u8> { list.iter().flat_map(|value| value.to_le_bytes()).collect() };
    let binary = |name: &str| json!({ "name": name, "datatype": "FP32", "shape": shape(1), "parameters": { "binary_data_size": 4 * len } });
    // In another order than the model's, and only one of its outputs.
    let request = json!({
        "inputs": [binary("right"), binary("left")],
        "outputs": [{ "name": "distance", "parameters": { "binary_data": true } }],
    });
    let (status, json, tail) = post("difference", &request, &[bytes(&right), bytes(&left)].concat());
    assert_eq!(status, StatusCode::OK, "{json}");
    assert_eq!(json["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(json["outputs"][0]["parameters"]["binary_data_size"], 4);
    assert_eq!(tail, 0.25_f32.to_le_bytes(), "the mean square of the difference");
}

#[test]
fn wrong_requests_are_refused_with_a_reason() {
    let (data, _) = picture(0);
    let good = input(&shape(1), &data);
    let with = |key: &str, value: Value| {
        let mut tensor = good.clone();
        tensor[key] = value;
        json!({ "inputs": [tensor] })
    };
    let binary = |size: usize| {
        let mut request = with("parameters", json!({ "binary_data_size": size }));
        request["inputs"][0].as_object_mut().unwrap().remove("data");
        request
    };
    let cases = [
        (json!({ "inputs": [] }), "is missing"),
        (json!({}), "missing field `inputs`"),
        (json!({ "inputs": [good, good] }), "given twice"),
        (json!({ "inputs": [good], "outputs": [{ "name": "z" }] }), "there is no output \"z\""),
        (with("name", json!("z")), "there is no input \"z\""),
        (with("datatype", json!("INT8")), "must be FP32"),
        (with("shape", json!(shape(5))), "batch of 1 to 4"),
        (with("shape", json!(shape(2))), "elements"),
        (with("shape", json!([-1])), "invalid value"),
        (with("data", json!([1e39])), "beyond what FP32 holds"),
        (with("parameters", json!({ "binary_data_size": 4 })), "only one of them"),
        (binary(8), "0 bytes follow"),
        (
            json!({ "inputs": [good], "outputs": [{ "name": colours::INFO.outputs[0].name, "parameters": { "classification": 2 } }] }),
            "classification",
        ),
    ];
    for (request, part) in cases {
        let reason = refused("colours", &request, &[]);
        assert!(reason.contains(part), "wanted {part:?}, got {reason:?}");
    }
    assert!(refused("colours", &binary(3), &[0; 3]).contains("not a multiple of 4"));
    assert!(
        refused("colours", &json!({ "inputs": [good] }), &[0; 4]).contains("follow the last binary input")
    );
}

#[test]
fn bodies_that_cannot_be_read_are_refused() {
    let infer = || Request::post("/v2/models/colours/infer");
    let most = 27 * 4 * colours::INFO.inputs[0].elements() + (1 << 16);
    for (request, status) in [
        (infer().body(Body::from("{")), StatusCode::BAD_REQUEST),
        (
            infer().header("Inference-Header-Content-Length", "9").body(Body::from("{}")),
            StatusCode::BAD_REQUEST,
        ),
        (
            infer().header("Inference-Header-Content-Length", "-1").body(Body::from("{}")),
            StatusCode::BAD_REQUEST,
        ),
        (
            infer().header("Content-Encoding", "gzip").body(Body::from("{}")),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (infer().body(Body::from(vec![b' '; most + 1])), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let (got, json, _) = send(LIMITS, request.unwrap());
        assert_eq!(got, status, "{json}");
        assert!(json["error"].is_string());
    }
}

#[test]
fn a_full_queue_refuses_and_a_slow_body_ends() {
    let request = || Request::post("/v2/models/colours/infer");
    let full = Limits { concurrency: 0, queue: 0, ..LIMITS };
    assert_eq!(send(full, request().body(Body::from("{}")).unwrap()).0, StatusCode::SERVICE_UNAVAILABLE);
    // A body of which nothing ever comes.
    let silent = Body::new(Silent);
    assert_eq!(send(LIMITS, request().body(silent).unwrap()).0, StatusCode::REQUEST_TIMEOUT);
}

/// Never has anything to say.
struct Silent;

impl axum::body::HttpBody for Silent {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }
}
