//! Compiled models behind the [Open Inference Protocol](https://github.com/kserve/open-inference-protocol) v2 over HTTP,
//! with its extension for binary tensors: what Triton's and KServe's clients speak.
//!
//! [`served`] runs a model, [`tensors`] reads requests and writes responses, [`http`] has the addresses and the limits.

pub mod http;
pub mod message;
pub mod models;
mod numbers;
pub mod refusal;
pub mod served;
pub mod tensors;
