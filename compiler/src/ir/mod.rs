//! The graph: what the network computes.

pub mod graph;
pub mod hash;
pub(crate) mod layouts;
pub mod recipe;
pub mod reference;
pub mod text;
pub mod verify;

#[cfg(test)]
mod tests;
