//! Errors as clients see them: a status and `{"error": "..."}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A request that is not answered, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Status of the response.
    pub status: StatusCode,
    /// The reason, and what would be accepted.
    pub reason: String,
}

impl Refusal {
    /// Something that this server does not have or refuses.
    pub fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Refusal { status, reason: reason.into() }
    }

    /// A request that is wrong in itself.
    pub fn bad_request(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.reason }))).into_response()
    }
}
