//! The protocol's addresses, and how much work is taken on at once.

use crate::refusal::Refusal;
use crate::served::{Batch, Served};
use crate::tensors::{DATATYPE, VERSION, answer};
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tilewright_runtime::TensorInfo;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::task::JoinError;
use tokio::time::timeout;

/// Bytes of JSON in front of tensors, as a header of requests and responses.
const JSON_LENGTH: &str = "inference-header-content-length";
/// Most bytes of JSON for one number: sign, digits of an f64, exponent, comma and space.
const NUMBER_BYTES: usize = 27;
/// Most bytes of JSON for everything else.
const HEAD_BYTES: usize = 1 << 16;

/// How much is taken on at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Requests that run.
    pub concurrency: usize,
    /// Requests that are read or wait meanwhile; further ones are answered by 503.
    pub queue: usize,
    /// Most runs of the model in one request.
    pub batch: usize,
    /// Time for a request's body to arrive.
    pub body: Duration,
}

/// The models, and what may happen to them at once.
pub struct Server {
    models: BTreeMap<&'static str, Arc<dyn Served>>,
    limits: Limits,
    /// One permit for each request that is accepted.
    accepted: Arc<Semaphore>,
    /// One permit for each request that runs.
    running: Arc<Semaphore>,
}

impl Server {
    /// Serves these models under their names.
    pub fn new(models: Vec<Arc<dyn Served>>, limits: Limits) -> Self {
        Server {
            models: models.into_iter().map(|model| (model.info().name, model)).collect(),
            limits,
            accepted: Arc::new(Semaphore::new(limits.concurrency + limits.queue)),
            running: Arc::new(Semaphore::new(limits.concurrency)),
        }
    }

    /// The addresses of the protocol.
    pub fn router(self) -> Router {
        let ready =
            get(|State(server): Shared, target: Target| async move { server.find(&target).map(drop) });
        let metadata =
            get(|State(server): Shared, target: Target| async move { server.metadata(&target).map(Json) });
        let mut router = Router::new()
            .route("/v2", get(|| async { Json(about()) }))
            .route("/v2/", get(|| async { Json(about()) }))
            .route("/v2/health/live", get(|| async {}))
            .route("/v2/health/ready", get(|| async {}));
        for model in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
            router = router
                .route(model, metadata.clone())
                .route(&format!("{model}/ready"), ready.clone())
                .route(&format!("{model}/infer"), post(infer));
        }
        router
            .fallback(|| async { Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address") })
            .method_not_allowed_fallback(|| async {
                Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this address has another method")
            })
            .with_state(Arc::new(self))
    }

    fn find(&self, target: &HashMap<String, String>) -> Result<&Arc<dyn Served>, Refusal> {
        let name = target.get("model").map_or("", String::as_str);
        let missing = |what: String| Refusal::new(StatusCode::NOT_FOUND, what);
        let model = self.models.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.models.keys().copied().collect();
            missing(format!("there is no model {name:?}; there are {known:?}"))
        })?;
        match target.get("version").filter(|version| *version != VERSION) {
            None => Ok(model),
            Some(version) => {
                Err(missing(format!("model {name:?} has no version {version:?}; it has {VERSION:?}")))
            }
        }
    }

    fn metadata(&self, target: &HashMap<String, String>) -> Result<Value, Refusal> {
        let info = self.find(target)?.info();
        let batch = Batch::of(info, self.limits.batch);
        let tensors = |list: &[TensorInfo]| -> Vec<Value> {
            let one = |tensor: &TensorInfo| json!({ "name": tensor.name, "datatype": DATATYPE, "shape": batch.advertised(tensor) });
            list.iter().map(one).collect()
        };
        Ok(json!({
            "name": info.name,
            "versions": [VERSION],
            "platform": "tilewright_onnx",
            "inputs": tensors(info.inputs),
            "outputs": tensors(info.outputs),
        }))
    }

    /// Most bytes of a request to a model: every number in JSON.
    fn most_bytes(&self, model: &dyn Served) -> usize {
        let numbers: usize = model.info().inputs.iter().map(TensorInfo::elements).sum();
        numbers.saturating_mul(NUMBER_BYTES).saturating_mul(self.limits.batch).saturating_add(HEAD_BYTES)
    }
}

type Shared = State<Arc<Server>>;
type Target = Path<HashMap<String, String>>;

fn about() -> Value {
    json!({ "name": "tilewright-server", "version": env!("CARGO_PKG_VERSION"), "extensions": ["binary_tensor_data"] })
}

/// Reads a request, waits for its turn, and runs it on a thread of its own, so that others are still heard.
async fn infer(
    State(server): Shared,
    target: Target,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let model = Arc::clone(server.find(&target)?);
    let place = Arc::clone(&server.accepted).try_acquire_owned().map_err(busy)?;
    let json = json_length(&headers)?;
    let body = timeout(server.limits.body, to_bytes(body, server.most_bytes(model.as_ref())))
        .await
        .map_err(|_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive"))?
        .map_err(|error| {
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body cannot be read: {error}"))
        })?;
    let turn = Arc::clone(&server.running).acquire_owned().await.map_err(closed)?;
    let most = server.limits.batch;
    // The permits go along: a client that leaves does not end the run.
    let work = move || {
        let _held: [OwnedSemaphorePermit; 2] = [place, turn];
        answer(model.as_ref(), most, &body, json)
    };
    let answer = tokio::task::spawn_blocking(work).await.map_err(broken)??;
    let mut response = answer.body.into_response();
    let kind = if answer.json.is_some() { "application/octet-stream" } else { "application/json" };
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    if let Some(json) = answer.json {
        response.headers_mut().insert(JSON_LENGTH, json.into());
    }
    Ok(response)
}

/// Where the JSON of a body ends, if tensors follow it.
fn json_length(headers: &HeaderMap) -> Result<Option<usize>, Refusal> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        let reason = format!("bodies encoded as {encoding:?} are not read; send them as they are");
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
    }
    let Some(value) = headers.get(JSON_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    length.map(Some).ok_or_else(|| {
        Refusal::bad_request(format!(
            "Inference-Header-Content-Length is {value:?} and must be a number of bytes"
        ))
    })
}

fn busy(_: TryAcquireError) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests are waiting; try again later")
}

fn closed(_: AcquireError) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping")
}

fn broken(error: JoinError) -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the run ended early: {error}"))
}
