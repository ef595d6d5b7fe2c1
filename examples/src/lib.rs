//! What small complete programs share: the little models that two of them compile.

pub mod models;
